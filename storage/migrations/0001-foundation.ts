// Tables of foundation.
import { sql } from 'kysely';
import { forbidChanges } from './append-only.ts';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0001-foundation',
  up: async (db, engine) => {
    await db.schema
      .createTable('audit_log')
      .addColumn('node', 'text', (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('at', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('department', 'text')
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('details', 'text', (column) => column.notNull())
      .addColumn('previous', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('audit_log_key', ['node', 'sequence'])
      .addCheckConstraint('audit_log_sequence', sql`sequence > 0`)
      .execute();
    await db.schema.createIndex('audit_log_subject').on('audit_log').columns(['subject', 'at']).execute();
    await db.schema.createIndex('audit_log_at').on('audit_log').columns(['at']).execute();
    await forbidChanges(db, engine, 'audit_log');
    await db.schema
      .createTable('audit_head')
      .addColumn('node', 'text', (column) => column.primaryKey())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('install_fact')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
  },
};
