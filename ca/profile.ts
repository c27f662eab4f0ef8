// What a certificate profile is: data, each bound beside the clause it comes from, checked for contradictions.
import type { KeyPurpose } from '../crypto/signing-key.ts';
import type { KeyType } from '../formats/x509/algorithm.ts';
import type { BasicConstraints, KeyUsage } from '../formats/x509/extensions.ts';
import { OID } from '../formats/x509/oid.ts';
import { CaError } from './errors.ts';

/** What an authority is for. Each hierarchy has one active authority of every kind. */
export type AuthorityKind =
  'root' | 'department-seals' | 'enterprises' | 'residents' | 'time-stamps' | 'services';

/** The two hierarchies of a deployment, each under a root of its own. */
export type HierarchyName = 'international' | 'sm2';

export type ProfileName =
  | 'root'
  | 'issuing-ca'
  | 'seal'
  | 'timestamp-unit'
  | 'ocsp-responder'
  | 'license-code-signer'
  | 'status-list-signer'
  | 'trust-list-signer'
  | 'receipt-signer'
  | 'identity-token-signer'
  | 'audit-log-signer'
  | 'enterprise-seal'
  | 'enterprise-signing'
  | 'enterprise-authentication'
  | 'resident-signing'
  | 'resident-authentication'
  | 'server';

/** A value and where it comes from. */
interface Bound<T> {
  readonly value: T;
  readonly clause: string;
}

export interface Profile {
  readonly name: ProfileName;
  /** The one purpose of the certified key. */
  readonly purpose: KeyPurpose;
  /** Who may sign it. */
  readonly authorities: readonly AuthorityKind[];
  readonly keyTypes: Bound<readonly KeyType[]>;
  /** Critical, always. */
  readonly keyUsage: Bound<readonly KeyUsage[]>;
  readonly extendedKeyUsage: Bound<{ readonly oids: readonly string[]; readonly critical: boolean }> | null;
  /** Critical; null where the extension stays away. */
  readonly basicConstraints: Bound<BasicConstraints> | null;
  /** Days a certificate lives unless asked for less; never more. */
  readonly maximumDays: Bound<number>;
  /** Days its key may sign (privateKeyUsagePeriod), null where as long as the certificate lives. */
  readonly keyUseDays: Bound<number> | null;
  readonly policies: Bound<readonly string[]> | null;
  /** What the certificate says about where its status is found. */
  readonly status: Bound<{ readonly ocsp: boolean; readonly crl: boolean; readonly noCheck: boolean }>;
  /** Whether the subject carries the unified social credit code of its organisation. */
  readonly organizationIdentifier: Bound<boolean>;
}

const DAY = 86_400_000;

/** Milliseconds in so many days. */
export function days(count: number): number {
  return count * DAY;
}

/**
 * Refuses a profile whose parts contradict each other, so a mistaken edit fails at start and not in a certificate.
 * @throws CaError `profile-violation`.
 */
export function checkProfile(profile: Profile): Profile {
  const usages = new Set(profile.keyUsage.value);
  const ca = profile.basicConstraints?.value.ca === true;
  const extended = profile.extendedKeyUsage?.value;
  const { ocsp, crl, noCheck } = profile.status.value;
  const stamps = extended?.oids.includes(OID.timeStamping) === true;
  const contradictions: readonly (readonly [boolean, string])[] = [
    [usages.has('keyCertSign') !== ca, 'keyCertSign and CA go together (RFC 5280 section 4.2.1.9)'],
    [usages.size === 0, 'at least one key usage is needed (RFC 5280 section 4.2.1.3)'],
    [
      stamps && (extended.oids.length !== 1 || !extended.critical),
      'timeStamping stands alone and critical (RFC 3161 section 2.3)',
    ],
    [extended?.critical === true && !stamps, 'only timeStamping makes the extended key usage critical'],
    [extended?.oids.length === 0, 'an extended key usage names at least one purpose'],
    [noCheck && (ocsp || crl), 'nocheck means that no status is published (RFC 6960 section 4.2.2.2.1)'],
    [
      noCheck !== (extended?.oids.includes(OID.ocspSigning) === true),
      'nocheck is for OCSP responders and all of ours have it',
    ],
    [!noCheck && !crl && profile.name !== 'root', 'status must be published somewhere'],
    [
      profile.maximumDays.value <= 0 || profile.authorities.length === 0,
      'a lifetime and an issuer are needed',
    ],
    [
      profile.keyUseDays !== null && profile.keyUseDays.value > profile.maximumDays.value,
      'a key cannot be used longer than its certificate lives',
    ],
  ];
  const found = contradictions.find(([broken]) => broken);
  if (found !== undefined) {
    throw new CaError('profile-violation', `The profile ${profile.name} contradicts itself: ${found[1]}.`);
  }
  return profile;
}
