// Hand-overs of the trust list's key, lists and anchors of others, and receipts that were recognised.
import { sql } from 'kysely';
import { forbidChanges } from './append-only.ts';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0009-verification',
  async up(db, engine) {
    await db.schema
      .alterTable('trust_list_edition')
      .addColumn('hands_over', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();

    await db.schema
      .createTable('recognised_list')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('operator_keys', 'text', (column) => column.notNull())
      .addColumn('sequence', 'integer', (column) => column.notNull())
      .addColumn('jws', 'text', (column) => column.notNull())
      .addColumn('issued_at', 'text', (column) => column.notNull())
      .addColumn('next_update', 'text', (column) => column.notNull())
      .addColumn('recognised_at', 'text', (column) => column.notNull())
      .addColumn('seen_at', 'text', (column) => column.notNull())
      .addColumn('ended_at', 'text')
      .execute();

    await db.schema
      .createTable('trust_anchor')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('certificate', 'text', (column) => column.notNull())
      .addColumn('added_at', 'text', (column) => column.notNull())
      .addColumn('ended_at', 'text')
      .execute();

    await db.schema
      .createTable('recognition')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('idempotency_key', 'text', (column) => column.notNull())
      .addColumn('request_digest', 'text', (column) => column.notNull())
      .addColumn('department', 'text', (column) => column.notNull())
      .addColumn('receipt_issuer', 'text', (column) => column.notNull())
      .addColumn('receipt_id', 'text', (column) => column.notNull())
      .addColumn('case_number', 'text', (column) => column.notNull())
      .addColumn('matter', 'text', (column) => column.notNull())
      .addColumn('answer', 'text', (column) => column.notNull())
      .addColumn('recognised_at', 'text', (column) => column.notNull())
      .addUniqueConstraint('recognition_key', ['client', 'idempotency_key'])
      .execute();
    // A document is verified again by its digest.
    await sql`CREATE INDEX license_document ON license (document)`.execute(db);
    await sql`CREATE INDEX recognition_case ON recognition (department, case_number)`.execute(db);
    await forbidChanges(db, engine, 'recognition');
  },
};
