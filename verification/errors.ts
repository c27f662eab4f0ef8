// What verification refuses to do at all. Findings about the thing verified are rows of the report, never errors.

/** Closed list of refusals. A bad document is not in it: that is a report with a reason. */
export type VerificationErrorCode =
  | 'trust-list-malformed'
  | 'trust-list-signature'
  | 'trust-list-rollback'
  | 'trust-list-stale'
  | 'trust-list-not-yet-valid'
  | 'anchor-malformed'
  | 'evidence-malformed'
  | 'receipt-invalid'
  | 'offline-kit-malformed'
  | 'policy-unknown'
  | 'too-large';

/** A refusal of this folder; callers decide by `code`, never by message. */
export class VerificationError extends Error {
  readonly code: VerificationErrorCode;

  constructor(code: VerificationErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'VerificationError';
    this.code = code;
  }
}
