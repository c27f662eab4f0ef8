// Certification requests judged: proof of possession, kind and strength of the key, and what is asked for matched, never copied.
import { createPublicKey } from 'node:crypto';
import { CryptoError } from '../crypto/errors.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import { signatureNameOf, type KeyType, type SubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import { parseCertificationRequest, type CertificationRequest } from '../formats/x509/csr.ts';
import {
  readBasicConstraints,
  readExtension,
  readKeyUsage,
  readOidList,
  type Extension,
} from '../formats/x509/extensions.ts';
import { readGeneralNames } from '../formats/x509/general-name.ts';
import type { Name } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import { keyIdentifierOf } from './build-extensions.ts';
import { CaError } from './errors.ts';
import type { Profile } from './profile.ts';

/** What the request's own words are held against: the subject as it was registered. */
export interface RegisteredSubject {
  readonly organization?: string | undefined;
  readonly creditCode?: string | undefined;
  readonly commonName?: string | undefined;
  readonly surname?: string | undefined;
  readonly givenName?: string | undefined;
  readonly dnsNames?: readonly string[] | undefined;
}

const KEY_NAMES: Readonly<Record<KeyType, string>> = {
  p256: 'P-256',
  p384: 'P-384',
  p521: 'P-521',
  rsa: 'RSA',
  'rsa-pss': 'RSA restricted to PSS',
  ed25519: 'Ed25519',
  sm2: 'SM2',
};
/** NIST SP 800-131A: shorter moduli are disallowed; longer ones than the most cost every verifier too much. */
const RSA_BITS = { least: 2048, most: 8192 };

/**
 * Reads a request and takes the key out of it.
 * @returns SubjectPublicKeyInfo DER: the only thing that goes from the request into the certificate.
 * @throws FormatError for what is no PKCS #10; CaError `profile-violation` (a kind of key the profile does not certify),
 *   `key-weak`, `csr-proof-refused`, `csr-extension-refused`, `csr-subject-refused`.
 */
export function checkedRequestKey(der: Uint8Array, profile: Profile, subject: RegisteredSubject): Uint8Array {
  const request = parseCertificationRequest(der);
  requireKey(request.subjectPublicKeyInfo, profile);
  requireProof(request);
  for (const extension of request.requestedExtensions.values())
    requireExtension(request, extension, profile, subject);
  requireSubject(request.subject, subject);
  return request.subjectPublicKeyInfo.der;
}

/** @throws CaError `profile-violation`, `key-weak`. */
export function requireKey(key: SubjectPublicKeyInfo, profile: Profile): void {
  const allowed = profile.keyTypes.value;
  if (key.keyType === null || !allowed.includes(key.keyType)) {
    const name = key.keyType === null ? 'of a kind unknown here' : KEY_NAMES[key.keyType];
    throw new CaError(
      'profile-violation',
      `The key is ${name}; the profile ${profile.name} certifies ${allowed.map((type) => KEY_NAMES[type]).join(', ')} (${profile.keyTypes.clause}).`,
    );
  }
  if (key.keyType === 'rsa') requireRsa(key.der);
}

function requireRsa(spki: Uint8Array): void {
  let details;
  try {
    details = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).asymmetricKeyDetails;
  } catch (cause) {
    throw new CaError('key-weak', 'The RSA key cannot be read.', { cause });
  }
  const { modulusLength = 0, publicExponent = 0n } = details ?? {};
  if (modulusLength < RSA_BITS.least || modulusLength > RSA_BITS.most) {
    throw new CaError(
      'key-weak',
      `The RSA key has ${modulusLength} bits; ${RSA_BITS.least} to ${RSA_BITS.most} are taken.`,
    );
  }
  // FIPS 186-5 appendix A.1.1: odd, above 2^16.
  if (publicExponent < 65537n || publicExponent % 2n === 0n) {
    throw new CaError('key-weak', 'The RSA key has a public exponent below 65537, or an even one.');
  }
}

/** RFC 2986 section 3: the request is signed by the key it carries, with an algorithm that still proves something. */
function requireProof(request: CertificationRequest): void {
  const algorithm = signatureNameOf(request.signatureAlgorithm);
  if (algorithm === null) {
    throw new CaError('csr-proof-refused', 'The request is signed by an algorithm unknown here.');
  }
  if (/^(ES|RS)1$/.test(algorithm)) {
    throw new CaError(
      'csr-proof-refused',
      'The request is signed over SHA-1, which proves nothing any more.',
    );
  }
  const publicKey = request.subjectPublicKeyInfo.der;
  try {
    const { info: message, signature } = request;
    if (verifySignature({ algorithm, publicKey, message, signature, pairing: 'x509' })) return;
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new CaError('csr-proof-refused', `The request's signature does not count: ${cause.message}`, {
      cause,
    });
  }
  throw new CaError('csr-proof-refused', 'The request is not signed by the key it carries.');
}

/** Every requested extension must be what the profile gives anyway; one it does not give refuses the request. */
function requireExtension(
  request: CertificationRequest,
  extension: Extension,
  profile: Profile,
  subject: RegisteredSubject,
): void {
  const { requestedExtensions: asked, subjectPublicKeyInfo: key } = request;
  const refuse = (what: string): never => {
    throw new CaError('csr-extension-refused', `${what} (profile ${profile.name}).`);
  };
  const read = <T>(reader: Parameters<typeof readExtension<T>>[3]): T | null =>
    readExtension(asked, extension.oid, 'csr-malformed', reader);
  switch (extension.oid) {
    case OID.keyUsage: {
      const usages = read(readKeyUsage) ?? new Set();
      if (!sameSet([...usages], profile.keyUsage.value)) {
        refuse(
          `The request asks for the key usage ${[...usages].join(', ')}; the profile gives ${profile.keyUsage.value.join(', ')}`,
        );
      }
      return;
    }
    case OID.extendedKeyUsage: {
      const given = profile.extendedKeyUsage?.value.oids ?? [];
      if (!sameSet(read(readOidList) ?? [], given)) {
        refuse(
          `The request asks for other extended key usages than the profile gives: ${given.join(', ') || 'none'}`,
        );
      }
      return;
    }
    case OID.basicConstraints:
      if ((read(readBasicConstraints)?.ca ?? false) !== (profile.basicConstraints?.value.ca ?? false)) {
        refuse('The request asks to be an authority, and the profile makes none');
      }
      return;
    case OID.subjectKeyIdentifier: {
      const identifier = read((reader) => reader.octetString());
      if (identifier === null || !sameBytes(identifier, keyIdentifierOf(key))) {
        refuse('The request asks for another key identifier than the one made of its key');
      }
      return;
    }
    case OID.subjectAltName: {
      const names = read((reader) => readGeneralNames(reader)) ?? [];
      const dns = names.flatMap((name) => (name.kind === 'dns' ? [name.value.toLowerCase()] : []));
      if (dns.length !== names.length || !sameSet(dns, subject.dnsNames ?? [])) {
        refuse('The request asks for other alternative names than were registered');
      }
      return;
    }
    default:
      refuse(
        `The request asks for the extension ${extension.oid}, which the profile does not take from requests`,
      );
  }
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  const set = new Set(one);
  return set.size === new Set(other).size && other.every((each) => set.has(each));
}

/** What a certificate of a demonstration adds to its organisation may stand in the request or not. */
const DEMONSTRATION = '（演示）';

/** A request may name its subject or not; what it names must be what was registered. Other attributes are not looked at. */
function requireSubject(name: Name, subject: RegisteredSubject): void {
  const plain = (text: string): string => text.replace(DEMONSTRATION, '').normalize('NFC').trim();
  const registered: ReadonlyMap<string, readonly [string, string | undefined]> = new Map([
    [OID.countryName, ['country', 'CN']],
    [OID.organizationName, ['organisation', subject.organization]],
    [
      OID.organizationIdentifier,
      ['organisation identifier', subject.creditCode && `NTRCN-${subject.creditCode}`],
    ],
    [OID.commonName, ['common name', subject.commonName]],
    [OID.surname, ['surname', subject.surname]],
    [OID.givenName, ['given name', subject.givenName]],
  ]);
  for (const { type, value } of name.rdns.flat()) {
    const expected = registered.get(type);
    if (expected === undefined) continue;
    const [what, own] = expected;
    // A common name of ours may be made here (a pseudonym, a seal code): then there is nothing to contradict.
    if (own === undefined && type === OID.commonName) continue;
    if (value === null || own === undefined || plain(value) !== plain(own)) {
      throw new CaError(
        'csr-subject-refused',
        `The ${what} in the request is not the one that was registered. Leave the request's subject empty, or make it the same.`,
      );
    }
  }
}
