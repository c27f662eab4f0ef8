// Backup while serving, and restore: the database as of one moment, every document it names, the encrypted keys.
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';
import { ManifestWriter, readManifest, type BackupEntry } from './backup-manifest.ts';
import type { Database } from './database.ts';
import { openDocumentFiles, type DocumentFiles } from './documents-files.ts';
import type { DocumentStore } from './documents.ts';
import { StorageError } from './errors.ts';

const CHUNK = 256 * 1024;
const DATABASE = 'yinxin.db';
const MANIFEST = 'manifest.txt';
const ALL_PAGES = 0x7fffffff;

/** What restore makes; the database file and both folders are absent or empty before. */
export interface RestoreTarget {
  readonly databaseFile: string;
  readonly documentsFolder: string;
  readonly keysFolder: string;
}

export interface BackupSummary {
  readonly documents: number;
  readonly keys: number;
  /** Bytes of all files. */
  readonly size: number;
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Reads a file to its end; @returns its digest and size, handing every chunk to `use`. */
async function readThrough(
  path: string,
  use: (chunk: Uint8Array) => Promise<void>,
): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
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
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/** Copies a file with mode 0600 and syncs it; @returns what was copied. */
async function copyFile(from: string, to: string): Promise<{ digest: string; size: number }> {
  const target: FileHandle = await open(to, 'wx', 0o600);
  try {
    const copied = await readThrough(from, (chunk) => target.writeFile(chunk));
    await target.sync();
    return copied;
  } finally {
    await target.close();
  }
}

async function copyDocument(from: DocumentStore, to: DocumentStore, digest: string): Promise<number> {
  const source = await from.open(digest);
  if (source === null) throw new StorageError('backup-damaged', `Document ${digest} is missing.`);
  const writer = await to.create();
  try {
    for (let position = 0; position < source.size; position += CHUNK) {
      await writer.write(await source.read(position, CHUNK));
    }
    const found = `sha256:${writer.forkHash().digest('hex')}`;
    if (found !== digest)
      throw new StorageError('document-damaged', `Document ${digest} differs from what was written.`);
    return (await writer.commit()).size;
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await source.close();
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

function requireEmpty(entries: readonly string[], path: string): void {
  if (entries.length > 0) {
    throw new StorageError('backup-target-not-empty', `${path} is not empty: nothing is ever written over.`);
  }
}

/**
 * Copies a serving installation to the empty (or absent) folder `target`. Documents and keys are copied after the
 * database's moment: they are written before any row names them, so every name in the copy is there.
 * The passphrase is no part of it: keep it apart.
 * @throws StorageError `backup-unsupported` (PostgreSQL: use pg_dump for the database), `backup-target-not-empty`,
 *   `document-damaged` (a stored document no longer has its digest).
 */
export async function backup(options: {
  readonly database: Database;
  readonly documents: DocumentFiles;
  readonly keysFolder: string;
  readonly target: string;
  readonly at: Date;
}): Promise<BackupSummary> {
  const { database, documents, keysFolder, target, at } = options;
  if (database.file === null) {
    throw new StorageError(
      'backup-unsupported',
      'The database is a PostgreSQL server: back it up with pg_dump first, then copy the documents and keys folders.',
    );
  }
  requireEmpty(await entriesOf(target), target);
  await mkdir(join(target, 'keys'), { recursive: true, mode: 0o700 });
  const manifest = await ManifestWriter.create(join(target, `${MANIFEST}.part`), at);
  const summary = { documents: 0, keys: 0, size: 0 };
  const add = async (entry: BackupEntry): Promise<void> => {
    await manifest.add(entry);
    summary.size += entry.size;
  };
  try {
    await copyDatabaseFile(database.file, join(target, DATABASE));
    const copied = await readThrough(join(target, DATABASE), () => Promise.resolve());
    await add({ kind: 'database', name: DATABASE, ...copied });
    for (const name of (await entriesOf(keysFolder)).sort()) {
      // Files being written start with a dot; a key's name is there before any row uses the key.
      if (name.startsWith('.')) continue;
      await add({
        kind: 'key',
        name,
        ...(await copyFile(join(keysFolder, name), join(target, 'keys', name))),
      });
      summary.keys += 1;
    }
    const store = await openDocumentFiles(join(target, 'documents'));
    for await (const digest of documents.list()) {
      await add({
        kind: 'document',
        name: digest,
        digest,
        size: await copyDocument(documents, store, digest),
      });
      summary.documents += 1;
    }
    await manifest.finish();
  } catch (error) {
    await manifest.abandon();
    throw error;
  }
  // The manifest gets its name last: a folder without one is no backup.
  await rename(join(target, `${MANIFEST}.part`), join(target, MANIFEST));
  for (const folder of [join(target, 'keys'), target, dirname(target)]) await syncFolder(folder);
  return summary;
}

async function checkEntry(source: string, documents: DocumentFiles, entry: BackupEntry): Promise<void> {
  const damaged = new StorageError(
    'backup-damaged',
    `In the backup, ${entry.kind} ${entry.name} is missing or damaged.`,
  );
  if (entry.kind === 'document') {
    if (entry.name !== entry.digest || (await documents.verify(entry.digest)) !== 'intact') throw damaged;
    return;
  }
  const path = entry.kind === 'database' ? join(source, DATABASE) : join(source, 'keys', entry.name);
  const found = await readThrough(path, () => Promise.resolve()).catch(() => null);
  if (found?.digest !== entry.digest || found.size !== entry.size) throw damaged;
}

/**
 * Checks every file of the backup in `source` against its manifest, then puts them in place, the database last.
 * @throws StorageError `backup-damaged` (before anything is written), `backup-target-not-empty`.
 */
export async function restore(source: string, target: RestoreTarget): Promise<BackupSummary> {
  const { databaseFile, documentsFolder, keysFolder } = target;
  const besides = await entriesOf(dirname(databaseFile));
  requireEmpty(
    besides.filter((name) => name.startsWith(basename(databaseFile))),
    databaseFile,
  );
  requireEmpty(await entriesOf(documentsFolder), documentsFolder);
  requireEmpty(await entriesOf(keysFolder), keysFolder);
  const manifest = join(source, MANIFEST);
  const from = await openDocumentFiles(join(source, 'documents'));
  let databases = 0;
  for await (const entry of readManifest(manifest)) {
    await checkEntry(source, from, entry);
    if (entry.kind === 'database') databases += 1;
  }
  if (databases !== 1) throw new StorageError('backup-damaged', 'The backup holds no database.');

  const summary = { documents: 0, keys: 0, size: 0 };
  await mkdir(keysFolder, { recursive: true, mode: 0o700 });
  await mkdir(dirname(databaseFile), { recursive: true, mode: 0o700 });
  const to = await openDocumentFiles(documentsFolder);
  for await (const entry of readManifest(manifest)) {
    summary.size += entry.size;
    if (entry.kind === 'document') {
      await copyDocument(from, to, entry.digest);
      summary.documents += 1;
    } else if (entry.kind === 'key') {
      await copyFile(join(source, 'keys', entry.name), join(keysFolder, entry.name));
      summary.keys += 1;
    }
  }
  await syncFolder(keysFolder);
  const part = `${databaseFile}.part`;
  await rm(part, { force: true });
  await copyFile(join(source, DATABASE), part);
  await rename(part, databaseFile);
  await syncFolder(dirname(databaseFile));
  return summary;
}
