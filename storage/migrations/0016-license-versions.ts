// Versions of a license: a change issues the next one, and the one before it stays.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0016-license-versions',
  async up(db) {
    await db.schema.alterTable('license').addColumn('root', 'text').execute();
    await db.schema
      .alterTable('license')
      .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
      .execute();
    await db.schema.alterTable('license').addColumn('previous', 'text').execute();
    await db.schema.alterTable('license').addColumn('next', 'text').execute();
    await sql`UPDATE license SET root = id`.execute(db);
    await db.schema
      .createIndex('license_root_version')
      .unique()
      .on('license')
      .columns(['root', 'version'])
      .execute();
    // Two officers may change one license at once: one of them is the first.
    await db.schema
      .createIndex('license_previous')
      .unique()
      .on('license')
      .column('previous')
      .where(sql<boolean>`state <> 'abandoned'`)
      .execute();

    // Which of an act's licenses follow another, and why: written with the intention, so that it outlives a crash.
    await db.schema.alterTable('license').addColumn('succession', 'text').execute();

    await db.schema.alterTable('license_event').addColumn('successor', 'text').execute();
    await db.schema.alterTable('license_event').addColumn('matter', 'text').execute();
    await db.schema.alterTable('license_event').addColumn('case_number', 'text').execute();
    await db.schema.alterTable('license_event').addColumn('officer', 'text').execute();
    await db.schema.alterTable('license_event').addColumn('second_officer', 'text').execute();
  },
};
