// Profiles: SM2 e-seals, their subjects as real government seals have them.
import type { Bound, Profile, SubjectRule } from '../../profile.ts';
import { serviceSubject } from '../international/parts.ts';
import * as international from '../international/seal.ts';
import { PRIVATE_OID } from '../../../formats/x509/private-oid.ts';
import { inSm2, signatureUsages } from './parts.ts';

/** C=CN, O=<credit code><name>, CN=<14-digit code>, and the credit code where GB/T 20518 has a place for it. */
const sealSubject: Bound<SubjectRule> = {
  value: { ...serviceSubject.value, creditCode: 'extension-and-name' },
  clause:
    'GB/T 20518-2018 annex C: OrganizationCode; GB/T 38540-2020 clause 6.1: the owner and the code of the seal',
};

export const seal: Profile = {
  ...inSm2(international.seal),
  keyUsage: signatureUsages,
  subject: sealSubject,
};

export const enterpriseSeal: Profile = {
  ...inSm2(international.enterpriseSeal),
  keyUsage: signatureUsages,
  subject: sealSubject,
};

/** Who makes seals (制章人): an organisation's certificate, its common name the making system's. There is none but SM2's. */
export const sealMaker: Profile = {
  ...inSm2(international.seal),
  name: 'seal-maker',
  purpose: 'seal-making',
  keyUsage: signatureUsages,
  policies: { value: [PRIVATE_OID.sealMakerPolicy], clause: 'GB/T 20518-2018 clause 5.2.4.2.6' },
  subject: {
    value: serviceSubject.value,
    clause: 'GB/T 38540-2020 clause 6.2: the maker’s certificate is an organisation’s',
  },
};
