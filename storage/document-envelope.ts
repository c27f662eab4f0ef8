// How a document lies in its file: a header with its own key, wrapped by a master key, then its bytes in encrypted chunks.
import type { KeyObject } from 'node:crypto';
import { isBoxCipher, openBox, sealBox, type BoxCipher } from '../crypto/aead.ts';
import { CryptoError } from '../crypto/errors.ts';
import { ringOf, wrappingKeys, type FieldCipherOptions } from '../crypto/field-cipher.ts';
import type { MasterKeys } from '../crypto/master-keys.ts';
import { StorageError } from './errors.ts';
import { CHUNK, chunkKey, sealedLength, type ChunkKey } from './sealed-chunks.ts';

/**
 * Bytes of the header, one line of ASCII filled up with spaces:
 *
 *     yinxin-document 1 <cipher> <chunk bytes> <master key id> <document bytes> <wrapped key, base64url>
 *
 * The wrapped key is bound to the document's name (the digest of its bytes), its size, cipher and chunk size: a header opens at
 * its own document only, and says how long the file must be. Chunks follow (sealed-chunks.ts), each bound to this key, its
 * number and whether it is the last. The line is read only where it is exactly what would be written.
 */
export const HEADER = 256;
const MAGIC = 'yinxin-document ';
const VERSION = 1;
const LINE =
  /^yinxin-document 1 ([a-z0-9-]{1,20}) (\d{1,7}) ([0-9a-f]{16}) (\d{1,15}) ([A-Za-z0-9_-]{1,150})$/;
const KEY = 32;

/** What encrypts documents: the newest master key wraps, older ones open what they wrapped. */
export type DocumentKeys = FieldCipherOptions;

/** A header as it is written. */
interface Line {
  readonly cipher: BoxCipher;
  readonly masterKey: string;
  readonly size: number;
  readonly wrapped: Uint8Array;
}

/** A document's key while its file is written. */
export interface NewEnvelope {
  readonly chunks: ChunkKey;
  /**
   * The header, wrapped by the master key that is the newest at this moment. @param digest - labelled, of the `size` bytes
   * @returns it, and the id of the master key
   */
  header(digest: string, size: number): { readonly bytes: Uint8Array; readonly masterKey: string };
}

/** A header that opened. */
export interface OpenedEnvelope {
  /** Bytes of the document. */
  readonly size: number;
  /** Bytes of the whole file. */
  readonly fileSize: number;
  readonly masterKey: string;
  readonly chunks: ChunkKey;
  /** The header as it was read. */
  readonly header: Uint8Array;
  /** The same key under the newest master key. */
  rewrapped(): Uint8Array;
}

/** Whether a file that begins like this is encrypted; one of a time before documents were is not. */
export function isEnvelope(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

function encode({ cipher, masterKey, size, wrapped }: Line): Uint8Array {
  const text = Buffer.from(wrapped).toString('base64url');
  const line = `${MAGIC}${VERSION} ${cipher} ${CHUNK} ${masterKey} ${size} ${text}`;
  return Buffer.from(`${line.padEnd(HEADER - 1)}\n`, 'latin1');
}

function decode(bytes: Uint8Array): Line | null {
  const text = Buffer.from(bytes).toString('latin1').trimEnd();
  const [, cipher = '', , masterKey = '', size = '', wrapped = ''] = LINE.exec(text) ?? [];
  if (!isBoxCipher(cipher)) return null;
  const line = { cipher, masterKey, size: Number(size), wrapped: Buffer.from(wrapped, 'base64url') };
  return Buffer.compare(encode(line), bytes) === 0 ? line : null;
}

/** The master key that a header names, without opening it; null where it is none. */
export function masterKeyOf(header: Uint8Array): string | null {
  return decode(header)?.masterKey ?? null;
}

function surroundings(digest: string, cipher: BoxCipher, size: number): string {
  return JSON.stringify(['document key', VERSION, digest, cipher, CHUNK, size]);
}

/** A refusal of what lies in the store. */
export function documentDamaged(digest: string, cause?: unknown): StorageError {
  const message = `The stored document ${digest} is not what was written.`;
  return new StorageError('document-damaged', message, cause === undefined ? {} : { cause });
}

/** Makes and opens headers. */
export class DocumentCipher {
  readonly keys: DocumentKeys;
  readonly #ring: MasterKeys;
  readonly #cipher: BoxCipher;
  readonly #wrapping: (id: string) => KeyObject;

  constructor(keys: DocumentKeys) {
    this.keys = keys;
    this.#ring = ringOf(keys.masterKeys);
    this.#cipher = keys.cipher ?? 'aes-256-gcm';
    this.#wrapping = wrappingKeys(this.#ring, 'documents');
  }

  /** Id of the master key that wraps now. */
  get current(): string {
    return this.#ring.current.id;
  }

  /** A key for a document that is about to be written. */
  begin(): NewEnvelope {
    const key = this.keys.random(KEY);
    const cipher = this.#cipher;
    return {
      chunks: chunkKey(cipher, key),
      header: (digest, size) => this.#header(cipher, key, digest, size),
    };
  }

  /** @throws StorageError `document-damaged`: changed, another document's, or under a master key that is not here */
  open(digest: string, header: Uint8Array): OpenedEnvelope {
    const line = decode(header);
    if (line === null) throw documentDamaged(digest);
    const { cipher, masterKey, size, wrapped } = line;
    const key = openBox(
      this.#wrappingKey(digest, masterKey),
      surroundings(digest, cipher, size),
      wrapped,
      cipher,
    );
    if (key?.length !== KEY) throw documentDamaged(digest);
    return {
      size,
      fileSize: HEADER + sealedLength(cipher, size),
      masterKey,
      chunks: chunkKey(cipher, key),
      header,
      rewrapped: () => this.#header(cipher, key, digest, size).bytes,
    };
  }

  #header(cipher: BoxCipher, key: Uint8Array, digest: string, size: number) {
    const { current: masterKey } = this;
    const wrapping = this.#wrapping(masterKey);
    const bound = surroundings(digest, cipher, size);
    const wrapped = sealBox(wrapping, bound, key, this.keys.random, cipher);
    return { bytes: encode({ cipher, masterKey, size, wrapped }), masterKey };
  }

  #wrappingKey(digest: string, id: string): KeyObject {
    try {
      return this.#wrapping(id);
    } catch (error) {
      if (!(error instanceof CryptoError) || error.code !== 'master-key-unknown') throw error;
      throw new StorageError(
        'document-damaged',
        `The document ${digest} was encrypted under the master key ${id}, which is not in the key folder: restore it there.`,
        { cause: error },
      );
    }
  }
}
