// Names of algorithms as an inventory writes them, each with the standard that defines it.

export interface AlgorithmFacts {
  readonly algorithm: string;
  readonly standard: string;
  /** Whether it is one of the national cryptographic standards, which GB/T 39786 asks for. */
  readonly national: boolean;
}

const known: Readonly<Record<string, AlgorithmFacts>> = {
  SM2SM3: { algorithm: 'SM2-256 + SM3', standard: 'GB/T 32918, GB/T 35276, GB/T 32905', national: true },
  ES256: { algorithm: 'ECDSA P-256 + SHA-256', standard: 'FIPS 186-5, FIPS 180-4', national: false },
  ES384: { algorithm: 'ECDSA P-384 + SHA-384', standard: 'FIPS 186-5, FIPS 180-4', national: false },
  RS256: { algorithm: 'RSA-3072 PKCS#1 v1.5 + SHA-256', standard: 'RFC 8017, FIPS 180-4', national: false },
  PS256: { algorithm: 'RSA-3072 PSS + SHA-256', standard: 'RFC 8017, FIPS 180-4', national: false },
  Ed25519: { algorithm: 'Ed25519', standard: 'RFC 8032', national: false },
  sm3: { algorithm: 'SM3', standard: 'GB/T 32905', national: true },
  sha256: { algorithm: 'SHA-256', standard: 'FIPS 180-4', national: false },
  'hmac-sm3': { algorithm: 'HMAC-SM3', standard: 'GB/T 32905, GB/T 15852.2', national: true },
  'hmac-sha256': { algorithm: 'HMAC-SHA-256', standard: 'FIPS 198-1, FIPS 180-4', national: false },
  'sm4-ctr-hmac-sm3': {
    algorithm: 'SM4-CTR + HMAC-SM3',
    standard: 'GB/T 32907, GB/T 17964, GB/T 15852.2',
    national: true,
  },
  'aes-256-gcm': { algorithm: 'AES-256-GCM', standard: 'FIPS 197, NIST SP 800-38D', national: false },
  scrypt: { algorithm: 'scrypt', standard: 'RFC 7914', national: false },
};

/** What is known of an algorithm by the name it has in keys and ciphertexts; an unknown one is no national one. */
export function algorithmFacts(name: string): AlgorithmFacts {
  return known[name] ?? { algorithm: name, standard: '—', national: false };
}
