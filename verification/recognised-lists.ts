// Other operators' trust lists beside our own: one list to judge by, in which nobody speaks for more than he was listed for.
import type { FaceDictionary, TrustedEntity, TrustedService, TrustList } from './trust-list-model.ts';

/** A list that was read and verified, under the name it was recognised by. */
export interface RecognisedList {
  readonly name: string;
  readonly list: TrustList;
}

/** Who names no regions speaks for the territory of the scheme that lists him, never for everywhere. */
function withinTerritory(service: TrustedService, territory: string): TrustedService {
  return service.regions === null ? { ...service, regions: [territory] } : service;
}

function entitiesOf({ name, list }: RecognisedList): readonly TrustedEntity[] {
  return list.entities.map((entity) => ({
    ...entity,
    services: entity.services.map((service) => withinTerritory(service, list.territory)),
    recognisedFrom: name,
  }));
}

/** What other operators' departments ask of a license before they rely on it is not what ours do. */
function asSeenHere({ typeCode, name, fields, printedOnly, publicStatus }: FaceDictionary): FaceDictionary {
  return { typeCode, name, fields, printedOnly, publicStatus };
}

/**
 * Our own edition with what others list behind it. Where two lists describe one license type, the first one's words count.
 */
export function withRecognised(own: TrustList, others: readonly RecognisedList[]): TrustList {
  if (others.length === 0) return own;
  const types = new Map(own.licenseTypes.map((type) => [type.typeCode, type]));
  for (const { list } of others)
    for (const type of list.licenseTypes)
      if (!types.has(type.typeCode)) types.set(type.typeCode, asSeenHere(type));
  return {
    ...own,
    entities: [...own.entities, ...others.flatMap(entitiesOf)],
    licenseTypes: [...types.values()],
    verifyHosts: [...new Set([own, ...others.map(({ list }) => list)].flatMap((list) => list.verifyHosts))],
  };
}

/** Whether two entities were listed by one operator: only then one may speak about the other's licenses. */
export function sameOperator(a: TrustedEntity, b: TrustedEntity): boolean {
  return a.recognisedFrom === b.recognisedFrom;
}

/**
 * Whether a service may speak for an authority: its division stands in the credit code (GB 32100, characters 3 to 8), and
 * a listed region takes in everything below it (`120000` and `12` mean all of Tianjin).
 */
export function speaksForRegion(service: TrustedService, creditCode: string): boolean {
  const division = creditCode.slice(2, 8);
  return (
    service.regions?.some((region) => division.startsWith(region.replace(/^(\d+?)(?:00)+$/, '$1'))) !== false
  );
}

/** Whether it may speak for licenses of a type. */
export function speaksForType(service: TrustedService, typeCode: string): boolean {
  return service.licenseTypes?.includes(typeCode) !== false;
}
