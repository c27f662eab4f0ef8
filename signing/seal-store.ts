// Rows of seals and keepers to values and back.
import { toBase64 } from '../formats/bytes.ts';
import { formatSealCode, parseSealCode } from '../formats/identifiers/seal-code.ts';
import type { Reader, Writer } from '../storage/database.ts';
import type { SealTable } from '../storage/schema/signing.ts';
import { SigningError } from './errors.ts';
import type { SealPictureDescription } from './seal-picture/description.ts';
import { sealStates, type Seal, type SealState, type SealType } from './seal.ts';

/** What is known of a seal before its key is made. */
export interface IntendedSeal {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly type: SealType;
  readonly department: string;
  readonly departmentName: string;
  readonly picture: SealPictureDescription;
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly keepers: readonly string[];
  readonly origin: Seal['origin'];
  readonly foreignCredential: string | null;
  readonly replaces: string | null;
  readonly approvalsNeeded: number;
}

/** The lowest free code above every code of the division in use. @throws SigningError `seal-code-exhausted` */
export async function nextSealCode(db: Reader | Writer, division: string): Promise<string> {
  const row = await db
    .selectFrom('seal')
    .select((e) => e.fn.max('code').as('last'))
    .where('code', '>=', formatSealCode({ division, serial: 0 }))
    .where('code', '<=', formatSealCode({ division, serial: 99_999_999 }))
    .executeTakeFirst();
  const last = row?.last ?? null;
  const serial = last === null ? 1 : parseSealCode(last).serial + 1;
  if (serial > 99_999_999)
    throw new SigningError('seal-code-exhausted', 'The division has no seal code left.');
  return formatSealCode({ division, serial });
}

/** @returns whether the code was free and is now reserved. */
export async function insertIntendedSeal(tx: Writer, seal: IntendedSeal): Promise<boolean> {
  const result = await tx
    .insertInto('seal')
    .values({
      id: seal.id,
      code: seal.code,
      name: seal.name,
      type_code: seal.type,
      department: seal.department,
      department_name: seal.departmentName,
      picture: JSON.stringify(seal.picture),
      state: 'intended',
      state_reason: null,
      state_changed_at: seal.createdAt.toISOString(),
      valid_from: seal.validFrom.toISOString(),
      valid_until: seal.validUntil.toISOString(),
      key_id: null,
      certificate_serial: null,
      chain: null,
      created_at: seal.createdAt.toISOString(),
      created_by: seal.createdBy,
      origin: seal.origin,
      filing_number: null,
      filed_at: null,
      replaces: seal.replaces,
      foreign_credential: seal.foreignCredential,
      approvals_needed: seal.approvalsNeeded,
    })
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows !== 1n) return false;
  for (const keeper of seal.keepers) {
    await tx
      .insertInto('seal_keeper')
      .values({ seal_id: seal.id, keeper, since: seal.createdAt.toISOString() })
      .execute();
  }
  return true;
}

/** Key and certificate are there: the seal is made, and waits for its filing. @returns whether it was still intended. */
export async function completeSeal(
  tx: Writer,
  id: string,
  made: {
    readonly keyId: string;
    readonly certificateSerial: string;
    readonly chain: readonly Uint8Array[];
    readonly validFrom: Date;
    readonly validUntil: Date;
    readonly by: string;
    readonly at: Date;
  },
): Promise<boolean> {
  const result = await tx
    .updateTable('seal')
    .set({ state: 'made', state_changed_at: made.at.toISOString(), ...certified(made) })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  await insertStateChange(tx, id, { state: 'made', since: made.at, reason: '', by: made.by });
  return true;
}

/** Another edition's key, certificate and term stand for the seal from now on (续期). */
export async function recertifySeal(
  tx: Writer,
  id: string,
  made: {
    readonly keyId: string;
    readonly certificateSerial: string;
    readonly chain: readonly Uint8Array[];
    readonly validFrom: Date;
    readonly validUntil: Date;
  },
): Promise<boolean> {
  const result = await tx
    .updateTable('seal')
    .set(certified(made))
    .where('id', '=', id)
    .where('state', 'in', ['made', 'valid', 'frozen'])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

function certified(made: {
  readonly keyId: string;
  readonly certificateSerial: string;
  readonly chain: readonly Uint8Array[];
  readonly validFrom: Date;
  readonly validUntil: Date;
}) {
  return {
    valid_from: made.validFrom.toISOString(),
    valid_until: made.validUntil.toISOString(),
    key_id: made.keyId,
    certificate_serial: made.certificateSerial,
    chain: JSON.stringify(made.chain.map(toBase64)),
  };
}

/** The filing (备案) that a seal needs before its first use. @returns whether it waited for one. */
export async function writeFiling(
  tx: Writer,
  id: string,
  filing: { readonly number: string; readonly at: Date },
): Promise<boolean> {
  const result = await tx
    .updateTable('seal')
    .set({ filing_number: filing.number, filed_at: filing.at.toISOString() })
    .where('id', '=', id)
    .where('state', '=', 'made')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Who may let the seal be used, from now on. */
export async function replaceKeepers(
  tx: Writer,
  id: string,
  keepers: readonly string[],
  at: Date,
): Promise<void> {
  await tx.deleteFrom('seal_keeper').where('seal_id', '=', id).execute();
  for (const keeper of new Set(keepers)) {
    await tx.insertInto('seal_keeper').values({ seal_id: id, keeper, since: at.toISOString() }).execute();
  }
}

/** Frees the codes of seals whose making was interrupted. @returns their ids. */
export async function abandonIntendedSeals(
  tx: Writer,
  which: { readonly id: string } | { readonly before: Date },
  at: Date,
): Promise<readonly string[]> {
  const rows = await tx
    .updateTable('seal')
    .set({ state: 'abandoned', state_changed_at: at.toISOString() })
    .where('state', '=', 'intended')
    .$if('id' in which, (q) => ('id' in which ? q.where('id', '=', which.id) : q))
    .$if('before' in which, (q) =>
      'before' in which ? q.where('created_at', '<', which.before.toISOString()) : q,
    )
    .returning('id')
    .execute();
  return rows.map((row) => row.id);
}

/** Changes the state where it still is `from`, and writes it into the history. @returns whether it was. */
export async function updateSealState(
  tx: Writer,
  id: string,
  change: {
    readonly from: SealState;
    readonly to: SealState;
    readonly reason: string;
    readonly by: string;
    readonly at: Date;
  },
): Promise<boolean> {
  const result = await tx
    .updateTable('seal')
    .set({ state: change.to, state_reason: change.reason, state_changed_at: change.at.toISOString() })
    .where('id', '=', id)
    .where('state', '=', change.from)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) return false;
  await insertStateChange(tx, id, {
    state: change.to,
    since: change.at,
    reason: change.reason,
    by: change.by,
  });
  return true;
}

/** One state and the instant from which it held. */
export interface SealStateEntry {
  readonly state: SealState;
  readonly since: Date;
  readonly reason: string;
  readonly by: string;
}

async function insertStateChange(tx: Writer, id: string, entry: SealStateEntry): Promise<void> {
  const last = await tx
    .selectFrom('seal_state_change')
    .select((e) => e.fn.max<number | null>('number').as('number'))
    .where('seal_id', '=', id)
    .executeTakeFirst();
  await tx
    .insertInto('seal_state_change')
    .values({
      seal_id: id,
      number: (last?.number ?? 0) + 1,
      state: entry.state,
      since: entry.since.toISOString(),
      reason: entry.reason,
      changed_by: entry.by,
    })
    .execute();
}

/** Every state a seal ever had, oldest first. */
export async function stateHistory(db: Reader, id: string): Promise<readonly SealStateEntry[]> {
  const rows = await db
    .selectFrom('seal_state_change')
    .selectAll()
    .where('seal_id', '=', id)
    .orderBy('number')
    .execute();
  return rows.map((row) => ({
    state: row.state,
    since: new Date(row.since),
    reason: row.reason,
    by: row.changed_by,
  }));
}

/** @returns null where no such seal was made. */
export async function findSeal(
  db: Reader | Writer,
  by: { readonly id: string } | { readonly code: string },
): Promise<Seal | null> {
  const [column, value] = 'id' in by ? (['id', by.id] as const) : (['code', by.code] as const);
  const row = await db
    .selectFrom('seal')
    .selectAll()
    .where(column, '=', value)
    .where('state', 'in', sealStates)
    .executeTakeFirst();
  return row === undefined ? null : sealOf(row, await keepersOf(db, row.id));
}

/** The department's seals in the order of their codes; null: everybody's. */
export async function findSealsOf(db: Reader, department: string | null): Promise<readonly Seal[]> {
  const rows = await db
    .selectFrom('seal')
    .selectAll()
    .$if(department !== null, (query) => query.where('department', '=', department ?? ''))
    .where('state', 'in', sealStates)
    .orderBy('code')
    .execute();
  return Promise.all(rows.map(async (row) => sealOf(row, await keepersOf(db, row.id))));
}

async function keepersOf(db: Reader | Writer, id: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('seal_keeper')
    .select('keeper')
    .where('seal_id', '=', id)
    .orderBy('keeper')
    .execute();
  return rows.map((row) => row.keeper);
}

function sealOf(row: SealTable, keepers: readonly string[]): Seal {
  if (row.state === 'intended' || row.state === 'abandoned' || row.key_id === null || row.chain === null) {
    throw new TypeError(`The seal ${row.id} is not made.`);
  }
  return {
    id: row.id,
    code: row.code,
    name: row.name,
    type: row.type_code,
    department: row.department,
    departmentName: row.department_name,
    picture: JSON.parse(row.picture) as SealPictureDescription,
    state: row.state,
    stateSince: new Date(row.state_changed_at),
    validFrom: new Date(row.valid_from),
    validUntil: new Date(row.valid_until),
    keyId: row.key_id,
    certificateSerial: row.certificate_serial ?? '',
    chain: (JSON.parse(row.chain) as string[]).map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
    createdAt: new Date(row.created_at),
    keepers,
    origin: row.origin,
    foreignCredential: row.foreign_credential,
    filingNumber: row.filing_number,
    replaces: row.replaces,
    approvalsNeeded: row.approvals_needed,
  };
}
