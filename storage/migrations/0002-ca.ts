// Tables of ca.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0002-ca',
  up: async (db) => {
    await db.schema
      .createTable('ca_certificate')
      .addColumn('serial', 'text', (column) => column.primaryKey())
      .addColumn('authority', 'text', (column) => column.notNull())
      .addColumn('profile', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('key_id', 'text', (column) => column.notNull())
      .addColumn('der', 'text')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('not_before', 'text', (column) => column.notNull())
      .addColumn('not_after', 'text', (column) => column.notNull())
      .addColumn('intended_at', 'text', (column) => column.notNull())
      .addColumn('issued_at', 'text')
      .addColumn('revoked_at', 'text')
      .addCheckConstraint(
        'ca_certificate_state',
        sql`state IN ('intended', 'issued', 'abandoned', 'revoked')
          AND (der IS NOT NULL) = (state IN ('issued', 'revoked'))
          AND (revoked_at IS NOT NULL) = (state = 'revoked')
          AND (reason IS NOT NULL) = (state = 'revoked')`,
      )
      .execute();
    await db.schema
      .createIndex('ca_certificate_authority')
      .on('ca_certificate')
      .columns(['authority', 'state'])
      .execute();
    await db.schema
      .createIndex('ca_certificate_profile')
      .on('ca_certificate')
      .columns(['profile', 'state'])
      .execute();
    await db.schema
      .createTable('ca_authority')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('key_id', 'text', (column) => column.notNull().unique())
      .addColumn('certificate', 'text', (column) =>
        column.notNull().unique().references('ca_certificate.serial'),
      )
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('ca_crl')
      .addColumn('authority', 'text', (column) => column.notNull().references('ca_authority.name'))
      .addColumn('number', 'bigint', (column) => column.notNull())
      .addColumn('der', 'text')
      .addColumn('this_update', 'text', (column) => column.notNull())
      .addColumn('next_update', 'text', (column) => column.notNull())
      .addColumn('entries', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('ca_crl_key', ['authority', 'number'])
      .execute();
    await db.schema
      .createTable('ca_timestamp_clock')
      .addColumn('authority', 'text', (column) => column.primaryKey())
      .addColumn('ceiling', 'text', (column) => column.notNull())
      .execute();
  },
};
