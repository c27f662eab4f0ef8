// Backup while serving, and restore: the database as of one moment, every document it names, the encrypted keys.
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import { digestOfManifest, ManifestWriter, readManifest, type BackupEntry } from './backup-manifest.ts';
import type { Suite } from '../crypto/suite.ts';
import type { Database } from './database.ts';
import { isEnvelope } from './document-envelope.ts';
import { documentPath, type DocumentFiles } from './documents-files.ts';
import { StorageError } from './errors.ts';
import { syncFolder } from './file-bytes.ts';

const CHUNK = 256 * 1024;
const DATABASE = 'yinxin.db';
const MANIFEST = 'manifest.txt';
const DOCUMENTS = 'documents';
const ALL_PAGES = 0x7fffffff;
/** Where the two stores of keys lie in a backup. */
const keyFolders = { key: 'keys', 'root-key': 'root-keys' } as const;

/** What restore makes; the database file and both folders are absent or empty before. */
export interface RestoreTarget {
  readonly databaseFile: string;
  readonly documentsFolder: string;
  readonly keysFolder: string;
  /** Where the root keys go, where the backup has them. */
  readonly rootKeysFolder: string;
}

export interface BackupSummary {
  readonly documents: number;
  readonly keys: number;
  /** Bytes of all files. */
  readonly size: number;
}

async function syncFolderIfThere(path: string): Promise<void> {
  if ((await entriesOf(path)).length > 0) await syncFolder(path);
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Reads a file to its end; @param algorithm - of the digest. @returns its digest and size, handing every chunk to `use`. */
async function readThrough(
  path: string,
  algorithm: Suite['digest'],
  use: (chunk: Uint8Array) => Promise<void>,
): Promise<{ digest: string; size: number }> {
  const hash = createHash(algorithm);
  const handle = await open(path, 'r');
  let size = 0;
  try {
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, size);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      await use(chunk);
      size += bytesRead;
    }
  } finally {
    await handle.close();
  }
  return { digest: `${algorithm}:${hash.digest('hex')}`, size };
}

/** Copies a file with mode 0600 and syncs it; @returns what was copied. */
async function copyFile(
  from: string,
  to: string,
  algorithm: Suite['digest'],
): Promise<{ digest: string; size: number }> {
  const target: FileHandle = await open(to, 'wx', 0o600);
  try {
    const copied = await readThrough(from, algorithm, (chunk) => target.writeFile(chunk));
    await target.sync();
    return copied;
  } finally {
    await target.close();
  }
}

async function copyDatabaseFile(file: string, target: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true, timeout: 30_000 });
  try {
    // All pages in one step: a step sees one moment of the database, and does not stop its writers.
    await copyDatabase(source, target, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
  await chmod(target, 0o600);
  const handle = await open(target, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes durable what lies in a folder of documents: the names of the files, and those of their folders. */
async function syncDocuments(folder: string, algorithm: Suite['digest']): Promise<void> {
  const top = join(folder, algorithm);
  for (const name of await entriesOf(top)) await syncFolder(join(top, name));
  await syncFolderIfThere(top);
  await syncFolderIfThere(folder);
}

function requireEmpty(entries: readonly string[], path: string): void {
  if (entries.length > 0) {
    throw new StorageError('backup-target-not-empty', `${path} is not empty: nothing is ever written over.`);
  }
}

/**
 * Copies a serving installation to the empty (or absent) folder `target`. Documents and keys are copied after the
 * database's moment: they are written before any row names them, so every name in the copy is there. Documents are copied as
 * they lie, encrypted, and read back; one that still lies in clear is encrypted on the way.
 * The passphrase is no part of it: keep it apart.
 * @throws StorageError `backup-unsupported` (PostgreSQL: use pg_dump for the database), `backup-target-not-empty`,
 *   `document-damaged` (a stored document no longer has its digest).
 */
export async function backup(options: {
  readonly database: Database;
  readonly documents: DocumentFiles;
  readonly keysFolder: string;
  /** Where the root keys lie; a folder that was taken away is in no backup. */
  readonly rootKeysFolder: string;
  readonly target: string;
  readonly at: Date;
}): Promise<BackupSummary> {
  const { database, documents, target, at } = options;
  const { digest: algorithm } = documents;
  if (database.file === null) {
    throw new StorageError(
      'backup-unsupported',
      'The database is a PostgreSQL server: back it up with pg_dump first, then copy the folders documents and keys, in this order.',
    );
  }
  requireEmpty(await entriesOf(target), target);
  await mkdir(join(target, 'keys'), { recursive: true, mode: 0o700 });
  const manifest = await ManifestWriter.create(join(target, `${MANIFEST}.part`), at, algorithm);
  const summary = { documents: 0, keys: 0, size: 0 };
  const add = async (entry: BackupEntry): Promise<void> => {
    await manifest.add(entry);
    summary.size += entry.size;
  };
  try {
    await copyDatabaseFile(database.file, join(target, DATABASE));
    const copied = await readThrough(join(target, DATABASE), algorithm, () => Promise.resolve());
    await add({ kind: 'database', name: DATABASE, ...copied });
    const folder = join(target, DOCUMENTS);
    for await (const name of documents.list()) {
      // One that was destroyed a moment ago is in no backup.
      if (!(await documents.copyTo(name, folder))) continue;
      const path = documentPath(folder, algorithm, name);
      await add({ kind: 'document', name, ...(await readThrough(path, algorithm, () => Promise.resolve())) });
      summary.documents += 1;
    }
    await syncDocuments(folder, algorithm);
    // After the documents: a rotation of the master key meanwhile left none under a key that is not here.
    for (const [kind, from] of [
      ['key', options.keysFolder],
      ['root-key', options.rootKeysFolder],
    ] as const) {
      const to = join(target, keyFolders[kind]);
      for (const name of (await entriesOf(from)).sort()) {
        // Files being written start with a dot; a key's name is there before any row uses the key.
        if (name.startsWith('.')) continue;
        await mkdir(to, { recursive: true, mode: 0o700 });
        await add({ kind, name, ...(await copyFile(join(from, name), join(to, name), algorithm)) });
        summary.keys += 1;
      }
    }
    await manifest.finish();
  } catch (error) {
    await manifest.abandon();
    throw error;
  }
  // The manifest gets its name last: a folder without one is no backup.
  await rename(join(target, `${MANIFEST}.part`), join(target, MANIFEST));
  for (const folder of Object.values(keyFolders)) await syncFolderIfThere(join(target, folder));
  for (const folder of [target, dirname(target)]) await syncFolder(folder);
  return summary;
}

/** Where an entry's file lies in a backup, or below what a restore makes. @throws StorageError `document-name-invalid` */
function entryPath(source: string, algorithm: Suite['digest'], entry: BackupEntry): string {
  if (entry.kind === 'document') return documentPath(join(source, DOCUMENTS), algorithm, entry.name);
  return entry.kind === 'database'
    ? join(source, DATABASE)
    : join(source, keyFolders[entry.kind], entry.name);
}

/**
 * An encrypted document is bound to its name by its key, and the store refuses another one whenever it is read. One in clear,
 * of a backup made before 0.4, has its digest for a name, and is not taken under any other.
 */
async function checkEntry(source: string, algorithm: Suite['digest'], entry: BackupEntry): Promise<void> {
  const damaged = new StorageError(
    'backup-damaged',
    `In the backup, ${entry.kind} ${entry.name} is missing or damaged.`,
  );
  const seen = { envelope: false, chunks: 0 };
  const look = (chunk: Uint8Array): Promise<void> => {
    if (seen.chunks === 0) seen.envelope = isEnvelope(chunk);
    seen.chunks += 1;
    return Promise.resolve();
  };
  try {
    const found = await readThrough(entryPath(source, algorithm, entry), algorithm, look);
    if (found.digest !== entry.digest || found.size !== entry.size) throw damaged;
  } catch {
    throw damaged;
  }
  if (entry.kind === 'document' && entry.name !== entry.digest && !seen.envelope) throw damaged;
}

/**
 * What a backup is known by: the digest of its manifest, which names those of all other files.
 * @throws StorageError `backup-damaged` where there is none.
 */
export async function backupDigest(source: string): Promise<string> {
  const manifest = join(source, MANIFEST);
  const read = await readThrough(manifest, await digestOfManifest(manifest), () => Promise.resolve());
  return read.digest;
}

/**
 * Copies database and keys of a backup, each checked, into the empty folder `folder`, to be looked at before a restore.
 * @throws StorageError `backup-damaged`.
 */
export async function copyToLookAt(source: string, folder: string): Promise<void> {
  const manifest = join(source, MANIFEST);
  const algorithm = await digestOfManifest(manifest);
  await mkdir(join(folder, keyFolders.key), { recursive: true, mode: 0o700 });
  for await (const entry of readManifest(manifest)) {
    if (entry.kind === 'document' || entry.kind === 'root-key') continue;
    const place = entry.kind === 'database' ? DATABASE : join(keyFolders.key, entry.name);
    const copied = await copyFile(join(source, place), join(folder, place), algorithm).catch(() => null);
    if (copied?.digest !== entry.digest)
      throw new StorageError('backup-damaged', `In the backup, ${entry.kind} ${entry.name} is damaged.`);
  }
}

/**
 * Checks every file of the backup in `source` against its manifest, then puts them in place, the database last.
 * @param expected - the digest of the backup that was agreed to; any where nobody must agree
 * @throws StorageError `backup-damaged` (before anything is written; also for another backup than the expected one),
 *   `backup-target-not-empty`.
 */
export async function restore(
  source: string,
  target: RestoreTarget,
  expected?: string,
): Promise<BackupSummary> {
  if (expected !== undefined && (await backupDigest(source)) !== expected)
    throw new StorageError('backup-damaged', 'The backup is another one than a moment ago.');
  const { databaseFile, documentsFolder, keysFolder, rootKeysFolder } = target;
  const besides = await entriesOf(dirname(databaseFile));
  requireEmpty(
    besides.filter((name) => name.startsWith(basename(databaseFile))),
    databaseFile,
  );
  requireEmpty(await entriesOf(documentsFolder), documentsFolder);
  requireEmpty(await entriesOf(keysFolder), keysFolder);
  requireEmpty(await entriesOf(rootKeysFolder), rootKeysFolder);
  const manifest = join(source, MANIFEST);
  const algorithm = await digestOfManifest(manifest);
  let databases = 0;
  for await (const entry of readManifest(manifest)) {
    await checkEntry(source, algorithm, entry);
    if (entry.kind === 'database') databases += 1;
  }
  if (databases !== 1) throw new StorageError('backup-damaged', 'The backup holds no database.');

  const summary = { documents: 0, keys: 0, size: 0 };
  await mkdir(keysFolder, { recursive: true, mode: 0o700 });
  await mkdir(dirname(databaseFile), { recursive: true, mode: 0o700 });
  await mkdir(join(documentsFolder, algorithm), { recursive: true, mode: 0o700 });
  for await (const entry of readManifest(manifest)) {
    summary.size += entry.size;
    if (entry.kind === 'document') {
      const to = documentPath(documentsFolder, algorithm, entry.name);
      await mkdir(dirname(to), { recursive: true, mode: 0o700 });
      await copyFile(entryPath(source, algorithm, entry), to, algorithm);
      summary.documents += 1;
    } else if (entry.kind !== 'database') {
      const folder = entry.kind === 'key' ? keysFolder : rootKeysFolder;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await copyFile(join(source, keyFolders[entry.kind], entry.name), join(folder, entry.name), algorithm);
      summary.keys += 1;
    }
  }
  await syncDocuments(documentsFolder, algorithm);
  await syncFolder(keysFolder);
  await syncFolderIfThere(rootKeysFolder);
  const part = `${databaseFile}.part`;
  await rm(part, { force: true });
  await copyFile(join(source, DATABASE), part, algorithm);
  await rename(part, databaseFile);
  await syncFolder(dirname(databaseFile));
  return summary;
}
