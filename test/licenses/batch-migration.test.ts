// A database of before batches: its cases keep their decisions, and nothing of it is lost.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { stampsOfAct } from '../../licenses/act-store.ts';
import { migrate } from '../../storage/migrate.ts';
import { migrations } from '../../storage/migrations/list.ts';
import { openDatabase } from '../../storage/open.ts';
import { engines } from '../storage/engines.ts';

for (const engine of engines) {
  describe(`migration 0020 on ${engine.name}`, () => {
    before(function () {
      engine.require(this);
    });

    it('carries the decisions of cases over', async () => {
      const place = await engine.place();
      const database = await openDatabase(place.location);
      try {
        const before = migrations.findIndex(({ name }) => name === '0016-license-versions') + 1;
        await migrate(database, migrations.slice(0, before));
        await database.write(async (tx) => {
          for (const [id, decision] of [
            ['act_with', 'stp_1'],
            ['act_without', null],
          ] as const)
            await sql`INSERT INTO license_act
              (id, state, kind, client, idempotency_key, request_digest, department, matter, case_number, decision_stamp, intended_at)
              VALUES (${id}, 'completed', 'case', 'c', ${id}, 'd', 'e', 'm', ${id}, ${decision}, '2026-11-22T00:00:00.000Z')`.execute(
              tx,
            );
        });
        await migrate(database);
        assert.deepEqual(await stampsOfAct(database.reader, 'act_with'), ['stp_1']);
        assert.deepEqual(await stampsOfAct(database.reader, 'act_without'), []);
      } finally {
        await database.close();
        await place.remove();
      }
    });
  });
}
