// What a backup consists of: one line per file with its digest, and a last line over all lines, so a cut list shows.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { StorageError } from './errors.ts';

const HEADER = 'yinxin-backup 1';
const LINE = /^(sha256:[0-9a-f]{64}) (\d{1,15}) (database|document|key) ([A-Za-z0-9._:-]{1,200})$/;

export interface BackupEntry {
  readonly kind: 'database' | 'document' | 'key';
  /** Name of the file; a document's is its digest. */
  readonly name: string;
  /** `sha256:<hex>` of the file. */
  readonly digest: string;
  readonly size: number;
}

function damaged(message: string): StorageError {
  return new StorageError('backup-damaged', message);
}

/** Writes a manifest line by line; without `finish` it is no manifest. */
export class ManifestWriter {
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async create(path: string, made: Date): Promise<ManifestWriter> {
    const writer = new ManifestWriter(await open(path, 'wx', 0o600));
    await writer.#line(`${HEADER} ${made.toISOString()}`);
    return writer;
  }

  add(entry: BackupEntry): Promise<void> {
    return this.#line(`${entry.digest} ${entry.size} ${entry.kind} ${entry.name}`);
  }

  async finish(): Promise<void> {
    await this.#handle.writeFile(`end sha256:${this.#hash.digest('hex')}\n`);
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

/**
 * Reads a manifest entry by entry; memory does not grow with their number.
 * @throws StorageError `backup-damaged`: absent, unknown, changed or cut (after the entries before the damage).
 */
export async function* readManifest(path: string): AsyncGenerator<BackupEntry> {
  const hash = createHash('sha256');
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Infinity });
  let count = 0;
  let ended = false;
  try {
    for await (const line of lines) {
      if (ended) throw damaged('The backup manifest goes on after its end.');
      if (count === 0 && !line.startsWith(`${HEADER} `))
        throw damaged('This is no backup that this version knows.');
      if (line.startsWith('end ')) {
        if (line !== `end sha256:${hash.digest('hex')}`) throw damaged('The backup manifest was changed.');
        ended = true;
        continue;
      }
      hash.update(`${line}\n`);
      count += 1;
      if (count === 1) continue;
      const [, digest, size, kind, name] = LINE.exec(line) ?? [];
      if (digest === undefined || name === undefined || name.startsWith('.')) {
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
