// Appends to the audit log: rows linked by hash, one chain per node, so nodes never wait for each other.
import { CompiledQuery } from 'kysely';
import type { DigestName } from '../crypto/algorithms.ts';
import { sortedJson, rowHash } from './audit-row.ts';
import type { AuditEvent, AuditLog } from './audit-log.ts';
import { beforeCommit } from './before-commit.ts';
import type { Database, Writer } from './database.ts';
import { StorageError } from './errors.ts';
import { promised } from './promised.ts';

const GENESIS = { sequence: 0, hash: '' };

export interface AuditChainOptions {
  /** Name of this node, stable over restarts and unlike any other node's on the same database. */
  readonly node: string;
  /** Digest of the suite. */
  readonly digest: DigestName;
}

interface Statements {
  readonly lockHead: string;
  readonly insertRow: string;
  readonly moveHead: string;
}

const statements = new WeakMap<object, Statements>();

/** Building a query costs several times its run, and every write that leaves a trace runs these three: built once. */
function statementsOf(tx: Writer): Statements {
  const { adapter } = tx.getExecutor();
  let known = statements.get(adapter);
  if (known === undefined) {
    const text = '';
    known = {
      lockHead: tx
        .selectFrom('audit_head')
        .select(['sequence', 'hash'])
        .where('node', '=', text)
        .forUpdate()
        .compile().sql,
      insertRow: tx
        .insertInto('audit_log')
        .values({
          node: text,
          sequence: 0,
          at: text,
          actor: text,
          department: text,
          action: text,
          subject: text,
          details: text,
          previous: text,
          hash: text,
        })
        .compile().sql,
      moveHead: tx
        .updateTable('audit_head')
        .set({ sequence: 0, hash: text })
        .where('node', '=', text)
        .compile().sql,
    };
    statements.set(adapter, known);
  }
  return known;
}

interface Head {
  readonly sequence: number;
  readonly hash: string;
}

async function readHead(tx: Writer, sql: string, node: string): Promise<Head | null> {
  const query = CompiledQuery.raw(sql, [node]) as CompiledQuery<Head>;
  return (await tx.executeQuery(query)).rows[0] ?? null;
}

async function lockHead(tx: Writer, sql: string, node: string): Promise<Head> {
  const head = await readHead(tx, sql, node);
  if (head !== null) return head;
  await tx
    .insertInto('audit_head')
    .values({ node, ...GENESIS })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // Another write of this node may have begun the chain meanwhile.
  return (await readHead(tx, sql, node)) ?? GENESIS;
}

async function link(tx: Writer, options: AuditChainOptions, events: readonly AuditEvent[]): Promise<void> {
  const { node, digest } = options;
  const { lockHead: lockSql, insertRow, moveHead } = statementsOf(tx);
  let { sequence, hash } = await lockHead(tx, lockSql, node);
  for (const event of events) {
    sequence += 1;
    const content = {
      node,
      sequence,
      at: event.at.toISOString(),
      actor: event.actor.id,
      department: event.actor.department,
      action: event.action,
      subject: event.subject,
      details: sortedJson(detailsOf(event)),
      previous: hash,
    };
    hash = rowHash(content, digest);
    // The parameters stand in the order in which the statement was built.
    await tx.executeQuery(CompiledQuery.raw(insertRow, [...Object.values(content), hash]));
  }
  await tx.executeQuery(CompiledQuery.raw(moveHead, [sequence, hash, node]));
}

/** Who acts for an enterprise is on record under both names, whatever the event. */
function detailsOf({ actor, details }: AuditEvent): AuditEvent['details'] {
  const actingFor = actor.actingFor ?? null;
  return actingFor === null ? details : { ...details, actingFor };
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
      return promised(() => {
        beforeCommit(tx, owner, (writer) => link(writer, options, first));
        collected.set(tx, first);
      });
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
