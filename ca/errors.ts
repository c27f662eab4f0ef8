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
  | 'certificate-not-found'
  | 'certificate-already-revoked'
  /** A reason or certificate that cannot be revoked this way. */
  | 'revocation-refused'
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
