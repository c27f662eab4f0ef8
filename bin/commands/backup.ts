// `yinxin backup`: a whole copy of an installation, also while it serves.
import { copyFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { operator } from '../../api/installation.ts';
import { backup, backupDigest } from '../../storage/backup.ts';
import { exitCodes, parseFlags, required, type Command } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';

export const backupCommand: Command = {
  help: `Usage: yinxin backup --to DIR [--data DIR]

  --to DIR          an empty or absent folder
${dataHelp}

The copy is of one moment and carries a manifest with the digest of every file. The passphrase is no part of it: keep it
apart. Root keys are copied where their folder is at hand; one that was taken away is in no backup. With PostgreSQL use
pg_dump first and copy the folders documents, keys and root-keys, in this order. Documents are encrypted in the copy as they are
in the store: without the key files and the passphrase nobody opens them.

${passphraseHelp}

Exit codes: 0 copied, 1 a stored document is damaged, 73 the folder is not empty, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, { ...dataFlag, to: { type: 'string' } });
    const target = resolve(required(values.to, 'to'));
    const config = configOfInstallation(terminal, { data: values.data });
    const summary = await withInstallation(config, async (installation) => {
      const at = installation.clock();
      await installation.database.write((tx) =>
        installation.audit.append(tx, {
          at,
          actor: operator,
          action: 'backup.made',
          subject: 'installation',
          details: {},
        }),
      );
      const made = await backup({
        database: installation.database,
        documents: installation.documents,
        keysFolder: join(config.dataFolder, 'keys'),
        rootKeysFolder: config.rootKeys.folder,
        target,
        at,
      });
      await copyFile(join(config.dataFolder, 'yinxin.json'), join(target, 'yinxin.json'));
      return made;
    });
    terminal.print(target);
    terminal.tell(`The backup is ${await backupDigest(target)}.`);
    terminal.tell(`${summary.documents} documents, ${summary.keys} key files, ${summary.size} bytes.`);
    return exitCodes.done;
  },
};
