// `yinxin verify -`: standard input as a file, small and large, through the launcher; nothing of it stays behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { heldInMemory, openStandardInput } from '../../bin/standard-input.ts';
import { scale } from '../scale.ts';
import { makePki } from '../verification/pki.ts';
import { overwrite, signPdf } from '../verification/signed-pdf.ts';

const launcher = join(import.meta.dirname, '../../bin/yinxin.mjs');

async function* partsOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield await Promise.resolve(part);
}

describe('verify - reads standard input', function () {
  this.timeout(120_000);
  let folder: string;
  let temporary: string;
  const given: string[] = [];
  const pki = makePki();
  const pdf = signPdf(pki);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-stdin-'));
    temporary = mkdtempSync(join(tmpdir(), 'yinxin-stdin-temporary-'));
    const file = (name: string, bytes: Uint8Array): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    given.push('--anchor', file('anchor.cer', pki.root.certificate), '--offline');
    for (const [at, crl] of pki.crls.entries()) given.push('--crl', file(`${at}.crl`, crl));
    file('good.pdf', pdf);
  });
  after(() => {
    for (const each of [folder, temporary]) rmSync(each, { recursive: true, force: true });
  });

  /** @param input - bytes, or an open file to be standard input itself */
  function verify(
    args: readonly string[],
    input: Uint8Array | number,
  ): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
    const child = spawn(process.execPath, [launcher, 'verify', ...args], {
      env: { PATH: process.env['PATH'], TMPDIR: temporary, YINXIN_DATA: join(folder, 'none') },
      cwd: folder,
      stdio: [typeof input === 'number' ? input : 'pipe', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
    // Whoever answers without reading on closes the pipe.
    child.stdin?.on('error', () => undefined);
    if (typeof input !== 'number') child.stdin?.end(input);
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  }

  it('answers with the usual exit codes, alone and among files', async () => {
    const at = ['--at', new Date(Date.now() + 60_000).toISOString()];
    const good = await verify(['-', '--json', ...given, ...at], pdf);
    assert.equal(good.code, 0, good.out + good.err);
    assert.equal((JSON.parse(good.out) as { file: string }).file, '-');
    assert.equal((await verify(['-', ...given, ...at], overwrite(pdf, 'Alice', 'Mally'))).code, 1);
    assert.equal((await verify(['-', '--offline'], pdf)).code, 2);
    assert.equal((await verify(['good.pdf', '-', ...given, ...at], pdf)).code, 0);
    const twice = await verify(['-', '-', ...given], pdf);
    assert.deepEqual([twice.code, twice.out], [64, '']);
    const file = openSync(folder, 'r');
    try {
      const directory = await verify(['-', ...given], file);
      assert.equal(directory.code, 64, directory.out);
      assert.match(directory.err, /Standard input cannot be read/);
      assert.ok(!/\n\s+at /.test(directory.err), 'no stack');
    } finally {
      closeSync(file);
    }
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('judges what does not fit into memory, and leaves nothing behind', async () => {
    const padded = Buffer.concat([pdf, Buffer.alloc(heldInMemory + 5_000_000, 0x20)]);
    const large = await verify(['-', '--json', ...given], padded);
    const report = JSON.parse(large.out) as { readonly kind: string; readonly conclusion: string };
    assert.equal(report.kind, 'pdf');
    writeFileSync(join(folder, 'large.pdf'), padded);
    const named = await verify(['large.pdf', '--json', ...given], new Uint8Array());
    const told = JSON.parse(named.out) as typeof report;
    assert.deepEqual([large.code, report.conclusion], [named.code, told.conclusion]);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('reads any range as a file would, in memory and on the disk', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.array(fc.tuple(fc.nat(2600), fc.nat(2600)), { minLength: 1, maxLength: 6 }),
        async (parts, held, ranges) => {
          const whole = Buffer.concat(parts);
          const file = await openStandardInput(partsOf(parts), held);
          try {
            assert.equal(file.size, whole.length);
            for (const [position, length] of ranges) {
              const bytes = await file.read(position, length);
              assert.deepEqual(Buffer.from(bytes), Buffer.from(whole.subarray(position, position + length)));
            }
          } finally {
            await file.close();
          }
        },
      ),
      { numRuns: scale(60) },
    );
  });

  it('gives up where the input breaks off', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(new Uint8Array(50));
      throw new Error('The pipe broke.');
    }
    await assert.rejects(openStandardInput(broken(), 10), /pipe broke/);
  });
});
