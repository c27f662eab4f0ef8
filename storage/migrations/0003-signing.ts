// Tables of signing: seal, seal_keeper, stamp.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0003-signing',
  async up(db) {
    await db.schema
      .createTable('seal')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('code', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('type_code', 'text', (c) => c.notNull())
      .addColumn('department', 'text', (c) => c.notNull())
      .addColumn('department_name', 'text', (c) => c.notNull())
      .addColumn('picture', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) =>
        c.notNull().check(sql`state in ('intended', 'valid', 'frozen', 'cancelled', 'abandoned')`),
      )
      .addColumn('state_reason', 'text')
      .addColumn('state_changed_at', 'text', (c) => c.notNull())
      .addColumn('valid_from', 'text', (c) => c.notNull())
      .addColumn('valid_until', 'text', (c) => c.notNull())
      .addColumn('key_id', 'text')
      .addColumn('certificate_serial', 'text')
      .addColumn('chain', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('seal_code')
      .unique()
      .on('seal')
      .column('code')
      .where(sql<boolean>`state <> 'abandoned'`)
      .execute();
    await db.schema.createIndex('seal_department').on('seal').column('department').execute();

    await db.schema
      .createTable('seal_keeper')
      .addColumn('seal_id', 'text', (c) => c.notNull().references('seal.id'))
      .addColumn('keeper', 'text', (c) => c.notNull())
      .addColumn('since', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('seal_keeper_pk', ['seal_id', 'keeper'])
      .execute();

    await db.schema
      .createTable('stamp')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('state', 'text', (c) =>
        c.notNull().check(sql`state in ('intended', 'completed', 'abandoned')`),
      )
      .addColumn('client', 'text', (c) => c.notNull())
      .addColumn('idempotency_key', 'text')
      .addColumn('request_digest', 'text', (c) => c.notNull())
      .addColumn('department', 'text', (c) => c.notNull())
      .addColumn('seal_id', 'text', (c) => c.notNull().references('seal.id'))
      .addColumn('seal_code', 'text', (c) => c.notNull())
      .addColumn('certificate_serial', 'text', (c) => c.notNull())
      .addColumn('matter', 'text')
      .addColumn('case_number', 'text')
      .addColumn('original_digest', 'text', (c) => c.notNull())
      .addColumn('placement', 'text', (c) => c.notNull())
      .addColumn('intended_at', 'text', (c) => c.notNull())
      .addColumn('completed_at', 'text')
      .addColumn('result_digest', 'text')
      .addColumn('result_size', 'bigint')
      .addColumn('byte_range', 'text')
      .addColumn('stamped_at', 'text')
      .addColumn('timestamp_serial', 'text')
      .addColumn('receipt_id', 'text')
      .addColumn('abandoned_reason', 'text')
      .addColumn('abandoned_at', 'text')
      .addCheckConstraint(
        'stamp_completed_whole',
        sql`state <> 'completed' or (result_digest is not null and stamped_at is not null and receipt_id is not null)`,
      )
      .execute();
    // Absent keys (null) never collide, on both engines.
    await db.schema
      .createIndex('stamp_idempotency')
      .unique()
      .on('stamp')
      .columns(['client', 'idempotency_key'])
      .execute();
    await db.schema.createIndex('stamp_state').on('stamp').columns(['state', 'intended_at']).execute();
    await db.schema
      .createIndex('stamp_department')
      .on('stamp')
      .columns(['department', 'intended_at'])
      .execute();
    await db.schema.createIndex('stamp_result').on('stamp').column('result_digest').execute();
  },
};
