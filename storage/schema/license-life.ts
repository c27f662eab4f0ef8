// Tables of the life of licenses: changes that wait, holders that change, what is told to others, history of status lists.

/** A recorded change that takes effect on a later day. */
export interface LicenseDueTable {
  license: string;
  /** Of its event. */
  sequence: number;
  due_at: string;
  state: 'waiting' | 'applied' | 'lapsed' | 'countermanded';
  settled_at: string | null;
}

export type LicenseChangeRequestState =
  'waiting' | 'approved' | 'executed' | 'rejected' | 'withdrawn' | 'lapsed';

/** A change that one officer asked for and another decides on. */
export interface LicenseChangeRequestTable {
  /** `lcr_…` */
  id: string;
  license: string;
  department: string;
  change: string;
  state: LicenseChangeRequestState;
  /** Encrypted JSON of everything asked for; null once it is over and its time of keeping has passed. */
  payload: string | null;
  requested_by: string;
  requested_at: string;
  /** Nobody decided by then: it lapses. */
  expires_at: string;
  client: string;
  idempotency_key: string;
  request_digest: string;
  decided_by: string | null;
  decided_at: string | null;
  /** Encrypted. */
  decision_reason: string | null;
  tries: number;
  /** Id of the version issued, or the sequence of the event recorded. */
  outcome: string | null;
}

/** A holder that has another name, another number, or has become part of another; append-only. */
export interface LicenseHolderChangeTable {
  /** `lhc_…` */
  id: string;
  kind: 'renamed' | 'merged' | 'renumbered';
  before_index: string;
  after_index: string;
  /** Encrypted JSON: names, codes, reason. */
  payload: string;
  legal_basis: string;
  effective_at: string;
  recorded_at: string;
  department: string;
  actor: string;
  client: string;
  idempotency_key: string;
  request_digest: string;
}

/** What happened to licenses, for those who are told of it later; no personal data. */
export interface LicenseOutboxTable {
  root: string;
  sequence: number;
  license: string;
  kind: string;
  /** JSON of plain facts. */
  facts: string;
  recorded_at: string;
  taken_at: string | null;
}

/** Every change of an entry of a list with history; append-only. */
export interface StatusChangeTable {
  list: number;
  revision: number;
  entry: number;
  value: number;
  at: string;
}

export interface LicenseLifeTables {
  license_due: LicenseDueTable;
  license_change_request: LicenseChangeRequestTable;
  license_holder_change: LicenseHolderChangeTable;
  license_outbox: LicenseOutboxTable;
  status_change: StatusChangeTable;
}
