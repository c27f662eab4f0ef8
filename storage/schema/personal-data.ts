// Tables of personal data: keys of records, rotation of the master key, periods of keeping, holds, proofs of destruction.

/** The data key of one record, wrapped by a master key. Destroying the row is what destroys the record's personal data. */
export interface RecordKeyTable {
  /** Id of the record: a license's first version. */
  record: string;
  wrapped: string;
}

/** A rotation of the master key, and how far it is. */
export interface MasterKeyRotationTable {
  /** `mkr_…` */
  id: string;
  /** Id of the master key everything is sealed under in the end. */
  to_key: string;
  state: 'running' | 'completed';
  started_by: string;
  started_at: string;
  completed_at: string | null;
  /** Name of the sealed column that is worked on, and the last row done in it. */
  at_column: string | null;
  after_row: string | null;
  /** Values sealed anew so far. */
  resealed: number;
  /** Values that did not open under any key at hand; they stay as they are. */
  unopened: number;
}

/** How long records of a class are kept; the newest edition counts, older ones stay on record. */
export interface RetentionRuleTable {
  class: string;
  edition: number;
  /** ISO 8601: `P10Y`, `P180D`. */
  period: string;
  /** Law, article or decision it rests on. */
  basis: string;
  set_by: string;
  set_at: string;
}

/** Something that must not be destroyed, though its period is over. */
export interface LegalHoldTable {
  /** `hld_…` */
  id: string;
  class: string;
  /** Record that is held; null for every record of the class. */
  record: string | null;
  /** Encrypted. */
  reason: string;
  /** Law, order or case it rests on. */
  basis: string;
  set_by: string;
  set_at: string;
  lifted_by: string | null;
  lifted_at: string | null;
}

/** What was destroyed when and why: commitments only; append-only. */
export interface DestructionTable {
  /** `dst_…` */
  id: string;
  class: string;
  /** The record that is gone. */
  record: string;
  /** End of the record, from which the period ran; the period and its basis at that time. */
  ended_at: string;
  period: string;
  basis: string;
  destroyed_at: string;
  /** JSON: digests of what was destroyed, and how many rows of which table. */
  commitments: string;
  /** `<digest>:<hex>` over all of the above; stands in the audit chain. */
  digest: string;
}

/** A document that is to be removed from the store: asked for in the write that destroys its record. */
export interface DocumentRemovalTable {
  document: string;
  destruction: string;
  asked_at: string;
}

export interface PersonalDataTables {
  record_key: RecordKeyTable;
  master_key_rotation: MasterKeyRotationTable;
  retention_rule: RetentionRuleTable;
  legal_hold: LegalHoldTable;
  destruction: DestructionTable;
  document_removal: DocumentRemovalTable;
}
