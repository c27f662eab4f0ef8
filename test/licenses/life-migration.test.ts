// A database of 0.3.0 with a license that was suspended there: nothing is lost, and its life goes on.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { licenseAsOf } from '../../licenses/as-of.ts';
import { noteExpired, noteOverdue } from '../../licenses/calendar.ts';
import { changeStatus } from '../../licenses/change.ts';
import { applyDue } from '../../licenses/due.ts';
import { allocateStatus } from '../../licenses/status.ts';
import { migrate } from '../../storage/migrate.ts';
import { migrations } from '../../storage/migrations/list.ts';
import { openDatabase } from '../../storage/open.ts';
import { partsOver } from '../crash/license-change-world.ts';
import { engines } from '../storage/engines.ts';
import { foodType } from './sample-type.ts';

const [page] = foodType.template.pages;
const stored = JSON.stringify({ ...foodType, template: page });
const id = `lic_${'1'.repeat(32)}`;
const issuedAt = '2026-01-01T00:00:00.000Z';
const suspendedAt = '2026-06-01T00:00:00.000Z';

for (const engine of engines)
  describe(`the life of a license of 0.3.0 on ${engine.name}`, () => {
    it('goes on: state, events, status entry and list are those of before, and changes build on them', async function () {
      engine.require(this);
      const place = await engine.place();
      const database = await openDatabase(place.location);
      try {
        await migrate(
          database,
          migrations.filter(({ name }) => name <= '0016-license-versions'),
        );
        const parts = partsOver(database, randomBytes(32).toString('hex'));
        const record = parts.cipher.seal({ table: 'license', column: 'record', row: id }, '{}');
        const reason = parts.cipher.seal(
          { table: 'license_event', column: 'reason', row: `${id}:1` },
          '检查',
        );
        await database.write(async (tx) => {
          await sql`INSERT INTO license_type (type_code, edition, definition, published_at)
            VALUES (${foodType.typeCode}, 1, ${stored}, ${issuedAt})`.execute(tx);
          await sql`INSERT INTO license_act (id, state, kind, client, idempotency_key, request_digest, department, matter, intended_at)
            VALUES ('act_1', 'completed', 'license', 'c', 'k', 'd', 'x', 'm', ${issuedAt})`.execute(tx);
          await sql`INSERT INTO status_list (number, allocated, revision) VALUES (0, 1, 2)`.execute(tx);
          await sql`INSERT INTO status_entry (list, entry, value) VALUES (0, 7, 2)`.execute(tx);
          await sql`INSERT INTO license (id, act, state, type_code, edition, identifier, issuer, supervisor, matter, holder_kind,
              holder_index, number_index, record, record_hash, code_id, code, status_list, status_index, issued_at, expires_at,
              stamp, document, document_size, completed_at, root, version)
            VALUES (${id}, 'act_1', 'suspended', ${foodType.typeCode}, 1, 'identifier', ${foodType.issuer.creditCode}, 's', 'm',
              'enterprise', 'holder', 'number', ${record}, 'sha256:0', 'code', 'x', 0, 7, ${issuedAt}, '2027-01-01T00:00:00.000Z',
              'stamp', 'document', 1, ${issuedAt}, ${id}, 1)`.execute(tx);
          await sql`INSERT INTO license_event (license, sequence, kind, from_state, to_state, effective_at, recorded_at, reason,
              legal_basis, holders_wish, actor, client, idempotency_key, request_digest)
            VALUES (${id}, 1, 'suspend', 'issued', 'suspended', ${suspendedAt}, ${suspendedAt}, ${reason}, 'b', 0, 'c', 'c', 'e', 'd')`.execute(
            tx,
          );
        });
        await migrate(database);
        const asOf = async (at: string, knownAt = parts.clock()): Promise<string | null | undefined> =>
          (await licenseAsOf(parts, id, { validAt: new Date(at), knownAt })).current?.state;
        assert.equal(await asOf('2026-05-31T00:00:00Z'), 'issued');
        assert.equal(await asOf('2026-06-02T00:00:00Z'), 'suspended');
        assert.equal(await asOf('2026-06-02T00:00:00Z', new Date('2026-05-01T00:00:00Z')), 'issued');
        const actor = {
          id: 'person:first',
          kind: 'person',
          department: foodType.issuer.creditCode,
          scopes: ['licenses:status'],
        } as const;
        const words = { actor, licenseId: id, reason: '整改完成', legalBasis: '证照类型规则' };
        await changeStatus(parts, { ...words, idempotencyKey: 'r', change: 'restore' });
        const entry = (): Promise<{ value: number }> =>
          database.reader
            .selectFrom('status_entry')
            .select('value')
            .where('list', '=', 0)
            .where('entry', '=', 7)
            .executeTakeFirstOrThrow();
        assert.equal((await entry()).value, 0);
        const list = await database.reader.selectFrom('status_list').selectAll().executeTakeFirstOrThrow();
        assert.deepEqual([list.history, list.revision], [0, 3], 'what was not kept is not made up');
        const effectiveAt = new Date(Date.now() + 86_400_000);
        await changeStatus(parts, { ...words, idempotencyKey: 's', change: 'suspend', effectiveAt });
        const later = { ...parts, clock: () => new Date(Date.now() + 2 * 86_400_000) };
        assert.deepEqual(await applyDue(later), { applied: 1, lapsed: 0 });
        assert.equal((await entry()).value, 2);
        const end = { ...parts, clock: () => new Date('2028-01-01T00:00:00Z') };
        assert.equal(await noteExpired(end), 1);
        assert.equal(await noteOverdue(end), 0, 'no rule, no day');
        // The old list takes licenses without history, a list of its own those with one.
        const [plain, kept] = await database.write(async (tx) => [
          await allocateStatus(tx, parts.random, { history: false, at: new Date() }),
          await allocateStatus(tx, parts.random, { history: true, at: new Date() }),
        ]);
        assert.deepEqual([plain.list, kept.list], [0, 1]);
      } finally {
        await database.close();
        await place.remove();
      }
    });
  });
