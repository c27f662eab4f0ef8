// Appends to the audit log: rows linked by hash, one chain per node, so nodes never wait for each other.
import type { DigestName } from '../crypto/algorithms.ts';
import { sortedJson, rowHash } from './audit-row.ts';
import type { AuditEvent, AuditLog } from './audit-log.ts';
import { beforeCommit } from './before-commit.ts';
import type { Database, Writer } from './database.ts';
import { StorageError } from './errors.ts';

/** Ten parameters a row; SQLite takes 32,766 in a statement. */
const ROWS_PER_INSERT = 1_000;
const GENESIS = { sequence: 0, hash: '' };

export interface AuditChainOptions {
  /** Name of this node, stable over restarts and unlike any other node's on the same database. */
  readonly node: string;
  /** Digest of the suite. */
  readonly digest: DigestName;
}

async function lockHead(tx: Writer, node: string): Promise<{ sequence: number; hash: string }> {
  const read = tx.selectFrom('audit_head').select(['sequence', 'hash']).where('node', '=', node).forUpdate();
  const head = await read.executeTakeFirst();
  if (head !== undefined) return head;
  await tx
    .insertInto('audit_head')
    .values({ node, ...GENESIS })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return read.executeTakeFirstOrThrow();
}

async function link(tx: Writer, options: AuditChainOptions, events: readonly AuditEvent[]): Promise<void> {
  const { node, digest } = options;
  let { sequence, hash } = await lockHead(tx, node);
  const rows = events.map((event) => {
    sequence += 1;
    const content = {
      node,
      sequence,
      at: event.at.toISOString(),
      actor: event.actor.id,
      department: event.actor.department,
      action: event.action,
      subject: event.subject,
      details: sortedJson(event.details),
      previous: hash,
    };
    hash = rowHash(content, digest);
    return { ...content, hash };
  });
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    await tx
      .insertInto('audit_log')
      .values(rows.slice(start, start + ROWS_PER_INSERT))
      .execute();
  }
  await tx.updateTable('audit_head').set({ sequence, hash }).where('node', '=', node).execute();
}

/**
 * The audit log of one node. Rows appended in a write are linked in order, last in that write: `append` resolves
 * before, and a failure to link fails the write.
 */
export function auditChain(options: AuditChainOptions): AuditLog {
  const collected = new WeakMap<Writer, AuditEvent[]>();
  const owner = {};
  return {
    append: (tx, event) => {
      if (Number.isNaN(event.at.getTime())) {
        return Promise.reject(new StorageError('query-failed', 'An audit event needs a valid time.'));
      }
      const events = collected.get(tx);
      if (events !== undefined) {
        events.push(event);
        return Promise.resolve();
      }
      const first = [event];
      try {
        beforeCommit(tx, owner, (writer) => link(writer, options, first));
      } catch (error) {
        return Promise.reject(error as Error);
      }
      collected.set(tx, first);
      return Promise.resolve();
    },
  };
}

/**
 * Writes the present heads of all other nodes into this node's chain, so that cutting one chain's end shows in another.
 * @returns how many heads were recorded; nothing is written where this node is alone.
 */
export async function crossLinkAuditChains(
  database: Database,
  log: AuditLog,
  node: string,
  at: Date,
): Promise<number> {
  const heads = await database.reader
    .selectFrom('audit_head')
    .selectAll()
    .where('node', '!=', node)
    .where('sequence', '>', 0)
    .orderBy('node')
    .execute();
  if (heads.length === 0) return 0;
  await database.write(async (tx) => {
    for (const head of heads) {
      await log.append(tx, {
        at,
        actor: { id: 'system', department: null },
        action: 'audit.cross-linked',
        subject: head.node,
        details: { sequence: String(head.sequence), hash: head.hash },
      });
    }
  });
  return heads.length;
}
