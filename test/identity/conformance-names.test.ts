// Every test of the plans has a test of exactly its name here, once, and none of them is left out or skipped.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { conformanceNames } from './conformance-names.ts';

interface Listed {
  readonly tests: readonly { readonly title: string }[];
  readonly pending: readonly { readonly title: string }[];
}

const here = dirname(fileURLToPath(import.meta.url));

describe('the names of the conformance plans', function () {
  this.timeout(60_000);
  let files: readonly string[];
  let listed: Listed;

  before(async () => {
    files = (await readdir(here))
      .filter((file) => /^conformance-.*\.test\.ts$/.test(file) && file !== 'conformance-names.test.ts')
      .map((file) => join(here, file));
    const require = createRequire(import.meta.url);
    const mocha = join(dirname(require.resolve('mocha/package.json')), 'bin', 'mocha.js');
    // The runner itself says which tests there are; none of them is run for that.
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import=tsx', mocha, '--dry-run', '--reporter=json', ...files],
      { cwd: join(here, '..', '..'), maxBuffer: 1 << 24 },
    );
    listed = JSON.parse(stdout) as Listed;
  });

  it('has no name twice', () => {
    assert.equal(new Set(conformanceNames).size, conformanceNames.length);
    assert.equal(conformanceNames.length, 119);
  });

  it('each has one test of exactly that name', () => {
    const titles = listed.tests.map(({ title }) => title);
    const missing = conformanceNames.filter((name) => titles.filter((title) => title === name).length !== 1);
    assert.deepEqual(missing, []);
  });

  it('none is skipped, and none decides to skip itself', async () => {
    assert.deepEqual(listed.pending, []);
    for (const file of files)
      assert.doesNotMatch(await readFile(file, 'utf8'), /\.(skip|only)\b|this\.skip/, file);
  });

  it('a name that nobody wrote a test for would be found', () => {
    const titles = new Set(listed.tests.map(({ title }) => title));
    assert.equal(titles.has('oidcc-a-test-that-is-not-there'), false);
  });
});
