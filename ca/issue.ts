// Issues a certificate: validate, build, lint, intend, sign, compare, complete.
import { X509Certificate } from 'node:crypto';
import { labelledDigest } from '../crypto/algorithms.ts';
import { sameBytes } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { isUscc } from '../formats/identifiers/uscc.ts';
import { encodeSignatureAlgorithm, parseSubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import {
  encodeCertificate,
  encodeTbsCertificate,
  parseCertificate,
  type Certificate,
} from '../formats/x509/certificate.ts';
import { encodeName, nameText } from '../formats/x509/name.ts';
import { OID } from '../formats/x509/oid.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import { profileExtensions, keyIdentifierOf } from './build-extensions.ts';
import { CaError } from './errors.ts';
import { requireLints } from './lint.ts';
import type { Authority, CaParts } from './parts.ts';
import { days, type Profile, type ProfileName } from './profile.ts';
import { profiles } from './profiles/list.ts';
import { completeIntention, insertIntention } from './store.ts';

interface CertificateSubject {
  readonly organization: string;
  /** Unified social credit code; required by the seal profile and refused by the others. */
  readonly creditCode?: string;
  readonly commonName: string;
}

export interface IssueRequest {
  readonly profile: ProfileName;
  /** The signing authority, or for a root its own key and settings. */
  readonly authority: Authority | SelfSigned;
  readonly subject: CertificateSubject;
  /** SubjectPublicKeyInfo DER of the key to certify. */
  readonly publicKey: Uint8Array;
  /** Days to live where fewer than the profile's. */
  readonly lifetimeDays?: number;
  readonly actor: Pick<Actor, 'id' | 'department'>;
  /** Further rows of the same atomic write that completes the certificate (a seal, an authority). */
  readonly alongside?: (tx: Writer, issued: IssuedCertificate) => Promise<void>;
}

/** A root that does not exist yet. */
export interface SelfSigned {
  readonly name: 'root';
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

/** What 演示 certificates say in their organisation, so that none passes for a real organ's. */
const DEMONSTRATION = '（演示）';
/** Clocks of relying parties may be behind; at most one hour (profiles: backdating). */
const BACKDATE = 10 * 60 * 1000;

function subjectName(request: IssueRequest, profile: Profile): Uint8Array {
  const { organization, creditCode, commonName } = request.subject;
  const needsCode = profile.organizationIdentifier.value;
  if (needsCode ? creditCode === undefined || !isUscc(creditCode) : creditCode !== undefined) {
    throw new CaError(
      'profile-violation',
      needsCode
        ? `The profile ${profile.name} needs a valid unified social credit code (${profile.organizationIdentifier.clause}).`
        : `The profile ${profile.name} carries no organisation identifier.`,
    );
  }
  const marked =
    request.authority.demonstration && !organization.includes('演示')
      ? organization + DEMONSTRATION
      : organization;
  try {
    return encodeName([
      { type: OID.countryName, value: 'CN' },
      { type: OID.organizationName, value: marked },
      ...(creditCode === undefined
        ? []
        : [{ type: OID.organizationIdentifier, value: `NTRCN-${creditCode}` }]),
      { type: OID.commonName, value: commonName },
    ]);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new CaError('profile-violation', `The subject does not fit: ${cause.message}`, { cause });
  }
}

function validity(
  request: IssueRequest,
  profile: Profile,
  now: Date,
): { readonly notBefore: Date; readonly notAfter: Date } {
  const maximum = profile.maximumDays.value;
  const lifetime = request.lifetimeDays ?? maximum;
  if (!(lifetime > 0 && lifetime <= maximum)) {
    throw new CaError(
      'profile-violation',
      `A certificate of profile ${profile.name} lives up to ${maximum} days (${profile.maximumDays.clause}).`,
    );
  }
  const issuer = request.authority.certificate;
  const whole = Math.floor((now.getTime() - BACKDATE) / 1000) * 1000;
  const notBefore = Math.max(whole, issuer?.notBefore.getTime() ?? 0);
  // notAfter is inclusive: one second less, and never beyond what the issuer itself has.
  const notAfter = Math.min(notBefore + days(lifetime) - 1000, issuer?.notAfter.getTime() ?? Infinity);
  if (notAfter <= now.getTime()) {
    throw new CaError('profile-violation', 'The issuing certificate has expired or is about to.');
  }
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

/** 17 octets: a leading 1 keeps it positive and of one length, 128 bits are random (RFC 5280 section 4.1.2.2). */
function newSerial(parts: CaParts): Uint8Array {
  const serial = new Uint8Array(17);
  serial[0] = 1;
  serial.set(parts.random(16), 1);
  return serial;
}

interface Prepared {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  /** The certificate as it will be, under a signature of zeros. */
  readonly draft: Certificate;
}

function prepare(parts: CaParts, request: IssueRequest, profile: Profile, now: Date): Prepared {
  const { authority } = request;
  const subject = subjectName(request, profile);
  const signatureAlgorithm = encodeSignatureAlgorithm(authority.key.algorithm);
  const key = parseSubjectPublicKeyInfo(request.publicKey);
  const issuerKeyIdentifier =
    authority.certificate === null ? keyIdentifierOf(key) : authority.certificate.subjectKeyIdentifier;
  if (issuerKeyIdentifier === null)
    throw new CaError('hierarchy-damaged', 'The authority has no key identifier.');
  const { notBefore, notAfter } = validity(request, profile, now);
  const tbs = encodeTbsCertificate({
    serialNumber: newSerial(parts),
    signatureAlgorithm,
    issuer: authority.certificate?.subject.der ?? subject,
    notBefore,
    notAfter,
    subject,
    subjectPublicKeyInfo: key.der,
    extensions: profileExtensions({
      profile,
      key,
      issuerKeyIdentifier,
      authority: authority.name,
      publicUrl: authority.publicUrl,
      notBefore,
    }),
  });
  const draft = parseCertificate(encodeCertificate(tbs, signatureAlgorithm, new Uint8Array(64)));
  requireLints({ certificate: draft, profile, issuer: authority.certificate ?? draft });
  return { tbs, signatureAlgorithm, draft };
}

/** Reads the finished certificate with another's parser and our own, and compares both with what was meant. */
function compare(prepared: Prepared, der: Uint8Array, issuer: Certificate): Certificate {
  const own = parseCertificate(der);
  const other = new X509Certificate(der);
  const { draft } = prepared;
  const algorithm = issuer.subjectPublicKeyInfo.keyType === 'p384' ? 'ES384' : 'ES256';
  const same =
    sameBytes(own.tbs, prepared.tbs) &&
    other.serialNumber.toLowerCase() === draft.serialHex &&
    other.validToDate.getTime() === draft.notAfter.getTime() &&
    other.validFromDate.getTime() === draft.notBefore.getTime() &&
    sameBytes(other.publicKey.export({ format: 'der', type: 'spki' }), draft.subjectPublicKeyInfo.der) &&
    other.ca === (draft.basicConstraints?.ca ?? false);
  const verified = verifySignature({
    algorithm,
    publicKey: issuer.subjectPublicKeyInfo.der,
    message: own.tbs,
    signature: own.signature,
  });
  if (!same || !verified) {
    throw new CaError('self-check-failed', 'The signed certificate is not what was meant; it is withheld.');
  }
  return own;
}

/**
 * Issues one certificate. The intention with its serial is durable before the key is used; the certificate leaves only
 * after it was read back, compared, verified with the issuer's public key and stored with its audit row.
 * @throws CaError `profile-violation`, `lint-failed`, `self-check-failed`, `issuance-abandoned`; StorageError.
 */
export async function issueCertificate(parts: CaParts, request: IssueRequest): Promise<IssuedCertificate> {
  const profile = profiles[request.profile];
  const { authority } = request;
  if (
    !profile.authorities.includes(authority.name) ||
    (authority.certificate === null) !== (profile.name === 'root')
  ) {
    throw new CaError('profile-violation', `The authority ${authority.name} does not issue ${profile.name}.`);
  }
  const now = parts.clock();
  const prepared = prepare(parts, request, profile, now);
  const { draft } = prepared;
  const serial = draft.serialHex;
  await parts.database.write((tx) =>
    insertIntention(tx, {
      serial,
      authority: authority.name,
      profile: profile.name,
      subject: nameText(draft.subject),
      keyId: labelledDigest('sha256', draft.subjectPublicKeyInfo.der),
      notBefore: draft.notBefore,
      notAfter: draft.notAfter,
      at: now,
    }),
  );
  const signature = await authority.key.sign(prepared.tbs);
  const der = encodeCertificate(prepared.tbs, prepared.signatureAlgorithm, signature);
  const certificate = compare(prepared, der, authority.certificate ?? draft);
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
        certificate: labelledDigest('sha256', der),
      },
    });
  });
  return issued;
}
