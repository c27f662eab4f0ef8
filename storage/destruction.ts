// Destroying records whose period is over: each in one write with its proof, which holds commitments only; documents go after it.
import { labelledDigest, type DigestName } from '../crypto/algorithms.ts';
import type { Actor } from './actor.ts';
import type { Reader, Writer } from './database.ts';
import { isReferredTo } from './document-references.ts';
import type { DocumentStore } from './documents.ts';
import { StorageError } from './errors.ts';
import {
  endedBefore,
  isHeld,
  retentionRules,
  type HoldableRecords,
  type RetentionParts,
  type RetentionRule,
} from './retention.ts';
import type { DestructionTable } from './schema/personal-data.ts';

/** A record whose end is known. */
export interface EndedRecord {
  readonly record: string;
  readonly endedAt: Date;
}

/** What a destroyed record leaves: digests and counts, nothing of anybody. */
export interface Destroyed {
  readonly commitments: Readonly<Record<string, string | number | readonly string[]>>;
  /** Documents of the store that nothing needs any more. */
  readonly documents: readonly string[];
}

/** Port: a class of records as its room knows it. */
export interface RetainedRecords extends HoldableRecords {
  /** Records that ended before `before`, by id after `after`; those that were destroyed are none any more. */
  ended(db: Reader, before: Date, after: string | null, limit: number): Promise<readonly EndedRecord[]>;
  /**
   * Destroys a record, in the write of its proof; asked again inside it whether it had ended before `before`.
   * @returns null where it is not to be destroyed after all: nothing was written then
   */
  destroy(tx: Writer, record: string, before: Date): Promise<Destroyed | null>;
}

export interface DestructionParts extends RetentionParts {
  readonly documents: DocumentStore;
  readonly digest: DigestName;
}

const PAGE = 50;
const keeper: Actor = { id: 'system', kind: 'system', department: null, scopes: [] };

/** What proves a destruction, in the one spelling that is digested: JSON of its columns in this order. */
function destructionDigest(row: Omit<DestructionTable, 'digest'>, digest: DigestName): string {
  const { id, class: name, record, ended_at, period, basis, destroyed_at, commitments } = row;
  return labelledDigest(
    digest,
    JSON.stringify([id, name, record, ended_at, period, basis, destroyed_at, commitments]),
  );
}

/**
 * One round over every class. A record that cannot be destroyed keeps none of the others: its fault is thrown at the end.
 * @returns how many records were destroyed, and how many stay because of a hold
 */
export async function destroyEnded(
  parts: DestructionParts,
  retained: readonly RetainedRecords[],
  stopped: () => boolean = () => false,
): Promise<{ readonly destroyed: number; readonly held: number }> {
  const now = parts.clock();
  const rules = await retentionRules(
    parts.database.reader,
    retained.map((records) => records.class),
    now,
  );
  let destroyed = 0;
  let held = 0;
  const faults: unknown[] = [];
  for (const [index, records] of retained.entries()) {
    const rule = rules[index];
    if (rule === undefined) continue;
    const before = endedBefore(rule.effectivePeriod, now);
    let after: string | null = null;
    for (;;) {
      const page: readonly EndedRecord[] = await records.ended(parts.database.reader, before, after, PAGE);
      for (const ended of page) {
        if (stopped()) return { destroyed, held };
        const outcome = await destroyOne(parts, records, rule, ended, before).catch((error: unknown) => {
          faults.push(error);
          return 'kept' as const;
        });
        if (outcome === 'destroyed') destroyed += 1;
        if (outcome === 'held') held += 1;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = last.record;
    }
  }
  await removeDocuments(parts);
  if (faults.length > 0)
    throw new StorageError('unavailable', `${faults.length} records could not be destroyed.`, {
      cause: faults[0],
    });
  return { destroyed, held };
}

/** Undoes a destruction under way: its record was held a moment ago. */
class HeldMeanwhile extends Error {}

async function destroyOne(...of: Parameters<typeof destroyIn>): Promise<'destroyed' | 'held' | 'kept'> {
  try {
    return await destroyIn(...of);
  } catch (error) {
    if (error instanceof HeldMeanwhile) return 'held';
    throw error;
  }
}

async function destroyIn(
  parts: DestructionParts,
  records: RetainedRecords,
  rule: RetentionRule,
  ended: EndedRecord,
  before: Date,
): Promise<'destroyed' | 'held' | 'kept'> {
  const id = `dst_${Buffer.from(parts.random(16)).toString('hex')}`;
  const at = parts.clock();
  return parts.database.write(async (tx) => {
    if (await isHeld(tx, records.class.name, ended.record)) return 'held';
    const gone = await records.destroy(tx, ended.record, before);
    if (gone === null) return 'kept';
    // Again, now that its rows are locked: a hold set from here on finds nothing left to hold, and says so.
    if (await isHeld(tx, records.class.name, ended.record)) throw new HeldMeanwhile();
    const row = {
      id,
      class: records.class.name,
      record: ended.record,
      ended_at: ended.endedAt.toISOString(),
      period: rule.effectivePeriod,
      basis: rule.basis,
      destroyed_at: at.toISOString(),
      commitments: JSON.stringify(gone.commitments),
    };
    const digest = destructionDigest(row, parts.digest);
    await tx
      .insertInto('destruction')
      .values({ ...row, digest })
      .execute();
    for (const document of new Set(gone.documents)) {
      await tx
        .insertInto('document_removal')
        .values({ document, destruction: id, asked_at: at.toISOString() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    await parts.audit.append(tx, {
      at,
      actor: keeper,
      action: 'record.destroyed',
      subject: ended.record,
      details: { proof: id, class: records.class.name, period: rule.effectivePeriod, digest },
    });
    return 'destroyed';
  });
}

/** Removes what destroyed records left in the store; one that a crash left is removed by the next round. */
async function removeDocuments(parts: DestructionParts): Promise<void> {
  for (;;) {
    const rows = await parts.database.reader
      .selectFrom('document_removal')
      .select('document')
      .limit(PAGE)
      .execute();
    if (rows.length === 0) return;
    for (const { document } of rows) {
      await parts.documents.remove(document, () => isWanted(parts.database.reader, document));
      await parts.database.write((tx) =>
        tx.deleteFrom('document_removal').where('document', '=', document).execute(),
      );
    }
  }
}

/** Whether somebody else has the same bytes: an upload that waits, or anything the books refer to. */
async function isWanted(db: Reader, document: string): Promise<boolean> {
  const upload = await db
    .selectFrom('document_upload')
    .select('digest')
    .where('digest', '=', document)
    .limit(1)
    .executeTakeFirst();
  return upload !== undefined || (await isReferredTo(db, document));
}

/** A proof, read back. */
export interface DestructionProof {
  readonly id: string;
  readonly class: string;
  readonly record: string;
  readonly endedAt: Date;
  readonly period: string;
  readonly basis: string;
  readonly destroyedAt: Date;
  readonly commitments: Readonly<Record<string, unknown>>;
  readonly digest: string;
  /** Whether the row still is what it was digested over; the audit chain holds the digest as well. */
  readonly intact: boolean;
}

/** Proofs, newest first; of one record, or all before an instant. At most `limit`. */
export async function destructions(
  db: Reader,
  digest: DigestName,
  filter: { readonly record?: string; readonly before?: Date; readonly limit: number },
): Promise<readonly DestructionProof[]> {
  const rows = await db
    .selectFrom('destruction')
    .selectAll()
    .$if(filter.record !== undefined, (q) => q.where('record', '=', filter.record ?? ''))
    .$if(filter.before !== undefined, (q) =>
      q.where('destroyed_at', '<', (filter.before ?? new Date(0)).toISOString()),
    )
    .orderBy('destroyed_at', 'desc')
    .orderBy('id')
    .limit(filter.limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    class: row.class,
    record: row.record,
    endedAt: new Date(row.ended_at),
    period: row.period,
    basis: row.basis,
    destroyedAt: new Date(row.destroyed_at),
    commitments: JSON.parse(row.commitments) as Readonly<Record<string, unknown>>,
    digest: row.digest,
    intact: destructionDigest(row, digest) === row.digest,
  }));
}
