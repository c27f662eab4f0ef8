// Persons without a number, accounts, proofings, officers and roles, mandates, purposes and consents.
import { sql } from 'kysely';
import { forbidChanges } from './append-only.ts';
import type { Migration } from './migration.ts';

/** Each is one table; texts, because both engines store times, JSON and identifiers as such. */
const accounts = [
  `CREATE TABLE person_rebuilt (
     id text PRIMARY KEY, document_type text, name_cipher text, number_cipher text, number_index text UNIQUE,
     wanghao_cipher text, wanghao_index text UNIQUE, birth_date_cipher text,
     state text NOT NULL CHECK (state IN ('present', 'merged', 'erased')), merged_into text, ended_at text,
     demonstration integer NOT NULL, created_at text NOT NULL,
     CHECK ((number_cipher IS NULL) = (number_index IS NULL)),
     CHECK ((number_cipher IS NULL) = (document_type IS NULL)),
     CHECK ((wanghao_cipher IS NULL) = (wanghao_index IS NULL)),
     CHECK (state <> 'present' OR number_index IS NOT NULL OR wanghao_index IS NOT NULL),
     CHECK (state = 'present' OR (name_cipher IS NULL AND number_index IS NULL AND wanghao_index IS NULL)))`,
  `INSERT INTO person_rebuilt (id, document_type, name_cipher, number_cipher, number_index, state, demonstration, created_at)
     SELECT id, 'resident-identity-card', name_cipher, number_cipher, number_index, 'present', demonstration, created_at FROM person`,
  `DROP TABLE person`,
  `ALTER TABLE person_rebuilt RENAME TO person`,
  `CREATE TABLE account (
     id text PRIMARY KEY, person text NOT NULL REFERENCES person (id),
     state text NOT NULL CHECK (state IN ('active', 'locked', 'closed', 'merged')),
     reason text, merged_into text REFERENCES account (id), demonstration integer NOT NULL,
     opened_at text NOT NULL, changed_at text NOT NULL,
     CHECK ((state = 'merged') = (merged_into IS NOT NULL)))`,
  `CREATE UNIQUE INDEX account_live ON account (person) WHERE state IN ('active', 'locked')`,
  `CREATE INDEX account_state ON account (state, changed_at)`,
  `CREATE TABLE proofing (
     id text PRIMARY KEY, account text NOT NULL REFERENCES account (id),
     rung integer NOT NULL CHECK (rung BETWEEN 1 AND 4), method text NOT NULL, source text NOT NULL,
     evidence_cipher text NOT NULL, verified_at text NOT NULL, valid_until text NOT NULL,
     by text NOT NULL, second text, ended_at text, ended_reason text,
     CHECK (second IS NULL OR second <> by), CHECK (account <> by), CHECK (second IS NULL OR account <> second))`,
  `CREATE INDEX proofing_account ON proofing (account, rung)`,
  `CREATE TABLE proofing_case (
     id text PRIMARY KEY, account text REFERENCES account (id), department text NOT NULL,
     kind text NOT NULL CHECK (kind IN ('proofing', 'recovery', 'merge', 'guardianship')),
     state text NOT NULL CHECK (state IN ('proposed', 'confirmed', 'rejected', 'expired')),
     subject_index text NOT NULL, details_cipher text, by text NOT NULL, proposed_at text NOT NULL,
     expires_at text NOT NULL, second text, decided_at text, rejection text, outcome text,
     CHECK (second IS NULL OR second <> by))`,
  `CREATE UNIQUE INDEX proofing_case_open ON proofing_case (subject_index, kind) WHERE state = 'proposed'`,
  `CREATE INDEX proofing_case_desk ON proofing_case (department, state, proposed_at)`,
  `CREATE TABLE recovery (
     id text PRIMARY KEY, account text NOT NULL REFERENCES account (id), authenticator text NOT NULL,
     kind text NOT NULL, needed_rung integer NOT NULL CHECK (needed_rung BETWEEN 1 AND 4),
     state text NOT NULL CHECK (state IN ('open', 'proved', 'used', 'ended')),
     proved_rung integer, proved_by text, opened_at text NOT NULL, proved_at text, expires_at text NOT NULL, used_at text,
     CHECK (proved_rung IS NULL OR proved_rung >= needed_rung))`,
  `CREATE UNIQUE INDEX recovery_open ON recovery (authenticator) WHERE state IN ('open', 'proved')`,
  `CREATE INDEX recovery_account ON recovery (account, state)`,
];

const representation = [
  `CREATE TABLE enterprise (
     credit_code text PRIMARY KEY, name text NOT NULL,
     state text NOT NULL CHECK (state IN ('in-operation', 'revoked', 'cancelled')),
     legal_representative_cipher text NOT NULL, edition text NOT NULL, seen_at text NOT NULL,
     demonstration integer NOT NULL, created_at text NOT NULL)`,
  `CREATE TABLE representation (
     id text PRIMARY KEY, enterprise text NOT NULL REFERENCES enterprise (credit_code),
     capacity text NOT NULL CHECK (capacity IN ('legal-representative', 'manager', 'agent')),
     depth integer NOT NULL CHECK (depth BETWEEN 0 AND 2), parent text REFERENCES representation (id),
     agent text REFERENCES account (id), agent_index text NOT NULL, agent_name_cipher text NOT NULL,
     matters text NOT NULL, not_before text NOT NULL, expires text NOT NULL,
     state text NOT NULL CHECK (state IN ('offered', 'active', 'refused', 'ended')), ended_reason text,
     granted_by text NOT NULL, edition text, granted_at text NOT NULL, accepted_at text, ended_at text, ended_by text,
     CHECK ((depth = 0) = (parent IS NULL)), CHECK ((depth = 0) = (capacity = 'legal-representative')),
     CHECK (state <> 'active' OR agent IS NOT NULL), CHECK (not_before < expires))`,
  `CREATE UNIQUE INDEX representation_root ON representation (enterprise) WHERE state = 'active' AND depth = 0`,
  `CREATE INDEX representation_agent ON representation (agent, state)`,
  `CREATE INDEX representation_address ON representation (agent_index, state)`,
  `CREATE INDEX representation_parent ON representation (parent)`,
  `CREATE INDEX representation_enterprise ON representation (enterprise, state)`,
  `CREATE TABLE register_cursor (register text PRIMARY KEY, cursor text NOT NULL, checked_at text NOT NULL)`,
];

const officers = [
  `CREATE TABLE officer (
     id text PRIMARY KEY, account text NOT NULL REFERENCES account (id),
     department text NOT NULL REFERENCES department (credit_code), appointed_at text NOT NULL, ended_at text)`,
  `CREATE UNIQUE INDEX officer_live ON officer (account) WHERE ended_at IS NULL`,
  `CREATE INDEX officer_department ON officer (department)`,
  `CREATE TABLE officer_role (
     id text PRIMARY KEY, officer text NOT NULL REFERENCES officer (id), account text NOT NULL REFERENCES account (id),
     role text NOT NULL, administrative integer NOT NULL CHECK (administrative IN (0, 1)),
     request text, granted_at text NOT NULL, ended_at text, ended_request text)`,
  `CREATE UNIQUE INDEX officer_role_live ON officer_role (account, role) WHERE ended_at IS NULL`,
  // 三员 are disjoint: one account holds one of the three at most, whatever code says.
  `CREATE UNIQUE INDEX officer_role_administrator ON officer_role (account) WHERE ended_at IS NULL AND administrative = 1`,
  `CREATE INDEX officer_role_role ON officer_role (role) WHERE ended_at IS NULL`,
  `CREATE TABLE two_person_request (
     id text PRIMARY KEY, kind text NOT NULL, parameters text NOT NULL, purpose text NOT NULL, subject text,
     state text NOT NULL CHECK (state IN ('requested', 'approved', 'executed', 'failed', 'rejected', 'withdrawn')),
     requested_by text NOT NULL, requested_at text NOT NULL, expires_at text NOT NULL, decided_by text,
     decided_at text, rejection text, executed_at text, outcome text,
     CHECK (decided_by IS NULL OR decided_by <> requested_by),
     CHECK (subject IS NULL OR subject <> requested_by),
     CHECK (subject IS NULL OR decided_by IS NULL OR subject <> decided_by),
     CHECK (state NOT IN ('approved', 'executed', 'failed') OR decided_by IS NOT NULL))`,
  `CREATE INDEX two_person_request_state ON two_person_request (state, requested_at)`,
];

const purposes = [
  `CREATE TABLE purpose (
     id text PRIMARY KEY, name text NOT NULL, english_name text NOT NULL, legal_basis text NOT NULL,
     sensitive integer NOT NULL, categories text NOT NULL, retention_days integer NOT NULL,
     retention_ground text NOT NULL, created_at text NOT NULL, ended_at text)`,
  `CREATE TABLE purpose_notice (
     purpose text NOT NULL REFERENCES purpose (id), version integer NOT NULL CHECK (version > 0),
     text text NOT NULL, english_text text NOT NULL, digest text NOT NULL, effective_at text NOT NULL,
     published_by text NOT NULL, PRIMARY KEY (purpose, version))`,
  `CREATE TABLE purpose_recipient (
     id text PRIMARY KEY, purpose text NOT NULL REFERENCES purpose (id), name text NOT NULL, contact text NOT NULL,
     use text NOT NULL, categories text NOT NULL, since text NOT NULL, ended_at text)`,
  `CREATE INDEX purpose_recipient_purpose ON purpose_recipient (purpose)`,
  `CREATE TABLE consent (
     id text PRIMARY KEY, purpose text NOT NULL, notice_version integer NOT NULL,
     person text NOT NULL REFERENCES person (id), given_by text NOT NULL REFERENCES account (id), given_at text NOT NULL,
     withdrawn_by text, withdrawn_at text,
     FOREIGN KEY (purpose, notice_version) REFERENCES purpose_notice (purpose, version))`,
  `CREATE UNIQUE INDEX consent_live ON consent (person, purpose) WHERE withdrawn_at IS NULL`,
  `CREATE TABLE guardianship (
     id text PRIMARY KEY, ward text NOT NULL REFERENCES person (id), guardian text NOT NULL REFERENCES account (id),
     evidence_cipher text NOT NULL, by text NOT NULL, second text NOT NULL, since text NOT NULL, until text NOT NULL,
     ended_at text, CHECK (by <> second))`,
  `CREATE UNIQUE INDEX guardianship_live ON guardianship (ward, guardian) WHERE ended_at IS NULL`,
  `CREATE INDEX guardianship_guardian ON guardianship (guardian)`,
  `CREATE TABLE person_request (
     id text PRIMARY KEY, person text NOT NULL REFERENCES person (id), asked_by text NOT NULL REFERENCES account (id),
     kind text NOT NULL CHECK (kind IN ('correct', 'delete', 'restrict', 'explain')), details_cipher text,
     state text NOT NULL CHECK (state IN ('open', 'done', 'refused')), opened_at text NOT NULL, due_at text NOT NULL,
     decided_by text, decided_at text, answer_cipher text)`,
  `CREATE INDEX person_request_state ON person_request (state, due_at)`,
  `CREATE INDEX person_request_person ON person_request (person)`,
];

export const migration: Migration = {
  name: '0010-people',
  async up(db, engine) {
    for (const statement of [...accounts, ...representation, ...officers, ...purposes]) {
      await sql.raw(statement).execute(db);
    }
    // What a person was told stands for ever, word for word.
    await forbidChanges(db, engine, 'purpose_notice');
  },
};
