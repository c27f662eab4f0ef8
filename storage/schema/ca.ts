// Tables of the CA: authorities, certificates, their status, revocation lists, the time-stamp clock.

export interface CaAuthorityTable {
  /** As it stands in addresses: `root`, `department-seals`, `sm2-residents`, `services-g2` … */
  name: string;
  key_id: string;
  /** Serial of its own certificate. */
  certificate: string;
  created_at: string;
  hierarchy: 'international' | 'sm2';
  /** `root`, `department-seals`, `enterprises`, `residents`, `time-stamps`, `services`. */
  kind: string;
  /** 1, 2, 3 …: a successor with a new key counts one up. */
  generation: number;
  /** Over how many revocation lists its certificates are spread; never changed after. */
  shards: number;
  /** How many changes of status it has recorded: the last `ca_revocation.change`. Its row is locked while one is written. */
  changes: number;
  /** `active` issues; `retired` has a successor; `revoked` is revoked itself. Status is published for all three. */
  state: 'active' | 'retired' | 'revoked';
}

export interface CaCertificateTable {
  /** Lower-case hex of the INTEGER's content; unique over all authorities. */
  serial: string;
  /** The authority that signs it; for a root itself, its own name. */
  authority: string;
  profile: string;
  /** RFC 4514 text; holds names of organisations and services, and for persons their pseudonym only. */
  subject: string;
  /** `SigningKey.id` of the certified key. */
  key_id: string;
  /** Base64 of the certificate; null until issued. */
  der: string | null;
  /** What became of the issuance; `revoked` is no longer written, see `ca_revocation`. */
  state: 'intended' | 'issued' | 'abandoned' | 'revoked';
  /** No longer written. */
  reason: string | null;
  not_before: string;
  not_after: string;
  intended_at: string;
  issued_at: string | null;
  /** No longer written. */
  revoked_at: string | null;
  /** Which of its authority's revocation lists speaks for it: 0 … shards − 1. */
  shard: number;
  /** What all certificates of one subject share: `org:<credit code>`, or `person:<keyed hash>`; null for our own services. */
  subject_key: string | null;
  /** The serialNumber attribute of a person's certificate: a keyed pseudonym, fresh for each certificate. */
  pseudonym: string | null;
  /** Who the pseudonym stands for (JSON), encrypted, bound to this row. */
  identity_cipher: string | null;
  /** Serial of the certificate that this one renews or re-keys. */
  replaces: string | null;
  /** Identifier of the enrolment it came from. */
  enrolment: string | null;
}

/** The status of every certificate that is or was revoked or on hold; absent means good. */
export interface CaRevocationTable {
  serial: string;
  authority: string;
  shard: number;
  /** `held` is certificateHold; `released` was held and is good again. */
  state: 'revoked' | 'held' | 'released';
  /** CRLReason by its name in RFC 5280. */
  reason: string;
  revoked_at: string;
  invalidity_date: string | null;
  /** Number of the change within its authority, in commit order: what lists and caches compare. */
  change: number;
}

export interface CaCrlTable {
  authority: string;
  /** CRLNumber: 1, 2, 3 … over all lists of the authority; a gap is a list that was intended and never completed. */
  number: number;
  /** Base64 of a small list; null until signed, and where `document` holds it. */
  der: string | null;
  this_update: string;
  next_update: string;
  /** How many certificates it lists. */
  entries: number;
  /** −1: the whole authority. */
  shard: number;
  /** Number of the full list that a delta list adds to; null for a full one. */
  base_number: number | null;
  /** Every change up to this one is in the list (with its base, for a delta). */
  change: number;
  /** Digest of a large list in the document store. */
  document: string | null;
  /** Bytes. */
  size: number | null;
}

export interface CaTimestampClockTable {
  authority: string;
  /** No token issued before the last restart has a time after this. */
  ceiling: string;
}

export interface CaTables {
  ca_authority: CaAuthorityTable;
  ca_certificate: CaCertificateTable;
  ca_revocation: CaRevocationTable;
  ca_crl: CaCrlTable;
  ca_timestamp_clock: CaTimestampClockTable;
}
