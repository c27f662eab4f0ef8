// What the HTTP edge itself refuses, before any room is asked.

export type ApiErrorCode =
  | 'request-invalid'
  | 'json-malformed'
  | 'multipart-malformed'
  | 'body-missing'
  | 'body-too-large'
  | 'content-type-unsupported'
  | 'file-missing'
  | 'file-not-pdf'
  | 'idempotency-key-missing'
  | 'idempotency-mismatch'
  | 'receipt-not-recognised'
  | 'document-unknown'
  | 'unauthenticated'
  | 'scope-missing'
  | 'csrf-refused'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'rate-limited'
  | 'upload-aborted'
  | 'verification-busy'
  | 'verification-too-costly'
  | 'timestamp-unavailable'
  | 'configuration-invalid'
  | 'configuration-refused'
  | 'port-taken'
  | 'data-folder-unusable'
  | 'internal';

/** A refusal of the edge. The message is English, names what is wrong and holds no personal value. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  /** For a person at a shell: what to do about it. */
  readonly hint: string | undefined;
  /** Seconds after which it is worth asking again (rate limits). */
  readonly retryAfter: number | undefined;
  /** Every single thing that does not hold, where there are several. */
  readonly complaints: readonly { readonly field: string; readonly reason: string }[];

  constructor(
    code: ApiErrorCode,
    message: string,
    options: {
      cause?: unknown;
      hint?: string;
      retryAfter?: number;
      complaints?: ApiError['complaints'];
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.hint = options.hint;
    this.retryAfter = options.retryAfter;
    this.complaints = options.complaints ?? [];
  }
}
