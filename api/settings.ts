// The settings file of a data folder: written once by `init` or by the first demonstration, read at every start.
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isUscc } from '../formats/identifiers/uscc.ts';
import { ApiError } from './errors.ts';

const settingsSchema = z.strictObject({
  version: z.literal(1),
  mode: z.enum(['demonstration', 'production']),
  suite: z.enum(['international', 'gm']),
  /** Who runs this installation: the O of every certificate it issues. */
  organisation: z.string().min(2).max(60),
  /** Its unified social credit code: the operator of the trust list. */
  creditCode: z.string().refine(isUscc),
  /** Administrative division, GB/T 2260: six digits. */
  division: z.string().regex(/^\d{6}$/),
  publicUrl: z.url({ protocol: /^https?$/ }).nullable(),
});

export type Settings = z.output<typeof settingsSchema>;

function pathOf(dataFolder: string): string {
  return join(dataFolder, 'yinxin.json');
}

/**
 * @returns null where the folder has none (new, or not ours).
 * @throws ApiError `configuration-invalid` for a damaged one.
 */
export function readSettings(dataFolder: string): Settings | null {
  let text: string;
  try {
    text = readFileSync(pathOf(dataFolder), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return null;
    throw new ApiError('data-folder-unusable', `The data folder cannot be read: ${pathOf(dataFolder)}.`, {
      cause: error,
    });
  }
  try {
    return settingsSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new ApiError('configuration-invalid', `The settings file is damaged: ${pathOf(dataFolder)}.`, {
      cause: error,
      hint: 'restore it from a backup',
    });
  }
}

/**
 * Writes the settings of a new data folder, durably.
 * @throws ApiError `data-folder-unusable` when there is a settings file already.
 */
export async function writeSettings(dataFolder: string, settings: Settings): Promise<void> {
  try {
    const file = await open(pathOf(dataFolder), 'wx', 0o644);
    try {
      await file.writeFile(`${JSON.stringify(settingsSchema.parse(settings), null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ApiError('data-folder-unusable', `The data folder cannot be set up: ${pathOf(dataFolder)}.`, {
      cause: error,
      hint: 'choose an empty folder with --data',
    });
  }
}
