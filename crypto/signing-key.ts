// Port: a key is a handle that signs, knows its algorithm, chain and one purpose, and never gives out its private half.

/** What a key may be used for. One key, one purpose, for its whole life. */
export type KeyPurpose =
  | 'root-ca'
  | 'issuing-ca'
  | 'ocsp'
  | 'timestamp'
  | 'seal'
  | 'license-code'
  | 'status-list'
  | 'trust-list'
  | 'receipt'
  | 'identity-token'
  | 'audit-log'
  | 'seal-making';

/**
 * Signature algorithms of our own keys by their IANA JOSE/COSE names; RS256 and PS256 are RSA of 3072 bits, `SM2SM3` is
 * SM2 with SM3 (GB/T 32918).
 */
export type SignatureAlgorithm = 'ES256' | 'ES384' | 'RS256' | 'PS256' | 'Ed25519' | 'SM2SM3';

/** A key whose private half stays inside its adapter. */
export interface SigningKey {
  /** `<digest>:<hex>` over the SubjectPublicKeyInfo DER: SM3 for SM2 keys, SHA-256 for the others (`keyIdOf`). */
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Certificates as DER, own certificate first, up to but not including the root; empty for a key not yet certified. */
  readonly chain: readonly Uint8Array[];
  /**
   * Signs `message` (hashing included).
   * @returns the signature as X.509 and CMS carry it: DER `SEQUENCE { r, s }` for ECDSA and SM2 (JOSE and COSE callers
   *   convert to raw r‖s), the bytes themselves for RSA and Ed25519.
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
  /**
   * As `sign` over the pieces one after another: a large message never stands in memory whole, and between pieces others
   * get their turn. Ed25519, which reads its message twice (RFC 8032 section 5.1.6), gathers the pieces first. Memory of a
   * piece may be used again once the next is asked for.
   */
  signPieces(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array>;
  /**
   * The same key as a maker of signatures by another algorithm of its kind (an RSA key does RS256 and PS256); null where it
   * makes none. Absent: only by its own.
   */
  as?(algorithm: SignatureAlgorithm): SigningKey | null;
}

/** A stored key pair as its maker sees it. */
export interface GeneratedKey {
  readonly id: string;
  readonly publicKey: Uint8Array;
}

/**
 * Port: where keys live.
 * Promises: `generate` returns only after the key is durable; a key is opened only for the purpose it was made for.
 */
export interface KeyStore {
  generate(purpose: KeyPurpose, algorithm: SignatureAlgorithm): Promise<GeneratedKey>;
  /**
   * Keeps a key that was made elsewhere. Durable when it resolves; the same key again is one key.
   * @param pkcs8 - PKCS#8 DER, of the algorithm's kind.
   * @throws CryptoError `key-purpose` where the key is kept already, for another purpose; `algorithm-refused`.
   */
  import(purpose: KeyPurpose, algorithm: SignatureAlgorithm, pkcs8: Uint8Array): Promise<GeneratedKey>;
  /** @throws CryptoError `key-not-found`, `key-purpose` (made for another purpose), `key-locked` (wrong passphrase), `key-damaged`. */
  open(id: string, purpose: KeyPurpose, chain: readonly Uint8Array[]): Promise<SigningKey>;
}
