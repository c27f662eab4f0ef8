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
  | 'seal-maker'
  | 'enterprise-seal'
  | 'enterprise-signing'
  | 'enterprise-authentication'
  | 'resident-signing'
  | 'resident-authentication'
  | 'server';

/** Which kinds of authorities sign certificates of others; the root signs them. */
export const issuingKinds = [
  'department-seals',
  'enterprises',
  'residents',
  'time-stamps',
  'services',
] as const satisfies readonly AuthorityKind[];
export type IssuingKind = (typeof issuingKinds)[number];

/** A value and where it comes from. */
export interface Bound<T> {
  readonly value: T;
  readonly clause: string;
}

/** What a certified key does, for its whole life; the last three are subscribers' keys, which no store of ours opens. */
export type CertifiedPurpose = KeyPurpose | 'subscriber-signing' | 'subscriber-authentication' | 'tls-server';

/** The shape of a subject. Country CN always comes first. */
export interface SubjectRule {
  readonly organization: 'required' | 'refused';
  /**
   * Where the unified social credit code stands: as organizationIdentifier, in the extension OrganizationCode, or there
   * and before the organisation's name as well; null where there is none.
   */
  readonly creditCode: 'identifier' | 'extension' | 'extension-and-name' | null;
  /** `name`: a text of the caller's; `host`: absent, or one of the host names. */
  readonly commonName: 'name' | 'host';
  /** Whether it is a natural person: a pseudonym as serialNumber, and a name. */
  readonly person: boolean;
  /** Whether surname or given name stand beside the common name. */
  readonly nameParts: boolean;
  /** Whether host names stand in subjectAltName. */
  readonly hosts: boolean;
}

export interface Profile {
  readonly name: ProfileName;
  readonly hierarchy: HierarchyName;
  /** The one purpose of the certified key. */
  readonly purpose: CertifiedPurpose;
  /** Who may sign it. */
  readonly authorities: readonly AuthorityKind[];
  /** For an issuing CA: what it is for. */
  readonly certifies: IssuingKind | null;
  readonly keyTypes: Bound<readonly KeyType[]>;
  /** Critical, always. */
  readonly keyUsage: Bound<readonly KeyUsage[]>;
  readonly extendedKeyUsage: Bound<{ readonly oids: readonly string[]; readonly critical: boolean }> | null;
  /** Critical; null where the extension stays away. */
  readonly basicConstraints: Bound<BasicConstraints> | null;
  /** Countries that subjects below may name, critical; null where names are not constrained. */
  readonly permittedCountries: Bound<readonly string[]> | null;
  /** Days a certificate lives unless asked for less; never more. */
  readonly maximumDays: Bound<number>;
  /** Days its key may sign (privateKeyUsagePeriod), null where as long as the certificate lives. */
  readonly keyUseDays: Bound<number> | null;
  readonly policies: Bound<readonly string[]> | null;
  /** How its identifiers are to be read (qcStatement-2); null where it does not say. */
  readonly semantics: Bound<string> | null;
  /** What the certificate says about where its status is found. */
  readonly status: Bound<{ readonly ocsp: boolean; readonly crl: boolean; readonly noCheck: boolean }>;
  readonly subject: Bound<SubjectRule>;
}

const DAY = 86_400_000;

/** Milliseconds in so many days. */
export function days(count: number): number {
  return count * DAY;
}

/** Longest life of what authenticates a server (CA/Browser Forum Baseline Requirements section 6.3.2). */
const SERVER_DAYS = 47;

type Contradiction = readonly [broken: boolean, rule: string];

function contradictionsOfKeys(profile: Profile): readonly Contradiction[] {
  const usages = new Set(profile.keyUsage.value);
  const ca = profile.basicConstraints?.value.ca === true;
  const types = profile.keyTypes.value;
  const encrypts = (['keyEncipherment', 'dataEncipherment', 'keyAgreement'] as const).some((usage) =>
    usages.has(usage),
  );
  return [
    [usages.has('keyCertSign') !== ca, 'keyCertSign and CA go together (RFC 5280 section 4.2.1.9)'],
    [
      usages.has('cRLSign') !== ca,
      'every CA signs its own lists, and nobody else does (RFC 5280 section 4.2.1.3)',
    ],
    [usages.size === 0, 'at least one key usage is needed (RFC 5280 section 4.2.1.3)'],
    [encrypts, 'a key that signs encrypts nothing (GB/T 20518: two certificates; EN 319 412-2 clause 4.3.2)'],
    [types.length === 0, 'a key type is needed'],
    [
      types.some((type) => (type === 'sm2') !== (profile.hierarchy === 'sm2')),
      'SM2 keys belong to the SM2 hierarchy, which has no others (GB/T 20518)',
    ],
    [types.includes('p521') || types.includes('rsa-pss'), 'P-521 and RSA-PSS keys are read by too few'],
    [
      ca !== (profile.certifies !== null || profile.name === 'root'),
      'an issuing CA says what it is for, and nothing else does',
    ],
    [
      !ca && profile.permittedCountries !== null,
      'name constraints stand in CA certificates only (RFC 5280 section 4.2.1.10)',
    ],
    [
      (profile.basicConstraints?.value.pathLength ?? null) !== null && !ca,
      'a path length stands in CA certificates only (RFC 5280 section 4.2.1.9)',
    ],
  ];
}

function contradictionsOfUsages(profile: Profile): readonly Contradiction[] {
  const ca = profile.basicConstraints?.value.ca === true;
  const extended = profile.extendedKeyUsage?.value;
  const { ocsp, crl, noCheck } = profile.status.value;
  const names = (usage: string): boolean => extended?.oids.includes(usage) === true;
  const stamps = !ca && names(OID.timeStamping);
  return [
    [
      stamps && (extended?.oids.length !== 1 || !extended.critical),
      'timeStamping stands alone and critical (RFC 3161 section 2.3)',
    ],
    [extended?.critical === true && !stamps, 'only timeStamping makes the extended key usage critical'],
    [extended?.oids.length === 0, 'an extended key usage names at least one purpose'],
    [names('2.5.29.37.0'), 'anyExtendedKeyUsage says nothing (RFC 5280 section 4.2.1.12)'],
    [
      !ca && names(OID.serverAuth) && extended?.oids.length !== 1,
      'serverAuth stands alone: a server’s key authenticates no client',
    ],
    [noCheck && (ocsp || crl), 'nocheck means that no status is published (RFC 6960 section 4.2.2.2.1)'],
    [noCheck !== (!ca && names(OID.ocspSigning)), 'nocheck is for OCSP responders and all of ours have it'],
    [!noCheck && !crl && profile.name !== 'root', 'status must be published somewhere'],
  ];
}

function contradictionsOfSubjects(profile: Profile): readonly Contradiction[] {
  const subject = profile.subject.value;
  const server = profile.extendedKeyUsage?.value.oids.includes(OID.serverAuth) === true;
  const policies = profile.policies?.value ?? [];
  return [
    [
      profile.maximumDays.value <= 0 || profile.authorities.length === 0,
      'a lifetime and an issuer are needed',
    ],
    [
      profile.keyUseDays !== null && profile.keyUseDays.value > profile.maximumDays.value,
      'a key cannot be used longer than its certificate lives',
    ],
    [
      profile.purpose === 'tls-server' && profile.maximumDays.value > SERVER_DAYS,
      `a server’s certificate lives ${SERVER_DAYS} days at most (CA/Browser Forum BR section 6.3.2)`,
    ],
    [
      subject.hosts !== (server && profile.certifies === null),
      'host names and serverAuth go together (RFC 9525)',
    ],
    [subject.commonName === 'host' && !subject.hosts, 'a common name is a host where there are hosts'],
    [
      subject.creditCode !== null && subject.organization === 'refused',
      'a credit code is an organisation’s (GB 32100)',
    ],
    [
      (subject.creditCode === 'identifier') !== (subject.creditCode !== null && profile.hierarchy !== 'sm2'),
      'organizationIdentifier is of EN 319 412-1, OrganizationCode of GB/T 20518',
    ],
    [subject.nameParts && !subject.person, 'a legal person has no given name (EN 319 412-3 clause 4.2.1)'],
    [
      profile.semantics?.value === OID.semanticsLegalPerson && subject.creditCode !== 'identifier',
      'the semantics of a legal person are about organizationIdentifier (EN 319 412-1 clause 5.1.4)',
    ],
    [
      policies.some((policy) => policy.startsWith('0.4.0.194112.')),
      'no qualified policy: these certificates are internal (EN 319 411-2 clause 5.3)',
    ],
    [new Set(policies).size !== policies.length, 'a policy stands once (RFC 5280 section 4.2.1.4)'],
  ];
}

/**
 * Refuses a profile whose parts contradict each other, so a mistaken edit fails at start and not in a certificate.
 * @throws CaError `profile-violation`.
 */
export function checkProfile(profile: Profile): Profile {
  const found = [
    ...contradictionsOfKeys(profile),
    ...contradictionsOfUsages(profile),
    ...contradictionsOfSubjects(profile),
  ].find(([broken]) => broken);
  if (found !== undefined) {
    throw new CaError(
      'profile-violation',
      `The profile ${profile.name} of ${profile.hierarchy} contradicts itself: ${found[1]}.`,
    );
  }
  return profile;
}
