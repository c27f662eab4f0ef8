// The life of licenses: changes that wait for their day or for a second person, inspections, holders that change, history of
// status lists, and what happened to a license for those who want to know.
import { sql } from 'kysely';
import { allowChangesOf, forbidChanges } from './append-only.ts';
import type { Migration } from './migration.ts';

type Db = Parameters<Migration['up']>[0];

async function extendEvents(db: Db): Promise<void> {
  // Facts of an event that are no one's secret (result of an inspection, its next day), as JSON.
  await db.schema.alterTable('license_event').addColumn('details', 'text').execute();
  // Sequence of the event that this one takes back.
  await db.schema.alterTable('license_event').addColumn('target', 'integer').execute();

  await db.schema
    .createTable('license_due')
    .addColumn('license', 'text', (c) => c.notNull().references('license.id'))
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('due_at', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('waiting', 'applied', 'lapsed', 'countermanded')`),
    )
    .addColumn('settled_at', 'text')
    .addPrimaryKeyConstraint('license_due_pk', ['license', 'sequence'])
    .execute();
  await db.schema
    .createIndex('license_due_waiting')
    .on('license_due')
    .column('due_at')
    .where(sql<boolean>`state = 'waiting'`)
    .execute();
}

async function extendLicenses(db: Db): Promise<void> {
  // Until when the next inspection is to be recorded; whether that day went by.
  await db.schema.alterTable('license').addColumn('inspect_by', 'text').execute();
  await db.schema
    .alterTable('license')
    .addColumn('inspection_overdue', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('license')
    .addColumn('expiry_noted', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  // What the calendar does is looked for by day: only what it has yet to do is in these.
  await db.schema
    .createIndex('license_expiry')
    .on('license')
    .column('expires_at')
    .where(sql<boolean>`expiry_noted = 0 and expires_at is not null`)
    .execute();
  await db.schema
    .createIndex('license_inspection')
    .on('license')
    .column('inspect_by')
    .where(sql<boolean>`inspection_overdue = 0 and inspect_by is not null`)
    .execute();
  // What went by stays on the desk of its department until it is looked after.
  await db.schema
    .createIndex('license_overdue')
    .on('license')
    .columns(['issuer', 'inspect_by'])
    .where(sql<boolean>`inspection_overdue = 1`)
    .execute();
}

/** A next version that was taken back before its day leaves its place to another; one in force leaves it to none. */
async function relaxVersions(db: Db): Promise<void> {
  await db.schema.dropIndex('license_previous').execute();
  await db.schema
    .createIndex('license_previous')
    .unique()
    .on('license')
    .column('previous')
    .where(sql<boolean>`state in ('intended', 'issued', 'suspended', 'superseded', 'merged')`)
    .execute();
}

async function createRequests(db: Db): Promise<void> {
  await db.schema
    .createTable('license_change_request')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('license', 'text', (c) => c.notNull().references('license.id'))
    .addColumn('department', 'text', (c) => c.notNull())
    .addColumn('change', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('waiting', 'approved', 'executed', 'rejected', 'withdrawn', 'lapsed')`),
    )
    // Everything that was asked for, encrypted.
    .addColumn('payload', 'text')
    .addColumn('requested_by', 'text', (c) => c.notNull())
    .addColumn('requested_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .addColumn('client', 'text', (c) => c.notNull())
    .addColumn('idempotency_key', 'text', (c) => c.notNull())
    .addColumn('request_digest', 'text', (c) => c.notNull())
    .addColumn('decided_by', 'text')
    .addColumn('decided_at', 'text')
    .addColumn('decision_reason', 'text')
    .addColumn('tries', 'integer', (c) => c.notNull().defaultTo(0))
    // The license whose event or issue it led to.
    .addColumn('outcome', 'text')
    .execute();
  await db.schema
    .createIndex('license_change_request_idempotency')
    .unique()
    .on('license_change_request')
    .columns(['client', 'idempotency_key'])
    .execute();
  // One change of one kind waits at a time.
  await db.schema
    .createIndex('license_change_request_open')
    .unique()
    .on('license_change_request')
    .columns(['license', 'change'])
    .where(sql<boolean>`state in ('waiting', 'approved')`)
    .execute();
  await db.schema
    .createIndex('license_change_request_desk')
    .on('license_change_request')
    .columns(['department', 'state', 'requested_at'])
    .execute();
}

async function createHolderChanges(db: Db): Promise<void> {
  await db.schema
    .createTable('license_holder_change')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull().check(sql`kind in ('renamed', 'merged', 'renumbered')`))
    // Blind indexes of the holder before and after; the same where only the name changed.
    .addColumn('before_index', 'text', (c) => c.notNull())
    .addColumn('after_index', 'text', (c) => c.notNull())
    // Names, codes and reason, encrypted.
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('legal_basis', 'text', (c) => c.notNull())
    .addColumn('effective_at', 'text', (c) => c.notNull())
    .addColumn('recorded_at', 'text', (c) => c.notNull())
    .addColumn('department', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('client', 'text', (c) => c.notNull())
    .addColumn('idempotency_key', 'text', (c) => c.notNull())
    .addColumn('request_digest', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('license_holder_change_idempotency')
    .unique()
    .on('license_holder_change')
    .columns(['client', 'idempotency_key'])
    .execute();
  for (const column of ['before_index', 'after_index']) {
    await db.schema
      .createIndex(`license_holder_change_${column}`)
      .on('license_holder_change')
      .column(column)
      .execute();
  }
}

async function createOutbox(db: Db): Promise<void> {
  await db.schema
    .createTable('license_outbox')
    .addColumn('root', 'text', (c) => c.notNull())
    // 1, 2, 3 … within the license as people know it: told in this order.
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('license', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('facts', 'text', (c) => c.notNull())
    .addColumn('recorded_at', 'text', (c) => c.notNull())
    .addColumn('taken_at', 'text')
    .addPrimaryKeyConstraint('license_outbox_pk', ['root', 'sequence'])
    .execute();
  await db.schema
    .createIndex('license_outbox_waiting')
    .on('license_outbox')
    .columns(['recorded_at', 'root', 'sequence'])
    .where(sql<boolean>`taken_at is null`)
    .execute();
}

async function createStatusHistory(db: Db): Promise<void> {
  // Lists made before this have no history: what an entry said yesterday was not kept.
  await db.schema
    .alterTable('status_list')
    .addColumn('history', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('status_list').addColumn('created_at', 'text').execute();
  await db.schema
    .createTable('status_change')
    .addColumn('list', 'integer', (c) => c.notNull().references('status_list.number'))
    // Revision of the list that this change made.
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('entry', 'integer', (c) => c.notNull())
    .addColumn('value', 'integer', (c) => c.notNull().check(sql`value between 0 and 15`))
    .addColumn('at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('status_change_pk', ['list', 'revision'])
    .execute();
  await db.schema.createIndex('status_change_at').on('status_change').columns(['list', 'at']).execute();
}

export const migration: Migration = {
  name: '0017-license-life',
  async up(db, engine) {
    await extendEvents(db);
    await extendLicenses(db);
    await relaxVersions(db);
    await createRequests(db);
    await createHolderChanges(db);
    await forbidChanges(db, engine, 'license_holder_change');
    // Names and codes are sealed anew with a new master key, and wiped when their time of keeping is over.
    await allowChangesOf(db, engine, 'license_holder_change', 'payload');
    await createOutbox(db);
    await createStatusHistory(db);
    await forbidChanges(db, engine, 'status_change');
  },
};
