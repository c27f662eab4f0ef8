// The extensions a profile gives to a certificate.
import { createHash } from 'node:crypto';
import type { SubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import { implicitPrimitive, octetString, sequence } from '../formats/x509/der-writer.ts';
import {
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCertificatePolicies,
  encodeDistributionPoints,
  encodeKeyUsage,
  encodeNoCheck,
  encodeOidList,
  extension,
  type Extension,
} from '../formats/x509/extensions.ts';
import { OID } from '../formats/x509/oid.ts';
import { encodeGeneralizedTime } from '../formats/x509/time.ts';
import { publishedAt } from './parts.ts';
import { days, type AuthorityName, type Profile } from './profile.ts';

/** Leftmost 160 bits of SHA-256 over the public key bits (RFC 7093 section 2, method 1). */
export function keyIdentifierOf(key: SubjectPublicKeyInfo): Uint8Array {
  return new Uint8Array(createHash('sha256').update(key.publicKey).digest().subarray(0, 20));
}

function keyUsePeriod(notBefore: Date, length: number): Uint8Array {
  const end = new Date(notBefore.getTime() + length - 1000);
  // Both GeneralizedTimes carry implicit tags, so only their content is kept.
  return sequence(
    implicitPrimitive(0, encodeGeneralizedTime(notBefore, false).subarray(2)),
    implicitPrimitive(1, encodeGeneralizedTime(end, false).subarray(2)),
  );
}

/** Everything the profile says, in a fixed order. */
export function profileExtensions(input: {
  readonly profile: Profile;
  readonly key: SubjectPublicKeyInfo;
  readonly issuerKeyIdentifier: Uint8Array;
  /** The issuing authority: its name stands in the addresses. */
  readonly authority: AuthorityName;
  readonly publicUrl: string;
  readonly notBefore: Date;
}): readonly Extension[] {
  const { profile } = input;
  const published = publishedAt(input.publicUrl, input.authority);
  const { ocsp, crl, noCheck } = profile.status.value;
  const list: Extension[] = [extension(OID.keyUsage, true, encodeKeyUsage(profile.keyUsage.value))];
  if (profile.extendedKeyUsage !== null) {
    const { oids, critical } = profile.extendedKeyUsage.value;
    list.push(extension(OID.extendedKeyUsage, critical, encodeOidList(oids)));
  }
  if (profile.basicConstraints !== null) {
    list.push(extension(OID.basicConstraints, true, encodeBasicConstraints(profile.basicConstraints.value)));
  }
  list.push(extension(OID.subjectKeyIdentifier, false, octetString(keyIdentifierOf(input.key))));
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
  if (profile.policies !== null) {
    list.push(extension(OID.certificatePolicies, false, encodeCertificatePolicies(profile.policies.value)));
  }
  if (crl) list.push(extension(OID.crlDistributionPoints, false, encodeDistributionPoints([published.crl])));
  if (noCheck) list.push(extension(OID.ocspNoCheck, false, encodeNoCheck()));
  if (profile.keyUseDays !== null) {
    const period = keyUsePeriod(input.notBefore, days(profile.keyUseDays.value));
    list.push(extension(OID.privateKeyUsagePeriod, false, period));
  }
  return list;
}
