// Tables of issuing in bulk: batches with their rows, originals of licenses taken over, documents stamped by cases.

export interface LicenseBatchTable {
  /** `lib_…` */
  id: string;
  kind: 'issue' | 'import';
  client: string;
  /** JSON of the actor, for whom every license of the batch is issued. */
  actor: string;
  department: string;
  /** 实施编码 of every row that names none. */
  matter: string;
  idempotency_key: string;
  /** Keyed digest of all that was asked for. */
  request_digest: string;
  /** `receiving` until every row is here: it is not worked on before. */
  state: 'receiving' | 'running' | 'completed' | 'cancelled';
  total: number;
  /** Which process works on it, until `leased_until`. */
  runner: string | null;
  leased_until: string | null;
  created_at: string;
  completed_at: string | null;
}

export interface LicenseBatchItemTable {
  batch: string;
  /** 1, 2, 3 … */
  position: number;
  /** The caller's own name for it; no personal value belongs there. */
  reference: string | null;
  state: 'waiting' | 'done' | 'refused' | 'cancelled';
  /** The row as it was read, encrypted; null once it is finished. */
  input_cipher: string | null;
  /** How often its issue was begun: each beginning has an idempotency key of its own. */
  attempts: number;
  /** `lic_…` */
  license: string | null;
  /** Refusal code. */
  code: string | null;
  /** The refusal in words; holds no personal value. */
  message: string | null;
  finished_at: string | null;
}

/** What a license that was not issued here was taken over from. */
export interface LicenseOriginalTable {
  license: string;
  kind: 'paper' | 'file';
  /** 可信等级; A, issued here, has no row. */
  trust: 'B' | 'C' | 'D';
  /** Day of issue as the original says. */
  issued_on: string;
  /** Which officer compared the original with the data, by staff number or account, and on which day. */
  compared_by: string | null;
  compared_on: string | null;
  /** Digest of the file, or of the scan. */
  document: string | null;
  document_size: number | null;
  /** What verification said of the file when it was taken over; null where it bears no signature. */
  conclusion: string | null;
  sub_indication: string | null;
  verified_at: string | null;
  /** Encrypted JSON of that report. */
  report: string | null;
}

/** Documents that a case stamped, in order; the first is also the act's own. */
export interface LicenseActStampTable {
  act: string;
  position: number;
  /** `stp_…` */
  stamp: string;
}

export interface LicenseBatchTables {
  license_batch: LicenseBatchTable;
  license_batch_item: LicenseBatchItemTable;
  license_original: LicenseOriginalTable;
  license_act_stamp: LicenseActStampTable;
}
