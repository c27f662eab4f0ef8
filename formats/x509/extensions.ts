// Certificate extensions of RFC 5280 section 4.2: one reader and one writer for each that this system understands.
import { FormatError, type FormatErrorCode } from '../errors.ts';
import { TAG, bitsOf, readDer, type DerReader } from './der.ts';
import {
  boolean,
  explicit,
  implicitConstructed,
  implicitPrimitive,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
} from './der-writer.ts';
import {
  encodeDirectoryName,
  encodeDnsName,
  encodeUri,
  readGeneralName,
  readGeneralNames,
  type GeneralName,
} from './general-name.ts';
import { OID } from './oid.ts';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of extnValue: the extension's own DER. */
  readonly value: Uint8Array;
  /** The whole Extension, where it was written before. */
  readonly der?: Uint8Array;
}

/** Extensions in their order; an identifier may stand once (RFC 5280 section 4.2). */
export function readExtensions(reader: DerReader): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  reader.sequence((list) => {
    if (list.peek() === null) throw list.refusal('The list of extensions is empty.');
    list.every((each) => {
      each.sequence((fields) => {
        const identifier = fields.oid();
        // An explicit FALSE is not DER, yet common in certificates of others, and harmless: what is signed is kept as it is.
        const critical = fields.peek() === TAG.boolean ? fields.boolean() : false;
        if (extensions.has(identifier)) throw fields.refusal(`Extension ${identifier} stands twice.`);
        extensions.set(identifier, { oid: identifier, critical, value: fields.octetString() });
      });
    });
  });
  return extensions;
}

function encodeExtension({ oid: identifier, critical, value, der }: Extension): Uint8Array {
  return der ?? sequence(oid(identifier), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** The extension with its encoding beside it: for one that stands in many certificates alike. */
export function writtenExtension(each: Extension): Extension & { readonly der: Uint8Array } {
  return { ...each, der: encodeExtension(each) };
}

export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  return sequence(...extensions.map(encodeExtension));
}

/** The value of one extension read by `read`, null where absent. Nesting and size are bounded like a certificate's. */
export function readExtension<T>(
  extensions: ReadonlyMap<string, Extension>,
  identifier: string,
  code: FormatErrorCode,
  read: (reader: DerReader) => T,
): T | null {
  const extension = extensions.get(identifier);
  return extension === undefined
    ? null
    : readDer(extension.value, { maxBytes: 1 << 16, maxDepth: 16 }, code, read);
}

const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

export function readKeyUsage(reader: DerReader): ReadonlySet<KeyUsage> {
  const bits = bitsOf(reader.element(TAG.bitString).content);
  return new Set(KEY_USAGES.filter((_, bit) => bits.has(bit)));
}

export function encodeKeyUsage(usages: readonly KeyUsage[]): Uint8Array {
  return namedBits(usages.map((usage) => KEY_USAGES.indexOf(usage)));
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | null;
}

export function readBasicConstraints(reader: DerReader): BasicConstraints {
  return reader.sequence((fields) => ({
    ca: fields.peek() === TAG.boolean ? fields.boolean() : false,
    pathLength: fields.peek() === TAG.integer ? fields.smallInteger() : null,
  }));
}

export function encodeBasicConstraints({ ca, pathLength }: BasicConstraints): Uint8Array {
  return sequence(...(ca ? [boolean(true)] : []), ...(pathLength === null ? [] : [integer(pathLength)]));
}

export function readOidList(reader: DerReader): readonly string[] {
  return reader.sequence((list) => {
    const oids = list.every((each) => each.oid());
    if (oids.length === 0) throw list.refusal('A list of object identifiers is empty.');
    return oids;
  });
}

export function encodeOidList(oids: readonly string[]): Uint8Array {
  return sequence(...oids.map(oid));
}

export interface CertificatePolicy {
  readonly oid: string;
  /** PolicyQualifiers as they stand. */
  readonly qualifiers: Uint8Array | null;
}

export function readCertificatePolicies(reader: DerReader): readonly CertificatePolicy[] {
  return reader.sequence((list) => {
    const policies = list.every((each) =>
      each.sequence((fields) => ({
        oid: fields.oid(),
        qualifiers: fields.peek() === null ? null : fields.element(TAG.sequence).bytes,
      })),
    );
    if (policies.length === 0) throw list.refusal('The list of policies is empty.');
    return policies;
  });
}

export function encodeCertificatePolicies(policies: readonly string[]): Uint8Array {
  return sequence(...policies.map((policy) => sequence(oid(policy))));
}

export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | null;
  readonly issuer: readonly GeneralName[] | null;
  readonly serialNumber: Uint8Array | null;
}

export function readAuthorityKeyIdentifier(reader: DerReader): AuthorityKeyIdentifier {
  return reader.sequence((fields) => ({
    keyIdentifier: fields.peek() === 0x80 ? fields.element().content : null,
    issuer: fields.peek() === 0xa1 ? readGeneralNames(fields, 0xa1) : null,
    serialNumber: fields.peek() === 0x82 ? fields.element().content : null,
  }));
}

export function encodeAuthorityKeyIdentifier(keyIdentifier: Uint8Array): Uint8Array {
  return sequence(implicitPrimitive(0, keyIdentifier));
}

export interface AccessDescription {
  readonly method: string;
  readonly location: GeneralName;
}

export function readAuthorityInfoAccess(reader: DerReader): readonly AccessDescription[] {
  return reader.sequence((list) =>
    list.every((each) =>
      each.sequence((fields) => ({ method: fields.oid(), location: readGeneralName(fields) })),
    ),
  );
}

export function encodeAuthorityInfoAccess(access: {
  readonly ocsp?: string;
  readonly caIssuers?: string;
}): Uint8Array {
  return sequence(
    ...(access.ocsp === undefined ? [] : [sequence(oid(OID.ocsp), encodeUri(access.ocsp))]),
    ...(access.caIssuers === undefined ? [] : [sequence(oid(OID.caIssuers), encodeUri(access.caIssuers))]),
  );
}

export interface DistributionPoint {
  /** fullName, null where the name is absent or relative to the issuer. */
  readonly fullName: readonly GeneralName[] | null;
  /** nameRelativeToCRLIssuer as it stands. */
  readonly relativeName: Uint8Array | null;
  /** Bits of ReasonFlags, null where all reasons are meant. */
  readonly reasons: ReadonlySet<number> | null;
  readonly crlIssuer: readonly GeneralName[] | null;
}

/** The DistributionPointName inside its `[0]` (shared with issuingDistributionPoint). */
export function readDistributionPointName(
  reader: DerReader,
): Pick<DistributionPoint, 'fullName' | 'relativeName'> {
  if (reader.peek() === 0xa0) return { fullName: readGeneralNames(reader, 0xa0), relativeName: null };
  return { fullName: null, relativeName: reader.element(0xa1).bytes };
}

export function readDistributionPoints(reader: DerReader): readonly DistributionPoint[] {
  return reader.sequence((list) => {
    const points = list.every((each) =>
      each.sequence((fields): DistributionPoint => {
        const name = fields.optional(0xa0, readDistributionPointName);
        return {
          fullName: name?.fullName ?? null,
          relativeName: name?.relativeName ?? null,
          reasons: fields.peek() === 0x81 ? readReasonFlags(fields) : null,
          crlIssuer: fields.peek() === 0xa2 ? readGeneralNames(fields, 0xa2) : null,
        };
      }),
    );
    if (points.length === 0) throw list.refusal('The list of distribution points is empty.');
    return points;
  });
}

/** ReasonFlags under an implicit primitive tag, whose content the structural check could not know to be a BIT STRING. */
export function readReasonFlags(reader: DerReader): ReadonlySet<number> {
  const { content } = reader.element();
  if (content.length < 1 || (content[0] ?? 8) > 7) throw reader.refusal('ReasonFlags is not a BIT STRING.');
  return bitsOf(content);
}

export function encodeDistributionPoints(uris: readonly string[]): Uint8Array {
  return sequence(...uris.map((uri) => sequence(explicit(0, implicitConstructed(0, encodeUri(uri))))));
}

/** GeneralNames of host names for subjectAltName (RFC 5280 section 4.2.1.6). */
export function encodeDnsNames(names: readonly string[]): Uint8Array {
  return sequence(...names.map(encodeDnsName));
}

/** NameConstraints with permitted subtrees of directory names, each a complete Name (RFC 5280 section 4.2.1.10). */
export function encodePermittedDirectories(names: readonly Uint8Array[]): Uint8Array {
  // minimum is 0 by DEFAULT and maximum is absent: nothing else may be said.
  return sequence(implicitConstructed(0, ...names.map((name) => sequence(encodeDirectoryName(name)))));
}

/** QCStatements with one qcStatement-2 that names a semantics identifier (RFC 3739 section 3.2.6.1). */
export function encodeSemanticsStatement(semantics: string): Uint8Array {
  return sequence(sequence(oid(OID.qcSyntaxV2), sequence(oid(semantics))));
}

/** Value of ocsp-nocheck (RFC 6960 section 4.2.2.2.1). */
export function encodeNoCheck(): Uint8Array {
  return nullValue();
}

/** URIs with `scheme`-independent text among general names. */
export function urisOf(names: readonly GeneralName[] | null): readonly string[] {
  return (names ?? []).flatMap((name) => (name.kind === 'uri' ? [name.value] : []));
}

/** Refuses an extension value to write that is empty. */
export function extension(identifier: string, critical: boolean, value: Uint8Array): Extension {
  if (value.length === 0)
    throw new FormatError('value-out-of-range', `Extension ${identifier} has no value.`);
  return { oid: identifier, critical, value };
}
