// Runs the tests with mocha on the bundled Node and prints, last and alone on a line, `N passed, N failed`.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

/** The Node that came with `npm ci`, or the running one on platforms for which the registry has none. */
function bundledNode() {
  const packaged = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(packaged) ? packaged : process.execPath;
}

/** Arguments that name test files; everything else goes to mocha as it is. */
function specsAmong(args) {
  return args.filter((arg) => /\.test\.ts$|[*]|^test(\/|$)/.test(arg));
}

const scratch = mkdtempSync(join(tmpdir(), 'yinxin-test-'));
const countsFile = join(scratch, 'counts.json');
const forwarded = process.argv.slice(2);
const strict = process.env.YINXIN_NO_SKIP === '1';
const args = [
  '--import=tsx',
  join(require.resolve('mocha/package.json'), '..', 'bin', 'mocha.js'),
  '--timeout=120000',
  '--exit',
  `--reporter=${join(root, 'tools', 'test-reporter.cjs')}`,
  ...(strict ? ['--forbid-pending', '--forbid-only'] : []),
  ...forwarded,
  ...(specsAmong(forwarded).length === 0 ? ['test/**/*.test.ts'] : []),
];
const child = spawn(bundledNode(), args, {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    YINXIN_TEST_COUNTS: countsFile,
    PATH: [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
  },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));

child.on('close', (code, signal) => {
  // A run that died before its end has no counts: that is one failure, never a silent zero.
  const counts = existsSync(countsFile)
    ? JSON.parse(readFileSync(countsFile, 'utf8'))
    : { passes: 0, failures: 1, pending: 0 };
  rmSync(scratch, { recursive: true, force: true });
  if (counts.failures === 0 && (code !== 0 || signal !== null)) counts.failures = 1;
  if (counts.passes + counts.failures === 0) counts.failures = 1;
  const skipped = counts.pending > 0 ? `, ${counts.pending} skipped` : '';
  process.stdout.write(`${counts.passes} passed, ${counts.failures} failed${skipped}\n`);
  process.exitCode = counts.failures > 0 ? 1 : 0;
});
