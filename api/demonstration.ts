// The demonstration district put into an installation: departments, seals, keys and accounts, each once.
import { caAccounts, type CaAccountKey } from '../fixtures/ca-accounts.ts';
import { district } from '../fixtures/district.ts';
import { sealAccounts, type SealAccountKey } from '../fixtures/seal-accounts.ts';
import { createApiKey } from '../identity/api-keys.ts';
import { addDepartment, departmentByCode } from '../identity/departments.ts';
import type { DemonstrationAccount } from '../identity/demonstration-sign-in.ts';
import { personWithNumber } from '../identity/persons.ts';
import { departmentScopes, scopesNamed, type Principal } from '../identity/principal.ts';
import { publishLicenseType } from '../licenses/type-register.ts';
import { createSeal, sealWithCode } from '../signing/seal-register.ts';
import { grantDistrictRights } from './demonstration-rights.ts';
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

/** The sample officers and holders; holders come into the register of persons, encrypted. */
export async function demonstrationAccounts(
  installation: Installation,
): Promise<readonly DemonstrationAccount[]> {
  const officers = district.departments.map((department): DemonstrationAccount => ({
    key: `officer-${department.key}`,
    name: department.name,
    principal: person(`person:officer-${department.key}`, {
      department: department.creditCode,
      roles: ['officer'],
      scopes: departmentScopes,
    }),
  }));
  const sealOffice = sealAccounts.map((account): DemonstrationAccount => ({
    key: account.key,
    name: account.name,
    principal: person(`person:${account.key}`, {
      department: account.department.creditCode,
      roles: ['officer'],
      scopes: scopesNamed(account.scopes),
    }),
  }));
  const holders = await Promise.all(
    district.persons.map(async (sample, index): Promise<DemonstrationAccount> => ({
      key: `holder-${index + 1}`,
      name: sample.name,
      principal: person(`person:${await personWithNumber(installation, sample)}`, {
        roles: ['holder'],
        scopes: ['licenses:own'],
      }),
    })),
  );
  const enterprises = district.enterprises.map((enterprise, index): DemonstrationAccount => ({
    key: `enterprise-${index + 1}`,
    name: enterprise.name,
    principal: person(`person:enterprise-${index + 1}`, {
      roles: ['holder'],
      scopes: ['licenses:own'],
      actingFor: enterprise.creditCode,
    }),
  }));
  return [...holders, ...enterprises, ...officers, ...sealOffice];
}

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
      keepers: [`person:officer-${seal.department.key}`],
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
