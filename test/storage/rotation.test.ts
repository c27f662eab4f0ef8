// Rotating the master key while everybody works: every value of every column, crashes, other nodes, both engines.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { openKeyFiles } from '../../crypto/key-files.ts';
import { createRecordCipher } from '../../crypto/record-cipher.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import {
  MasterKeyRotation,
  orderRotation,
  rotationStatus,
  workOnRotation,
  type RotationParts,
} from '../../storage/master-key-rotation.ts';
import { openDocumentFiles } from '../../storage/documents-files.ts';
import type { DatabaseLocation } from '../../storage/open.ts';
import { resealPage } from '../../storage/reseal.ts';
import { sealedColumns, type RowKey } from '../../storage/sealed-columns.ts';
import { scale } from '../scale.ts';
import { engines, type Engine } from './engines.ts';

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const officer = { id: 'acc_one', kind: 'person', department: null, scopes: [] } as const;

interface World extends RotationParts {
  readonly keyFolder: string;
  readonly location: DatabaseLocation;
  /** The same installation as another node sees it. */
  readonly node: () => Promise<RotationParts>;
  readonly close: () => Promise<void>;
}

async function openWorld(engine: Engine): Promise<World> {
  const keyFolder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
  const opened = await engine.open();
  const { database, location } = opened;
  const node = async (): Promise<RotationParts> => {
    const keys = await openKeyFiles({ folder: keyFolder, passphrase: 'rotation', random, cost: 1024 });
    const masterKeys = await keys.masterKeys();
    const cipher = createRecordCipher({ masterKeys, random });
    const audit = auditChain({ node: 'rotation', digest: 'sha256' });
    const documents = await openDocumentFiles(join(keyFolder, 'documents'), {
      masterKeys: masterKeys.upToDate(),
      random,
    });
    return { database, masterKeys, cipher, audit, documents, clock: () => new Date() };
  };
  return {
    ...(await node()),
    keyFolder,
    location,
    node,
    close: async () => {
      await opened.cleanup();
      await rm(keyFolder, { recursive: true, force: true });
    },
  };
}

async function order(world: RotationParts): Promise<boolean> {
  const id = `mkr_${randomBytes(16).toString('hex')}`;
  return world.database.write((tx) => orderRotation(tx, world, officer, id));
}

/** Clients with a secret each: a table whose rows are easily made. */
async function fill(world: RotationParts, count: number): Promise<void> {
  await world.database.write(async (tx) => {
    for (let index = 0; index < count; index += 1) {
      const id = `client-${String(index).padStart(6, '0')}`;
      await tx
        .insertInto('oidc_client')
        .values({
          id,
          name: id,
          english_name: id,
          department: '11120105MB1234567K',
          settings: '{}',
          secret_cipher: world.cipher.seal(
            { table: 'oidc_client', column: 'secret', row: id },
            `secret of ${id}`,
          ),
          previous_secret_cipher: null,
          previous_until: null,
          state: 'active',
          demonstration: 0,
          created_at: '2026-11-26T00:00:00.000Z',
          changed_at: '2026-11-26T00:00:00.000Z',
        })
        .execute();
      const key = world.cipher.makeRecordKey(`lic_${id}`);
      await tx
        .insertInto('record_key')
        .values({ record: `lic_${id}`, wrapped: key.wrapped })
        .execute();
    }
  });
}

async function secrets(world: RotationParts): Promise<ReadonlyMap<string, { sealed: string; open: string }>> {
  const rows = await world.database.reader
    .selectFrom('oidc_client')
    .select(['id', 'secret_cipher'])
    .execute();
  return new Map(
    rows.map(({ id, secret_cipher: sealed }) => [
      id,
      {
        sealed: sealed ?? '',
        open: world.cipher.open({ table: 'oidc_client', column: 'secret', row: id }, sealed ?? ''),
      },
    ]),
  );
}

describe('a rotation of the master key', () => {
  it('reaches every column of the list, each value opening where it lies, as what it was', async () => {
    const world = await openWorld(engines[0] ?? assert.fail());
    try {
      assert.ok('file' in world.location);
      const raw = new DatabaseSync(world.location.file, { enableForeignKeyConstraints: false });
      // Tables of the same columns and keys without further rules, so that a row of fillers will do.
      for (const table of new Set(sealedColumns.map((sealed) => sealed.table))) {
        const shape = raw.prepare(`SELECT name, type, pk FROM pragma_table_info(?)`).all(table);
        const keys = shape.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name));
        raw.exec(`DROP TABLE ${table}`);
        raw.exec(
          `CREATE TABLE ${table} (${shape.map(({ name, type }) => `${String(name)} ${String(type)}`).join()}, PRIMARY KEY (${keys.join()}))`,
        );
      }
      const first = world.masterKeys.current.id;
      const written = new Map<string, { key: RowKey; text: string }>();
      for (const { table, column, key, place, member } of sealedColumns) {
        const shape = raw.prepare(`SELECT name, type FROM pragma_table_info(?)`).all(table);
        const isText = (name: string): boolean =>
          !/int/i.test(String(shape.find((one) => one['name'] === name)?.['type']));
        const values = key.map((name, index) => (isText(name) ? `${table}-${column}-${index}` : 900 + index));
        const text = `${table}.${column} 样本`;
        const sealed = world.cipher.seal(place(values), text);
        const kept =
          member === undefined ? sealed : JSON.stringify({ legalBasis: 'a:record:b', [member]: sealed });
        const row = new Map<string, string | number>();
        key.forEach((name, index) => row.set(name, values[index] ?? ''));
        row.set(column, kept);
        const names = [...row.keys()];
        raw
          .prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map(() => '?').join()})`)
          .run(...row.values());
        written.set(`${table}.${column}`, { key: values, text });
      }
      raw.close();
      assert.ok(await order(world));
      assert.equal(await order(world), false, 'one at a time');
      const before = await rotationStatus(world);
      assert.deepEqual([before.keys, before.left], [1, []]);
      assert.ok(await workOnRotation(world));
      assert.notEqual(world.masterKeys.current.id, first);
      for (const { table, column, key, place, member } of sealedColumns) {
        const { key: values, text } = written.get(`${table}.${column}`) ?? assert.fail();
        const match = sql.join(
          key.map((name, index) => sql`${sql.ref(name)} = ${values[index]}`),
          sql` AND `,
        );
        const { rows } = await sql<{ value: string }>`
          SELECT ${sql.ref(column)} AS value FROM ${sql.table(table)} WHERE ${match}`.execute(
          world.database.reader,
        );
        const kept = rows[0]?.value ?? assert.fail(`${table}.${column}`);
        const sealed =
          member === undefined ? kept : String((JSON.parse(kept) as Record<string, unknown>)[member]);
        assert.ok(sealed.includes(`:${world.masterKeys.current.id}:`), `${table}.${column} was left`);
        assert.equal(world.cipher.open(place(values), sealed), text);
      }
      const { left, latest, keys } = await rotationStatus(world);
      assert.deepEqual(left, []);
      assert.deepEqual(
        [keys, latest?.state, latest?.resealed, latest?.unopened],
        [2, 'completed', sealedColumns.length, 0],
      );
    } finally {
      await world.close();
    }
  });
});

for (const engine of engines) {
  describe(`a rotation of the master key on ${engine.name}`, function () {
    this.timeout(180_000);
    before(function () {
      engine.require(this);
    });
    let world: World;
    beforeEach(async () => {
      world = await openWorld(engine);
    });
    afterEach(() => world.close());

    it('goes on while values are written and changed, and loses none of what was written last', async () => {
      await fill(world, 700);
      const latest = new Map([...(await secrets(world))].map(([id, { open }]) => [id, open]));
      // A node that has not seen the new key yet goes on sealing with the former one.
      const other = await world.node();
      await order(world);
      const work = new MasterKeyRotation(world, (error) => assert.fail(String(error)));
      work.wake();
      for (let turn = 0; turn < 200; turn += 1) {
        const id = `client-${String(Math.floor(Math.random() * 700)).padStart(6, '0')}`;
        const text = `changed ${turn}`;
        const by = turn % 3 === 0 ? other : world;
        await world.database.write((tx) =>
          tx
            .updateTable('oidc_client')
            .set({ secret_cipher: by.cipher.seal({ table: 'oidc_client', column: 'secret', row: id }, text) })
            .where('id', '=', id)
            .execute(),
        );
        latest.set(id, text);
      }
      other.masterKeys.refresh();
      await work.idle();
      work.wake();
      await work.idle();
      await work.stop();
      const now = await secrets(world);
      for (const [id, text] of latest) assert.equal(now.get(id)?.open, text);
      // What the other node wrote after the last pass is counted, and taken by the next rotation at the latest.
      const status = await rotationStatus(world);
      assert.equal(status.latest?.state, 'completed');
      const others = await secrets(other);
      assert.equal(others.size, 700, 'another node opens what was sealed under the new key');
    });

    it('finds a key that another node made a moment ago, and seals with it from its next look on', async () => {
      const other = await world.node();
      await fill(world, 3);
      const before = other.masterKeys.current.id;
      await order(world);
      await workOnRotation(world);
      const id = 'client-000001';
      const sealed = (await secrets(world)).get(id)?.sealed ?? '';
      assert.equal(
        other.cipher.open({ table: 'oidc_client', column: 'secret', row: id }, sealed),
        `secret of ${id}`,
      );
      assert.equal(other.masterKeys.current.id, world.masterKeys.current.id);
      assert.notEqual(other.masterKeys.current.id, before);
      assert.equal(other.masterKeys.first.id, before, 'keyed hashes stay under the first');
      // A record's key opens as before, under its new wrapping.
      const row = await world.database.reader
        .selectFrom('record_key')
        .select('wrapped')
        .where('record', '=', `lic_${id}`)
        .executeTakeFirstOrThrow();
      assert.ok(row.wrapped.includes(`:${other.masterKeys.current.id}:`));
      other.cipher.openRecordKey(`lic_${id}`, row.wrapped);
    });

    it('leaves what does not open as it is, says how many, and ends all the same', async () => {
      await fill(world, 5);
      const spoilt = `aes-256-gcm:${world.masterKeys.current.id}:${Buffer.alloc(90).toString('base64url')}`;
      await world.database.write((tx) =>
        tx
          .updateTable('oidc_client')
          .set({ secret_cipher: spoilt })
          .where('id', '=', 'client-000002')
          .execute(),
      );
      await order(world);
      assert.ok(await workOnRotation(world));
      const { latest, left } = await rotationStatus(world);
      assert.deepEqual([latest?.unopened, left], [1, [{ column: 'oidc_client.secret_cipher', count: 1 }]]);
      const row = await world.database.reader
        .selectFrom('oidc_client')
        .select('secret_cipher')
        .where('id', '=', 'client-000002')
        .executeTakeFirstOrThrow();
      assert.equal(row.secret_cipher, spoilt);
    });

    it('does not undo what somebody wrote between its reading and its writing', async () => {
      await fill(world, 1);
      await world.masterKeys.add();
      const place = { table: 'oidc_client', column: 'secret', row: 'client-000000' };
      const newer = world.cipher.seal(place, 'newer');
      const { reader } = world.database;
      // The value changes after the page was read: inside the very write that would replace it, before it does.
      const database = {
        ...world.database,
        reader,
        write: async <T>(
          work: (tx: Parameters<Parameters<typeof world.database.write>[0]>[0]) => Promise<T>,
        ) =>
          world.database.write(async (tx) => {
            await tx.updateTable('oidc_client').set({ secret_cipher: newer }).execute();
            return work(tx);
          }),
      };
      const page = await resealPage(
        { database, cipher: world.cipher },
        world.masterKeys.current.id,
        { column: 'oidc_client.secret_cipher', after: null },
        () => Promise.resolve(),
      );
      assert.equal(page.resealed, 1);
      assert.equal((await secrets(world)).get('client-000000')?.open, 'newer');
    });

    it('is gone on with after kill -9, at whatever moment, and ends with everything under the new key', async () => {
      await fill(world, 1500);
      await order(world);
      const runs = scale(6);
      let over = false;
      for (let run = 0; run < runs + 20 && !over; run += 1) {
        const child = spawn(
          process.execPath,
          [
            '--import=tsx',
            join(import.meta.dirname, 'rotation-child.ts'),
            JSON.stringify(world.location),
            world.keyFolder,
          ],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
        const ended = once(child, 'close');
        while (!output.startsWith('ready\n') && child.exitCode === null) await pause(5);
        if (run < runs) {
          await pause(Math.random() * 250);
          child.kill('SIGKILL');
        }
        await ended;
        over = output.includes('over\n');
      }
      assert.ok(over, 'it ended');
      world.masterKeys.refresh();
      const { latest, left } = await rotationStatus(world);
      assert.deepEqual([latest?.state, latest?.unopened, left], ['completed', 0, []]);
      const now = await secrets(world);
      assert.equal(now.size, 1500);
      for (const [id, { open }] of now) assert.equal(open, `secret of ${id}`);
      assert.ok((await verifyAuditChain(world.database.reader)).intact);
      const events = await world.database.reader
        .selectFrom('audit_log')
        .select('action')
        .where('action', 'like', 'master-key%')
        .orderBy('sequence')
        .execute();
      assert.deepEqual(
        events.map(({ action }) => action),
        ['master-key.rotation-started', 'master-key.rotated'],
      );
    });
  });
}
