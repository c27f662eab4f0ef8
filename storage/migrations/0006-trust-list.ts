// The editions of the trust list.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0006-trust-list',
  async up(db) {
    await db.schema
      .createTable('trust_list_edition')
      .addColumn('sequence', 'integer', (column) => column.primaryKey())
      .addColumn('content_digest', 'text', (column) => column.notNull())
      .addColumn('jws', 'text', (column) => column.notNull())
      .addColumn('issued_at', 'text', (column) => column.notNull())
      .addColumn('next_update', 'text', (column) => column.notNull())
      .execute();
  },
};
