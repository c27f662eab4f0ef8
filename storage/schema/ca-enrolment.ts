// Tables around issuing: enrolments, bulk operations, dual control, profile settings, certificates of other authorities.

export interface CaEnrolmentTable {
  /** `enr_…` */
  id: string;
  /** Actor id of the caller; with `idempotency_key` unique. */
  client: string;
  idempotency_key: string;
  /** Digest of everything the request asks for; the password is not part of it. */
  request_digest: string;
  /** Unified social credit code of the registration authority. */
  department: string | null;
  kind: 'enrolment' | 'renewal' | 're-key';
  profile: string;
  hierarchy: 'international' | 'sm2';
  /** `generated`: made in memory and handed over once. `kept`: a renewal, the holder has it. */
  key_source: 'csr' | 'generated' | 'kept';
  evidence_kind: string;
  /** 实名等级 1..4. */
  evidence_level: number;
  /** Who looked at the evidence: an identifier of the registration authority's, never a name. */
  officer: string;
  /** JSON of subject, person and evidence reference, encrypted; null where the enrolment was abandoned. */
  details_cipher: string | null;
  /** Blind index of the person's document; null for organisations and where abandoned. */
  holder_index: string | null;
  /** `issued`: the certificate exists. `delivered`: its generated key was handed over. `undelivered`: it never was, and the certificate is revoked. */
  state: 'intended' | 'issued' | 'delivered' | 'undelivered' | 'abandoned';
  /** Why it was abandoned: a refusal code, or `interrupted`. */
  reason: string | null;
  serial: string | null;
  /** Serial of the certificate renewed or re-keyed. */
  replaces: string | null;
  /** 1 until the replaced certificate is revoked as superseded, where that was asked for. */
  supersedes: number;
  created_at: string;
  issued_at: string | null;
  delivered_at: string | null;
}

export interface CaBatchTable {
  /** `bat_…` */
  id: string;
  kind: 'enrol' | 'revoke';
  client: string;
  /** JSON of the actor, who stands in every audit row of the batch. */
  actor: string;
  department: string | null;
  idempotency_key: string;
  request_digest: string;
  /** JSON: what all rows share (reason, invalidity date). */
  settings: string;
  state: 'running' | 'completed';
  total: number;
  /** Which process works on it, until `leased_until`. */
  runner: string | null;
  leased_until: string | null;
  created_at: string;
  completed_at: string | null;
}

export interface CaBatchItemTable {
  batch: string;
  /** 1, 2, 3 … */
  position: number;
  state: 'waiting' | 'done' | 'refused';
  /** The row as it was sent, encrypted; null once it is finished. */
  input_cipher: string | null;
  serial: string | null;
  enrolment: string | null;
  /** Refusal code. */
  code: string | null;
  /** The refusal in words; holds no personal value. */
  message: string | null;
  finished_at: string | null;
}

export interface CaRequestTable {
  /** `req_…` */
  id: string;
  client: string;
  idempotency_key: string;
  kind: 'root-crl' | 'succeed-authority' | 'revoke-authority' | 'profile-setting';
  /** JSON. */
  parameters: string;
  /** Why, in the requester's words. */
  purpose: string;
  /** `approved` is being executed; one left there by a crash is taken up at the next start. */
  state: 'requested' | 'approved' | 'rejected' | 'executed' | 'failed';
  requested_by: string;
  requested_at: string;
  /** A request nobody decided until then cannot be decided any more. */
  expires_at: string;
  decided_by: string | null;
  decided_at: string | null;
  rejection: string | null;
  /** JSON: how the world was at the approval, by which an execution cut short is recognised. */
  expected: string | null;
  /** How often execution was begun. */
  attempts: number;
  claimed_at: string | null;
  /** JSON: what came of it; for `failed` the refusal code. */
  outcome: string | null;
  executed_at: string | null;
}

export interface CaProfileSettingTable {
  hierarchy: 'international' | 'sm2';
  profile: string;
  enabled: number;
  /** Days, fewer than the profile's own; null for the profile's own. */
  maximum_days: number | null;
  /** The approved request behind it. */
  request: string;
  changed_at: string;
}

export interface CaForeignCredentialTable {
  /** `fcr_…` */
  id: string;
  client: string;
  idempotency_key: string;
  request_digest: string;
  department: string;
  /** The licensed authority, in words. */
  authority_name: string;
  qualification: 'licensed';
  /** `store`: our key files. `server`: the department's signing server. */
  key_place: 'store' | 'server';
  server: string | null;
  /** The key's name at that server. */
  server_key: string | null;
  key_id: string | null;
  algorithm: string | null;
  /** Base64 SubjectPublicKeyInfo. */
  public_key: string | null;
  /** Base64 of the certification request. */
  csr: string | null;
  state: 'intended' | 'requested' | 'active' | 'retired' | 'abandoned';
  /** JSON array of base64 certificates, own first, root last. */
  chain: string | null;
  serial: string | null;
  not_before: string | null;
  not_after: string | null;
  created_at: string;
  created_by: string;
  activated_at: string | null;
  retired_at: string | null;
}

export interface CaForeignStatusTable {
  /** `fst_…` */
  id: string;
  credential: string;
  /** Serial of the certificate it speaks of: a credential may be given a new certificate. */
  serial: string;
  kind: 'crl' | 'ocsp';
  source: 'imported' | 'fetched';
  /** Base64, as it was received. */
  der: string;
  status: 'good' | 'revoked';
  reason: string | null;
  revoked_at: string | null;
  this_update: string;
  next_update: string | null;
  received_at: string;
}

export interface CaEnrolmentTables {
  ca_enrolment: CaEnrolmentTable;
  ca_batch: CaBatchTable;
  ca_batch_item: CaBatchItemTable;
  ca_request: CaRequestTable;
  ca_profile_setting: CaProfileSettingTable;
  ca_foreign_credential: CaForeignCredentialTable;
  ca_foreign_status: CaForeignStatusTable;
}
