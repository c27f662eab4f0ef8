// Strings and streams of an encrypted PDF in the clear (ISO 32000-2, 7.6): the standard security handler.
import type { PdfCiphers } from './ciphers.ts';
import type { FileKey, PasswordRole } from './encryption-key.ts';
import type { EncryptionParameters, PdfCipher } from './encryption-parameters.ts';
import type { EncryptionKeys } from './encrypting.ts';
import type { PdfDictionary, PdfObject, PdfReference, PdfString } from './objects.ts';
import { FormatError } from '../errors.ts';
import { joinBytes } from '../bytes.ts';
import { rc4 } from './ciphers.ts';
import { entry, nameOf, pdfArray, pdfNull, withEntries } from './objects.ts';

/** What the caller gives so that an encrypted file can be read. */
export interface PdfPassword {
  /** The user's or the owner's; many files open with an empty one. */
  readonly password: string;
  readonly ciphers: PdfCiphers;
}

/** The object whose key strings and data are encrypted with. */
export type KeyOwner = Pick<PdfReference, 'number' | 'generation'>;

const salt = Uint8Array.of(0x73, 0x41, 0x6c, 0x54);
const block = 16;

/** Decrypts the objects of one file. */
export class Decryption {
  /** As whom the password opened the file. */
  readonly role: PasswordRole;
  readonly parameters: EncryptionParameters;
  /** Where encryption dictionaries stand, whose own strings are not encrypted. */
  readonly #itself: ReadonlySet<number>;
  readonly #key: Uint8Array;
  readonly #ciphers: PdfCiphers;
  #lastKey: { readonly of: string; readonly key: Uint8Array } | null = null;

  constructor(
    parameters: EncryptionParameters,
    { key, role }: FileKey,
    itself: ReadonlySet<number>,
    ciphers: PdfCiphers,
  ) {
    this.parameters = parameters;
    this.role = role;
    this.#itself = itself;
    this.#key = key;
    this.#ciphers = ciphers;
  }

  /** What encrypts new objects of the same file. */
  encryptionKeys(): EncryptionKeys {
    const { strings, streams } = this.parameters;
    return {
      ciphers: this.#ciphers,
      strings,
      streams,
      keyOf: (owner, cipher) => (cipher === 'aes-256' ? this.#key : this.#objectKey(owner, cipher)),
    };
  }

  /**
   * An indirect object that stands in the file by itself, its strings in the clear. What comes out of an object stream was
   * decrypted with it, cross-reference streams never are encrypted, and neither is the value of a signature (7.6.2).
   * @param offset where it stands
   * @throws FormatError `pdf-malformed` where a string is no cipher text.
   */
  object(value: PdfObject, owner: KeyOwner, offset: number): PdfObject {
    if (this.#itself.has(offset)) return value;
    if (value.kind !== 'stream') return this.#strings(value, owner);
    if (nameOf(entry(value.dictionary, 'Type')) === 'XRef') return value;
    return { ...value, dictionary: this.#dictionary(value.dictionary, owner), owner };
  }

  /**
   * The data of a stream in the clear, and its dictionary without the Crypt filter that was undone with it.
   * @throws FormatError `pdf-malformed` where they are no cipher text.
   */
  data(
    dictionary: PdfDictionary,
    raw: Uint8Array,
    owner: KeyOwner,
  ): { readonly dictionary: PdfDictionary; readonly data: Uint8Array } {
    const own = cryptFilterOf(dictionary);
    const { filters, streams, embeddedFiles, encryptsMetadata } = this.parameters;
    const type = nameOf(entry(dictionary, 'Type'));
    if (own !== null) {
      const cipher = filters.get(own.name);
      if (cipher === undefined)
        throw new FormatError('pdf-malformed', 'A stream names no known crypt filter.');
      return { dictionary: own.rest, data: this.#decrypt(cipher, raw, owner) };
    }
    if (type === 'Metadata' && !encryptsMetadata) return { dictionary, data: raw };
    const cipher = type === 'EmbeddedFile' ? embeddedFiles : streams;
    return { dictionary, data: this.#decrypt(cipher, raw, owner) };
  }

  #strings(value: PdfObject, owner: KeyOwner): PdfObject {
    switch (value.kind) {
      case 'string':
        return this.#string(value, owner);
      case 'array':
        return { ...value, items: value.items.map((item) => this.#strings(item, owner)) };
      case 'dictionary':
        return this.#dictionary(value, owner);
      default:
        return value;
    }
  }

  #dictionary(dictionary: PdfDictionary, owner: KeyOwner): PdfDictionary {
    const signature = isSignature(dictionary);
    const entries = new Map<string, PdfObject>();
    for (const [key, value] of dictionary.entries) {
      const open = signature && key === 'Contents' && value.kind === 'string' && value.hex;
      entries.set(key, open ? value : this.#strings(value, owner));
    }
    return { ...dictionary, entries };
  }

  #string(string: PdfString, owner: KeyOwner): PdfString {
    return { ...string, bytes: this.#decrypt(this.parameters.strings, string.bytes, owner) };
  }

  #decrypt(cipher: PdfCipher, bytes: Uint8Array, owner: KeyOwner): Uint8Array {
    if (cipher === 'none' || bytes.length === 0) return bytes;
    const key = cipher === 'aes-256' ? this.#key : this.#objectKey(owner, cipher);
    if (cipher === 'rc4') return rc4(key, bytes);
    if (bytes.length < 2 * block || bytes.length % block !== 0) throw notCipherText();
    const open = this.#ciphers.decryptCbc(key, bytes.slice(0, block), bytes.subarray(block));
    // RFC 8018, 6.1.1: as many bytes as were missing, each their number.
    const padding = open.at(-1) ?? 0;
    const length = open.length - padding;
    if (padding < 1 || padding > block || open.subarray(length).some((byte) => byte !== padding))
      throw notCipherText();
    return open.slice(0, length);
  }

  /** Algorithm 1 of 7.6.3; the strings of one object share its key. */
  #objectKey({ number, generation }: KeyOwner, cipher: PdfCipher): Uint8Array {
    const of = `${number} ${generation} ${cipher}`;
    if (this.#lastKey?.of === of) return this.#lastKey.key;
    const place = Uint8Array.of(number, number >> 8, number >> 16, generation, generation >> 8);
    const parts = [this.#key, place, ...(cipher === 'rc4' ? [] : [salt])];
    const key = this.#ciphers.md5(joinBytes(parts)).slice(0, Math.min(this.#key.length + 5, 16));
    this.#lastKey = { of, key };
    return key;
  }
}

function notCipherText(): FormatError {
  return new FormatError('pdf-malformed', 'Encrypted data of the PDF are damaged.');
}

/** /Type may be absent (Table 255), /ByteRange never is where there is something to verify. */
function isSignature(dictionary: PdfDictionary): boolean {
  const type = nameOf(entry(dictionary, 'Type'));
  return type === 'Sig' || type === 'DocTimeStamp' || dictionary.entries.has('ByteRange');
}

/** The crypt filter a stream chooses for itself, which is its first filter (7.4.10). */
function cryptFilterOf(
  dictionary: PdfDictionary,
): { readonly name: string; readonly rest: PdfDictionary } | null {
  const listOf = (object: PdfObject): readonly PdfObject[] =>
    object.kind === 'array' ? object.items : [object];
  const [first = pdfNull, ...filters] = listOf(entry(dictionary, 'Filter'));
  if (nameOf(first) !== 'Crypt') return null;
  const [own = pdfNull, ...parameters] = listOf(entry(dictionary, 'DecodeParms'));
  const name = own.kind === 'dictionary' ? (nameOf(entry(own, 'Name')) ?? 'Identity') : 'Identity';
  const rest = withEntries(dictionary, { Filter: pdfArray(filters), DecodeParms: pdfArray(parameters) });
  return { name, rest };
}
