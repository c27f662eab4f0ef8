// Where passphrases come from, and which ones production takes.
import type { RandomBytes } from '../crypto/clock.ts';
import { ensurePassphraseFile, readPassphraseFile } from '../crypto/passphrase.ts';
import type { Config, PassphraseSource } from './config.ts';
import { ApiError } from './errors.ts';

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

/** The passphrase that a source names, made where a demonstration may make it. @throws CryptoError `passphrase-invalid`; ApiError `configuration-refused`. */
export async function passphraseOf(
  config: Config,
  source: PassphraseSource,
  random: RandomBytes,
): Promise<{ readonly passphrase: string; readonly made: string | null }> {
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
