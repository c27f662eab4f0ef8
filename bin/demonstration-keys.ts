// data/demo/api-keys.json: made once, readable by its owner only.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDistrictKeys, type DemonstrationApiKey } from '../api/demonstration.ts';
import type { Services } from '../api/services.ts';
import { ensureSecretFolder, writeDurably } from '../crypto/durable-file.ts';
import { principalOfApiKey } from '../identity/api-keys.ts';

export const keysFile = 'api-keys.json';

/** The keys of the file, or new ones where it is missing or belongs to another database. */
export async function demonstrationKeys(
  services: Services,
  folder: string,
): Promise<readonly DemonstrationApiKey[]> {
  const path = join(folder, keysFile);
  const known = await readKeys(path);
  if (known !== null && (await areValid(services, known))) return known;
  const keys = await createDistrictKeys(services);
  ensureSecretFolder(folder);
  await writeDurably(path, `${JSON.stringify(keys, null, 2)}\n`, services.random);
  return keys;
}

async function readKeys(path: string): Promise<readonly DemonstrationApiKey[] | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as readonly DemonstrationApiKey[];
  } catch {
    return null;
  }
}

async function areValid(services: Services, keys: readonly DemonstrationApiKey[]): Promise<boolean> {
  try {
    for (const { apiKey } of keys) await principalOfApiKey(services, apiKey);
    return keys.length > 0;
  } catch {
    return false;
  }
}
