// What a backup consists of: one line per file with its digest, and a last line over all lines, so a cut list shows.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Suite } from '../crypto/suite.ts';
import { StorageError } from './errors.ts';

/** Edition 1, before 0.4, had its documents in clear, each with its name for a digest. */
const HEADER = 'yinxin-backup 2';
const LINE =
  /^((?:sha256|sm3):[0-9a-f]{64}) (\d{1,15}) (database|document|key|root-key) ([A-Za-z0-9._:-]{1,200})$/;
/** The moment of the backup and, where it is not SHA-256, the digest of all that the manifest lists. */
const FIRST = /^yinxin-backup [12] \S{20,30}(?: (sm3))?$/;

export interface BackupEntry {
  readonly kind: 'database' | 'document' | 'key' | 'root-key';
  /** Name of the file; a document's is the digest of what is encrypted in it. */
  readonly name: string;
  /** `<digest>:<hex>` of the file, all of one digest. */
  readonly digest: string;
  readonly size: number;
}

function damaged(message: string): StorageError {
  return new StorageError('backup-damaged', message);
}

/** Writes a manifest line by line; without `finish` it is no manifest. */
export class ManifestWriter {
  readonly #handle: FileHandle;
  readonly #digest: Suite['digest'];
  readonly #hash: Hash;

  private constructor(handle: FileHandle, digest: Suite['digest']) {
    this.#handle = handle;
    this.#digest = digest;
    this.#hash = createHash(digest);
  }

  static async create(path: string, made: Date, digest: Suite['digest']): Promise<ManifestWriter> {
    const writer = new ManifestWriter(await open(path, 'wx', 0o600), digest);
    await writer.#line(`${HEADER} ${made.toISOString()}${digest === 'sha256' ? '' : ` ${digest}`}`);
    return writer;
  }

  add(entry: BackupEntry): Promise<void> {
    return this.#line(`${entry.digest} ${entry.size} ${entry.kind} ${entry.name}`);
  }

  async finish(): Promise<void> {
    await this.#handle.writeFile(`end ${this.#digest}:${this.#hash.digest('hex')}\n`);
    await this.#handle.sync();
    await this.#handle.close();
  }

  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async #line(line: string): Promise<void> {
    this.#hash.update(`${line}\n`);
    await this.#handle.writeFile(`${line}\n`);
  }
}

/** The digest that the first line of a manifest names. @throws StorageError `backup-damaged`. */
function digestOfFirst(line: string): Suite['digest'] {
  const found = FIRST.exec(line);
  if (found === null) throw damaged('This is no backup that this version knows.');
  return found[1] === 'sm3' ? 'sm3' : 'sha256';
}

/** The digest that a whole backup is made with. @throws StorageError `backup-damaged`: no manifest, or an unknown one. */
export async function digestOfManifest(path: string): Promise<Suite['digest']> {
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Infinity });
  try {
    for await (const line of lines) return digestOfFirst(line);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError('backup-damaged', 'The backup has no manifest that can be read.', {
      cause: error,
    });
  } finally {
    lines.close();
    input.destroy();
  }
  throw damaged('The backup manifest is empty.');
}

/**
 * Reads a manifest entry by entry; memory does not grow with their number.
 * @throws StorageError `backup-damaged`: absent, unknown, changed or cut (after the entries before the damage).
 */
export async function* readManifest(path: string): AsyncGenerator<BackupEntry> {
  const algorithm = await digestOfManifest(path);
  const hash = createHash(algorithm);
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Infinity });
  let count = 0;
  let ended = false;
  try {
    for await (const line of lines) {
      if (ended) throw damaged('The backup manifest goes on after its end.');
      if (line.startsWith('end ')) {
        if (line !== `end ${algorithm}:${hash.digest('hex')}`)
          throw damaged('The backup manifest was changed.');
        ended = true;
        continue;
      }
      hash.update(`${line}\n`);
      count += 1;
      if (count === 1) continue;
      const [, digest, size, kind, name] = LINE.exec(line) ?? [];
      if (digest?.startsWith(`${algorithm}:`) !== true || name === undefined || name.startsWith('.')) {
        throw damaged('A line of the backup manifest is malformed.');
      }
      yield { digest, size: Number(size), kind: kind as BackupEntry['kind'], name };
    }
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError('backup-damaged', 'The backup has no manifest that can be read.', {
      cause: error,
    });
  } finally {
    lines.close();
    input.destroy();
  }
  if (!ended) throw damaged('The backup manifest is cut short: that backup never finished.');
}
