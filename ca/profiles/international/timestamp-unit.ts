// Profile: a time-stamping unit.
import { OID } from '../../../formats/x509/oid.ts';
import { PRIVATE_OID } from '../../../formats/x509/private-oid.ts';
import type { Profile } from '../../profile.ts';
import { ownKeyTypes, serviceSubject } from './parts.ts';

export const timestampUnit: Profile = {
  name: 'timestamp-unit',
  hierarchy: 'international',
  purpose: 'timestamp',
  authorities: ['time-stamps'],
  certifies: null,
  keyTypes: ownKeyTypes,
  keyUsage: { value: ['digitalSignature'], clause: 'RFC 3161 section 2.3' },
  extendedKeyUsage: {
    value: { oids: [OID.timeStamping], critical: true },
    clause: 'RFC 3161 section 2.3: alone and critical',
  },
  basicConstraints: null,
  permittedCountries: null,
  maximumDays: {
    value: 8 * 365,
    clause: 'own practice: tokens stay checkable long after the key is put away',
  },
  keyUseDays: { value: 365, clause: 'EN 319 421 clause 7.6.2' },
  policies: { value: [PRIVATE_OID.timestampUnitPolicy], clause: 'RFC 5280 section 4.2.1.4' },
  semantics: null,
  status: { value: { ocsp: true, crl: true, noCheck: false }, clause: 'EN 319 422 clause 6.3' },
  subject: serviceSubject,
};
