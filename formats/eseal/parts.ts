// What seals and their signatures have in common: the part a refusal is about, limits, and extension data.
import { FormatError } from '../errors.ts';
import { TAG, readDer, type DerReader } from '../x509/der.ts';
import { boolean, octetString, oid, sequence } from '../x509/der-writer.ts';
import { decodeOidContent } from '../x509/oid.ts';

/** Which part of a seal or signature a refusal is about, so that each has a reason of its own. */
export type SealPart =
  | 'structure'
  | 'version'
  | 'seal-information'
  | 'header'
  | 'identifier'
  | 'property'
  | 'certificate-list-type'
  | 'certificate-list'
  | 'period'
  | 'picture'
  | 'extensions'
  | 'maker-certificate'
  | 'seal-algorithm'
  | 'seal-signature'
  | 'seal'
  | 'signed-part'
  | 'signing-time'
  | 'data-hash'
  | 'property-information'
  | 'signer-certificate'
  | 'signature-algorithm'
  | 'signature'
  | 'time-stamp';

/** A refusal that names the part it is about. */
export class SealFormatError extends FormatError {
  readonly part: SealPart;

  constructor(part: SealPart, message: string, options?: { readonly cause?: unknown }) {
    super('seal-malformed', message, options);
    this.part = part;
  }
}

/** Bounds of what is read: the largest real seals are a few hundred kilobytes, nearly all of it picture. */
export const SEAL_LIMITS = {
  maxSealBytes: 8 << 20,
  /** A seal with its signature, signer certificate and time-stamp. */
  maxSignatureBytes: (8 << 20) + (1 << 18),
  maxDepth: 12,
  maxCertificates: 100,
  maxExtensions: 64,
  /** Characters of identifiers and names. */
  maxText: 1024,
  maxSignatureValue: 4096,
  maxTimestamp: 1 << 17,
} as const;

/** Reads one part; what it refuses is a refusal of that part, unless a smaller one within it was named already. */
export function part<T>(name: SealPart, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SealFormatError || !(error instanceof FormatError)) throw error;
    throw new SealFormatError(name, error.message, { cause: error });
  }
}

/**
 * As `readDer` over a whole seal or signature.
 * @throws SealFormatError `seal-malformed` for everything, since whether bytes are DER is no other question here.
 */
export function readWhole<T>(bytes: Uint8Array, maxBytes: number, read: (reader: DerReader) => T): T {
  return part('structure', () =>
    readDer(bytes, { maxBytes, maxDepth: SEAL_LIMITS.maxDepth }, 'seal-malformed', read),
  );
}

/** How many members a SEQUENCE's content has. */
export function countMembers(content: Uint8Array, reader: DerReader): number {
  return reader.over(content).every((each) => each.element()).length;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function boundedText(reader: DerReader, content: Uint8Array): string {
  if (content.length > SEAL_LIMITS.maxText * 4) throw reader.refusal('A text is too long.');
  let text: string;
  try {
    text = utf8.decode(content);
  } catch (cause) {
    throw reader.refusal('A text is not well formed.', cause);
  }
  if (text.length > SEAL_LIMITS.maxText) throw reader.refusal('A text is too long.');
  return text;
}

/** IA5String. */
export function readIa5(reader: DerReader): string {
  const { content } = reader.element(TAG.ia5String);
  if (content.some((octet) => octet > 127)) throw reader.refusal('An IA5String has an octet above 127.');
  return boundedText(reader, content);
}

/** UTF8String. */
export function readUtf8(reader: DerReader): string {
  return boundedText(reader, reader.element(TAG.utf8String).content);
}

/** ExtData: what a vendor adds. */
export interface ExtensionData {
  /** extnID. */
  readonly oid: string;
  readonly critical: boolean;
  /** extnValue. */
  readonly value: Uint8Array;
}

function readExtension(reader: DerReader): ExtensionData {
  return reader.sequence((fields) => ({
    oid: decodeOidContent(fields.element(TAG.oid).content),
    // DER forbids to write the default; real seals write it (GOMAIN), and signatures are over the bytes as they are.
    critical: fields.peek() === TAG.boolean ? fields.boolean() : false,
    value: fields.octetString(),
  }));
}

/** `SEQUENCE OF ExtData` up to the end of `reader`: untagged or under `[0]` EXPLICIT, both of which are written. */
export function readExtensions(reader: DerReader): readonly ExtensionData[] {
  if (reader.peek() === null) return [];
  return part('extensions', () => {
    const list = (inner: DerReader): ExtensionData[] =>
      inner.sequence((members) => members.every(readExtension));
    const extensions = reader.peek() === 0xa0 ? reader.inside(0xa0, list) : list(reader);
    if (extensions.length > SEAL_LIMITS.maxExtensions) throw reader.refusal('There are too many extensions.');
    return extensions;
  });
}

/** `SEQUENCE OF ExtData`, `critical` written only where it is true. */
export function encodeExtensions(extensions: readonly ExtensionData[]): Uint8Array {
  return sequence(
    ...extensions.map(({ oid: identifier, critical, value }) =>
      sequence(oid(identifier), ...(critical ? [boolean(true)] : []), octetString(value)),
    ),
  );
}
