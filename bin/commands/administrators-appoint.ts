// `yinxin administrators appoint`: the first three administrators; every later right takes two of them.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { operator } from '../../api/installation.ts';
import { noSessions } from '../../identity/account-events.ts';
import { openAccount, recordProofing, type PeopleDependencies } from '../../identity/accounts.ts';
import { documentTypes } from '../../identity/identity-documents.ts';
import { appointFirstAdministrators } from '../../identity/officers.ts';
import { personWith } from '../../identity/persons.ts';
import { proofingDays, times } from '../../identity/proofing.ts';
import { exitCodes, parseFlags, required, UsageError, type Command } from '../command.ts';
import {
  configOfInstallation,
  dataFlag,
  dataHelp,
  passphraseHelp,
  withInstallation,
} from '../installation.ts';

const named = z.strictObject({
  type: z.enum(documentTypes).default('resident-identity-card'),
  number: z.string().min(1).max(40),
  name: z.string().min(1).max(80),
});
const file = z.strictObject({
  'system-administrator': named,
  'security-administrator': named,
  'audit-administrator': named,
});

export const administratorsAppoint: Command = {
  help: `Usage: yinxin administrators appoint --department CODE --file FILE [--data DIR]

  --department CODE unified social credit code of the registered department they belong to
  --file FILE       JSON naming three different persons, whose documents whoever runs this command has seen:
                    {"system-administrator": {"name": "…", "number": "…"}, "security-administrator": {…}, "audit-administrator": {…}}
                    Numbers are never arguments: those stay in shell histories and process lists. Delete the file after.
${dataHelp}

The three are different persons and hold no other role. It works once: afterwards one administrator asks for a right and
another approves it, on the page /office/administration. They sign in with certificates of their own names.

${passphraseHelp}

Exit codes: 0 appointed, 1 refused, 64 usage, 73 there are administrators already, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      department: { type: 'string' },
      file: { type: 'string' },
    });
    const department = required(values.department, 'department');
    const persons = parsed(await readFile(required(values.file, 'file'), 'utf8'));
    const config = configOfInstallation(terminal, { data: values.data });
    const accounts = await withInstallation(config, async (installation) => {
      const people: PeopleDependencies = { ...installation, events: noSessions };
      const made = {
        'system-administrator': await accountFor(people, persons['system-administrator'], department),
        'security-administrator': await accountFor(people, persons['security-administrator'], department),
        'audit-administrator': await accountFor(people, persons['audit-administrator'], department),
      };
      await appointFirstAdministrators(people, operator, department, made);
      return made;
    });
    for (const [role, account] of Object.entries(accounts)) terminal.print(`${role} ${account}`);
    return exitCodes.done;
  },
};

function parsed(text: string): z.output<typeof file> {
  try {
    return file.parse(JSON.parse(text));
  } catch {
    // The reason would repeat what the file says of persons.
    throw new UsageError('The file is not JSON naming the three administrators.');
  }
}

/** Whoever runs the command vouches for having seen the person and the document. */
async function accountFor(
  people: PeopleDependencies,
  person: z.output<typeof named>,
  department: string,
): Promise<string> {
  const { id } = await openAccount(people, operator, await personWith(people, person));
  await recordProofing(people, operator, id, {
    ...times(people.clock(), proofingDays.window),
    rung: 4,
    method: 'window',
    source: department,
    evidence: { by: 'operator of the machine' },
    by: 'system',
    second: null,
  });
  return id;
}
