// Tables of identity.
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0005-identity',
  async up(db) {
    await db.schema
      .createTable('department')
      .addColumn('credit_code', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('short_name', 'text', (column) => column.notNull())
      .addColumn('demonstration', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('api_key')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('department', 'text', (column) => column.notNull().references('department.credit_code'))
      .addColumn('label', 'text', (column) => column.notNull())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('secret_mac', 'text', (column) => column.notNull().unique())
      .addColumn('demonstration', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('last_used_at', 'text')
      .addColumn('revoked_at', 'text')
      .execute();
    await db.schema
      .createTable('person')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name_cipher', 'text', (column) => column.notNull())
      .addColumn('number_cipher', 'text', (column) => column.notNull())
      .addColumn('number_index', 'text', (column) => column.notNull().unique())
      .addColumn('demonstration', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('demonstration_session')
      .addColumn('token_mac', 'text', (column) => column.primaryKey())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('csrf_token', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('demonstration_session_expiry')
      .on('demonstration_session')
      .column('expires_at')
      .execute();
  },
};
