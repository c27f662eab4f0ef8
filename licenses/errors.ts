// The closed union of refusals of licenses/.

export type LicenseErrorCode =
  // types and templates
  | 'type-not-found'
  | 'type-invalid'
  | 'type-edition-differs'
  | 'type-not-permitted'
  | 'template-invalid'
  | 'draft-not-found'
  | 'draft-changed'
  | 'draft-state-invalid'
  | 'draft-open'
  | 'draft-second-person'
  // the right to act
  | 'scope-missing'
  | 'department-missing'
  | 'purpose-missing'
  // what a license says
  | 'face-invalid'
  | 'holder-invalid'
  | 'validity-invalid'
  | 'photo-invalid'
  | 'license-number-taken'
  | 'matter-not-permitted'
  | 'case-number-invalid'
  // the page
  | 'glyph-missing'
  | 'text-overflow'
  | 'page-failed'
  | 'renderer-busy'
  // code and seal
  | 'code-too-long'
  | 'code-unreadable'
  | 'seal-not-permitted'
  // records
  | 'license-not-found'
  /** Its period of keeping is over: what it said of persons is gone. */
  | 'license-destroyed'
  | 'license-not-issued'
  | 'case-not-found'
  | 'case-empty'
  | 'case-number-taken'
  | 'transition-not-allowed'
  | 'change-invalid'
  | 'succession-invalid'
  | 'record-damaged'
  // showing
  | 'presentation-invalid'
  | 'presentation-not-found'
  | 'presentation-over'
  | 'live-code-refused'
  | 'claim-limit'
  | 'fields-not-permitted'
  | 'not-offered'
  | 'claim-not-approved'
  | 'answer-delivered'
  | 'alarm-not-found'
  | 'case-not-open'
  // copies for a purpose
  | 'copy-invalid'
  | 'copy-limit'
  | 'copy-not-found'
  // in bulk, and taken over from elsewhere
  | 'batch-invalid'
  | 'batch-not-found'
  | 'row-malformed'
  | 'original-invalid'
  | 'original-refused'
  | 'original-not-found'
  | 'event-not-found'
  | 'second-person-required'
  | 'change-request-not-found'
  | 'change-request-own'
  | 'decider-not-person'
  | 'change-request-over'
  | 'inspection-invalid'
  | 'merge-invalid'
  | 'holder-change-invalid'
  | 'status-list-not-found'
  | 'status-history-absent'
  | 'status-time-unknown'
  | 'idempotency-key-invalid'
  | 'idempotency-mismatch'
  | 'idempotency-in-progress'
  | 'idempotency-abandoned';

/** One refused place of a face or holder: which field, and why, without its value. */
export interface Complaint {
  /** Short name of the field (GB/T 36903), or `holder.name`, `holder.code`, `validity.until` … */
  readonly field: string;
  readonly reason: string;
}

/** A refusal by licenses/. The message is plain English, names what is wrong, and holds no personal value. */
export class LicenseError extends Error {
  override readonly name = 'LicenseError';
  readonly code: LicenseErrorCode;
  /** Filled for `face-invalid`, `holder-invalid`, `validity-invalid`, `glyph-missing`, `text-overflow`. */
  readonly complaints: readonly Complaint[];

  constructor(
    code: LicenseErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly complaints?: readonly Complaint[] } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.complaints = options.complaints ?? [];
  }
}
