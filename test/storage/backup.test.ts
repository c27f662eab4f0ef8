// Backup while serving, and restore: a round trip, and every damage told before anything is written.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { labelledDigest } from '../../crypto/algorithms.ts';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { backup, restore, type RestoreTarget } from '../../storage/backup.ts';
import { openDocumentFiles, type DocumentFiles } from '../../storage/documents-files.ts';
import { StorageError } from '../../storage/errors.ts';
import { installFact } from '../../storage/install-facts.ts';
import { openDatabase } from '../../storage/open.ts';
import { documentKeys } from './document-keys.ts';
import { engines, type TestDatabase } from './engines.ts';

const at = new Date('2026-11-22T05:06:07.000Z');

function refusal(code: string): (error: unknown) => boolean {
  return (error) => error instanceof StorageError && error.code === code;
}

for (const algorithm of ['sha256', 'sm3'] as const)
  describe(`backup and restore, digests by ${algorithm}`, () => {
    const keys = documentKeys(algorithm === 'sm3' ? 'sm4-ctr-hmac-sm3' : 'aes-256-gcm');
    let folder: string;
    let opened: TestDatabase;
    let documents: DocumentFiles;
    let keysFolder: string;
    let rootKeysFolder: string;
    let keyId: string;
    let rootKeyId: string;
    let target: RestoreTarget;
    const stored: string[] = [];
    const openKeys = (keys: string) =>
      openKeyFiles({ folder: keys, passphrase: 'test', random: randomBytes, cost: 1024 });
    const source = (): string => join(folder, 'backup');
    const make = () =>
      backup({ database: opened.database, documents, keysFolder, rootKeysFolder, target: source(), at });
    const pathOf = (inside: string, digest: string): string => {
      const [, hex = ''] = digest.split(':');
      return join(inside, 'documents', algorithm, hex.slice(0, 2), hex);
    };

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
      opened = await engines[0]!.open();
      documents = await openDocumentFiles(join(folder, 'documents'), keys, algorithm);
      keysFolder = join(folder, 'keys');
      rootKeysFolder = join(folder, 'root-keys');
      keyId = (await (await openKeys(keysFolder)).generate('seal', 'ES256')).id;
      rootKeyId = (await (await openKeys(rootKeysFolder)).generate('root-ca', 'SM2SM3')).id;
      stored.length = 0;
      for (let index = 0; index < 5; index += 1) {
        const writer = await documents.create();
        await writer.write(randomBytes(index * 100_000));
        stored.push((await writer.commit()).digest);
      }
      await opened.database.write((tx) =>
        tx.insertInto('install_fact').values({ name: 'before', value: 'kept' }).execute(),
      );
      target = {
        databaseFile: join(folder, 'new', 'yinxin.db'),
        documentsFolder: join(folder, 'new', 'documents'),
        keysFolder: join(folder, 'new', 'keys'),
        rootKeysFolder: join(folder, 'new', 'root-keys'),
      };
    });
    afterEach(async () => {
      await opened.cleanup();
      await rm(folder, { recursive: true, force: true });
    });

    it('brings back everything, in a new place', async () => {
      const made = await make();
      assert.deepEqual([made.documents, made.keys], [5, 4]);
      assert.deepEqual(await restore(source(), target), made);
      const database = await openDatabase({ file: target.databaseFile });
      assert.equal(await installFact(database.reader, 'before'), 'kept');
      await database.close();
      const restored = await openDocumentFiles(target.documentsFolder, keys, algorithm);
      for (const digest of stored) assert.equal(await restored.verify(digest), 'intact');
      const key = await (await openKeys(target.keysFolder)).open(keyId, 'seal', []);
      assert.ok((await key.sign(new Uint8Array(1))).length > 60);
      const rootKey = await (await openKeys(target.rootKeysFolder)).open(rootKeyId, 'root-ca', []);
      assert.ok((await rootKey.sign(new Uint8Array(1))).length > 60);
      for (const path of [
        target.databaseFile,
        join(target.keysFolder, `${keyId.replace(':', '-')}.key.json`),
        join(source(), 'yinxin.db'),
      ]) {
        assert.equal((await stat(path)).mode & 0o077, 0, path);
      }
    });

    it('is of one moment while writes go on', async () => {
      const state = { going: true };
      let pairs = 0;
      const writing = (async () => {
        for (; state.going; pairs += 1) {
          // Both rows or neither: a torn copy would show one.
          await opened.database.write(async (tx) => {
            for (const side of ['left', 'right']) {
              await tx
                .insertInto('install_fact')
                .values({ name: `${side}${pairs}`, value: 'x' })
                .execute();
            }
          });
        }
      })();
      await make();
      state.going = false;
      await writing;
      await restore(source(), target);
      const database = await openDatabase({ file: target.databaseFile });
      const rows = await database.reader.selectFrom('install_fact').select('name').execute();
      const count = (side: string): number => rows.filter((row) => row.name.startsWith(side)).length;
      assert.equal(count('left'), count('right'));
      await database.close();
    });

    const damages: readonly (readonly [string, () => Promise<void>])[] = [
      ['a changed database', () => appendFile(join(source(), 'yinxin.db'), 'x')],
      ['a missing key', () => unlink(join(source(), 'keys', `${keyId.replace(':', '-')}.key.json`))],
      ['a cut document', () => truncate(pathOf(source(), stored[2]!), 5)],
      ['a missing manifest', () => unlink(join(source(), 'manifest.txt'))],
      [
        'a manifest without its last line',
        async () => {
          const lines = (await readFile(join(source(), 'manifest.txt'), 'utf8')).split('\n');
          await writeFile(join(source(), 'manifest.txt'), `${lines.slice(0, -2).join('\n')}\n`);
        },
      ],
      [
        'a manifest that leaves a document out',
        async () => {
          const lines = (await readFile(join(source(), 'manifest.txt'), 'utf8')).split('\n');
          await writeFile(
            join(source(), 'manifest.txt'),
            lines.filter((line) => !line.includes(stored[1]!)).join('\n'),
          );
        },
      ],
      [
        'a manifest that points outside',
        async () => {
          const text = await readFile(join(source(), 'manifest.txt'), 'utf8');
          await writeFile(
            join(source(), 'manifest.txt'),
            text.replace(/ key \S+/, ' key ../../../etc/passwd'),
          );
        },
      ],
    ];
    for (const [name, damage] of damages) {
      it(`refuses a backup with ${name}, and writes nothing`, async () => {
        await make();
        await damage();
        await assert.rejects(restore(source(), target), refusal('backup-damaged'));
        assert.deepEqual(await readdir(join(folder, 'new')).catch(() => []), []);
      });
    }

    it('names every digest by the algorithm of the store, and leaves out root keys that were taken away', async () => {
      await rm(rootKeysFolder, { recursive: true });
      assert.equal((await make()).keys, 2);
      const text = await readFile(join(source(), 'manifest.txt'), 'utf8');
      const other = algorithm === 'sm3' ? 'sha256' : 'sm3';
      assert.ok(text.includes(`end ${algorithm}:`) && !text.includes(`${other}:`));
      assert.equal((await restore(source(), target)).keys, 2);
      assert.deepEqual(await readdir(target.rootKeysFolder).catch(() => []), []);
    });

    it('never writes over anything', async () => {
      await mkdir(source());
      await writeFile(join(source(), 'something'), '');
      await assert.rejects(make(), refusal('backup-target-not-empty'));
      await rm(source(), { recursive: true });
      await make();
      await assert.rejects(make(), refusal('backup-target-not-empty'));
      await restore(source(), target);
      await assert.rejects(restore(source(), target), refusal('backup-target-not-empty'));
    });

    it('does not back up a damaged document silently', async () => {
      const digest = stored[3]!;
      await writeFile(pathOf(folder, digest), 'x');
      await assert.rejects(make(), refusal('document-damaged'));
      await assert.rejects(restore(source(), target), refusal('backup-damaged'));
    });

    /** A store that holds one document in clear, as before 0.4. */
    const clear = async (bytes: Uint8Array): Promise<string> => {
      const digest = labelledDigest(algorithm, bytes);
      await mkdir(dirname(pathOf(folder, digest)), { recursive: true });
      await writeFile(pathOf(folder, digest), bytes);
      return digest;
    };
    /** The manifest over what `change` made of its lines. */
    const rewrite = async (change: (lines: readonly string[]) => readonly string[]): Promise<void> => {
      const path = join(source(), 'manifest.txt');
      const lines = change((await readFile(path, 'utf8')).split('\n').slice(0, -2));
      const text = lines.map((line) => `${line}\n`).join('');
      await writeFile(path, `${text}end ${labelledDigest(algorithm, Buffer.from(text))}\n`);
    };

    it('holds every document encrypted, also one that still lies in clear', async () => {
      const bytes = Buffer.from('%PDF-1.7 刘样本 120105198001010012'.repeat(9000));
      const digest = await clear(bytes);
      assert.equal((await make()).documents, 6);
      const raw = await readFile(pathOf(source(), digest));
      assert.ok(!raw.includes('刘样本') && !raw.includes('PDF'));
      await restore(source(), target);
      const restored = await openDocumentFiles(target.documentsFolder, keys, algorithm);
      assert.ok(Buffer.from((await restored.readAll(digest, 1e6))!).equals(bytes));
      assert.ok((await readFile(pathOf(folder, digest))).equals(bytes), 'the store itself is as it was');
    });

    it('brings back a backup made before 0.4, whose documents lie in clear', async () => {
      const bytes = randomBytes(300_000);
      const digest = await clear(bytes);
      await make();
      // As that version wrote it: first line, and a document whose digest is its name.
      await writeFile(pathOf(source(), digest), bytes);
      await rewrite((lines) =>
        lines
          .map((line) => line.replace(/^yinxin-backup 2/, 'yinxin-backup 1'))
          .map((line) =>
            line.endsWith(` document ${digest}`) ? `${digest} ${bytes.length} document ${digest}` : line,
          ),
      );
      await restore(source(), target);
      const restored = await openDocumentFiles(target.documentsFolder, keys, algorithm);
      assert.equal(await restored.masterKeyOf(digest), 'clear');
      assert.ok(Buffer.from((await restored.readAll(digest, 1e6))!).equals(bytes));
    });

    it('takes no text in clear under the name of another document, whatever the manifest says', async () => {
      await make();
      const [name = ''] = stored.slice(2);
      const forged = Buffer.from('%PDF-1.7 forged');
      await writeFile(pathOf(source(), name), forged);
      await rewrite((lines) =>
        lines.map((line) =>
          line.endsWith(` document ${name}`)
            ? `${labelledDigest(algorithm, forged)} ${forged.length} document ${name}`
            : line,
        ),
      );
      await assert.rejects(restore(source(), target), refusal('backup-damaged'));
      assert.deepEqual(await readdir(join(folder, 'new')).catch(() => []), []);
    });

    it('refuses another document when it is read, where file and manifest were both exchanged', async () => {
      await make();
      const [name = '', other = ''] = stored.slice(2);
      const file = await readFile(pathOf(source(), other));
      await writeFile(pathOf(source(), name), file);
      await rewrite((lines) => {
        const of = lines.find((line) => line.endsWith(` document ${other}`)) ?? assert.fail();
        return lines.map((line) => (line.endsWith(` document ${name}`) ? of.replace(other, name) : line));
      });
      await restore(source(), target);
      const restored = await openDocumentFiles(target.documentsFolder, keys, algorithm);
      assert.equal(await restored.verify(name), 'damaged');
      await assert.rejects(restored.open(name), refusal('document-damaged'));
    });

    it('has the key of every document, though the master key is rotated in the middle of it', async () => {
      const masterKeys = await (await openKeys(keysFolder)).masterKeys();
      const cipher = algorithm === 'sm3' ? 'sm4-ctr-hmac-sm3' : 'aes-256-gcm';
      const ring = { masterKeys: masterKeys.upToDate(), random: keys.random, cipher } as const;
      const rotated = await openDocumentFiles(join(folder, 'rotated'), ring, algorithm);
      const digests: string[] = [];
      for (let index = 0; index < 4; index += 1) {
        const writer = await rotated.create();
        await writer.write(randomBytes(1000));
        digests.push((await writer.commit()).digest);
      }
      let copied = 0;
      const copyTo = async (digest: string, to: string): Promise<boolean> => {
        if (copied++ === 1) {
          await masterKeys.add();
          for (const each of digests) await rotated.reseal(each);
        }
        return rotated.copyTo(digest, to);
      };
      const rotating: DocumentFiles = Object.assign(Object.create(rotated) as DocumentFiles, {
        digest: algorithm,
        copyTo,
        list: (after?: string) => rotated.list(after),
      });
      await backup({
        database: opened.database,
        documents: rotating,
        keysFolder,
        rootKeysFolder,
        target: source(),
        at,
      });
      await restore(source(), target);
      const opener = {
        masterKeys: await (await openKeys(target.keysFolder)).masterKeys(),
        random: keys.random,
        cipher,
      } as const;
      const restored = await openDocumentFiles(target.documentsFolder, opener, algorithm);
      const under = await Promise.all(digests.map((digest) => restored.masterKeyOf(digest)));
      assert.equal(new Set(under).size, 2, 'some under the former key, some under the new');
      for (const digest of digests) assert.equal(await restored.verify(digest), 'intact');
    });

    it('sends PostgreSQL to its own tool', async function () {
      const postgresql = engines[1]!;
      postgresql.require(this);
      const other = await postgresql.open();
      await assert.rejects(
        backup({ database: other.database, documents, keysFolder, rootKeysFolder, target: source(), at }),
        (error) =>
          error instanceof StorageError &&
          error.code === 'backup-unsupported' &&
          /pg_dump/.test(error.message),
      );
      await other.cleanup();
    });
  });
