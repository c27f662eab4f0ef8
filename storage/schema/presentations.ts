// Tables of showing: presentations 亮证 with their claims, use counted against limits, alarms, open cases, copies for a purpose.

export type PresentationState =
  /** A code stands on the holder's screen. */
  | 'shown'
  /** Nobody claimed it, or the holder put it away. */
  | 'ended'
  /** A verifier asked; the holder has not answered. */
  | 'claimed'
  | 'declined'
  /** The holder agreed; the answer waits for the verifier. */
  | 'approved'
  | 'delivered'
  /** Asked for and not answered, or agreed to and not fetched, in time. */
  | 'lapsed';

export interface PresentationTable {
  /** `prs_…` */
  id: string;
  state: PresentationState;
  /** Keyed hash of what the showing device alone knows: nobody else renews, approves or ends it. */
  device_mac: string;
  /** Actor who shows, and the enterprise they act for. */
  holder: string;
  acting_for: string | null;
  /** Blind index of the holder, as `license.holder_index`. */
  holder_index: string;
  /** JSON: identifiers of the licenses that may be asked for. */
  licenses: string;
  /** Digest of the token in the picture now; null once claimed or over. */
  token_digest: string | null;
  /** Keyed hash of the first six of the ten digits, and of all ten; null as `token_digest`, or after five wrong tries. */
  locator_mac: string | null;
  digits_mac: string | null;
  wrong_tries: number;
  shown_at: string;
  /** Until when picture and digits are good. */
  shown_until: string;
  renewals: number;
  /** The claim. */
  verifier: string | null;
  department: string | null;
  matter: string | null;
  case_number: string | null;
  license: string | null;
  /** JSON: short names of the fields asked for. */
  fields: string | null;
  match_number: number | null;
  claimed_at: string | null;
  claim_until: string | null;
  decided_at: string | null;
  /** Why it did not come to an answer: `holder`, `number`, `time` … */
  reason: string | null;
  delivered_at: string | null;
  /** `rcp_…`, and the signed receipt, encrypted. */
  receipt_id: string | null;
  receipt: string | null;
}

/** How often somebody did something within a window: counted in the write that does it, so no limit is overrun. */
export interface PresentationUseTable {
  /** `verifier:…` or `department:…` */
  subject: string;
  kind: 'claim' | 'wrong' | 'failed';
  /** Start of the window. */
  since: string;
  count: number;
}

/** Claims that holders declined or let lapse, and wrong codes: for who looks after personal data. */
export interface PresentationAlarmTable {
  /** `pal_…` */
  id: string;
  kind: 'declined' | 'other-number' | 'lapsed' | 'wrong-codes' | 'limit';
  at: string;
  verifier: string;
  department: string;
  presentation: string | null;
  seen_by: string | null;
  seen_at: string | null;
}

/** Cases 办件 that a department is handling: what a claim must name. */
export interface OpenCaseTable {
  department: string;
  case_number: string;
  matter: string;
  opened_by: string;
  opened_at: string;
  closed_by: string | null;
  closed_at: string | null;
}

/** A copy for a purpose 加注件. */
export interface LicenseCopyTable {
  /** `cpy_…` */
  id: string;
  state: 'intended' | 'completed' | 'abandoned';
  license: string;
  client: string;
  idempotency_key: string;
  request_digest: string;
  holder_index: string;
  /** 授权编号 that is printed and signed. */
  grant_number: string;
  /** Credit code of the department it was made for. */
  department: string;
  matter: string;
  /** JSON: short names of the granted fields. */
  fields: string;
  /** Encrypted JSON; null once abandoned. */
  record: string | null;
  record_hash: string;
  code_id: string;
  /** Encrypted text of its code; null until completed. */
  code: string | null;
  status_list: number | null;
  status_index: number | null;
  /** Entry of the license, which the copy's own follows. */
  origin_list: number | null;
  origin_index: number | null;
  stamp: string | null;
  document: string | null;
  document_size: number | null;
  intended_at: string;
  completed_at: string | null;
  /** First instant at which it is no longer good. */
  expires_at: string;
  /** When the holder took it back. */
  ended_at: string | null;
  abandoned_reason: string | null;
}

export interface PresentationTables {
  presentation: PresentationTable;
  presentation_use: PresentationUseTable;
  presentation_alarm: PresentationAlarmTable;
  open_case: OpenCaseTable;
  license_copy: LicenseCopyTable;
}
