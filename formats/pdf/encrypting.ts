// New objects of an encrypted PDF made unreadable again (ISO 32000-2, 7.6): the other direction of encryption.ts.
import type { PdfCiphers } from './ciphers.ts';
import type { KeyOwner } from './encryption.ts';
import type { PdfCipher } from './encryption-parameters.ts';
import type { PdfObject, PdfString } from './objects.ts';
import { joinBytes } from '../bytes.ts';
import { rc4 } from './ciphers.ts';

const block = 16;

/** What encrypts: the same as what decrypted. */
export interface EncryptionKeys {
  readonly ciphers: PdfCiphers;
  readonly strings: PdfCipher;
  readonly streams: PdfCipher;
  /** Key for the strings and data of one object. */
  keyOf(owner: KeyOwner, cipher: PdfCipher): Uint8Array;
}

/** Every string of an object encrypted; the caller leaves out what must stay readable (a signature's value). */
export function encryptStrings(object: PdfObject, owner: KeyOwner, keys: EncryptionKeys): PdfObject {
  switch (object.kind) {
    case 'string':
      return encryptString(object, owner, keys);
    case 'array':
      return { kind: 'array', items: object.items.map((item) => encryptStrings(item, owner, keys)) };
    case 'dictionary': {
      const entries = new Map<string, PdfObject>();
      for (const [key, value] of object.entries) entries.set(key, encryptStrings(value, owner, keys));
      return { kind: 'dictionary', entries, duplicateKeys: [] };
    }
    default:
      return object;
  }
}

function encryptString(string: PdfString, owner: KeyOwner, keys: EncryptionKeys): PdfString {
  // Hexadecimal: half of the bytes of a cipher text would have to be escaped.
  return { kind: 'string', bytes: encryptBytes(keys.strings, string.bytes, owner, keys), hex: true };
}

/** The data of a stream encrypted by the file's standard filter. */
export function encryptData(data: Uint8Array, owner: KeyOwner, keys: EncryptionKeys): Uint8Array {
  return encryptBytes(keys.streams, data, owner, keys);
}

function encryptBytes(
  cipher: PdfCipher,
  bytes: Uint8Array,
  owner: KeyOwner,
  keys: EncryptionKeys,
): Uint8Array {
  if (cipher === 'none') return bytes;
  const key = keys.keyOf(owner, cipher);
  if (cipher === 'rc4') return rc4(key, bytes);
  const missing = block - (bytes.length % block);
  const padded = joinBytes([bytes, new Uint8Array(missing).fill(missing)]);
  // The vector comes from key, place and text: it never repeats with another text, and the same update gives the same bytes.
  const place = new TextEncoder().encode(`${owner.number} ${owner.generation} obj`);
  const iv = keys.ciphers.sha2(256, joinBytes([key, place, bytes])).slice(0, block);
  return joinBytes([iv, keys.ciphers.encryptCbc(key, iv, padded)]);
}
