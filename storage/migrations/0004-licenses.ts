// Tables of licenses: types, acts, licenses, events, serials, status lists.
import { sql } from 'kysely';
import { forbidChanges } from './append-only.ts';
import type { Migration } from './migration.ts';

type Db = Parameters<Migration['up']>[0];

async function createTypesAndActs(db: Db): Promise<void> {
  await db.schema
    .createTable('license_type')
    .addColumn('type_code', 'text', (c) => c.notNull())
    .addColumn('edition', 'integer', (c) => c.notNull())
    .addColumn('definition', 'text', (c) => c.notNull())
    .addColumn('published_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('license_type_pk', ['type_code', 'edition'])
    .execute();
  await db.schema
    .createTable('license_act')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('intended', 'completed', 'abandoned')`),
    )
    .addColumn('kind', 'text', (c) => c.notNull().check(sql`kind in ('license', 'case')`))
    .addColumn('client', 'text', (c) => c.notNull())
    .addColumn('idempotency_key', 'text', (c) => c.notNull())
    .addColumn('request_digest', 'text', (c) => c.notNull())
    .addColumn('department', 'text', (c) => c.notNull())
    .addColumn('matter', 'text', (c) => c.notNull())
    .addColumn('case_number', 'text')
    .addColumn('decision_stamp', 'text')
    .addColumn('intended_at', 'text', (c) => c.notNull())
    .addColumn('completed_at', 'text')
    .addColumn('abandoned_reason', 'text')
    .execute();
  await db.schema
    .createIndex('license_act_idempotency')
    .unique()
    .on('license_act')
    .columns(['client', 'idempotency_key'])
    .execute();
  // A case is handled once; one that was given up may be tried again.
  await db.schema
    .createIndex('license_act_case')
    .unique()
    .on('license_act')
    .columns(['department', 'case_number'])
    .where(sql<boolean>`kind = 'case' and state <> 'abandoned'`)
    .execute();
  await db.schema
    .createIndex('license_act_state')
    .on('license_act')
    .columns(['state', 'intended_at'])
    .execute();
}

async function createLicenses(db: Db): Promise<void> {
  await db.schema
    .createTable('license')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('act', 'text', (c) => c.notNull().references('license_act.id'))
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('type_code', 'text', (c) => c.notNull())
    .addColumn('edition', 'integer', (c) => c.notNull())
    .addColumn('identifier', 'text', (c) => c.notNull().unique())
    .addColumn('issuer', 'text', (c) => c.notNull())
    .addColumn('supervisor', 'text', (c) => c.notNull())
    .addColumn('matter', 'text', (c) => c.notNull())
    .addColumn('case_number', 'text')
    .addColumn('holder_kind', 'text', (c) => c.notNull())
    .addColumn('holder_index', 'text')
    .addColumn('number_index', 'text')
    .addColumn('record', 'text')
    .addColumn('record_hash', 'text', (c) => c.notNull())
    .addColumn('code_id', 'text', (c) => c.notNull().unique())
    .addColumn('code', 'text')
    .addColumn('status_list', 'integer')
    .addColumn('status_index', 'integer')
    .addColumn('issued_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text')
    .addColumn('stamp', 'text')
    .addColumn('document', 'text')
    .addColumn('document_size', 'bigint')
    .addColumn('completed_at', 'text')
    .addCheckConstraint(
      'license_issued_whole',
      sql`state in ('intended', 'abandoned') or (document is not null and stamp is not null and code is not null)`,
    )
    .addForeignKeyConstraint('license_edition', ['type_code', 'edition'], 'license_type', [
      'type_code',
      'edition',
    ])
    .execute();
  // Null indexes (abandoned rows) never collide, on both engines.
  await db.schema.createIndex('license_number').unique().on('license').column('number_index').execute();
  await db.schema.createIndex('license_stamp').unique().on('license').column('stamp').execute();
  await db.schema.createIndex('license_of_act').on('license').column('act').execute();
  await db.schema
    .createIndex('license_holder')
    .on('license')
    .columns(['holder_index', 'issued_at'])
    .execute();
  await db.schema.createIndex('license_issuer').on('license').columns(['issuer', 'issued_at']).execute();
  await db.schema.createIndex('license_case').on('license').columns(['issuer', 'case_number']).execute();
}

async function createEvents(db: Db): Promise<void> {
  await db.schema
    .createTable('license_event')
    .addColumn('license', 'text', (c) => c.notNull().references('license.id'))
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('from_state', 'text', (c) => c.notNull())
    .addColumn('to_state', 'text', (c) => c.notNull())
    .addColumn('effective_at', 'text', (c) => c.notNull())
    .addColumn('recorded_at', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('legal_basis', 'text', (c) => c.notNull())
    .addColumn('holders_wish', 'integer', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('client', 'text', (c) => c.notNull())
    .addColumn('idempotency_key', 'text', (c) => c.notNull())
    .addColumn('request_digest', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('license_event_pk', ['license', 'sequence'])
    .execute();
  await db.schema
    .createIndex('license_event_idempotency')
    .unique()
    .on('license_event')
    .columns(['client', 'idempotency_key'])
    .execute();
  await db.schema
    .createTable('license_serial')
    .addColumn('type_code', 'text', (c) => c.notNull())
    .addColumn('issuer', 'text', (c) => c.notNull())
    .addColumn('year', 'integer', (c) => c.notNull())
    .addColumn('last', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('license_serial_pk', ['type_code', 'issuer', 'year'])
    .execute();
}

async function createStatusLists(db: Db): Promise<void> {
  await db.schema
    .createTable('status_list')
    .addColumn('number', 'integer', (c) => c.primaryKey())
    .addColumn('allocated', 'integer', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('token_revision', 'integer')
    .addColumn('token', 'text')
    .addColumn('token_until', 'text')
    .execute();
  await db.schema
    .createTable('status_entry')
    .addColumn('list', 'integer', (c) => c.notNull().references('status_list.number'))
    .addColumn('entry', 'integer', (c) => c.notNull())
    .addColumn('value', 'integer', (c) => c.notNull().check(sql`value between 0 and 15`))
    .addPrimaryKeyConstraint('status_entry_pk', ['list', 'entry'])
    .execute();
  // What a list's edition needs: the few entries that are not 0.
  await db.schema
    .createIndex('status_entry_set')
    .on('status_entry')
    .columns(['list', 'entry'])
    .where(sql<boolean>`value <> 0`)
    .execute();
}

export const migration: Migration = {
  name: '0004-licenses',
  async up(db, engine) {
    await createTypesAndActs(db);
    await createLicenses(db);
    await createEvents(db);
    await forbidChanges(db, engine, 'license_event');
    await createStatusLists(db);
  },
};
