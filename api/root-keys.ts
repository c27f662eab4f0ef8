// The root keys lie in a key folder of their own, which may be taken away: opened for a root operation, let go after it.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoxCipher } from '../crypto/aead.ts';
import type { RandomBytes } from '../crypto/clock.ts';
import { openKeyFiles } from '../crypto/key-files.ts';
import type { KeyStore } from '../crypto/signing-key.ts';
import type { Database } from '../storage/database.ts';
import { installFact, recordInstallFact } from '../storage/install-facts.ts';
import type { Config } from './config.ts';
import { passphraseOf } from './passphrases.ts';

/** One root operation uses its key a few times: stretching the passphrase once is enough. Milliseconds. */
const LET_GO_AFTER = 30_000;
/** Says that the folder was made once: an absent one was taken away then, and is not made again. */
const FACT = 'root-keys';

export interface RootKeyOptions {
  readonly config: Config;
  readonly world: { readonly random: RandomBytes; readonly keyCost?: number };
  readonly database: Database;
  readonly cipher: BoxCipher;
}

/** What `CaParts.rootKeys` asks: the store, or null where its folder is not at hand. */
export function rootKeyStore(options: RootKeyOptions): () => Promise<KeyStore | null> {
  let opened: Promise<KeyStore> | null = null;
  return async () => {
    if (!(await isThere(options.config)) && (await installFact(options.database.reader, FACT)) !== null) {
      opened = null;
      return null;
    }
    if (opened === null) {
      const opening = openStore(options);
      opened = opening;
      const letGo = (): void => {
        if (opened === opening) opened = null;
      };
      opening.then(() => setTimeout(letGo, LET_GO_AFTER).unref(), letGo);
    }
    return opened;
  };
}

/** Whether the folder of the root keys is at hand. */
function isThere(config: Config): Promise<boolean> {
  return access(join(config.rootKeys.folder, 'vault.json')).then(
    () => true,
    () => false,
  );
}

async function openStore({ config, world, database, cipher }: RootKeyOptions): Promise<KeyStore> {
  // Read again for each opening: nothing keeps it in between.
  const { passphrase } = await passphraseOf(config, config.rootKeys.passphrase, world.random);
  const store = await openKeyFiles({
    folder: config.rootKeys.folder,
    passphrase,
    random: world.random,
    cipher,
    ...(world.keyCost === undefined ? {} : { cost: world.keyCost }),
  });
  await database.write((tx) => recordInstallFact(tx, FACT, 'made'));
  return store;
}
