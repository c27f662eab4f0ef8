// The one setting that names every algorithm a deployment makes things with.
import type { DigestName } from './algorithms.ts';
import { CryptoError } from './errors.ts';
import type { SignatureAlgorithm } from './signing-key.ts';

export interface Suite {
  readonly name: 'international';
  /** Digests stored in records, document names, the audit chain. */
  readonly digest: DigestName;
  /** Blind indexes. */
  readonly mac: 'hmac-sha256';
  /** Personal data at rest. */
  readonly cipher: 'aes-256-gcm';
  /** Everything but the root. */
  readonly signature: SignatureAlgorithm;
  readonly rootSignature: SignatureAlgorithm;
}

const international: Suite = {
  name: 'international',
  digest: 'sha256',
  mac: 'hmac-sha256',
  cipher: 'aes-256-gcm',
  signature: 'ES256',
  rootSignature: 'ES384',
};

/**
 * @throws CryptoError `suite-unavailable` for `gm` (SM2, SM3, SM4: built with the CA), `algorithm-unknown` for other names.
 */
export function suiteNamed(name: string): Suite {
  if (name === 'international') return international;
  if (name === 'gm')
    throw new CryptoError('suite-unavailable', 'The suite gm is not in this version: use international.');
  throw new CryptoError('algorithm-unknown', 'The suite is international or gm.');
}
