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
  | 'demonstration-only';

/** A refusal by identity/. The message is plain English, names what is wrong, and holds no personal value. */
export class IdentityError extends Error {
  readonly code: IdentityErrorCode;

  constructor(code: IdentityErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'IdentityError';
    this.code = code;
  }
}
