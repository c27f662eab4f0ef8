// Documents at rest: nothing of them is legible in a file, and no change of a file goes unnoticed.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import fc from 'fast-check';
import { labelledDigest } from '../../crypto/algorithms.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import { documentPath, openDocumentFiles, type DocumentFiles } from '../../storage/documents-files.ts';
import { StorageError } from '../../storage/errors.ts';
import { CHUNK } from '../../storage/sealed-chunks.ts';
import { scale } from '../scale.ts';
import { documentKeys } from './document-keys.ts';

const HEADER = 256;
const suites = [
  { digest: 'sha256', cipher: 'aes-256-gcm', overhead: 28 },
  { digest: 'sm3', cipher: 'sm4-ctr-hmac-sm3', overhead: 48 },
] as const;

const damaged = (error: unknown): boolean =>
  error instanceof StorageError && error.code === 'document-damaged';

for (const { digest: algorithm, cipher, overhead } of suites) {
  describe(`documents encrypted by ${cipher}`, function () {
    this.timeout(60_000);
    let folder: string;
    let store: DocumentFiles;
    const keys = documentKeys(cipher);
    const pathOf = (digest: string): string => documentPath(folder, algorithm, digest);

    const put = async (bytes: Uint8Array, pieces: readonly number[] = []): Promise<string> => {
      const writer = await store.create();
      const writes: Promise<void>[] = [];
      let at = 0;
      for (const length of [...pieces, bytes.length]) {
        writes.push(writer.write(bytes.subarray(at, at + length)));
        at += length;
      }
      await Promise.all(writes);
      return (await writer.commit()).digest;
    };
    const clear = async (bytes: Uint8Array): Promise<string> => {
      const digest = labelledDigest(algorithm, bytes);
      await mkdir(dirname(pathOf(digest)), { recursive: true });
      await writeFile(pathOf(digest), bytes);
      return digest;
    };
    /** Every way of reading it is refused. */
    const refused = async (digest: string, what: string): Promise<void> => {
      assert.equal(await store.verify(digest), 'damaged', what);
      await assert.rejects(store.readAll(digest, 1e9), damaged, what);
      await assert.rejects(
        async () => {
          const document = await store.open(digest);
          try {
            for (let at = 0; at < document!.size || at === 0; at += 1000) await document!.read(at, 1000);
          } finally {
            await document?.close();
          }
        },
        damaged,
        what,
      );
    };

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
      store = await openDocumentFiles(folder, keys, algorithm);
    });
    afterEach(async () => {
      await rm(folder, { recursive: true, force: true });
    });

    it('give back any range of any size, however they were written', async () => {
      const border = fc
        .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -2, max: 2 }))
        .map(([chunks, more]) => Math.max(0, chunks * CHUNK + more));
      const size = fc.oneof(border, fc.nat(3 * CHUNK));
      await fc.assert(
        fc.asyncProperty(
          size,
          fc.array(size, { maxLength: 5 }),
          fc.array(fc.tuple(size, size), { minLength: 1, maxLength: 8 }),
          async (length, pieces, ranges) => {
            const bytes = randomBytes(length);
            const digest = await put(bytes, pieces);
            assert.equal(digest, labelledDigest(algorithm, bytes));
            const file = await stat(pathOf(digest));
            assert.equal(file.size, HEADER + length + Math.max(1, Math.ceil(length / CHUNK)) * overhead);
            const document = await store.open(digest);
            try {
              assert.equal(document!.size, length);
              const read = await Promise.all(
                ranges.map(
                  async ([from, count]) => [from, count, await document!.read(from, count)] as const,
                ),
              );
              for (const [from, count, part] of read)
                assert.ok(Buffer.from(part).equals(bytes.subarray(from, from + count)), `${from} ${count}`);
              const tail = await document!.readInto(Math.max(0, length - 40), new Uint8Array(100));
              assert.ok(Buffer.from(tail).equals(bytes.subarray(Math.max(0, length - 40))));
            } finally {
              await document?.close();
            }
            assert.equal(await store.verify(digest), 'intact');
            assert.ok(Buffer.from((await store.readAll(digest, length))!).equals(bytes));
          },
        ),
        { numRuns: scale(60) },
      );
    });

    it('say nothing of what they hold, and are different files each time', async () => {
      const text = Buffer.from('天津市河北区 刘样本 120105198001010012\n'.repeat(5000));
      const digest = await put(text);
      const first = await readFile(pathOf(digest));
      assert.ok(!first.includes('刘样本') && !first.includes('120105'));
      assert.match(
        first.subarray(0, HEADER).toString('latin1'),
        new RegExp(`^yinxin-document 1 ${cipher} 65536 [0-9a-f]{16} ${text.length} [\\w-]+ *\\n$`),
      );
      await put(text);
      const second = await readFile(pathOf(digest));
      assert.equal(second.length, first.length);
      assert.ok(!second.subarray(HEADER, HEADER + 64).equals(first.subarray(HEADER, HEADER + 64)));
      const zeros = await put(new Uint8Array(3 * CHUNK));
      const raw = await readFile(pathOf(zeros));
      const boxes = [0, 1, 2].map((index) =>
        raw
          .subarray(HEADER + index * (CHUNK + overhead))
          .subarray(0, 64)
          .toString('hex'),
      );
      assert.equal(new Set(boxes).size, 3, 'equal chunks look different');
    });

    it('are refused with any byte changed', async () => {
      const digest = await put(randomBytes(300));
      const whole = await readFile(pathOf(digest));
      for (let at = 0; at < whole.length; at += 1) {
        for (const bit of [1, 0x20, 0x80]) {
          const changed = Buffer.from(whole);
          changed[at] = whole[at]! ^ bit;
          await writeFile(pathOf(digest), changed);
          assert.equal(await store.verify(digest), 'damaged', `byte ${at}`);
          await assert.rejects(store.readAll(digest, 1e9), damaged, `byte ${at}`);
        }
      }
      await writeFile(pathOf(digest), whole);
      assert.equal(await store.verify(digest), 'intact');
    });

    it('are refused cut, lengthened, and with chunks or headers of another place', async () => {
      const bytes = randomBytes(4 * CHUNK + 100);
      const digest = await put(bytes);
      const whole = await readFile(pathOf(digest));
      const otherDigest = await put(Buffer.concat([bytes.subarray(0, 4 * CHUNK), randomBytes(100)]));
      const other = await readFile(pathOf(otherDigest));
      const [empty, box] = [await put(new Uint8Array(0)), CHUNK + overhead];
      const chunk = (file: Buffer, index: number): Buffer =>
        file.subarray(HEADER + index * box, Math.min(file.length, HEADER + (index + 1) * box));
      const of = (header: Buffer, ...chunks: Buffer[]): Buffer =>
        Buffer.concat([header.subarray(0, HEADER), ...chunks]);
      const all = [0, 1, 2, 3, 4].map((index) => chunk(whole, index));
      const [a, b, c, d, e] = all as [Buffer, Buffer, Buffer, Buffer, Buffer];
      const cases: readonly (readonly [string, Uint8Array])[] = [
        ['nothing', new Uint8Array(0)],
        ['half a header', whole.subarray(0, 100)],
        ['a header alone', whole.subarray(0, HEADER)],
        ['the last byte cut', whole.subarray(0, -1)],
        ['the last chunk cut', of(whole, a, b, c, d)],
        ['a chunk left out', of(whole, a, b, d, e)],
        ['a byte more', Buffer.concat([whole, Buffer.from('x')])],
        ['a chunk more', of(whole, a, b, c, d, e, e)],
        ['a chunk twice', of(whole, a, b, b, d, e)],
        ['two chunks exchanged', of(whole, a, c, b, d, e)],
        ['a chunk of another document', of(whole, a, chunk(other, 1), c, d, e)],
        ['all chunks of another document', of(whole, ...[0, 1, 2, 3, 4].map((index) => chunk(other, index)))],
        ['the header of another document', of(other, ...all)],
        ['another document', other],
        ['a random text of the same length', randomBytes(whole.length)],
        ['a text in clear', randomBytes(bytes.length)],
      ];
      for (const [what, content] of cases) {
        await writeFile(pathOf(digest), content);
        await refused(digest, what);
      }
      for (const size of [0, 1, HEADER]) {
        await writeFile(pathOf(empty), whole.subarray(0, size));
        if (size > 0) await refused(empty, `an empty document with ${size} bytes of another`);
      }
      await writeFile(pathOf(digest), whole);
      assert.equal(await store.verify(digest), 'intact');
    });

    it('are refused when a chunk is changed behind an open handle', async () => {
      const bytes = randomBytes(10 * CHUNK);
      for (const digest of [await put(bytes), await clear(bytes.subarray(1))]) {
        const document = await store.open(digest);
        const file = await open(pathOf(digest), 'r+');
        await file.write(Buffer.from('changed'), 0, 7, 6 * CHUNK);
        await file.close();
        assert.equal((await document!.read(0, 100)).length, 100);
        await assert.rejects(async () => document?.read(5 * CHUNK, 3 * CHUNK), damaged);
        await document!.close();
      }
    });

    it('do not open under another master key, and say which one is missing', async () => {
      const digest = await put(randomBytes(1000));
      const stranger = await openDocumentFiles(folder, documentKeys(cipher, 2), algorithm);
      assert.equal(await stranger.verify(digest), 'damaged');
      await assert.rejects(
        stranger.open(digest),
        (error) => damaged(error) && /master key [0-9a-f]{16}/.test(String(error)),
      );
      // Another key that says it has the same id.
      const [right] = keys.masterKeys as readonly MasterKey[];
      const wrong = Object.defineProperty(new MasterKey(randomBytes(32)), 'id', { value: right!.id });
      const liar = await openDocumentFiles(folder, { ...keys, masterKeys: [wrong] }, algorithm);
      await assert.rejects(liar.open(digest), damaged);
      await assert.rejects(liar.readAll(digest, 1e6), damaged);
    });

    it('of a time when they lay in clear are read, and encrypted when told', async () => {
      const bytes = randomBytes(2 * CHUNK + 7);
      const digests = [await clear(bytes), await clear(new Uint8Array(0)), await clear(randomBytes(1))];
      const [digest = ''] = digests;
      const before = await store.open(digest);
      assert.ok(Buffer.from(await before!.read(CHUNK - 5, 10)).equals(bytes.subarray(CHUNK - 5, CHUNK + 5)));
      for (const each of digests) {
        assert.equal(await store.masterKeyOf(each), 'clear');
        assert.equal(await store.verify(each), 'intact');
        assert.ok(await store.reseal(each));
        assert.match((await store.masterKeyOf(each)) ?? '', /^[0-9a-f]{16}$/);
        assert.equal(await store.verify(each), 'intact');
      }
      assert.ok(!(await readFile(pathOf(digest))).includes(bytes.subarray(100, 116)));
      assert.ok(Buffer.from((await store.readAll(digest, 1e6))!).equals(bytes));
      assert.ok(Buffer.from(await before!.read(0, bytes.length)).equals(bytes), 'who reads it reads on');
      await before!.close();
      const spoilt = await clear(randomBytes(500));
      await writeFile(pathOf(spoilt), randomBytes(500));
      await assert.rejects(store.reseal(spoilt), damaged);
      await refused(spoilt, 'a text in clear that is not the document');
      assert.equal(await store.reseal(`${algorithm}:${'0'.repeat(64)}`), false);
      const left = await Promise.all(
        (await readdir(join(folder, 'tmp'))).map((name) => readdir(join(folder, 'tmp', name))),
      );
      assert.deepEqual(left.flat(), []);
    });

    it('stay removed though a rotation has them open', async () => {
      let rounds = 0;
      for (let round = 0; round < scale(60); round += 1) {
        const digest = await clear(randomBytes(300_000));
        const other = await openDocumentFiles(folder, keys, algorithm);
        const resealing = [store, other, store].map((each) => each.reseal(digest));
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 12));
        const removed = await store.remove(digest, () => Promise.resolve(false));
        const done = await Promise.all(resealing);
        assert.ok(removed);
        assert.equal(await store.verify(digest), 'absent', `round ${round}`);
        if (done.includes(true) && done.includes(false)) rounds += 1;
      }
      assert.ok(rounds > 0, 'some rotations were in the middle');
    });

    it('are copied as they lie, and one in clear encrypted', async () => {
      const bytes = randomBytes(100_000);
      const [sealed, open_] = [await put(bytes), await clear(bytes.subarray(1))];
      const target = join(folder, 'copy');
      for (const digest of [sealed, open_]) assert.ok(await store.copyTo(digest, target));
      const copy = (digest: string): Promise<Buffer> => readFile(documentPath(target, algorithm, digest));
      assert.ok((await copy(sealed)).equals(await readFile(pathOf(sealed))));
      assert.ok(!(await copy(open_)).includes(bytes.subarray(50, 80)));
      const copies = await openDocumentFiles(target, keys, algorithm);
      for (const digest of [sealed, open_]) assert.equal(await copies.verify(digest), 'intact');
      await rm(target, { recursive: true });
      await copyFile(pathOf(open_), pathOf(sealed));
      await assert.rejects(store.copyTo(sealed, target), damaged);
    });

    it('hold up nobody, however large, and take no memory by their size', async () => {
      const piece = randomBytes(1024 * 1024);
      const writer = await store.create();
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      for (let index = 0; index < 48; index += 1) await writer.write(piece);
      const { digest } = await writer.commit();
      const before = process.memoryUsage();
      const document = await store.open(digest);
      let most = 0;
      for (let position = 0; position < document!.size; position += piece.length) {
        assert.equal((await document!.read(position, piece.length)).length, piece.length);
        const now = process.memoryUsage();
        most = Math.max(most, now.heapUsed - before.heapUsed);
      }
      await document!.close();
      delay.disable();
      assert.ok(most < 40 * 1024 * 1024, `${most} bytes of heap`);
      // Half of the time nobody waits long; a busy machine's longest wait says nothing.
      assert.ok(delay.percentile(90) / 1e6 < 25, `${delay.percentile(90) / 1e6} ms`);
    });
  });
}
