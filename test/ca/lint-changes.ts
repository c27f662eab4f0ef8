// Certificates taken apart and put together again with one part changed: what lints are tried on.
import { generateKeyPairSync } from 'node:crypto';
import type { LintSubject } from '../../ca/lints/lint.ts';
import { completeResidentNumber } from '../../formats/identifiers/resident-number.ts';
import { TAG } from '../../formats/x509/der.ts';
import {
  explicit,
  implicitPrimitive,
  integer,
  octetString,
  oid,
  printableString,
  sequence,
  setOf,
  tagged,
  utf8String,
} from '../../formats/x509/der-writer.ts';
import { encodeCertificate, parseCertificate, type Certificate } from '../../formats/x509/certificate.ts';
import {
  encodeAuthorityInfoAccess,
  encodeExtensions,
  type Extension,
} from '../../formats/x509/extensions.ts';
import { OID } from '../../formats/x509/oid.ts';
import { encodeGeneralizedTime, encodeTime } from '../../formats/x509/time.ts';
import { keyIdentifierOf } from '../../ca/build-extensions.ts';
import { parseSubjectPublicKeyInfo } from '../../formats/x509/algorithm.ts';
import { SETTINGS } from './district.ts';

/** A certificate in parts, each of which a case may replace. */
export interface Parts {
  readonly version: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: Uint8Array;
  readonly notAfter: Uint8Array;
  readonly subject: Uint8Array;
  readonly key: Uint8Array;
  readonly unique: Uint8Array;
  readonly extensions: readonly Extension[];
}

export interface Good {
  readonly certificate: Certificate;
  readonly subject: LintSubject;
  readonly parts: Parts;
}

export function partsOf(certificate: Certificate): Parts {
  return {
    version: explicit(0, integer(2)),
    serialNumber: certificate.serialNumber,
    signatureAlgorithm: certificate.signatureAlgorithm.der,
    issuer: certificate.issuer.der,
    notBefore: encodeTime(certificate.notBefore),
    notAfter: encodeTime(certificate.notAfter),
    subject: certificate.subject.der,
    key: certificate.subjectPublicKeyInfo.der,
    unique: new Uint8Array(),
    extensions: [...certificate.extensions.values()],
  };
}

export function assembled(parts: Parts): Certificate {
  const tbs = sequence(
    parts.version,
    tagged(TAG.integer, parts.serialNumber),
    parts.signatureAlgorithm,
    parts.issuer,
    sequence(parts.notBefore, parts.notAfter),
    parts.subject,
    parts.key,
    parts.unique,
    ...(parts.extensions.length === 0 ? [] : [explicit(3, encodeExtensions(parts.extensions))]),
  );
  return parseCertificate(encodeCertificate(tbs, parts.signatureAlgorithm, new Uint8Array(8)));
}

export type Change = (good: Good) => Partial<Parts>;
export type Sort =
  'seal' | 'person' | 'server' | 'ca' | 'root' | 'sm2-seal' | 'unit' | 'responder' | 'rsa' | 'ed25519';

export const PERSON = {
  name: '王小明',
  documentType: 'resident-identity-card',
  documentNumber: completeResidentNumber('12010519900307123'),
};

/** Every attribute of the subject; a change of null takes one away. */
export function renamed(
  { certificate }: Good,
  changes: Readonly<Record<string, string | Uint8Array | null>>,
  more: readonly Uint8Array[] = [],
): Partial<Parts> {
  const rdns = certificate.subject.rdns.flat().flatMap(({ type, der }) => {
    const change = changes[type];
    if (change === null) return [];
    const printable = ([OID.countryName, OID.serialNumber] as readonly string[]).includes(type);
    const value =
      change === undefined
        ? der
        : typeof change !== 'string'
          ? change
          : printable
            ? printableString(change)
            : utf8String(change);
    return [setOf([sequence(oid(type), value)])];
  });
  return { subject: sequence(...rdns, ...more) };
}
export const attribute = (type: string, value: Uint8Array): Uint8Array => setOf([sequence(oid(type), value)]);

export const replaced =
  (identifier: string, change: Partial<Extension> | null): Change =>
  ({ parts }) => ({
    extensions: parts.extensions.flatMap((each) =>
      each.oid !== identifier ? [each] : change === null ? [] : [{ ...each, ...change }],
    ),
  });
export const flipped =
  (identifier: string): Change =>
  ({ parts }) => ({
    extensions: parts.extensions.map((each) =>
      each.oid === identifier ? { ...each, critical: !each.critical } : each,
    ),
  });
export const added =
  (identifier: string, value: Uint8Array, critical = false): Change =>
  ({ parts }) => ({ extensions: [...parts.extensions, { oid: identifier, critical, value }] });

/** Another key, its identifier with it. */
export function rekeyed({ parts }: Good, spki: Uint8Array): Partial<Parts> {
  const value = octetString(keyIdentifierOf(parseSubjectPublicKeyInfo(spki)));
  return {
    key: spki,
    extensions: parts.extensions.map((each) =>
      each.oid === OID.subjectKeyIdentifier ? { ...each, value } : each,
    ),
  };
}

export const time = (date: Date, by: number): Uint8Array => encodeTime(new Date(date.getTime() + by));
export const CRL = `${SETTINGS.publicUrl}/crl/department-seals`;
/** A BIT STRING with a zero octet more than it needs. */
export const sloppyBits = Uint8Array.of(TAG.bitString, 3, 0, 0x40, 0);

export function keyUse(from: Date, until: Date): Uint8Array {
  return sequence(
    implicitPrimitive(0, encodeGeneralizedTime(from, false).subarray(2)),
    implicitPrimitive(1, encodeGeneralizedTime(until, false).subarray(2)),
  );
}

/** authorityInfoAccess of a seal with one address replaced or, by null, left out. */
export function access(change: {
  readonly ocsp?: string | null;
  readonly caIssuers?: string | null;
}): Change {
  const good = {
    ocsp: `${SETTINGS.publicUrl}/ocsp/department-seals`,
    caIssuers: `${SETTINGS.publicUrl}/ca/department-seals.cer`,
  };
  const wanted = Object.entries({ ...good, ...change }).filter(([, value]) => value !== null);
  return replaced(OID.authorityInfoAccess, {
    value: encodeAuthorityInfoAccess(Object.fromEntries(wanted)),
  });
}

/** A changed serial whose second octet, and so its list, stays. */
export function shard({ serialNumber }: Parts, change: (copy: Uint8Array) => Uint8Array): Uint8Array {
  return change(Uint8Array.from(serialNumber));
}

export function nameOf(certificate: Certificate): string {
  return `${certificate.serialHex.slice(0, 8)} other`;
}

export function rsaKey(bits: number): Uint8Array {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
}

/** A lint, the certificate it is tried on, and the one change that breaks it. */
export type Case = readonly [id: string, sort: Sort, change: Change];
