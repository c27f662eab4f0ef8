// The authorities that a trust list names: of both hierarchies, of every generation, with what became of each.
import type { Authority } from '../ca/parts.ts';
import type { AuthorityKind } from '../ca/profile.ts';
import type { Reader } from '../storage/database.ts';
import type { ServiceState, ServiceType, TrustedService } from '../verification/trust-list.ts';

/** What each kind is listed as; roots stand behind them, and whom our service CA certifies is listed by its own key. */
const listed: Partial<
  Record<AuthorityKind, { readonly type: ServiceType; readonly zh: string; readonly en: string }>
> = {
  'department-seals': { type: 'seal-ca', zh: '部门电子印章签发CA', en: 'Issuing CA for department seals' },
  enterprises: { type: 'ca', zh: '企业证书签发CA', en: 'Issuing CA for enterprises' },
  residents: { type: 'ca', zh: '居民证书签发CA', en: 'Issuing CA for residents' },
  'time-stamps': { type: 'timestamp', zh: '时间戳签发CA', en: 'Issuing CA for time-stamps' },
};

/**
 * Revoked: withdrawn since then. An authority that has a successor stays granted: what it certified holds to its end.
 */
async function stateOf(
  db: Reader,
  { certificate, state }: Authority,
): Promise<Pick<TrustedService, 'state' | 'history'>> {
  const granted: ServiceState = { status: 'granted', since: certificate.notBefore };
  if (state !== 'revoked') return { state: granted, history: [] };
  const revocation = await db
    .selectFrom('ca_revocation')
    .select('revoked_at')
    .where('serial', '=', certificate.serialHex)
    .executeTakeFirst();
  // Unknown is never yes: without a time, it was never granted.
  const since = revocation === undefined ? certificate.notBefore : new Date(revocation.revoked_at);
  return { state: { status: 'withdrawn', since }, history: revocation === undefined ? [] : [granted] };
}

const order = Object.keys(listed);

/** The same authorities give the same list, whatever order they came in. */
function inOrder(a: Authority, b: Authority): number {
  return (
    order.indexOf(a.kind) - order.indexOf(b.kind) ||
    (a.hierarchy < b.hierarchy ? -1 : a.hierarchy > b.hierarchy ? 1 : a.generation - b.generation)
  );
}

/** One service for each authority that speaks for others: by kind, hierarchy, generation. */
export async function authorityServices(
  db: Reader,
  authorities: readonly Authority[],
): Promise<readonly TrustedService[]> {
  const services: TrustedService[] = [];
  for (const authority of authorities.toSorted(inOrder)) {
    const about = listed[authority.kind];
    if (about === undefined) continue;
    const generation = authority.generation === 1 ? '' : ` G${authority.generation}`;
    const [zh, en] = authority.hierarchy === 'sm2' ? ['（国密）', ' (SM2)'] : ['', ''];
    services.push({
      name: { zh: `${about.zh}${zh}${generation}`, en: `${about.en}${en}${generation}` },
      type: about.type,
      certificates: [authority.certificate.der],
      ...(await stateOf(db, authority)),
      licenseTypes: null,
      regions: null,
    });
  }
  return services;
}
