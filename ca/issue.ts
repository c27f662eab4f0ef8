// Issues a certificate: validate, build, lint, intend, sign, compare, complete.
import { keyIdOf, labelledDigest } from '../crypto/algorithms.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
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
  parseCertificate,
  type Certificate,
} from '../formats/x509/certificate.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { isUniqueViolation } from '../storage/errors.ts';
import { profileExtensions, keyIdentifierOf } from './build-extensions.ts';
import { compareWithDraft } from './compare.ts';
import { CaError } from './errors.ts';
import { requireFreshKey } from './key-reuse.ts';
import { lintForSigning, type LintedBytes } from './linted.ts';
import { shardOf, type Authority, type CaParts } from './parts.ts';
import type { IssuingKind, Profile, ProfileName } from './profile.ts';
import { profileOf } from './profiles/list.ts';
import { completeIntention, findAuthority, insertIntention, type Intention } from './store.ts';
import { prepareSubject, registeredText, type CertificateSubject, type Holder } from './subject.ts';
import { validityOf } from './validity.ts';

export interface IssueRequest {
  readonly profile: ProfileName;
  /** For `issuing-ca`: the kind of the new authority. */
  readonly certifies?: IssuingKind;
  /** The signing authority, or for a root its own key and settings. */
  readonly authority: Authority | SelfSigned;
  readonly subject: CertificateSubject;
  /** SubjectPublicKeyInfo DER of the key to certify. */
  readonly publicKey: Uint8Array;
  /** Days to live where fewer than the profile's. */
  readonly lifetimeDays?: number;
  /** Last second of its life where earlier than `lifetimeDays` or the profile say; never later. */
  readonly notAfter?: Date;
  readonly actor: Pick<Actor, 'id' | 'department'>;
  /** Whom the certificate stands for: needed for persons, whose certificates name a pseudonym. */
  readonly holder?: Holder;
  /** Serial of the certificate that this one renews or re-keys. */
  readonly replaces?: string;
  /** Identifier of the enrolment it comes from. */
  readonly enrolment?: string;
  /** Further rows of the same atomic write that completes the certificate (a seal, an authority). */
  readonly alongside?: (tx: Writer, issued: IssuedCertificate) => Promise<void>;
}

/** A root that does not exist yet. */
export interface SelfSigned {
  readonly name: string;
  readonly kind: 'root';
  readonly hierarchy: Authority['hierarchy'];
  readonly shards: number;
  readonly state: 'active';
  readonly certificate: null;
  readonly key: SigningKey;
  readonly publicUrl: string;
  readonly demonstration: boolean;
}

export interface IssuedCertificate {
  /** Lower-case hex of the serial number. */
  readonly serial: string;
  readonly der: Uint8Array;
  readonly certificate: Certificate;
  /** The new certificate first, then its authorities up to but not including the root: what `KeyStore.open` takes. */
  readonly chain: readonly Uint8Array[];
}

/**
 * 17 octets: a leading 1 keeps it positive and of one length, 128 bits are random (RFC 5280 section 4.1.2.2), so nodes
 * need not agree on anything; the unique key of the table catches what chance would.
 */
function newSerial(parts: CaParts): Uint8Array {
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
function requireActive(state: Authority['state'], profile: Profile, name: string): void {
  if (state !== 'active' && profile.name !== 'ocsp-responder') {
    throw new CaError('authority-retired', `The authority ${name} issues nothing any more.`);
  }
}

/** @throws CaError `profile-violation` for a kind of key the profile does not certify, `key-weak`. */
export function requireSoundKey(key: SubjectPublicKeyInfo, profile: Profile): SubjectPublicKeyInfo {
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

interface Prepared {
  readonly profile: Profile;
  readonly key: SubjectPublicKeyInfo;
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  /** The certificate as it will be, under a signature of zeros. */
  readonly draft: Certificate;
  readonly intention: Intention;
  readonly linted: LintedBytes;
}

function prepare(parts: CaParts, request: IssueRequest): Prepared {
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
  const draft = parseCertificate(encodeCertificate(tbs, signatureAlgorithm, new Uint8Array(64)));
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
export function certifiedKeyId(key: SubjectPublicKeyInfo): string {
  return keyIdOf(key.der, key.keyType === 'sm2' ? 'SM2SM3' : 'ES256');
}

/** Makes the intention durable. A serial taken already, which chance alone will not bring about, is drawn once more. */
async function intend(parts: CaParts, request: IssueRequest): Promise<Prepared> {
  for (let left = 1; ; left -= 1) {
    const prepared = prepare(parts, request);
    const { intention, profile } = prepared;
    try {
      await parts.database.write(async (tx) => {
        // Another node may have made a successor that this one has not heard of.
        const recorded = await findAuthority(tx, intention.authority);
        if (recorded !== null) requireActive(recorded.state, profile, intention.authority);
        await requireFreshKey(tx, parts.database.engine, intention, profile);
        await insertIntention(tx, intention);
      });
      return prepared;
    } catch (error) {
      if (left === 0 || !isUniqueViolation(error, 'ca_certificate')) throw error;
    }
  }
}

/**
 * Issues one certificate. The intention with its serial is durable before the key is used; the certificate leaves only
 * after it was read back, compared, verified with the issuer's public key and stored with its audit row.
 * @throws CaError `profile-violation`, `authority-retired`, `key-weak`, `key-reused`, `key-compromised`, `lint-failed`,
 *   `root-offline`, `self-check-failed`, `issuance-abandoned`; FormatError for what is no public key; StorageError.
 */
export async function issueCertificate(parts: CaParts, request: IssueRequest): Promise<IssuedCertificate> {
  const { authority } = request;
  const { profile, tbs, signatureAlgorithm, draft, linted, intention } = await intend(parts, request);
  const { serial } = intention;
  const signature = await linted.sign(authority.key, tbs);
  const der = encodeCertificate(tbs, signatureAlgorithm, signature);
  const certificate = compareWithDraft(draft, der, authority.certificate ?? draft);
  const above = authority.certificate === null ? [] : authority.chain;
  const issued = { serial, der, certificate, chain: profile.name === 'root' ? [] : [der, ...above] };
  await parts.database.write(async (tx) => {
    const at = parts.clock();
    if (!(await completeIntention(tx, serial, der, at))) {
      throw new CaError(
        'issuance-abandoned',
        'The intention was settled as abandoned; the certificate is withheld.',
      );
    }
    await request.alongside?.(tx, issued);
    await parts.audit.append(tx, {
      at,
      actor: request.actor,
      action: 'certificate.issued',
      subject: serial,
      details: {
        authority: authority.name,
        profile: profile.name,
        certificate: labelledDigest(parts.suite.digest, der),
      },
    });
  });
  return issued;
}
