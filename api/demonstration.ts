// The demonstration district put into an installation: departments, seals, keys and accounts, each once.
import { caAccounts, type CaAccountKey } from '../fixtures/ca-accounts.ts';
import { wanghaoOnly } from '../fixtures/accounts.ts';
import { district } from '../fixtures/district.ts';
import { officers } from '../fixtures/officers.ts';
import { sealAccounts, type SealAccountKey } from '../fixtures/seal-accounts.ts';
import { createApiKey } from '../identity/api-keys.ts';
import { addDepartment, departmentByCode } from '../identity/departments.ts';
import type { DemonstrationAccount } from '../identity/demonstration-sign-in.ts';
import { departmentScopes, type Principal } from '../identity/principal.ts';
import { roleNamed, scopesOfRoles } from '../identity/roles.ts';
import { publishLicenseType } from '../licenses/type-register.ts';
import { createSeal, sealWithCode } from '../signing/seal-register.ts';
import { grantDistrictRights } from './demonstration-rights.ts';
import { sampleAccounts } from './demonstration-people.ts';
import type { DemonstrationChoice } from './login-services.ts';
import { operator, type Installation } from './installation.ts';
import type { Services } from './services.ts';
import type { Settings } from './settings.ts';

/** Settings of a demonstration's data folder. */
export const demonstrationSettings: Settings = {
  version: 1,
  mode: 'demonstration',
  suite: 'international',
  organisation: district.operator.name,
  creditCode: district.operator.creditCode,
  division: district.code,
  publicUrl: null,
};

/** Names of the district's matters, by 实施编码. */
export const demonstrationMatterNames = new Map(
  district.matters.map(({ code, name, englishName }) => [code, { zh: name, en: englishName }] as const),
);

/** A key of a demonstration department, as it stands in api-keys.json. */
export interface DemonstrationApiKey {
  readonly department: string;
  readonly creditCode: string;
  readonly apiKey: string;
  /** Whose key it is at the certification authority or in the seal office; absent for a department's approval system. */
  readonly account?: CaAccountKey | SealAccountKey;
}

/** The sample residents, enterprises and officers, each an account of a made-up person. */
export async function demonstrationAccounts(
  installation: Installation,
): Promise<readonly DemonstrationAccount[]> {
  const samples = new Map((await sampleAccounts(installation)).map((sample) => [sample.key, sample]));
  const listed = (
    key: string,
    name: string,
    behind: string,
    more: Partial<Principal>,
  ): DemonstrationAccount[] => {
    const sample = samples.get(behind);
    if (sample === undefined) return [];
    return [{ key, name, account: sample.account, principal: person(`person:${sample.person}`, more) }];
  };
  const own = { roles: ['holder'], scopes: ['licenses:own', 'identity:own'] } as const;
  const residents = district.persons.flatMap(({ name }, index) =>
    listed(`holder-${index + 1}`, name, `holder-${index + 1}`, own),
  );
  const enterprises = district.enterprises.flatMap(({ name, creditCode, legalRepresentative }, index) => {
    const who = district.persons.findIndex((sample) => sample.name === legalRepresentative);
    return listed(`enterprise-${index + 1}`, name, `holder-${who + 1}`, { ...own, actingFor: creditCode });
  });
  const staff = officers.flatMap(({ key, name, department, roles, desk }) => {
    const scopes = scopesOfRoles(roles.map(roleNamed).filter((role) => role !== null));
    const called = desk === null ? department.name : `${desk} ${name}`;
    return listed(key, called, key, {
      department: department.creditCode,
      roles: ['officer'],
      scopes: [...scopes, 'identity:own'],
    });
  });
  const only = listed(wanghaoOnly.key, wanghaoOnly.label, wanghaoOnly.key, own);
  return [...residents, ...enterprises, ...staff, ...only];
}

/** The same people for the login pages: whom to act for is chosen there afterwards. */
export async function demonstrationLogins(
  installation: Installation,
): Promise<readonly DemonstrationChoice[]> {
  const accounts = await demonstrationAccounts(installation);
  return accounts.flatMap(({ account, name, principal }) =>
    account === undefined || principal.actingFor !== null
      ? []
      : [{ account, name, detail: principal.roles.includes('officer') ? officerWords : residentWords }],
  );
}

const officerWords = { zh: '部门工作人员', en: 'officer' };
const residentWords = { zh: '居民', en: 'resident' };

function person(id: string, more: Partial<Principal>): Principal {
  // Choosing a name from a list proves nothing: level 1.
  return { id, kind: 'person', department: null, scopes: [], roles: [], level: 1, actingFor: null, ...more };
}

/** Registers departments, makes seals and publishes license types that are not there yet. `tell` hears of each one made. */
export async function establishDistrict(
  services: Services,
  tell: (made: string) => void = () => undefined,
): Promise<void> {
  for (const department of district.departments) {
    if ((await departmentByCode(services.database, department.creditCode)) !== null) continue;
    await addDepartment(services, operator, {
      creditCode: department.creditCode,
      name: department.name,
      shortName: department.plainName,
    });
    tell(`部门 department ${department.name}`);
  }
  for (const seal of district.seals) {
    if ((await sealWithCode(services.database.reader, seal.sealCode)) !== null) continue;
    await createSeal(services.seals, {
      actor: operator,
      name: seal.name,
      type: seal.kind,
      department: seal.department.creditCode,
      departmentName: seal.department.name,
      picture: {
        kind: seal.lower === null ? 'official' : 'special-purpose',
        name: seal.arc,
        purpose: seal.lower,
        centre: 'star',
      },
      code: seal.sealCode,
      keepers: services.signIn.accounts.flatMap(({ key, principal }) =>
        key === `officer-${seal.department.key}` ? [principal.id] : [],
      ),
    });
    tell(`印章 seal ${seal.sealCode} ${seal.name}`);
  }
  for (const type of district.licenseTypes) await publishLicenseType(services, type);
  await grantDistrictRights(services);
}

/** One key for every department, with all a department's system may have; then those of the certification authority and the seal office. */
export async function createDistrictKeys(services: Services): Promise<readonly DemonstrationApiKey[]> {
  const keys: DemonstrationApiKey[] = [];
  for (const department of district.departments) {
    const { key } = await createApiKey(services, operator, {
      department: department.creditCode,
      scopes: departmentScopes,
      label: 'demonstration',
    });
    keys.push({ department: department.name, creditCode: department.creditCode, apiKey: key });
  }
  for (const { key: account, name, department, scopes } of [...caAccounts, ...sealAccounts]) {
    const { key } = await createApiKey(services, operator, {
      department: department.creditCode,
      scopes,
      label: name,
    });
    keys.push({ department: department.name, creditCode: department.creditCode, apiKey: key, account });
  }
  return keys;
}
