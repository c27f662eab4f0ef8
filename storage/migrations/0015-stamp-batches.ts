// Uploads that wait to be stamped, batches of stamps with a result for each document, and stamps whose key is elsewhere.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0015-stamp-batches',
  async up(db) {
    await db.schema
      .createTable('document_upload')
      .addColumn('department', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('uploaded_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('document_upload_key', ['department', 'digest'])
      .execute();

    await db.schema
      .createTable('stamp_batch')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('department', 'text', (column) => column.notNull())
      .addColumn('idempotency_key', 'text', (column) => column.notNull())
      .addColumn('request_digest', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) =>
        column.notNull().check(sql`state in ('running', 'completed', 'cancelled')`),
      )
      .addColumn('total', 'integer', (column) => column.notNull())
      .addColumn('runner', 'text')
      .addColumn('leased_until', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('completed_at', 'text')
      .addUniqueConstraint('stamp_batch_key', ['client', 'idempotency_key'])
      .execute();
    await sql`CREATE INDEX stamp_batch_state ON stamp_batch (state, created_at)`.execute(db);

    await db.schema
      .createTable('stamp_batch_item')
      .addColumn('batch', 'text', (column) => column.notNull().references('stamp_batch.id'))
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('reference', 'text')
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) =>
        column.notNull().check(sql`state in ('waiting', 'done', 'refused', 'cancelled')`),
      )
      .addColumn('input_cipher', 'text')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('stamp', 'text')
      .addColumn('code', 'text')
      .addColumn('message', 'text')
      .addColumn('finished_at', 'text')
      .addPrimaryKeyConstraint('stamp_batch_item_key', ['batch', 'position'])
      .execute();
    await sql`CREATE INDEX stamp_batch_item_state ON stamp_batch_item (batch, state, position)`.execute(db);

    await db.schema
      .createTable('stamp_prepared')
      .addColumn('id', 'text', (column) => column.primaryKey().references('stamp.id'))
      .addColumn('department', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) =>
        column.notNull().check(sql`state in ('open', 'finishing', 'finished', 'given-up')`),
      )
      .addColumn('plan_cipher', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE INDEX stamp_prepared_open ON stamp_prepared (state, expires_at)`.execute(db);
  },
};
