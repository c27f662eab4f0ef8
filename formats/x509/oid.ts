// Object identifiers: dotted text to DER content and back, and the ones this system names.
import { FormatError } from '../errors.ts';

/** Longest content accepted; room for a 128-bit arc under 2.25 and its leaves. */
const MAX_CONTENT = 64;

/**
 * Content octets of an OBJECT IDENTIFIER (X.690 clause 8.19).
 * @throws FormatError `value-out-of-range` where the text is no dotted identifier.
 */
export function encodeOidContent(text: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9][0-9]*))+$/.test(text)) {
    throw new FormatError('value-out-of-range', `"${text}" is not an object identifier.`);
  }
  const arcs = text.split('.');
  const root = Number(arcs[0]);
  if (root < 2 && Number(arcs[1]) > 39) {
    throw new FormatError('value-out-of-range', `"${text}" is not an object identifier.`);
  }
  const octets: number[] = [];
  pushArc(octets, root === 0 ? (arcs[1] ?? '') : (BigInt(arcs[1] ?? '') + BigInt(root * 40)).toString());
  for (let index = 2; index < arcs.length; index += 1) pushArc(octets, arcs[index] ?? '');
  return Uint8Array.from(octets);
}

/** Base 128, highest digit first, every digit but the last marked (X.690 clause 8.19.2). Big numbers are rare and slow. */
function pushArc(octets: number[], arc: string): void {
  const start = octets.length;
  if (arc.length < 15) {
    let left = Number(arc);
    do {
      octets.push((left % 128) | 128);
      left = Math.floor(left / 128);
    } while (left > 0);
  } else {
    for (let left = BigInt(arc); left > 0n; left >>= 7n) octets.push(Number(left & 127n) | 128);
  }
  octets[start] = (octets[start] ?? 0) & 127;
  // Digits were pushed lowest first.
  for (let low = start, high = octets.length - 1; low < high; low += 1, high -= 1) {
    [octets[low], octets[high]] = [octets[high] ?? 0, octets[low] ?? 0];
  }
}

/** What was read before, by a digest of the content: the identifiers met are few and come again and again. */
const readBefore = new Map<number, { readonly content: Uint8Array; readonly text: string }>();

/** Dotted text of DER content, which stands in `bytes` and was checked by `checkOidContent`. */
export function decodeOidContent(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  // FNV-1a finds the place only; the bytes themselves are compared.
  let place = 0x811c9dc5;
  for (let at = start; at < end; at += 1) place = Math.imul(place ^ (bytes[at] ?? 0), 0x01000193);
  const known = readBefore.get(place);
  if (known !== undefined && standsAt(bytes, start, end, known.content)) return known.text;
  const content = bytes.subarray(start, end);
  const text = dottedText(content);
  // Foreign input cannot fill the memory, nor push out what is there.
  if (known === undefined && readBefore.size < 1024)
    readBefore.set(place, { content: Uint8Array.from(content), text });
  return text;
}

function standsAt(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  let same = wanted.length === end - start;
  for (let at = 0; same && at < wanted.length; at += 1) same = bytes[start + at] === wanted[at];
  return same;
}

function dottedText(content: Uint8Array): string {
  const arcs: string[] = [];
  let small = 0;
  let large = 0n;
  let isLarge = false;
  for (const octet of content) {
    if (!isLarge && small > 2 ** 44) {
      isLarge = true;
      large = BigInt(small);
    }
    if (isLarge) large = (large << 7n) | BigInt(octet & 127);
    else small = small * 128 + (octet & 127);
    if (octet >= 128) continue;
    if (arcs.length === 0) {
      const root = isLarge || small >= 80 ? 2 : small < 40 ? 0 : 1;
      arcs.push(String(root), isLarge ? (large - 80n).toString() : String(small - root * 40));
    } else {
      arcs.push(isLarge ? large.toString() : small.toString());
    }
    small = 0;
    isLarge = false;
  }
  return arcs.join('.');
}

/** Whether the content is a minimal, complete encoding of bounded length (an overlong arc hides another identifier). */
export function checkOidContent(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  if (end <= start || end - start > MAX_CONTENT) return false;
  let atStart = true;
  for (let at = start; at < end; at += 1) {
    const octet = bytes[at] ?? 0;
    if (atStart && octet === 0x80) return false;
    atStart = octet < 128;
  }
  return atStart;
}

/** The identifiers this system reads or writes, by their names in the standards. */
export const OID = {
  // Attribute types (X.520)
  commonName: '2.5.4.3',
  surname: '2.5.4.4',
  serialNumber: '2.5.4.5',
  countryName: '2.5.4.6',
  localityName: '2.5.4.7',
  stateOrProvinceName: '2.5.4.8',
  streetAddress: '2.5.4.9',
  organizationName: '2.5.4.10',
  organizationalUnitName: '2.5.4.11',
  title: '2.5.4.12',
  givenName: '2.5.4.42',
  organizationIdentifier: '2.5.4.97',
  emailAddress: '1.2.840.113549.1.9.1',
  userId: '0.9.2342.19200300.100.1.1',
  domainComponent: '0.9.2342.19200300.100.1.25',
  // Extensions (RFC 5280, RFC 6960)
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  privateKeyUsagePeriod: '2.5.29.16',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  anyPolicy: '2.5.29.32.0',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  noRevocationAvailable: '2.5.29.56',
  expiredCertsOnCrl: '2.5.29.60',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  qcStatements: '1.3.6.1.5.5.7.1.3',
  /** Of GB/T 20518: the organisation's code, today its unified social credit code. */
  organizationCode: '1.2.156.10260.4.1.4',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  // Access methods and extended key usages
  ocsp: '1.3.6.1.5.5.7.48.1',
  ocspBasic: '1.3.6.1.5.5.7.48.1.1',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  ocspArchiveCutoff: '1.3.6.1.5.5.7.48.1.6',
  ocspExtendedRevoke: '1.3.6.1.5.5.7.48.1.9',
  caIssuers: '1.3.6.1.5.5.7.48.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  documentSigning: '1.3.6.1.5.5.7.3.36',
  // Statements and policies of ETSI (EN 319 412-1, EN 319 411-1)
  qcSyntaxV2: '1.3.6.1.5.5.7.11.2',
  semanticsNaturalPerson: '0.4.0.194121.1.1',
  semanticsLegalPerson: '0.4.0.194121.1.2',
  normalizedPolicy: '0.4.0.2042.1.1',
  // Public keys and signatures
  rsaEncryption: '1.2.840.113549.1.1.1',
  mgf1: '1.2.840.113549.1.1.8',
  rsassaPss: '1.2.840.113549.1.1.10',
  sha1WithRsa: '1.2.840.113549.1.1.5',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
  ecPublicKey: '1.2.840.10045.2.1',
  ecdsaWithSha1: '1.2.840.10045.4.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
  ed25519: '1.3.101.112',
  sm2WithSm3: '1.2.156.10197.1.501',
  sm2Signature: '1.2.156.10197.1.301.1',
  p256: '1.2.840.10045.3.1.7',
  p384: '1.3.132.0.34',
  p521: '1.3.132.0.35',
  sm2Curve: '1.2.156.10197.1.301',
  // Digests
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  sm3: '1.2.156.10197.1.401',
  // CMS, ESS, time-stamps
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  // The same by GB/T 35275
  gmData: '1.2.156.10197.6.1.4.2.1',
  gmSignedData: '1.2.156.10197.6.1.4.2.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  extensionRequest: '1.2.840.113549.1.9.14',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signatureTimeStamp: '1.2.840.113549.1.9.16.2.14',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  certificateValues: '1.2.840.113549.1.9.16.2.23',
  revocationValues: '1.2.840.113549.1.9.16.2.24',
  archiveTimeStampV3: '0.4.0.1733.2.4',
  atsHashIndex: '0.4.0.1733.2.5',
  atsHashIndexV3: '0.4.0.19122.1.5',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  ocspRevocationInfo: '1.3.6.1.5.5.7.16.2',
  cmsAlgorithmProtection: '1.2.840.113549.1.9.52',
} as const;
