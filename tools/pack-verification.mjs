// Packs the verification library for others: one file for Node, one for pages, types, schemas, no dependencies.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = { node: 'verification/index.ts', browser: 'verification/index-web.ts' };
/** Code of others that ends up inside the bundles. */
const bundled = ['@noble/curves', '@noble/hashes'];

function run(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args[0]} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** The library as two files; pages get an inflater that answers at once in place of Node's. */
async function bundle(stage) {
  const { build } = await import('esbuild');
  const common = {
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
  };
  await build({ ...common, entryPoints: [entries.node], platform: 'node', outfile: join(stage, 'index.js') });
  await build({
    ...common,
    entryPoints: [entries.browser],
    platform: 'browser',
    outfile: join(stage, 'index-web.js'),
    alias: { 'node:zlib': join(root, 'formats', 'zlib-portable.ts') },
  });
}

/** Declarations of everything the entrances reach by type, and nothing else. */
function declare(stage) {
  const scratch = mkdtempSync(join(tmpdir(), 'yinxin-types-'));
  try {
    run(
      process.execPath,
      [
        require.resolve('typescript/bin/tsc'),
        ...['-p', join(root, 'tsconfig.declarations.json'), '--outDir', scratch],
      ],
      root,
    );
    const wanted = new Set(Object.values(entries).map((entry) => entry.replace(/\.ts$/, '.d.ts')));
    for (const file of wanted) {
      const text = readFileSync(join(scratch, file), 'utf8');
      for (const [, specifier] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g)) {
        const target = resolve(scratch, dirname(file), specifier).replace(/\.(ts|js)$/, '.d.ts');
        wanted.add(relative(scratch, target));
      }
      const place = join(stage, 'types', file);
      mkdirSync(dirname(place), { recursive: true });
      // Types resolve the same with either suffix; `.js` needs no option of the reader's compiler.
      writeFileSync(place, text.replaceAll(/((?:from|import\()\s*['"]\.[^'"]+)\.ts(['"])/g, '$1.js$2'));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function describe(stage) {
  const entry = {
    types: './types/verification/index.d.ts',
    node: './index.js',
    default: './index-web.js',
  };
  const web = { types: './types/verification/index-web.d.ts', default: './index-web.js' };
  const manifest = {
    name: 'yinxin',
    version,
    description:
      'Verification of PDF signatures, electronic seals, CMS, certificates and license codes (印信 Yinxin)',
    license: 'UNLICENSED',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=22.18' },
    exports: {
      '.': entry,
      './verification': entry,
      './verification/web': web,
      './verification/report.schema.json': './report.schema.json',
      './verification/detailed-report.schema.json': './detailed-report.schema.json',
      './package.json': './package.json',
    },
  };
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(root, 'docs', 'verify.md'), join(stage, 'README.md'));
  for (const schema of ['report', 'detailed-report'])
    copyFileSync(
      join(root, 'verification', 'schemas', `${schema}.schema.json`),
      join(stage, `${schema}.schema.json`),
    );
  const notices = bundled.map((name) => {
    const license = readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8');
    return `${name}\n\n${license.trim()}\n`;
  });
  writeFileSync(join(stage, 'THIRD-PARTY.txt'), notices.join('\n\n'));
}

/**
 * Makes the tarball.
 * @param folder where it goes
 * @returns its path
 */
export async function packVerification(folder) {
  const stage = mkdtempSync(join(tmpdir(), 'yinxin-pack-'));
  try {
    await bundle(stage);
    declare(stage);
    describe(stage);
    mkdirSync(folder, { recursive: true });
    const [{ filename }] = JSON.parse(
      run(
        'npm',
        ['pack', '--json', '--offline', '--ignore-scripts', '--pack-destination', resolve(folder)],
        stage,
      ),
    );
    const made = join(resolve(folder), filename);
    const named = join(resolve(folder), `yinxin-verification-${version}.tgz`);
    copyFileSync(made, named);
    rmSync(made);
    return named;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  packVerification(process.argv[2] ?? join(root, 'dist', 'pack'))
    .then((path) => process.stdout.write(`${relative(process.cwd(), path)}\n`))
    .catch((error) => {
      process.stderr.write(`The library cannot be packed: ${error.message}\n`);
      process.exitCode = 1;
    });
}
