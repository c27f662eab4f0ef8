// Tables of persons, accounts, proofings, officers, mandates and purposes.

export interface PersonTable {
  /** `psn_…` */
  id: string;
  /** Type of the identity document; null where only a 网号 is known. */
  document_type: string | null;
  /** Null where only a 网号 is known, and once the person was erased or merged away. */
  name_cipher: string | null;
  number_cipher: string | null;
  /** Blind index of type and number. */
  number_index: string | null;
  wanghao_cipher: string | null;
  wanghao_index: string | null;
  /** yyyy-MM-dd, encrypted; null where the number tells it or nobody does. */
  birth_date_cipher: string | null;
  state: 'present' | 'merged' | 'erased';
  merged_into: string | null;
  ended_at: string | null;
  demonstration: number;
  created_at: string;
}

/** A document whose person was joined to another one. */
export interface PersonDocumentTable {
  /** `pdc_…` */
  id: string;
  /** Whom it leads to. */
  person: string;
  /** Who was known by it. */
  former_person: string;
  document_type: string;
  name_cipher: string;
  number_cipher: string;
  /** Blind index of type and number. */
  number_index: string;
  joined_at: string;
}

export interface AccountTable {
  /** `acc_…` */
  id: string;
  person: string;
  state: 'active' | 'locked' | 'closed' | 'merged';
  /** Why it is not active: a reason code. */
  reason: string | null;
  merged_into: string | null;
  demonstration: number;
  opened_at: string;
  /** When `state` was reached. */
  changed_at: string;
}

export interface ProofingTable {
  /** `prf_…` */
  id: string;
  account: string;
  rung: number;
  method: string;
  /** Who vouches: the register, the authority, the window's department. */
  source: string;
  /** JSON of what was looked at, encrypted. Never a picture. */
  evidence_cipher: string;
  verified_at: string;
  valid_until: string;
  /** Account of the officer, or the actor's identifier where a machine proofed. */
  by: string;
  /** Account of the officer who took the second look. */
  second: string | null;
  ended_at: string | null;
  ended_reason: string | null;
}

export interface ProofingCaseTable {
  /** `pcs_…` */
  id: string;
  /** The account proofed; null until confirmed where it is opened by this very case. */
  account: string | null;
  department: string;
  kind: 'proofing' | 'recovery' | 'merge' | 'guardianship';
  state: 'proposed' | 'confirmed' | 'rejected' | 'expired';
  /** Blind index of the document, so that two cases of one person are seen. */
  subject_index: string;
  /** JSON: what the first officer saw, encrypted; null once decided. */
  details_cipher: string | null;
  by: string;
  proposed_at: string;
  expires_at: string;
  second: string | null;
  decided_at: string | null;
  rejection: string | null;
  /** What came of it: the proofing, recovery, account or guardianship. */
  outcome: string | null;
}

export interface EnterpriseTable {
  /** Unified social credit code. */
  credit_code: string;
  name: string;
  state: 'in-operation' | 'revoked' | 'cancelled';
  /** Name as the register says, encrypted. */
  legal_representative_cipher: string;
  /** The register's edition of this entry, by which a change is seen. */
  edition: string;
  seen_at: string;
  demonstration: number;
  created_at: string;
}

export interface RepresentationTable {
  /** `rep_…` */
  id: string;
  enterprise: string;
  capacity: 'legal-representative' | 'manager' | 'agent';
  /** 0 the legal representative, 1 named by him, 2 named by a manager. */
  depth: number;
  /** The representation under which it was granted; null at depth 0. */
  parent: string | null;
  /** Null until accepted. */
  agent: string | null;
  /** Blind index of the document it is addressed to. */
  agent_index: string;
  /** Name it is addressed to, encrypted. */
  agent_name_cipher: string;
  /** `*`, or a JSON array of 实施编码. */
  matters: string;
  not_before: string;
  expires: string;
  state: 'offered' | 'active' | 'refused' | 'ended';
  ended_reason: string | null;
  /** Account of whoever granted it; for depth 0 the account itself, by the register's word. */
  granted_by: string;
  /** The register's edition that bore it out, at depth 0. */
  edition: string | null;
  granted_at: string;
  accepted_at: string | null;
  ended_at: string | null;
  /** Account, or `register`. */
  ended_by: string | null;
}

export interface OfficerTable {
  /** `ofc_…` */
  id: string;
  account: string;
  department: string;
  appointed_at: string;
  ended_at: string | null;
}

export interface OfficerRoleTable {
  /** `orl_…` */
  id: string;
  officer: string;
  account: string;
  role: string;
  /** 1 for 三员. */
  administrative: number;
  /** The two-person request behind it; null for the first administrators, appointed on the machine itself. */
  request: string | null;
  granted_at: string;
  ended_at: string | null;
  ended_request: string | null;
}

export interface TwoPersonRequestTable {
  /** `tpr_…` */
  id: string;
  kind: string;
  /** Flat JSON without personal values. */
  parameters: string;
  purpose: string;
  /** Account whose rights or data it touches: neither of the two persons. */
  subject: string | null;
  state: 'requested' | 'approved' | 'executed' | 'failed' | 'rejected' | 'withdrawn';
  requested_by: string;
  requested_at: string;
  expires_at: string;
  decided_by: string | null;
  decided_at: string | null;
  rejection: string | null;
  executed_at: string | null;
  outcome: string | null;
}

export interface RecoveryTable {
  /** `rcv_…` */
  id: string;
  account: string;
  /** `aut_…` of the factor that was lost. */
  authenticator: string;
  kind: string;
  /** The rung at which the lost factor was enrolled. */
  needed_rung: number;
  state: 'open' | 'proved' | 'used' | 'ended';
  proved_rung: number | null;
  /** `window` or `login`. */
  proved_by: string | null;
  opened_at: string;
  proved_at: string | null;
  expires_at: string;
  used_at: string | null;
}

export interface GuardianshipTable {
  /** `grd_…` */
  id: string;
  ward: string;
  guardian: string;
  evidence_cipher: string;
  by: string;
  second: string;
  since: string;
  /** The ward's fourteenth birthday. */
  until: string;
  ended_at: string | null;
}

export interface PurposeTable {
  /** Short name, such as `sign-in`. */
  id: string;
  name: string;
  english_name: string;
  legal_basis: string;
  /** 1 where sensitive personal information is processed (PIPL art. 28). */
  sensitive: number;
  /** JSON array of categories of data. */
  categories: string;
  /** Days after the purpose ended for a person. */
  retention_days: number;
  retention_ground: string;
  created_at: string;
  ended_at: string | null;
}

export interface PurposeNoticeTable {
  purpose: string;
  version: number;
  text: string;
  english_text: string;
  /** `<digest>:<hex>` over both texts. */
  digest: string;
  effective_at: string;
  published_by: string;
}

export interface PurposeRecipientTable {
  /** `rcp_…` would be a receipt: `prc_…`. */
  id: string;
  purpose: string;
  name: string;
  contact: string;
  /** What for and how, in words. */
  use: string;
  /** JSON array of categories. */
  categories: string;
  since: string;
  ended_at: string | null;
}

export interface ConsentTable {
  /** `cns_…` */
  id: string;
  purpose: string;
  notice_version: number;
  person: string;
  /** Account that consented: the person's own, or a guardian's. */
  given_by: string;
  given_at: string;
  withdrawn_by: string | null;
  withdrawn_at: string | null;
}

export interface PersonRequestTable {
  /** `prq_…` */
  id: string;
  person: string;
  asked_by: string;
  kind: 'correct' | 'delete' | 'restrict' | 'explain';
  details_cipher: string | null;
  state: 'open' | 'done' | 'refused';
  opened_at: string;
  due_at: string;
  decided_by: string | null;
  decided_at: string | null;
  answer_cipher: string | null;
}

export interface RegisterCursorTable {
  register: string;
  cursor: string;
  checked_at: string;
}

export interface PeopleTables {
  person_document: PersonDocumentTable;
  person: PersonTable;
  account: AccountTable;
  proofing: ProofingTable;
  proofing_case: ProofingCaseTable;
  enterprise: EnterpriseTable;
  representation: RepresentationTable;
  officer: OfficerTable;
  officer_role: OfficerRoleTable;
  two_person_request: TwoPersonRequestTable;
  recovery: RecoveryTable;
  guardianship: GuardianshipTable;
  purpose: PurposeTable;
  purpose_notice: PurposeNoticeTable;
  purpose_recipient: PurposeRecipientTable;
  consent: ConsentTable;
  person_request: PersonRequestTable;
  register_cursor: RegisterCursorTable;
}
