// Lints on extensions: which stand, which are critical, what they say.
import { sameBytes } from '../../formats/bytes.ts';
import { urisOf, type AccessDescription } from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { Lint, LintSubject } from './lint.ts';

const always = (): boolean => true;
const notRoot = ({ profile }: LintSubject): boolean => profile.name !== 'root';

function critical({ certificate }: LintSubject, oid: string): boolean | null {
  return certificate.extensions.get(oid)?.critical ?? null;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

function access(list: readonly AccessDescription[] | null, method: string): boolean {
  const found = (list ?? []).filter((entry) => entry.method === method);
  return (
    found.length === 1 &&
    found.every(({ location }) => urisOf([location]).every((uri) => /^https?:/.test(uri)))
  );
}

export const extensionLints: readonly Lint[] = [
  {
    id: 'key-usage-as-profiled',
    citation: 'RFC 5280 section 4.2.1.3: critical where it stands',
    applies: always,
    check: (subject) =>
      critical(subject, OID.keyUsage) === true &&
      sameList([...(subject.certificate.keyUsage ?? [])], subject.profile.keyUsage.value),
  },
  {
    id: 'extended-key-usage-as-profiled',
    citation: 'RFC 5280 section 4.2.1.12; RFC 3161 section 2.3',
    applies: always,
    check: (subject) => {
      const wanted = subject.profile.extendedKeyUsage?.value;
      return (
        critical(subject, OID.extendedKeyUsage) === (wanted?.critical ?? null) &&
        sameList(subject.certificate.extendedKeyUsage ?? [], wanted?.oids ?? [])
      );
    },
  },
  {
    id: 'basic-constraints-as-profiled',
    citation: 'RFC 5280 section 4.2.1.9: critical in CA certificates',
    applies: always,
    check: (subject) => {
      const wanted = subject.profile.basicConstraints?.value;
      const found = subject.certificate.basicConstraints;
      if (wanted === undefined || found === null) return wanted === undefined && found === null;
      return (
        critical(subject, OID.basicConstraints) === true &&
        found.ca === wanted.ca &&
        found.pathLength === wanted.pathLength
      );
    },
  },
  {
    id: 'subject-key-identifier',
    citation: 'RFC 5280 section 4.2.1.2; RFC 7093 section 2 method 1: 160 bits',
    applies: always,
    check: (subject) =>
      critical(subject, OID.subjectKeyIdentifier) === false &&
      subject.certificate.subjectKeyIdentifier?.length === 20,
  },
  {
    id: 'authority-key-identifier',
    citation: 'RFC 5280 section 4.2.1.1: the issuer’s key identifier and nothing else',
    applies: notRoot,
    check: (subject) => {
      const found = subject.certificate.authorityKeyIdentifier;
      const wanted = subject.issuer.subjectKeyIdentifier;
      if (found === null || found.keyIdentifier === null || wanted === null) return false;
      return (
        critical(subject, OID.authorityKeyIdentifier) === false &&
        sameBytes(found.keyIdentifier, wanted) &&
        found.issuer === null &&
        found.serialNumber === null
      );
    },
  },
  {
    id: 'policies-as-profiled',
    citation: 'RFC 5280 section 4.2.1.4; EN 319 412-2 clause 4.3.3: not critical',
    applies: always,
    check: (subject) => {
      const wanted = subject.profile.policies?.value ?? [];
      const found = (subject.certificate.certificatePolicies ?? []).map(({ oid }) => oid);
      return sameList(found, wanted) && critical(subject, OID.certificatePolicies) !== true;
    },
  },
  {
    id: 'status-as-profiled',
    citation: 'RFC 5280 sections 4.2.1.13 and 4.2.2.1: not critical, http',
    applies: always,
    check: (subject) => {
      const { certificate, profile } = subject;
      const { ocsp, crl, noCheck } = profile.status.value;
      const lists = (certificate.crlDistributionPoints ?? []).flatMap(({ fullName }) => urisOf(fullName));
      return (
        access(certificate.authorityInfoAccess, OID.ocsp) === ocsp &&
        (lists.length === 1) === crl &&
        lists.every((uri) => /^https?:/.test(uri)) &&
        (critical(subject, OID.ocspNoCheck) === false) === noCheck &&
        critical(subject, OID.authorityInfoAccess) !== true &&
        critical(subject, OID.crlDistributionPoints) !== true
      );
    },
  },
  {
    id: 'only-known-extensions',
    citation: 'the profiles: nothing is copied from a request',
    applies: always,
    check: ({ certificate }) => {
      const known: readonly string[] = [
        OID.keyUsage,
        OID.extendedKeyUsage,
        OID.basicConstraints,
        OID.subjectKeyIdentifier,
        OID.authorityKeyIdentifier,
        OID.certificatePolicies,
        OID.authorityInfoAccess,
        OID.crlDistributionPoints,
        OID.privateKeyUsagePeriod,
        OID.ocspNoCheck,
        OID.nameConstraints,
        OID.subjectAltName,
        OID.qcStatements,
        OID.organizationCode,
      ];
      return [...certificate.extensions.keys()].every((oid) => known.includes(oid));
    },
  },
  {
    id: 'private-key-usage-period-as-profiled',
    citation: 'EN 319 421 clause 7.6.2',
    applies: always,
    check: (subject) =>
      (critical(subject, OID.privateKeyUsagePeriod) === false) === (subject.profile.keyUseDays !== null),
  },
];
