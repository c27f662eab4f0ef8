// Enrolments with their evidence, bulk operations, dual control, profile settings, certificates of other authorities.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0008-ca-enrolment',
  up: async (db) => {
    await db.schema
      .createTable('ca_enrolment')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('idempotency_key', 'text', (column) => column.notNull())
      .addColumn('request_digest', 'text', (column) => column.notNull())
      .addColumn('department', 'text')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('profile', 'text', (column) => column.notNull())
      .addColumn('hierarchy', 'text', (column) => column.notNull())
      .addColumn('key_source', 'text', (column) => column.notNull())
      .addColumn('evidence_kind', 'text', (column) => column.notNull())
      .addColumn('evidence_level', 'integer', (column) => column.notNull())
      .addColumn('officer', 'text', (column) => column.notNull())
      .addColumn('details_cipher', 'text')
      .addColumn('holder_index', 'text')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('serial', 'text', (column) => column.unique().references('ca_certificate.serial'))
      .addColumn('replaces', 'text', (column) => column.references('ca_certificate.serial'))
      .addColumn('supersedes', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('issued_at', 'text')
      .addColumn('delivered_at', 'text')
      .addUniqueConstraint('ca_enrolment_key', ['client', 'idempotency_key'])
      .addCheckConstraint(
        'ca_enrolment_state',
        sql`state IN ('intended', 'issued', 'delivered', 'undelivered', 'abandoned')`,
      )
      .execute();
    await sql`CREATE INDEX ca_enrolment_open ON ca_enrolment (state, created_at)`.execute(db);
    await sql`CREATE INDEX ca_enrolment_holder ON ca_enrolment (holder_index, created_at)`.execute(db);
    // What a re-key still has to revoke.
    await sql`CREATE INDEX ca_enrolment_supersedes ON ca_enrolment (supersedes, state)`.execute(db);

    await db.schema
      .createTable('ca_batch')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('actor', 'text', (column) => column.notNull())
      .addColumn('department', 'text')
      .addColumn('idempotency_key', 'text', (column) => column.notNull())
      .addColumn('request_digest', 'text', (column) => column.notNull())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('total', 'integer', (column) => column.notNull())
      .addColumn('runner', 'text')
      .addColumn('leased_until', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('completed_at', 'text')
      .addUniqueConstraint('ca_batch_key', ['client', 'idempotency_key'])
      .execute();
    await sql`CREATE INDEX ca_batch_state ON ca_batch (state, created_at)`.execute(db);
    await db.schema
      .createTable('ca_batch_item')
      .addColumn('batch', 'text', (column) => column.notNull().references('ca_batch.id'))
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('input_cipher', 'text')
      .addColumn('serial', 'text')
      .addColumn('enrolment', 'text')
      .addColumn('code', 'text')
      .addColumn('message', 'text')
      .addColumn('finished_at', 'text')
      .addPrimaryKeyConstraint('ca_batch_item_key', ['batch', 'position'])
      .execute();
    await sql`CREATE INDEX ca_batch_item_state ON ca_batch_item (batch, state, position)`.execute(db);

    await db.schema
      .createTable('ca_request')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('idempotency_key', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('parameters', 'text', (column) => column.notNull())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('requested_by', 'text', (column) => column.notNull())
      .addColumn('requested_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .addColumn('decided_by', 'text')
      .addColumn('decided_at', 'text')
      .addColumn('rejection', 'text')
      .addColumn('expected', 'text')
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('claimed_at', 'text')
      .addColumn('outcome', 'text')
      .addColumn('executed_at', 'text')
      .addUniqueConstraint('ca_request_key', ['client', 'idempotency_key'])
      .addCheckConstraint(
        'ca_request_state',
        sql`state IN ('requested', 'approved', 'rejected', 'executed', 'failed')`,
      )
      // Four eyes, held by the schema as well.
      .addCheckConstraint('ca_request_two_persons', sql`decided_by IS NULL OR decided_by <> requested_by`)
      .execute();
    await sql`CREATE INDEX ca_request_order ON ca_request (requested_at, id)`.execute(db);

    await db.schema
      .createTable('ca_profile_setting')
      .addColumn('hierarchy', 'text', (column) => column.notNull())
      .addColumn('profile', 'text', (column) => column.notNull())
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('maximum_days', 'integer')
      .addColumn('request', 'text', (column) => column.notNull().references('ca_request.id'))
      .addColumn('changed_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('ca_profile_setting_key', ['hierarchy', 'profile'])
      .execute();

    await db.schema
      .createTable('ca_foreign_credential')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('idempotency_key', 'text', (column) => column.notNull())
      .addColumn('request_digest', 'text', (column) => column.notNull())
      .addColumn('department', 'text', (column) => column.notNull())
      .addColumn('authority_name', 'text', (column) => column.notNull())
      .addColumn('qualification', 'text', (column) => column.notNull())
      .addColumn('key_place', 'text', (column) => column.notNull())
      .addColumn('server', 'text')
      .addColumn('server_key', 'text')
      .addColumn('key_id', 'text')
      .addColumn('algorithm', 'text')
      .addColumn('public_key', 'text')
      .addColumn('csr', 'text')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('chain', 'text')
      .addColumn('serial', 'text')
      .addColumn('not_before', 'text')
      .addColumn('not_after', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('activated_at', 'text')
      .addColumn('retired_at', 'text')
      .addUniqueConstraint('ca_foreign_credential_key', ['client', 'idempotency_key'])
      .addCheckConstraint(
        'ca_foreign_credential_state',
        sql`state IN ('intended', 'requested', 'active', 'retired', 'abandoned')`,
      )
      .execute();
    await sql`CREATE INDEX ca_foreign_credential_department
      ON ca_foreign_credential (department, created_at)`.execute(db);
    await db.schema
      .createTable('ca_foreign_status')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('credential', 'text', (column) => column.notNull().references('ca_foreign_credential.id'))
      .addColumn('serial', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('der', 'text', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('revoked_at', 'text')
      .addColumn('this_update', 'text', (column) => column.notNull())
      .addColumn('next_update', 'text')
      .addColumn('received_at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE INDEX ca_foreign_status_credential
      ON ca_foreign_status (credential, received_at)`.execute(db);
  },
};
