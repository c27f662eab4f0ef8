// The closed union of refusals of signing/: what callers branch on and api maps to problems.

/** Every way a seal or a stamp is refused. Nothing matches on message text. */
export type SigningErrorCode =
  // seals
  | 'seal-not-found'
  | 'seal-not-valid'
  | 'seal-not-permitted'
  | 'seal-type-unknown'
  | 'seal-code-exhausted'
  | 'seal-transition-not-allowed'
  | 'seal-input-invalid'
  | 'name-too-long'
  | 'glyph-missing'
  | 'picture-refused'
  | 'seal-maker-unusable'
  | 'seal-object-missing'
  | 'foreign-seal-refused'
  // the life of a seal, by two persons
  | 'application-not-found'
  | 'application-invalid'
  | 'application-closed'
  | 'self-approval'
  | 'decider-not-person'
  | 'purpose-missing'
  // what a use needs
  | 'authorisation-missing'
  | 'authorisation-not-found'
  | 'authorisation-invalid'
  | 'authorisation-used-up'
  | 'approval-missing'
  | 'approval-invalid'
  | 'approval-other-document'
  | 'persons-not-distinct'
  // the right to act
  | 'scope-missing'
  | 'department-missing'
  // the document and the place on it
  | 'document-not-found'
  | 'document-too-large'
  | 'not-a-pdf'
  | 'pdf-encrypted'
  | 'pdf-password'
  | 'pdf-malformed'
  | 'signing-forbidden'
  | 'page-not-found'
  | 'placement-invalid'
  | 'seal-off-page'
  | 'seal-over-field'
  | 'anchor-not-found'
  | 'anchor-unreadable'
  | 'riding-impossible'
  | 'field-not-found'
  | 'field-already-signed'
  | 'seed-value-refused'
  | 'not-signed'
  // signing, time-stamping, finishing
  | 'placeholder-too-small'
  | 'prepared-mismatch'
  | 'timestamp-unavailable'
  | 'timestamp-invalid'
  | 'status-unavailable'
  | 'certificate-revoked'
  | 'algorithm-refused'
  | 'self-check-failed'
  // records
  | 'stamp-not-found'
  | 'batch-not-found'
  | 'batch-invalid'
  | 'prepared-not-found'
  | 'prepared-expired'
  | 'stamp-not-completed'
  | 'idempotency-key-invalid'
  | 'idempotency-mismatch'
  | 'idempotency-in-progress'
  | 'idempotency-abandoned';

/** A refusal by signing/. The message is plain English, names what is wrong, and holds no personal value. */
export class SigningError extends Error {
  readonly code: SigningErrorCode;

  constructor(code: SigningErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'SigningError';
    this.code = code;
  }
}
