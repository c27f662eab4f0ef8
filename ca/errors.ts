// Refusals of the CA room.

export type CaErrorCode =
  /** The request does not fit the profile: a subject, key, lifetime or issuer it does not allow. */
  | 'profile-violation'
  /** A certificate about to be signed breaks a lint. */
  | 'lint-failed'
  /** What was signed is not what was meant, or its signature does not verify; nothing leaves. */
  | 'self-check-failed'
  /** The intention was settled as abandoned before the certificate was complete. */
  | 'issuance-abandoned'
  | 'authority-not-found'
  /** The authority has a successor or is revoked; it issues nothing any more. */
  | 'authority-retired'
  /** A root key is needed and its store is not at hand. */
  | 'root-offline'
  /** The key to certify can be broken: too short, a known one, or no proper key at all. */
  | 'key-weak'
  /** The key to certify is certified already, for another subject or another purpose. */
  | 'key-reused'
  /** The key to certify was revoked as compromised. */
  | 'key-compromised'
  | 'certificate-not-found'
  | 'certificate-already-revoked'
  /** A reason or certificate that cannot be revoked this way. */
  | 'revocation-refused'
  /** A certification request is not signed by its own key, or by an algorithm that proves nothing. */
  | 'csr-proof-refused'
  /** A certification request asks for an extension that the profile does not give, or gives otherwise. */
  | 'csr-extension-refused'
  /** The subject of a certification request contradicts whom the certificate is for. */
  | 'csr-subject-refused'
  /** Subject, evidence or key of an enrolment do not hold. */
  | 'enrolment-invalid'
  | 'enrolment-not-found'
  /** The officers switched the profile off. */
  | 'profile-disabled'
  | 'password-weak'
  /** Too early, too late, or not a certificate that is renewed. */
  | 'renewal-refused'
  /** The state of the certificate, request or credential does not allow it. */
  | 'transition-not-allowed'
  | 'purpose-missing'
  | 'idempotency-mismatch'
  | 'idempotency-in-progress'
  | 'idempotency-abandoned'
  | 'batch-not-found'
  | 'batch-invalid'
  | 'ca-request-not-found'
  | 'ca-request-invalid'
  /** Rejected, executed or expired already. */
  | 'ca-request-closed'
  /** Who asked does not approve. */
  | 'self-approval'
  /** A key or client decides nothing where two officers are needed. */
  | 'decider-not-person'
  | 'foreign-credential-not-found'
  | 'foreign-credential-invalid'
  /** The chain is not one of the key, does not hold, or does not end in a root. */
  | 'foreign-chain-refused'
  /** A list or answer that does not speak of the certificate, is not signed by its authority, or is out of date. */
  | 'foreign-status-refused'
  /** A demonstration's authorities were found where none may be used, or the other way round. */
  | 'demonstration-mismatch'
  /** Stored authorities, certificates or settings contradict each other. */
  | 'hierarchy-damaged';

export class CaError extends Error {
  override readonly name = 'CaError';
  readonly code: CaErrorCode;

  constructor(code: CaErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
