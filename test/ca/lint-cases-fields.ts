// What breaks each lint on fields and names, and nothing else.
import { joinBytes } from '../../formats/bytes.ts';
import { TAG } from '../../formats/x509/der.ts';
import {
  implicitPrimitive,
  oid,
  printableString,
  sequence,
  setOf,
  tagged,
  utf8String,
} from '../../formats/x509/der-writer.ts';
import { encodeDnsNames } from '../../formats/x509/extensions.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { encodeGeneralizedTime } from '../../formats/x509/time.ts';
import { CREDIT_CODE } from './district.ts';
import { PERSON, renamed, attribute, replaced, time, shard, nameOf, type Case } from './lint-changes.ts';

export const nameAndFieldCases: readonly Case[] = [
  ['serial-positive', 'seal', ({ parts }) => ({ serialNumber: shard(parts, (s) => ((s[0] = 0x81), s)) })],
  [
    'serial-length',
    'seal',
    ({ parts }) => ({ serialNumber: joinBytes([parts.serialNumber, new Uint8Array(4).fill(7)]) }),
  ],
  ['serial-room-for-randomness', 'seal', ({ parts }) => ({ serialNumber: parts.serialNumber.slice(0, 16) })],
  [
    'serial-not-patterned',
    'seal',
    ({ parts }) => ({ serialNumber: shard(parts, (s) => s.fill(s[1] ?? 0, 1)) }),
  ],
  ['issuer-is-subject-of-issuer', 'seal', ({ parts }) => ({ issuer: parts.subject })],
  [
    'root-issues-itself',
    'root',
    ({ certificate }) => ({ issuer: encodeName([{ type: OID.commonName, value: nameOf(certificate) }]) }),
  ],
  ['validity-in-order', 'seal', ({ certificate }) => ({ notAfter: time(certificate.notBefore, 0) })],
  ['validity-within-profile', 'seal', ({ certificate }) => ({ notAfter: time(certificate.notAfter, 1000) })],
  [
    'validity-starts-within-issuer',
    'seal',
    ({ subject, certificate }) => ({
      notBefore: time(subject.issuer.notBefore, -1000),
      notAfter: time(certificate.notBefore, 1000),
    }),
  ],
  [
    'validity-ends-within-issuer',
    'seal',
    ({ subject }) => ({
      notBefore: time(subject.issuer.notAfter, -1000),
      notAfter: time(subject.issuer.notAfter, 1000),
    }),
  ],
  [
    'not-before-form',
    'seal',
    ({ certificate }) => ({ notBefore: encodeGeneralizedTime(certificate.notBefore, false) }),
  ],
  [
    'not-after-form',
    'seal',
    ({ certificate }) => ({ notAfter: encodeGeneralizedTime(certificate.notAfter, false) }),
  ],
  ['no-unique-identifiers', 'seal', () => ({ unique: implicitPrimitive(1, Uint8Array.of(0, 1)) })],
  ['no-unique-identifiers', 'seal', () => ({ unique: implicitPrimitive(2, Uint8Array.of(0, 1)) })],
  [
    'certificate-size',
    'server',
    replaced(OID.subjectAltName, {
      value: encodeDnsNames(Array.from({ length: 400 }, (_, at) => `h${at}.example.gov.cn`)),
    }),
  ],

  [
    'subject-country-first',
    'seal',
    ({ certificate }) => ({
      subject: sequence(
        ...certificate.subject.rdns
          .flat()
          .toReversed()
          .map(({ type, der }) => attribute(type, der)),
      ),
    }),
  ],
  ['subject-country-first', 'seal', (good) => renamed(good, { [OID.countryName]: 'HK' })],
  [
    'one-attribute-per-rdn',
    'seal',
    ({ certificate }) => {
      const [country, ...others] = certificate.subject.rdns.flat();
      return {
        subject: sequence(
          attribute(country!.type, country!.der),
          setOf(others.map(({ type, der }) => sequence(oid(type), der))),
        ),
      };
    },
  ],
  ['no-attribute-twice', 'seal', (good) => renamed(good, {}, [attribute(OID.commonName, utf8String('二'))])],
  ['only-known-attributes', 'seal', (good) => renamed(good, {}, [attribute(OID.title, utf8String('局长'))])],
  [
    'only-known-attributes',
    'seal',
    (good) =>
      renamed(good, {}, [
        attribute(OID.emailAddress, tagged(TAG.ia5String, new TextEncoder().encode('a@b.cn'))),
      ]),
  ],
  [
    'attribute-string-types',
    'seal',
    (good) => renamed(good, { [OID.commonName]: printableString('12010500000001') }),
  ],
  ['attribute-string-types', 'seal', (good) => renamed(good, { [OID.countryName]: utf8String('CN') })],
  [
    'attribute-string-types',
    'seal',
    (good) => renamed(good, { [OID.commonName]: tagged(TAG.bmpString, Uint8Array.of(0x5c, 0x40)) }),
  ],
  [
    'attribute-lengths',
    'seal',
    (good) => renamed(good, { [OID.organizationName]: utf8String('局'.repeat(65)) }),
  ],
  ['attribute-lengths', 'seal', (good) => renamed(good, { [OID.commonName]: utf8String('') })],
  ['no-control-characters', 'seal', (good) => renamed(good, { [OID.commonName]: utf8String('a\u0000b') })],
  ['no-control-characters', 'seal', (good) => renamed(good, { [OID.commonName]: utf8String('a\u202eb') })],
  ['no-spaces-at-the-edges', 'seal', (good) => renamed(good, { [OID.commonName]: utf8String(' a') })],
  ['organisation-as-profiled', 'server', (good) => renamed(good, { [OID.organizationName]: null })],
  [
    'organisation-as-profiled',
    'person',
    (good) => renamed(good, {}, [attribute(OID.organizationName, utf8String('局'))]),
  ],
  ['common-name-as-profiled', 'seal', (good) => renamed(good, { [OID.commonName]: null })],
  [
    'organisation-identifier-as-profiled',
    'seal',
    (good) => renamed(good, { [OID.organizationIdentifier]: null }),
  ],
  [
    'organisation-identifier-as-profiled',
    'seal',
    (good) => renamed(good, { [OID.organizationIdentifier]: 'NTRCN-11120105000123457J' }),
  ],
  [
    'organisation-identifier-as-profiled',
    'sm2-seal',
    (good) => renamed(good, {}, [attribute(OID.organizationIdentifier, utf8String(`NTRCN-${CREDIT_CODE}`))]),
  ],
  [
    'organisation-identifier-is-no-name',
    'seal',
    (good) => renamed(good, { [OID.organizationName]: CREDIT_CODE }),
  ],
  [
    'credit-code-before-organisation',
    'sm2-seal',
    (good) => renamed(good, { [OID.organizationName]: '天津市河北区民政局' }),
  ],
  ['seal-code-as-common-name', 'sm2-seal', (good) => renamed(good, { [OID.commonName]: '公章' })],
  ['pseudonym-as-profiled', 'person', (good) => renamed(good, { [OID.serialNumber]: null })],
  ['pseudonym-as-profiled', 'person', (good) => renamed(good, { [OID.serialNumber]: 'IDCCN-1' })],
  [
    'pseudonym-as-profiled',
    'seal',
    (good) => renamed(good, {}, [attribute(OID.serialNumber, printableString('A'.repeat(32)))]),
  ],
  ['name-of-person-as-profiled', 'person', (good) => renamed(good, { [OID.surname]: null })],
  [
    'name-of-person-as-profiled',
    'seal',
    (good) => renamed(good, {}, [attribute(OID.givenName, utf8String('小明'))]),
  ],
  ['no-resident-number', 'person', (good) => renamed(good, { [OID.surname]: PERSON.documentNumber })],
  [
    'no-resident-number',
    'seal',
    (good) => renamed(good, { [OID.commonName]: `章${PERSON.documentNumber}号` }),
  ],
];
