// Tables of the CA: authorities, certificates with their state, revocation lists, the time-stamp clock.

export interface CaAuthorityTable {
  /** `root`, `department-seals`, `time-stamps`, `services`. */
  name: string;
  key_id: string;
  /** Serial of its own certificate. */
  certificate: string;
  created_at: string;
}

export interface CaCertificateTable {
  /** Lower-case hex of the INTEGER's content; unique over all authorities. */
  serial: string;
  /** The authority that signs it; for the root itself, `root`. */
  authority: string;
  profile: string;
  /** RFC 4514 text; holds names of organisations and services, never of persons. */
  subject: string;
  /** `SigningKey.id` of the certified key. */
  key_id: string;
  /** Base64 of the certificate; null until issued. */
  der: string | null;
  state: 'intended' | 'issued' | 'abandoned' | 'revoked';
  /** CRLReason by its name in RFC 5280; null unless revoked. */
  reason: string | null;
  not_before: string;
  not_after: string;
  intended_at: string;
  issued_at: string | null;
  revoked_at: string | null;
}

export interface CaCrlTable {
  authority: string;
  /** CRLNumber: 1, 2, 3 …; a gap is a list that was intended and never completed. */
  number: number;
  /** Base64 of the list; null until signed. */
  der: string | null;
  this_update: string;
  next_update: string;
  /** How many certificates it lists: tells a list that is behind. */
  entries: number;
}

export interface CaTimestampClockTable {
  authority: string;
  /** No token issued before the last restart has a time after this. */
  ceiling: string;
}

export interface CaTables {
  ca_authority: CaAuthorityTable;
  ca_certificate: CaCertificateTable;
  ca_crl: CaCrlTable;
  ca_timestamp_clock: CaTimestampClockTable;
}
