// Tables of the ways to log in. Secrets stand encrypted or as keyed digests only; what is consumed once keeps its row.

export interface AuthenticatorTable {
  /** `aut_…` */
  id: string;
  account: string;
  kind: 'password' | 'totp' | 'sms' | 'passkey' | 'certificate' | 'upstream';
  /** What its holder calls it. */
  label: string;
  /** The highest authentication rung it can give by itself, 1..4. */
  aal: number;
  device_bound: number;
  attested: number;
  /** The account's proofing rung when it was enrolled; 0 before any proofing. It never lifts the account above it. */
  enrolled_rung: number;
  /** What it is found by: a passkey's identifier, a certificate, or a keyed digest of a number; null for secrets. */
  lookup: string | null;
  /** JSON of what is no secret: a public key, transports, an authority and a serial. */
  public_part: string;
  /** The password's hash, the TOTP secret or the phone number, encrypted. */
  secret_cipher: string | null;
  /** A passkey's signature counter, or the last TOTP step accepted. */
  counter: number | string;
  state: 'active' | 'ended';
  created_at: string;
  last_used_at: string | null;
  ended_at: string | null;
}

export interface LoginNameTable {
  /** Keyed digest of the normalised name. */
  name_index: string;
  account: string;
  kind: 'name' | 'phone';
  name_cipher: string;
  created_at: string;
}

export interface LoginAttemptTable {
  /** Keyed digest of what is counted: a name from an address, an address, a name, a phone … */
  scope: string;
  failures: number;
  last_at: string;
  /** Nothing is tried before this instant. */
  blocked_until: string;
  /** When the row no longer counts. */
  forgotten_at: string;
}

/** Browsers in which a person logged in before: they are counted apart, so that a stranger cannot lock them out. */
export interface LoginDeviceTable {
  token_mac: string;
  account: string;
  created_at: string;
  expires_at: string;
}

export interface LoginChallengeTable {
  /** Keyed digest of the nonce. */
  nonce_mac: string;
  kind: string;
  /** The interaction or session it was made for. */
  bound_to: string;
  payload_cipher: string;
  created_at: string;
  expires_at: string;
  consumed_at: string | null;
}

export interface OneTimeCodeTable {
  /** `otc_…` */
  id: string;
  purpose: string;
  bound_to: string;
  /** Null for a number nobody enrolled: the code matches nothing, and nobody can tell. */
  account: string | null;
  authenticator: string | null;
  code_mac: string;
  target_cipher: string | null;
  tries_left: number;
  created_at: string;
  expires_at: string;
  consumed_at: string | null;
}

/** What a person showed so far in one interaction. */
export interface LoginProgressTable {
  bound_to: string;
  account: string;
  /** JSON of an `Authentication`. */
  authentication: string;
  complete: number;
  expires_at: string;
}

export interface ScanTransactionTable {
  /** `scn_…` */
  id: string;
  bound_to: string;
  /** Keyed digest of what the picture carries now. */
  code_mac: string;
  code_expires_at: string;
  /** Two digits that both screens show. */
  number: number;
  /** JSON of what the phone is told: who asks, from where, with which browser. */
  shown: string;
  /** Keyed digest of the phone's cookie: the one phone that may answer. */
  phone_mac: string | null;
  state: 'waiting' | 'scanned' | 'approved' | 'refused' | 'consumed';
  authentication: string | null;
  polled_at: string | null;
  /** The level the login must reach; null for any. */
  floor: number | null;
  created_at: string;
  expires_at: string;
}

/** What a person is told of: odd logins and changes of authenticators. */
export interface LoginNoticeTable {
  /** `ntc_…` */
  id: string;
  account: string;
  kind: string;
  subject: string;
  at: string;
}

/** The demonstration's inbox: messages that would have gone to phones. */
export interface DevelopmentMessageTable {
  /** `msg_…` */
  id: string;
  target_cipher: string;
  text_cipher: string;
  at: string;
}

export interface LoginTables {
  authenticator: AuthenticatorTable;
  login_name: LoginNameTable;
  login_attempt: LoginAttemptTable;
  login_device: LoginDeviceTable;
  login_challenge: LoginChallengeTable;
  one_time_code: OneTimeCodeTable;
  login_progress: LoginProgressTable;
  scan_transaction: ScanTransactionTable;
  login_notice: LoginNoticeTable;
  development_message: DevelopmentMessageTable;
}
