// The authorities that a trust list names: of both hierarchies, of every generation, with what became of each.
import type { AuthorityKind } from '../ca/profile.ts';
import { fromBase64 } from '../formats/bytes.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Reader } from '../storage/database.ts';
import type { ServiceState, ServiceType, TrustedService } from '../verification/trust-list.ts';

/** What each kind is listed as; roots stand behind them, and whom our service CA certifies is listed by its own key. */
const listed: readonly {
  readonly kind: AuthorityKind;
  readonly type: ServiceType;
  readonly zh: string;
  readonly en: string;
}[] = [
  {
    kind: 'department-seals',
    type: 'seal-ca',
    zh: '部门电子印章签发CA',
    en: 'Issuing CA for department seals',
  },
  { kind: 'enterprises', type: 'ca', zh: '企业证书签发CA', en: 'Issuing CA for enterprises' },
  { kind: 'residents', type: 'ca', zh: '居民证书签发CA', en: 'Issuing CA for residents' },
  { kind: 'time-stamps', type: 'timestamp', zh: '时间戳签发CA', en: 'Issuing CA for time-stamps' },
];
const order: readonly string[] = listed.map(({ kind }) => kind);

interface AuthorityRow {
  readonly hierarchy: 'international' | 'sm2';
  readonly kind: string;
  readonly generation: number;
  readonly state: 'active' | 'retired' | 'revoked';
  readonly der: string | null;
  readonly revoked_at: string | null;
  readonly invalidity_date: string | null;
}

/** As the database has them now: another node may have made or revoked one a moment ago. */
function authorityRows(db: Reader): Promise<readonly AuthorityRow[]> {
  return db
    .selectFrom('ca_authority')
    .innerJoin('ca_certificate', 'ca_certificate.serial', 'ca_authority.certificate')
    .leftJoin('ca_revocation', 'ca_revocation.serial', 'ca_authority.certificate')
    .select([
      'ca_authority.hierarchy',
      'ca_authority.kind',
      'ca_authority.generation',
      'ca_authority.state',
      'ca_certificate.der',
      'ca_revocation.revoked_at',
      'ca_revocation.invalidity_date',
    ])
    .where('ca_authority.kind', 'in', order)
    .execute();
}

/**
 * Revoked: withdrawn since then, or since its key is known to be lost. An authority that has a successor stays granted:
 * what it certified holds to its end.
 */
function stateOf(row: AuthorityRow, notBefore: Date): Pick<TrustedService, 'state' | 'history'> {
  const granted: ServiceState = { status: 'granted', since: notBefore };
  if (row.state !== 'revoked') return { state: granted, history: [] };
  const times = [row.revoked_at, row.invalidity_date].flatMap((text) =>
    text === null ? [] : [Date.parse(text)],
  );
  // Unknown is never yes: without a time, it was never granted.
  const earliest = times.length === 0 ? 0 : Math.min(...times);
  const since = Math.max(notBefore.getTime(), earliest);
  return {
    state: { status: 'withdrawn', since: new Date(since) },
    history: since > notBefore.getTime() ? [granted] : [],
  };
}

/** The same authorities give the same list, whatever order they came in. */
function inOrder(a: AuthorityRow, b: AuthorityRow): number {
  const place = (row: AuthorityRow): string =>
    [order.indexOf(row.kind), row.hierarchy, String(row.generation).padStart(6, '0')].join(' ');
  return place(a) < place(b) ? -1 : 1;
}

/** One service for each authority that speaks for others: by kind, hierarchy, generation. */
export async function authorityServices(db: Reader): Promise<readonly TrustedService[]> {
  return (await authorityRows(db)).toSorted(inOrder).flatMap((row) => {
    const about = listed.find(({ kind }) => kind === row.kind);
    if (about === undefined || row.der === null) return [];
    const certificate = parseCertificate(fromBase64(row.der));
    const generation = row.generation === 1 ? '' : ` G${row.generation}`;
    const [zh, en] = row.hierarchy === 'sm2' ? ['（国密）', ' (SM2)'] : ['', ''];
    return [
      {
        name: { zh: `${about.zh}${zh}${generation}`, en: `${about.en}${en}${generation}` },
        type: about.type,
        certificates: [certificate.der],
        ...stateOf(row, certificate.notBefore),
        licenseTypes: null,
        regions: null,
      },
    ];
  });
}
