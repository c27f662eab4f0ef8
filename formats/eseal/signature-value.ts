// Signature values as makers of seals write them: DER, or the two halves bare.
import { FormatError } from '../errors.ts';
import { derToRaw, rawToDer } from '../x509/ecdsa-signature.ts';

/**
 * The DER `SEQUENCE { r, s }` of an SM2 signature value (GB/T 35276 clause 7.3); 64 bytes are r‖s, which some vendors write.
 * @returns null where it is neither.
 */
export function sm2ValueToDer(value: Uint8Array): Uint8Array | null {
  try {
    if (value.length === 64) return rawToDer(value);
    derToRaw(value, 32);
    return value;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
