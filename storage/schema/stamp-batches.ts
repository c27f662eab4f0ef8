// Tables of bulk stamping: uploads, batches with their items, and stamps that wait for a value made elsewhere.

interface DocumentUploadTable {
  /** Unified social credit code of those who may use it. */
  department: string;
  digest: string;
  size: number;
  client: string;
  uploaded_at: string;
}

export interface StampBatchTable {
  /** `stb_…` */
  id: string;
  client: string;
  /** JSON of the actor, for whom every stamp of the batch is made. */
  actor: string;
  department: string;
  idempotency_key: string;
  /** Labelled digest of all that was asked for. */
  request_digest: string;
  state: 'running' | 'completed' | 'cancelled';
  total: number;
  /** Which process works on it, until `leased_until`. */
  runner: string | null;
  leased_until: string | null;
  created_at: string;
  completed_at: string | null;
}

export interface StampBatchItemTable {
  batch: string;
  /** 1, 2, 3 … */
  position: number;
  /** The caller's own name for it. */
  reference: string | null;
  /** Digest of the document to be stamped. */
  document: string;
  state: 'waiting' | 'done' | 'refused' | 'cancelled';
  /** The order as it was sent, encrypted; null once it is finished. */
  input_cipher: string | null;
  /** How often a stamp of it was begun: each beginning has an idempotency key of its own. */
  attempts: number;
  /** `stp_…` */
  stamp: string | null;
  /** Refusal code. */
  code: string | null;
  /** The refusal in words; holds no personal value. */
  message: string | null;
  finished_at: string | null;
}

export interface StampPreparedTable {
  /** Of the intended stamp. */
  id: string;
  department: string;
  /** `finishing`: a value was handed in and is being worked on. */
  state: 'open' | 'finishing' | 'finished' | 'given-up';
  /** JSON: signing/stamp-prepared-store.ts, encrypted; null once it is over. */
  plan_cipher: string | null;
  created_at: string;
  expires_at: string;
}

export interface StampBatchTables {
  document_upload: DocumentUploadTable;
  stamp_batch: StampBatchTable;
  stamp_batch_item: StampBatchItemTable;
  stamp_prepared: StampPreparedTable;
}
