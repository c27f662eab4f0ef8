// An uploaded file as a byte source: small ones stay in memory, large ones go to a temporary file as they arrive.
import { createHash, randomUUID, type Hash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { joinBytes } from '../formats/bytes.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { bytesSource } from '../formats/pdf/source.ts';
import type { Suite } from '../crypto/suite.ts';
import { ApiError } from './errors.ts';

/** Up to here an upload never touches the disk. */
const memoryLimit = 1024 * 1024;
/** Bytes that may wait in one folder at once: strangers must not fill the disk that the records need. */
const waitingLimit = 4 * 1024 * 1024 * 1024;
/** Bytes waiting in each folder. */
const waiting = new Map<string, number>();

/** Where large uploads wait, and the digest that names every upload. */
export interface UploadPlace {
  readonly folder: string;
  readonly digest: Suite['digest'];
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
  readonly path: string | null;
  dispose(): Promise<void>;
}

/** Receives the chunks of one file. */
export class UploadSink {
  readonly #folder: string;
  readonly #limit: number;
  readonly #digest: Suite['digest'];
  readonly #hash: Hash;
  readonly #path: string;
  readonly #waitingLimit: number;
  /** What of `waiting` is this file's. */
  #counted = 0;
  #chunks: Uint8Array[] = [];
  #file: FileHandle | null = null;
  #size = 0;

  /**
   * @param place where a large upload waits while it is worked on, and the suite's digest
   * @param limit bytes; one more is refused
   * @param folderLimit bytes that may wait in the folder together
   */
  constructor({ folder, digest }: UploadPlace, limit: number, folderLimit = waitingLimit) {
    this.#folder = folder;
    this.#limit = limit;
    this.#digest = digest;
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
    if (this.#file === null) {
      this.#chunks.push(chunk);
      if (this.#size > memoryLimit) {
        this.#count(this.#size);
        await this.#spill();
      }
    } else {
      this.#count(chunk.length);
      await this.#file.appendFile(chunk);
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
    for (const chunk of this.#chunks) await this.#file.appendFile(chunk);
    this.#chunks = [];
  }

  /** The finished upload. */
  finish(): Upload {
    const file = this.#file;
    const common = {
      size: this.#size,
      digest: `${this.#digest}:${this.#hash.digest('hex')}`,
      dispose: () => this.abort(),
    };
    if (file !== null)
      return { ...common, source: fileSource(file, this.#size), bytes: null, path: this.#path };
    const bytes = joinBytes(this.#chunks);
    return { ...common, source: bytesSource(bytes), bytes, path: null };
  }

  /** Leaves nothing behind; safe to call more than once. */
  async abort(): Promise<void> {
    const file = this.#file;
    this.#file = null;
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

/** An open file as a byte source. @param size bytes, as it was written */
export function fileSource(file: FileHandle, size: number): ByteSource {
  return {
    size,
    async read(position, length) {
      const wanted = Math.max(0, Math.min(length, size - position));
      const bytes = new Uint8Array(wanted);
      let filled = 0;
      while (filled < wanted) {
        const { bytesRead } = await file.read(bytes, filled, wanted - filled, position + filled);
        if (bytesRead === 0)
          throw new ApiError('upload-aborted', 'The temporary upload file is shorter than written.');
        filled += bytesRead;
      }
      return bytes;
    },
  };
}
