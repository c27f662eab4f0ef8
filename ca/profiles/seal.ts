// Profile: a department's seal (e-seal of a legal person).
import { PRIVATE_OID } from '../../formats/x509/private-oid.ts';
import type { Profile } from '../profile.ts';

export const seal: Profile = {
  name: 'seal',
  purpose: 'seal',
  authorities: ['department-seals'],
  keyTypes: { value: ['p256'], clause: 'suite international' },
  keyUsage: { value: ['nonRepudiation'], clause: 'EN 319 412-2 clause 4.3.2, type A: a key that only seals' },
  extendedKeyUsage: null,
  basicConstraints: null,
  maximumDays: { value: 3 * 365, clause: 'own practice, as common for seal certificates' },
  keyUseDays: null,
  policies: { value: [PRIVATE_OID.sealPolicy], clause: 'RFC 5280 section 4.2.1.4' },
  status: {
    value: { ocsp: true, crl: true, noCheck: false },
    clause: 'EN 319 412-2 clauses 4.3.11 and 4.4.1',
  },
  organizationIdentifier: { value: true, clause: 'EN 319 412-3 clause 4.2.1; EN 319 412-1 clause 5.1.4' },
};
