// Tables of the OpenID Provider: its records, clients, keys, logins, and logout messages on their way.

export interface OidcRecordTable {
  /** Name of the model: `Session`, `AuthorizationCode`, `AccessToken` … */
  model: string;
  /** Keyed hash of the record's identifier, which for codes and tokens is the secret itself. */
  id_mac: string;
  /** JSON of the record, encrypted, bound to this row. */
  payload_cipher: string;
  /** `id_mac` of the Grant that the record belongs to; null where it belongs to none. */
  grant_mac: string | null;
  /** Keyed hash of the second identifier of sessions (`uid`), which never is in a cookie. */
  uid_mac: string | null;
  /** Keyed hash of a device's user code. */
  user_code_mac: string | null;
  account: string | null;
  client: string | null;
  /** Null for what never expires. */
  expires_at: string | null;
  /** When it was used up; the row stays so that a second use is seen. */
  consumed_at: string | null;
  created_at: string;
}

export interface OidcClientTable {
  /** `cli_…`, or the name an operator chose. */
  id: string;
  name: string;
  english_name: string;
  /** Unified social credit code of the department that answers for it. */
  department: string;
  /** JSON of everything that is not secret, as `identity/provider/client.ts` describes it. */
  settings: string;
  /** The client secret, encrypted; null for clients with keys of their own. */
  secret_cipher: string | null;
  /** The former secret of a rotation, accepted until `previous_until`. */
  previous_secret_cipher: string | null;
  previous_until: string | null;
  state: 'active' | 'disabled';
  demonstration: number;
  created_at: string;
  changed_at: string;
}

export interface OidcOutboundTable {
  /** An address of the client's that this service calls: keys, logout, notification. */
  url: string;
  client: string;
  /** JSON array of networks inside (CIDR) that this address may lead to; [] for public addresses alone. */
  networks: string;
}

/** What a client serves itself: the audience of tokens that others ask for it. */
export interface OidcResourceTable {
  identifier: string;
  client: string;
  /** Joined by spaces. */
  scopes: string;
}

export interface OidcKeyTable {
  /** Key identifier, the RFC 7638 thumbprint. */
  kid: string;
  /** `next` is published and does not sign yet; `current` signs; `previous` is published until what it signed has expired. */
  state: 'next' | 'current' | 'previous' | 'retired' | 'revoked';
  algorithm: string;
  /** Public JWK, JSON. */
  public_jwk: string;
  /** Private JWK, encrypted; null once retired or revoked. */
  private_cipher: string | null;
  created_at: string;
  activated_at: string | null;
  /** When it stopped signing. */
  ended_at: string | null;
}

/** One row that counts changes of the key set: nodes look at it to learn of a rotation. */
export interface OidcKeyChangeTable {
  id: number;
  change: number;
}

export interface LoginSessionTable {
  /** `lgn_…`, a login: a new one for each authentication. */
  id: string;
  /** Keyed hash of the provider's session that it opened or renewed. */
  session_mac: string;
  account: string;
  /** JSON array of `aut_…`. */
  authenticators: string;
  certificate_authority: string | null;
  certificate_serial: string | null;
  acr: string;
  ial: number;
  aal: number;
  /** JSON array. */
  amr: string;
  auth_time: string;
  /** `rep_…` of whom the person acts for, or null for oneself. */
  acting_for: string | null;
  /** 1 once the person chose whom to act for, oneself included. */
  acting_chosen: number;
  /** Browser and place as they may be shown to the person, encrypted. */
  device_cipher: string | null;
  last_seen_at: string;
  /** The absolute end. */
  ends_at: string;
  ended_at: string | null;
  /** `logout`, `certificate-revoked`, `account-closed`, `superseded` … */
  end_reason: string | null;
}

/** Which clients a login was used for: whom a logout reaches. */
export interface LoginClientTable {
  session_mac: string;
  client: string;
  /** The session identifier told to this client (`sid`). */
  sid: string;
  grant_mac: string | null;
  /** Whom the person acted for when the client was last let in: what its tokens say. */
  acting_for: string | null;
  /** 1 where the grant outlives a logout (`offline_access`). */
  offline: number;
  first_at: string;
}

export interface OidcConsentTable {
  account: string;
  client: string;
  /** JSON of scopes, claims and resources granted. */
  granted: string;
  given_at: string;
  ended_at: string | null;
}

/** Which account a client's pairwise subject stands for: for hints of the back channel. */
export interface OidcSubjectTable {
  sector: string;
  subject: string;
  account: string;
}

export interface LogoutDeliveryTable {
  /** `lod_…` */
  id: string;
  client: string;
  account: string;
  sid: string | null;
  reason: string;
  state: 'waiting' | 'delivered' | 'dead';
  attempts: number;
  next_attempt_at: string;
  /** Which process is trying, until `leased_until`. */
  leased_until: string | null;
  last_error: string | null;
  created_at: string;
  finished_at: string | null;
}

/** A request of the back channel (CIBA) that waits for a person. */
export interface CibaRequestTable {
  /** `cib_…`: what pages name; the request's own identifier stays a secret of the client. */
  id: string;
  request_cipher: string;
  account: string;
  client: string;
  scope: string;
  binding_message: string | null;
  floor: number | null;
  state: 'waiting' | 'approved' | 'refused';
  created_at: string;
  expires_at: string;
  decided_at: string | null;
  /** The session in which it was approved: what was granted ends with it. */
  session_mac: string | null;
  grant_mac: string | null;
  /** 1 where the grant outlives a logout (`offline_access`). */
  offline: number;
}

/** Calls of one caller in one minute, of all nodes together. */
export interface RateWindowTable {
  scope: string;
  /** Minutes since 1970. */
  minute: number;
  calls: number;
}

/** The browser session of our own pages. */
export interface PageSessionTable {
  token_mac: string;
  form_token: string;
  /** The provider's session: it ends when no login of that session lives. */
  session_mac: string;
  account: string;
  /** The provider's `sid`, for logout tokens; keyed hash. */
  sid_mac: string | null;
  /** ID token for RP-initiated logout, encrypted. */
  id_token_cipher: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
}

/** A sign-in of our own pages under way: between leaving for the provider and coming back. */
export interface PageSignInTable {
  state_mac: string;
  /** Nonce, code verifier and where to return, encrypted. */
  secrets_cipher: string;
  expires_at: string;
}

export interface ProviderTables {
  oidc_record: OidcRecordTable;
  oidc_client: OidcClientTable;
  oidc_outbound: OidcOutboundTable;
  oidc_resource: OidcResourceTable;
  oidc_key: OidcKeyTable;
  oidc_key_change: OidcKeyChangeTable;
  login_session: LoginSessionTable;
  login_client: LoginClientTable;
  oidc_consent: OidcConsentTable;
  oidc_subject: OidcSubjectTable;
  logout_delivery: LogoutDeliveryTable;
  ciba_request: CibaRequestTable;
  rate_window: RateWindowTable;
  page_session: PageSessionTable;
  page_sign_in: PageSignInTable;
}
