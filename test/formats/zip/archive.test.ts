// ZIP archives that we write, read back by other programs, byte for byte; and names that no reader may be given.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { zipArchive, type ZipEntry } from '../../../formats/zip/archive.ts';
import { requireProgram, requirePython, run } from '../../programs.ts';
import { scale } from '../../scale.ts';

const at = new Date('2026-11-26T06:30:10Z');

async function bytesOf(entries: Iterable<ZipEntry>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipArchive(entries, at)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-test-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As Python's zipfile sees it: name, size, CRC, digest of the content. */
function readByPython(
  python: string,
  file: string,
): { name: string; size: number; crc: number; sha256: string }[] {
  const program = `
import zipfile, json, hashlib, sys
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps([dict(name=i.filename, size=i.file_size, crc=i.CRC, sha256=hashlib.sha256(z.read(i)).hexdigest()) for i in z.infolist()]))`;
  return JSON.parse(run(python, ['-c', program, file])) as ReturnType<typeof readByPython>;
}

describe('a ZIP archive', () => {
  it('is read by unzip and by Python as it was written, Chinese names and empty files included', async function () {
    const unzip = requireProgram(this, 'unzip');
    const python = requirePython(this, 'zipfile');
    const entries: ZipEntry[] = [
      { name: '说明.txt', bytes: Buffer.from('证照导出\n'.repeat(500)), compress: true },
      { name: 'licenses/a.pdf', bytes: randomBytes(300_000), compress: false },
      { name: 'licenses/empty', bytes: new Uint8Array(0), compress: false },
      { name: 'licenses/empty-packed', bytes: new Uint8Array(0), compress: true },
    ];
    const archive = await bytesOf(entries);
    inFolder((folder) => {
      const file = join(folder, 'a.zip');
      writeFileSync(file, archive);
      run(unzip, ['-tq', file]);
      run(unzip, ['-q', file, '-d', join(folder, 'out')]);
      for (const { name, bytes } of entries) {
        const out = join(folder, 'out', name);
        assert.deepEqual(readFileSync(out), Buffer.from(bytes));
        assert.equal(statSync(out).mode & 0o777, 0o600);
      }
      const seen = readByPython(python, file);
      assert.deepEqual(
        seen,
        entries.map(({ name, bytes }) => ({
          name,
          size: bytes.length,
          crc: crc32(bytes),
          sha256: createHash('sha256').update(bytes).digest('hex'),
        })),
      );
    });
  });

  it('is read whole whatever is in it', async function () {
    const python = requirePython(this, 'zipfile');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 2000 }), fc.boolean()), { maxLength: 8 }),
        async (files) => {
          const entries = files.map(([bytes, compress], index) => ({ name: `f/${index}`, bytes, compress }));
          const archive = await bytesOf(entries);
          inFolder((folder) => {
            const file = join(folder, 'a.zip');
            writeFileSync(file, archive);
            assert.equal(readByPython(python, file).length, entries.length);
          });
        },
      ),
      { numRuns: scale(8) },
    );
  });

  it('holds more files than sixteen bits can count', async function () {
    const python = requirePython(this, 'zipfile');
    function* many(): Generator<ZipEntry> {
      for (let index = 0; index < 66_000; index += 1)
        yield { name: `n/${index}`, bytes: new Uint8Array(0), compress: false };
    }
    const archive = await bytesOf(many());
    inFolder((folder) => {
      const file = join(folder, 'a.zip');
      writeFileSync(file, archive);
      assert.equal(readByPython(python, file).length, 66_000);
    });
  }).timeout(60_000);

  it('refuses names that lead out of its folder, name a drive, hide a character or come twice', async () => {
    for (const name of [
      '',
      '/etc/passwd',
      '../a',
      'a/../b',
      'a//b',
      './a',
      'C:a',
      'a\\b',
      'a\nb',
      'x'.repeat(201),
    ])
      await assert.rejects(bytesOf([{ name, bytes: new Uint8Array(1), compress: false }]), RangeError, name);
    const twice = { name: 'a', bytes: new Uint8Array(1), compress: false };
    await assert.rejects(bytesOf([twice, twice]), RangeError);
  });
});
