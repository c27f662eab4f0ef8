// Ways to log in: authenticators, names to log in under, attempts, and everything that is consumed once.
import { sql } from 'kysely';
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0012-login',
  async up(db) {
    await db.schema
      .createTable('authenticator')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('label', 'text', (column) => column.notNull())
      .addColumn('aal', 'integer', (column) => column.notNull())
      .addColumn('device_bound', 'integer', (column) => column.notNull())
      .addColumn('attested', 'integer', (column) => column.notNull())
      .addColumn('enrolled_rung', 'integer', (column) => column.notNull())
      .addColumn('lookup', 'text')
      .addColumn('public_part', 'text', (column) => column.notNull())
      .addColumn('secret_cipher', 'text')
      .addColumn('counter', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('last_used_at', 'text')
      .addColumn('ended_at', 'text')
      .execute();
    // What an authenticator is found by stands for one account at a time; one that has ended may be enrolled anew.
    await sql`CREATE UNIQUE INDEX authenticator_lookup ON authenticator (lookup) WHERE state = 'active'`.execute(
      db,
    );
    await sql`CREATE UNIQUE INDEX authenticator_password ON authenticator (account)
      WHERE kind = 'password' AND state = 'active'`.execute(db);
    await sql`CREATE INDEX authenticator_account ON authenticator (account, state)`.execute(db);

    await db.schema
      .createTable('login_name')
      .addColumn('name_index', 'text', (column) => column.primaryKey())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name_cipher', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE INDEX login_name_account ON login_name (account)`.execute(db);

    await db.schema
      .createTable('login_attempt')
      .addColumn('scope', 'text', (column) => column.primaryKey())
      .addColumn('failures', 'integer', (column) => column.notNull())
      .addColumn('last_at', 'text', (column) => column.notNull())
      .addColumn('blocked_until', 'text', (column) => column.notNull())
      .addColumn('forgotten_at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE INDEX login_attempt_forgotten ON login_attempt (forgotten_at)`.execute(db);

    await db.schema
      .createTable('login_device')
      .addColumn('token_mac', 'text', (column) => column.primaryKey())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE INDEX login_device_account ON login_device (account)`.execute(db);

    await db.schema
      .createTable('login_challenge')
      .addColumn('nonce_mac', 'text', (column) => column.primaryKey())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('bound_to', 'text', (column) => column.notNull())
      .addColumn('payload_cipher', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .addColumn('consumed_at', 'text')
      .execute();
    await sql`CREATE INDEX login_challenge_expiry ON login_challenge (expires_at)`.execute(db);

    await db.schema
      .createTable('one_time_code')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('bound_to', 'text', (column) => column.notNull())
      .addColumn('account', 'text')
      .addColumn('authenticator', 'text')
      .addColumn('code_mac', 'text', (column) => column.notNull())
      .addColumn('target_cipher', 'text')
      .addColumn('tries_left', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .addColumn('consumed_at', 'text')
      .execute();
    await sql`CREATE INDEX one_time_code_bound ON one_time_code (bound_to, purpose)`.execute(db);
    await sql`CREATE INDEX one_time_code_expiry ON one_time_code (expires_at)`.execute(db);

    await db.schema
      .createTable('login_progress')
      .addColumn('bound_to', 'text', (column) => column.primaryKey())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('authentication', 'text', (column) => column.notNull())
      .addColumn('complete', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE INDEX login_progress_expiry ON login_progress (expires_at)`.execute(db);

    await db.schema
      .createTable('scan_transaction')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('bound_to', 'text', (column) => column.notNull())
      .addColumn('code_mac', 'text', (column) => column.notNull())
      .addColumn('code_expires_at', 'text', (column) => column.notNull())
      .addColumn('number', 'integer', (column) => column.notNull())
      .addColumn('shown', 'text', (column) => column.notNull())
      .addColumn('phone_mac', 'text')
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('authentication', 'text')
      .addColumn('polled_at', 'text')
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE UNIQUE INDEX scan_code ON scan_transaction (code_mac)`.execute(db);
    await sql`CREATE INDEX scan_bound ON scan_transaction (bound_to)`.execute(db);
    await sql`CREATE INDEX scan_expiry ON scan_transaction (expires_at)`.execute(db);

    await db.schema
      .createTable('login_notice')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('account', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE INDEX login_notice_account ON login_notice (account, at)`.execute(db);

    await db.schema
      .createTable('development_message')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('target_cipher', 'text', (column) => column.notNull())
      .addColumn('text_cipher', 'text', (column) => column.notNull())
      .addColumn('at', 'text', (column) => column.notNull())
      .execute();
    await sql`CREATE INDEX development_message_at ON development_message (at)`.execute(db);
  },
};
