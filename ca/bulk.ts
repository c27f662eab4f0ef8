// Bulk operations: many enrolments or revocations taken in one write, worked through in the background, row by row.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fromBase64, toBase64, toHex } from '../formats/bytes.ts';
import type { RevocationReason } from '../formats/x509/crl.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { EnrolmentParts, EnrolmentRequest } from './enrolment.ts';
import { CaError } from './errors.ts';
import { subjectKeyOf, type Sight, type SubjectQuery } from './register.ts';
import {
  batchById,
  batchByKey,
  insertBatch,
  insertFiltered,
  insertItems,
  itemPlace,
  itemsAfter,
  progressOf,
  setTotal,
  type BatchItem,
  type BatchProgress,
  type NewItem,
  type RevocationFilter,
} from './bulk-store.ts';

/** Rows of one batch that are sent. */
export const MAX_ROWS = 10_000;
/** Certificates that one filter may name. */
const MAX_FILTERED = 100_000;
/** Sealing takes some microseconds a row: others get their turn in between. */
const ROWS_A_TURN = 200;

/** One row of a bulk enrolment; keys are brought (CSR), because nobody waits at the other end for a key made here. */
export type BulkEnrolment = Omit<EnrolmentRequest, 'actor' | 'idempotencyKey' | 'key'> & {
  readonly csr: Uint8Array;
};

/** A row as the caller's edge read it. */
export type BulkRow =
  { readonly row: BulkEnrolment } | { readonly refused: { readonly code: string; readonly message: string } };

export interface RevocationSettings {
  readonly reason: RevocationReason;
  /** ISO 8601 or null. */
  readonly invalidityDate: string | null;
}

export type BulkRevocation = RevocationSettings & {
  readonly target:
    | { readonly serials: readonly string[] }
    | {
        readonly authority?: string | undefined;
        readonly profile?: string | undefined;
        readonly subject?: SubjectQuery | undefined;
        readonly issuedBefore?: Date | undefined;
      };
};

interface Submission {
  readonly actor: Actor;
  readonly idempotencyKey: string;
}

/** The row of a bulk enrolment as it is kept, encrypted, until it is worked on. */
function enrolmentText(row: BulkEnrolment): string {
  return JSON.stringify({ ...row, csr: toBase64(row.csr) });
}

export function enrolmentOfText(text: string): BulkEnrolment {
  const { csr, ...row } = JSON.parse(text) as Omit<BulkEnrolment, 'csr'> & { readonly csr: string };
  return { ...row, csr: fromBase64(csr) };
}

/**
 * Takes a bulk enrolment. Rows the edge could not read are in it as refused.
 * @throws CaError `batch-invalid` (no row, too many), `idempotency-mismatch`.
 */
export async function submitEnrolments(
  parts: EnrolmentParts,
  submission: Submission,
  rows: readonly BulkRow[],
): Promise<BatchProgress> {
  requireCount(rows.length, MAX_ROWS);
  const id = newId(parts);
  const items: NewItem[] = [];
  const digest: string[] = [];
  for (const [index, each] of rows.entries()) {
    if ('row' in each) {
      const text = enrolmentText(each.row);
      digest.push(text);
      items.push({
        state: 'waiting',
        cipher: parts.cipher.seal(itemPlace(id, index + 1), text),
        serial: null,
      });
    } else {
      digest.push(each.refused.message);
      items.push({ state: 'refused', ...each.refused });
    }
    if (index % ROWS_A_TURN === 0) await nextTurn();
  }
  const request = { kind: 'enrol' as const, settings: '{}', digest: JSON.stringify(digest) };
  return submit(parts, submission, id, request, async (tx, at) => {
    await insertItems(tx, id, items, at);
    return items.length;
  });
}

/**
 * Takes a bulk revocation, of serials or of everything in force that fits a filter.
 * @throws CaError `batch-invalid` (nothing meant, too many, a reason that is a hold), `idempotency-mismatch`.
 */
export async function submitRevocations(
  parts: EnrolmentParts,
  submission: Submission & { readonly sight: Sight },
  { reason, invalidityDate, target }: BulkRevocation,
): Promise<BatchProgress> {
  if (reason === 'certificateHold' || reason === 'removeFromCRL') {
    throw new CaError('batch-invalid', 'A hold is no revocation.');
  }
  const { sight } = submission;
  const id = newId(parts);
  const settings: RevocationSettings & { readonly sight: Sight } = { reason, invalidityDate, sight };
  const common = { kind: 'revoke' as const, settings: JSON.stringify(settings) };
  if ('serials' in target) {
    const serials = [...new Set(target.serials.map((serial) => serial.toLowerCase()))];
    requireCount(serials.length, MAX_ROWS);
    const items = serials.map((serial): NewItem => ({ state: 'waiting', cipher: null, serial }));
    const digest = JSON.stringify([reason, invalidityDate, serials]);
    return submit(parts, submission, id, { ...common, digest }, async (tx, at) => {
      await insertItems(tx, id, items, at);
      return items.length;
    });
  }
  const { authority, profile, subject, issuedBefore } = target;
  if (authority === undefined && subject === undefined) {
    throw new CaError('batch-invalid', 'A filter names an authority or a subject, or both.');
  }
  const filter: RevocationFilter = {
    authority,
    profile,
    subjectKey: subject === undefined ? undefined : subjectKeyOf(parts.index, subject),
    issuedBefore,
    department: sight.all ? null : (sight.department ?? ''),
  };
  const digest = JSON.stringify([reason, invalidityDate, filter]);
  return submit(parts, submission, id, { ...common, digest }, async (tx, at) => {
    const count = await insertFiltered(tx, id, filter, at, MAX_FILTERED);
    requireCount(count, MAX_FILTERED);
    return count;
  });
}

async function submit(
  parts: EnrolmentParts,
  { actor, idempotencyKey }: Submission,
  id: string,
  request: { readonly kind: 'enrol' | 'revoke'; readonly settings: string; readonly digest: string },
  fill: (tx: Writer, at: Date) => Promise<number>,
): Promise<BatchProgress> {
  // Keyed: rows hold numbers of persons.
  const digest = parts.index.of('enrolment.request', `${request.kind} ${request.digest}`);
  const earlier = await earlierBatch(parts, actor, idempotencyKey, digest);
  if (earlier !== null) return earlier;
  const taken = await parts.database.write(async (tx) => {
    const at = parts.clock();
    const inserted = await insertBatch(tx, {
      id,
      kind: request.kind,
      client: actor.id,
      actor: JSON.stringify(actor),
      department: actor.department,
      idempotency_key: idempotencyKey,
      request_digest: digest,
      settings: request.settings,
      total: 0,
      created_at: at.toISOString(),
    });
    if (!inserted) return false;
    const total = await fill(tx, at);
    await setTotal(tx, id, total);
    await parts.audit.append(tx, {
      at,
      actor,
      action: 'ca.batch-started',
      subject: id,
      details: { kind: request.kind, total: String(total) },
    });
    return true;
  });
  if (taken) return batchProgress(parts, { all: true }, id);
  return (
    (await earlierBatch(parts, actor, idempotencyKey, digest)) ?? batchProgress(parts, { all: true }, id)
  );
}

async function earlierBatch(
  parts: EnrolmentParts,
  actor: Actor,
  key: string,
  digest: string,
): Promise<BatchProgress | null> {
  const row = await batchByKey(parts.database.reader, actor.id, key);
  if (row === null) return null;
  if (row.request_digest !== digest) {
    throw new CaError('idempotency-mismatch', 'The Idempotency-Key was used for another request.');
  }
  return progressOf(parts.database.reader, row);
}

/** @throws CaError `batch-not-found`, also for another department's. */
export async function batchProgress(
  parts: Pick<EnrolmentParts, 'database'>,
  sight: Sight,
  id: string,
): Promise<BatchProgress> {
  const row = await batchById(parts.database.reader, id);
  if (row === null || !(sight.all || (row.department !== null && row.department === sight.department))) {
    throw new CaError('batch-not-found', 'There is no such batch.');
  }
  return progressOf(parts.database.reader, row);
}

/** Results of a batch's rows, in order. @throws CaError `batch-not-found`. */
export async function batchItems(
  parts: Pick<EnrolmentParts, 'database'>,
  sight: Sight,
  id: string,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly BatchItem[]> {
  await batchProgress(parts, sight, id);
  return itemsAfter(parts.database.reader, id, page.after, page.limit);
}

function requireCount(count: number, most: number): void {
  if (count === 0) throw new CaError('batch-invalid', 'The batch is about nothing.');
  if (count > most) throw new CaError('batch-invalid', `A batch has at most ${most} rows: split it.`);
}

function newId(parts: EnrolmentParts): string {
  return `bat_${toHex(parts.random(16))}`;
}
