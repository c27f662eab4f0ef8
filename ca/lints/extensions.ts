// Lints on what the key may do and whom the certificate is for: usages, constraints, host names, key identifiers, codes.
import { sameBytes } from '../../formats/bytes.ts';
import { keyIdentifierOf } from '../build-extensions.ts';
import {
  encodeKeyUsage,
  encodePermittedDirectories,
  encodeSemanticsStatement,
} from '../../formats/x509/extensions.ts';
import { octetString, printableString } from '../../formats/x509/der-writer.ts';
import { isUscc } from '../../formats/identifiers/uscc.ts';
import { encodeName } from '../../formats/x509/name.ts';
import { OID } from '../../formats/x509/oid.ts';
import { isHostName } from '../host-name.ts';
import {
  always,
  attributeOf,
  criticality,
  encoding,
  isRoot,
  notRoot,
  sameList,
  stands,
  writtenOnce,
  type Lint,
  type LintSubject,
} from './lint.ts';

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

function hostsOf({ certificate }: LintSubject): readonly string[] {
  return (certificate.subjectAltName ?? []).flatMap((name) => (name.kind === 'dns' ? [name.value] : []));
}

/** Text of the extension OrganizationCode. */
function organizationCodeOf({ certificate }: LintSubject): string {
  const value = certificate.extensions.get(OID.organizationCode)?.value ?? new Uint8Array();
  return new TextDecoder().decode(value.subarray(2));
}

const usageLints: readonly Lint[] = [
  {
    id: 'only-known-extensions',
    citation: 'the profiles: nothing is copied from a request',
    applies: always,
    check: ({ certificate }) => [...certificate.extensions.keys()].every((oid) => known.includes(oid)),
  },
  {
    id: 'key-usage-as-profiled',
    citation: 'RFC 5280 section 4.2.1.3; EN 319 412-2 clause 4.3.2; GB/T 20518-2018 clause 5.2.4.2.3',
    applies: always,
    check: ({ certificate, profile }) => sameList([...(certificate.keyUsage ?? [])], profile.keyUsage.value),
  },
  criticality(
    'key-usage-critical',
    OID.keyUsage,
    true,
    'RFC 5280 section 4.2.1.3; EN 319 412-2 clause 4.3.2',
  ),
  encoding(
    'key-usage-der',
    OID.keyUsage,
    ({ keyUsage }) => {
      const usages = [...(keyUsage ?? [])];
      return writtenOnce('usages', usages, () => encodeKeyUsage(usages));
    },
    'X.690 clause 11.2.2: a named bit list without trailing zeros',
  ),
  {
    id: 'extended-key-usage-as-profiled',
    citation: 'RFC 5280 section 4.2.1.12; RFC 3161 section 2.3; RFC 6960 section 4.2.2.2',
    applies: always,
    check: ({ certificate, profile }) =>
      sameList(certificate.extendedKeyUsage ?? [], profile.extendedKeyUsage?.value.oids ?? []),
  },
  {
    id: 'extended-key-usage-criticality',
    citation: 'RFC 3161 section 2.3: critical for time-stamps; EN 319 412-2 clause 4.3.10: not for others',
    applies: (subject) => stands(subject, OID.extendedKeyUsage),
    check: ({ certificate, profile }) =>
      certificate.extensions.get(OID.extendedKeyUsage)?.critical ===
      (profile.extendedKeyUsage?.value.critical ?? false),
  },
  {
    id: 'basic-constraints-as-profiled',
    citation: 'RFC 5280 section 4.2.1.9',
    applies: always,
    check: ({ certificate, profile }) => {
      const wanted = profile.basicConstraints?.value ?? null;
      const found = certificate.basicConstraints;
      if (wanted === null || found === null) return wanted === found;
      return found.ca === wanted.ca && found.pathLength === wanted.pathLength;
    },
  },
  criticality(
    'basic-constraints-critical',
    OID.basicConstraints,
    true,
    'RFC 5280 section 4.2.1.9: critical in CA certificates',
  ),
  {
    id: 'name-constraints-as-profiled',
    citation: 'RFC 5280 section 4.2.1.10: permitted directory names',
    applies: always,
    check: ({ certificate, profile }) => {
      const found = certificate.extensions.get(OID.nameConstraints)?.value ?? null;
      const wanted = profile.permittedCountries?.value ?? null;
      if (found === null || wanted === null) return found === wanted;
      const names = wanted.map((value) => encodeName([{ type: OID.countryName, value }]));
      return sameBytes(found, encodePermittedDirectories(names));
    },
  },
  criticality(
    'name-constraints-critical',
    OID.nameConstraints,
    true,
    'RFC 5280 section 4.2.1.10: conforming CAs MUST mark it as critical',
  ),
];

const subjectLints: readonly Lint[] = [
  {
    id: 'host-names-as-profiled',
    citation: 'RFC 9525 section 2; RFC 5280 section 4.2.1.6: host names and nothing else',
    applies: always,
    check: (subject) => {
      const names = subject.certificate.subjectAltName;
      if (!subject.profile.subject.value.hosts) return names === null;
      return names !== null && names.every(({ kind }) => kind === 'dns');
    },
  },
  {
    id: 'host-names-well-formed',
    citation: 'RFC 1034 section 3.5; RFC 1123 section 2.1; RFC 9525 section 6.3',
    applies: (subject) => stands(subject, OID.subjectAltName),
    check: (subject) => hostsOf(subject).every(isHostName),
  },
  {
    id: 'host-names-differ',
    citation: 'own practice: what stands twice was assembled wrongly',
    applies: (subject) => stands(subject, OID.subjectAltName),
    check: (subject) => new Set(hostsOf(subject)).size === hostsOf(subject).length,
  },
  criticality(
    'host-names-not-critical',
    OID.subjectAltName,
    false,
    'RFC 5280 section 4.2.1.6: not critical beside a subject',
  ),
  {
    id: 'common-name-is-a-host',
    citation: 'CA/Browser Forum BR section 7.1.4.3: a common name is one of the host names',
    applies: ({ profile }) => profile.subject.value.commonName === 'host',
    check: (subject) => {
      const name = attributeOf(subject, OID.commonName);
      return name === null || hostsOf(subject).includes(name);
    },
  },
  {
    id: 'subject-key-identifier-stands',
    citation: 'RFC 5280 section 4.2.1.2: MUST in CA certificates, SHOULD in others',
    applies: always,
    check: (subject) => stands(subject, OID.subjectKeyIdentifier),
  },
  encoding(
    'subject-key-identifier-of-key',
    OID.subjectKeyIdentifier,
    ({ subjectPublicKeyInfo }) => octetString(keyIdentifierOf(subjectPublicKeyInfo)),
    'RFC 7093 section 2 method 1: 160 bits of SHA-256 over the public key',
  ),
  criticality(
    'subject-key-identifier-not-critical',
    OID.subjectKeyIdentifier,
    false,
    'RFC 5280 section 4.2.1.2: MUST NOT be critical',
  ),
  {
    id: 'authority-key-identifier-is-issuers',
    citation: 'RFC 5280 section 4.2.1.1: the issuer’s key identifier, byte for byte',
    applies: notRoot,
    check: ({ certificate, issuer }) => {
      const found = certificate.authorityKeyIdentifier?.keyIdentifier ?? null;
      const wanted = issuer.subjectKeyIdentifier;
      return found !== null && wanted !== null && sameBytes(found, wanted);
    },
  },
  {
    id: 'authority-key-identifier-alone',
    citation: 'own practice: issuer and serial there tie a chain to one certificate of a key',
    applies: (subject) => stands(subject, OID.authorityKeyIdentifier),
    check: ({ certificate: { authorityKeyIdentifier: found } }) =>
      found?.issuer === null && found.serialNumber === null,
  },
  criticality(
    'authority-key-identifier-not-critical',
    OID.authorityKeyIdentifier,
    false,
    'RFC 5280 section 4.2.1.1: MUST NOT be critical',
  ),
  {
    id: 'root-names-no-authority',
    citation:
      'RFC 5280 section 4.2.1.1: may be left out of a self-signed certificate, and says nothing there',
    applies: isRoot,
    check: (subject) => !stands(subject, OID.authorityKeyIdentifier),
  },
  {
    id: 'organization-code-as-profiled',
    citation: 'GB/T 20518-2018 annex C: OrganizationCode',
    applies: always,
    check: (subject) => {
      const rule = subject.profile.subject.value.creditCode;
      return (
        stands(subject, OID.organizationCode) === (rule === 'extension' || rule === 'extension-and-name')
      );
    },
  },
  {
    id: 'organization-code-form',
    citation: 'GB/T 20518-2018 annex C: PrintableString; GB 32100-2015: with its check character',
    applies: (subject) => stands(subject, OID.organizationCode),
    check: (subject) => {
      const code = organizationCodeOf(subject);
      const value = subject.certificate.extensions.get(OID.organizationCode)?.value;
      return isUscc(code) && value !== undefined && sameBytes(value, printableString(code));
    },
  },
  criticality(
    'organization-code-not-critical',
    OID.organizationCode,
    false,
    'GB/T 20518-2018 annex C; RFC 5280 section 4.2: nobody else knows it',
  ),
  {
    id: 'qc-statements-as-profiled',
    citation:
      'EN 319 412-1 clause 5.1.4; EN 319 412-5 clause 4: how to read identifiers, and no claim of being qualified',
    applies: always,
    check: ({ certificate, profile }) => {
      const found = certificate.extensions.get(OID.qcStatements)?.value ?? null;
      const wanted = profile.semantics?.value ?? null;
      if (found === null || wanted === null) return found === wanted;
      return sameBytes(found, encodeSemanticsStatement(wanted));
    },
  },
  criticality(
    'qc-statements-not-critical',
    OID.qcStatements,
    false,
    'EN 319 412-5 clause 4.1: shall not be critical',
  ),
];

export const extensionLints: readonly Lint[] = [...usageLints, ...subjectLints];
