// Rows of enrolments: written before a certificate is made, completed with it; what is personal lies encrypted.
import type { FieldCipher } from '../crypto/field-cipher.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { CaEnrolmentTable } from '../storage/schema/ca-enrolment.ts';
import type { EnrolmentSubject, Evidence } from './enrolment.ts';

/** What is encrypted: whom it is for, and what was seen of them. */
export interface EnrolmentDetails {
  readonly subject: EnrolmentSubject;
  readonly reference: string;
}

const place = (row: string): { table: string; column: string; row: string } => ({
  table: 'ca_enrolment',
  column: 'details_cipher',
  row,
});

export interface IntendedEnrolment {
  readonly id: string;
  readonly client: string;
  readonly idempotencyKey: string;
  readonly digest: string;
  readonly department: string | null;
  readonly kind: CaEnrolmentTable['kind'];
  readonly profile: string;
  readonly hierarchy: CaEnrolmentTable['hierarchy'];
  readonly keySource: CaEnrolmentTable['key_source'];
  readonly evidence: Evidence;
  readonly subject: EnrolmentSubject;
  readonly holderIndex: string | null;
  readonly replaces: string | null;
  readonly supersedes: boolean;
  readonly at: Date;
}

/** @returns false where the client used the key before: nothing was written then. */
export async function insertEnrolment(
  tx: Writer,
  cipher: FieldCipher,
  enrolment: IntendedEnrolment,
): Promise<boolean> {
  const { evidence } = enrolment;
  const details: EnrolmentDetails = { subject: enrolment.subject, reference: evidence.reference };
  const result = await tx
    .insertInto('ca_enrolment')
    .values({
      id: enrolment.id,
      client: enrolment.client,
      idempotency_key: enrolment.idempotencyKey,
      request_digest: enrolment.digest,
      department: enrolment.department,
      kind: enrolment.kind,
      profile: enrolment.profile,
      hierarchy: enrolment.hierarchy,
      key_source: enrolment.keySource,
      evidence_kind: evidence.kind,
      evidence_level: evidence.level,
      officer: evidence.officer,
      details_cipher: cipher.seal(place(enrolment.id), JSON.stringify(details)),
      holder_index: enrolment.holderIndex,
      state: 'intended',
      reason: null,
      serial: null,
      replaces: enrolment.replaces,
      supersedes: enrolment.supersedes ? 1 : 0,
      created_at: enrolment.at.toISOString(),
      issued_at: null,
      delivered_at: null,
    })
    .onConflict((conflict) => conflict.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** @returns whether the enrolment was still intended: one given up meanwhile is not completed. */
export async function completeEnrolment(tx: Writer, id: string, serial: string, at: Date): Promise<boolean> {
  const result = await tx
    .updateTable('ca_enrolment')
    .set({ state: 'issued', serial, issued_at: at.toISOString() })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Ends the wait for a generated key, one way or the other. @returns whether it was still waiting. */
export async function settleDelivery(
  tx: Writer,
  id: string,
  state: 'delivered' | 'undelivered',
  at: Date,
): Promise<boolean> {
  const result = await tx
    .updateTable('ca_enrolment')
    .set({ state, delivered_at: state === 'delivered' ? at.toISOString() : null })
    .where('id', '=', id)
    .where('state', '=', 'issued')
    .where('key_source', '=', 'generated')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Gives up intended enrolments; their personal data goes. @returns their identifiers. */
export async function abandonEnrolments(
  tx: Writer,
  which: { readonly id: string } | { readonly before: Date },
  reason: string,
): Promise<readonly { readonly id: string; readonly client: string; readonly department: string | null }[]> {
  return tx
    .updateTable('ca_enrolment')
    .set({ state: 'abandoned', reason, details_cipher: null, holder_index: null, supersedes: 0 })
    .where('state', '=', 'intended')
    .$if('id' in which, (q) => ('id' in which ? q.where('id', '=', which.id) : q))
    .$if('before' in which, (q) =>
      'before' in which ? q.where('created_at', '<', which.before.toISOString()) : q,
    )
    .returning(['id', 'client', 'department'])
    .execute();
}

/** Issued, with a generated key that was not handed over before `before`. */
export function undeliveredEnrolments(
  reader: Reader,
  before: Date,
): Promise<readonly { readonly id: string; readonly serial: string | null }[]> {
  return reader
    .selectFrom('ca_enrolment')
    .select(['id', 'serial'])
    .where('state', '=', 'issued')
    .where('key_source', '=', 'generated')
    .where('issued_at', '<', before.toISOString())
    .execute();
}

/** Re-keys whose old certificate is still to be revoked. */
export function openSupersessions(
  reader: Reader,
  before: Date,
): Promise<readonly { readonly id: string; readonly replaces: string | null }[]> {
  return reader
    .selectFrom('ca_enrolment')
    .select(['id', 'replaces'])
    .where('supersedes', '=', 1)
    .where('state', 'in', ['issued', 'delivered'])
    .where('issued_at', '<', before.toISOString())
    .execute();
}

export async function markSuperseded(tx: Writer, id: string): Promise<void> {
  await tx.updateTable('ca_enrolment').set({ supersedes: 0 }).where('id', '=', id).execute();
}

/** @returns null where the client never used this key. */
export async function enrolmentByKey(
  reader: Reader,
  client: string,
  key: string,
): Promise<CaEnrolmentTable | null> {
  const row = await reader
    .selectFrom('ca_enrolment')
    .selectAll()
    .where('client', '=', client)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ?? null;
}

export async function enrolmentById(reader: Reader, id: string): Promise<CaEnrolmentTable | null> {
  const row = await reader.selectFrom('ca_enrolment').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** What an enrolment keeps encrypted. @throws CryptoError `ciphertext-damaged`. */
export function enrolmentDetails(cipher: FieldCipher, row: CaEnrolmentTable): EnrolmentDetails | null {
  return row.details_cipher === null
    ? null
    : (JSON.parse(cipher.open(place(row.id), row.details_cipher)) as EnrolmentDetails);
}
