// Lints on policies and on where status is found: addresses of lists and responders, and nothing else than profiled.
import { sameBytes } from '../../formats/bytes.ts';
import {
  encodeAuthorityInfoAccess,
  encodeCertificatePolicies,
  encodeDistributionPoints,
  encodeNoCheck,
  urisOf,
} from '../../formats/x509/extensions.ts';
import { readDer } from '../../formats/x509/der.ts';
import { OID } from '../../formats/x509/oid.ts';
import { crlAddress, publishedAt, shardOf } from '../parts.ts';
import { policiesUnder } from '../build-extensions.ts';
import { days } from '../profile.ts';
import {
  always,
  criticality,
  encoding,
  notRoot,
  sameList,
  stands,
  writtenOnce,
  type Lint,
  type LintSubject,
} from './lint.ts';

function addressesOf({ certificate }: LintSubject, method: string): readonly string[] {
  return (certificate.authorityInfoAccess ?? []).flatMap((entry) =>
    entry.method === method ? urisOf([entry.location]) : [],
  );
}

function listsOf({ certificate }: LintSubject): readonly string[] {
  return (certificate.crlDistributionPoints ?? []).flatMap(({ fullName }) => urisOf(fullName));
}

/** notBefore and notAfter of privateKeyUsagePeriod, null where the extension is absent or lacks one. */
function keyUseOf({ certificate }: LintSubject): readonly [Date, Date] | null {
  const value = certificate.extensions.get(OID.privateKeyUsagePeriod)?.value;
  if (value === undefined) return null;
  const texts = readDer(value, { maxBytes: 64, maxDepth: 2 }, 'certificate-malformed', (reader) =>
    reader.sequence((fields) => fields.every((field) => new TextDecoder().decode(field.element().content))),
  );
  const dates = texts.map(
    (text) => new Date(text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')),
  );
  const [from, until] = dates;
  return from === undefined || until === undefined ? null : [from, until];
}

export const statusLints: readonly Lint[] = [
  {
    id: 'policies-as-profiled',
    citation:
      'RFC 5280 sections 4.2.1.4 and 6.1.3 (d); EN 319 411-1 clause 5.3: none that nobody keeps or passes on',
    applies: always,
    check: ({ certificate, profile, issuer }) =>
      sameList(
        (certificate.certificatePolicies ?? []).map(({ oid }) => oid),
        policiesUnder(profile, issuer),
      ),
  },
  criticality(
    'policies-not-critical',
    OID.certificatePolicies,
    false,
    'EN 319 412-2 clause 4.3.3; GB/T 20518-2018 clause 5.2.4.2.6',
  ),
  encoding(
    'policies-without-qualifiers',
    OID.certificatePolicies,
    ({ certificatePolicies }) => {
      const policies = (certificatePolicies ?? []).map(({ oid }) => oid);
      return writtenOnce('policies', policies, () => encodeCertificatePolicies(policies));
    },
    'RFC 5280 section 4.2.1.4: an identifier alone is recommended',
  ),
  {
    id: 'ocsp-address-as-profiled',
    citation: 'RFC 5280 section 4.2.2.1; EN 319 412-2 clause 4.4.1; RFC 6960 section 3.1',
    applies: always,
    check: (subject) => {
      const { profile, authority } = subject;
      const { ocsp } = publishedAt(authority.publicUrl, authority.name);
      return sameList(addressesOf(subject, OID.ocsp), profile.status.value.ocsp ? [ocsp] : []);
    },
  },
  {
    id: 'issuer-address',
    citation: 'RFC 5280 section 4.2.2.1: where the issuer’s certificate is found',
    applies: notRoot,
    check: (subject) => {
      const { authority } = subject;
      const { certificate } = publishedAt(authority.publicUrl, authority.name);
      return sameList(addressesOf(subject, OID.caIssuers), [certificate]);
    },
  },
  encoding(
    'access-nothing-else',
    OID.authorityInfoAccess,
    ({ authorityInfoAccess }) => {
      const uri = (method: string): string | undefined =>
        (authorityInfoAccess ?? []).flatMap((each) =>
          each.method === method ? urisOf([each.location]) : [],
        )[0];
      const [ocsp, caIssuers] = [uri(OID.ocsp), uri(OID.caIssuers)];
      return writtenOnce('access', [ocsp ?? '', caIssuers ?? ''], () =>
        encodeAuthorityInfoAccess({
          ...(ocsp === undefined ? {} : { ocsp }),
          ...(caIssuers === undefined ? {} : { caIssuers }),
        }),
      );
    },
    'RFC 5280 section 4.2.2.1: an OCSP responder and the issuer’s certificate, once each',
  ),
  criticality(
    'access-not-critical',
    OID.authorityInfoAccess,
    false,
    'RFC 5280 section 4.2.2.1: MUST be non-critical',
  ),
  {
    id: 'list-address-as-profiled',
    citation: 'RFC 5280 section 4.2.1.13: one list, or none',
    applies: always,
    check: (subject) => listsOf(subject).length === (subject.profile.status.value.crl ? 1 : 0),
  },
  {
    id: 'list-address-of-shard',
    citation: 'RFC 5280 section 5.2.5: byte for byte what the list of this serial’s shard says of itself',
    applies: (subject) => subject.profile.status.value.crl && listsOf(subject).length === 1,
    check: (subject) => {
      const { authority, certificate } = subject;
      const shard = shardOf(certificate.serialNumber, authority.shards);
      return listsOf(subject)[0] === crlAddress(authority.publicUrl, authority.name, shard);
    },
  },
  encoding(
    'list-address-nothing-else',
    OID.crlDistributionPoints,
    (certificate) => {
      const lists = (certificate.crlDistributionPoints ?? []).flatMap(({ fullName }) => urisOf(fullName));
      return writtenOnce('lists', lists, () => encodeDistributionPoints(lists));
    },
    'RFC 5280 section 4.2.1.13: no reasons and no other issuer: our lists speak for all',
  ),
  criticality(
    'list-address-not-critical',
    OID.crlDistributionPoints,
    false,
    'RFC 5280 section 4.2.1.13: SHOULD be non-critical; EN 319 412-2 clause 4.3.11',
  ),
  {
    id: 'no-check-as-profiled',
    citation: 'RFC 6960 section 4.2.2.2.1',
    applies: always,
    check: (subject) => stands(subject, OID.ocspNoCheck) === subject.profile.status.value.noCheck,
  },
  criticality(
    'no-check-not-critical',
    OID.ocspNoCheck,
    false,
    'RFC 6960 section 4.2.2.2.1: SHOULD NOT be critical',
  ),
  {
    id: 'no-check-is-null',
    citation: 'RFC 6960 section 4.2.2.2.1: the value is NULL',
    applies: (subject) => stands(subject, OID.ocspNoCheck),
    check: ({ certificate }) =>
      sameBytes(certificate.extensions.get(OID.ocspNoCheck)?.value ?? new Uint8Array(), encodeNoCheck()),
  },
  {
    id: 'key-use-as-profiled',
    citation: 'EN 319 421 clause 7.6.2: when a key is put away stands in its certificate',
    applies: always,
    check: (subject) => stands(subject, OID.privateKeyUsagePeriod) === (subject.profile.keyUseDays !== null),
  },
  {
    id: 'key-use-period',
    citation: 'EN 319 421 clause 7.6.2; RFC 5280 section 4.2.1.3: within the certificate’s own life',
    applies: (subject) => stands(subject, OID.privateKeyUsagePeriod) && subject.profile.keyUseDays !== null,
    check: (subject) => {
      const { certificate, profile } = subject;
      const [from, until] = keyUseOf(subject) ?? [null, null];
      if (from === null) return false;
      return (
        from.getTime() === certificate.notBefore.getTime() &&
        until.getTime() - from.getTime() === days(profile.keyUseDays?.value ?? 0) - 1000
      );
    },
  },
  criticality(
    'key-use-not-critical',
    OID.privateKeyUsagePeriod,
    false,
    'RFC 3280 section 4.2.1.4: MUST NOT be critical',
  ),
];
