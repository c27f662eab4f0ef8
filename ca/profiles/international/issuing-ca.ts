// Profiles: the issuing CAs, each of which signs end certificates of one kind.
import { OID } from '../../../formats/x509/oid.ts';
import { PRIVATE_OID } from '../../../formats/x509/private-oid.ts';
import type { IssuingKind, Profile } from '../../profile.ts';
import { ownKeyTypes, serviceSubject } from './parts.ts';

/** Policies that each kind issues under. anyPolicy would let everything below claim any policy. */
const policies: Readonly<Record<IssuingKind, readonly string[]>> = {
  'department-seals': [PRIVATE_OID.sealPolicy, OID.normalizedPolicy],
  enterprises: [
    PRIVATE_OID.enterpriseSealPolicy,
    PRIVATE_OID.enterpriseSigningPolicy,
    PRIVATE_OID.enterpriseAuthenticationPolicy,
    OID.normalizedPolicy,
  ],
  residents: [
    PRIVATE_OID.residentSigningPolicy,
    PRIVATE_OID.residentAuthenticationPolicy,
    OID.normalizedPolicy,
  ],
  'time-stamps': [PRIVATE_OID.timestampUnitPolicy],
  services: [PRIVATE_OID.servicePolicy, PRIVATE_OID.serverPolicy],
};

/**
 * Extended key usages bind everything below where programs nest them. The CAs of seals, enterprises and residents name
 * none: what checks a CMS signature asks a CA for e-mail protection as soon as it names anything, and they do no e-mail.
 */
const usages: Readonly<Record<IssuingKind, readonly string[] | null>> = {
  'department-seals': null,
  enterprises: null,
  residents: null,
  'time-stamps': [OID.timeStamping, OID.ocspSigning],
  services: [
    PRIVATE_OID.licenseCodeSigning,
    PRIVATE_OID.statusListSigning,
    PRIVATE_OID.trustListSigning,
    PRIVATE_OID.receiptSigning,
    PRIVATE_OID.identityTokenSigning,
    PRIVATE_OID.auditLogSigning,
    OID.serverAuth,
    OID.ocspSigning,
  ],
};

export function issuingCa(kind: IssuingKind): Profile {
  const extended = usages[kind];
  return {
    name: 'issuing-ca',
    hierarchy: 'international',
    purpose: 'issuing-ca',
    authorities: ['root'],
    certifies: kind,
    keyTypes: ownKeyTypes,
    keyUsage: { value: ['keyCertSign', 'cRLSign'], clause: 'RFC 5280 section 4.2.1.3' },
    extendedKeyUsage:
      extended === null
        ? null
        : { value: { oids: extended, critical: false }, clause: 'RFC 5280 section 4.2.1.12; own practice' },
    basicConstraints: { value: { ca: true, pathLength: 0 }, clause: 'RFC 5280 section 4.2.1.9' },
    permittedCountries: { value: ['CN'], clause: 'RFC 5280 section 4.2.1.10: critical' },
    maximumDays: { value: 10 * 365, clause: 'own practice' },
    keyUseDays: null,
    policies: {
      value: [PRIVATE_OID.issuingAuthorityPolicy, ...policies[kind]],
      clause: 'RFC 5280 sections 4.2.1.4 and 6.1.3 (d)',
    },
    semantics: null,
    status: { value: { ocsp: false, crl: true, noCheck: false }, clause: 'RFC 5280 section 4.2.1.13' },
    subject: serviceSubject,
  };
}
