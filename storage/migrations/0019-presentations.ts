// Showing a license: live codes and their claims, limits and alarms, open cases, copies for a purpose.
import { sql, type Kysely } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0019-presentations',
  async up(db) {
    await presentations(db);
    await limits(db);
    await copies(db);
  },
};

async function presentations(db: Kysely<Record<string, never>>): Promise<void> {
  await db.schema
    .createTable('presentation')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('state', 'text', (column) =>
      column
        .notNull()
        .check(sql`state in ('shown', 'ended', 'claimed', 'declined', 'approved', 'delivered', 'lapsed')`),
    )
    .addColumn('device_mac', 'text', (column) => column.notNull())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('acting_for', 'text')
    .addColumn('holder_index', 'text', (column) => column.notNull())
    .addColumn('licenses', 'text', (column) => column.notNull())
    .addColumn('token_digest', 'text')
    .addColumn('locator_mac', 'text')
    .addColumn('digits_mac', 'text')
    .addColumn('wrong_tries', 'integer', (column) => column.notNull())
    .addColumn('shown_at', 'text', (column) => column.notNull())
    .addColumn('shown_until', 'text', (column) => column.notNull())
    .addColumn('renewals', 'integer', (column) => column.notNull())
    .addColumn('verifier', 'text')
    .addColumn('department', 'text')
    .addColumn('matter', 'text')
    .addColumn('case_number', 'text')
    .addColumn('license', 'text')
    .addColumn('fields', 'text')
    .addColumn('match_number', 'integer')
    .addColumn('claimed_at', 'text')
    .addColumn('claim_until', 'text')
    .addColumn('decided_at', 'text')
    .addColumn('reason', 'text')
    .addColumn('delivered_at', 'text')
    .addColumn('receipt_id', 'text')
    .addColumn('receipt', 'text')
    // Whatever was asked for was asked for by somebody: a claim is whole or absent.
    .addCheckConstraint(
      'presentation_claim_whole',
      sql`(verifier IS NULL) = (claim_until IS NULL) AND (verifier IS NULL) = (license IS NULL)`,
    )
    .execute();
  const unique = [
    ['presentation_token', 'token_digest'],
    ['presentation_locator', 'locator_mac'],
  ] as const;
  for (const [name, column] of unique)
    await db.schema.createIndex(name).unique().on('presentation').column(column).execute();
  // One device shows one code at a time.
  await sql`CREATE UNIQUE INDEX presentation_device ON presentation (device_mac) WHERE state = 'shown'`.execute(
    db,
  );
  await sql`CREATE INDEX presentation_open ON presentation (state, shown_until)
    WHERE state IN ('shown', 'claimed', 'approved')`.execute(db);
  await sql`CREATE INDEX presentation_unclaimed ON presentation (shown_until) WHERE state = 'ended'`.execute(
    db,
  );
  await sql`CREATE INDEX presentation_holder ON presentation (holder_index, shown_at)`.execute(db);
  await sql`CREATE INDEX presentation_department ON presentation (department, claimed_at)`.execute(db);
}

async function limits(db: Kysely<Record<string, never>>): Promise<void> {
  await db.schema
    .createTable('presentation_use')
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('claim', 'wrong', 'failed')`))
    .addColumn('since', 'text', (column) => column.notNull())
    .addColumn('count', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('presentation_use_key', ['subject', 'kind', 'since'])
    .execute();
  await db.schema
    .createTable('presentation_alarm')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) =>
      column.notNull().check(sql`kind in ('declined', 'other-number', 'lapsed', 'wrong-codes', 'limit')`),
    )
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('verifier', 'text', (column) => column.notNull())
    .addColumn('department', 'text', (column) => column.notNull())
    .addColumn('presentation', 'text')
    .addColumn('seen_by', 'text')
    .addColumn('seen_at', 'text')
    .execute();
  await sql`CREATE INDEX presentation_alarm_at ON presentation_alarm (at, id)`.execute(db);
  await db.schema
    .createTable('open_case')
    .addColumn('department', 'text', (column) => column.notNull())
    .addColumn('case_number', 'text', (column) => column.notNull())
    .addColumn('matter', 'text', (column) => column.notNull())
    .addColumn('opened_by', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'text', (column) => column.notNull())
    .addColumn('closed_by', 'text')
    .addColumn('closed_at', 'text')
    .addPrimaryKeyConstraint('open_case_key', ['department', 'case_number'])
    .execute();
}

async function copies(db: Kysely<Record<string, never>>): Promise<void> {
  await db.schema
    .createTable('license_copy')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('state', 'text', (column) =>
      column.notNull().check(sql`state in ('intended', 'completed', 'abandoned')`),
    )
    .addColumn('license', 'text', (column) => column.notNull())
    .addColumn('client', 'text', (column) => column.notNull())
    .addColumn('idempotency_key', 'text', (column) => column.notNull())
    .addColumn('request_digest', 'text', (column) => column.notNull())
    .addColumn('holder_index', 'text', (column) => column.notNull())
    .addColumn('grant_number', 'text', (column) => column.notNull().unique())
    .addColumn('department', 'text', (column) => column.notNull())
    .addColumn('matter', 'text', (column) => column.notNull())
    .addColumn('fields', 'text', (column) => column.notNull())
    .addColumn('record', 'text')
    .addColumn('record_hash', 'text', (column) => column.notNull())
    .addColumn('code_id', 'text', (column) => column.notNull().unique())
    .addColumn('code', 'text')
    .addColumn('status_list', 'integer')
    .addColumn('status_index', 'integer')
    .addColumn('origin_list', 'integer')
    .addColumn('origin_index', 'integer')
    .addColumn('stamp', 'text')
    .addColumn('document', 'text')
    .addColumn('document_size', 'bigint')
    .addColumn('intended_at', 'text', (column) => column.notNull())
    .addColumn('completed_at', 'text')
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'text')
    .addColumn('abandoned_reason', 'text')
    .addUniqueConstraint('license_copy_request', ['client', 'idempotency_key'])
    .execute();
  await sql`CREATE INDEX license_copy_holder ON license_copy (holder_index, intended_at)`.execute(db);
  await sql`CREATE INDEX license_copy_license ON license_copy (license)`.execute(db);
  await sql`CREATE UNIQUE INDEX license_copy_stamp ON license_copy (stamp)`.execute(db);
  await sql`CREATE INDEX license_copy_origin ON license_copy (origin_list, origin_index)`.execute(db);
  await sql`CREATE INDEX license_copy_intended ON license_copy (intended_at) WHERE state = 'intended'`.execute(
    db,
  );
}
