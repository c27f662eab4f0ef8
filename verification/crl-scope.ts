// For which certificates and reasons a revocation list speaks (RFC 5280 section 6.3.3 (b) and (d)).
import type { Certificate } from '../formats/x509/certificate.ts';
import type { CertificateList } from '../formats/x509/crl.ts';
import type { DistributionPoint } from '../formats/x509/extensions.ts';
import type { GeneralName } from '../formats/x509/general-name.ts';
import type { Name } from '../formats/x509/name.ts';
import { nameKey, relativeNameKey } from './names.ts';

/** Bits of ReasonFlags (RFC 5280 section 4.2.1.13); bit 0 is unused. */
export const allReasons: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8]);

/** A place where a certificate's status is published. */
interface Point {
  /** Null where the point has no name. */
  readonly names: ReadonlySet<string> | null;
  readonly reasons: ReadonlySet<number>;
  /** Names of the CRL issuers, null where it is the certificate's own issuer. */
  readonly crlIssuers: ReadonlySet<string> | null;
}

/** Comparable texts; kinds that no distribution point can be named by are passed over. */
function keysOf(names: readonly GeneralName[]): readonly string[] {
  return names.flatMap((name) => {
    if (name.kind === 'uri') return [`uri:${name.value}`];
    return name.kind === 'directory' ? [`name:${nameKey(name.name)}`] : [];
  });
}

function pointNames(
  point: Pick<DistributionPoint, 'fullName' | 'relativeName'>,
  base: Name,
): ReadonlySet<string> | null {
  if (point.fullName !== null) return new Set(keysOf(point.fullName));
  return point.relativeName === null ? null : new Set([`name:${relativeNameKey(base, point.relativeName)}`]);
}

const points = new WeakMap<Certificate, readonly Point[]>();

/**
 * The distribution points a certificate names, and after them the one that every certificate has: its issuer's own lists
 * (end of section 6.3.3).
 * @throws FormatError where a relative name cannot be read
 */
function pointsOf(certificate: Certificate): readonly Point[] {
  let found = points.get(certificate);
  if (found === undefined) {
    const stated = (certificate.crlDistributionPoints ?? []).map((point): Point => {
      const issuers = (point.crlIssuer ?? []).flatMap((name) =>
        name.kind === 'directory' ? [name.name] : [],
      );
      return {
        names: pointNames(point, issuers[0] ?? certificate.issuer),
        reasons: point.reasons ?? allReasons,
        crlIssuers: point.crlIssuer === null ? null : new Set(issuers.map((name) => nameKey(name))),
      };
    });
    const own = new Set([`name:${nameKey(certificate.issuer)}`]);
    found = [...stated, { names: own, reasons: allReasons, crlIssuers: null }];
    points.set(certificate, found);
  }
  return found;
}

const listNames = new WeakMap<CertificateList, { readonly names: ReadonlySet<string> | null }>();

/** Names in the list's issuingDistributionPoint, null where it has none. @throws FormatError */
function namesOf(list: CertificateList): ReadonlySet<string> | null {
  let found = listNames.get(list);
  if (found === undefined) {
    const name = list.issuingDistributionPoint?.name ?? null;
    found = { names: name === null ? null : pointNames(name, list.issuer) };
    listNames.set(list, found);
  }
  return found.names;
}

function sharesName(published: ReadonlySet<string>, point: Point): boolean {
  // Section 6.3.3 (b)(2)(i): a point without a name is known by its CRL issuer's.
  const asked = point.names ?? new Set([...(point.crlIssuers ?? [])].map((key) => `name:${key}`));
  return [...asked].some((name) => published.has(name));
}

/**
 * The reasons that `list` speaks for about `certificate`; null where it does not speak about it at all.
 * Signatures and dates are not looked at.
 * @throws FormatError where a relative name cannot be read
 */
export function reasonsCovered(list: CertificateList, certificate: Certificate): ReadonlySet<number> | null {
  const scope = list.issuingDistributionPoint;
  const isCa = certificate.basicConstraints?.ca === true;
  if (scope?.onlyContainsAttributeCerts === true) return null;
  if (scope?.onlyContainsUserCerts === true && isCa) return null;
  if (scope?.onlyContainsCaCerts === true && !isCa) return null;
  const issuer = nameKey(list.issuer);
  const direct = issuer === nameKey(certificate.issuer);
  const published = namesOf(list);
  const covered = new Set<number>();
  let speaks = false;
  for (const point of pointsOf(certificate)) {
    // (b)(1): a list by somebody named in cRLIssuer must say that it is indirect.
    const byIssuer =
      point.crlIssuers === null ? direct : point.crlIssuers.has(issuer) && scope?.indirectCrl === true;
    if (!byIssuer || (published !== null && !sharesName(published, point))) continue;
    speaks = true;
    for (const reason of allReasons)
      if (point.reasons.has(reason) && scope?.onlySomeReasons?.has(reason) !== false) covered.add(reason);
  }
  return speaks ? covered : null;
}
