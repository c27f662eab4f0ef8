// `yinxin master-key`: rotates the master key of personal data, and says how the keys stand; also while the service runs.
import { operator } from '../../api/installation.ts';
import { rotationParameters } from '../../api/master-keys.ts';
import { StorageError } from '../../storage/errors.ts';
import {
  latestRotation,
  orderRotation,
  rotationStatus,
  workOnRotation,
} from '../../storage/master-key-rotation.ts';
import { approvalHelp, takeUpApproval } from '../approval.ts';
import { exitCodes, parseFlags, UsageError, type Command } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';

export const masterKeyCommand: Command = {
  help: `Usage: yinxin master-key rotate [--approval ID] [--data DIR]
       yinxin master-key status [--json] [--data DIR]

rotate makes a new master key, seals everything anew under it, the keys of documents included, and goes on with a rotation that
a crash left. A service that runs meanwhile sees the new key within a minute. Back the key files up afterwards: an older copy of
them does not open what was sealed since. Former keys stay in the folder; backups from before need them.

${approvalHelp}
  --json            status for a program
${dataHelp}

${passphraseHelp}

Exit codes: 0 done (status: nothing is left under a former key), 1 not done, or something is left, 78 configuration`,
  async run(args, terminal) {
    const { values, positionals } = parseFlags(
      args,
      { ...dataFlag, approval: { type: 'string' }, json: { type: 'boolean' } },
      true,
    );
    const [what] = positionals;
    if ((what !== 'rotate' && what !== 'status') || positionals.length !== 1)
      throw new UsageError('Say `rotate` or `status`.');
    const config = configOfInstallation(terminal, { data: values.data });
    return withInstallation(config, async (installation) => {
      if (what === 'rotate') {
        const latest = await latestRotation(installation.database.reader);
        if (latest?.state === 'running') terminal.tell('A rotation is under way: it is gone on with.');
        else {
          const id = `mkr_${Buffer.from(installation.random(16)).toString('hex')}`;
          await takeUpApproval(installation, values.approval, {
            kind: 'master-key',
            parameters: rotationParameters,
          });
          const ordered = await installation.database.write((tx) =>
            orderRotation(tx, installation, operator, id),
          );
          if (!ordered)
            throw new StorageError('rotation-running', 'A rotation of the master key is under way.');
        }
        await workOnRotation(installation);
      }
      const status = await rotationStatus(installation);
      const left = status.left.reduce((sum, { count }) => sum + count, 0);
      if (values.json === true) terminal.print(JSON.stringify(status));
      else {
        terminal.print(`current key ${status.currentKey}, ${status.keys} in all`);
        if (status.latest !== null) {
          const { id, state, resealed, unopened } = status.latest;
          terminal.print(`rotation ${id} ${state}: ${resealed} values sealed anew, ${unopened} did not open`);
        }
        for (const { column, count } of status.left)
          terminal.print(`left under a former key: ${column} ${count}`);
      }
      return left === 0 ? exitCodes.done : exitCodes.failed;
    });
  },
};
