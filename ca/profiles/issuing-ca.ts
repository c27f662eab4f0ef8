// Profile: an issuing CA, which signs end certificates of one kind.
import { PRIVATE_OID } from '../../formats/x509/private-oid.ts';
import type { Profile } from '../profile.ts';

export const issuingCa: Profile = {
  name: 'issuing-ca',
  purpose: 'issuing-ca',
  authorities: ['root'],
  keyTypes: { value: ['p256'], clause: 'suite international' },
  keyUsage: { value: ['keyCertSign', 'cRLSign'], clause: 'RFC 5280 section 4.2.1.3' },
  extendedKeyUsage: null,
  basicConstraints: { value: { ca: true, pathLength: 0 }, clause: 'RFC 5280 section 4.2.1.9' },
  maximumDays: { value: 10 * 365, clause: 'own practice' },
  keyUseDays: null,
  // anyPolicy would let everything below claim any policy; the list names what is issued under it.
  policies: {
    value: [
      PRIVATE_OID.issuingAuthorityPolicy,
      PRIVATE_OID.sealPolicy,
      PRIVATE_OID.timestampUnitPolicy,
      PRIVATE_OID.servicePolicy,
    ],
    clause: 'RFC 5280 section 4.2.1.4',
  },
  status: { value: { ocsp: false, crl: true, noCheck: false }, clause: 'RFC 5280 section 4.2.1.13' },
  organizationIdentifier: { value: false, clause: 'RFC 5280 section 4.1.2.4' },
};
