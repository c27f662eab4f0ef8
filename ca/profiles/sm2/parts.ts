// What every profile of the SM2 hierarchy changes of its international sibling.
import type { Bound, Profile } from '../../profile.ts';
import type { KeyUsage } from '../../../formats/x509/extensions.ts';

/** GB/T 20518-2018: the signature certificate of a holder; real ones have these two bits. */
export const signatureUsages: Bound<readonly KeyUsage[]> = {
  value: ['digitalSignature', 'nonRepudiation'],
  clause: 'GB/T 20518-2018 clause 5.2.4.2.3: a signature certificate',
};

/** The profile with SM2 keys, and without statements and policies of ETSI. */
export function inSm2(profile: Profile): Profile {
  return {
    ...profile,
    hierarchy: 'sm2',
    keyTypes: { value: ['sm2'], clause: 'GB/T 32918.5-2017; GB/T 20518-2018' },
    policies:
      profile.policies === null
        ? null
        : {
            value: profile.policies.value.filter((policy) => !policy.startsWith('0.4.0.')),
            clause: 'GB/T 20518-2018 clause 5.2.4.2.6',
          },
    semantics: null,
  };
}
