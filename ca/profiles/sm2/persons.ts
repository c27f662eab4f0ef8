// Profiles: natural persons with SM2 keys. IdentifyCode (1.2.156.10260.4.1.1) is left out: it is the number in clear.
import type { Bound, Profile, SubjectRule } from '../../profile.ts';
import * as international from '../international/persons.ts';
import { inSm2, signatureUsages } from './parts.ts';

const resident: Bound<SubjectRule> = {
  value: { ...international.residentSigning.subject.value, nameParts: false },
  clause: 'GB/T 20518-2018 clause 5.2.3.6; Personal Information Protection Law art. 6',
};

const member: Bound<SubjectRule> = {
  value: { ...resident.value, organization: 'required', creditCode: 'extension' },
  clause: 'GB/T 20518-2018 annex C: OrganizationCode',
};

export const residentSigning: Profile = {
  ...inSm2(international.residentSigning),
  keyUsage: signatureUsages,
  subject: resident,
};

export const residentAuthentication: Profile = {
  ...inSm2(international.residentAuthentication),
  subject: resident,
};

export const enterpriseSigning: Profile = {
  ...inSm2(international.enterpriseSigning),
  keyUsage: signatureUsages,
  subject: member,
};

export const enterpriseAuthentication: Profile = {
  ...inSm2(international.enterpriseAuthentication),
  subject: member,
};
