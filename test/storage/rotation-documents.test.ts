// Documents and the master key: every one is under the new key in the end, those in clear are encrypted, whatever is killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { labelledDigest } from '../../crypto/algorithms.ts';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { createRecordCipher } from '../../crypto/record-cipher.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import { encryptClearDocuments, recordDocumentsEncrypted } from '../../storage/document-encryption.ts';
import { documentPath, openDocumentFiles } from '../../storage/documents-files.ts';
import { installFact } from '../../storage/install-facts.ts';
import {
  MasterKeyRotation,
  orderRotation,
  rotationStatus,
  workOnRotation,
  type RotationParts,
} from '../../storage/master-key-rotation.ts';
import { scale } from '../scale.ts';
import { engines, type TestDatabase } from './engines.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const officer = { id: 'acc_one', kind: 'person', department: null, scopes: [] } as const;
const going = (): boolean => false;

for (const engine of engines) {
  describe(`documents and the master key on ${engine.name}`, function () {
    this.timeout(180_000);
    before(function () {
      engine.require(this);
    });
    let folder: string;
    let opened: TestDatabase;
    let world: RotationParts;
    const documentsFolder = (): string => join(folder, 'documents');

    const node = async (): Promise<RotationParts> => {
      const keys = await openKeyFiles({ folder, passphrase: 'rotation', random, cost: 1024 });
      const masterKeys = await keys.masterKeys();
      return {
        database: opened.database,
        masterKeys,
        cipher: createRecordCipher({ masterKeys, random }),
        audit: auditChain({ node: 'rotation', digest: 'sha256' }),
        documents: await openDocumentFiles(documentsFolder(), { masterKeys: masterKeys.upToDate(), random }),
        clock: () => new Date(),
      };
    };
    const put = async (bytes: Uint8Array, parts = world): Promise<string> => {
      const writer = await parts.documents.create();
      await writer.write(bytes);
      return (await writer.commit()).digest;
    };
    const clear = async (bytes: Uint8Array): Promise<string> => {
      const digest = labelledDigest('sha256', bytes);
      const path = documentPath(documentsFolder(), 'sha256', digest);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
      return digest;
    };
    const order = async (): Promise<boolean> => {
      const id = `mkr_${randomBytes(16).toString('hex')}`;
      return world.database.write((tx) => orderRotation(tx, world, officer, id));
    };
    const allUnder = async (digests: Iterable<string>, key: string): Promise<void> => {
      for (const digest of digests) {
        assert.equal(await world.documents.masterKeyOf(digest), key, digest);
        assert.equal(await world.documents.verify(digest), 'intact', digest);
      }
    };

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
      opened = await engine.open();
      world = await node();
    });
    afterEach(async () => {
      await opened.cleanup();
      await rm(folder, { recursive: true, force: true });
    });

    it('wraps every document anew, encrypts those in clear, counts both, and leaves open ones readable', async () => {
      const former = world.masterKeys.current.id;
      const digests = [];
      for (let index = 0; index < 150; index += 1) digests.push(await put(randomBytes(index * 40)));
      const inClear = [await clear(randomBytes(70_000)), await clear(Buffer.from('%PDF-1.7 样本'))];
      const reader = await world.documents.open(digests[149]!);
      await world.masterKeys.add();
      assert.deepEqual((await rotationStatus(world)).left, [
        { column: 'documents', count: 150 },
        { column: 'documents in clear', count: 2 },
      ]);
      await order();
      assert.ok(await workOnRotation(world));
      const { left, latest, currentKey } = await rotationStatus(world);
      assert.notEqual(currentKey, former);
      assert.deepEqual([left, latest?.state, latest?.resealed, latest?.unopened], [[], 'completed', 152, 0]);
      assert.equal(latest?.to_key, currentKey);
      await allUnder([...digests, ...inClear], currentKey);
      assert.equal((await reader!.read(0, 10_000)).length, 149 * 40);
      await reader!.close();
      const files = await readdir(documentsFolder(), { recursive: true, withFileTypes: true });
      for (const file of files.filter((each) => each.isFile()))
        assert.ok(!(await readFile(join(file.parentPath, file.name))).includes('样本'));
    });

    it('loses no document that is written meanwhile, by whichever node, and none stays under the former key', async () => {
      const other = await node();
      const digests: string[] = [];
      const state = { going: true };
      const writing = [world, other, world, other].map(async (parts) => {
        while (state.going) {
          digests.push(await put(randomBytes(3000), parts));
          await pause(10);
        }
      });
      await pause(50);
      for (let round = 0; round < 3; round += 1) {
        await order();
        // Both at once, as two nodes that were woken do.
        await Promise.all([workOnRotation(world), workOnRotation(other)]);
        const { left, latest } = await rotationStatus(world);
        assert.equal(latest?.state, 'completed');
        assert.deepEqual(left, [], `round ${round}`);
      }
      state.going = false;
      await Promise.all(writing);
      assert.ok(digests.length > 20);
      await allUnder(digests, world.masterKeys.current.id);
      assert.deepEqual((await rotationStatus(world)).left, []);
    });

    it('wraps by a key that another node made a moment ago, also one made while a document was being placed', async () => {
      const other = await node();
      const added = await world.masterKeys.add();
      assert.equal(await world.documents.masterKeyOf(await put(randomBytes(9), other)), added.id);
      // The header is under the former key, and the new one is there before the file has its name.
      const [former, newer] = [world.masterKeys.first, added];
      let asked = 0;
      const turning = {
        get current() {
          return asked++ === 0 ? former : newer;
        },
        first: former,
        find: (id: string) => world.masterKeys.find(id),
      };
      const documents = await openDocumentFiles(documentsFolder(), { masterKeys: turning, random });
      const digest = await put(randomBytes(1000), { ...world, documents });
      assert.equal(await world.documents.masterKeyOf(digest), newer.id);
      assert.equal(await world.documents.verify(digest), 'intact');
    });

    it('tells a damaged document, leaves it, and ends all the same', async () => {
      const [good, spoilt, torn] = [
        await put(randomBytes(900)),
        await clear(randomBytes(900)),
        await put(randomBytes(800)),
      ];
      await writeFile(documentPath(documentsFolder(), 'sha256', spoilt), 'something else');
      const file = await open(documentPath(documentsFolder(), 'sha256', torn), 'r+');
      await file.write(Buffer.from('AAAA'), 0, 4, 90);
      await file.close();
      await order();
      assert.ok(await workOnRotation(world));
      const { latest, left, currentKey } = await rotationStatus(world);
      assert.deepEqual(
        [latest?.unopened, left],
        [
          2,
          [
            { column: 'documents', count: 1 },
            { column: 'documents in clear', count: 1 },
          ],
        ],
      );
      await allUnder([good], currentKey);
    });

    it('encrypts in the background what an earlier version left in clear, once, and says so', async () => {
      const digests = [];
      for (let index = 0; index < 600; index += 1) digests.push(await clear(randomBytes(500 + index)));
      digests.push(await put(randomBytes(10)));
      assert.equal(await encryptClearDocuments(world, () => true), false, 'stopped after a part');
      assert.equal(await installFact(world.database.reader, 'documents'), null);
      const other = await node();
      const failed = (error: unknown): never => assert.fail(String(error));
      const works = [new MasterKeyRotation(world, failed), new MasterKeyRotation(other, failed)];
      for (const work of works) work.wake();
      for (const work of works) await work.stop();
      for (const work of works) assert.ok(await work.idle().then(() => true));
      // A stop may have been faster than the end.
      assert.ok(await encryptClearDocuments(world, going));
      await allUnder(digests, world.masterKeys.current.id);
      assert.equal(await installFact(world.database.reader, 'documents'), 'encrypted');
      const rows = await world.database.reader
        .selectFrom('audit_log')
        .select('details')
        .where('action', '=', 'documents.encrypted')
        .execute();
      assert.equal(rows.length, 1);
      // Never looked for again: no start goes through the store.
      const later = await clear(randomBytes(77));
      assert.ok(await encryptClearDocuments(world, going));
      assert.equal(await world.documents.masterKeyOf(later), 'clear');
      assert.equal(await world.database.write((tx) => recordDocumentsEncrypted(tx)), false);
    });

    it('survives kill -9 at whatever moment: each document opens at every moment, and all are under the new key in the end', async () => {
      const digests = [];
      for (let index = 0; index < 400; index += 1) {
        const bytes = randomBytes(200 + index * 50);
        digests.push(index % 4 === 0 ? await clear(bytes) : await put(bytes));
      }
      await order();
      const runs = scale(8);
      let over = false;
      let halfway = 0;
      for (let run = 0; run < runs + 20 && !over; run += 1) {
        const child = spawn(
          process.execPath,
          [
            '--import=tsx',
            join(import.meta.dirname, 'rotation-child.ts'),
            JSON.stringify(opened.location),
            folder,
          ],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
        const ended = once(child, 'close');
        while (!output.startsWith('ready\n') && child.exitCode === null) await pause(5);
        if (run < runs) {
          await pause(Math.random() * 120);
          child.kill('SIGKILL');
        }
        await ended;
        over = output.includes('over\n');
        world.masterKeys.refresh();
        const { left } = await rotationStatus(world);
        if (left.length > 0 && left.every(({ count }) => count < 300)) halfway += 1;
        for (const digest of digests) assert.equal(await world.documents.verify(digest), 'intact', digest);
      }
      assert.ok(over, 'it ended');
      assert.ok(halfway > 0, 'some kills came in the middle');
      const { latest, left, currentKey } = await rotationStatus(world);
      assert.deepEqual([latest?.state, latest?.unopened, left], ['completed', 0, []]);
      await allUnder(digests, currentKey);
      const listed = [];
      for await (const digest of world.documents.list()) listed.push(digest);
      assert.deepEqual(listed, [...digests].sort());
      // What killed processes left is swept by whoever opens the store next.
      await node();
      const left_ = await Promise.all(
        (await readdir(join(documentsFolder(), 'tmp'))).map((name) =>
          readdir(join(documentsFolder(), 'tmp', name)),
        ),
      );
      assert.deepEqual(left_.flat(), []);
    });
  });
}
