// GeneralName: the kinds this system understands, and the others kept as they stand.
import { TAG, type DerReader } from './der.ts';
import { ia5String } from './der-writer.ts';
import { readName, type Name } from './name.ts';
import { decodeOidContent, checkOidContent } from './oid.ts';

export type GeneralName =
  | { readonly kind: 'email' | 'dns' | 'uri'; readonly value: string }
  | { readonly kind: 'ip'; readonly octets: Uint8Array }
  | { readonly kind: 'registered-id'; readonly oid: string }
  | { readonly kind: 'directory'; readonly name: Name }
  | { readonly kind: 'other'; readonly der: Uint8Array };

const TEXT_KINDS: Readonly<Record<number, 'email' | 'dns' | 'uri'>> = {
  0x81: 'email',
  0x82: 'dns',
  0x86: 'uri',
};

/** One GeneralName (RFC 5280 section 4.2.1.6). */
export function readGeneralName(reader: DerReader): GeneralName {
  const { tag, content, bytes } = reader.element();
  const kind = TEXT_KINDS[tag];
  if (kind !== undefined) {
    if (content.some((octet) => octet > 127)) throw reader.refusal('A GeneralName has an octet above 127.');
    return { kind, value: new TextDecoder().decode(content) };
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
  if (![0xa0, 0xa3, 0xa5].includes(tag)) throw reader.refusal('A GeneralName has an unknown kind.');
  return { kind: 'other', der: bytes };
}

/** GeneralNames under a SEQUENCE, or under the implicit tag given; at least one. */
export function readGeneralNames(reader: DerReader, tag: number = TAG.sequence): readonly GeneralName[] {
  return reader.inside(tag, (inner) => {
    const names = inner.every(readGeneralName);
    if (names.length === 0) throw inner.refusal('GeneralNames is empty.');
    return names;
  });
}

export function encodeUri(uri: string): Uint8Array {
  return ia5String(uri, 0x86);
}
