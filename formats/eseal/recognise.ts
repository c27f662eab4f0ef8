// Whether bytes look like a seal or the use of one, told by the first values alone, however broken the rest is.
import { TAG } from '../x509/der.ts';

interface Header {
  readonly tag: number;
  readonly contentStart: number;
  readonly end: number;
}

function headerAt(bytes: Uint8Array, at: number): Header | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return null;
  if (first < 0x80) return { tag, contentStart: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  if (count === 0 || count > 4) return null;
  let length = 0;
  for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  return { tag, contentStart: at + 2 + count, end: at + 2 + count + length };
}

/** Goes into so many SEQUENCEs from `at`; null where one of them is none. */
function descend(bytes: Uint8Array, at: number, levels: number): number | null {
  let position = at;
  for (let level = 0; level < levels; level += 1) {
    const found = headerAt(bytes, position);
    if (found?.tag !== TAG.sequence) return null;
    position = found.contentStart;
  }
  return position;
}

/** SES_Header begins with the IA5String `ES`. */
function beginsHeader(bytes: Uint8Array, at: number | null): boolean {
  return at !== null && [TAG.ia5String, 2, 0x45, 0x53].every((octet, index) => bytes[at + index] === octet);
}

/** Tags of the values that stand at the top, as far as the bytes reach. */
function topTags(bytes: Uint8Array): readonly number[] {
  const top = headerAt(bytes, 0);
  const tags: number[] = [];
  if (top?.tag !== TAG.sequence) return tags;
  for (let at = top.contentStart; at < Math.min(top.end, bytes.length) && tags.length < 6;) {
    const found = headerAt(bytes, at);
    if (found === null) break;
    tags.push(found.tag);
    at = found.end;
  }
  return tags;
}

/**
 * @param bytes - the whole, or at least its first hundred bytes; from the whole, what lacks its header is recognised too.
 * @returns null where it is neither. Nothing is promised of what is: the reader decides.
 */
export function recogniseSeal(bytes: Uint8Array): 'seal' | 'seal-signature' | null {
  if (beginsHeader(bytes, descend(bytes, 0, 3))) return 'seal';
  const signedPart = descend(bytes, 0, 2);
  const version = signedPart === null ? null : headerAt(bytes, signedPart);
  const signed = version?.tag === TAG.integer;
  if (signed && beginsHeader(bytes, descend(bytes, version.end, 3))) return 'seal-signature';
  // A certificate, a list and a SignedData have no OCTET STRING in second place.
  const [first, second, third] = topTags(bytes);
  if (first === TAG.sequence && second === TAG.octetString && third === TAG.oid)
    return signed ? 'seal-signature' : 'seal';
  return null;
}
