// Authenticated encryption as one box: nonce, ciphertext and tag together, bound to its surroundings.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import type { RandomBytes } from './clock.ts';

/** The ciphers of the two suites, by the names that stand before ciphertexts. */
export type BoxCipher = 'aes-256-gcm' | 'sm4-ctr-hmac-sm3';

interface Shape {
  /** Bytes before the ciphertext and after it. */
  readonly nonce: number;
  readonly tag: number;
}

const shapes: Readonly<Record<BoxCipher, Shape>> = {
  'aes-256-gcm': { nonce: 12, tag: 16 },
  'sm4-ctr-hmac-sm3': { nonce: 16, tag: 32 },
};

/** 32 bytes, or an object made of them: node takes an object five times as fast, which a key in daily use should be. */
export type BoxKey = Uint8Array | KeyObject;

function keyObject(key: BoxKey): KeyObject {
  return key instanceof Uint8Array ? createSecretKey(key) : key;
}

/** Whether the text names a cipher of ours. */
export function isBoxCipher(name: string): name is BoxCipher {
  return Object.hasOwn(shapes, name);
}

/** How many bytes a box is longer than what is in it. */
export function boxOverhead(cipher: BoxCipher): number {
  return shapes[cipher].nonce + shapes[cipher].tag;
}

interface Sm4Keys {
  readonly cipher: KeyObject;
  readonly mac: KeyObject;
}

/** What was derived of keys that are still in use. */
const derived = new WeakMap<KeyObject, Sm4Keys>();

/** SM4 key (16 bytes) and HMAC-SM3 key (32 bytes) from one key of 32 bytes, so that neither is ever used for both. */
function sm4Keys(key: BoxKey): Sm4Keys {
  const object = keyObject(key);
  const known = derived.get(object);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(hkdfSync('sm3', object, new Uint8Array(0), 'yinxin sm4-ctr-hmac-sm3', 48));
  const keys = { cipher: createSecretKey(bytes.subarray(0, 16)), mac: createSecretKey(bytes.subarray(16)) };
  derived.set(object, keys);
  return keys;
}

/** HMAC-SM3 over everything before it, each part with its length, so that no two boxes share a text. */
function sm3Tag(key: KeyObject, surroundings: string, nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const context = Buffer.from(surroundings, 'utf8');
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(context.length));
  return createHmac('sm3', key).update(length).update(context).update(nonce).update(ciphertext).digest();
}

/**
 * A box as the parts it consists of, for whoever writes them one after the other: large ones are then not copied.
 * @param key - 32 bytes
 * @returns nonce, ciphertext, tag. Encrypt-then-MAC for SM4, which has no GCM in OpenSSL 3.
 */
export function sealBoxParts(
  key: BoxKey,
  surroundings: string,
  plaintext: Uint8Array,
  random: RandomBytes,
  cipherName: BoxCipher = 'aes-256-gcm',
): readonly [nonce: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array] {
  const nonce = random(shapes[cipherName].nonce);
  // Both ciphers are streams: nothing is left for `final`.
  if (cipherName === 'sm4-ctr-hmac-sm3') {
    const keys = sm4Keys(key);
    const cipher = createCipheriv('sm4-ctr', keys.cipher, nonce);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return [nonce, ciphertext, sm3Tag(keys.mac, surroundings, nonce, ciphertext)];
  }
  const cipher = createCipheriv('aes-256-gcm', keyObject(key), nonce);
  cipher.setAAD(Buffer.from(surroundings, 'utf8'));
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return [nonce, ciphertext, cipher.getAuthTag()];
}

/** As `sealBoxParts`, in one. @returns nonce ‖ ciphertext ‖ tag: `boxOverhead` bytes more than `plaintext` */
export function sealBox(
  key: BoxKey,
  surroundings: string,
  plaintext: Uint8Array,
  random: RandomBytes,
  cipherName: BoxCipher = 'aes-256-gcm',
): Uint8Array {
  return Buffer.concat(sealBoxParts(key, surroundings, plaintext, random, cipherName));
}

/** @returns the plaintext, or null where key, cipher, surroundings or any bit of the box differ. */
export function openBox(
  key: BoxKey,
  surroundings: string,
  box: Uint8Array,
  cipherName: BoxCipher = 'aes-256-gcm',
): Uint8Array | null {
  const shape = shapes[cipherName];
  if (box.length < shape.nonce + shape.tag) return null;
  const nonce = box.subarray(0, shape.nonce);
  const ciphertext = box.subarray(shape.nonce, box.length - shape.tag);
  const tag = box.subarray(box.length - shape.tag);
  if (cipherName === 'sm4-ctr-hmac-sm3') {
    const keys = sm4Keys(key);
    if (!timingSafeEqual(sm3Tag(keys.mac, surroundings, nonce, ciphertext), tag)) return null;
    const decipher = createDecipheriv('sm4-ctr', keys.cipher, nonce);
    const plaintext = decipher.update(ciphertext);
    decipher.final();
    return plaintext;
  }
  const decipher = createDecipheriv('aes-256-gcm', keyObject(key), nonce, { authTagLength: shape.tag });
  decipher.setAAD(Buffer.from(surroundings, 'utf8'));
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    return null;
  }
}
