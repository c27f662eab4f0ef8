// Tables of a seal's life: editions, states, applications, authorisations, approvals, and every use.

/** One making of a seal: certificates, and the SESeal made with them. A renewal makes the next one. */
export interface SealEditionTable {
  seal_id: string;
  edition: number;
  state: 'current' | 'superseded';
  key_id: string;
  certificate_serial: string;
  /** JSON array of base64 DER, own certificate first. */
  chain: string;
  /** The SM2 key that the SESeal lists; null where the seal has none. Equal to `key_id` where that is SM2 already. */
  sm2_key_id: string | null;
  sm2_serial: string | null;
  sm2_chain: string | null;
  /** SESeal, base64 DER (GB/T 38540-2020). */
  eseal: string | null;
  /** `sm3:` and hex of it. */
  eseal_digest: string | null;
  /** Serial of the maker's certificate. */
  maker_serial: string | null;
  valid_from: string;
  valid_until: string;
  made_at: string;
  superseded_at: string | null;
}

/** Append-only: what the public status list tells. */
interface SealStateChangeTable {
  seal_id: string;
  /** From 1. */
  number: number;
  state: 'made' | 'valid' | 'frozen' | 'lost' | 'cancelled';
  since: string;
  reason: string;
  changed_by: string;
}

export type SealApplicationKind =
  'make' | 'take-in' | 'change' | 'renew' | 'keepers' | 'release' | 'cancel' | 'authorise' | 'automatic';

export interface SealApplicationTable {
  /** `sap_…` */
  id: string;
  client: string;
  idempotency_key: string;
  kind: SealApplicationKind;
  /** Owner: unified social credit code. */
  department: string;
  /** Null for a seal that is to be made. */
  seal_id: string | null;
  /** JSON: what is asked for. */
  parameters: string;
  purpose: string;
  state: 'requested' | 'approved' | 'rejected' | 'executed' | 'failed';
  requested_by: string;
  requested_at: string;
  expires_at: string;
  /** Never who asked: the database refuses that too. */
  decided_by: string | null;
  decided_at: string | null;
  rejection: string | null;
  attempts: number;
  claimed_at: string | null;
  /** JSON: what came of it. */
  outcome: string | null;
  executed_at: string | null;
}

/** 用印授权书: what lets a seal be used with no keeper at hand. */
export interface SealAuthorisationTable {
  /** `sau_…` */
  id: string;
  seal_id: string;
  department: string;
  /** Compact JWS signed with the seal's own key: the limits that count stand in it, not in columns. */
  document: string;
  valid_from: string;
  valid_until: string;
  granted_by: string;
  approved_by: string;
  granted_at: string;
  /** Uses begun under it. */
  used: number;
  revoked_at: string | null;
  revoked_by: string | null;
  revoked_reason: string | null;
}

interface SealAuthorisationDayTable {
  authorisation: string;
  /** Beijing day, `YYYY-MM-DD`. */
  day: string;
  used: number;
}

/** 自动核发: matters whose stamps need no approval. */
interface AutomaticMatterTable {
  department: string;
  /** 实施编码. */
  matter: string;
  marked_at: string;
  marked_by: string;
  ended_at: string | null;
}

/** An approval given here, of one document. Append-only. */
interface SealApprovalTable {
  /** `apr_…` */
  id: string;
  department: string;
  document_digest: string;
  /** Opaque actor id. */
  person: string;
  level: number;
  approved_at: string;
}

/** One use of a seal, as it was allowed. Append-only. */
export interface SealUseTable {
  stamp_id: string;
  seal_id: string;
  /** Credit code of the seal's owner. */
  owner: string;
  used_at: string;
  client: string;
  requester: string;
  /** Who released it; null under an authorisation. */
  keeper: string | null;
  authorisation: string | null;
  basis: 'approved' | 'automatic' | 'license';
  /** JSON array of { person, level, at, digest }. */
  approvals: string;
  document_digest: string;
  edition: number;
  certificate_serial: string;
  certificate_status: 'good';
  /** What stands in the revision before the PAdES signature; null where there is none. */
  sm2_form: 'ses' | 'cms' | null;
  sm2_serial: string | null;
  eseal_digest: string | null;
  /** At that second. */
  seal_state: 'valid';
  state_since: string;
}

export interface SealLifeTables {
  seal_edition: SealEditionTable;
  seal_state_change: SealStateChangeTable;
  seal_application: SealApplicationTable;
  seal_authorisation: SealAuthorisationTable;
  seal_authorisation_day: SealAuthorisationDayTable;
  automatic_matter: AutomaticMatterTable;
  seal_approval: SealApprovalTable;
  seal_use: SealUseTable;
}
