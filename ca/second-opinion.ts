// A finished certificate as OpenSSL's parser reads it, held against what was meant, and its signature checked: a pure
// question over plain values, so that it can be answered on any thread.
import { X509Certificate } from 'node:crypto';
import { verifySignature } from '../crypto/verify-signature.ts';
import type { SignatureName } from '../formats/x509/algorithm.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import type { Name } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';

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

const two = (value: number, fill = '0'): string => (value < 10 ? fill : '') + String(value);

/** As OpenSSL writes a time: `Nov 22 05:06:07 2026 GMT`, the day padded with a space. */
function opensslTime(time: Date): string {
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
  return `${MONTHS[time.getUTCMonth()] ?? ''} ${two(time.getUTCDate(), ' ')} ${clock} ${time.getUTCFullYear()} GMT`;
}

/** OpenSSL's words for the attribute types that stand in names of ours; others go by their identifiers. */
const TYPES: Readonly<Record<string, string>> = {
  [OID.countryName]: 'C',
  [OID.stateOrProvinceName]: 'ST',
  [OID.localityName]: 'L',
  [OID.organizationName]: 'O',
  [OID.organizationalUnitName]: 'OU',
  [OID.organizationIdentifier]: 'organizationIdentifier',
  [OID.surname]: 'SN',
  [OID.givenName]: 'GN',
  [OID.serialNumber]: 'serialNumber',
  [OID.commonName]: 'CN',
  [OID.domainComponent]: 'DC',
};
const METHODS: Readonly<Record<string, string>> = { [OID.ocsp]: 'OCSP', [OID.caIssuers]: 'CA Issuers' };

/** As OpenSSL writes a name: an attribute a line, escaped as in RFC 2253 section 2.4. */
function opensslName({ rdns }: Name): string {
  return rdns
    .map((rdn) => rdn.map(({ type, value }) => `${TYPES[type] ?? type}=${escaped(value ?? '')}`).join(' + '))
    .join('\n');
}

/** OpenSSL does not escape a `#` that is all there is: to it that character is the last one, not the first. */
const ESCAPED = /["+,;<>\\]|^[ #](?!$)| $/;
const EVERY_ESCAPED = new RegExp(ESCAPED.source, 'g');

function escaped(value: string): string {
  // Most have nothing of the kind, and finding that out costs less than replacing.
  return ESCAPED.test(value) ? value.replace(EVERY_ESCAPED, '\\$&') : value;
}

/** As Node writes authorityInfoAccess, but for the end of the last line. */
function addresses({ authorityInfoAccess }: Certificate): string {
  return (authorityInfoAccess ?? [])
    .map(({ method, location }) => {
      const place = location.kind === 'uri' ? `URI:${location.value}` : location.kind;
      return `${METHODS[method] ?? method} - ${place}`;
    })
    .join('\n');
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
 * Serial, dates, CA, extended key usage, host names, subject, addresses and key, in the words that OpenSSL's parser has for
 * them.
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
    opensslName(draft.subject),
    addresses(draft),
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
    other.subject,
    other.infoAccess?.trimEnd() ?? '',
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
