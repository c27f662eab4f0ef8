// Lints on the basic fields: version, serial, validity, and the forms they are written in.
import { sameBytes } from '../../formats/bytes.ts';
import { TAG } from '../../formats/x509/der.ts';
import { days } from '../profile.ts';
import { always, isRoot, notRoot, type Lint } from './lint.ts';

/** RFC 5280 section 4.1.2.5: UTCTime through 2049. */
function formOf(time: Date): number {
  return time.getUTCFullYear() < 2050 ? TAG.utcTime : TAG.generalizedTime;
}

export const fieldLints: readonly Lint[] = [
  {
    id: 'version-3',
    citation: 'RFC 5280 section 4.1.2.1; GB/T 20518-2018 clause 5.2.3.1',
    applies: always,
    check: ({ certificate }) => certificate.version === 3,
  },
  {
    id: 'serial-positive',
    citation: 'RFC 5280 section 4.1.2.2',
    applies: always,
    check: ({ certificate: { serialNumber } }) =>
      (serialNumber[0] ?? 0x80) < 0x80 && serialNumber.some((octet) => octet !== 0),
  },
  {
    id: 'serial-length',
    citation: 'RFC 5280 section 4.1.2.2: at most 20 octets',
    applies: always,
    check: ({ certificate: { serialNumber } }) => serialNumber.length <= 20,
  },
  {
    id: 'serial-room-for-randomness',
    citation: 'CA/Browser Forum BR section 7.1: 64 random bits and more; ours have 128 after a leading octet',
    applies: always,
    check: ({ certificate: { serialNumber } }) => serialNumber.length >= 17,
  },
  {
    id: 'serial-not-patterned',
    citation: 'CA/Browser Forum BR section 7.1: from a secure generator; one that is stuck repeats octets',
    applies: ({ certificate: { serialNumber } }) => serialNumber.length >= 17,
    check: ({ certificate: { serialNumber } }) => new Set(serialNumber.subarray(1)).size >= 8,
  },
  {
    id: 'issuer-is-subject-of-issuer',
    citation: 'RFC 5280 section 4.1.2.4: byte for byte',
    applies: notRoot,
    check: ({ certificate, issuer }) => sameBytes(certificate.issuer.der, issuer.subject.der),
  },
  {
    id: 'root-issues-itself',
    citation: 'RFC 5280 section 3.2: self-signed is self-issued',
    applies: isRoot,
    check: ({ certificate }) => sameBytes(certificate.issuer.der, certificate.subject.der),
  },
  {
    id: 'validity-in-order',
    citation: 'RFC 5280 section 4.1.2.5',
    applies: always,
    check: ({ certificate: { notBefore, notAfter } }) => notBefore < notAfter,
  },
  {
    id: 'validity-within-profile',
    citation: 'the profile; notAfter is inclusive (RFC 5280 section 4.1.2.5)',
    applies: always,
    check: ({ certificate: { notBefore, notAfter }, profile }) =>
      notAfter.getTime() - notBefore.getTime() <= days(profile.maximumDays.value) - 1000,
  },
  {
    id: 'validity-starts-within-issuer',
    citation: 'EN 319 411-1 clause 6.3.3: nothing is older than what vouches for it',
    applies: notRoot,
    check: ({ certificate, issuer }) => certificate.notBefore >= issuer.notBefore,
  },
  {
    id: 'validity-ends-within-issuer',
    citation: 'EN 319 411-1 clause 6.3.3: nothing outlives what vouches for it',
    applies: notRoot,
    check: ({ certificate, issuer }) => certificate.notAfter <= issuer.notAfter,
  },
  {
    id: 'not-before-form',
    citation: 'RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime after',
    applies: always,
    check: ({ certificate, raw }) => raw.times[0] === formOf(certificate.notBefore),
  },
  {
    id: 'not-after-form',
    citation: 'RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime after',
    applies: always,
    check: ({ certificate, raw }) => raw.times[1] === formOf(certificate.notAfter),
  },
  {
    id: 'no-unique-identifiers',
    citation: 'RFC 5280 section 4.1.2.8; GB/T 20518-2018 clause 5.2.3.8',
    applies: always,
    check: ({ raw }) => raw.rest.every((tag) => tag !== 0x81 && tag !== 0x82),
  },
  {
    id: 'certificate-size',
    citation: 'own practice: what grows beyond 4 KiB stalls handshakes and codes',
    applies: always,
    check: ({ certificate }) => certificate.tbs.length <= 4096 - 600,
  },
];
