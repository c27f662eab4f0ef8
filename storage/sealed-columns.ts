// Every encrypted column of every table: what a rotation of the master key seals anew. A column that is missing here is a value lost.
import type { FieldPlace } from '../crypto/field-cipher.ts';
import type { Schema } from './schema.ts';

/** Values of a row's key, in the order of `key`. */
export type RowKey = readonly (string | number)[];

export interface SealedColumn {
  readonly table: keyof Schema;
  readonly column: string;
  /** Columns of the primary key. */
  readonly key: readonly string[];
  /** Where the value says it lies: what it was sealed for. */
  readonly place: (key: RowKey) => FieldPlace;
  /** Member of the JSON object in the column that is encrypted, where the whole is not. */
  readonly member?: string;
}

/** The usual one: sealed for its own table, and for the row of its key. */
function sealed(
  table: SealedColumn['table'],
  column: string,
  options: { key?: string | readonly string[]; as?: string; joined?: string; member?: string } = {},
): SealedColumn {
  const { key = 'id', as = column.replace(/_cipher$/, ''), joined = '/', member } = options;
  return {
    table,
    column,
    key: typeof key === 'string' ? [key] : key,
    place: (values) => ({ table, column: as, row: values.join(joined) }),
    ...(member === undefined ? {} : { member }),
  };
}

/** Sealed for a place named like the column itself. */
function named(table: SealedColumn['table'], column: string, key?: string | readonly string[]): SealedColumn {
  return sealed(table, column, { as: column, ...(key === undefined ? {} : { key }) });
}

export const sealedColumns: readonly SealedColumn[] = [
  named('authenticator', 'secret_cipher'),
  named('ca_batch_item', 'input_cipher', ['batch', 'position']),
  named('ca_certificate', 'identity_cipher', 'serial'),
  named('ca_enrolment', 'details_cipher'),
  sealed('ciba_request', 'request_cipher'),
  named('development_message', 'target_cipher'),
  named('development_message', 'text_cipher'),
  sealed('enterprise', 'legal_representative_cipher', { key: 'credit_code' }),
  sealed('guardianship', 'evidence_cipher'),
  sealed('legal_hold', 'reason'),
  sealed('license', 'code'),
  sealed('license', 'record'),
  sealed('license', 'succession', { member: 'reason' }),
  named('license_batch_item', 'input_cipher', ['batch', 'position']),
  sealed('license_change_request', 'decision_reason'),
  sealed('license_change_request', 'payload'),
  sealed('license_copy', 'code'),
  sealed('license_copy', 'record'),
  sealed('license_event', 'reason', { key: ['license', 'sequence'], joined: ':' }),
  sealed('license_holder_change', 'payload'),
  sealed('license_original', 'report', { key: 'license' }),
  sealed('license_photo', 'photo', { key: 'license' }),
  named('login_challenge', 'payload_cipher', 'nonce_mac'),
  named('login_name', 'name_cipher', 'name_index'),
  sealed('login_session', 'device_cipher'),
  sealed('oidc_client', 'previous_secret_cipher'),
  sealed('oidc_client', 'secret_cipher'),
  sealed('oidc_key', 'private_cipher', { key: 'kid' }),
  sealed('oidc_record', 'payload_cipher', { key: ['model', 'id_mac'], joined: '|' }),
  named('one_time_code', 'target_cipher'),
  sealed('page_session', 'id_token_cipher', { key: 'token_mac' }),
  sealed('page_sign_in', 'secrets_cipher', { key: 'state_mac' }),
  sealed('person', 'birth_date_cipher'),
  sealed('person', 'name_cipher'),
  sealed('person', 'number_cipher'),
  sealed('person', 'wanghao_cipher'),
  sealed('person_document', 'name_cipher'),
  sealed('person_document', 'number_cipher'),
  sealed('person_request', 'answer_cipher'),
  sealed('person_request', 'details_cipher'),
  sealed('presentation', 'receipt'),
  sealed('proofing', 'evidence_cipher'),
  sealed('proofing_case', 'details_cipher'),
  sealed('representation', 'agent_name_cipher'),
  named('stamp_batch_item', 'input_cipher', ['batch', 'position']),
  named('stamp_prepared', 'plan_cipher'),
];
