// Signing that trusts no key blindly: what leaves was verified with the public key first.
import { verifySignature } from '../crypto/verify-signature.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { CaError } from './errors.ts';

/** Signs and verifies. @throws CaError `self-check-failed`. */
export async function signChecked(key: SigningKey, message: Uint8Array): Promise<Uint8Array> {
  const signature = await key.sign(message);
  if (!verifySignature({ algorithm: key.algorithm, publicKey: key.publicKey, message, signature })) {
    throw new CaError(
      'self-check-failed',
      `Key ${key.id} made a signature that does not verify; it is withheld.`,
    );
  }
  return signature;
}

/** For many small answers: the first signature of each key is verified, and then one in `every`. */
export class SampledSigner {
  readonly #every: number;
  readonly #counts = new Map<string, number>();

  constructor(every = 64) {
    this.#every = every;
  }

  /** @throws CaError `self-check-failed`. */
  sign(key: SigningKey, message: Uint8Array): Promise<Uint8Array> {
    const count = this.#counts.get(key.id) ?? 0;
    this.#counts.set(key.id, count + 1);
    return count % this.#every === 0 ? signChecked(key, message) : key.sign(message);
  }
}
