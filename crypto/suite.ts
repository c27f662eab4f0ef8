// The one setting that names every algorithm a deployment makes things with.
import type { DigestName } from './algorithms.ts';
import { CryptoError } from './errors.ts';
import type { SignatureAlgorithm } from './signing-key.ts';

export type SuiteName = 'international' | 'gm';

export interface Suite {
  readonly name: SuiteName;
  /** Digests stored in records, document names, the audit chain. */
  readonly digest: Extract<DigestName, 'sha256' | 'sm3'>;
  /** Blind indexes and other keyed digests. */
  readonly mac: 'hmac-sha256' | 'hmac-sm3';
  /** Personal data and key files at rest. */
  readonly cipher: 'aes-256-gcm' | 'sm4-ctr-hmac-sm3';
  /** Everything but the root. */
  readonly signature: Extract<SignatureAlgorithm, 'ES256' | 'SM2SM3'>;
  readonly rootSignature: Extract<SignatureAlgorithm, 'ES384' | 'SM2SM3'>;
  /** Which of the two certificate hierarchies certifies seals, services and time-stamps. */
  readonly hierarchy: 'international' | 'sm2';
}

const suites: Readonly<Record<SuiteName, Suite>> = {
  international: {
    name: 'international',
    digest: 'sha256',
    mac: 'hmac-sha256',
    cipher: 'aes-256-gcm',
    signature: 'ES256',
    rootSignature: 'ES384',
    hierarchy: 'international',
  },
  // GB/T 32918 (SM2), GB/T 32905 (SM3), GB/T 32907 (SM4): what GB/T 39786 asks of a system under evaluation.
  gm: {
    name: 'gm',
    digest: 'sm3',
    mac: 'hmac-sm3',
    cipher: 'sm4-ctr-hmac-sm3',
    signature: 'SM2SM3',
    rootSignature: 'SM2SM3',
    hierarchy: 'sm2',
  },
};

/** @throws CryptoError `algorithm-unknown` for a name that is neither. */
export function suiteNamed(name: string): Suite {
  if (name === 'international' || name === 'gm') return suites[name];
  throw new CryptoError('algorithm-unknown', 'The suite is international or gm.');
}
