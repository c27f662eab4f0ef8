// Tables of the OpenID Provider: records, clients, keys, logins, consents, logout messages, sessions of our own pages.
import { sql, type Kysely } from 'kysely';
import type { Migration } from './migration.ts';

type Db = Kysely<Record<string, never>>;

export const migration: Migration = {
  name: '0011-provider',
  async up(db, engine) {
    await records(db);
    await clients(db);
    await logins(db);
    await messages(db);
    await pages(db);
    // Its place is taken by the provider's sessions; what was in it lasted half a day.
    await sql`DROP TABLE demonstration_session`.execute(db);
    if (engine === 'postgresql') {
      // Short-lived rows by the hundred: dead ones are cleared away long before the default fifth of the table.
      await sql`ALTER TABLE oidc_record SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)`.execute(
        db,
      );
    }
  },
};

async function records(db: Db): Promise<void> {
  await sql`CREATE TABLE oidc_record (
    model text NOT NULL, id_mac text NOT NULL, payload_cipher text NOT NULL,
    grant_mac text, uid_mac text, user_code_mac text, account text, client text,
    expires_at text, consumed_at text, created_at text NOT NULL,
    PRIMARY KEY (model, id_mac))`.execute(db);
  await sql`CREATE INDEX oidc_record_grant ON oidc_record (grant_mac) WHERE grant_mac IS NOT NULL`.execute(
    db,
  );
  await sql`CREATE INDEX oidc_record_uid ON oidc_record (uid_mac) WHERE uid_mac IS NOT NULL`.execute(db);
  await sql`CREATE UNIQUE INDEX oidc_record_user_code ON oidc_record (user_code_mac) WHERE user_code_mac IS NOT NULL`.execute(
    db,
  );
  await sql`CREATE INDEX oidc_record_account ON oidc_record (account, model) WHERE account IS NOT NULL`.execute(
    db,
  );
  await sql`CREATE INDEX oidc_record_client ON oidc_record (client, model) WHERE client IS NOT NULL`.execute(
    db,
  );
  await sql`CREATE INDEX oidc_record_expiry ON oidc_record (expires_at) WHERE expires_at IS NOT NULL`.execute(
    db,
  );
}

async function clients(db: Db): Promise<void> {
  await sql`CREATE TABLE oidc_client (
    id text PRIMARY KEY, name text NOT NULL, english_name text NOT NULL,
    department text NOT NULL,
    settings text NOT NULL, secret_cipher text, previous_secret_cipher text, previous_until text,
    state text NOT NULL CHECK (state IN ('active', 'disabled')),
    demonstration integer NOT NULL, created_at text NOT NULL, changed_at text NOT NULL)`.execute(db);
  await sql`CREATE TABLE oidc_outbound (
    url text NOT NULL, client text NOT NULL REFERENCES oidc_client (id), networks text NOT NULL,
    PRIMARY KEY (url, client))`.execute(db);
  await sql`CREATE TABLE oidc_resource (
    identifier text PRIMARY KEY, client text NOT NULL REFERENCES oidc_client (id), scopes text NOT NULL)`.execute(
    db,
  );
  await sql`CREATE TABLE oidc_key (
    kid text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('next', 'current', 'previous', 'retired', 'revoked')),
    algorithm text NOT NULL, public_jwk text NOT NULL, private_cipher text,
    created_at text NOT NULL, activated_at text, ended_at text)`.execute(db);
  // One key signs and one waits for its turn, whatever two nodes do at once.
  await sql`CREATE UNIQUE INDEX oidc_key_turn ON oidc_key (state) WHERE state IN ('next', 'current')`.execute(
    db,
  );
  await sql`CREATE TABLE oidc_key_change (id integer PRIMARY KEY, change integer NOT NULL)`.execute(db);
  await sql`INSERT INTO oidc_key_change (id, change) VALUES (1, 0)`.execute(db);
}

async function logins(db: Db): Promise<void> {
  await sql`CREATE TABLE login_session (
    id text PRIMARY KEY, session_mac text NOT NULL, account text NOT NULL,
    authenticators text NOT NULL, certificate_authority text, certificate_serial text,
    acr text NOT NULL, ial integer NOT NULL, aal integer NOT NULL, amr text NOT NULL, auth_time text NOT NULL,
    acting_for text, acting_chosen integer NOT NULL, device_cipher text,
    last_seen_at text NOT NULL, ends_at text NOT NULL, ended_at text, end_reason text)`.execute(db);
  // One living login to a session: a new authentication supersedes the one before.
  await sql`CREATE UNIQUE INDEX login_session_living ON login_session (session_mac) WHERE ended_at IS NULL`.execute(
    db,
  );
  await sql`CREATE INDEX login_session_account ON login_session (account, ended_at)`.execute(db);
  // What the watcher of revocations looks at, twice a second.
  await sql`CREATE INDEX login_session_certificate ON login_session (certificate_serial)
    WHERE certificate_serial IS NOT NULL AND ended_at IS NULL`.execute(db);
  await sql`CREATE INDEX login_session_acting ON login_session (acting_for)
    WHERE acting_for IS NOT NULL AND ended_at IS NULL`.execute(db);
  await sql`CREATE INDEX login_session_end ON login_session (ends_at)`.execute(db);
  await sql`CREATE TABLE login_client (
    session_mac text NOT NULL, client text NOT NULL, sid text NOT NULL, grant_mac text,
    acting_for text, offline integer NOT NULL, first_at text NOT NULL,
    PRIMARY KEY (session_mac, client))`.execute(db);
  await sql`CREATE TABLE oidc_consent (
    account text NOT NULL, client text NOT NULL, granted text NOT NULL, given_at text NOT NULL, ended_at text,
    PRIMARY KEY (account, client))`.execute(db);
  await sql`CREATE TABLE oidc_subject (
    sector text NOT NULL, subject text NOT NULL, account text NOT NULL,
    PRIMARY KEY (sector, subject))`.execute(db);
}

async function messages(db: Db): Promise<void> {
  await sql`CREATE TABLE logout_delivery (
    id text PRIMARY KEY, client text NOT NULL, account text NOT NULL, sid text, reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts integer NOT NULL, next_attempt_at text NOT NULL, leased_until text, last_error text,
    created_at text NOT NULL, finished_at text)`.execute(db);
  await sql`CREATE INDEX logout_delivery_due ON logout_delivery (next_attempt_at) WHERE state = 'waiting'`.execute(
    db,
  );
  await sql`CREATE TABLE ciba_request (
    id text PRIMARY KEY, request_cipher text NOT NULL, account text NOT NULL, client text NOT NULL,
    scope text NOT NULL, binding_message text, floor integer,
    state text NOT NULL CHECK (state IN ('waiting', 'approved', 'refused')),
    created_at text NOT NULL, expires_at text NOT NULL, decided_at text)`.execute(db);
  await sql`CREATE INDEX ciba_request_account ON ciba_request (account, expires_at)`.execute(db);
}

async function pages(db: Db): Promise<void> {
  await sql`CREATE TABLE page_session (
    token_mac text PRIMARY KEY, form_token text NOT NULL, session_mac text NOT NULL, account text NOT NULL,
    sid_mac text, id_token_cipher text NOT NULL,
    created_at text NOT NULL, last_seen_at text NOT NULL, expires_at text NOT NULL)`.execute(db);
  await sql`CREATE INDEX page_session_session ON page_session (session_mac)`.execute(db);
  await sql`CREATE INDEX page_session_expiry ON page_session (expires_at)`.execute(db);
  await sql`CREATE TABLE page_sign_in (
    state_mac text PRIMARY KEY, secrets_cipher text NOT NULL, expires_at text NOT NULL)`.execute(db);
}
