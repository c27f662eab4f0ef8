// A copy of a document that grows by appended updates: read once, hashed while copied, whatever its size.
import { createHash, type Hash } from 'node:crypto';
import type { DigestName } from '../crypto/algorithms.ts';
import { joinBytes } from '../formats/bytes.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { SigningError } from './errors.ts';

/** Where a copy is written, in order, nothing twice. `DocumentWriter` of storage is one. */
export interface CopyTarget {
  /** May be called again before an earlier call has resolved; the chunk is not written to afterwards by anybody. */
  write(chunk: Uint8Array): Promise<void>;
}

/** A target that hashes what it is given anyway. */
export interface HashingTarget extends CopyTarget {
  forkHash(): Hash;
}

/** Where a copy comes from. */
export interface CopySource extends ByteSource {
  /** Labelled digest its bytes must have; absent where nobody has said. */
  readonly digest?: string;
  /** Like `read`, into a buffer of the caller's; @returns bytes read, less than the buffer only at the end. */
  readInto?(position: number, into: Uint8Array): Promise<number>;
}

/** Chunks in which the original is copied: large enough that a system call costs nothing beside hashing. */
const chunkSize = 1024 * 1024;
/** Up to here an original is kept whole. */
const smallSize = 128 * 1024;
/** One being read, one being hashed, two being written. */
const buffersInUse = 4;

/** A digest to be kept running; `target` where the target's own is one. */
export interface KeptDigest {
  readonly algorithm: DigestName;
  readonly by?: HashingTarget;
}

/** The original, copied, and everything appended since, as one source; digests of all of it so far. */
export class GrowingCopy implements ByteSource {
  readonly #source: ByteSource;
  readonly #target: CopyTarget;
  readonly #hashes = new Map<DigestName, Hash | HashingTarget>();
  readonly #tail: Uint8Array[] = [];
  /** Of a small original, all of it: hashing it again is cheaper than keeping digests running. */
  #original: Uint8Array | null = null;
  #small: readonly DigestName[] = [];
  #size: number;

  private constructor(source: ByteSource, target: CopyTarget) {
    this.#source = source;
    this.#target = target;
    this.#size = source.size;
  }

  /**
   * Copies the whole original.
   * @param digests every algorithm that will be asked for
   * @throws SigningError `self-check-failed` where the bytes are not those that the source's digest names, or are fewer
   *   than its size; whatever source and target throw
   */
  static async of(
    source: CopySource,
    target: CopyTarget,
    digests: readonly KeptDigest[],
  ): Promise<GrowingCopy> {
    const copy = new GrowingCopy(source, target);
    if (source.size <= smallSize && digests.every(({ by }) => by === undefined)) {
      copy.#small = digests.map(({ algorithm }) => algorithm);
      const original = await source.read(0, source.size);
      if (original.length < source.size) throw changedMeanwhile();
      copy.#original = original;
      await target.write(original);
      copy.#checkDigest(source.digest, copy.#small);
      return copy;
    }
    for (const { algorithm, by } of digests)
      if (!copy.#hashes.has(algorithm)) copy.#hashes.set(algorithm, by ?? createHash(algorithm));
    await copy.#copyOriginal(source);
    copy.#checkDigest(source.digest, [...copy.#hashes.keys()]);
    return copy;
  }

  #checkDigest(expected: string | undefined, kept: readonly DigestName[]): void {
    const known = kept.find((name) => expected?.startsWith(`${name}:`) === true);
    if (expected === undefined || known === undefined) return;
    const found = `${known}:${Buffer.from(this.digestWith(known, [])).toString('hex')}`;
    if (found !== expected) throw changedMeanwhile();
  }

  get size(): number {
    return this.#size;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.#size, position + length);
    const original = this.#source.size;
    if (end <= original) return this.#source.read(position, length);
    const parts = position < original ? [await this.#source.read(position, original - position)] : [];
    let start = original;
    for (const part of this.#tail) {
      const [from, to] = [Math.max(position, start) - start, Math.min(end - start, part.length)];
      if (from < to) parts.push(part.subarray(from, to));
      start += part.length;
    }
    const [only, ...more] = parts;
    return only !== undefined && more.length === 0 ? only : joinBytes(parts);
  }

  /** Digest of everything so far and then `parts`, of which nothing is kept. */
  digestWith(algorithm: DigestName, parts: readonly Uint8Array[]): Uint8Array {
    if (this.#original !== null && this.#small.includes(algorithm)) {
      const whole = createHash(algorithm).update(this.#original);
      for (const part of [...this.#tail, ...parts]) whole.update(part);
      return new Uint8Array(whole.digest());
    }
    const running = this.#hashes.get(algorithm);
    if (running === undefined) throw new RangeError(`No running digest by ${algorithm} was asked for.`);
    const fork = 'forkHash' in running ? running.forkHash() : running.copy();
    for (const part of parts) fork.update(part);
    return new Uint8Array(fork.digest());
  }

  /** Appends bytes for good. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#hash(bytes);
    this.#tail.push(bytes);
    this.#size += bytes.length;
    await this.#target.write(bytes);
  }

  #hash(bytes: Uint8Array): void {
    for (const hash of this.#hashes.values()) if (!('forkHash' in hash)) hash.update(bytes);
  }

  /** Reading, hashing and writing go on side by side: the slowest of the three decides, which is hashing. */
  async #copyOriginal(source: CopySource): Promise<void> {
    const buffers = new Buffers(source);
    let pending = buffers.read(0);
    const writes: Promise<void>[] = [];
    try {
      for (let position = 0; position < source.size;) {
        const chunk = await pending;
        if (chunk.length === 0) throw changedMeanwhile();
        position += chunk.length;
        if (position < source.size) pending = buffers.read(position);
        this.#hash(chunk);
        writes.push(this.#target.write(chunk));
        if (writes.length > 2) await writes.shift();
      }
    } finally {
      await Promise.allSettled([pending, ...writes]);
    }
    await Promise.all(writes);
  }
}

/** Reads chunk after chunk, into the same few buffers where the source lets it. */
class Buffers {
  readonly #source: CopySource;
  readonly #ring: Uint8Array[] = [];
  #at = 0;

  constructor(source: CopySource) {
    this.#source = source;
  }

  async read(position: number): Promise<Uint8Array> {
    const { size } = this.#source;
    const length = Math.min(chunkSize, size - position);
    if (length <= 0) return new Uint8Array();
    if (!('readInto' in this.#source)) return this.#source.read(position, length);
    const slot = this.#at++ % (buffersInUse + 1);
    const buffer = (this.#ring[slot] ??= new Uint8Array(Math.min(chunkSize, size)));
    const into = buffer.subarray(0, length);
    return into.subarray(0, await this.#source.readInto(position, into));
  }
}

function changedMeanwhile(): SigningError {
  return new SigningError(
    'self-check-failed',
    'The document read for signing is not the one that was asked for.',
  );
}
