// What a key folder tells without its passphrase: how it is protected, and which keys lie in it. For inventories.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A key file by what stands in it in clear. */
export interface KeyFileFacts {
  readonly purpose: string;
  readonly algorithm: string;
  /** What the file is encrypted with. */
  readonly cipher: string;
}

export interface KeyFolderFacts {
  /** What stretches the passphrase, e.g. `scrypt`, and its cost. */
  readonly kdf: string;
  readonly cost: number;
  /** What the key over all files is encrypted with. */
  readonly cipher: string;
  readonly keys: readonly KeyFileFacts[];
  readonly masterKey: boolean;
}

async function readObject(path: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    // A vault has its checksum on a second line.
    const [first = ''] = (await readFile(path, 'utf8')).split('\n');
    const value: unknown = JSON.parse(first);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // What cannot be read is not counted: opening the folder is what tells damage.
    return null;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown';
}

/** @returns null where there is no key folder. Nothing in it is verified. */
export async function keyFolderFacts(folder: string): Promise<KeyFolderFacts | null> {
  const vault = await readObject(join(folder, 'vault.json'));
  if (vault === null) return null;
  const keys: KeyFileFacts[] = [];
  let masterKey = false;
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.key.json')).sort()) {
    const file = await readObject(join(folder, name));
    if (file === null) continue;
    if (file['format'] === 'yinxin-master-key') masterKey = true;
    if (file['format'] !== 'yinxin-key') continue;
    const { purpose, algorithm, cipher } = file;
    // Files of a time before there were two suites name no cipher.
    keys.push({ purpose: text(purpose), algorithm: text(algorithm), cipher: text(cipher ?? 'aes-256-gcm') });
  }
  const { kdf, cost, cipher } = vault;
  return { kdf: text(kdf), cost: typeof cost === 'number' ? cost : 0, cipher: text(cipher), keys, masterKey };
}
