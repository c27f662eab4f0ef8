// `yinxin seal create`: makes a seal for a department and files it, by two persons.
import { operator } from '../../api/installation.ts';
import { requireDepartment } from '../../identity/departments.ts';
import { fileSeal } from '../../signing/seal-register.ts';
import { sealTypes } from '../../signing/seal.ts';
import { exitCodes, parseFlags, required, UsageError, type Command } from '../command.ts';
import { configOfInstallation, dataFlag, dataHelp, passphraseHelp } from '../installation.ts';
import { doneByTwo, twoPersonFlags, twoPersonHelp, twoPersons, withSealOffice } from '../seal-work.ts';

export const sealCreate: Command = {
  help: `Usage: yinxin seal create --department CODE --applicant ID --approver ID [--type TYPE] [--name NAME] [--purpose TEXT]
                          [--code DIGITS] [--filing NUMBER] [--keeper ID]… [--data DIR]

  --department CODE unified social credit code of a registered department; its name stands along the arc
${twoPersonHelp}
  --type TYPE       01 statutory name (default: 42 mm, star), 06 special purpose (40 mm, needs --purpose)
                    (${Object.entries(sealTypes)
                      .map(([code, name]) => `${code} ${name}`)
                      .join(', ')})
  --name NAME       how records and lists call it (default: the department's name and the purpose)
  --purpose TEXT    the straight line of a special-purpose seal, 2 to 12 characters, e.g. 行政许可专用章
  --code DIGITS     its 14-digit code, where one was assigned; default: the division's next free one
  --filing NUMBER   备案编号; default: its code, for a register of your own
  --keeper ID       印章保管人, may be given several times; default: the applicant
${dataHelp}

Prints the seal's identifier and code. Before systems can use it, authorise them: \`yinxin seal authorise --help\`.

${passphraseHelp}

Exit codes: 0 made, 1 refused (no such department, name too long, character not in the font), 64 usage, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      ...twoPersonFlags,
      department: { type: 'string' },
      type: { type: 'string' },
      name: { type: 'string' },
      purpose: { type: 'string' },
      code: { type: 'string' },
      filing: { type: 'string' },
      keeper: { type: 'string', multiple: true },
    });
    const creditCode = required(values.department, 'department');
    const persons = twoPersons(values);
    const type = values.type ?? '01';
    if (values.code !== undefined && !/^\d{14}$/.test(values.code))
      throw new UsageError('--code is 14 digits.');
    if (type === '06' && values.purpose === undefined)
      throw new UsageError('--purpose is required for type 06.');
    const config = configOfInstallation(terminal, { data: values.data });
    const seal = await withSealOffice(config, async (parts, installation) => {
      const department = await requireDepartment(installation.database, creditCode);
      const purpose = values.purpose ?? null;
      const made = await doneByTwo(
        parts,
        persons,
        department.creditCode,
        {
          kind: 'make',
          name: values.name ?? `${department.name}${purpose ?? ''}`,
          type,
          departmentName: department.name,
          picture: {
            kind: purpose === null ? 'official' : 'special-purpose',
            name: department.name,
            purpose,
            centre: 'star',
          },
          code: values.code ?? config.settings?.division ?? '',
          lifetimeDays: null,
          keepers: values.keeper ?? [`operator:${persons.applicant}`],
          approvalsNeeded: 1,
        },
        'made at the shell',
      );
      const { code } = await parts.database.reader
        .selectFrom('seal')
        .select('code')
        .where('id', '=', made.sealId ?? '')
        .executeTakeFirstOrThrow();
      return fileSeal(parts, { actor: operator, sealId: made.sealId ?? '', number: values.filing ?? code });
    });
    terminal.print(`${seal.id} ${seal.code}`);
    return exitCodes.done;
  },
};
