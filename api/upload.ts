// An uploaded file as a byte source: small ones stay in memory, large ones go to a temporary encrypted file as they arrive.
import { createHash, randomBytes, randomUUID, type Hash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { joinBytes } from '../formats/bytes.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { bytesSource } from '../formats/pdf/source.ts';
import type { Suite } from '../crypto/suite.ts';
import { chunkKey, ChunkReader, ChunkWriter, sealedChunks } from '../storage/sealed-chunks.ts';
import { ApiError } from './errors.ts';

/** Up to here an upload never touches the disk. */
const memoryLimit = 1024 * 1024;
/** Bytes that may wait in one folder at once: strangers must not fill the disk that the records need. */
const waitingLimit = 4 * 1024 * 1024 * 1024;
/** Bytes waiting in each folder. */
const waiting = new Map<string, number>();

/** Where large uploads wait, what encrypts them there, and the digest that names every upload. */
export interface UploadPlace {
  readonly folder: string;
  readonly digest: Suite['digest'];
  readonly cipher: Suite['cipher'];
}

/**
 * A large upload in its file: encrypted under a key that is in the memory of this process only, so that what a crash leaves
 * opens to nobody.
 */
export interface SealedUpload {
  readonly path: string;
  /** Bytes of the upload. */
  readonly size: number;
  readonly cipher: Suite['cipher'];
  readonly key: Uint8Array;
}

/** A received file. `dispose` must be called once, whatever happened. */
export interface Upload {
  readonly source: ByteSource;
  readonly size: number;
  /** `<digest>:<hex>` of the bytes received, by the suite's digest. */
  readonly digest: string;
  /** The whole content where it is small enough to be in memory (1 MiB), else null. */
  readonly bytes: Uint8Array | null;
  /** The temporary file where it is not; it is there until `dispose`. */
  readonly file: SealedUpload | null;
  dispose(): Promise<void>;
}

/** Receives the chunks of one file. */
export class UploadSink {
  readonly #folder: string;
  readonly #limit: number;
  readonly #digest: Suite['digest'];
  readonly #cipher: Suite['cipher'];
  readonly #key = new Uint8Array(randomBytes(32));
  readonly #hash: Hash;
  readonly #path: string;
  readonly #waitingLimit: number;
  /** What of `waiting` is this file's. */
  #counted = 0;
  #chunks: Uint8Array[] = [];
  #file: FileHandle | null = null;
  #sealed: ChunkWriter | null = null;
  #size = 0;

  /**
   * @param place where a large upload waits while it is worked on, and the suite's digest and cipher
   * @param limit bytes; one more is refused
   * @param folderLimit bytes that may wait in the folder together
   */
  constructor({ folder, digest, cipher }: UploadPlace, limit: number, folderLimit = waitingLimit) {
    this.#folder = folder;
    this.#limit = limit;
    this.#digest = digest;
    this.#cipher = cipher;
    this.#hash = createHash(digest);
    this.#waitingLimit = folderLimit;
    this.#path = join(this.#folder, `upload-${randomUUID()}`);
  }

  get size(): number {
    return this.#size;
  }

  /** @throws ApiError `body-too-large` over the limit, `rate-limited` where too much waits already. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#size + chunk.length > this.#limit) {
      throw new ApiError('body-too-large', `The file is larger than ${this.#limit} bytes.`);
    }
    this.#hash.update(chunk);
    this.#size += chunk.length;
    if (this.#sealed === null) {
      this.#chunks.push(chunk);
      if (this.#size > memoryLimit) {
        this.#count(this.#size);
        await this.#spill();
      }
    } else {
      this.#count(chunk.length);
      await this.#sealed.write(chunk);
    }
  }

  #count(bytes: number): void {
    const together = (waiting.get(this.#folder) ?? 0) + bytes;
    if (together > this.#waitingLimit) {
      throw new ApiError('rate-limited', 'Too many large files are being received: try again later.', {
        retryAfter: 10,
      });
    }
    waiting.set(this.#folder, together);
    this.#counted += bytes;
  }

  async #spill(): Promise<void> {
    this.#file = await open(this.#path, 'wx+', 0o600);
    const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
    this.#sealed = new ChunkWriter(this.#file, 0, chunkKey(this.#cipher, this.#key), random);
    for (const chunk of this.#chunks) await this.#sealed.write(chunk);
    this.#chunks = [];
  }

  /** The finished upload. Nothing may be written afterwards. */
  async finish(): Promise<Upload> {
    await this.#sealed?.end();
    const common = {
      size: this.#size,
      digest: `${this.#digest}:${this.#hash.digest('hex')}`,
      dispose: () => this.abort(),
    };
    if (this.#file !== null) {
      const file = { path: this.#path, size: this.#size, cipher: this.#cipher, key: this.#key };
      return { ...common, source: sealedSource(this.#file, file), bytes: null, file };
    }
    const bytes = joinBytes(this.#chunks);
    return { ...common, source: bytesSource(bytes), bytes, file: null };
  }

  /** Leaves nothing behind; safe to call more than once. */
  async abort(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#sealed = null;
    this.#chunks = [];
    try {
      await file?.close();
      if (file !== null) await rm(this.#path, { force: true });
    } finally {
      waiting.set(this.#folder, (waiting.get(this.#folder) ?? 0) - this.#counted);
      this.#counted = 0;
    }
  }
}

/** A large upload as a byte source. @param file - its file, open */
export function sealedSource(file: FileHandle, upload: Omit<SealedUpload, 'path'>): ByteSource {
  const { size, cipher, key } = upload;
  const changed = (cause?: unknown): ApiError =>
    new ApiError('upload-aborted', 'The temporary upload file is not what was written.', { cause });
  const reader = new ChunkReader(
    size,
    sealedChunks(file, { start: 0, size, key: chunkKey(cipher, key) }, changed),
  );
  return {
    size,
    read: (position, length) =>
      reader.readInto(position, new Uint8Array(Math.max(0, Math.min(length, size - position)))),
  };
}
