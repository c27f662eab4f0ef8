// Bytes in a file as a row of encrypted chunks: read from anywhere, and none can be changed, moved, left out or added.
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { boxOverhead, openBox, sealBoxParts, type BoxCipher } from '../crypto/aead.ts';
import type { RandomBytes } from '../crypto/clock.ts';
import { readFully, writeAll } from './file-bytes.ts';

/** Bytes of a chunk before encryption. The last one has fewer; an empty text is one empty chunk. */
export const CHUNK = 64 * 1024;
/** Chunks worked on in one go: SM4, the slowest, takes some 3 ms for them, and nobody else's turn comes before. */
const STEP = 4;
/** Opened chunks that a reader keeps: who reads little by little opens each once. */
const KEPT = 4;
/** A chunk in its file: nonce, ciphertext, tag. */
const PARTS = 3;
const KEY = 32;

/** A key for one text alone: nothing else is ever encrypted under it, so that a chunk needs no name of its text. */
export interface ChunkKey {
  readonly cipher: BoxCipher;
  readonly key: KeyObject;
}

/** @param bytes - 32, of which nothing is kept but the key object */
export function chunkKey(cipher: BoxCipher, bytes: Uint8Array): ChunkKey {
  if (bytes.length !== KEY) throw new RangeError('A key of chunks has 32 bytes.');
  return { cipher, key: createSecretKey(bytes) };
}

/** What a chunk is bound to. Cut after a whole chunk, a text ends with one that says it is not the last. */
function surroundings(index: number, last: boolean): string {
  return `yinxin chunk 1|${index}|${last ? 'last' : 'more'}`;
}

function chunksOf(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK));
}

/** Bytes that a text of `size` bytes takes in a file. */
export function sealedLength(cipher: BoxCipher, size: number): number {
  return size + chunksOf(size) * boxOverhead(cipher);
}

/** Encrypts a text while it comes, one chunk behind: whether a chunk is the last is known only then. */
export class ChunkWriter {
  readonly #handle: FileHandle;
  readonly #key: ChunkKey;
  readonly #random: RandomBytes;
  readonly #pending = new Uint8Array(CHUNK);
  #filled = 0;
  #index = 0;
  #position: number;
  #sealed: Uint8Array[] = [];
  #turn: Promise<void> = Promise.resolve();

  /** @param start - where in the file the first chunk goes */
  constructor(handle: FileHandle, start: number, key: ChunkKey, random: RandomBytes) {
    this.#handle = handle;
    this.#position = start;
    this.#key = key;
    this.#random = random;
  }

  /** May be called again before an earlier call has resolved; `bytes` must stay as they are until it has. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#next(() => this.#take(bytes));
  }

  /** Writes what is left. Nothing may be written afterwards. */
  end(): Promise<void> {
    return this.#next(async () => {
      this.#seal(this.#pending.subarray(0, this.#filled), true);
      this.#pending.fill(0);
      await this.#flush();
    });
  }

  /** In turn; after a failure everything fails. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    // Whoever called hears of it; whoever did not wait must not bring the process down.
    this.#turn.catch(() => undefined);
    return this.#turn;
  }

  async #take(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled === CHUNK) {
        this.#seal(this.#pending, false);
        this.#filled = 0;
      }
      const left = bytes.length - at;
      if (this.#filled === 0 && left > CHUNK) {
        this.#seal(bytes.subarray(at, at + CHUNK), false);
        at += CHUNK;
      } else {
        const taken = Math.min(left, CHUNK - this.#filled);
        this.#pending.set(bytes.subarray(at, at + taken), this.#filled);
        this.#filled += taken;
        at += taken;
      }
      if (this.#sealed.length >= STEP * PARTS) await this.#flush();
    }
  }

  #seal(chunk: Uint8Array, last: boolean): void {
    const { cipher, key } = this.#key;
    this.#sealed.push(...sealBoxParts(key, surroundings(this.#index, last), chunk, this.#random, cipher));
    this.#index += 1;
  }

  async #flush(): Promise<void> {
    const sealed = this.#sealed;
    this.#sealed = [];
    this.#position += await writeAll(this.#handle, this.#position, sealed);
  }
}

/** Loads chunks `first` to `last` (fewer only at the end of the text), each checked. */
export type ChunkLoader = (first: number, last: number) => Promise<readonly Uint8Array[]>;

/**
 * Chunks of an encrypted text.
 * @param start - where in the file the first chunk lies
 * @param damaged - what is thrown where a chunk is not what was written, or missing
 */
export function sealedChunks(
  handle: FileHandle,
  { start, size, key }: { readonly start: number; readonly size: number; readonly key: ChunkKey },
  damaged: (cause?: unknown) => Error,
): ChunkLoader {
  const overhead = boxOverhead(key.cipher);
  const count = chunksOf(size);
  const end = sealedLength(key.cipher, size);
  const placeOf = (index: number): number => Math.min(index * (CHUNK + overhead), end);
  // Read into one buffer again and again, unless somebody reads at the same time.
  let spare: Uint8Array | null = null;
  const load: ChunkLoader = async (first, last) => {
    const from = placeOf(first);
    const length = placeOf(last + 1) - from;
    const buffer = spare !== null && spare.length >= length ? spare : new Uint8Array(length);
    spare = null;
    const bytes = buffer.subarray(0, length);
    if ((await readFully(handle, start + from, bytes)) < bytes.length) throw damaged();
    const chunks: Uint8Array[] = [];
    for (let index = first; index <= last && index < count; index += 1) {
      const box = bytes.subarray(placeOf(index) - from, placeOf(index + 1) - from);
      const chunk = openBox(key.key, surroundings(index, index === count - 1), box, key.cipher);
      if (chunk === null) throw damaged();
      chunks.push(chunk);
    }
    spare = buffer;
    return chunks;
  };
  return load;
}

/** Reads a text of chunks from anywhere, and keeps the few it opened last. */
export class ChunkReader {
  readonly size: number;
  readonly #load: ChunkLoader;
  readonly #kept = new Map<number, Uint8Array>();

  constructor(size: number, load: ChunkLoader) {
    this.size = size;
    this.#load = load;
  }

  /** Reads as many bytes as `into` has, fewer only at the end. @returns the part of it that was filled */
  async readInto(position: number, into: Uint8Array): Promise<Uint8Array> {
    const end = Math.min(this.size, position + into.length);
    let at = position;
    while (at < end) {
      const first = Math.floor(at / CHUNK);
      const last = Math.min(Math.floor((end - 1) / CHUNK), first + STEP - 1);
      for (const chunk of await this.#chunks(first, last)) {
        const part = chunk.subarray(at % CHUNK, (at % CHUNK) + end - at);
        into.set(part, at - position);
        at += part.length;
      }
    }
    return into.subarray(0, Math.max(0, end - position));
  }

  async #chunks(first: number, last: number): Promise<readonly Uint8Array[]> {
    const known = this.#kept.get(first);
    if (known !== undefined) {
      this.#keep(first, known);
      return [known];
    }
    const chunks = await this.#load(first, last);
    // Of several the last one only: it is where whoever reads on goes on.
    const newest = chunks.at(-1);
    if (newest !== undefined) this.#keep(first + chunks.length - 1, newest);
    return chunks;
  }

  #keep(index: number, chunk: Uint8Array): void {
    this.#kept.delete(index);
    this.#kept.set(index, chunk);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > KEPT && oldest.done !== true) this.#kept.delete(oldest.value);
  }
}
