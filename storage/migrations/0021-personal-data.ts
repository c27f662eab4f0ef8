// Personal data: keys of records, rotation of the master key, periods of keeping, holds, proofs of destruction.
import { sql } from 'kysely';
import { allowChangesOf, forbidChanges } from './append-only.ts';
import type { Migration } from './migration.ts';

type Db = Parameters<Migration['up']>[0];

async function createKeys(db: Db): Promise<void> {
  await db.schema
    .createTable('record_key')
    .addColumn('record', 'text', (c) => c.primaryKey())
    .addColumn('wrapped', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('master_key_rotation')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('to_key', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull().check(sql`state in ('running', 'completed')`))
    .addColumn('started_by', 'text', (c) => c.notNull())
    .addColumn('started_at', 'text', (c) => c.notNull())
    .addColumn('completed_at', 'text')
    .addColumn('at_column', 'text')
    .addColumn('after_row', 'text')
    .addColumn('resealed', 'integer', (c) => c.notNull())
    .addColumn('unopened', 'integer', (c) => c.notNull())
    .execute();
  // One at a time.
  await db.schema
    .createIndex('master_key_rotation_running')
    .unique()
    .on('master_key_rotation')
    .column('state')
    .where(sql<boolean>`state = 'running'`)
    .execute();
}

async function createRetention(db: Db): Promise<void> {
  await db.schema
    .createTable('retention_rule')
    .addColumn('class', 'text', (c) => c.notNull())
    .addColumn('edition', 'integer', (c) => c.notNull())
    .addColumn('period', 'text', (c) => c.notNull())
    .addColumn('basis', 'text', (c) => c.notNull())
    .addColumn('set_by', 'text', (c) => c.notNull())
    .addColumn('set_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('retention_rule_pk', ['class', 'edition'])
    .execute();
  await db.schema
    .createTable('legal_hold')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('class', 'text', (c) => c.notNull())
    .addColumn('record', 'text')
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('basis', 'text', (c) => c.notNull())
    .addColumn('set_by', 'text', (c) => c.notNull())
    .addColumn('set_at', 'text', (c) => c.notNull())
    .addColumn('lifted_by', 'text')
    .addColumn('lifted_at', 'text')
    .execute();
  await db.schema
    .createIndex('legal_hold_standing')
    .on('legal_hold')
    .columns(['class', 'record'])
    .where(sql<boolean>`lifted_at is null`)
    .execute();
}

async function createDestructions(db: Db): Promise<void> {
  await db.schema
    .createTable('destruction')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('class', 'text', (c) => c.notNull())
    .addColumn('record', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'text', (c) => c.notNull())
    .addColumn('period', 'text', (c) => c.notNull())
    .addColumn('basis', 'text', (c) => c.notNull())
    .addColumn('destroyed_at', 'text', (c) => c.notNull())
    .addColumn('commitments', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    // A record is destroyed once.
    .addUniqueConstraint('destruction_once', ['class', 'record'])
    .execute();
  await db.schema.createIndex('destruction_at').on('destruction').column('destroyed_at').execute();
  await db.schema
    .createTable('document_removal')
    .addColumn('document', 'text', (c) => c.primaryKey())
    .addColumn('destruction', 'text', (c) => c.notNull())
    .addColumn('asked_at', 'text', (c) => c.notNull())
    .execute();
}

/** Ended licenses are few beside those in force: only they are in these. */
async function indexEnds(db: Db): Promise<void> {
  await db.schema
    .createIndex('license_ended')
    .on('license')
    .column('root')
    .where(
      sql<boolean>`next is null and record is not null and state not in ('intended', 'abandoned', 'issued', 'suspended')`,
    )
    .execute();
  await db.schema
    .createIndex('license_running_out')
    .on('license')
    .column('expires_at')
    .where(
      sql<boolean>`next is null and record is not null and expires_at is not null and state in ('issued', 'suspended')`,
    )
    .execute();
}

export const migration: Migration = {
  name: '0021-personal-data',
  async up(db, engine) {
    await createKeys(db);
    await createRetention(db);
    await createDestructions(db);
    await indexEnds(db);
    await forbidChanges(db, engine, 'retention_rule');
    await forbidChanges(db, engine, 'destruction');
    // A reason is personal data: it is sealed anew with a new master key, and goes when its license is destroyed.
    await allowChangesOf(db, engine, 'license_event', 'reason');
  },
};
