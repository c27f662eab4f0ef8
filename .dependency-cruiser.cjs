// The arrows of the house: each room lists the rooms it may import. Everything else is an error.
const rooms = {
  formats: [],
  crypto: ['formats'],
  storage: ['formats', 'crypto'],
  ca: ['storage', 'crypto', 'formats'],
  verification: ['crypto', 'formats'],
  signing: ['verification', 'ca', 'storage', 'crypto', 'formats'],
  identity: ['signing', 'verification', 'ca', 'storage', 'crypto', 'formats'],
  licenses: ['signing', 'verification', 'ca', 'storage', 'crypto', 'formats'],
  // Of crypto, pages take what runs in a browser: the rule below.
  web: ['formats', 'verification', 'crypto'],
  api: [
    'web',
    'licenses',
    'identity',
    'signing',
    'verification',
    'ca',
    'storage',
    'crypto',
    'formats',
    'fixtures',
  ],
  fixtures: ['licenses', 'identity', 'signing', 'ca', 'storage', 'crypto', 'formats'],
  bin: [
    'api',
    'fixtures',
    'verification',
    'storage',
    'crypto',
    'formats',
    'identity',
    'signing',
    'licenses',
    'ca',
  ],
};

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `${room}-imports-only-what-is-below`,
  severity: 'error',
  comment: `${room} may import: ${allowed.join(', ') || 'nothing'}`,
  from: { path: `^${room}/` },
  to: {
    path: `^(${Object.keys(rooms).join('|')}|test|bench)/`,
    pathNot: `^(${[room, ...allowed].join('|')})/`,
  },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'pages-take-portable-cryptography-only',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^crypto/', pathNot: '^crypto/([a-z0-9-]+-portable|errors)\\.ts$' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'the launcher starts what the build makes, which a fresh clone does not have yet',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(\\.\\./)?dist/' },
    },
    {
      name: 'codecs-do-no-io',
      severity: 'error',
      comment: 'formats/ is bytes to values and back: node:zlib is the only module of Node it may touch',
      from: { path: '^formats/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?zlib$' },
    },
    {
      name: 'verification-does-no-io',
      severity: 'error',
      from: { path: '^verification/', pathNot: '^verification/cli-options\\.ts$' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|net|http|https|child_process|worker_threads|dns)',
      },
    },
    {
      name: 'pages-are-drawn-in-workers',
      severity: 'error',
      comment:
        'setting, drawing and reading back a page takes milliseconds that the main thread owes to everybody else',
      from: {
        path: '^(licenses|api)/',
        pathNot: '^licenses/(page|page-picture|page-worker)\\.ts$|^api/report-worker\\.ts$',
      },
      to: {
        path: '^licenses/(page|page-fonts|page-layout|page-picture|code-reader)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
