// Batches of stamps: up to a thousand documents taken in one write, worked through in the background, a result for each.
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { Suite } from '../crypto/suite.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database, Reader } from '../storage/database.ts';
import { usableDocuments } from './document-uploads.ts';
import { SigningError } from './errors.ts';
import { newIdentifier } from './identifiers.ts';
import { checkPlacing } from './placement-order.ts';
import { requestDigest, type Plain } from './request-digest.ts';
import { departmentOf, requireScope } from './seal-use.ts';
import { checkKey } from './stamp-answers.ts';
import {
  insertStampBatch,
  itemPlace,
  stampBatchById,
  stampBatchByKey,
  stampBatchItems,
  stampBatchProgress,
  stampBatches,
  type BatchCipher,
  type StampBatchItem,
  type StampBatchProgress,
} from './stamp-batch-store.ts';
import type { StampOrder } from './stamp-order.ts';

/** Documents of one batch. */
export const mostDocuments = 1000;

/**
 * One document of a batch: an order without what the batch knows. Its password lies encrypted with the order, and is
 * forgotten with it once the document is done.
 */
export type BatchOrder = Omit<StampOrder, 'actor' | 'source' | 'drawnFor'> & {
  /** Digest of a stored document. */
  readonly document: string;
  /** The caller's own name for it, told again with its result; at most 200 characters. */
  readonly reference: string | null;
};

export interface StampBatchParts {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly suite: Suite;
  readonly cipher: BatchCipher;
}

/** An order as it is kept, encrypted, until it is worked on. */
type KeptOrder = Omit<BatchOrder, 'document' | 'reference'>;

export function keptOrder(text: string): KeptOrder {
  const { approvals, ...order } = JSON.parse(text) as Omit<KeptOrder, 'approvals'> & {
    readonly approvals?: readonly (Omit<NonNullable<KeptOrder['approvals']>[number], 'at'> & {
      readonly at: string;
    })[];
  };
  if (approvals === undefined) return order;
  return { ...order, approvals: approvals.map((approval) => ({ ...approval, at: new Date(approval.at) })) };
}

/**
 * Takes a batch. Repeating the key with the same request answers how far the first one is.
 * @throws SigningError `scope-missing`, `department-missing`, `batch-invalid` (no document, too many), `placement-invalid`,
 *   `document-not-found` (absent or another department's), `idempotency-key-invalid`, `idempotency-mismatch`
 */
export async function submitStampBatch(
  parts: StampBatchParts,
  actor: Actor,
  idempotencyKey: string,
  orders: readonly BatchOrder[],
): Promise<StampBatchProgress> {
  requireScope(actor, 'stamps:write');
  const department = departmentOf(actor);
  checkKey(idempotencyKey);
  if (orders.length < 1 || orders.length > mostDocuments) {
    throw new SigningError('batch-invalid', `A batch has 1 to ${mostDocuments} documents.`);
  }
  const { reader } = parts.database;
  const digest = requestDigest({ department, orders: plainOrders(orders) }, parts.suite);
  const earlier = await earlierBatch(reader, actor, idempotencyKey, digest);
  if (earlier !== null) return earlier;
  orders.forEach((order, index) => refuseAt(index, () => checkPlacing(order)));
  const usable = await usableDocuments(reader, department, [
    ...new Set(orders.map(({ document }) => document)),
  ]);
  orders.forEach(({ document }, index) =>
    refuseAt(index, () => {
      if (!usable.has(document)) throw new SigningError('document-not-found', 'There is no such document.');
    }),
  );
  const id = newIdentifier('stb', parts.random);
  const items = orders.map(({ document, reference, ...kept }, index) => ({
    document,
    reference,
    input_cipher: parts.cipher.seal(itemPlace(id, index + 1), JSON.stringify(kept)),
  }));
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    const inserted = await insertStampBatch(
      tx,
      {
        id,
        client: actor.id,
        actor: JSON.stringify(actor),
        department,
        idempotency_key: idempotencyKey,
        request_digest: digest,
        total: orders.length,
        created_at: at.toISOString(),
      },
      items,
    );
    if (!inserted) return;
    const details = { total: String(orders.length) };
    await parts.audit.append(tx, { at, actor, action: 'stamp.batch-started', subject: id, details });
  });
  const taken = await earlierBatch(reader, actor, idempotencyKey, digest);
  if (taken === null) throw new TypeError('A batch just taken is not there.');
  return taken;
}

/** What the key is held to: without passwords, whose digest anybody could try words against. */
function plainOrders(orders: readonly BatchOrder[]): Plain {
  return JSON.parse(JSON.stringify(orders.map((order) => ({ ...order, password: undefined })))) as Plain;
}

/** Says which document of the batch is meant. */
function refuseAt(index: number, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    throw new SigningError(error.code, `Document ${index + 1}: ${error.message}`, { cause: error });
  }
}

async function earlierBatch(
  db: Reader,
  actor: Actor,
  key: string,
  digest: string,
): Promise<StampBatchProgress | null> {
  const row = await stampBatchByKey(db, actor.id, key);
  if (row === null) return null;
  if (row.request_digest !== digest) {
    throw new SigningError('idempotency-mismatch', 'This idempotency key was used for another batch.');
  }
  return stampBatchProgress(db, row);
}

/**
 * How far a batch of the actor's department is.
 * @throws SigningError `scope-missing`, `department-missing`, `batch-not-found` (absent or another department's)
 */
export async function stampBatchOf(db: Reader, actor: Actor, id: string): Promise<StampBatchProgress> {
  requireScope(actor, 'stamps:write', 'stamps:read');
  const row = await stampBatchById(db, id);
  if (row?.department !== departmentOf(actor)) throw notFound();
  return stampBatchProgress(db, row);
}

/** What came of each document, in order. @throws as `stampBatchOf` */
export async function stampBatchResults(
  db: Reader,
  actor: Actor,
  id: string,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly StampBatchItem[]> {
  await stampBatchOf(db, actor, id);
  return stampBatchItems(db, id, page.after, page.limit);
}

/**
 * Stops a batch: what is being stamped is finished, what waits is not begun. A batch that is over stays as it is.
 * @throws SigningError `scope-missing`, `department-missing`, `batch-not-found`
 */
export async function stopStampBatch(
  parts: Pick<StampBatchParts, 'database' | 'audit' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<StampBatchProgress> {
  requireScope(actor, 'stamps:write');
  await stampBatchOf(parts.database.reader, actor, id);
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    if (!(await stampBatches.cancel(tx, id, at))) return;
    await parts.audit.append(tx, { at, actor, action: 'stamp.batch-cancelled', subject: id, details: {} });
  });
  return stampBatchOf(parts.database.reader, actor, id);
}

function notFound(): SigningError {
  return new SigningError('batch-not-found', 'There is no such batch.');
}
