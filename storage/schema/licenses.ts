// Tables of licenses: types, acts (what one request issues), licenses, their events, status entries.

/** Published editions of license types. */
export interface LicenseTypeTable {
  type_code: string;
  edition: number;
  /** JSON: licenses/type-document.ts. */
  definition: string;
  published_at: string;
  /** The draft it was published from; null where it came with the installation. */
  draft: string | null;
}

export type LicenseActStateColumn = 'intended' | 'completed' | 'abandoned';

/** One request that issues: a single license, or a whole case. It holds the idempotency key. */
export interface LicenseActTable {
  /** `act_…` */
  id: string;
  state: LicenseActStateColumn;
  kind: 'license' | 'case';
  client: string;
  idempotency_key: string;
  /** Keyed digest of everything the request asks for. */
  request_digest: string;
  department: string;
  matter: string;
  case_number: string | null;
  /** Stamp of the decision, where the case has one. */
  decision_stamp: string | null;
  intended_at: string;
  completed_at: string | null;
  abandoned_reason: string | null;
}

export type LicenseStateColumn =
  | 'intended'
  | 'abandoned'
  | 'issued'
  | 'suspended'
  | 'withdrawn'
  | 'annulled'
  | 'revoked'
  | 'cancelled'
  | 'superseded'
  | 'merged';

export interface LicenseTable {
  /** `lic_…` */
  id: string;
  act: string;
  state: LicenseStateColumn;
  type_code: string;
  edition: number;
  /** GB/T 36904; used once for ever, abandoned ones too. */
  identifier: string;
  /** Credit code of the issuing authority 颁证机关. */
  issuer: string;
  /** Credit code of the supervising department 监管部门. */
  supervisor: string;
  matter: string;
  case_number: string | null;
  holder_kind: 'enterprise' | 'resident';
  /** Blind index of the holder's code; null once abandoned. */
  holder_index: string | null;
  /** Blind index of the printed number within type and issuer; null once abandoned. */
  number_index: string | null;
  /** Encrypted JSON of the record; null once abandoned. */
  record: string | null;
  /** Digest of the record, algorithm named. */
  record_hash: string;
  /** Lower-case hex of the 16 bytes that name the license in its code. */
  code_id: string;
  /** Encrypted text of the printed code; null until completed. */
  code: string | null;
  status_list: number | null;
  status_index: number | null;
  issued_at: string;
  /** First instant at which it is no longer valid; null where it has no end. */
  expires_at: string | null;
  /** Null until completed. */
  stamp: string | null;
  document: string | null;
  document_size: number | null;
  completed_at: string | null;
  /** Id of the first version; the license as people know it. */
  root: string | null;
  /** 1 first; raised by each change. A number that was tried and given up is not used again. */
  version: number;
  /** Id of the version it follows, and of the one that follows it. */
  previous: string | null;
  next: string | null;
  /** Day by whose end the next inspection is to be recorded (instant); null where the type knows none. */
  inspect_by: string | null;
  /** 1 once that instant went by without an inspection. */
  inspection_overdue: number;
  /** 1 once its expiry stands among its events. */
  expiry_noted: number;
  /** Of a version that follows another: how, on what basis (JSON), and why (encrypted inside it). */
  succession: string | null;
}

/** Changes of a license, append-only. */
export interface LicenseEventTable {
  license: string;
  /** 1, 2, 3 … within the license. */
  sequence: number;
  kind: string;
  from_state: string;
  to_state: string;
  /** When it takes legal effect. */
  effective_at: string;
  /** When it was recorded. */
  recorded_at: string;
  reason: string;
  legal_basis: string;
  /** 1 where the holder asked for it. */
  holders_wish: number;
  actor: string;
  client: string;
  idempotency_key: string;
  request_digest: string;
  /** The version, or the other license, that takes its place. */
  successor: string | null;
  /** 实施编码 and 办件编号 under which it was decided. */
  matter: string | null;
  case_number: string | null;
  /** Who decided, and the second person where the type demands one. */
  officer: string | null;
  second_officer: string | null;
  /** JSON of facts that are nobody's secret; null where there are none. */
  details: string | null;
  /** Sequence of the event it takes back. */
  target: number | null;
}

/** Last serial given out per type, issuing authority and year. */
export interface LicenseSerialTable {
  type_code: string;
  issuer: string;
  year: number;
  last: number;
}

/** A shard of status entries and its latest signed edition. */
export interface StatusListTable {
  number: number;
  /** Entries given out. */
  allocated: number;
  /** Rises with every change of an entry. */
  revision: number;
  /** Revision that `token` was signed over; null before the first signing. */
  token_revision: number | null;
  token: string | null;
  /** Until when the token is served. */
  token_until: string | null;
  /** 1 where every change is kept and earlier states may be asked for. */
  history: number;
  /** Null of lists that were made before history was kept. */
  created_at: string | null;
}

/** An entry given out, with its value. */
export interface StatusEntryTable {
  list: number;
  entry: number;
  value: number;
}

export interface LicenseTables {
  license_type: LicenseTypeTable;
  license_act: LicenseActTable;
  license: LicenseTable;
  license_event: LicenseEventTable;
  license_serial: LicenseSerialTable;
  status_list: StatusListTable;
  status_entry: StatusEntryTable;
}
