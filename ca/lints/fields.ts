// Lints on the basic fields: serial, names, validity.
import { sameBytes } from '../../formats/bytes.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { Lint } from './lint.ts';
import { days } from '../profile.ts';

const always = (): boolean => true;

export const fieldLints: readonly Lint[] = [
  {
    id: 'version-3',
    citation: 'RFC 5280 section 4.1.2.1',
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
    citation: 'RFC 5280 section 4.1.2.2: at most 20 octets; 64 random bits need 9 and more',
    applies: always,
    check: ({ certificate: { serialNumber } }) => serialNumber.length >= 9 && serialNumber.length <= 20,
  },
  {
    id: 'issuer-is-subject-of-issuer',
    citation: 'RFC 5280 section 4.1.2.4: byte for byte',
    applies: always,
    check: ({ certificate, issuer }) => sameBytes(certificate.issuer.der, issuer.subject.der),
  },
  {
    id: 'subject-not-empty',
    citation: 'RFC 5280 section 4.1.2.6',
    applies: always,
    check: ({ certificate }) => certificate.subject.rdns.length > 0,
  },
  {
    id: 'one-attribute-per-rdn',
    citation: 'own practice: multi-valued RDNs are read differently by different software',
    applies: always,
    check: ({ certificate }) => certificate.subject.rdns.every((rdn) => rdn.length === 1),
  },
  {
    id: 'no-attribute-twice',
    citation: 'EN 319 412-2 clause 4.2.4',
    applies: always,
    check: ({ certificate }) => {
      const types = certificate.subject.rdns.flat().map(({ type }) => type);
      return new Set(types).size === types.length;
    },
  },
  {
    id: 'subject-country-first',
    citation: 'EN 319 412-2 clause 4.2.4; EN 319 412-3 clause 4.2.1; GB/T 20518-2018 clause 5.2.3.6',
    applies: always,
    check: ({ certificate }) => {
      const first = certificate.subject.rdns[0]?.[0];
      return first?.type === OID.countryName && first.value === 'CN';
    },
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
    id: 'validity-within-issuer',
    citation: 'EN 319 411-1 clause 6.3.3: nothing outlives what vouches for it',
    applies: ({ profile }) => profile.name !== 'root',
    check: ({ certificate, issuer }) =>
      certificate.notBefore >= issuer.notBefore && certificate.notAfter <= issuer.notAfter,
  },
];
