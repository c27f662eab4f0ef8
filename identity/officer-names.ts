// Officers behind what records name, for pages of their work: one question however many stand on a page.
import { openPersonName, type PersonDependencies } from './persons.ts';
import { officerRoles, type OfficerRole } from './roles.ts';

/** An office that somebody holds, or held. */
export interface NamedOffice {
  /** Of the officer; null where it was erased. */
  readonly name: string | null;
  readonly department: { readonly creditCode: string; readonly name: string };
  /** Held at this moment; none after the office has ended. */
  readonly roles: readonly OfficerRole[];
  readonly inOffice: boolean;
}

/** More than any page shows. */
const mostNamed = 1000;

/**
 * The offices of those whom records name, newest first. Residents have none, so nobody learns a name of theirs by this.
 * It is not on record as a reading of personal data: the name with which an officer acts for a department is data of that
 * work, and whoever calls shows it to the officers of the same department only.
 * @param ids - `person:psn_…`, or accounts `acc_…`; anything else is passed over
 * @returns by the very ids that were given; those without an office are not there
 */
export async function officesOf(
  dependencies: Pick<PersonDependencies, 'database' | 'cipher'>,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, readonly NamedOffice[]>> {
  const asked = [...new Set(ids)].slice(0, mostNamed);
  const persons = asked.filter((id) => /^person:psn_/.test(id)).map((id) => id.slice('person:'.length));
  const accounts = asked.filter((id) => id.startsWith('acc_'));
  if (persons.length + accounts.length === 0) return new Map();
  const rows = await dependencies.database.reader
    .selectFrom('officer')
    .innerJoin('account', 'account.id', 'officer.account')
    .innerJoin('person', 'person.id', 'account.person')
    .innerJoin('department', 'department.credit_code', 'officer.department')
    .leftJoin('officer_role', (join) =>
      join.onRef('officer_role.officer', '=', 'officer.id').on('officer_role.ended_at', 'is', null),
    )
    .select([
      'officer.id as office',
      'officer.account as account',
      'officer.department as code',
      'officer.ended_at as ended',
      'department.name as department',
      'person.id as person',
      'person.name_cipher as cipher',
      'officer_role.role as role',
    ])
    .where((e) =>
      e.or([
        ...(persons.length === 0 ? [] : [e('person.id', 'in', persons)]),
        ...(accounts.length === 0 ? [] : [e('officer.account', 'in', accounts)]),
      ]),
    )
    .orderBy('officer.appointed_at', 'desc')
    .orderBy('officer.id')
    .execute();
  const found = new Map<string, NamedOffice[]>();
  for (const office of new Set(rows.map((row) => row.office))) {
    const own = rows.filter((row) => row.office === office);
    const [row] = own;
    if (row === undefined) continue;
    const named: NamedOffice = {
      name: openPersonName(dependencies, { id: row.person, name_cipher: row.cipher }),
      department: { creditCode: row.code, name: row.department },
      roles: row.ended === null ? officerRoles.filter((role) => own.some((one) => one.role === role)) : [],
      inOffice: row.ended === null,
    };
    for (const id of [`person:${row.person}`, row.account])
      if (asked.includes(id)) found.set(id, [...(found.get(id) ?? []), named]);
  }
  return found;
}
