// The closed union of refusals of identity/.

export type IdentityErrorCode =
  | 'department-code-invalid'
  | 'department-exists'
  | 'department-not-found'
  | 'department-name-invalid'
  | 'scope-unknown'
  | 'api-key-not-found'
  | 'api-key-refused'
  | 'account-not-found'
  | 'person-number-invalid'
  | 'demonstration-only'
  // Ways to log in.
  | 'login-refused'
  | 'login-delayed'
  | 'login-name-invalid'
  | 'login-name-taken'
  | 'password-unacceptable'
  | 'code-refused'
  | 'code-not-sent'
  | 'challenge-refused'
  | 'certificate-refused'
  | 'passkey-refused'
  | 'scan-not-found'
  | 'scan-refused'
  | 'upstream-refused'
  | 'upstream-unavailable'
  | 'method-not-available'
  | 'authenticator-not-found'
  | 'authenticator-exists'
  | 'authenticator-last'
  | 'reauthentication-needed'
  // People: persons, accounts, proofing.
  | 'person-name-invalid'
  | 'wanghao-invalid'
  | 'person-not-found'
  | 'person-mismatch'
  | 'account-ended'
  | 'proofing-refused'
  | 'case-not-found'
  | 'case-decided'
  | 'case-open'
  | 'own-matter'
  | 'register-unavailable'
  | 'register-mismatch'
  | 'recovery-refused'
  | 'merge-refused'
  // Officers and requests of two persons.
  | 'role-missing'
  | 'role-conflict'
  | 'role-unknown'
  | 'officer-not-found'
  | 'officer-exists'
  | 'administrators-exist'
  | 'two-person-request-not-found'
  | 'two-person-request-decided'
  | 'two-person-request-invalid'
  | 'restore-not-approved'
  // Mandates.
  | 'enterprise-not-found'
  | 'enterprise-ended'
  | 'not-legal-representative'
  | 'mandate-not-found'
  | 'mandate-refused'
  | 'level-too-low'
  // Purposes and rights of the person.
  | 'purpose-not-found'
  | 'purpose-invalid'
  | 'notice-outdated'
  | 'consent-not-needed'
  | 'person-request-not-found'
  | 'guardian-needed'
  | 'guardian-refused'
  // The OpenID Provider.
  | 'interaction-not-found'
  | 'interaction-other-account'
  | 'level-not-reached'
  | 'client-not-found'
  | 'client-exists'
  | 'client-invalid'
  | 'token-refused'
  | 'proof-refused'
  | 'session-not-found'
  | 'grant-not-found'
  | 'request-not-found'
  | 'provider-key-not-found';

/** A refusal by identity/. The message is plain English, names what is wrong, and holds no personal value. */
export class IdentityError extends Error {
  readonly code: IdentityErrorCode;
  /** Seconds after which it is worth asking again; undefined where time changes nothing. */
  readonly retryAfter: number | undefined;

  constructor(
    code: IdentityErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly retryAfter?: number },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'IdentityError';
    this.code = code;
    this.retryAfter = options?.retryAfter;
  }
}
