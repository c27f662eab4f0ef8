// Temporary folders of a store: one for each process that has it open, swept when its process is gone.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileErrorCode } from './file-bytes.ts';

const STALE_MS = 24 * 60 * 60 * 1000;

/** Temporary folders of this process: several stores may be open on one folder. */
const ownTemporaries = new Set<string>();

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return fileErrorCode(error) === 'EPERM';
  }
}

/**
 * Removes what crashed writers left: temporary folders of dead processes of this host, and of any host after a day.
 * Ages are by the file system's own clock, taken from the folder just made.
 */
async function sweep(temporaries: string, own: string): Promise<void> {
  const now = (await stat(join(temporaries, own))).mtimeMs;
  for (const name of await readdir(temporaries)) {
    if (ownTemporaries.has(join(temporaries, name))) continue;
    const [, host, pid] = /^(.+)_(\d+)_[0-9a-f-]+$/.exec(name) ?? [];
    const path = join(temporaries, name);
    const age = await stat(path).then(
      (stats) => now - stats.mtimeMs,
      () => 0,
    );
    const local = host === hostname() && pid !== undefined;
    // A live process with our own number is this one, and this one's folders are known above: the owner is gone.
    const dead = local && (Number(pid) === process.pid || !isAlive(Number(pid)));
    if (dead || age > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Makes a temporary folder of one's own below `temporaries`, and sweeps the others. @returns its path */
export async function openTemporaries(temporaries: string): Promise<string> {
  const own = `${hostname()}_${process.pid}_${randomUUID()}`;
  ownTemporaries.add(join(temporaries, own));
  await mkdir(join(temporaries, own), { recursive: true, mode: 0o700 });
  await sweep(temporaries, own);
  return join(temporaries, own);
}

/**
 * Removes every temporary file, of any process, whose name begins like this: whoever was about to give it its name finds it
 * gone.
 */
export async function removeTemporaries(temporaries: string, beginning: string): Promise<void> {
  for (const folder of await readdir(temporaries)) {
    const names = await readdir(join(temporaries, folder)).catch((error: unknown) => {
      // Its process ended a moment ago.
      if (fileErrorCode(error) === 'ENOENT') return [];
      throw error;
    });
    for (const name of names)
      if (name.startsWith(beginning)) await rm(join(temporaries, folder, name), { force: true });
  }
}
