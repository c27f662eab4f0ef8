// Profiles: e-seals of legal persons: of a department, of an enterprise.
import { OID } from '../../../formats/x509/oid.ts';
import { PRIVATE_OID } from '../../../formats/x509/private-oid.ts';
import type { Profile } from '../../profile.ts';
import { holderKeyTypes, organisationSubject } from './parts.ts';

/*
 * No QcCompliance (0.4.0.1862.1.1), no QcCClegislation (.7), no QcType, no QCP policy in any profile of ours: these
 * certificates are internal. A licensed electronic certification service (Electronic Signature Law art. 16) stands behind
 * none of them, and a statement that one does would be false. What a reader may rely on is how identifiers are to be read
 * (qcStatement-2), and NCP: identity shown in person or as good as that (EN 319 411-1 clause 6.2.2), keys of any kind.
 * NCP+ would say that the key lies in a secure device, which nobody here can know.
 */

export const seal: Profile = {
  name: 'seal',
  hierarchy: 'international',
  purpose: 'seal',
  authorities: ['department-seals'],
  certifies: null,
  keyTypes: holderKeyTypes,
  keyUsage: { value: ['nonRepudiation'], clause: 'EN 319 412-2 clause 4.3.2, type A: a key that only seals' },
  // A usage for documents (RFC 9336) is left out: what checks CMS by older rules refuses a key that names it alone.
  extendedKeyUsage: null,
  basicConstraints: null,
  permittedCountries: null,
  maximumDays: { value: 3 * 365, clause: 'own practice, as common for seal certificates' },
  keyUseDays: null,
  policies: {
    value: [PRIVATE_OID.sealPolicy, OID.normalizedPolicy],
    clause: 'RFC 5280 section 4.2.1.4; EN 319 411-1 clause 5.3',
  },
  semantics: { value: OID.semanticsLegalPerson, clause: 'EN 319 412-1 clause 5.1.4' },
  status: {
    value: { ocsp: true, crl: true, noCheck: false },
    clause: 'EN 319 412-2 clauses 4.3.11 and 4.4.1',
  },
  subject: organisationSubject,
};

export const enterpriseSeal: Profile = {
  ...seal,
  name: 'enterprise-seal',
  authorities: ['enterprises'],
  policies: {
    value: [PRIVATE_OID.enterpriseSealPolicy, OID.normalizedPolicy],
    clause: 'RFC 5280 section 4.2.1.4; EN 319 411-1 clause 5.3',
  },
};
