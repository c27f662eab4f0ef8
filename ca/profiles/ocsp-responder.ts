// Profile: a delegated OCSP responder, certified by the very CA it speaks for.
import { OID } from '../../formats/x509/oid.ts';
import type { Profile } from '../profile.ts';

export const ocspResponder: Profile = {
  name: 'ocsp-responder',
  purpose: 'ocsp',
  authorities: ['department-seals', 'time-stamps', 'services'],
  keyTypes: { value: ['p256'], clause: 'suite international' },
  keyUsage: { value: ['digitalSignature'], clause: 'RFC 5280 section 4.2.1.12' },
  extendedKeyUsage: {
    value: { oids: [OID.ocspSigning], critical: false },
    clause: 'RFC 6960 section 4.2.2.2',
  },
  basicConstraints: null,
  maximumDays: {
    value: 30,
    clause: 'RFC 6960 section 4.2.2.2.1: nobody checks its status, so it lives short',
  },
  keyUseDays: null,
  policies: null,
  status: { value: { ocsp: false, crl: false, noCheck: true }, clause: 'RFC 6960 section 4.2.2.2.1' },
  organizationIdentifier: { value: false, clause: 'RFC 5280 section 4.1.2.4' },
};
