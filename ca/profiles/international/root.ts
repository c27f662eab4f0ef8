// Profile: the root, self-signed, which signs issuing CAs and nothing else.
import type { Profile } from '../../profile.ts';
import { ownKeyTypes, serviceSubject } from './parts.ts';

export const root: Profile = {
  name: 'root',
  hierarchy: 'international',
  purpose: 'root-ca',
  authorities: ['root'],
  certifies: null,
  keyTypes: ownKeyTypes,
  keyUsage: { value: ['keyCertSign', 'cRLSign'], clause: 'RFC 5280 section 4.2.1.3' },
  extendedKeyUsage: null,
  basicConstraints: { value: { ca: true, pathLength: null }, clause: 'RFC 5280 section 4.2.1.9' },
  permittedCountries: null,
  maximumDays: { value: 25 * 365, clause: 'own practice' },
  keyUseDays: null,
  policies: null,
  semantics: null,
  status: {
    value: { ocsp: false, crl: false, noCheck: false },
    clause: 'RFC 5280 section 6.1: a trust anchor is trusted by choice, its status is said nowhere',
  },
  subject: serviceSubject,
};
