// `yinxin seal create`: makes a seal for a department.
import { openHierarchy } from '../../api/hierarchy.ts';
import { operator } from '../../api/installation.ts';
import { requireDepartment } from '../../identity/departments.ts';
import { createSeal } from '../../signing/seal-register.ts';
import { sealTypes } from '../../signing/seal.ts';
import { exitCodes, parseFlags, required, UsageError, type Command } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';

export const sealCreate: Command = {
  help: `Usage: yinxin seal create --department CODE [--type TYPE] [--name NAME] [--purpose TEXT] [--code DIGITS] [--data DIR]

  --department CODE unified social credit code of a registered department; its name stands along the arc
  --type TYPE       01 statutory name (default: 42 mm, star), 06 special purpose (40 mm, needs --purpose)
                    (${Object.entries(sealTypes)
                      .map(([code, name]) => `${code} ${name}`)
                      .join(', ')})
  --name NAME       how records and lists call it (default: the department's name and the purpose)
  --purpose TEXT    the straight line of a special-purpose seal, 2 to 12 characters, e.g. 行政许可专用章
  --code DIGITS     its 14-digit code, where one was assigned; default: the division's next free one
${dataHelp}

Prints the seal's identifier and code.

${passphraseHelp}

Exit codes: 0 made, 1 refused (no such department, name too long, character not in the font), 64 usage, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      department: { type: 'string' },
      type: { type: 'string' },
      name: { type: 'string' },
      purpose: { type: 'string' },
      code: { type: 'string' },
    });
    const creditCode = required(values.department, 'department');
    const type = values.type ?? '01';
    if (values.code !== undefined && !/^\d{14}$/.test(values.code))
      throw new UsageError('--code is 14 digits.');
    if (type === '06' && values.purpose === undefined)
      throw new UsageError('--purpose is required for type 06.');
    const config = configOfInstallation(terminal, { data: values.data });
    const { settings, publicUrl } = config;
    const seal = await withInstallation(config, async (installation) => {
      if (settings === null || publicUrl === null)
        throw new UsageError('This installation has no public address.');
      const department = await requireDepartment(installation.database, creditCode);
      const hierarchy = await openHierarchy(installation, settings, publicUrl);
      const purpose = values.purpose ?? null;
      return createSeal(
        { ...installation, authority: hierarchy.issuer('department-seals') },
        {
          actor: operator,
          name: values.name ?? `${department.name}${purpose ?? ''}`,
          type,
          department: department.creditCode,
          departmentName: department.name,
          picture: {
            kind: purpose === null ? 'official' : 'special-purpose',
            name: department.name,
            purpose,
            centre: 'star',
          },
          code: values.code ?? settings.division,
          keepers: [],
        },
      );
    });
    terminal.print(`${seal.id} ${seal.code}`);
    return exitCodes.done;
  },
};
