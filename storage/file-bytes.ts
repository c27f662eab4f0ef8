// Files at the level of bytes: all of a range or as much as there is, and folders whose names are durable.
import { open, type FileHandle } from 'node:fs/promises';

/** Reads until `bytes` is full or the file ends. @returns how many bytes were read */
export async function readFully(handle: FileHandle, position: number, bytes: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** Writes all of `bytes`. */
export async function writeFully(handle: FileHandle, position: number, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** Writes all of `parts`, one after the other. @returns how many bytes they were */
export async function writeAll(
  handle: FileHandle,
  position: number,
  parts: readonly Uint8Array[],
): Promise<number> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length === 0) return 0;
  const { bytesWritten } = await handle.writev([...parts], position);
  // Less than all is rare: a full disk, a signal.
  if (bytesWritten < length)
    await writeFully(handle, position + bytesWritten, Buffer.concat(parts).subarray(bytesWritten));
  return length;
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What the system calls an error of the file system: `ENOENT` …; null for anything else. */
export function fileErrorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
