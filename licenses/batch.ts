// Batches of licenses: up to ten thousand rows taken durably, worked through in the background, a result for each.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toHex } from '../formats/bytes.ts';
import type { Actor } from '../storage/actor.ts';
import type { Reader } from '../storage/database.ts';
import type { LicenseBatchTable } from '../storage/schema/license-batches.ts';
import { keptOrder, type BatchOrder } from './batch-order.ts';
import { LicenseError } from './errors.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import type { LicenseParts } from './parts.ts';
import {
  insertItems,
  insertLicenseBatch,
  itemPlace,
  licenseBatchById,
  licenseBatchByKey,
  licenseBatchesOf,
  licenseBatchItems,
  licenseBatchProgress,
  startLicenseBatch,
  type LicenseBatchItem,
  type LicenseBatchProgress,
  type NewItem,
} from './batch-store.ts';
import { licenseBatches } from './batch-work-store.ts';

/** Rows of one batch. */
export const MOST_ROWS = 10_000;
/** Rows taken in one write, so that others get their turn in between. */
const ROWS_A_WRITE = 100;
/** Batches that a list tells. */
const LISTED = 100;

export type BatchKind = LicenseBatchTable['kind'];

/** A row as it was read; `reference` is the caller's own name for it. */
export type BatchRow = { readonly reference: string | null } & (
  { readonly order: BatchOrder } | { readonly refused: { readonly code: string; readonly message: string } }
);

export interface BatchRequest {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  /** `import` takes over licenses of before: every row names its original. */
  readonly kind: BatchKind;
  /** 实施编码 of every row that names none. */
  readonly matter: string;
  readonly rows: readonly BatchRow[];
}

/** The scope that a batch of this kind needs. */
function scopeOf(kind: BatchKind): string {
  return kind === 'import' ? 'licenses:import' : 'licenses:write';
}

/**
 * Takes a batch: its rows are written some at a time, and it is worked on when the last is there. Repeating the key with the
 * same rows finishes what an interruption left out, and answers how far the batch is.
 * @throws LicenseError `scope-missing`, `department-missing`, `batch-invalid` (no rows, too many, a row of the other kind),
 *   `matter-not-permitted`, `idempotency-key-invalid`, `idempotency-mismatch`
 */
export async function submitLicenseBatch(
  parts: LicenseParts,
  request: BatchRequest,
): Promise<LicenseBatchProgress> {
  const { actor, idempotencyKey, kind, matter, rows } = request;
  requireScope(actor, scopeOf(kind));
  const department = departmentOf(actor);
  checkKey(idempotencyKey);
  checkRows(request);
  const digest = await digestOfBatch(parts, request);
  const now = parts.clock();
  const id = `lib_${toHex(parts.random(16))}`;
  await parts.database.write(async (tx) => {
    const inserted = await insertLicenseBatch(tx, {
      id,
      kind,
      client: actor.id,
      actor: JSON.stringify(actor),
      department,
      matter,
      idempotency_key: idempotencyKey,
      request_digest: digest,
      total: rows.length,
      created_at: now.toISOString(),
    });
    if (!inserted) return;
    const details = { kind, matter, total: String(rows.length) };
    await parts.audit.append(tx, { at: now, actor, action: 'license.batch-started', subject: id, details });
  });
  const batch = await licenseBatchByKey(parts.database.reader, actor.id, idempotencyKey);
  if (batch === null) throw new TypeError('A batch just taken is not there.');
  if (batch.request_digest !== digest)
    throw new LicenseError('idempotency-mismatch', 'This idempotency key was used for another batch.');
  if (batch.state === 'receiving') await receive(parts, batch.id, rows);
  return readLicenseBatch(parts.database.reader, actor, batch.id);
}

function checkRows({ kind, matter, rows }: BatchRequest): void {
  if (rows.length < 1 || rows.length > MOST_ROWS)
    throw new LicenseError('batch-invalid', `A batch has 1 to ${MOST_ROWS} rows.`);
  if (!/^[\x21-\x7e]{1,40}$/.test(matter))
    throw new LicenseError('matter-not-permitted', 'A matter is named by its implementation code.');
  const other = rows.findIndex(
    (row) => 'order' in row && (row.order.original !== undefined) !== (kind === 'import'),
  );
  if (other >= 0)
    throw new LicenseError(
      'batch-invalid',
      kind === 'import'
        ? `Row ${other + 1} names no original: what is taken over was issued before.`
        : `Row ${other + 1} names an original: licenses of before are taken over by a batch of imports.`,
    );
}

/** Keyed, row by row: rows hold names and numbers. */
async function digestOfBatch(parts: LicenseParts, request: BatchRequest): Promise<string> {
  const { actor, kind, matter, rows } = request;
  const digests: string[] = [];
  for (const [index, row] of rows.entries()) {
    digests.push(parts.index.of('license.batch-row', textOf(row)));
    if (index % ROWS_A_WRITE === ROWS_A_WRITE - 1) await nextTurn();
  }
  return parts.index.of('license.batch', JSON.stringify([actor.department, kind, matter, digests]));
}

function textOf(row: BatchRow): string {
  const { reference } = row;
  return JSON.stringify([reference, 'order' in row ? keptOrder(row.order) : row.refused]);
}

async function receive(parts: LicenseParts, batch: string, rows: readonly BatchRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_A_WRITE) {
    const items = rows.slice(start, start + ROWS_A_WRITE).map((row, index): NewItem => {
      const position = start + index + 1;
      const { reference } = row;
      if ('refused' in row) return { position, reference, input_cipher: null, ...row.refused };
      const input_cipher = parts.cipher.seal(itemPlace(batch, position), keptOrder(row.order));
      return { position, reference, input_cipher, code: null, message: null };
    });
    await parts.database.write((tx) => insertItems(tx, batch, items, parts.clock()));
    await nextTurn();
  }
  await parts.database.write((tx) => startLicenseBatch(tx, batch));
}

/**
 * How far a batch of the actor's department is.
 * @throws LicenseError `scope-missing`, `department-missing`, `batch-not-found` (absent or another department's)
 */
export async function readLicenseBatch(db: Reader, actor: Actor, id: string): Promise<LicenseBatchProgress> {
  return licenseBatchProgress(db, await ownBatch(db, actor, id));
}

/** The department's newest batches. @throws LicenseError `scope-missing`, `department-missing` */
export async function listLicenseBatches(db: Reader, actor: Actor): Promise<readonly LicenseBatchProgress[]> {
  requireScope(actor, 'licenses:write', 'licenses:import', 'licenses:read');
  const rows = await licenseBatchesOf(db, departmentOf(actor), LISTED);
  const all: LicenseBatchProgress[] = [];
  for (const row of rows) all.push(await licenseBatchProgress(db, row));
  return all;
}

/** What came of each row, in order. @throws as `readLicenseBatch` */
export async function licenseBatchResults(
  db: Reader,
  actor: Actor,
  id: string,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly LicenseBatchItem[]> {
  await ownBatch(db, actor, id);
  return licenseBatchItems(db, id, page.after, page.limit);
}

/**
 * Stops a batch: what is being issued is finished, what waits is not begun and is forgotten. One that is over stays as it is.
 * @throws as `readLicenseBatch`
 */
export async function stopLicenseBatch(
  parts: Pick<LicenseParts, 'database' | 'audit' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<LicenseBatchProgress> {
  const batch = await ownBatch(parts.database.reader, actor, id);
  requireScope(actor, scopeOf(batch.kind));
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    if (!(await licenseBatches.cancel(tx, id, at))) return;
    await parts.audit.append(tx, { at, actor, action: 'license.batch-cancelled', subject: id, details: {} });
  });
  return readLicenseBatch(parts.database.reader, actor, id);
}

async function ownBatch(db: Reader, actor: Actor, id: string): Promise<LicenseBatchTable> {
  requireScope(actor, 'licenses:write', 'licenses:import', 'licenses:read');
  const row = await licenseBatchById(db, id);
  if (row?.department !== departmentOf(actor))
    throw new LicenseError('batch-not-found', 'There is no such batch.');
  return row;
}
