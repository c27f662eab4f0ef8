// Opening an installation from a command line.
import { readConfig, type Config, type Flags } from '../api/config.ts';
import { resolve } from 'node:path';
import { ApiError } from '../api/errors.ts';
import { openInstallation, realWorld, type Installation } from '../api/installation.ts';
import { readSettings } from '../api/settings.ts';
import type { Terminal } from './command.ts';

/** The flags that every command on an installation takes. */
export const dataFlag = { data: { type: 'string' } } as const;

/** Words of `--data` for every help text. */
export const dataHelp = '  --data DIR        the folder of the installation (YINXIN_DATA, default ./data)';

/** Words on the passphrase for every help text. */
export const passphraseHelp = `The key files are protected by a passphrase: YINXIN_PASSPHRASE_FILE names a file that only
this user can read (mode 0600), or YINXIN_PASSPHRASE holds it (12 characters or more).`;

/** @throws ApiError `configuration-refused` where the folder holds no installation yet. */
export function configOfInstallation(terminal: Terminal, flags: Flags): Config {
  const dataFolder = resolve(flags.data ?? (terminal.environment['YINXIN_DATA'] || './data'));
  if (readSettings(dataFolder) === null) {
    throw new ApiError('configuration-refused', `There is no installation in ${dataFolder}.`, {
      hint: `make one with \`yinxin init --data ${dataFolder} …\``,
    });
  }
  return readConfig(terminal.environment, flags);
}

/** Opens the installation, does `work`, closes it, whatever happened. */
export async function withInstallation<T>(
  config: Config,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  const installation = await openInstallation(config, realWorld);
  try {
    return await work(installation);
  } finally {
    await installation.close();
  }
}
