// Profiles: SM2 e-seals, their subjects as real government seals have them.
import type { Bound, Profile, SubjectRule } from '../../profile.ts';
import { serviceSubject } from '../international/parts.ts';
import * as international from '../international/seal.ts';
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
