// GeneralName: the kinds this system understands, and the others kept as they stand.
import { isAscii } from '../bytes.ts';
import { TAG, type DerReader } from './der.ts';
import { explicit, ia5String } from './der-writer.ts';
import { readName, type Name } from './name.ts';
import { decodeOidContent, checkOidContent } from './oid.ts';

export type GeneralName =
  | { readonly kind: 'email' | 'dns' | 'uri'; readonly value: string }
  | { readonly kind: 'ip'; readonly octets: Uint8Array }
  | { readonly kind: 'registered-id'; readonly oid: string }
  | { readonly kind: 'directory'; readonly name: Name }
  /** A mailbox whose local part may be any Unicode (RFC 9598): an otherName of its own. */
  | { readonly kind: 'utf8-email'; readonly value: string }
  /** `form` tells forms apart: `otherName:` with its type, `x400Address`, `ediPartyName`. */
  | { readonly kind: 'other'; readonly form: string; readonly der: Uint8Array };

const ascii = new TextDecoder();

const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';

const TEXT_KINDS: Readonly<Record<number, 'email' | 'dns' | 'uri'>> = {
  0x81: 'email',
  0x82: 'dns',
  0x86: 'uri',
};

/** OtherName: a type and an explicitly tagged value (RFC 5280 section 4.2.1.6). */
function readOtherName(reader: DerReader, der: Uint8Array): GeneralName {
  const type = reader.oid();
  const { content } = reader.element(0xa0);
  reader.end();
  if (type !== SMTP_UTF8_MAILBOX) return { kind: 'other', form: `otherName:${type}`, der };
  const value = reader.over(content);
  const text = value.element(TAG.utf8String).content;
  value.end();
  try {
    return {
      kind: 'utf8-email',
      value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text),
    };
  } catch (cause) {
    throw reader.refusal('A mailbox is no UTF-8.', cause);
  }
}

/** One GeneralName (RFC 5280 section 4.2.1.6). */
export function readGeneralName(reader: DerReader): GeneralName {
  const { tag, content, bytes } = reader.element();
  const kind = TEXT_KINDS[tag];
  if (kind !== undefined) {
    if (!isAscii(content)) throw reader.refusal('A GeneralName has an octet above 127.');
    return { kind, value: ascii.decode(content) };
  }
  if (tag === 0x87) return { kind: 'ip', octets: content };
  if (tag === 0x88) {
    if (!checkOidContent(content)) throw reader.refusal('A registeredID is not an object identifier.');
    return { kind: 'registered-id', oid: decodeOidContent(content) };
  }
  if (tag === 0xa4) {
    const inner = reader.over(content);
    const name = readName(inner);
    inner.end();
    return { kind: 'directory', name };
  }
  if (tag === 0xa0) return readOtherName(reader.over(content), bytes);
  if (tag === 0xa3) return { kind: 'other', form: 'x400Address', der: bytes };
  if (tag === 0xa5) return { kind: 'other', form: 'ediPartyName', der: bytes };
  throw reader.refusal('A GeneralName has an unknown kind.');
}

/** GeneralNames under a SEQUENCE, or under the implicit tag given; at least one. */
export function readGeneralNames(reader: DerReader, tag: number = TAG.sequence): readonly GeneralName[] {
  return reader.inside(tag, (inner) => {
    const names = inner.every(readGeneralName);
    if (names.length === 0) throw inner.refusal('GeneralNames is empty.');
    return names;
  });
}

export function encodeDnsName(name: string): Uint8Array {
  return ia5String(name, 0x82);
}

/** @param name - a complete Name, DER: an explicit tag, since Name is a CHOICE (X.680 clause 31.2.7). */
export function encodeDirectoryName(name: Uint8Array): Uint8Array {
  return explicit(4, name);
}

export function encodeUri(uri: string): Uint8Array {
  return ia5String(uri, 0x86);
}
