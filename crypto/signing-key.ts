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
  | 'receipt';

/** Signature algorithms by their IANA JOSE/COSE names; `SM2SM3` is SM2 with SM3 (GB/T 32918) and arrives with the `gm` suite. */
export type SignatureAlgorithm = 'ES256' | 'ES384' | 'SM2SM3';

/** A key whose private half stays inside its adapter. */
export interface SigningKey {
  /** `sha256:<hex>` over the SubjectPublicKeyInfo DER. */
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Certificates as DER, own certificate first, up to but not including the root; empty for a key not yet certified. */
  readonly chain: readonly Uint8Array[];
  /**
   * Signs `message` (hashing included).
   * @returns the signature as DER `SEQUENCE { r, s }` (X.509, CMS form); JOSE and COSE callers convert to raw r‖s.
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
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
  /** @throws CryptoError `key-not-found`, `key-purpose` (made for another purpose), `key-locked` (wrong passphrase), `key-damaged`. */
  open(id: string, purpose: KeyPurpose, chain: readonly Uint8Array[]): Promise<SigningKey>;
}
