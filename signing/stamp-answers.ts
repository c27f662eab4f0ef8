// Answers from the books: a stamp asked for again, or looked up.
import type { Actor } from '../storage/actor.ts';
import type { Reader } from '../storage/database.ts';
import { SigningError } from './errors.ts';
import { departmentOf, requireScope } from './seal-use.ts';
import {
  digestOfOrder,
  resultOf,
  type StampParts,
  type StampRequest,
  type StampResult,
} from './stamp-order.ts';
import { findRecentStamps, findStamp, findStampByKey, type StampRecord } from './stamp-store.ts';

/**
 * A completed stamp of the actor's department.
 * @throws SigningError `scope-missing`, `department-missing`, `stamp-not-found` (absent or another department's),
 *   `stamp-not-completed`
 */
export async function stampOf(db: Reader, actor: Actor, id: string): Promise<StampResult> {
  requireScope(actor, 'stamps:write', 'stamps:read');
  const record = await findStamp(db, id, departmentOf(actor));
  if (record === null) throw new SigningError('stamp-not-found', 'There is no such stamp.');
  if (record.state !== 'completed') {
    throw new SigningError('stamp-not-completed', `The stamp is ${record.state} and has no document.`);
  }
  return resultOf(record);
}

/** @throws SigningError `idempotency-key-invalid` */
export function checkKey(key: string): void {
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new SigningError(
      'idempotency-key-invalid',
      'An idempotency key is 1 to 200 visible ASCII characters.',
    );
  }
}

/**
 * The answer to a repeated request; null for a new one.
 * @throws SigningError `idempotency-mismatch`, `idempotency-in-progress`, `idempotency-abandoned`
 */
export async function earlierStamp(
  parts: Pick<StampParts, 'database' | 'suite'>,
  request: StampRequest,
): Promise<StampResult | null> {
  const db = parts.database.reader;
  const record = await findStampByKey(db, request.actor.id, request.idempotencyKey);
  return record === null ? null : repeated(record, digestOfOrder(request, parts.suite));
}

/** Another request with this key was quicker. */
export async function answerOfOther(
  parts: Pick<StampParts, 'database' | 'suite'>,
  request: StampRequest,
): Promise<StampResult> {
  const earlier = await earlierStamp(parts, request);
  if (earlier === null) throw new TypeError('An idempotency key in use has no stamp.');
  return earlier;
}

function repeated(record: StampRecord, requestDigest: string): StampResult {
  if (record.requestDigest !== requestDigest) {
    throw new SigningError('idempotency-mismatch', 'This idempotency key was used for another request.');
  }
  if (record.state === 'intended') {
    throw new SigningError(
      'idempotency-in-progress',
      'The first request with this idempotency key is still running.',
    );
  }
  if (record.state === 'abandoned') throw givenUp();
  return resultOf(record);
}

/** The refusal of a request that was given up. */
export function givenUp(): SigningError {
  return new SigningError(
    'idempotency-abandoned',
    'The request with this idempotency key was given up: use a new one.',
  );
}

/** The newest completed stamps of the actor's department. @throws SigningError `scope-missing`, `department-missing` */
export async function recentStamps(db: Reader, actor: Actor, limit: number): Promise<readonly StampResult[]> {
  requireScope(actor, 'stamps:write', 'stamps:read');
  const records = await findRecentStamps(db, departmentOf(actor), Math.min(limit, 200));
  return records.flatMap((record) => (record.state === 'completed' ? [resultOf(record)] : []));
}
