// A file as a source that is copied, and a copy that appears under its name only when it is whole.
import { randomBytes } from 'node:crypto';
import { link, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { CopySource, CopyTarget } from '../signing/growing-copy.ts';

/** Why a file cannot be read or written. */
export class FileProblem extends Error {
  readonly code: 'file-unreadable' | 'file-changed' | 'output-exists' | 'output-unwritable';

  constructor(code: FileProblem['code'], message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'FileProblem';
    this.code = code;
  }
}

/** An input file, open. */
export class SourceFile implements CopySource {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #changed: bigint;

  private constructor(handle: FileHandle, size: number, changed: bigint) {
    this.#handle = handle;
    this.size = size;
    this.#changed = changed;
  }

  /** @throws FileProblem `file-unreadable`, for a folder or a pipe too */
  static async open(path: string): Promise<SourceFile> {
    try {
      const handle = await open(path, 'r');
      const facts = await handle.stat({ bigint: true });
      if (facts.isFile()) return new SourceFile(handle, Number(facts.size), facts.mtimeNs);
      await handle.close();
    } catch (cause) {
      throw new FileProblem('file-unreadable', `The file cannot be read (${codeOf(cause)}).`, { cause });
    }
    throw new FileProblem('file-unreadable', 'The file is no ordinary file.');
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - position)));
    return bytes.subarray(0, await this.readInto(position, bytes));
  }

  async readInto(position: number, into: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.#handle.read(into, filled, into.length - filled, position + filled);
      if (bytesRead === 0)
        throw new FileProblem('file-changed', 'The file became shorter while it was read.');
      filled += bytesRead;
    }
    return filled;
  }

  /** @throws FileProblem `file-changed` where somebody wrote into the file since it was opened */
  async mustBeUnchanged(): Promise<void> {
    const now = await this.#handle.stat({ bigint: true });
    if (now.mtimeNs !== this.#changed || Number(now.size) !== this.size)
      throw new FileProblem('file-changed', 'The file was changed while it was read.');
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

const leftover = /^\.yinxin-(.+)-(\d+)-[0-9a-f]{12}\.part$/;

/** An output file, written under another name until `commit`. */
export class TargetFile implements CopyTarget {
  readonly #path: string;
  readonly #part: string;
  readonly #handle: FileHandle;
  #size = 0;

  private constructor(path: string, part: string, handle: FileHandle) {
    this.#path = path;
    this.#part = part;
    this.#handle = handle;
  }

  /** @throws FileProblem `output-exists` (nothing is ever overwritten), `output-unwritable` */
  static async create(path: string): Promise<TargetFile> {
    if (await exists(path)) throw taken(path);
    const random = randomBytes(6).toString('hex');
    const part = join(dirname(path), `.yinxin-${hostname()}-${process.pid}-${random}.part`);
    try {
      return new TargetFile(path, part, await open(part, 'wx'));
    } catch (cause) {
      throw new FileProblem('output-unwritable', `The output cannot be written (${codeOf(cause)}).`, {
        cause,
      });
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    const start = this.#size;
    this.#size += chunk.length;
    let written = 0;
    while (written < chunk.length) {
      const { bytesWritten } = await this.#handle.write(
        chunk,
        written,
        chunk.length - written,
        start + written,
      );
      written += bytesWritten;
    }
  }

  /** The whole file, under its name at once. @throws FileProblem `output-exists`, `output-unwritable` */
  async commit(): Promise<number> {
    try {
      await this.#handle.datasync();
      await this.#handle.close();
      await appear(this.#part, this.#path);
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') throw taken(this.#path);
      throw new FileProblem('output-unwritable', `The output cannot be written (${codeOf(cause)}).`, {
        cause,
      });
    }
    return this.#size;
  }

  async abort(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#part, { force: true });
  }
}

/** A link fails where the name is taken, which a rename does not; not every file system has links. */
async function appear(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || (await exists(path))) throw error;
    await rename(part, path);
    return;
  }
  await rm(part, { force: true });
}

/** Removes what commands that were killed left in a folder: parts of processes of this host that are gone. */
export async function sweepParts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, host, pid] = leftover.exec(basename(name)) ?? [];
    if (host !== hostname() || pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function taken(path: string): FileProblem {
  return new FileProblem('output-exists', `${path} exists already: nothing is overwritten.`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
