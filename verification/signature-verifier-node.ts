// The verifier port on node:crypto, through the one entrance of crypto/.
import { createHash, hash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { CryptoError } from '../crypto/errors.ts';
import { verifyRemembered } from '../crypto/remembered-signatures.ts';
import { withoutSalt } from './signature-verifier.ts';
import type { RunningDigest, SignatureVerifier, StartDigest } from './signature-verifier.ts';

/** Signatures and digests by node:crypto. */
export const nodeSignatureVerifier: SignatureVerifier = {
  verify(algorithm, publicKey, message, signature) {
    try {
      // Certificates and CMS name the digest only (RFC 5758 section 3.2), so any accepted curve may go with it.
      if (!algorithm.includes(':'))
        return verifyRemembered({ algorithm, publicKey, message, signature, pairing: 'x509' });
      const { name, salt } = withoutSalt(algorithm);
      const saltLength = salt ?? undefined;
      return verifyRemembered({
        ...{ algorithm: name, publicKey, message, signature, pairing: 'x509' },
        ...(saltLength === undefined ? {} : { saltLength }),
      });
    } catch (error) {
      if (error instanceof CryptoError) return false;
      throw error;
    }
  },
  digest(algorithm, bytes) {
    const { buffer, byteOffset, length } = hash(algorithm, bytes, 'buffer');
    return new Uint8Array(buffer, byteOffset, length);
  },
};

function running(state: Hash): RunningDigest {
  return {
    update: (chunk) => void state.update(chunk),
    fork: () => running(state.copy()),
    finish: () => new Uint8Array(state.digest()),
  };
}

/** Running digests by node:crypto. */
export const nodeStartDigest: StartDigest = (algorithm) => running(createHash(algorithm));
