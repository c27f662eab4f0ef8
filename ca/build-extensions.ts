// The extensions a profile gives to a certificate.
import { hash } from 'node:crypto';
import { sameBytes, shortLived } from '../formats/bytes.ts';
import type { SubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import { implicitPrimitive, octetString, printableString, sequence } from '../formats/x509/der-writer.ts';
import {
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCertificatePolicies,
  encodeDistributionPoints,
  encodeDnsNames,
  encodeKeyUsage,
  encodeNoCheck,
  encodeOidList,
  encodePermittedDirectories,
  encodeSemanticsStatement,
  extension,
  writtenExtension,
  type Extension,
} from '../formats/x509/extensions.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { encodeName } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import { encodeGeneralizedTime } from '../formats/x509/time.ts';
import { crlAddress, publishedAt } from './parts.ts';
import { days, type Profile } from './profile.ts';

/** The identifier asked for last: it is written into a certificate, and compared in the certificate made. */
let last: { readonly publicKey: Uint8Array; readonly identifier: Uint8Array } | null = null;

/** Leftmost 160 bits of SHA-256 over the public key bits (RFC 7093 section 2, method 1). */
export function keyIdentifierOf({ publicKey }: SubjectPublicKeyInfo): Uint8Array {
  if (last === null || !sameBytes(last.publicKey, publicKey)) {
    const own = shortLived(publicKey.length);
    own.set(publicKey);
    last = { publicKey: own, identifier: new Uint8Array(hash('sha256', own, 'buffer').subarray(0, 20)) };
  }
  return last.identifier;
}

function keyUsePeriod(notBefore: Date, length: number): Uint8Array {
  const end = new Date(notBefore.getTime() + length - 1000);
  // Both GeneralizedTimes carry implicit tags, so only their content is kept.
  return sequence(
    implicitPrimitive(0, encodeGeneralizedTime(notBefore, false).subarray(2)),
    implicitPrimitive(1, encodeGeneralizedTime(end, false).subarray(2)),
  );
}

/**
 * The profile's policies, without those the issuer does not have: under it they would count for nothing (RFC 5280 section
 * 6.1.3 (d)), and an authority of an older version has fewer.
 */
export function policiesUnder(profile: Profile, issuer: Certificate | null): readonly string[] {
  const own = profile.policies?.value ?? [];
  const above = profile.certifies === null ? (issuer?.certificatePolicies ?? null) : null;
  return above === null ? own : own.filter((policy) => above.some(({ oid }) => oid === policy));
}

/** What the extensions of one certificate are made from. */
export interface ExtensionInput {
  readonly profile: Profile;
  readonly key: SubjectPublicKeyInfo;
  readonly issuerKeyIdentifier: Uint8Array;
  /** Null for a root. */
  readonly issuer: Certificate | null;
  /** The issuing authority: its name stands in the addresses. */
  readonly authority: string;
  readonly publicUrl: string;
  readonly shard: number;
  readonly notBefore: Date;
  /** Host names, empty where the profile has none. */
  readonly hosts: readonly string[];
  /** Unified social credit code for the extension OrganizationCode; null where the profile has none. */
  readonly organizationCode: string | null;
}

/** What a profile says of every certificate alike. */
const profileParts = new WeakMap<Profile, readonly Extension[]>();

/** What the key may do. */
function usageExtensions(profile: Profile): readonly Extension[] {
  const known = profileParts.get(profile);
  if (known !== undefined) return known;
  const list: Extension[] = [extension(OID.keyUsage, true, encodeKeyUsage(profile.keyUsage.value))];
  if (profile.extendedKeyUsage !== null) {
    const { oids, critical } = profile.extendedKeyUsage.value;
    list.push(extension(OID.extendedKeyUsage, critical, encodeOidList(oids)));
  }
  if (profile.basicConstraints !== null) {
    list.push(extension(OID.basicConstraints, true, encodeBasicConstraints(profile.basicConstraints.value)));
  }
  if (profile.permittedCountries !== null) {
    const names = profile.permittedCountries.value.map((value) =>
      encodeName([{ type: OID.countryName, value }]),
    );
    list.push(extension(OID.nameConstraints, true, encodePermittedDirectories(names)));
  }
  const written = list.map(writtenExtension);
  profileParts.set(profile, written);
  return written;
}

/** What an issuer says of every certificate of one profile and shard alike. */
const issuerParts = new WeakMap<Certificate, WeakMap<Profile, Map<string, readonly Extension[]>>>();

/** Who issued it, under which policy, and where its status is found. */
function issuerExtensions(input: ExtensionInput): readonly Extension[] {
  const { issuer, profile, publicUrl, authority, shard } = input;
  if (issuer === null) return newIssuerExtensions(input);
  const ofIssuer = issuerParts.get(issuer) ?? new WeakMap<Profile, Map<string, readonly Extension[]>>();
  const ofProfile = ofIssuer.get(profile) ?? new Map<string, readonly Extension[]>();
  const place = `${publicUrl} ${authority} ${shard}`;
  const list = ofProfile.get(place) ?? newIssuerExtensions(input).map(writtenExtension);
  ofProfile.set(place, list);
  ofIssuer.set(profile, ofProfile);
  issuerParts.set(issuer, ofIssuer);
  return list;
}

function newIssuerExtensions(input: ExtensionInput): readonly Extension[] {
  const { profile } = input;
  const published = publishedAt(input.publicUrl, input.authority);
  const { ocsp, crl, noCheck } = profile.status.value;
  const list: Extension[] = [];
  if (profile.name !== 'root') {
    list.push(
      extension(OID.authorityKeyIdentifier, false, encodeAuthorityKeyIdentifier(input.issuerKeyIdentifier)),
      extension(
        OID.authorityInfoAccess,
        false,
        encodeAuthorityInfoAccess({
          ...(ocsp ? { ocsp: published.ocsp } : {}),
          caIssuers: published.certificate,
        }),
      ),
    );
  }
  const policies = policiesUnder(profile, input.issuer);
  if (policies.length > 0) {
    list.push(extension(OID.certificatePolicies, false, encodeCertificatePolicies(policies)));
  }
  if (crl) {
    const address = crlAddress(input.publicUrl, input.authority, input.shard);
    list.push(extension(OID.crlDistributionPoints, false, encodeDistributionPoints([address])));
  }
  if (noCheck) list.push(extension(OID.ocspNoCheck, false, encodeNoCheck()));
  return list;
}

/** Everything the profile says, in a fixed order. */
export function profileExtensions(input: ExtensionInput): readonly Extension[] {
  const { profile, hosts, key, organizationCode } = input;
  const list: Extension[] = [...usageExtensions(profile)];
  if (hosts.length > 0) list.push(extension(OID.subjectAltName, false, encodeDnsNames(hosts)));
  list.push(
    extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifierOf(key))),
    ...issuerExtensions(input),
  );
  if (profile.keyUseDays !== null) {
    const period = keyUsePeriod(input.notBefore, days(profile.keyUseDays.value));
    list.push(extension(OID.privateKeyUsagePeriod, false, period));
  }
  if (profile.semantics !== null) {
    list.push(extension(OID.qcStatements, false, encodeSemanticsStatement(profile.semantics.value)));
  }
  if (organizationCode !== null) {
    list.push(extension(OID.organizationCode, false, printableString(organizationCode)));
  }
  return list;
}
