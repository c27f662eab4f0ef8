// Batches of licenses with a result for each row, originals of licenses taken over, and every document a case stamped.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0020-license-batches',
  async up(db) {
    await db.schema
      .createTable('license_batch')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('issue', 'import')`))
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('department', 'text', (column) => column.notNull())
      .addColumn('matter', 'text', (column) => column.notNull())
      .addColumn('idempotency_key', 'text', (column) => column.notNull())
      .addColumn('request_digest', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) =>
        column.notNull().check(sql`state in ('receiving', 'running', 'completed', 'cancelled')`),
      )
      .addColumn('total', 'integer', (column) => column.notNull())
      .addColumn('runner', 'text')
      .addColumn('leased_until', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('completed_at', 'text')
      .addUniqueConstraint('license_batch_key', ['client', 'idempotency_key'])
      .execute();
    await sql`CREATE INDEX license_batch_state ON license_batch (state, created_at)`.execute(db);
    await sql`CREATE INDEX license_batch_department ON license_batch (department, created_at)`.execute(db);

    await db.schema
      .createTable('license_batch_item')
      .addColumn('batch', 'text', (column) => column.notNull().references('license_batch.id'))
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('reference', 'text')
      .addColumn('state', 'text', (column) =>
        column.notNull().check(sql`state in ('waiting', 'done', 'refused', 'cancelled')`),
      )
      .addColumn('input_cipher', 'text')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('license', 'text')
      .addColumn('code', 'text')
      .addColumn('message', 'text')
      .addColumn('finished_at', 'text')
      .addPrimaryKeyConstraint('license_batch_item_key', ['batch', 'position'])
      .execute();
    await sql`CREATE INDEX license_batch_item_state ON license_batch_item (batch, state, position)`.execute(
      db,
    );

    await db.schema
      .createTable('license_original')
      .addColumn('license', 'text', (column) => column.primaryKey().references('license.id'))
      .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('paper', 'file')`))
      .addColumn('trust', 'text', (column) => column.notNull().check(sql`trust in ('B', 'C', 'D')`))
      .addColumn('issued_on', 'text', (column) => column.notNull())
      .addColumn('compared_by', 'text')
      .addColumn('compared_on', 'text')
      .addColumn('document', 'text')
      .addColumn('document_size', 'bigint')
      .addColumn('conclusion', 'text')
      .addColumn('sub_indication', 'text')
      .addColumn('verified_at', 'text')
      .addColumn('report', 'text')
      .execute();

    await db.schema
      .createTable('license_act_stamp')
      .addColumn('act', 'text', (column) => column.notNull().references('license_act.id'))
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('stamp', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('license_act_stamp_key', ['act', 'position'])
      .execute();
    // Cases of before had at most one.
    await sql`INSERT INTO license_act_stamp (act, position, stamp)
      SELECT id, 0, decision_stamp FROM license_act WHERE decision_stamp IS NOT NULL`.execute(db);
  },
};
