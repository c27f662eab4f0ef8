// Why a codec refuses bytes or values: one closed union for the whole folder.

export type FormatErrorCode =
  | 'der-malformed'
  | 'der-too-deep'
  | 'der-too-large'
  | 'ber-indefinite-length'
  | 'trailing-bytes'
  | 'value-out-of-range'
  | 'certificate-malformed'
  | 'csr-malformed'
  | 'crl-malformed'
  | 'ocsp-malformed'
  | 'cms-malformed'
  | 'timestamp-malformed'
  | 'timestamp-version'
  | 'pkcs12-malformed'
  | 'signature-malformed'
  | 'cbor-malformed'
  | 'cose-malformed'
  | 'code-malformed'
  | 'jwt-malformed'
  | 'status-list-malformed'
  | 'identifier-malformed'
  | 'not-a-pdf'
  | 'pdf-malformed'
  | 'pdf-limit'
  | 'pdf-encrypted'
  | 'pdf-password'
  | 'pdf-unsupported'
  | 'seal-malformed'
  | 'csv-malformed'
  | 'picture-malformed';

/** Thrown by every codec of formats/. The message names what is wrong and never holds a personal value. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly code: FormatErrorCode;

  constructor(code: FormatErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
