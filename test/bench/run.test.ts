// The bench as machines call it: one JSON line a measure, with the physical limit of the same run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('npm run bench -- --json', () => {
  it('prints stamps, licenses and verifications a second beside signature, hash and disk', async function () {
    this.timeout(120_000);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import=tsx', 'bench/run.ts', '--json'],
      { cwd: root, env: { ...process.env, YINXIN_BENCH_SECONDS: '0.05', YINXIN_DATABASE_URL: '' } },
    );
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const names = lines.map(({ name }) => String(name));
    assert.equal(new Set(names).size, names.length, 'names are unique');
    for (const line of lines) {
      assert.deepEqual(Object.keys(line), ['name', 'value', 'unit', 'limit', 'ratio']);
      const { value, limit, ratio } = line as Readonly<Record<string, number>>;
      // Memory may not have grown at all.
      const least = String(line['name']).startsWith('memory') ? 0 : Number.MIN_VALUE;
      assert.ok((value ?? -1) >= least && (limit ?? 0) > 0, JSON.stringify(line));
      assert.ok(Math.abs((ratio ?? 0) - (value ?? 0) / (limit ?? 1)) < 1e-9);
    }
    for (const job of ['stamps, 20 kB PDF', 'licenses', 'verifications'])
      for (const limit of ['P-256', 'SHA-256', ...(job === 'verifications' ? [] : ['disk sync'])])
        assert.ok(
          names.some((name) => name.startsWith(job) && name.split('; limit: ')[1]?.includes(limit)),
          `${job} beside ${limit}: ${names.join('\n')}`,
        );
  });
});
