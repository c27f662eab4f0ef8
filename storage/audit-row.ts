// One row of the audit chain: what its hash covers, in one canonical text.
import { digestNamed, labelledDigest } from '../crypto/algorithms.ts';
import type { AuditLogTable } from './schema/foundation.ts';

/** A row without its hash. */
export type AuditContent = Omit<AuditLogTable, 'hash'>;

/** JSON object with sorted keys: equal facts are equal texts. */
export function sortedJson(facts: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/**
 * `<digest>:<hex>` over a JSON array of the row's values in the order of the table.
 * @param algorithm name of the digest; a stored row is checked under the name its own hash carries.
 */
export function rowHash(row: AuditContent, algorithm: string): string {
  const { node, sequence, at, actor, department, action, subject, details, previous } = row;
  const canonical = JSON.stringify([
    node,
    sequence,
    at,
    actor,
    department,
    action,
    subject,
    details,
    previous,
  ]);
  return labelledDigest(digestNamed(algorithm).name, canonical);
}
