// Profile: the root, self-signed, which signs issuing CAs and nothing else.
import type { Profile } from '../profile.ts';

export const root: Profile = {
  name: 'root',
  purpose: 'root-ca',
  authorities: ['root'],
  keyTypes: { value: ['p384'], clause: 'one strength above what it vouches for, for its 25 years' },
  keyUsage: { value: ['keyCertSign', 'cRLSign'], clause: 'RFC 5280 section 4.2.1.3' },
  extendedKeyUsage: null,
  basicConstraints: { value: { ca: true, pathLength: null }, clause: 'RFC 5280 section 4.2.1.9' },
  maximumDays: { value: 25 * 365, clause: 'own practice' },
  keyUseDays: null,
  policies: null,
  status: {
    value: { ocsp: false, crl: false, noCheck: false },
    clause: 'RFC 5280 section 6.1: a trust anchor is trusted by choice, its status is said nowhere',
  },
  organizationIdentifier: { value: false, clause: 'RFC 5280 section 4.1.2.4' },
};
