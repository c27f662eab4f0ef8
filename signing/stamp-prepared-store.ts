// Rows of stamps that wait for a value made elsewhere, and their plan as text.
import type { FieldPlace } from '../crypto/field-cipher.ts';
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { StampPreparedTable } from '../storage/schema/stamp-batches.ts';
import type { PreparedSignature } from './prepared-update.ts';
import type { Seal } from './seal.ts';
import type { EnteredPlan } from './stamp-order.ts';

export interface PreparedRow {
  readonly id: string;
  readonly department: string;
  readonly state: StampPreparedTable['state'];
  readonly planCipher: string | null;
  readonly expiresAt: Date;
}

/** What is kept between preparing and finishing: the plan, and what has to be signed. */
export interface KeptPlan {
  readonly plan: Omit<EnteredPlan, 'seal'>;
  readonly sealId: string;
  readonly algorithm: SignatureAlgorithm;
  /** The signed attributes, DER. */
  readonly toBeSigned: Uint8Array;
}

/** Where a plan is encrypted. */
export function planPlace(id: string): FieldPlace {
  return { table: 'stamp_prepared', column: 'plan_cipher', row: id };
}

/** The plan without the place step, which is done, and with bytes in base64. */
export function planText({ plan, sealId, algorithm, toBeSigned }: KeptPlan): string {
  const { record, actor, source, prepared, options, terms } = plan;
  return JSON.stringify({
    record,
    actor,
    source,
    prepared: { ...prepared, before: toBase64(prepared.before), after: toBase64(prepared.after) },
    options: { time: options.time, contentsCapacity: options.contentsCapacity },
    terms,
    sealId,
    algorithm,
    toBeSigned: toBase64(toBeSigned),
  });
}

type Written<T, K extends keyof T> = Omit<T, K> & Readonly<Record<K, string>>;

export function planOfText(text: string): KeptPlan {
  const kept = JSON.parse(text) as {
    readonly record: Written<EnteredPlan['record'], 'intendedAt'>;
    readonly actor: EnteredPlan['actor'];
    readonly source: { readonly stored: string };
    readonly prepared: Written<PreparedSignature, 'before' | 'after'>;
    readonly options: { readonly time: string; readonly contentsCapacity: number };
    readonly terms: EnteredPlan['terms'];
    readonly sealId: string;
    readonly algorithm: SignatureAlgorithm;
    readonly toBeSigned: string;
  };
  const { prepared, record, options } = kept;
  return {
    plan: {
      record: { ...record, intendedAt: new Date(record.intendedAt) },
      actor: kept.actor,
      source: kept.source,
      prepared: { ...prepared, before: fromBase64(prepared.before), after: fromBase64(prepared.after) },
      options: { time: new Date(options.time), contentsCapacity: options.contentsCapacity },
      terms: kept.terms,
      sm2: null,
    },
    sealId: kept.sealId,
    algorithm: kept.algorithm,
    toBeSigned: fromBase64(kept.toBeSigned),
  };
}

/** The plan with its seal as it is now. */
export function withSeal(plan: KeptPlan['plan'], seal: Seal): EnteredPlan {
  return { ...plan, seal };
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
