// Tables of foundation: the audit log, and facts about this installation.

/** Append-only: the schema refuses update and delete. */
export interface AuditLogTable {
  node: string;
  /** 1, 2, 3 … without gaps within a node. */
  sequence: number;
  at: string;
  actor: string;
  department: string | null;
  action: string;
  subject: string;
  /** JSON object of texts, keys sorted. */
  details: string;
  /** `hash` of the node's previous row; the empty text in its first row. */
  previous: string;
  /** `<digest>:<hex>` over the canonical JSON of everything above, by the digest of the suite. */
  hash: string;
}

/** The end of each node's chain: where the next row links, and what tells that rows are missing at the end. */
interface AuditHeadTable {
  node: string;
  sequence: number;
  hash: string;
}

/** What was decided once, at the first start: `mode`, `suite`, `created` … */
interface InstallFactTable {
  name: string;
  value: string;
}

interface SchemaMigrationTable {
  name: string;
}

export interface FoundationTables {
  audit_log: AuditLogTable;
  audit_head: AuditHeadTable;
  install_fact: InstallFactTable;
  schema_migration: SchemaMigrationTable;
}
