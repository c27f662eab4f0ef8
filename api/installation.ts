// An installation opened: keys, database, documents, audit, and the identity services on them. Commands and the server share it.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createBlindIndex } from '../crypto/blind-index.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import { createDurably } from '../crypto/durable-file.ts';
import { createFieldCipher } from '../crypto/field-cipher.ts';
import { openKeyFiles, type KeyFiles } from '../crypto/key-files.ts';
import { ensurePassphraseFile, readPassphraseFile } from '../crypto/passphrase.ts';
import { suiteNamed } from '../crypto/suite.ts';
import type { PersonDependencies } from '../identity/persons.ts';
import { auditChain } from '../storage/audit-chain.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';

import { openDocumentFiles, type DocumentFiles } from '../storage/documents-files.ts';
import { installFact, recordInstallFact } from '../storage/install-facts.ts';
import { migrate } from '../storage/migrate.ts';
import { openDatabase } from '../storage/open.ts';
import type { Actor } from '../storage/actor.ts';
import type { Config } from './config.ts';
import { ApiError } from './errors.ts';

/** The world as installations see it. */
export interface World {
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** scrypt's N for a new key folder; tests go low. */
  readonly keyCost?: number;
}

/** The real one. */
export const realWorld: World = {
  clock: () => new Date(),
  random: (length) => new Uint8Array(randomBytes(length)),
};

/** Whoever sits at the machine's shell. */
export const operator: Actor = { id: 'system', kind: 'system', department: null, scopes: ['seals:write'] };

export interface Installation extends PersonDependencies {
  readonly config: Config;
  readonly database: Database;
  readonly documents: DocumentFiles;
  readonly audit: AuditLog;
  readonly keys: KeyFiles;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly demonstration: boolean;
  /** Where large uploads wait; emptied at every start of the server. */
  readonly uploadFolder: string;
  /** The passphrase file this opening made, to be told to the person at the screen; null when none was made. */
  readonly madePassphrase: string | null;
  close(): Promise<void>;
}

/**
 * Opens an installation, bringing its schema up to date. An empty folder is made into one.
 * @throws ApiError `configuration-refused` for demonstration data in production and the other way round,
 * `data-folder-unusable`; CryptoError `key-locked`, `passphrase-invalid` …; StorageError `unavailable`, `schema-newer` …
 */
export async function openInstallation(config: Config, world: World): Promise<Installation> {
  suiteNamed(config.suite);
  await ensureFolder(config.dataFolder);
  const { passphrase, made } = await passphraseOf(config, world.random);
  // Stretching the passphrase takes a while and another thread: the database opens meanwhile.
  const opening = openKeyFiles({
    folder: join(config.dataFolder, 'keys'),
    passphrase,
    random: world.random,
    ...(world.keyCost === undefined ? {} : { cost: world.keyCost }),
  });
  opening.catch(() => undefined);
  const node = await nodeName(config.dataFolder, world.random);
  const database = await openDatabaseOf(config);
  try {
    await migrate(database);
    await settleMode(database, config);
    const keys = await opening;
    const masterKey = await keys.masterKey();
    const uploadFolder = join(config.dataFolder, 'uploads');
    await ensureFolder(uploadFolder);
    return {
      config,
      database,
      keys,
      clock: world.clock,
      random: world.random,
      demonstration: config.mode === 'demonstration',
      documents: await openDocumentFiles(join(config.dataFolder, 'documents')),
      audit: auditChain({ node, digest: suiteNamed(config.suite).digest }),
      index: createBlindIndex(masterKey),
      cipher: createFieldCipher({ masterKeys: [masterKey], random: world.random }),
      uploadFolder,
      madePassphrase: made,
      close: () => database.close(),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The database alone, as it is. */
export function openDatabaseOf(config: Config): Promise<Database> {
  return openDatabase(
    config.databaseUrl === null
      ? { file: join(config.dataFolder, 'yinxin.db') }
      : { url: config.databaseUrl },
  );
}

/** Removes what uploads a killed server left; only the server calls it, before it listens. */
export async function sweepUploads(installation: Installation): Promise<void> {
  await rm(installation.uploadFolder, { recursive: true, force: true });
  await ensureFolder(installation.uploadFolder);
}

/** Makes a folder of mode 0700 where it is absent. @throws ApiError `data-folder-unusable`. */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new ApiError('data-folder-unusable', `The folder ${path} cannot be made.`, {
      cause: error,
      hint: 'choose a folder this user may write to with --data',
    });
  }
}

/** Begins every passphrase that a demonstration makes. */
const madeMark = 'demonstration-';
const shortestPassphrase = 12;

/** @throws ApiError `configuration-refused` for a production on a demonstration's passphrase, or on one easily guessed. */
function fitFor(config: Config, passphrase: string): string {
  if (config.mode === 'production') {
    if (passphrase.startsWith(madeMark)) {
      throw new ApiError(
        'configuration-refused',
        'The passphrase was made for a demonstration; production will not start with its keys.',
        { hint: 'make a new folder with `yinxin init --data DIR`' },
      );
    }
    if (passphrase.length < shortestPassphrase) {
      throw new ApiError('configuration-refused', 'The passphrase of the key files is too short.', {
        hint: `use ${shortestPassphrase} characters or more`,
      });
    }
  }
  return passphrase;
}

async function passphraseOf(
  config: Config,
  random: RandomBytes,
): Promise<{ readonly passphrase: string; readonly made: string | null }> {
  const source = config.passphrase;
  switch (source.kind) {
    case 'value':
      return { passphrase: fitFor(config, source.value), made: null };
    case 'file':
      return { passphrase: fitFor(config, await readPassphraseFile(source.path)), made: null };
    case 'made': {
      const { passphrase, created } = await ensurePassphraseFile(source.path, random, madeMark);
      return { passphrase, made: created ? source.path : null };
    }
  }
}

/** The mode is decided once, in the database too: its data may have come from another folder. */
async function settleMode(database: Database, config: Config): Promise<void> {
  const recorded =
    (await installFact(database.reader, 'mode')) ??
    (await database.write((tx) => recordInstallFact(tx, 'mode', config.mode)));
  if (recorded !== config.mode) {
    throw new ApiError(
      'configuration-refused',
      `The database holds ${recorded} data and cannot be used for ${config.mode}.`,
      { hint: 'choose another --data folder or YINXIN_DATABASE_URL' },
    );
  }
}

/** This machine's name in the audit log: random, made once, so that two nodes never share a chain. */
async function nodeName(dataFolder: string, random: RandomBytes): Promise<string> {
  const path = join(dataFolder, 'node');
  const name = `node-${Buffer.from(random(6)).toString('hex')}`;
  await createDurably(path, `${name}\n`, random);
  return (await readFile(path, 'utf8')).trim();
}
