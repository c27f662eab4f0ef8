// Lints on keys and signature algorithms.
import { signatureNameOf, type KeyType } from '../../formats/x509/algorithm.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { Lint } from './lint.ts';

const FITTING: Readonly<Partial<Record<KeyType, readonly string[]>>> = {
  p256: ['ES256'],
  p384: ['ES384'],
  rsa: ['RS256', 'PS256'],
  ed25519: ['Ed25519'],
  sm2: ['SM2SM3'],
};

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
    applies: ({ certificate: { subjectPublicKeyInfo } }) =>
      subjectPublicKeyInfo.algorithm.oid === OID.ecPublicKey,
    check: ({ certificate: { subjectPublicKeyInfo } }) => subjectPublicKeyInfo.publicKey[0] === 0x04,
  },
  {
    id: 'signature-fits-issuer-key',
    citation: 'RFC 5758 section 3.2; RFC 4055; RFC 8410 section 6; GB/T 20518-2018',
    applies: always,
    check: ({ certificate, issuer }) => {
      const keyType = issuer.subjectPublicKeyInfo.keyType;
      const name = signatureNameOf(certificate.signatureAlgorithm);
      return keyType !== null && name !== null && (FITTING[keyType] ?? []).includes(name);
    },
  },
];
