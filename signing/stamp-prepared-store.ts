// Rows of stamps that wait for a value made elsewhere, and their plan as text.
import type { FieldPlace } from '../crypto/field-cipher.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { StampPreparedTable } from '../storage/schema/stamp-batches.ts';
import type { PreparedSignature } from './prepared-update.ts';
import type { EnteredPlan } from './stamp-order.ts';
import type { AwaitedValue } from './values-elsewhere.ts';

export interface PreparedRow {
  readonly id: string;
  readonly department: string;
  readonly state: StampPreparedTable['state'];
  readonly planCipher: string | null;
  readonly expiresAt: Date;
}

/** What is kept between preparing and finishing: the plan, what is waited for, and what has come. */
export interface KeptPlan {
  readonly plan: Omit<EnteredPlan, 'seal' | 'sm2'>;
  readonly sealId: string;
  /** Of the PAdES signature. */
  readonly algorithm: SignatureAlgorithm;
  /** The revision before it; null where there is none. */
  readonly sm2: KeptRevision | null;
  /** Whether the document was opened with a password, which is not kept. */
  readonly withPassword: boolean;
  /** Which value is waited for now, and what it is over. */
  readonly step: 'sm2' | 'pades';
  readonly awaited: AwaitedValue;
  /** What the first value of two was over, and what was made of it; null before it came. */
  readonly first: { readonly awaited: AwaitedValue; readonly contents: Uint8Array } | null;
}

/** An SM2 revision as it was planned; the SESeal is looked up again by its digest. */
export interface KeptRevision {
  readonly form: 'ses' | 'cms';
  readonly objectDigest: string;
  readonly prepared: PreparedSignature;
}

/** Where a plan is encrypted. */
export function planPlace(id: string): FieldPlace {
  return { table: 'stamp_prepared', column: 'plan_cipher', row: id };
}

/** The plan without the place step, which is done, without the password, and with bytes in base64. */
export function planText({ plan, ...kept }: KeptPlan): string {
  const { record, actor, source, prepared, options, terms } = plan;
  const { sm2, awaited, first } = kept;
  return JSON.stringify({
    ...kept,
    record,
    actor,
    source,
    prepared: writtenUpdate(prepared),
    options: { time: options.time, contentsCapacity: options.contentsCapacity },
    terms: { ...terms, password: undefined },
    sm2: sm2 && { ...sm2, prepared: writtenUpdate(sm2.prepared) },
    awaited: writtenValue(awaited),
    first: first && { awaited: writtenValue(first.awaited), contents: toBase64(first.contents) },
  });
}

type Written<T, K extends keyof T> = Omit<T, K> & Readonly<Record<K, string>>;
type WrittenUpdate = Written<PreparedSignature, 'before' | 'after'>;
type WrittenValue = Written<AwaitedValue, 'toBeSigned' | 'messageDigest'>;

const writtenUpdate = (prepared: PreparedSignature): WrittenUpdate => ({
  ...prepared,
  before: toBase64(prepared.before),
  after: toBase64(prepared.after),
});
const readUpdate = (written: WrittenUpdate): PreparedSignature => ({
  ...written,
  before: fromBase64(written.before),
  after: fromBase64(written.after),
});
const writtenValue = (value: AwaitedValue): WrittenValue => ({
  ...value,
  toBeSigned: toBase64(value.toBeSigned),
  messageDigest: toBase64(value.messageDigest),
});
const readValue = (written: WrittenValue): AwaitedValue => ({
  ...written,
  toBeSigned: fromBase64(written.toBeSigned),
  messageDigest: fromBase64(written.messageDigest),
});

export function planOfText(text: string): KeptPlan {
  const kept = JSON.parse(text) as {
    readonly record: Written<EnteredPlan['record'], 'intendedAt'>;
    readonly actor: EnteredPlan['actor'];
    readonly source: { readonly stored: string };
    readonly prepared: WrittenUpdate;
    readonly options: { readonly time: string; readonly contentsCapacity: number };
    readonly terms: EnteredPlan['terms'];
    readonly sealId: string;
    readonly algorithm: SignatureAlgorithm;
    readonly sm2?: (Omit<KeptRevision, 'prepared'> & { readonly prepared: WrittenUpdate }) | null;
    readonly withPassword?: boolean;
    readonly step?: KeptPlan['step'];
    readonly awaited?: WrittenValue;
    /** Plans of the time when there was one value only say this in place of `awaited`. */
    readonly toBeSigned?: string;
    readonly first?: { readonly awaited: WrittenValue; readonly contents: string } | null;
  };
  const { record, options, sm2, awaited, first, algorithm, toBeSigned = '' } = kept;
  return {
    plan: {
      record: { ...record, intendedAt: new Date(record.intendedAt) },
      actor: kept.actor,
      source: kept.source,
      prepared: readUpdate(kept.prepared),
      options: { time: new Date(options.time), contentsCapacity: options.contentsCapacity },
      terms: kept.terms,
    },
    sealId: kept.sealId,
    algorithm,
    sm2: sm2 === undefined || sm2 === null ? null : { ...sm2, prepared: readUpdate(sm2.prepared) },
    withPassword: kept.withPassword ?? false,
    step: kept.step ?? 'pades',
    awaited: readValue(awaited ?? { algorithm, toBeSigned, messageDigest: '' }),
    first:
      first === undefined || first === null
        ? null
        : { awaited: readValue(first.awaited), contents: fromBase64(first.contents) },
  };
}

export async function insertPrepared(tx: Writer, row: Omit<StampPreparedTable, 'state'>): Promise<void> {
  await tx
    .insertInto('stamp_prepared')
    .values({ ...row, state: 'open' })
    .execute();
}

/** @returns null where the department has no such prepared stamp */
export async function findPrepared(db: Reader, id: string, department: string): Promise<PreparedRow | null> {
  const row = await db
    .selectFrom('stamp_prepared')
    .selectAll()
    .where('id', '=', id)
    .where('department', '=', department)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    department: row.department,
    state: row.state,
    planCipher: row.plan_cipher,
    expiresAt: new Date(row.expires_at),
  };
}

/** One step of a prepared stamp's life. The plan is forgotten where it ends. @returns whether it still was `from` */
export async function movePrepared(
  tx: Writer,
  id: string,
  from: StampPreparedTable['state'],
  to: StampPreparedTable['state'],
): Promise<boolean> {
  const over = to === 'finished' || to === 'given-up';
  const result = await tx
    .updateTable('stamp_prepared')
    .set({ state: to, ...(over ? { plan_cipher: null } : {}) })
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Goes on with the next value: what was finishing is open again, with the plan as it is now. @returns whether it was */
export async function continuePrepared(tx: Writer, id: string, planCipher: string): Promise<boolean> {
  const result = await tx
    .updateTable('stamp_prepared')
    .set({ state: 'open', plan_cipher: planCipher })
    .where('id', '=', id)
    .where('state', '=', 'finishing')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Gives up what nobody handed a value in for. @returns their identifiers */
export async function expirePrepared(tx: Writer, now: Date): Promise<readonly string[]> {
  const rows = await tx
    .updateTable('stamp_prepared')
    .set({ state: 'given-up', plan_cipher: null })
    .where('state', '=', 'open')
    .where('expires_at', '<', now.toISOString())
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** What a crash left in the middle waits for its value again: nothing signed has left. */
export async function reopenPrepared(tx: Writer, before: Date): Promise<void> {
  await tx
    .updateTable('stamp_prepared')
    .set({ state: 'open' })
    .where('state', '=', 'finishing')
    .where('created_at', '<', before.toISOString())
    .execute();
}
