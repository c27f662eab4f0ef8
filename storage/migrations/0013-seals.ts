// The life of a seal: states as the national list has them, editions with their SESeal, applications, authorisations, approvals, uses.
import { sql, type Kysely } from 'kysely';
import { forbidChanges } from './append-only.ts';
import type { Migration } from './migration.ts';

type Connection = Kysely<Record<string, never>>;

/** The check on the state knows more states now, so the column is made anew; its index goes with it. */
async function widenState(db: Connection): Promise<void> {
  await db.schema.dropIndex('seal_code').execute();
  await db.schema
    .alterTable('seal')
    .addColumn('stage', 'text', (c) =>
      c
        .notNull()
        .defaultTo('intended')
        .check(sql`stage in ('intended', 'made', 'valid', 'frozen', 'lost', 'cancelled', 'abandoned')`),
    )
    .execute();
  await sql`UPDATE seal SET stage = state`.execute(db);
  await db.schema.alterTable('seal').dropColumn('state').execute();
  await db.schema.alterTable('seal').renameColumn('stage', 'state').execute();
  await db.schema
    .createIndex('seal_code')
    .unique()
    .on('seal')
    .column('code')
    .where(sql<boolean>`state <> 'abandoned'`)
    .execute();
}

async function extendSeal(db: Connection): Promise<void> {
  const columns = [
    ['origin', sql`'own'`],
    ['filing_number', null],
    ['filed_at', null],
    ['replaces', null],
    ['foreign_credential', null],
  ] as const;
  for (const [name, value] of columns) {
    await db.schema
      .alterTable('seal')
      .addColumn(name, 'text', (c) => (value === null ? c : c.notNull().defaultTo(value)))
      .execute();
  }
  await db.schema
    .alterTable('seal')
    .addColumn('approvals_needed', 'integer', (c) => c.notNull().defaultTo(1))
    .execute();
}

async function createEditions(db: Connection): Promise<void> {
  await db.schema
    .createTable('seal_edition')
    .addColumn('seal_id', 'text', (c) => c.notNull().references('seal.id'))
    .addColumn('edition', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull().check(sql`state in ('current', 'superseded')`))
    .addColumn('key_id', 'text', (c) => c.notNull())
    .addColumn('certificate_serial', 'text', (c) => c.notNull())
    .addColumn('chain', 'text', (c) => c.notNull())
    .addColumn('sm2_key_id', 'text')
    .addColumn('sm2_serial', 'text')
    .addColumn('sm2_chain', 'text')
    .addColumn('eseal', 'text')
    .addColumn('eseal_digest', 'text')
    .addColumn('maker_serial', 'text')
    .addColumn('valid_from', 'text', (c) => c.notNull())
    .addColumn('valid_until', 'text', (c) => c.notNull())
    .addColumn('made_at', 'text', (c) => c.notNull())
    .addColumn('superseded_at', 'text')
    .addPrimaryKeyConstraint('seal_edition_pk', ['seal_id', 'edition'])
    .execute();
  // Seals of the time before have one edition without a seal object; a renewal gives them one.
  await sql`INSERT INTO seal_edition (seal_id, edition, state, key_id, certificate_serial, chain, valid_from, valid_until, made_at)
    SELECT id, 1, 'current', key_id, certificate_serial, chain, valid_from, valid_until, created_at FROM seal
    WHERE key_id IS NOT NULL AND certificate_serial IS NOT NULL AND chain IS NOT NULL`.execute(db);
}

async function createHistory(db: Connection): Promise<void> {
  await db.schema
    .createTable('seal_state_change')
    .addColumn('seal_id', 'text', (c) => c.notNull().references('seal.id'))
    .addColumn('number', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('since', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('changed_by', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('seal_state_change_pk', ['seal_id', 'number'])
    .execute();
  await sql`INSERT INTO seal_state_change (seal_id, number, state, since, reason, changed_by)
    SELECT id, 1, 'valid', created_at, '', created_by FROM seal WHERE state IN ('valid', 'frozen', 'cancelled')`.execute(
    db,
  );
  await sql`INSERT INTO seal_state_change (seal_id, number, state, since, reason, changed_by)
    SELECT id, 2, state, state_changed_at, COALESCE(state_reason, ''), created_by FROM seal
    WHERE state IN ('frozen', 'cancelled')`.execute(db);
}

async function createApplications(db: Connection): Promise<void> {
  await db.schema
    .createTable('seal_application')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('client', 'text', (c) => c.notNull())
    .addColumn('idempotency_key', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('department', 'text', (c) => c.notNull())
    .addColumn('seal_id', 'text')
    .addColumn('parameters', 'text', (c) => c.notNull())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('requested', 'approved', 'rejected', 'executed', 'failed')`),
    )
    .addColumn('requested_by', 'text', (c) => c.notNull())
    .addColumn('requested_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .addColumn('decided_by', 'text')
    .addColumn('decided_at', 'text')
    .addColumn('rejection', 'text')
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('claimed_at', 'text')
    .addColumn('outcome', 'text')
    .addColumn('executed_at', 'text')
    .addUniqueConstraint('seal_application_key', ['client', 'idempotency_key'])
    // Two persons, whatever the code above says.
    .addCheckConstraint('seal_application_two', sql`decided_by is null or decided_by <> requested_by`)
    .execute();
  await db.schema
    .createIndex('seal_application_department')
    .on('seal_application')
    .columns(['department', 'requested_at'])
    .execute();
}

async function createAuthorisations(db: Connection): Promise<void> {
  await db.schema
    .createTable('seal_authorisation')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('seal_id', 'text', (c) => c.notNull().references('seal.id'))
    .addColumn('department', 'text', (c) => c.notNull())
    .addColumn('document', 'text', (c) => c.notNull())
    .addColumn('valid_from', 'text', (c) => c.notNull())
    .addColumn('valid_until', 'text', (c) => c.notNull())
    .addColumn('granted_by', 'text', (c) => c.notNull())
    .addColumn('approved_by', 'text', (c) => c.notNull())
    .addColumn('granted_at', 'text', (c) => c.notNull())
    .addColumn('used', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('revoked_at', 'text')
    .addColumn('revoked_by', 'text')
    .addColumn('revoked_reason', 'text')
    .execute();
  await db.schema.createIndex('seal_authorisation_seal').on('seal_authorisation').column('seal_id').execute();
  await db.schema
    .createTable('seal_authorisation_day')
    .addColumn('authorisation', 'text', (c) => c.notNull().references('seal_authorisation.id'))
    .addColumn('day', 'text', (c) => c.notNull())
    .addColumn('used', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('seal_authorisation_day_pk', ['authorisation', 'day'])
    .execute();
  await db.schema
    .createTable('automatic_matter')
    .addColumn('department', 'text', (c) => c.notNull())
    .addColumn('matter', 'text', (c) => c.notNull())
    .addColumn('marked_at', 'text', (c) => c.notNull())
    .addColumn('marked_by', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'text')
    .addPrimaryKeyConstraint('automatic_matter_pk', ['department', 'matter'])
    .execute();
}

async function createUses(db: Connection): Promise<void> {
  await db.schema
    .createTable('seal_approval')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('department', 'text', (c) => c.notNull())
    .addColumn('document_digest', 'text', (c) => c.notNull())
    .addColumn('person', 'text', (c) => c.notNull())
    .addColumn('level', 'integer', (c) => c.notNull())
    .addColumn('approved_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('seal_approval_once', ['department', 'document_digest', 'person'])
    .execute();
  await db.schema
    .createTable('seal_use')
    .addColumn('stamp_id', 'text', (c) => c.primaryKey().references('stamp.id'))
    .addColumn('seal_id', 'text', (c) => c.notNull().references('seal.id'))
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('used_at', 'text', (c) => c.notNull())
    .addColumn('client', 'text', (c) => c.notNull())
    .addColumn('requester', 'text', (c) => c.notNull())
    .addColumn('keeper', 'text')
    .addColumn('authorisation', 'text')
    .addColumn('basis', 'text', (c) => c.notNull())
    .addColumn('approvals', 'text', (c) => c.notNull())
    .addColumn('document_digest', 'text', (c) => c.notNull())
    .addColumn('edition', 'integer', (c) => c.notNull())
    .addColumn('certificate_serial', 'text', (c) => c.notNull())
    .addColumn('certificate_status', 'text', (c) => c.notNull())
    .addColumn('sm2_form', 'text')
    .addColumn('sm2_serial', 'text')
    .addColumn('eseal_digest', 'text')
    .addColumn('seal_state', 'text', (c) => c.notNull())
    .addColumn('state_since', 'text', (c) => c.notNull())
    .addCheckConstraint('seal_use_released', sql`keeper is not null or authorisation is not null`)
    .execute();
  await db.schema.createIndex('seal_use_seal').on('seal_use').columns(['seal_id', 'used_at']).execute();
}

export const migration: Migration = {
  name: '0013-seals',
  async up(db, engine) {
    await widenState(db);
    await extendSeal(db);
    await createEditions(db);
    await createHistory(db);
    await createApplications(db);
    await createAuthorisations(db);
    await createUses(db);
    await forbidChanges(db, engine, 'seal_state_change');
    await forbidChanges(db, engine, 'seal_use');
    await forbidChanges(db, engine, 'seal_approval');
  },
};
