// Lints on names: which attributes stand, how they are written, and that nobody's number stands among them.
import { isUscc } from '../../formats/identifiers/uscc.ts';
import { FormatError } from '../../formats/errors.ts';
import { parseResidentNumber } from '../../formats/identifiers/resident-number.ts';
import { TAG } from '../../formats/x509/der.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { SubjectRule } from '../profile.ts';
import { always, attributeOf, attributesOf, stands, type Lint, type LintView } from './lint.ts';

/** Upper bounds in characters (RFC 5280 appendix A.1; X.520 for organizationIdentifier). */
const BOUNDS: Readonly<Record<string, number>> = {
  [OID.countryName]: 2,
  [OID.organizationName]: 64,
  [OID.organizationIdentifier]: 256,
  [OID.surname]: 64,
  [OID.givenName]: 64,
  [OID.serialNumber]: 64,
  [OID.commonName]: 64,
};
const printable: readonly string[] = [OID.countryName, OID.serialNumber];

const creditCodeRule = ({ profile }: LintView): SubjectRule['creditCode'] => profile.subject.value.creditCode;

/** The credit code that the certificate says in one of its places; null where in none. */
function creditCodeOf(subject: LintView): string | null {
  const identifier = attributeOf(subject, OID.organizationIdentifier);
  if (identifier !== null) return identifier.replace(/^NTRCN-/, '');
  const value = subject.certificate.extensions.get(OID.organizationCode)?.value;
  return value === undefined ? null : new TextDecoder().decode(value.subarray(2));
}

function isResidentNumber(text: string, today: Date): boolean {
  try {
    parseResidentNumber(text, today);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** Whether a resident's number stands anywhere, in whatever field; the organisation's own code may look like one. */
function holdsResidentNumber(subject: LintView): boolean {
  const { tbs, notBefore } = subject.certificate;
  // 17 digits, of which one stands at a multiple of 17; between those the bytes need no look.
  for (let probe = 16; probe < tbs.length; probe += 17) {
    if (!isDigit(tbs[probe])) continue;
    let start = probe;
    while (start > 0 && isDigit(tbs[start - 1])) start -= 1;
    let end = probe + 1;
    while (isDigit(tbs[end])) end += 1;
    for (let at = start; at + 17 <= end; at += 1) {
      // As the 18th another digit or the X that stands for ten (GB 11643).
      const last = tbs[at + 17];
      if (!isDigit(last) && last !== 0x58 && last !== 0x78) continue;
      const candidate = String.fromCharCode(...tbs.subarray(at, at + 18));
      if (candidate !== creditCodeOf(subject) && isResidentNumber(candidate, notBefore)) return true;
    }
    // On past these digits.
    while (probe + 17 < end) probe += 17;
  }
  return false;
}

function isDigit(octet: number | undefined): boolean {
  return octet !== undefined && octet >= 0x30 && octet <= 0x39;
}

export const nameLints: readonly Lint[] = [
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
    id: 'one-attribute-per-rdn',
    citation: 'own practice: multi-valued RDNs are read differently by different software',
    applies: always,
    check: ({ certificate }) => certificate.subject.rdns.every((rdn) => rdn.length === 1),
  },
  {
    id: 'no-attribute-twice',
    citation: 'EN 319 412-2 clause 4.2.4',
    applies: always,
    check: (subject) => {
      const types = attributesOf(subject).map(({ type }) => type);
      return new Set(types).size === types.length;
    },
  },
  {
    id: 'only-known-attributes',
    citation: 'own practice; an e-mail address belongs in subjectAltName (RFC 5280 section 4.1.2.6)',
    applies: always,
    check: (subject) => attributesOf(subject).every(({ type }) => Object.hasOwn(BOUNDS, type)),
  },
  {
    id: 'attribute-string-types',
    citation: 'RFC 5280 section 4.1.2.4: UTF8String; PrintableString for country and serialNumber',
    applies: always,
    check: (subject) =>
      attributesOf(subject).every(
        ({ type, der }) =>
          !Object.hasOwn(BOUNDS, type) ||
          der[0] === (printable.includes(type) ? TAG.printableString : TAG.utf8String),
      ),
  },
  {
    id: 'attribute-lengths',
    citation: 'RFC 5280 appendix A.1: upper bounds, in characters; none is empty',
    applies: always,
    check: (subject) =>
      attributesOf(subject).every(({ type, value }) => {
        const length = Array.from(value ?? '').length;
        return length > 0 && length <= (BOUNDS[type] ?? 256);
      }),
  },
  {
    id: 'no-control-characters',
    citation: 'RFC 4518 section 2.2; a NUL ends a name for some readers and not for others',
    applies: always,
    check: (subject) =>
      attributesOf(subject).every(({ value }) => value === null || !/\p{Cc}|\p{Bidi_Control}/u.test(value)),
  },
  {
    id: 'no-spaces-at-the-edges',
    citation: 'RFC 4518 section 2.6.1: they do not count where names are compared, so they mislead',
    applies: always,
    check: (subject) =>
      attributesOf(subject).every(({ value }) => value === null || value === '' || value.trim() === value),
  },
  {
    id: 'organisation-as-profiled',
    citation: 'EN 319 412-3 clause 4.2.1; EN 319 412-2 clause 4.2.4: a resident stands for no organisation',
    applies: always,
    check: (subject) =>
      (attributeOf(subject, OID.organizationName) !== null) ===
      (subject.profile.subject.value.organization === 'required'),
  },
  {
    id: 'common-name-as-profiled',
    citation: 'EN 319 412-2 clause 4.2.4; EN 319 412-3 clause 4.2.1',
    applies: ({ profile }) => profile.subject.value.commonName === 'name',
    check: (subject) => attributeOf(subject, OID.commonName) !== null,
  },
  {
    id: 'organisation-identifier-as-profiled',
    citation: 'EN 319 412-1 clause 5.1.4; GB 32100-2015: with its check character',
    applies: always,
    check: (subject) => {
      const found = attributeOf(subject, OID.organizationIdentifier);
      return creditCodeRule(subject) === 'identifier'
        ? found !== null && found.startsWith('NTRCN-') && isUscc(found.slice(6))
        : found === null;
    },
  },
  {
    id: 'organisation-identifier-is-no-name',
    citation: 'EN 319 412-3 clause 4.2.1: an identifier different from the organisation’s name',
    applies: (subject) => creditCodeRule(subject) === 'identifier',
    check: (subject) => {
      const name = attributeOf(subject, OID.organizationName);
      return name === null || !name.includes(creditCodeOf(subject) ?? ' ');
    },
  },
  {
    id: 'credit-code-before-organisation',
    citation: 'GB/T 38540-2020 as practised: O is the credit code and the name of the seal’s owner',
    applies: (subject) =>
      creditCodeRule(subject) === 'extension-and-name' && stands(subject, OID.organizationCode),
    check: (subject) =>
      attributeOf(subject, OID.organizationName)?.startsWith(creditCodeOf(subject) ?? ' ') === true,
  },
  {
    id: 'seal-code-as-common-name',
    citation: 'own practice after GB/T 38540-2020 as issued: 14 digits, division and number',
    applies: ({ profile }) => profile.name === 'seal' && profile.hierarchy === 'sm2',
    check: (subject) => /^\d{14}$/.test(attributeOf(subject, OID.commonName) ?? '0'.repeat(14)),
  },
  {
    id: 'pseudonym-as-profiled',
    citation:
      'EN 319 412-2 clause 4.2.4: serialNumber tells persons apart; ours is keyed, 128 bits in hexadecimal',
    applies: always,
    check: (subject) => {
      const found = attributeOf(subject, OID.serialNumber);
      return subject.profile.subject.value.person
        ? found !== null && /^[0-9A-F]{32}$/.test(found)
        : found === null;
    },
  },
  {
    id: 'name-of-person-as-profiled',
    citation:
      'EN 319 412-2 clause 4.2.4: surname or given name; EN 319 412-3 clause 4.2.1: a legal person has none',
    applies: always,
    check: (subject) => {
      const parts = [OID.surname, OID.givenName].filter((type) => attributeOf(subject, type) !== null);
      return parts.length > 0 === subject.profile.subject.value.nameParts;
    },
  },
  {
    id: 'no-resident-number',
    citation:
      'Personal Information Protection Law art. 6; GB 11643-1999: no number of a person in clear, anywhere',
    applies: always,
    check: (subject) => !holdsResidentNumber(subject),
  },
];
