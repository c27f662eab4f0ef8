// Reads the audit chains back and finds the first place where one does not hold.
import { sql } from 'kysely';
import { rowHash } from './audit-row.ts';
import type { Reader } from './database.ts';
import type { AuditLogTable } from './schema/foundation.ts';

const PAGE = 1_000;

type AuditBreak =
  /** A sequence number is missing or out of order. */
  | 'gap'
  /** A row's own hash does not fit its content. */
  | 'row-changed'
  /** A row does not carry its predecessor's hash. */
  | 'link-broken'
  /** The chain ends before or after its recorded head, or at another hash. */
  | 'end-cut'
  /** Another node recorded a row of this chain that is missing or different. */
  | 'cross-link-broken';

export type AuditVerdict =
  | { readonly intact: true; readonly rows: number }
  | {
      readonly intact: false;
      readonly rows: number;
      readonly node: string;
      readonly sequence: number;
      readonly reason: AuditBreak;
    };

function algorithmOf(hash: string): string {
  return hash.slice(0, hash.indexOf(':'));
}

function hashHolds(row: AuditLogTable): boolean {
  try {
    return rowHash(row, algorithmOf(row.hash)) === row.hash;
  } catch {
    // A hash under no known name proves nothing.
    return false;
  }
}

async function crossLinkHolds(reader: Reader, row: AuditLogTable): Promise<boolean> {
  const { sequence, hash } = JSON.parse(row.details) as { sequence?: unknown; hash?: unknown };
  const other = await reader
    .selectFrom('audit_log')
    .select('hash')
    .where('node', '=', row.subject)
    .where('sequence', '=', Number(sequence))
    .executeTakeFirst();
  return other?.hash === hash;
}

async function verifyNode(
  reader: Reader,
  node: string,
  upTo: number,
  headHash: string,
): Promise<AuditVerdict> {
  let expected = 1;
  let previous = '';
  const broken = (sequence: number, reason: AuditBreak): AuditVerdict => ({
    intact: false,
    rows: expected - 1,
    node,
    sequence,
    reason,
  });
  for (;;) {
    const page = await reader
      .selectFrom('audit_log')
      .selectAll()
      .where('node', '=', node)
      .where('sequence', '>=', expected)
      .orderBy('sequence')
      .limit(PAGE)
      .execute();
    for (const row of page) {
      if (row.sequence !== expected) return broken(expected, 'gap');
      if (!hashHolds(row)) return broken(expected, 'row-changed');
      if (row.previous !== previous) return broken(expected, 'link-broken');
      if (row.action === 'audit.cross-linked' && !(await crossLinkHolds(reader, row))) {
        return broken(expected, 'cross-link-broken');
      }
      previous = row.hash;
      expected += 1;
    }
    if (page.length < PAGE) break;
  }
  if (expected - 1 !== upTo || previous !== headHash) return broken(expected, 'end-cut');
  return { intact: true, rows: expected - 1 };
}

/**
 * Checks every row of one node's chain, or of all nodes', in pages and on one snapshot.
 * Whoever owns the database can rewrite a whole chain with its head; what other nodes and backups recorded then differs.
 */
export async function verifyAuditChain(reader: Reader, node?: string): Promise<AuditVerdict> {
  return reader
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (snapshot) => {
      const heads = await snapshot.selectFrom('audit_head').selectAll().orderBy('node').execute();
      const known = new Map(heads.map((head) => [head.node, head]));
      const names = await snapshot
        .selectFrom('audit_log')
        .select(sql<string>`node`.as('node'))
        .distinct()
        .execute();
      const nodes = new Set([...known.keys(), ...names.map((row) => row.node)]);
      let rows = 0;
      for (const name of [...nodes].sort()) {
        if (node !== undefined && name !== node) continue;
        const head = known.get(name);
        const verdict = await verifyNode(snapshot, name, head?.sequence ?? 0, head?.hash ?? '');
        rows += verdict.rows;
        if (!verdict.intact) return { ...verdict, rows };
      }
      return { intact: true, rows };
    });
}
