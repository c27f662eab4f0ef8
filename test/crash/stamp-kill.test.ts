// kill -9 at any byte of a stamp at a shell leaves either no file or the whole one, and the next run finds everything clean.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPdf } from '../../formats/pdf/document.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { openStampSetting, yinxin, type StampSetting } from '../bin/stamp-setting.ts';
import { requireProgram, run } from '../programs.ts';
import { scale } from '../scale.ts';
import { samplePdf } from '../signing/seal-office.ts';

const child = fileURLToPath(new URL('./stamp-child.ts', import.meta.url));
/** More than one chunk of a copy. */
const original = samplePdf(2_500_000);

describe('yinxin stamp, killed', function () {
  this.timeout(300_000);
  let setting: StampSetting;
  let whole: Buffer;
  let serial = 0;

  before(async function () {
    requireProgram(this, 'openssl');
    setting = await openStampSetting();
    writeFileSync(setting.path('a.pdf'), original);
    const folder = setting.path('reference');
    assert.equal((await yinxin(['stamp', ...argsFor(folder)])).code, 0);
    whole = readFileSync(join(folder, 'a.pdf'));
  });
  after(() => setting.close());

  const argsFor = (folder: string): string[] => [
    setting.path('a.pdf'),
    '--out-dir',
    folder,
    ...setting.key('rsa-2048'),
  ];

  /** Runs the child, killed after so many milliseconds where a number is given. */
  const killed = (
    place: string,
    folder: string,
    delay: number | null = null,
  ): Promise<NodeJS.Signals | null> =>
    new Promise((resolve) => {
      const started = spawn(process.execPath, ['--import=tsx', child, place, ...argsFor(folder)], {
        stdio: 'ignore',
      });
      const timer = delay === null ? undefined : setTimeout(() => started.kill('SIGKILL'), delay);
      started.on('exit', (_, signal) => {
        clearTimeout(timer);
        resolve(signal);
      });
    });

  /** Nothing under the name but a whole, signed file; afterwards a run like any other. */
  const check = async (folder: string): Promise<'none' | 'whole'> => {
    const path = join(folder, 'a.pdf');
    const there = existsSync(path);
    if (there) {
      const bytes = readFileSync(path);
      assert.ok(bytes.subarray(0, original.length).equals(Buffer.from(original)));
      const [signature] = await readSignatures(await openPdf(bytesSource(bytes)));
      assert.equal(signature?.coverage.kind, 'whole-file');
      assert.match(run('pdfsig', ['-nocert', path]), /Signature is Valid/);
    }
    const again = await yinxin(['stamp', ...argsFor(folder)]);
    assert.equal(again.code, there ? 1 : 0);
    assert.deepEqual(readdirSync(folder), ['a.pdf'], 'a part was left behind');
    return there ? 'whole' : 'none';
  };

  it('at bytes of the original, of what is appended, and at the last one', async function () {
    requireProgram(this, 'pdfsig');
    const places = [
      0,
      1,
      1024 * 1024 - 1,
      1024 * 1024 + 1,
      original.length - 1,
      original.length,
      original.length + 1,
      original.length + 500,
      whole.length - 1,
      ...Array.from({ length: scale(6) }, () => Math.floor(Math.random() * whole.length)),
    ];
    for (const place of places) {
      const folder = setting.path(`killed-${(serial += 1)}`);
      assert.equal(await killed(String(place), folder), 'SIGKILL', `at ${place}`);
      assert.equal(await check(folder), 'none', `at ${place}`);
    }
  });

  it('around the sync that comes before the file appears', async function () {
    requireProgram(this, 'pdfsig');
    for (const place of ['before-sync', 'after-sync']) {
      const folder = setting.path(`killed-${(serial += 1)}`);
      assert.equal(await killed(place, folder), 'SIGKILL');
      assert.equal(await check(folder), 'none');
    }
  });

  it('at any moment', async function () {
    requireProgram(this, 'pdfsig');
    const folder = setting.path('timed');
    const started = performance.now();
    assert.equal(await killed('never', folder), null);
    const duration = performance.now() - started;
    const seen = new Set<string>();
    for (let round = 0; round < scale(12); round++) {
      const place = setting.path(`killed-${(serial += 1)}`);
      // The end of a run is where the file is written.
      await killed('never', place, duration * (0.6 + Math.random() * 0.45));
      if (!existsSync(place)) continue;
      seen.add(await check(place));
    }
    assert.ok(seen.size > 0);
  });
});
