// Profiles: natural persons, as residents and in an organisation, one key to sign and another to log in.
import { OID } from '../../../formats/x509/oid.ts';
import { PRIVATE_OID } from '../../../formats/x509/private-oid.ts';
import type { Profile } from '../../profile.ts';
import { holderKeyTypes, memberSubject, residentSubject } from './parts.ts';

const policies = (own: string): NonNullable<Profile['policies']> => ({
  value: [own, OID.normalizedPolicy],
  clause: 'RFC 5280 section 4.2.1.4; EN 319 411-1 clause 5.3',
});

export const residentSigning: Profile = {
  name: 'resident-signing',
  hierarchy: 'international',
  purpose: 'subscriber-signing',
  authorities: ['residents'],
  certifies: null,
  keyTypes: holderKeyTypes,
  keyUsage: { value: ['nonRepudiation'], clause: 'EN 319 412-2 clause 4.3.2, type A: a key that only signs' },
  extendedKeyUsage: null,
  basicConstraints: null,
  permittedCountries: null,
  maximumDays: { value: 3 * 365, clause: 'own practice' },
  keyUseDays: null,
  policies: policies(PRIVATE_OID.residentSigningPolicy),
  // The pseudonym is none of the forms of EN 319 412-1 clause 5.1.3, so nothing is said about how to read it.
  semantics: null,
  status: {
    value: { ocsp: true, crl: true, noCheck: false },
    clause: 'EN 319 412-2 clauses 4.3.11 and 4.4.1',
  },
  subject: residentSubject,
};

export const residentAuthentication: Profile = {
  ...residentSigning,
  name: 'resident-authentication',
  purpose: 'subscriber-authentication',
  keyUsage: {
    value: ['digitalSignature'],
    clause: 'EN 319 412-2 clause 4.3.2, type C; RFC 8446 section 4.4.2.4',
  },
  extendedKeyUsage: {
    value: { oids: [OID.clientAuth], critical: false },
    clause: 'RFC 5280 section 4.2.1.12',
  },
  policies: policies(PRIVATE_OID.residentAuthenticationPolicy),
};

export const enterpriseSigning: Profile = {
  ...residentSigning,
  name: 'enterprise-signing',
  authorities: ['enterprises'],
  policies: policies(PRIVATE_OID.enterpriseSigningPolicy),
  subject: memberSubject,
};

export const enterpriseAuthentication: Profile = {
  ...residentAuthentication,
  name: 'enterprise-authentication',
  authorities: ['enterprises'],
  policies: policies(PRIVATE_OID.enterpriseAuthenticationPolicy),
  subject: memberSubject,
};
