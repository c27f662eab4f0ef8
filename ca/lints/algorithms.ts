// Lints on keys and signature algorithms.
import { signatureNameOf } from '../../formats/x509/algorithm.ts';
import type { Lint } from './lint.ts';

const always = (): boolean => true;

export const algorithmLints: readonly Lint[] = [
  {
    id: 'key-type-as-profiled',
    citation: 'the suite of the deployment',
    applies: always,
    check: ({ certificate: { subjectPublicKeyInfo }, profile }) =>
      subjectPublicKeyInfo.keyType !== null && profile.keyTypes.value.includes(subjectPublicKeyInfo.keyType),
  },
  {
    id: 'public-key-uncompressed',
    citation: 'RFC 5480 section 2.2: software need not read compressed points',
    applies: always,
    check: ({ certificate: { subjectPublicKeyInfo } }) => subjectPublicKeyInfo.publicKey[0] === 0x04,
  },
  {
    id: 'signature-fits-issuer-key',
    citation: 'RFC 5758 section 3.2',
    applies: always,
    check: ({ certificate, issuer }) => {
      const fitting = { p256: 'ES256', p384: 'ES384' } as Readonly<Record<string, string>>;
      const keyType = issuer.subjectPublicKeyInfo.keyType;
      return keyType !== null && signatureNameOf(certificate.signatureAlgorithm) === fitting[keyType];
    },
  },
];
