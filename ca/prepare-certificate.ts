// A certificate up to its signature, and from it on: validate, build, lint; sign, compare. Nothing is stored here.
import { keyIdOf } from '../crypto/algorithms.ts';
import { keyWeakness } from '../crypto/sound-key.ts';
import { toHex } from '../formats/bytes.ts';
import {
  encodeSignatureAlgorithm,
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from '../formats/x509/algorithm.ts';
import {
  encodeCertificate,
  encodeTbsCertificate,
  parseKinCertificate,
  type Certificate,
} from '../formats/x509/certificate.ts';
import { profileExtensions, keyIdentifierOf } from './build-extensions.ts';
import { compareWithDraft } from './compare.ts';
import { CaError } from './errors.ts';
import type { IssueRequest } from './issue-request.ts';
import { lintForSigning, type LintedBytes } from './linted.ts';
import { underWayDuring } from './opinion-thread.ts';
import { shardOf, type Authority, type CaParts } from './parts.ts';
import type { Profile } from './profile.ts';
import { profileOf } from './profiles/list.ts';
import type { Intention } from './store.ts';
import { prepareSubject, registeredText } from './subject.ts';
import { validityOf } from './validity.ts';

/**
 * 17 octets: a leading 1 keeps it positive and of one length, 128 bits are random (RFC 5280 section 4.1.2.2), so nodes
 * need not agree on anything; the unique key of the table catches what chance would.
 */
function newSerial(parts: Pick<CaParts, 'random'>): Uint8Array {
  const serial = new Uint8Array(17);
  serial[0] = 1;
  serial.set(parts.random(16), 1);
  return serial;
}

/** Who may sign what. @throws CaError `profile-violation`, `authority-retired`. */
function validate(request: IssueRequest): Profile {
  const { authority } = request;
  const profile = profileOf(request.profile, authority.hierarchy, request.certifies ?? null);
  if (
    !profile.authorities.includes(authority.kind) ||
    (authority.certificate === null) !== (profile.name === 'root')
  ) {
    throw new CaError('profile-violation', `The authority ${authority.name} does not issue ${profile.name}.`);
  }
  requireActive(authority.state, profile, authority.name);
  return profile;
}

/** A retired authority still delegates the answers about what it issued, and nothing else. */
export function requireActive(state: Authority['state'], profile: Profile, name: string): void {
  if (state !== 'active' && profile.name !== 'ocsp-responder') {
    throw new CaError('authority-retired', `The authority ${name} issues nothing any more.`);
  }
}

/** @throws CaError `profile-violation` for a kind of key the profile does not certify, `key-weak`. */
function requireSoundKey(key: SubjectPublicKeyInfo, profile: Profile): SubjectPublicKeyInfo {
  if (key.keyType === null || !profile.keyTypes.value.includes(key.keyType)) {
    throw new CaError(
      'profile-violation',
      `The profile ${profile.name} certifies keys of ${profile.keyTypes.value.join(', ')} (${profile.keyTypes.clause}).`,
    );
  }
  const weakness = keyWeakness(key);
  if (weakness !== null) throw new CaError('key-weak', `The key has ${weakness}.`);
  return key;
}

/** A certificate that was validated, built and linted, and what is to be recorded before it is signed. */
export interface PreparedCertificate {
  readonly profile: Profile;
  readonly key: SubjectPublicKeyInfo;
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  /** The certificate as it will be, under a signature of zeros. */
  readonly draft: Certificate;
  readonly intention: Intention;
  readonly linted: LintedBytes;
}

/**
 * Validates a request, builds the exact bytes to be signed, and lints them.
 * @throws CaError `profile-violation`, `authority-retired`, `key-weak`, `lint-failed`, `hierarchy-damaged`; FormatError
 *   for what is no public key.
 */
export function prepareCertificate(
  parts: Pick<CaParts, 'clock' | 'random' | 'index' | 'cipher'>,
  request: IssueRequest,
): PreparedCertificate {
  const profile = validate(request);
  const { authority } = request;
  const now = parts.clock();
  const serialNumber = newSerial(parts);
  const serial = toHex(serialNumber);
  const subject = prepareSubject(parts, request, profile, serial);
  const signatureAlgorithm = encodeSignatureAlgorithm(authority.key.algorithm);
  const key = requireSoundKey(parseSubjectPublicKeyInfo(request.publicKey), profile);
  const issuerKeyIdentifier =
    authority.certificate === null ? keyIdentifierOf(key) : authority.certificate.subjectKeyIdentifier;
  if (issuerKeyIdentifier === null)
    throw new CaError('hierarchy-damaged', 'The authority has no key identifier.');
  const { notBefore, notAfter } = validityOf(request, profile, now);
  const shard = shardOf(serialNumber, authority.shards);
  const tbs = encodeTbsCertificate({
    serialNumber,
    signatureAlgorithm,
    issuer: authority.certificate?.subject.der ?? subject.der,
    notBefore,
    notAfter,
    subject: subject.der,
    subjectPublicKeyInfo: key.der,
    extensions: profileExtensions({
      profile,
      key,
      issuerKeyIdentifier,
      issuer: authority.certificate,
      authority: authority.name,
      publicUrl: authority.publicUrl,
      shard,
      notBefore,
      hosts: subject.hosts,
      organizationCode: subject.organizationCode,
    }),
  });
  const draft = parseKinCertificate(encodeCertificate(tbs, signatureAlgorithm, new Uint8Array(64)));
  const linted = lintForSigning({
    certificate: draft,
    profile,
    issuer: authority.certificate ?? draft,
    authority,
  });
  const intention = {
    serial,
    authority: authority.name,
    profile: profile.name,
    subject: registeredText(draft.subject, subject.pseudonym !== null),
    keyId: certifiedKeyId(key),
    shard,
    subjectKey: subject.subjectKey,
    pseudonym: subject.pseudonym,
    identityCipher: subject.identityCipher,
    replaces: request.replaces ?? null,
    enrolment: request.enrolment ?? null,
    notBefore,
    notAfter,
    at: now,
  };
  return { profile, key, tbs, signatureAlgorithm, draft, intention, linted };
}

/** `SigningKey.id` of a key to certify. */
function certifiedKeyId(key: SubjectPublicKeyInfo): string {
  return keyIdOf(key.der, key.keyType === 'sm2' ? 'SM2SM3' : 'ES256');
}

/** The finished certificate of a prepared one. */
export interface SignedCertificate {
  readonly der: Uint8Array;
  readonly certificate: Certificate;
}

/**
 * Signs what was prepared, once, and accepts it only where it reads as meant and verifies with the issuer's public key.
 * @throws CaError `self-check-failed`, `root-offline`; CryptoError where the key cannot be used.
 */
export function signPrepared(
  { tbs, signatureAlgorithm, draft, linted }: PreparedCertificate,
  { key, certificate: issuer }: Pick<IssueRequest['authority'], 'key' | 'certificate'>,
): Promise<SignedCertificate> {
  return underWayDuring(async () => {
    const der = encodeCertificate(tbs, signatureAlgorithm, await linted.sign(key, tbs));
    return { der, certificate: await compareWithDraft(draft, der, issuer ?? draft) };
  });
}
