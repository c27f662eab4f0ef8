// An installation opened: keys, database, documents, audit, and the identity services on them. Commands and the server share it.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createBlindIndex } from '../crypto/blind-index.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import { createDurably } from '../crypto/durable-file.ts';
import { openKeyFiles, type KeyFiles } from '../crypto/key-files.ts';
import type { MasterKeyFiles } from '../crypto/master-key-files.ts';
import { pooledRandom } from '../crypto/random-pool.ts';
import { createRecordCipher, type RecordCipher } from '../crypto/record-cipher.ts';
import { suiteNamed, type Suite } from '../crypto/suite.ts';
import type { KeyStore } from '../crypto/signing-key.ts';
import type { PersonDependencies } from '../identity/persons.ts';
import { auditChain } from '../storage/audit-chain.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import { recordDocumentsEncrypted } from '../storage/document-encryption.ts';
import { openDocumentFiles, type DocumentFiles } from '../storage/documents-files.ts';
import { installFact, recordInstallFact } from '../storage/install-facts.ts';
import { migrate } from '../storage/migrate.ts';
import { openDatabase } from '../storage/open.ts';
import type { Actor } from '../storage/actor.ts';
import type { Config } from './config.ts';
import { ApiError } from './errors.ts';
import { passphraseOf } from './passphrases.ts';
import { rootKeyStore } from './root-keys.ts';

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
  random: pooledRandom((length) => new Uint8Array(randomBytes(length))),
};

/** Whoever sits at the machine's shell. */
export const operator: Actor = { id: 'system', kind: 'system', department: null, scopes: ['seals:write'] };

export interface Installation extends PersonDependencies {
  readonly config: Config;
  readonly database: Database;
  readonly documents: DocumentFiles;
  readonly audit: AuditLog;
  readonly keys: KeyFiles;
  readonly masterKeys: MasterKeyFiles;
  readonly cipher: RecordCipher;
  /** Which algorithms everything is made with. */
  readonly suite: Suite;
  /** Opens the store of the root keys, making it on the first start; null where it was taken away. */
  readonly rootKeys: () => Promise<KeyStore | null>;
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
  const suite = suiteNamed(config.suite);
  refuseKeyFiles(config);
  await ensureFolder(config.dataFolder);
  const { passphrase, made } = await passphraseOf(config, config.passphrase, world.random);
  // Stretching the passphrase takes a while and another thread: the database opens meanwhile.
  const opening = openKeyFiles({
    folder: join(config.dataFolder, 'keys'),
    passphrase,
    random: world.random,
    cipher: suite.cipher,
    ...(world.keyCost === undefined ? {} : { cost: world.keyCost }),
  });
  opening.catch(() => undefined);
  const node = await nodeName(config.dataFolder, world.random);
  const database = await openDatabaseOf(config);
  try {
    await migrate(database);
    await settleFacts(database, config);
    const keys = await opening;
    if (keys.cipher !== suite.cipher) {
      throw new ApiError(
        'configuration-refused',
        `The key files are encrypted with ${keys.cipher}, which is not the suite ${suite.name}.`,
        { hint: 'choose another folder with --data, or the suite its keys were made for' },
      );
    }
    const masterKeys = await keys.masterKeys();
    const uploadFolder = join(config.dataFolder, 'uploads');
    await ensureFolder(uploadFolder);
    return {
      config,
      database,
      keys,
      suite,
      rootKeys: rootKeyStore({ config, world, database, cipher: suite.cipher }),
      clock: world.clock,
      random: world.random,
      demonstration: config.mode === 'demonstration',
      documents: await openDocumentFiles(
        join(config.dataFolder, 'documents'),
        { masterKeys: masterKeys.upToDate(), random: world.random, cipher: suite.cipher },
        suite.digest,
      ),
      audit: auditChain({ node, digest: suite.digest }),
      // A rotation leaves it alone: what is found by keyed hashes stays found.
      index: createBlindIndex(masterKeys.first, suite.digest),
      masterKeys,
      cipher: createRecordCipher({ masterKeys, random: world.random, cipher: suite.cipher }),
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

/**
 * GB/T 39786 asks for certified cryptographic modules. Production under gm keeps keys in files only where somebody
 * decided so. @throws ApiError `configuration-refused`.
 */
function refuseKeyFiles(config: Config): void {
  if (config.mode !== 'production' || config.suite !== 'gm' || config.keyFilesAllowed) return;
  throw new ApiError(
    'configuration-refused',
    'Production of the suite gm does not keep its keys in files: an evaluation (密评, GB/T 39786) wants a certified module.',
    {
      hint: 'set YINXIN_ALLOW_KEY_FILES=1 to decide otherwise; `yinxin crypto inventory` then lists it as a gap',
    },
  );
}

/** What is decided once, in the database too: its data may have come from another folder. */
async function settleFacts(database: Database, config: Config): Promise<void> {
  const refuse = (what: string, wanted: string): never => {
    throw new ApiError(
      'configuration-refused',
      `The database holds ${what} data and cannot be used for ${wanted}.`,
      {
        hint: 'choose another --data folder or YINXIN_DATABASE_URL',
      },
    );
  };
  const [mode, suite] = await Promise.all([
    installFact(database.reader, 'mode'),
    installFact(database.reader, 'suite'),
  ]);
  // An installation of a time before there were two suites says nothing of its own.
  const known = suite ?? (mode === null ? null : 'international');
  if (mode !== null && mode !== config.mode) refuse(mode, config.mode);
  if (known !== null && known !== config.suite) refuse(known, config.suite);
  if (mode !== null && suite !== null) return;
  const recorded = await database.write(async (tx) => {
    // A new installation has no documents in clear, and none is ever looked for.
    if (mode === null) await recordDocumentsEncrypted(tx);
    return {
      suite: await recordInstallFact(tx, 'suite', config.suite),
      mode: await recordInstallFact(tx, 'mode', config.mode),
    };
  });
  if (recorded.mode !== config.mode) refuse(recorded.mode, config.mode);
  if (recorded.suite !== config.suite) refuse(recorded.suite, config.suite);
}

/** This machine's name in the audit log: random, made once, so that two nodes never share a chain. */
async function nodeName(dataFolder: string, random: RandomBytes): Promise<string> {
  const path = join(dataFolder, 'node');
  const name = `node-${Buffer.from(random(6)).toString('hex')}`;
  await createDurably(path, `${name}\n`, random);
  return (await readFile(path, 'utf8')).trim();
}
