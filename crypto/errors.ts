// Refusals of the crypto room.

export type CryptoErrorCode =
  /** The name stands for no algorithm of ours. */
  | 'algorithm-unknown'
  /** Known, and refused: too short a key, a broken digest, or one that does not fit the key. */
  | 'algorithm-refused'
  | 'key-not-found'
  /** The key was made for another purpose. */
  | 'key-purpose'
  /** The passphrase is wrong. */
  | 'key-locked'
  | 'key-damaged'
  | 'key-store-unavailable'
  /** A signing server did not answer, answered nonsense, or gave a signature that is not the key's. */
  | 'signing-server-failed'
  | 'passphrase-invalid'
  /** A ciphertext is not what was written at this place: changed, cut, moved, or written under another key. */
  | 'ciphertext-damaged'
  /** The ciphertext names a master key that is not at hand. */
  | 'master-key-unknown'
  /** The password of a PKCS #12 file is wrong, or the file was changed. */
  | 'pkcs12-password'
  /** Larger, or more work, than a PKCS #12 file may be. */
  | 'pkcs12-limit'
  /** Encrypted with RC2 or Triple DES: what `openLegacyPkcs12` is for. */
  | 'pkcs12-legacy'
  /** Sound, but not one key with its certificates under a password in a way that is known here. */
  | 'pkcs12-unsupported'
  /** As many passwords are being checked, and wait for it, as may. */
  | 'password-busy';

export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
  }
}
