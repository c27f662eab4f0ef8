// `yinxin department add`: registers a department.
import { operator } from '../../api/installation.ts';
import { addDepartment } from '../../identity/departments.ts';
import { exitCodes, parseFlags, required, type Command } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';

export const departmentAdd: Command = {
  help: `Usage: yinxin department add --uscc CODE --name NAME [--short-name NAME] [--data DIR]

  --uscc CODE       its unified social credit code (18 characters, GB 32100)
  --name NAME       its full legal name, as certificates and licenses will show it
  --short-name NAME how lists call it (default: the full name)
${dataHelp}

${passphraseHelp}

Example: yinxin department add --uscc 11120105000123457H --name 天津市河北区政务服务办公室
Exit codes: 0 registered, 1 the code or name is not valid, 64 usage, 73 it is registered already, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      uscc: { type: 'string' },
      name: { type: 'string' },
      'short-name': { type: 'string' },
    });
    const creditCode = required(values.uscc, 'uscc');
    const name = required(values.name, 'name');
    const config = configOfInstallation(terminal, { data: values.data });
    const added = await withInstallation(config, (installation) =>
      addDepartment(installation, operator, { creditCode, name, shortName: values['short-name'] ?? name }),
    );
    terminal.print(`${added.creditCode} ${added.name}`);
    return exitCodes.done;
  },
};
