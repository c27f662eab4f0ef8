// ECDSA signatures: DER `SEQUENCE { r, s }` (X.509, CMS) and fixed-length r‖s (JOSE, COSE, WebCrypto).
import { joinBytes, shortLived } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { TAG, readDer, type DerReader } from './der.ts';
import { taggedSize } from './der-writer.ts';

function readScalar(reader: DerReader, size: number): Uint8Array {
  const content = reader.integer(size + 1);
  const magnitude = content[0] === 0 ? content.subarray(1) : content;
  if ((content[0] ?? 0x80) >= 0x80 || magnitude.length === 0 || magnitude.length > size) {
    throw reader.refusal('An ECDSA signature has a scalar that is not positive or too long.');
  }
  return joinBytes([new Uint8Array(size - magnitude.length), magnitude]);
}

/**
 * @param size - bytes of one scalar: 32 for P-256 and SM2, 48 for P-384, 66 for P-521.
 * @returns r‖s of 2 × `size` bytes.
 * @throws FormatError `signature-malformed` and the reader's codes, so one signature has one form (RFC 3279 section 2.2.3).
 */
export function derToRaw(der: Uint8Array, size: 32 | 48 | 66): Uint8Array {
  return readDer(der, { maxBytes: 2 * size + 12, maxDepth: 1 }, 'signature-malformed', (reader) =>
    reader.sequence((pair) => joinBytes([readScalar(pair, size), readScalar(pair, size)])),
  );
}

/**
 * The DER `SEQUENCE { r, s }` of an SM2 signature value (GB/T 35276 clause 7.3) as makers of seals and of GB/T 35275
 * messages write it: DER, or the 64 bytes r‖s.
 * @returns null where it is neither.
 */
export function sm2ValueToDer(value: Uint8Array): Uint8Array | null {
  try {
    if (value.length === 64) return rawToDer(value);
    derToRaw(value, 32);
    return value;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/**
 * @param raw - r‖s of equal halves, 64, 96 or 132 bytes.
 * @throws FormatError `signature-malformed` for another length or a zero scalar.
 */
export function rawToDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const starts = [firstOctet(raw, 0, half), firstOctet(raw, half, raw.length)] as const;
  if (![64, 96, 132].includes(raw.length) || starts[0] === half || starts[1] === raw.length) {
    throw new FormatError(
      'signature-malformed',
      'A raw ECDSA signature has a wrong length or a zero scalar.',
    );
  }
  const sizes = [integerSize(raw, starts[0], half), integerSize(raw, starts[1], raw.length)] as const;
  const content = taggedSize(sizes[0]) + taggedSize(sizes[1]);
  const size = taggedSize(content);
  const der = shortLived(size);
  der[0] = TAG.sequence;
  // Of P-521 alone the length takes a second octet.
  if (content >= 0x80) der[1] = 0x81;
  der[size - content - 1] = content;
  putInteger(der, size - content, sizes[0], raw, starts[0], half);
  putInteger(der, size - taggedSize(sizes[1]), sizes[1], raw, starts[1], raw.length);
  return der;
}

/** Where the number begins behind its zeros; `end` where it is zero. */
function firstOctet(raw: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && raw[at] === 0) at += 1;
  return at;
}

/** Octets of the INTEGER's content: a zero stands before a set highest bit. */
function integerSize(raw: Uint8Array, start: number, end: number): number {
  return end - start + ((raw[start] ?? 0) >= 0x80 ? 1 : 0);
}

/** Writes an INTEGER of `size` octets of content, whose number stands in `raw` from `start` to `end`, to `at`. */
function putInteger(
  der: Uint8Array,
  at: number,
  size: number,
  raw: Uint8Array,
  start: number,
  end: number,
): void {
  der[at] = TAG.integer;
  der[at + 1] = size;
  // Octet by octet: for so few a view and a call cost more.
  let to = at + 2 + size - (end - start);
  for (let from = start; from < end; from += 1) der[to++] = raw[from] ?? 0;
}

/**
 * Whether the DER `SEQUENCE { r, s }` is in its one form and both lie in 1 … order − 1 (FIPS 186-5 section 6.4.2 step 1).
 * As `derToRaw` and a comparison, on the bytes where they stand.
 * @param order - the order of the curve's group, big-endian, of as many octets as a scalar.
 */
export function isEcdsaSignature(der: Uint8Array, order: Uint8Array): boolean {
  // Of P-521 alone the content takes more than 127 octets and its length a second one.
  const long = der[1] === 0x81;
  const content = long ? 3 : 2;
  const length = der[content - 1] ?? 0;
  if (der[0] !== TAG.sequence || length >= 0x80 !== long || content + length !== der.length) return false;
  const second = scalarEnd(der, content, order);
  return second > 0 && scalarEnd(der, second, order) === der.length;
}

/** Where the INTEGER at `start` ends; 0 where it is none in its shortest form, or none of 1 … order − 1. */
function scalarEnd(der: Uint8Array, start: number, order: Uint8Array): number {
  const length = der[start + 1] ?? 0;
  const end = start + 2 + length;
  if (der[start] !== TAG.integer || length === 0 || length > order.length + 1 || end > der.length) return 0;
  const first = der[start + 2] ?? 0;
  // Negative, or a zero in front that the number does not need; zero itself needs one and is none of them.
  if (first >= 0x80 || (first === 0 && (length === 1 || (der[start + 3] ?? 0) < 0x80))) return 0;
  const begin = first === 0 ? start + 3 : start + 2;
  if (end - begin !== order.length) return end - begin < order.length ? end : 0;
  for (let at = 0; at < order.length; at += 1) {
    const difference = (der[begin + at] ?? 0) - (order[at] ?? 0);
    if (difference !== 0) return difference < 0 ? end : 0;
  }
  return 0;
}
