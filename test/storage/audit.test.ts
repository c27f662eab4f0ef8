// The audit log: linked, append-only, and honest about tampering.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { auditChain, crossLinkAuditChains } from '../../storage/audit-chain.ts';
import type { AuditEvent } from '../../storage/audit-log.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import type { Database } from '../../storage/database.ts';
import { StorageError } from '../../storage/errors.ts';
import { scale } from '../scale.ts';
import { engines, type TestDatabase } from './engines.ts';

const at = new Date('2026-11-22T05:06:07.000Z');

function event(subject: string): AuditEvent {
  return {
    at,
    actor: { id: 'client:演示', department: '11120105000123457H' },
    action: 'stamp.completed',
    subject,
    details: { matter: '事项', digest: 'sha256:00', case: '办件 "1"' },
  };
}

for (const engine of engines) {
  describe(`audit log on ${engine.name}`, () => {
    let opened: TestDatabase;
    let database: Database;
    const log = auditChain({ node: 'a', digest: 'sha256' });
    const other = auditChain({ node: 'b', digest: 'sha256' });

    const append = (chain: typeof log, subject: string): Promise<void> =>
      database.write((tx) => chain.append(tx, event(subject)));
    /** Changes rows behind the triggers, as who owns the database can. */
    const tamper = async (statement: string): Promise<void> => {
      await database.write(async (tx) => {
        if (engine.name === 'sqlite') {
          for (const name of ['audit_log_no_update', 'audit_log_no_delete'])
            await sql`DROP TRIGGER ${sql.id(name)}`.execute(tx);
        } else {
          await sql`ALTER TABLE audit_log DISABLE TRIGGER USER`.execute(tx);
        }
        await sql.raw(statement).execute(tx);
      });
    };

    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      opened = await engine.open();
      database = opened.database;
    });
    afterEach(async () => {
      await opened.cleanup();
    });

    it('is intact when empty', async () => {
      assert.deepEqual(await verifyAuditChain(database.reader), { intact: true, rows: 0 });
    });

    it('numbers concurrent rows without gaps, each linked to the one before', async () => {
      const count = scale(120);
      await Promise.all(
        Array.from({ length: count }, async (_, index) => {
          if (index % 4 !== 0) return append(log, `stp_${index}`);
          return database
            .write(async (tx) => {
              await log.append(tx, event('undone'));
              throw new Error('undone');
            })
            .catch(() => undefined);
        }),
      );
      const kept = count - Math.ceil(count / 4);
      assert.deepEqual(await verifyAuditChain(database.reader), { intact: true, rows: kept });
      const rows = await database.reader.selectFrom('audit_log').selectAll().orderBy('sequence').execute();
      assert.deepEqual(
        rows.map((row) => row.sequence),
        rows.map((_, index) => index + 1),
      );
      assert.ok(rows.every((row) => /^sha256:[0-9a-f]{64}$/.test(row.hash) && row.subject !== 'undone'));
      assert.equal(rows[0]?.details, '{"case":"办件 \\"1\\"","digest":"sha256:00","matter":"事项"}');
    });

    it('keeps the order of several rows in one write, beside the change they tell of', async () => {
      await database.write(async (tx) => {
        for (const name of ['one', 'two', 'three']) await log.append(tx, event(name));
        await tx.insertInto('install_fact').values({ name: 'change', value: 'made' }).execute();
      });
      const rows = await database.reader
        .selectFrom('audit_log')
        .select('subject')
        .orderBy('sequence')
        .execute();
      assert.deepEqual(
        rows.map((row) => row.subject),
        ['one', 'two', 'three'],
      );
    });

    it('refuses update and delete', async () => {
      await append(log, 'stp_1');
      const attempts = [
        sql`UPDATE audit_log SET subject = 'x'`,
        sql`DELETE FROM audit_log`,
        engine.name === 'sqlite'
          ? sql`REPLACE INTO audit_log SELECT * FROM audit_log`
          : sql`TRUNCATE audit_log`,
      ];
      for (const attempt of attempts) {
        await assert.rejects(
          database.write((tx) => attempt.execute(tx)),
          (error) => error instanceof StorageError && error.code === 'constraint-violation',
        );
      }
      assert.deepEqual(await verifyAuditChain(database.reader), { intact: true, rows: 1 });
    });

    it('refuses to append outside a write', async () => {
      await database.reader.transaction().execute(async (tx) => {
        await assert.rejects(
          log.append(tx, event('x')),
          (error) => error instanceof StorageError && error.code === 'audit-outside-write',
        );
      });
    });

    const tamperings = [
      ['a changed row', `UPDATE audit_log SET subject = 'other' WHERE sequence = 3`, 3, 'row-changed'],
      ['a missing row', `DELETE FROM audit_log WHERE sequence = 3`, 3, 'gap'],
      ['a cut end', `DELETE FROM audit_log WHERE sequence = 5`, 5, 'end-cut'],
      ['a lost head', `DELETE FROM audit_head`, 6, 'end-cut'],
      [
        'an unnamed digest',
        `UPDATE audit_log SET hash = replace(hash, 'sha256', 'md5') WHERE sequence = 2`,
        2,
        'row-changed',
      ],
      ['all rows gone', `DELETE FROM audit_log`, 1, 'end-cut'],
    ] as const;
    for (const [name, statement, sequence, reason] of tamperings) {
      it(`finds ${name}`, async () => {
        for (let index = 1; index <= 5; index += 1) await append(log, `stp_${index}`);
        await tamper(statement);
        const verdict = await verifyAuditChain(database.reader, 'a');
        assert.ok(!verdict.intact);
        assert.deepEqual([verdict.node, verdict.sequence, verdict.reason], ['a', sequence, reason]);
      });
    }

    it('keeps chains of nodes apart, and shows in one what was cut from another', async () => {
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => append(index % 2 === 0 ? log : other, `stp_${index}`)),
      );
      assert.equal(await crossLinkAuditChains(database, log, 'a', at), 1);
      assert.deepEqual(await verifyAuditChain(database.reader), { intact: true, rows: 21 });
      // Node b's end is cut together with its head: b alone looks whole.
      const earlier = `(SELECT hash FROM audit_log WHERE node = 'b' AND sequence = 9)`;
      await tamper(`UPDATE audit_head SET sequence = 9, hash = ${earlier} WHERE node = 'b'`);
      await database.write((tx) => sql`DELETE FROM audit_log WHERE node = 'b' AND sequence = 10`.execute(tx));
      assert.deepEqual(await verifyAuditChain(database.reader, 'b'), { intact: true, rows: 9 });
      const verdict = await verifyAuditChain(database.reader);
      assert.ok(!verdict.intact);
      assert.deepEqual([verdict.node, verdict.sequence, verdict.reason], ['a', 11, 'cross-link-broken']);
    });

    it('records nothing where a node is alone', async () => {
      await append(log, 'stp_1');
      assert.equal(await crossLinkAuditChains(database, log, 'a', at), 0);
    });

    it('reads long chains in pages', async () => {
      await database.write(async (tx) => {
        for (let index = 0; index < 5_500; index += 1) await log.append(tx, event(`stp_${index}`));
      });
      assert.deepEqual(await verifyAuditChain(database.reader), { intact: true, rows: 5_500 });
    });
  });
}
