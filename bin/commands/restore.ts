// `yinxin restore`: an installation from a backup, into an empty folder.
import { join, resolve } from 'node:path';
import { openInstallation, operator, realWorld } from '../../api/installation.ts';
import { readConfig } from '../../api/config.ts';
import { ApiError } from '../../api/errors.ts';
import { readSettings, writeSettings } from '../../api/settings.ts';
import { backupDigest, restore } from '../../storage/backup.ts';
import { exitCodes, parseFlags, required, type Command } from '../command.ts';
import { agreedToRestore } from '../restore-agreed.ts';
import { dataFlag, dataHelp, passphraseHelp } from '../installation.ts';

export const restoreCommand: Command = {
  help: `Usage: yinxin restore --from DIR [--approval FILE …] [--data DIR]

  --from DIR        what \`yinxin backup\` made
  --approval FILE   what \`yinxin restore approve\` made; a production backup with administrators needs the agreement
                    of its system administrator and of its security administrator: one file of each, or one of both
${dataHelp}; must be empty

Who the administrators are, and whether their certificates hold, is asked of a copy of the backup itself.

Nothing is written before every file of the backup has the digest its manifest says, and nothing is ever written over.

${passphraseHelp}

Exit codes: 0 restored, 1 the backup is damaged or not agreed to, 73 the folder is not empty, 78 configuration or wrong passphrase`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      from: { type: 'string' },
      approval: { type: 'string', multiple: true },
    });
    const source = resolve(required(values.from, 'from'));
    const settings = readSettings(source);
    if (settings === null) {
      throw new ApiError('data-folder-unusable', `There is no backup in ${source}.`, {
        hint: 'name the folder that `yinxin backup` made with --from',
      });
    }
    const config = readConfig(
      { YINXIN_SUITE: settings.suite, ...terminal.environment },
      { data: values.data, mode: settings.mode },
    );
    if (config.suite !== settings.suite) {
      throw new ApiError(
        'configuration-refused',
        `The backup is of the suite ${settings.suite} and cannot be restored for ${config.suite}.`,
        { hint: 'unset YINXIN_SUITE' },
      );
    }
    const digest = await backupDigest(source);
    const files = values.approval ?? [];
    const agreed = await agreedToRestore(source, { config, settings }, { digest, files });
    const target = {
      databaseFile: join(config.dataFolder, 'yinxin.db'),
      documentsFolder: join(config.dataFolder, 'documents'),
      keysFolder: join(config.dataFolder, 'keys'),
      rootKeysFolder: config.rootKeys.folder,
    };
    const summary = await restore(source, target, digest);
    await writeSettings(config.dataFolder, settings);
    const installation = await openInstallation({ ...config, settings }, realWorld);
    try {
      await installation.database.write((tx) =>
        installation.audit.append(tx, {
          at: installation.clock(),
          actor: operator,
          action: 'backup.restored',
          subject: 'installation',
          details: { backup: digest, ...(agreed.length === 0 ? {} : { agreed: agreed.join(' ') }) },
        }),
      );
    } finally {
      await installation.close();
    }
    terminal.print(config.dataFolder);
    terminal.tell(`${summary.documents} documents, ${summary.keys} key files, ${summary.size} bytes.`);
    return exitCodes.done;
  },
};
