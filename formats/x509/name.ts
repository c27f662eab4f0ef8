// Distinguished names: read with their boundaries and original bytes, written with one attribute per RDN.
import { isAscii, toHex } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { TAG, type DerReader } from './der.ts';
import { DerSink, ia5String, oid, printableString, taggedSize, utf8String } from './der-writer.ts';
import { OID } from './oid.ts';

export interface NameAttribute {
  readonly type: string;
  /** Text of the value; null where its type is no string known here, or its octets are none of that type. */
  readonly value: string | null;
  /** The value as it stands, identifier and length included. */
  readonly der: Uint8Array;
}

export interface Name {
  /** The whole Name as it stands; compare these bytes, never re-encoded ones. */
  readonly der: Uint8Array;
  /** RDNs in the order of the encoding. */
  readonly rdns: readonly (readonly NameAttribute[])[];
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const BYTE_TYPES: readonly number[] = [
  TAG.printableString,
  TAG.ia5String,
  TAG.numericString,
  TAG.visibleString,
  TAG.teletexString,
];

/** Content of a DirectoryString or IA5String as text; null where the tag is another type. @throws via `reader` where octets are no text. */
export function stringOf(tag: number, content: Uint8Array, reader: DerReader): string | null {
  try {
    if (tag === TAG.utf8String) return utf8.decode(content);
    if (tag === TAG.bmpString) return decodeWide(content, 2);
    if (tag === TAG.universalString) return decodeWide(content, 4);
  } catch (cause) {
    throw reader.refusal('A string in a name is not well formed.', cause);
  }
  if (!BYTE_TYPES.includes(tag)) return null;
  // TeletexString in certificates is Latin-1 in practice; the others are ASCII.
  if (tag !== TAG.teletexString && !isAscii(content)) {
    throw reader.refusal('An ASCII string in a name has an octet above 127.');
  }
  let text = '';
  for (const octet of content) text += String.fromCharCode(octet);
  return text;
}

function decodeWide(content: Uint8Array, width: 2 | 4): string {
  if (content.length % width !== 0) throw new RangeError('The length is no multiple of the character width.');
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let text = '';
  for (let at = 0; at < content.length; at += width) {
    text += width === 2 ? String.fromCharCode(view.getUint16(at)) : String.fromCodePoint(view.getUint32(at));
  }
  return text;
}

export function readName(reader: DerReader): Name {
  const start = reader.element(TAG.sequence);
  const inner = reader.over(start.content);
  const rdns = inner.every((each) =>
    each.inside(TAG.set, (set) => {
      const attributes = set.every((member) =>
        member.sequence((pair): NameAttribute => {
          const type = pair.oid();
          const { tag, content, bytes } = pair.element();
          // Issuers of real seals' certificates put Chinese into ASCII types: no text to be told, and a name all the same.
          const ascii = tag === TAG.printableString || tag === TAG.ia5String;
          const foreign = ascii && !isAscii(content);
          return { type, value: foreign ? null : stringOf(tag, content, pair), der: bytes };
        }),
      );
      if (attributes.length === 0) throw set.refusal('A relative distinguished name is empty.');
      return attributes;
    }),
  );
  return { der: start.bytes, rdns };
}

/** Upper bounds of X.520 and RFC 5280 appendix A, in characters. */
const WRITABLE: Readonly<
  Record<string, { readonly max: number; readonly write: (text: string) => Uint8Array }>
> = {
  [OID.countryName]: { max: 2, write: printableString },
  [OID.serialNumber]: { max: 64, write: printableString },
  [OID.surname]: { max: 64, write: utf8String },
  [OID.givenName]: { max: 64, write: utf8String },
  [OID.domainComponent]: { max: 64, write: ia5String },
  [OID.commonName]: { max: 64, write: utf8String },
  [OID.organizationName]: { max: 64, write: utf8String },
  [OID.organizationalUnitName]: { max: 64, write: utf8String },
  [OID.localityName]: { max: 128, write: utf8String },
  [OID.stateOrProvinceName]: { max: 128, write: utf8String },
  [OID.organizationIdentifier]: { max: 256, write: utf8String },
};

/**
 * A Name with one attribute per RDN, in the order given (country first by custom).
 * @throws FormatError `value-out-of-range` for an unknown type, an empty text or one over its bound.
 */
export function encodeName(
  attributes: readonly { readonly type: string; readonly value: string }[],
): Uint8Array {
  const parts = attributes.map(({ type, value }) => {
    const rule = WRITABLE[type];
    const length = characters(value);
    if (rule === undefined || length === 0 || length > rule.max) {
      throw new FormatError(
        'value-out-of-range',
        `A name attribute ${type} has a length out of bounds or is unknown.`,
      );
    }
    return { type: oid(type), text: rule.write(value) };
  });
  const rdn = ({ type, text }: (typeof parts)[number]): number => taggedSize(type.length + text.length);
  const length = parts.reduce((sum, part) => sum + taggedSize(rdn(part)), 0);
  const sink = new DerSink(taggedSize(length)).header(TAG.sequence, length);
  for (const part of parts) {
    const { type, text } = part;
    sink
      .header(TAG.set, rdn(part))
      .header(TAG.sequence, type.length + text.length)
      .raw(type)
      .raw(text);
  }
  return sink.bytes;
}

/** Characters of a text: a pair of surrogates is one. */
function characters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    if ((text.codePointAt(at) ?? 0) > 0xffff) at += 1;
    count += 1;
  }
  return count;
}

/** First value of an attribute type, null where there is none. */
export function nameAttribute(name: Name, type: string): string | null {
  for (const attribute of name.rdns.flat()) if (attribute.type === type) return attribute.value;
  return null;
}

const SHORT_NAMES: Readonly<Record<string, string>> = {
  [OID.commonName]: 'CN',
  [OID.localityName]: 'L',
  [OID.stateOrProvinceName]: 'ST',
  [OID.organizationName]: 'O',
  [OID.organizationalUnitName]: 'OU',
  [OID.countryName]: 'C',
  [OID.streetAddress]: 'STREET',
  [OID.domainComponent]: 'DC',
  [OID.userId]: 'UID',
  // Not in the table of RFC 4514 section 3, but what people and openssl read.
  [OID.serialNumber]: 'serialNumber',
  [OID.surname]: 'SN',
  [OID.givenName]: 'GN',
  [OID.organizationIdentifier]: 'organizationIdentifier',
};

/** What RFC 4514 section 2.4 has escaped, somewhere or at an edge. */
const ESCAPED = /["+,;<>\\\u0000-\u001f\u007f]|^[ #]| $/;

function escapeValue(value: string): string {
  if (!ESCAPED.test(value)) return value;
  let text = '';
  const characters = Array.from(value);
  for (const [at, character] of characters.entries()) {
    const code = character.codePointAt(0) ?? 0;
    const edge =
      (at === 0 && (character === ' ' || character === '#')) ||
      (at === characters.length - 1 && character === ' ');
    if (edge || '"+,;<>\\'.includes(character)) text += `\\${character}`;
    else if (code < 32 || code === 127) text += `\\${code.toString(16).padStart(2, '0')}`;
    else text += character;
  }
  return text;
}

/** RFC 4514 text: last RDN first, `+` within an RDN, values escaped, unknown types as `#` and hexadecimal. */
export function nameText(name: Name): string {
  return name.rdns
    .toReversed()
    .map((rdn) =>
      rdn
        .map(({ type, value, der }) => {
          const short = SHORT_NAMES[type];
          return short === undefined || value === null
            ? `${short ?? type}=#${toHex(der)}`
            : `${short}=${escapeValue(value)}`;
        })
        .join('+'),
    )
    .join(',');
}
