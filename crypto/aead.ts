// AES-256-GCM as one box: nonce, ciphertext and tag together, bound to its surroundings.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { RandomBytes } from './clock.ts';

const NONCE = 12;
const TAG = 16;

/** @returns nonce ‖ ciphertext ‖ tag (28 bytes more than `plaintext`). */
export function sealBox(
  key: Uint8Array,
  surroundings: string,
  plaintext: Uint8Array,
  random: RandomBytes,
): Uint8Array {
  const nonce = random(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(surroundings, 'utf8'));
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** @returns the plaintext, or null where key, surroundings or any bit of the box differ. */
export function openBox(key: Uint8Array, surroundings: string, box: Uint8Array): Uint8Array | null {
  if (box.length < NONCE + TAG) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(surroundings, 'utf8'));
  decipher.setAuthTag(box.subarray(box.length - TAG));
  const plaintext = decipher.update(box.subarray(NONCE, box.length - TAG));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch {
    return null;
  }
}
