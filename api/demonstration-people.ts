// Demonstration only: the district's residents and officers as accounts, proofed as believably as made-up people can be.
import {
  child,
  residentProofings,
  wanghaoOf,
  wanghaoOnly,
  type DemonstrationProofing,
} from '../fixtures/accounts.ts';
import { approvalOffice } from '../fixtures/departments.ts';
import { district } from '../fixtures/district.ts';
import { officers } from '../fixtures/officers.ts';
import { noSessions } from '../identity/account-events.ts';
import {
  accountOfPerson,
  openAccount,
  proofingsOf,
  recordProofing,
  type PeopleDependencies,
} from '../identity/accounts.ts';
import { addDepartment, departmentByCode } from '../identity/departments.ts';
import { guardedUntil } from '../identity/identity-documents.ts';
import { randomIdentifier } from '../identity/identifier.ts';
import { appointIn, grantRoleIn, officerOf } from '../identity/officers.ts';
import { columnsOf, personWith } from '../identity/persons.ts';
import { recordGuardianIn } from '../identity/guardians.ts';
import { claimEnterprise } from '../identity/representation-root.ts';
import { roleNamed } from '../identity/roles.ts';
import type { RegisterDependencies } from '../identity/registers.ts';
import { operator, type Installation } from './installation.ts';

const day = 86_400_000;
const type = 'resident-identity-card';

/** A sample person's account. */
export interface SampleAccount {
  /** As demonstration accounts are called: `holder-1`, `window-officer` … */
  readonly key: string;
  /** `acc_…` and `psn_…` */
  readonly account: string;
  readonly person: string;
}

/** Makes what is not there yet: persons, accounts, proofings, the officers' departments and roles. Safe at every start. */
export async function sampleAccounts(installation: Installation): Promise<readonly SampleAccount[]> {
  const people: PeopleDependencies = { ...installation, events: noSessions };
  for (const { creditCode, name, plainName } of district.departments) {
    if ((await departmentByCode(people.database, creditCode)) !== null) continue;
    await addDepartment(people, operator, { creditCode, name, shortName: plainName });
  }
  const staff = await Promise.all(officers.map((one) => officerAccount(people, one)));
  const [first, second] = ['window-officer', 'window-supervisor'].map((key) =>
    staff.find((one) => one.key === key),
  );
  const window = { by: first?.account ?? 'system', second: second?.account ?? null };
  const residents = await Promise.all(
    district.persons.map(async ({ name, number }, position) => {
      const sample = await account(people, `holder-${position + 1}`, { type, name, number });
      await proofed(people, sample.account, residentProofings[position] ?? [], window);
      await withWanghao(people, sample.person, wanghaoOf(position));
      return sample;
    }),
  );
  const only = await account(people, wanghaoOnly.key, { wanghao: wanghaoOnly.wanghao });
  await proofed(people, only.account, [{ method: 'wangzheng', rung: 3, daysAgo: 30, days: 730 }], window);
  const guardian = residents[child.guardian];
  if (guardian !== undefined) await ward(people, guardian.account, window);
  return [...residents, only, ...staff];
}

/** Legal representatives claim their enterprises, where the register is there to say so. */
export async function claimSampleEnterprises(people: RegisterDependencies): Promise<void> {
  for (const { creditCode, legalRepresentative } of district.enterprises) {
    const known = await people.database.reader
      .selectFrom('representation')
      .select('id')
      .where('enterprise', '=', creditCode)
      .limit(1)
      .executeTakeFirst();
    const who = district.persons.find(({ name }) => name === legalRepresentative);
    if (known !== undefined || who === undefined) continue;
    const person = await personWith(people, { type, name: who.name, number: who.number });
    const found = await accountOfPerson(people, person);
    if (found === null) continue;
    const actor = { id: `person:${person}`, kind: 'person' as const, department: null, scopes: [] };
    await claimEnterprise(people, actor, { account: found.id, creditCode });
  }
}

async function officerAccount(
  people: PeopleDependencies,
  one: (typeof officers)[number],
): Promise<SampleAccount> {
  const sample = await account(people, one.key, { type, name: one.name, number: one.number });
  await proofed(people, sample.account, [{ method: 'window', rung: 4, daysAgo: 90, days: 1825 }], {
    by: 'system',
    second: null,
  });
  if ((await officerOf(people, sample.account)) !== null) return sample;
  const officer = randomIdentifier('ofc', people.random);
  const roles = one.roles.flatMap((name) => {
    const role = roleNamed(name);
    return role === null ? [] : [{ role, id: randomIdentifier('orl', people.random) }];
  });
  await people.database.write(async (tx) => {
    await appointIn(tx, people, operator, {
      officer,
      account: sample.account,
      department: one.department.creditCode,
    });
    for (const { role, id } of roles) {
      await grantRoleIn(tx, people, operator, { id, account: sample.account, role, request: null });
    }
  });
  return sample;
}

async function account(
  people: PeopleDependencies,
  key: string,
  who: Parameters<typeof personWith>[1],
): Promise<SampleAccount> {
  const person = await personWith(people, who);
  const { id } = await openAccount(people, operator, person);
  return { key, account: id, person };
}

async function proofed(
  people: PeopleDependencies,
  id: string,
  proofings: readonly DemonstrationProofing[],
  window: { readonly by: string; readonly second: string | null },
): Promise<void> {
  if ((await proofingsOf(people, id)).length > 0) return;
  for (const { method, rung, daysAgo, days } of proofings) {
    const verifiedAt = new Date(people.clock().getTime() - daysAgo * day);
    await recordProofing(people, operator, id, {
      rung,
      method,
      source:
        method === 'window' ? approvalOffice.creditCode : method === 'register' ? 'population' : 'wangzheng',
      evidence: { demonstration: 'made up' },
      verifiedAt,
      validUntil: new Date(verifiedAt.getTime() + days * day),
      ...(method === 'window' ? window : { by: 'system', second: null }),
    });
  }
}

async function withWanghao(people: PeopleDependencies, person: string, wanghao: string): Promise<void> {
  const columns = columnsOf(people, person, { wanghao });
  await people.database.write(async (tx) => {
    await tx
      .updateTable('person')
      .set(columns)
      .where('id', '=', person)
      .where('wanghao_index', 'is', null)
      .execute();
  });
}

async function ward(
  people: PeopleDependencies,
  guardian: string,
  window: { readonly by: string; readonly second: string | null },
): Promise<void> {
  const person = await personWith(people, { type, name: child.name, number: child.number });
  const known = await people.database.reader
    .selectFrom('guardianship')
    .select('id')
    .where('ward', '=', person)
    .executeTakeFirst();
  const born = `${child.number.slice(6, 10)}-${child.number.slice(10, 12)}-${child.number.slice(12, 14)}`;
  const until = new Date(`${Number(born.slice(0, 4)) + guardedUntil}${born.slice(4)}T00:00:00+08:00`);
  if (known !== undefined || until <= people.clock()) return;
  const id = randomIdentifier('grd', people.random);
  const evidence = people.cipher.seal(
    { table: 'guardianship', column: 'evidence', row: id },
    '{"demonstration":"made up"}',
  );
  await people.database.write(async (tx) => {
    await recordGuardianIn(tx, people, operator, {
      id,
      ward: person,
      guardian,
      evidence_cipher: evidence,
      by: window.by,
      second: window.second ?? 'system',
      since: people.clock().toISOString(),
      until: until.toISOString(),
      ended_at: null,
    });
  });
}
