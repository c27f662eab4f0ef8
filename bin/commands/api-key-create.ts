// `yinxin api-key create`: makes a key for a department's system and shows it once.
import { operator } from '../../api/installation.ts';
import { createApiKey } from '../../identity/api-keys.ts';
import { departmentScopes, scopes } from '../../identity/principal.ts';
import { exitCodes, parseFlags, required, type Command } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';

export const apiKeyCreate: Command = {
  help: `Usage: yinxin api-key create --department CODE [--scopes LIST] [--label TEXT] [--data DIR]

  --department CODE unified social credit code of a registered department
  --scopes LIST     comma-separated; default: all a department's system may have
                    (${scopes.join(', ')})
  --label TEXT      what the key is for, at most 100 characters
${dataHelp}

The key is printed alone on standard output. Only a keyed hash of it is stored: it cannot be shown again.

${passphraseHelp}

Example: yinxin api-key create --department 11120105000123457H --scopes stamps:write,stamps:read > key
Exit codes: 0 made, 1 no such department or scope, 64 usage, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      department: { type: 'string' },
      scopes: { type: 'string' },
      label: { type: 'string' },
    });
    const department = required(values.department, 'department');
    const wanted = values.scopes?.split(',').map((scope) => scope.trim()) ?? departmentScopes;
    const config = configOfInstallation(terminal, { data: values.data });
    const created = await withInstallation(config, (installation) =>
      createApiKey(installation, operator, { department, scopes: wanted, label: values.label ?? '' }),
    );
    terminal.tell(
      `API key ${created.id} for ${created.department}: ${created.scopes.join(', ')}. Keep it now, it is not shown again.`,
    );
    terminal.print(created.key);
    return exitCodes.done;
  },
};
