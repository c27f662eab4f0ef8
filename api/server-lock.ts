// One server per data folder: two would settle each other's running work as left-overs.
import { readFileSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from './errors.ts';

/** A held lock. */
export interface ServerLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  /** When the process began, as the system counts; tells it from a later one with the same number. */
  readonly began: string | null;
}

/**
 * Takes the folder for this process. A lock whose process has ended (also by `kill -9`) is taken over.
 * @throws ApiError `data-folder-unusable` while another server runs on it.
 */
export async function lockServer(dataFolder: string): Promise<ServerLock> {
  const path = join(dataFolder, 'server.lock');
  for (let attempt = 1; ; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(
          JSON.stringify({ pid: process.pid, began: beganOf(process.pid) } satisfies Holder),
        );
      } finally {
        await file.close();
      }
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = await holderOf(path);
      if (holder !== null && isRunning(holder) && holder.pid !== process.pid) {
        throw new ApiError(
          'data-folder-unusable',
          `A server (process ${holder.pid}) runs on ${dataFolder} already.`,
          {
            hint: 'stop it first, or choose another folder with --data',
          },
        );
      }
      if (holder?.pid === process.pid && isRunning(holder)) {
        throw new ApiError('data-folder-unusable', `This process serves ${dataFolder} already.`);
      }
      if (attempt >= 3) throw error;
      await rm(path, { force: true });
    }
  }
}

async function holderOf(path: string): Promise<Holder | null> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>;
    return typeof value.pid === 'number' ? { pid: value.pid, began: value.began ?? null } : null;
  } catch {
    // Torn by a crash, or just released.
    return null;
  }
}

function isRunning(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return holder.began === beganOf(holder.pid);
}

/** Start time from /proc (field 22 of stat); null where there is no /proc. */
function beganOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
