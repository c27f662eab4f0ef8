// How licenses become cards of pages: state and type in both languages.
import type { LicenseSummary } from '../licenses/access.ts';
import type { LicenseState } from '../licenses/license.ts';
import { licenseTypes } from '../licenses/type-register.ts';
import type { LicenseSummary as LicenseCard } from '../web/license-card.ts';
import type { Services } from './services.ts';

/** States in English. */
export const stateInEnglish: Readonly<Record<LicenseState, string>> = {
  issued: 'in force',
  suspended: 'suspended',
  withdrawn: 'withdrawn',
  annulled: 'annulled',
  revoked: 'revoked',
  cancelled: 'cancelled',
  superseded: 'superseded',
  expired: 'expired',
  merged: 'merged into another license',
};

/** English names of the types, by code. */
export async function typeNames(services: Services): Promise<ReadonlyMap<string, string>> {
  return new Map(
    (await licenseTypes(services.database.reader)).map((type) => [type.typeCode, type.englishName]),
  );
}

/** @param names English names of the types, by code */
export function cardOf(license: LicenseSummary, names: ReadonlyMap<string, string>): LicenseCard {
  return {
    id: license.id,
    typeName: { zh: license.typeName, en: names.get(license.typeCode) ?? '' },
    number: license.number,
    holder: license.holder.name,
    issuer: license.issuer.name,
    issued: license.validFrom,
    expires: license.validUntil,
    state: {
      words: { zh: license.stateWords, en: stateInEnglish[license.state] },
      inForce: license.state === 'issued',
    },
    ...trustOf(license),
  };
}

/** Words for what was taken over: never shown like an original. */
function trustOf({ trust }: LicenseSummary): Pick<LicenseCard, 'trust'> {
  return trust === 'A'
    ? {}
    : { trust: { zh: `非原件 · 可信等级 ${trust}`, en: `not an original, level ${trust}` } };
}
