// Small secret files: written whole or not at all, durable before the call returns, readable by their owner only.
import { mkdirSync } from 'node:fs';
import { link, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RandomBytes } from './clock.ts';

/** Makes `folder` (and its parents) with mode 0700 where it is absent. */
export function ensureSecretFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeTemporary(path: string, content: string, random: RandomBytes): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${Buffer.from(random(8)).toString('hex')}`);
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return temporary;
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

/** Writes `path` (mode 0600), replacing what was there. */
export async function writeDurably(path: string, content: string, random: RandomBytes): Promise<void> {
  await rename(await writeTemporary(path, content, random), path);
  await syncFolder(dirname(path));
}

/**
 * Writes `path` (mode 0600) unless it exists; of several processes starting together exactly one succeeds.
 * @returns whether this call made the file.
 */
export async function createDurably(path: string, content: string, random: RandomBytes): Promise<boolean> {
  const temporary = await writeTemporary(path, content, random);
  let made = true;
  try {
    // A hard link, unlike a rename, never replaces.
    await link(temporary, path);
  } catch (error) {
    if (!isExisting(error)) throw error;
    made = false;
  } finally {
    await unlink(temporary);
  }
  await syncFolder(dirname(path));
  return made;
}
