// Standard input as a file: what is small stays in memory, what is larger goes to a file without a name.
import { fstatSync } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenFile } from '../verification/cli-options.ts';

/** Bytes that are held in memory. Beyond them only the disk is a limit, as for files. */
export const heldInMemory = 32 * 1024 * 1024;

/** The process's own. @throws Error for a folder, which Node would read as nothing, and for what breaks off */
export async function openOwnInput(): Promise<OpenFile> {
  if (fstatSync(0).isDirectory()) throw new Error('it is a folder');
  return openStandardInput(process.stdin);
}

/**
 * Reads to the end of the input.
 * @param held - bytes at most in memory
 * @returns it as an open file, which leaves nothing behind, whatever happens to the process after its first moment
 */
export async function openStandardInput(
  input: AsyncIterable<Uint8Array>,
  held = heldInMemory,
): Promise<OpenFile> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let spool: FileHandle | null = null;
  try {
    for await (const part of input) {
      parts.push(part);
      size += part.length;
      if (size <= held) continue;
      spool ??= await openNameless();
      await writeAll(spool, parts);
      parts = [];
    }
  } catch (error) {
    await spool?.close();
    throw error;
  }
  return spool === null ? inMemory(Buffer.concat(parts)) : onDisk(spool, size);
}

/** Its folder is the owner's alone, and both are gone before the first byte is written. */
async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'yinxin-input-'));
  try {
    return await open(join(folder, 'input'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts)
    for (let from = 0; from < part.length;) from += (await file.write(part, from)).bytesWritten;
}

function inMemory(bytes: Uint8Array): OpenFile {
  return {
    size: bytes.length,
    read: (position, length) =>
      Promise.resolve(
        bytes.slice(Math.min(position, bytes.length), Math.min(position + length, bytes.length)),
      ),
    close: () => Promise.resolve(),
  };
}

function onDisk(file: FileHandle, size: number): OpenFile {
  return {
    size,
    async read(position, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close: () => file.close(),
  };
}
