// A finished certificate as OpenSSL's parser reads it, held against what was meant, and its signature checked: a pure
// question over plain values, so that it can be answered on any thread.
import { X509Certificate } from 'node:crypto';
import { verifySignature } from '../crypto/verify-signature.ts';
import type { SignatureName } from '../formats/x509/algorithm.ts';
import type { Certificate } from '../formats/x509/certificate.ts';

/** Few and flat values: they cross to another thread. */
export interface OpinionQuestion {
  readonly der: Uint8Array;
  /** Where the signed part stands in `der`, and where the signature. */
  readonly tbs: readonly [start: number, end: number];
  readonly signature: readonly [start: number, end: number];
  readonly algorithm: SignatureName;
  /** SubjectPublicKeyInfo DER of the issuer. */
  readonly issuerKey: Uint8Array;
  /** What another parser must read, see `readingOf`. */
  readonly reading: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As OpenSSL writes a time: `Nov 22 05:06:07 2026 GMT`, the day padded with a space. */
function opensslTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
  const day = String(time.getUTCDate()).padStart(2);
  return `${MONTHS[time.getUTCMonth()] ?? ''} ${day} ${clock} ${time.getUTCFullYear()} GMT`;
}

const line = (parts: readonly (string | number | boolean)[]): string => parts.join('\n');

/** A point by its coordinates: writing DER anew costs OpenSSL more than signing. Other keys by their whole encoding. */
function keyReading({ keyType, publicKey, der }: Certificate['subjectPublicKeyInfo']): string {
  const size = { p256: 32, p384: 48 }[keyType as string];
  if (size === undefined || publicKey.length !== 1 + 2 * size) return `spki ${base64url(der)}`;
  const point = (from: number): string => base64url(publicKey.subarray(from, from + size));
  return `P-${size * 8} ${point(1)} ${point(1 + size)}`;
}

function keyReadBy({ publicKey }: X509Certificate, wanted: string): string {
  if (!wanted.includes('\nP-')) {
    return `spki ${publicKey.export({ format: 'der', type: 'spki' }).toString('base64url')}`;
  }
  const { crv, x, y } = publicKey.export({ format: 'jwk' });
  return `${crv ?? ''} ${x ?? ''} ${y ?? ''}`;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

/**
 * Serial, dates, CA, extended key usage, host names, number of subject attributes and key, in the words that OpenSSL's
 * parser has for them.
 * @param draft - what was meant, read from the very bytes that were signed.
 */
export function readingOf(draft: Certificate): string {
  return line([
    draft.serialHex,
    opensslTime(draft.notBefore),
    opensslTime(draft.notAfter),
    draft.basicConstraints?.ca ?? false,
    (draft.extendedKeyUsage ?? []).join(),
    (draft.subjectAltName ?? [])
      .flatMap((name) => (name.kind === 'dns' ? [`DNS:${name.value}`] : []))
      .join(', '),
    draft.subject.rdns.length,
    keyReading(draft.subjectPublicKeyInfo),
  ]);
}

function readBy(other: X509Certificate, wanted: string): string {
  return line([
    other.serialNumber.toLowerCase(),
    other.validFrom,
    other.validTo,
    other.ca,
    // Node's `keyUsage` is the extended one.
    ((other.keyUsage as readonly string[] | undefined) ?? []).join(),
    other.subjectAltName ?? '',
    other.subject.split('\n').length,
    keyReadBy(other, wanted),
  ]);
}

/** Whether Node's parser (OpenSSL's) reads what was meant, and the issuer's key made the signature. */
export function agrees({ der, tbs, signature, algorithm, issuerKey, reading }: OpinionQuestion): boolean {
  return (
    readBy(new X509Certificate(der), reading) === reading &&
    verifySignature({
      algorithm,
      publicKey: issuerKey,
      message: der.subarray(...tbs),
      signature: der.subarray(...signature),
    })
  );
}
