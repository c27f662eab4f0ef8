// Two hierarchies, generations of authorities, status apart from issuance, sharded and delta revocation lists.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0007-ca-hierarchies',
  up: async (db) => {
    for (const [name, type, rest] of [
      ['hierarchy', 'text', sql`NOT NULL DEFAULT 'international'`],
      ['kind', 'text', sql`NOT NULL DEFAULT ''`],
      ['generation', 'integer', sql`NOT NULL DEFAULT 1`],
      ['shards', 'integer', sql`NOT NULL DEFAULT 1`],
      ['changes', 'bigint', sql`NOT NULL DEFAULT 0`],
      ['state', 'text', sql`NOT NULL DEFAULT 'active'`],
    ] as const) {
      await sql`ALTER TABLE ca_authority ADD COLUMN ${sql.ref(name)} ${sql.raw(type)} ${rest}`.execute(db);
    }
    await sql`UPDATE ca_authority SET kind = name`.execute(db);
    await sql`CREATE UNIQUE INDEX ca_authority_generation ON ca_authority (hierarchy, kind, generation)`.execute(
      db,
    );

    for (const [name, type, rest] of [
      ['shard', 'integer', sql`NOT NULL DEFAULT 0`],
      ['subject_key', 'text', sql``],
      ['pseudonym', 'text', sql``],
      ['identity_cipher', 'text', sql``],
      ['replaces', 'text', sql``],
      ['enrolment', 'text', sql``],
    ] as const) {
      await sql`ALTER TABLE ca_certificate ADD COLUMN ${sql.ref(name)} ${sql.raw(type)} ${rest}`.execute(db);
    }
    await sql`CREATE INDEX ca_certificate_subject ON ca_certificate (subject_key, issued_at)`.execute(db);
    await sql`CREATE UNIQUE INDEX ca_certificate_pseudonym ON ca_certificate (pseudonym)`.execute(db);
    await sql`CREATE INDEX ca_certificate_key ON ca_certificate (key_id)`.execute(db);

    await db.schema
      .createTable('ca_revocation')
      .addColumn('serial', 'text', (column) => column.primaryKey().references('ca_certificate.serial'))
      .addColumn('authority', 'text', (column) => column.notNull().references('ca_authority.name'))
      .addColumn('shard', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('revoked_at', 'text', (column) => column.notNull())
      .addColumn('invalidity_date', 'text')
      .addColumn('change', 'bigint', (column) => column.notNull())
      .addCheckConstraint('ca_revocation_state', sql`state IN ('revoked', 'held', 'released')`)
      .addUniqueConstraint('ca_revocation_change', ['authority', 'change'])
      .execute();
    await sql`CREATE INDEX ca_revocation_shard ON ca_revocation (authority, shard, serial)`.execute(db);
    await sql`CREATE INDEX ca_revocation_shard_change ON ca_revocation (authority, shard, change)`.execute(
      db,
    );
    // What was revoked under the first schema, numbered in its order.
    await sql`INSERT INTO ca_revocation (serial, authority, shard, state, reason, revoked_at, change)
      SELECT serial, authority, 0, 'revoked', reason, revoked_at,
        ROW_NUMBER() OVER (PARTITION BY authority ORDER BY revoked_at, serial)
      FROM ca_certificate WHERE state = 'revoked'`.execute(db);
    await sql`UPDATE ca_authority SET changes =
      (SELECT COUNT(*) FROM ca_revocation WHERE ca_revocation.authority = ca_authority.name)`.execute(db);
    await sql`UPDATE ca_certificate SET state = 'issued', reason = NULL, revoked_at = NULL
      WHERE state = 'revoked'`.execute(db);

    for (const [name, type, rest] of [
      // −1: the whole authority, whatever the shard.
      ['shard', 'integer', sql`NOT NULL DEFAULT -1`],
      ['base_number', 'bigint', sql``],
      ['change', 'bigint', sql`NOT NULL DEFAULT -1`],
      ['document', 'text', sql``],
      ['size', 'bigint', sql``],
    ] as const) {
      await sql`ALTER TABLE ca_crl ADD COLUMN ${sql.ref(name)} ${sql.raw(type)} ${rest}`.execute(db);
    }
    await sql`CREATE INDEX ca_crl_scope ON ca_crl (authority, shard, number)`.execute(db);
  },
};
