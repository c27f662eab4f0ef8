// A database of version 0.3.0 gets the tables of 0022 with its rows carried over.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { migrate } from '../../storage/migrate.ts';
import { migrations } from '../../storage/migrations/list.ts';
import { openDatabase } from '../../storage/open.ts';
import { engines } from './engines.ts';

for (const engine of engines) {
  describe(`migration 0022 on ${engine.name}`, () => {
    before(function () {
      engine.require(this);
    });

    it('carries requests of the back channel and scans over, and has room for what is new', async () => {
      const { location, remove } = await engine.place();
      const database = await openDatabase(location);
      try {
        await migrate(
          database,
          migrations.filter(({ name }) => name < '0017'),
        );
        await database.write(async (tx) => {
          await sql`INSERT INTO ciba_request (id, request_cipher, account, client, scope, state, created_at, expires_at)
            VALUES ('cib_1', 'box', 'acc_1', 'cli_1', 'openid', 'waiting', '2026-11-24T00:00:00.000Z', '2026-11-24T00:05:00.000Z')`.execute(tx); // prettier-ignore
          await sql`INSERT INTO scan_transaction (id, bound_to, code_mac, code_expires_at, number, shown, state, created_at, expires_at)
            VALUES ('scn_1', 'i1', 'mac', '2026-11-24T00:00:45.000Z', 42, '{}', 'waiting', '2026-11-24T00:00:00.000Z', '2026-11-24T00:05:00.000Z')`.execute(tx); // prettier-ignore
          await sql`INSERT INTO person (id, document_type, name_cipher, number_cipher, number_index, state, demonstration, created_at)
            VALUES ('psn_1', 'resident-identity-card', 'box', 'box', 'index', 'present', 0, '2026-11-24T00:00:00.000Z')`.execute(tx); // prettier-ignore
        });
        assert.ok((await migrate(database)).includes('0022-identity-more'));
        const request = await database.reader
          .selectFrom('ciba_request')
          .selectAll()
          .executeTakeFirstOrThrow();
        assert.deepEqual(
          [request.id, request.state, request.session_mac, request.grant_mac, request.offline],
          ['cib_1', 'waiting', null, null, 0],
        );
        const scan = await database.reader
          .selectFrom('scan_transaction')
          .selectAll()
          .executeTakeFirstOrThrow();
        assert.deepEqual([scan.id, scan.number, scan.floor], ['scn_1', 42, null]);
        const document = {
          person: 'psn_1',
          former_person: 'psn_0',
          document_type: 'passport',
          name_cipher: 'box',
          number_cipher: 'box',
          number_index: 'other',
          joined_at: '2026-11-25T00:00:00.000Z',
        };
        const join = (id: string): Promise<unknown> =>
          database.write((tx) =>
            tx
              .insertInto('person_document')
              .values({ id, ...document })
              .execute(),
          );
        await join('pdc_1');
        await assert.rejects(join('pdc_2'), { code: 'unique-violation' }, 'one document, one person');
        await database.write((tx) =>
          tx.insertInto('rate_window').values({ scope: 's', minute: 1, calls: 1 }).execute(),
        );
      } finally {
        await database.close();
        await remove();
      }
    });
  });
}
