// License types that officers edit, photos of holders, and several holders of one license.
import { sql } from 'kysely';
import { forbidChanges } from './append-only.ts';
import type { Migration } from './migration.ts';

type Db = Parameters<Migration['up']>[0];

async function createDrafts(db: Db): Promise<void> {
  // Where a published edition came from; null for those published at installation.
  await db.schema.alterTable('license_type').addColumn('draft', 'text').execute();
  await db.schema
    .createTable('license_type_draft')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('type_code', 'text', (c) => c.notNull())
    .addColumn('edition', 'integer', (c) => c.notNull())
    .addColumn('department', 'text', (c) => c.notNull())
    .addColumn('definition', 'text', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('draft', 'submitted', 'approved', 'published', 'discarded')`),
    )
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('edited_by', 'text', (c) => c.notNull())
    .addColumn('edited_at', 'text', (c) => c.notNull())
    .addColumn('submitted_by', 'text')
    .addColumn('approved_by', 'text')
    .execute();
  // Two officers do not edit two next editions of one type side by side.
  await db.schema
    .createIndex('license_type_draft_open')
    .unique()
    .on('license_type_draft')
    .column('type_code')
    .where(sql<boolean>`state in ('draft', 'submitted', 'approved')`)
    .execute();
  await db.schema
    .createIndex('license_type_draft_department')
    .on('license_type_draft')
    .columns(['department', 'edited_at'])
    .execute();
  await db.schema
    .createTable('license_type_draft_event')
    .addColumn('draft', 'text', (c) => c.notNull().references('license_type_draft.id'))
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('at', 'text', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('definition_digest', 'text', (c) => c.notNull())
    .addColumn('note', 'text')
    .addPrimaryKeyConstraint('license_type_draft_event_pk', ['draft', 'sequence'])
    .execute();
}

async function createPhotos(db: Db): Promise<void> {
  await db.schema
    .createTable('license_photo')
    .addColumn('license', 'text', (c) => c.primaryKey().references('license.id'))
    .addColumn('media_type', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('width', 'integer', (c) => c.notNull())
    .addColumn('height', 'integer', (c) => c.notNull())
    .addColumn('photo', 'text', (c) => c.notNull())
    .execute();
}

async function createHolders(db: Db): Promise<void> {
  // The name is the table's from now on; finding a holder goes through the table.
  await db.schema.dropIndex('license_holder').execute();
  await db.schema
    .createTable('license_holder')
    .addColumn('license', 'text', (c) => c.notNull().references('license.id'))
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('holder_kind', 'text', (c) => c.notNull())
    .addColumn('holder_index', 'text', (c) => c.notNull())
    .addColumn('role', 'text')
    .addColumn('share', 'text')
    .addPrimaryKeyConstraint('license_holder_pk', ['license', 'position'])
    .execute();
  await sql`
    INSERT INTO license_holder (license, position, holder_kind, holder_index)
    SELECT id, 1, holder_kind, holder_index FROM license WHERE holder_index IS NOT NULL`.execute(db);
  // One person stands on a license once.
  await db.schema
    .createIndex('license_holder_once')
    .unique()
    .on('license_holder')
    .columns(['holder_index', 'license'])
    .execute();
}

export const migration: Migration = {
  name: '0018-license-types',
  async up(db, engine) {
    await createDrafts(db);
    await forbidChanges(db, engine, 'license_type_draft_event');
    await createPhotos(db);
    await createHolders(db);
  },
};
