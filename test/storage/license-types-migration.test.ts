// A database of version 0.3.0 with licenses in it: every row is there afterwards, found by its holder, read as a type.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { migrate } from '../../storage/migrate.ts';
import { migrations } from '../../storage/migrations/list.ts';
import { openDatabase } from '../../storage/open.ts';
import { editionsOf, licenseTypeNamed } from '../../licenses/type-register.ts';
import { foodType } from '../licenses/sample-type.ts';
import { engines } from './engines.ts';

const before = migrations.filter(({ name }) => name <= '0016-license-versions');
const [page] = foodType.template.pages;
/** As 0.3.0 stored it: fields in place of a schema, one page in place of several. */
const stored = JSON.stringify({ ...foodType, template: page });

for (const engine of engines) {
  describe(`license types of 0.3.0 on ${engine.name}`, () => {
    it('are carried over: holders of every license, and the definitions', async function () {
      engine.require(this);
      const place = await engine.place();
      const database = await openDatabase(place.location);
      try {
        await migrate(database, before);
        await database.write(async (tx) => {
          await sql`INSERT INTO license_type (type_code, edition, definition, published_at)
            VALUES (${foodType.typeCode}, 1, ${stored}, '2026-11-01T00:00:00.000Z')`.execute(tx);
          await sql`INSERT INTO license_act (id, state, kind, client, idempotency_key, request_digest, department, matter, intended_at)
            VALUES ('act_1', 'completed', 'license', 'c', 'k', 'd', 'x', 'm', '2026-11-01T00:00:00.000Z')`.execute(
            tx,
          );
          for (const [id, state, holder] of [
            ['lic_1', 'issued', 'index-a'],
            ['lic_2', 'superseded', 'index-b'],
            ['lic_3', 'abandoned', null],
          ] as const)
            await sql`INSERT INTO license (id, act, state, type_code, edition, identifier, issuer, supervisor, matter, holder_kind,
                holder_index, record_hash, code_id, issued_at, root, version, code, stamp, document)
              VALUES (${id}, 'act_1', ${state}, ${foodType.typeCode}, 1, ${`identifier ${id}`}, 'i', 's', 'm', 'enterprise',
                ${holder}, 'h', ${`code ${id}`}, '2026-11-01T00:00:00.000Z', ${id}, 1, 'c', ${`stamp ${id}`}, 'd')`.execute(
              tx,
            );
        });
        await migrate(database);
        const holders = await database.reader
          .selectFrom('license_holder')
          .selectAll()
          .orderBy('license')
          .execute();
        assert.deepEqual(holders, [
          {
            license: 'lic_1',
            position: 1,
            holder_kind: 'enterprise',
            holder_index: 'index-a',
            role: null,
            share: null,
          },
          {
            license: 'lic_2',
            position: 1,
            holder_kind: 'enterprise',
            holder_index: 'index-b',
            role: null,
            share: null,
          },
        ]);
        const type = await licenseTypeNamed(database.reader, foodType.key);
        assert.deepEqual(type, JSON.parse(JSON.stringify(foodType)));
        const editions = await editionsOf(database.reader, foodType.typeCode);
        assert.deepEqual(
          editions.map(({ draft }) => draft),
          [null],
        );
        // One person stands on a license once.
        await assert.rejects(
          database.write((tx) =>
            tx
              .insertInto('license_holder')
              .values({
                license: 'lic_1',
                position: 2,
                holder_kind: 'enterprise',
                holder_index: 'index-a',
                role: null,
                share: null,
              })
              .execute(),
          ),
        );
      } finally {
        await database.close();
        await place.remove();
      }
    });
  });
}
