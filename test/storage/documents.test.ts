// Content-addressed documents as files.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDocumentFiles, type DocumentFiles } from '../../storage/documents-files.ts';
import { StorageError } from '../../storage/errors.ts';
import { documentKeys } from './document-keys.ts';

function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof StorageError && error.code === code;
}

describe('documents as files', () => {
  let folder: string;
  let store: DocumentFiles;

  const put = async (...chunks: Uint8Array[]): Promise<string> => {
    const writer = await store.create();
    for (const chunk of chunks) await writer.write(chunk);
    return (await writer.commit()).digest;
  };
  const pathOf = (digest: string): string => {
    const hex = digest.slice(7);
    return join(folder, 'sha256', hex.slice(0, 2), hex);
  };
  const listed = async (): Promise<string[]> => {
    const digests = [];
    for await (const digest of store.list()) digests.push(digest);
    return digests;
  };
  const temporaries = async (): Promise<string[]> => {
    const found = [];
    for (const name of await readdir(join(folder, 'tmp')))
      found.push(...(await readdir(join(folder, 'tmp', name))));
    return found;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
    store = await openDocumentFiles(folder, documentKeys());
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('names a document by its digest and gives its bytes back from anywhere', async () => {
    const bytes = randomBytes(700_001);
    const digest = await put(bytes.subarray(0, 3), bytes.subarray(3, 3), bytes.subarray(3));
    assert.equal(digest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    const document = await store.open(digest);
    assert.ok(document);
    assert.equal(document.size, bytes.length);
    assert.deepEqual(Buffer.from(await document.read(5, 100)), bytes.subarray(5, 105));
    assert.deepEqual(Buffer.from(await document.read(700_000, 100)), bytes.subarray(700_000));
    assert.equal((await document.read(700_001, 1)).length, 0);
    assert.equal((await document.read(9e9, 1)).length, 0);
    await document.close();
    assert.equal((await stat(pathOf(digest))).mode & 0o777, 0o600);
    assert.equal(await store.verify(digest), 'intact');
  });

  it('knows an empty document', async () => {
    const digest = await put();
    assert.equal(digest, 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    assert.deepEqual(await store.readAll(digest, 0), new Uint8Array(0));
  });

  it('forks its running digest without ending it', async () => {
    const writer = await store.create();
    await writer.write(Buffer.from('before'));
    const fork = writer.forkHash().update('fork').digest('hex');
    await writer.write(Buffer.from('after'));
    assert.equal(fork, createHash('sha256').update('beforefork').digest('hex'));
    assert.equal(
      (await writer.commit()).digest,
      `sha256:${createHash('sha256').update('beforeafter').digest('hex')}`,
    );
  });

  it('keeps one of equal documents, however many write it at once, and heals a damaged one', async () => {
    const bytes = randomBytes(50_000);
    const digests = await Promise.all(Array.from({ length: 20 }, () => put(bytes)));
    assert.equal(new Set(digests).size, 1);
    const digest = digests[0]!;
    assert.deepEqual(await listed(), [digest]);
    assert.deepEqual(await temporaries(), []);
    await truncate(pathOf(digest), 100);
    assert.equal(await store.verify(digest), 'damaged');
    await put(bytes);
    assert.equal(await store.verify(digest), 'intact');
  });

  it('tells damage, and does not hand damaged bytes out', async () => {
    const digest = await put(randomBytes(1000));
    await writeFile(pathOf(digest), randomBytes(1000));
    assert.equal(await store.verify(digest), 'damaged');
    await assert.rejects(store.readAll(digest, 1000), refusal('document-damaged'));
    await assert.rejects(store.readAll(digest, 999), refusal('document-too-large'));
    await assert.rejects(store.open(digest), refusal('document-damaged'));
    const other = await put(randomBytes(1000));
    const document = await store.open(other);
    await truncate(pathOf(other), 10);
    await assert.rejects(async () => document?.read(0, 1000), refusal('document-damaged'));
    await document?.close();
  });

  it('answers null for what is not there and refuses names that are no digests', async () => {
    const absent = `sha256:${'0'.repeat(64)}`;
    assert.equal(await store.open(absent), null);
    assert.equal(await store.readAll(absent, 1), null);
    assert.equal(await store.verify(absent), 'absent');
    for (const name of [
      '',
      'sha256:',
      `sha256:${'A'.repeat(64)}`,
      `sha256:../${'0'.repeat(61)}`,
      `md5:${'0'.repeat(64)}`,
    ]) {
      await assert.rejects(store.open(name), refusal('document-name-invalid'));
    }
  });

  it('leaves nothing of an aborted document, and takes no bytes after its end', async () => {
    const writer = await store.create();
    await writer.write(randomBytes(10));
    await writer.abort();
    await writer.abort();
    assert.deepEqual(await temporaries(), []);
    await assert.rejects(writer.write(randomBytes(1)), refusal('write-closed'));
    const committed = await store.create();
    await committed.commit();
    await committed.abort();
    await assert.rejects(committed.commit(), refusal('write-closed'));
    assert.equal((await listed()).length, 1);
  });

  it('takes a document away unless somebody wants it after all, and leaves none lying about', async () => {
    const [kept, gone] = [await put(randomBytes(100)), await put(randomBytes(100))];
    const reader = await store.open(gone);
    let openMeanwhile = true;
    assert.equal(await store.remove(kept, () => Promise.resolve(true)), false);
    assert.equal(await store.verify(kept), 'intact');
    const removed = await store.remove(gone, async () => {
      const handle = await store.open(gone);
      openMeanwhile = handle !== null;
      await handle?.close();
      return false;
    });
    assert.deepEqual([removed, openMeanwhile], [true, false]);
    assert.equal((await reader?.read(0, 100))?.length, 100, 'who reads it reads on');
    await reader?.close();
    assert.equal(await store.verify(gone), 'absent');
    assert.equal(await store.remove(gone, () => Promise.reject(new Error('not asked'))), true);
    // Where the question cannot be answered, nothing is lost.
    await assert.rejects(
      store.remove(kept, () => Promise.reject(new Error('the database is away'))),
      /the database is away/,
    );
    assert.equal(await store.verify(kept), 'intact');
    assert.deepEqual(await temporaries(), []);
    await assert.rejects(
      store.remove('../keys', () => Promise.resolve(false)),
      refusal('document-name-invalid'),
    );
  });

  it('sweeps what dead writers left and spares the living', async () => {
    const living = await store.create();
    await living.write(Buffer.from('still here'));
    const dead = join(folder, 'tmp', `${hostname()}_2147483000_00000000-0000-4000-8000-000000000000`);
    const elsewhere = join(folder, 'tmp', `elsewhere_1_00000000-0000-4000-8000-000000000000`);
    const old = join(folder, 'tmp', `elsewhere_2_00000000-0000-4000-8000-000000000000`);
    for (const path of [dead, elsewhere, old]) {
      await mkdir(path);
      await writeFile(join(path, 'half'), 'half');
    }
    const twoDaysAgo = new Date((await stat(dead)).mtimeMs - 48 * 3600 * 1000);
    await utimes(old, twoDaysAgo, twoDaysAgo);
    await openDocumentFiles(folder, documentKeys());
    const left = await readdir(join(folder, 'tmp'));
    assert.ok(!left.includes(dead.split('/').at(-1) ?? ''));
    assert.ok(!left.includes(old.split('/').at(-1) ?? ''));
    assert.ok(left.includes(elsewhere.split('/').at(-1) ?? ''));
    assert.equal((await living.commit()).size, 10);
  });

  it('names documents by SM3 where told, in a folder of their own, and takes no other names', async () => {
    const gm = await openDocumentFiles(folder, documentKeys('sm4-ctr-hmac-sm3'), 'sm3');
    const bytes = randomBytes(1000);
    const writer = await gm.create();
    await writer.write(bytes);
    const { digest } = await writer.commit();
    assert.equal(digest, `sm3:${createHash('sm3').update(bytes).digest('hex')}`);
    assert.equal(await gm.verify(digest), 'intact');
    assert.deepEqual(Buffer.from((await gm.readAll(digest, 1000))!), bytes);
    // A header, and one chunk with its nonce of 16 and tag of 32 bytes.
    assert.equal(
      (await stat(join(folder, 'sm3', digest.slice(4, 6), digest.slice(4)))).size,
      256 + 1000 + 48,
    );
    await assert.rejects(store.open(digest), refusal('document-name-invalid'));
    await assert.rejects(gm.open(await put(bytes)), refusal('document-name-invalid'));
  });
});
