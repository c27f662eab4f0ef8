// ECDSA signatures: DER `SEQUENCE { r, s }` (X.509, CMS) and fixed-length r‖s (JOSE, COSE, WebCrypto).
import { joinBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { readDer, type DerReader } from './der.ts';
import { sequence, unsignedInteger } from './der-writer.ts';

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
  const scalars = [raw.subarray(0, half), raw.subarray(half)];
  if (![64, 96, 132].includes(raw.length) || scalars.some((scalar) => scalar.every((octet) => octet === 0))) {
    throw new FormatError(
      'signature-malformed',
      'A raw ECDSA signature has a wrong length or a zero scalar.',
    );
  }
  return sequence(...scalars.map(unsignedInteger));
}
