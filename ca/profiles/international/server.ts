// Profile: a TLS server of the district, known by host names and replaced often.
import { OID } from '../../../formats/x509/oid.ts';
import { PRIVATE_OID } from '../../../formats/x509/private-oid.ts';
import type { Profile } from '../../profile.ts';
import { holderKeyTypes, serviceSubject } from './parts.ts';

export const server: Profile = {
  name: 'server',
  hierarchy: 'international',
  purpose: 'tls-server',
  authorities: ['services'],
  certifies: null,
  keyTypes: holderKeyTypes,
  // No key transport: TLS 1.3 has none (RFC 8446 section 1.2).
  keyUsage: { value: ['digitalSignature'], clause: 'RFC 8446 section 4.4.2.2' },
  extendedKeyUsage: {
    value: { oids: [OID.serverAuth], critical: false },
    clause: 'RFC 5280 section 4.2.1.12; CA/Browser Forum BR section 7.1.2.7.10',
  },
  basicConstraints: null,
  permittedCountries: null,
  maximumDays: { value: 47, clause: 'CA/Browser Forum BR section 6.3.2 as of 2029' },
  keyUseDays: null,
  policies: { value: [PRIVATE_OID.serverPolicy], clause: 'RFC 5280 section 4.2.1.4' },
  semantics: null,
  status: { value: { ocsp: true, crl: true, noCheck: false }, clause: 'RFC 5280 section 4.2.1.13' },
  subject: {
    value: { ...serviceSubject.value, commonName: 'host', hosts: true },
    clause: 'RFC 9525 section 2: a server is known by subjectAltName, not by a common name',
  },
};
