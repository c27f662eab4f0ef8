// What the two hierarchies consist of: kinds of authorities, their names in addresses and in words, algorithms, lists.
import type { SignatureAlgorithm } from '../crypto/signing-key.ts';
import { CaError } from './errors.ts';
import { issuingKinds, type AuthorityKind, type HierarchyName } from './profile.ts';

/** What each part of a hierarchy signs with. */
export interface HierarchyAlgorithms {
  readonly root: SignatureAlgorithm;
  readonly issuing: SignatureAlgorithm;
  /** Responders, time-stamping units, our own services. */
  readonly services: SignatureAlgorithm;
}

/** Roots one strength above what they vouch for, for their 25 years. */
const international: HierarchyAlgorithms = { root: 'ES384', issuing: 'ES256', services: 'ES256' };
const sm2: HierarchyAlgorithms = { root: 'SM2SM3', issuing: 'SM2SM3', services: 'SM2SM3' };

/** @throws CaError `profile-violation` for SM2 in the international hierarchy. */
export function algorithmsOf(
  hierarchy: HierarchyName,
  chosen: HierarchyAlgorithms = international,
): HierarchyAlgorithms {
  if (hierarchy === 'sm2') return sm2;
  if (Object.values(chosen).includes('SM2SM3')) {
    throw new CaError('profile-violation', 'SM2 belongs to the hierarchy sm2, which always exists beside.');
  }
  return chosen;
}

export const hierarchyNames: readonly HierarchyName[] = ['international', 'sm2'];
export const authorityKinds: readonly AuthorityKind[] = ['root', ...issuingKinds];

/** Name in addresses: `residents`, `sm2-residents`, `sm2-residents-g2`. */
export function authorityName(hierarchy: HierarchyName, kind: AuthorityKind, generation: number): string {
  const name = hierarchy === 'sm2' ? `sm2-${kind}` : kind;
  return generation === 1 ? name : `${name}-g${generation}`;
}

const commonNames: Readonly<Record<AuthorityKind, string>> = {
  root: '印信根CA',
  'department-seals': '部门电子印章签发CA',
  enterprises: '企业证书签发CA',
  residents: '居民证书签发CA',
  'time-stamps': '时间戳签发CA',
  services: '服务签发CA',
};

/** Its common name: no two authorities share one, whatever their generation. */
export function authorityCommonName(
  hierarchy: HierarchyName,
  kind: AuthorityKind,
  generation: number,
): string {
  const name = hierarchy === 'sm2' ? `国密${commonNames[kind]}` : commonNames[kind];
  return generation === 1 ? name : `${name} G${generation}`;
}

/** Over how many lists its certificates are spread: a list is fetched whole, so it must not grow with the district. */
const shards: Readonly<Record<AuthorityKind, number>> = {
  root: 1,
  'department-seals': 4,
  enterprises: 32,
  residents: 64,
  'time-stamps': 1,
  services: 4,
};

/** @throws CaError `profile-violation` for a number that is none of 1 to 256 (a root has one list). */
export function shardsOf(
  kind: AuthorityKind,
  chosen: Partial<Readonly<Record<AuthorityKind, number>>> = {},
): number {
  const count = chosen[kind] ?? shards[kind];
  if (!Number.isInteger(count) || count < 1 || count > 256 || (kind === 'root' && count !== 1)) {
    throw new CaError('profile-violation', `An authority has 1 to 256 revocation lists, a root one.`);
  }
  return count;
}

const serviceNames: Readonly<Record<Exclude<AuthorityKind, 'root'>, string>> = {
  'department-seals': '部门电子印章证书状态服务',
  enterprises: '企业证书状态服务',
  residents: '居民证书状态服务',
  'time-stamps': '时间戳证书状态服务',
  services: '服务证书状态服务',
};

/** Common name of the OCSP responder of an issuing authority. */
export function responderCommonName(kind: Exclude<AuthorityKind, 'root'>): string {
  return serviceNames[kind];
}
