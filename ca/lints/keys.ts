// Lints on the certified key and on the signature algorithm.
import { keyWeakness } from '../../crypto/sound-key.ts';
import { sameBytes } from '../../formats/bytes.ts';
import {
  encodeSignatureAlgorithm,
  signatureNameOf,
  type KeyType,
  type SignatureName,
  type WrittenSignatureName,
} from '../../formats/x509/algorithm.ts';
import { nullValue } from '../../formats/x509/der-writer.ts';
import { OID } from '../../formats/x509/oid.ts';
import { always, notRoot, type Lint, type LintSubject } from './lint.ts';

const fitting: Readonly<Partial<Record<KeyType, readonly SignatureName[]>>> = {
  p256: ['ES256'],
  p384: ['ES384'],
  rsa: ['RS256', 'PS256'],
  ed25519: ['Ed25519'],
  sm2: ['SM2SM3'],
};
const written: readonly string[] = ['ES256', 'ES384', 'RS256', 'PS256', 'Ed25519', 'SM2SM3'];

function isWritten(name: SignatureName | null): name is WrittenSignatureName {
  return name !== null && written.includes(name);
}

const keyOf = ({ certificate }: LintSubject) => certificate.subjectPublicKeyInfo;
const profiled = (subject: LintSubject): boolean => {
  const { keyType } = keyOf(subject);
  return keyType !== null && subject.profile.keyTypes.value.includes(keyType);
};

export const keyLints: readonly Lint[] = [
  {
    id: 'key-type-as-profiled',
    citation: 'the profile; GB/T 20518-2018: SM2 in its own hierarchy alone',
    applies: always,
    check: profiled,
  },
  {
    id: 'public-key-uncompressed',
    citation: 'RFC 5480 section 2.2: software need not read compressed points; GB/T 35276-2017 clause 7.1',
    applies: (subject) => profiled(subject) && keyOf(subject).algorithm.oid === OID.ecPublicKey,
    check: (subject) => keyOf(subject).publicKey[0] === 0x04,
  },
  {
    id: 'public-key-sound',
    citation:
      'CA/Browser Forum BR section 6.1.6; NIST SP 800-56A section 5.6.2.3; FIPS 186-5; CVE-2017-15361: nothing known against it',
    applies: (subject) =>
      profiled(subject) &&
      !(keyOf(subject).publicKey[0] !== 4 && keyOf(subject).algorithm.oid === OID.ecPublicKey),
    check: (subject) => keyWeakness(keyOf(subject)) === null,
  },
  {
    id: 'public-key-parameters',
    citation: 'RFC 4055 section 1.2: NULL for RSA; RFC 8410 section 3: absent for Ed25519',
    applies: (subject) => ['rsa', 'ed25519'].includes(keyOf(subject).keyType ?? ''),
    check: (subject) => {
      const { keyType, algorithm } = keyOf(subject);
      return keyType === 'rsa'
        ? algorithm.parameters !== null && sameBytes(algorithm.parameters, nullValue())
        : algorithm.parameters === null;
    },
  },
  {
    id: 'signature-fits-issuer-key',
    citation: 'RFC 5758 section 3.2; RFC 4055 section 5; RFC 8410 section 6; GB/T 20518-2018 clause 5.2.3.3',
    applies: always,
    check: ({ certificate, issuer }) => {
      const { keyType } = issuer.subjectPublicKeyInfo;
      const name = signatureNameOf(certificate.signatureAlgorithm);
      return keyType !== null && name !== null && (fitting[keyType] ?? []).includes(name);
    },
  },
  {
    id: 'signature-algorithm-form',
    citation:
      'RFC 4055 section 5: NULL with PKCS#1 v1.5; RFC 5758, RFC 8410 section 3, GB/T 20518-2018: absent',
    applies: ({ certificate }) => isWritten(signatureNameOf(certificate.signatureAlgorithm)),
    check: ({ certificate }) => {
      const name = signatureNameOf(certificate.signatureAlgorithm);
      return isWritten(name) && sameBytes(certificate.signatureAlgorithm.der, encodeSignatureAlgorithm(name));
    },
  },
  {
    id: 'key-is-not-the-issuers',
    citation: 'own practice: a key that signs certificates does nothing else',
    applies: notRoot,
    check: (subject) => !sameBytes(keyOf(subject).publicKey, subject.issuer.subjectPublicKeyInfo.publicKey),
  },
];
