// Profile: a delegated OCSP responder, certified by the very CA it speaks for.
import { OID } from '../../../formats/x509/oid.ts';
import { issuingKinds, type Profile } from '../../profile.ts';
import { ownKeyTypes, serviceSubject } from './parts.ts';

export const ocspResponder: Profile = {
  name: 'ocsp-responder',
  hierarchy: 'international',
  purpose: 'ocsp',
  authorities: issuingKinds,
  certifies: null,
  keyTypes: ownKeyTypes,
  keyUsage: { value: ['digitalSignature'], clause: 'RFC 5280 section 4.2.1.12' },
  extendedKeyUsage: {
    value: { oids: [OID.ocspSigning], critical: false },
    clause: 'RFC 6960 section 4.2.2.2',
  },
  basicConstraints: null,
  permittedCountries: null,
  maximumDays: {
    value: 30,
    clause: 'RFC 6960 section 4.2.2.2.1: nobody checks its status, so it lives short',
  },
  keyUseDays: null,
  policies: null,
  semantics: null,
  status: { value: { ocsp: false, crl: false, noCheck: true }, clause: 'RFC 6960 section 4.2.2.2.1' },
  subject: serviceSubject,
};
