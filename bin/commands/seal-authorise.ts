// `yinxin seal authorise`: a 用印授权书 for a department's systems, by two persons, signed with the seal's own key.
import { sealWithCode } from '../../signing/seal-register.ts';
import { SigningError } from '../../signing/errors.ts';
import { exitCodes, parseFlags, required, UsageError, type Command } from '../command.ts';
import { configOfInstallation, dataFlag, dataHelp, passphraseHelp } from '../installation.ts';
import { doneByTwo, twoPersonFlags, twoPersonHelp, twoPersons, withSealOffice } from '../seal-work.ts';

const day = 86_400_000;

function whole(text: string | undefined, fallback: number, flag: string): number {
  if (text === undefined) return fallback;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--${flag} is a whole number.`);
  return Number(text);
}

export const sealAuthorise: Command = {
  help: `Usage: yinxin seal authorise --seal CODE --applicant ID --approver ID [--days N] [--total N] [--per-day N]
                             [--matter CODE]… [--client ID] [--automatic CODE]… [--data DIR]

Lets a seal be used with no keeper at hand. Uses of matters that are not marked 自动核发 still need approvals.

  --seal CODE       the seal's 14-digit code
${twoPersonHelp}
  --days N          for so many days from now, 366 at most (default 365)
  --total N         uses in all (default 1000000)
  --per-day N       uses a Beijing day (default: the whole)
  --matter CODE     a matter it covers (实施编码), may be given several times; default: every matter
  --client ID       the one system (client:key_…) that may use it; default: every system of the owner
  --automatic CODE  also mark this matter 自动核发: its stamps need no approval; may be given several times
${dataHelp}

Prints the authorisation's identifier.

${passphraseHelp}

Exit codes: 0 granted, 1 refused, 64 usage, 78 configuration`,
  async run(args, terminal) {
    const { values } = parseFlags(args, {
      ...dataFlag,
      ...twoPersonFlags,
      seal: { type: 'string' },
      days: { type: 'string' },
      total: { type: 'string' },
      'per-day': { type: 'string' },
      matter: { type: 'string', multiple: true },
      client: { type: 'string' },
      automatic: { type: 'string', multiple: true },
    });
    const code = required(values.seal, 'seal');
    const persons = twoPersons(values);
    const total = whole(values.total, 1_000_000, 'total');
    const perDay = whole(values['per-day'], total, 'per-day');
    const days = whole(values.days, 365, 'days');
    const config = configOfInstallation(terminal, { data: values.data });
    const id = await withSealOffice(config, async (parts) => {
      const seal = await sealWithCode(parts.database.reader, code);
      if (seal === null) throw new SigningError('seal-not-found', 'There is no such seal.');
      const now = parts.clock().getTime();
      const granted = await doneByTwo(
        parts,
        persons,
        seal.department,
        {
          kind: 'authorise',
          sealId: seal.id,
          client: values.client ?? null,
          matters: values.matter ?? null,
          perDay,
          total,
          hours: null,
          validFrom: new Date(now).toISOString(),
          validUntil: new Date(now + days * day).toISOString(),
        },
        'granted at the shell',
      );
      for (const matter of values.automatic ?? []) {
        const operation = { kind: 'automatic', matter, automatic: true } as const;
        await doneByTwo(parts, persons, seal.department, operation, 'marked at the shell');
      }
      return granted.outcome?.['authorisation'] ?? '';
    });
    terminal.print(id);
    return exitCodes.done;
  },
};
