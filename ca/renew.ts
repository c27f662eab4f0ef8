// Renews (same key) and re-keys (a new key, proven) what was enrolled: same subject, new serial, new pseudonym.
import type { Actor } from '../storage/actor.ts';
import { sameBytes } from '../formats/bytes.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import {
  checkedKey,
  enrolledProfile,
  keyFacts,
  performEnrolment,
  requestDigest,
  type EnrolmentOrder,
} from './enrol.ts';
import { earlierEnrolment } from './enrol-answers.ts';
import { supersede } from './enrol-settle.ts';
import {
  checkedEvidence,
  isEnrolledProfile,
  type EnrolmentKey,
  type EnrolmentParts,
  type EnrolmentResult,
  type EnrolmentSubject,
  type Evidence,
} from './enrolment.ts';
import { enrolmentById, enrolmentDetails } from './enrolment-store.ts';
import { CaError } from './errors.ts';
import { renewalWindow, requireTransition } from './lifecycle.ts';
import { permittedDays } from './profile-settings.ts';
import { registeredCertificate, type RegisteredCertificate, type Sight } from './register.ts';

export interface RenewalRequest {
  readonly actor: Actor;
  readonly sight: Sight;
  readonly idempotencyKey: string;
  readonly serial: string;
  /** Identity is looked at again each time: a certificate never lengthens its own life. */
  readonly evidence: Evidence;
  readonly lifetimeDays?: number | undefined;
}

export interface RekeyRequest extends RenewalRequest {
  readonly key: EnrolmentKey;
  /** Whether the old certificate is revoked as superseded once the new one exists. */
  readonly revokeOld: boolean;
}

interface Predecessor {
  readonly certificate: RegisteredCertificate;
  readonly profile: EnrolmentOrder['profile'];
  readonly subject: EnrolmentSubject;
}

/**
 * Certifies the same key again, for the same subject, near the end of the certificate's life.
 * @throws CaError `certificate-not-found`, `transition-not-allowed` (revoked, on hold, expired), `renewal-refused` (too
 *   early, or not of an enrolment), `enrolment-invalid`, `profile-…`, `idempotency-…`.
 */
export async function renew(parts: EnrolmentParts, request: RenewalRequest): Promise<EnrolmentResult> {
  const predecessor = await predecessorOf(parts, request);
  const { certificate, profile } = predecessor;
  const evidence = checkedEvidence(request.evidence, profile.name);
  const digest = requestDigest(parts, ['renewal', request.serial, evidence, request.lifetimeDays ?? null]);
  const earlier = await earlierEnrolment(parts, request, digest);
  if (earlier !== null) return earlier;
  requireTransition(certificate.state, 'renew');
  const { opens } = renewalWindow(certificate.notBefore, certificate.notAfter);
  if (parts.clock().getTime() < opens.getTime()) {
    throw new CaError('renewal-refused', `The certificate can be renewed from ${opens.toISOString()} on.`);
  }
  const publicKey = parseCertificate(certificate.der).subjectPublicKeyInfo.der;
  return performEnrolment(parts, {
    ...(await orderOf(parts, request, predecessor, evidence)),
    digest,
    kind: 'renewal',
    key: { kind: 'kept', publicKey },
    supersedes: false,
  });
}

/**
 * Certifies a new key for the same subject, at any time while the old certificate is valid.
 * @throws CaError as `renew`, and `csr-…`, `key-…`, `password-weak`; FormatError.
 */
export async function rekey(parts: EnrolmentParts, request: RekeyRequest): Promise<EnrolmentResult> {
  const predecessor = await predecessorOf(parts, request);
  const { certificate, profile, subject } = predecessor;
  const evidence = checkedEvidence(request.evidence, profile.name);
  const digest = requestDigest(parts, [
    're-key',
    request.serial,
    evidence,
    keyFacts(request.key),
    request.revokeOld,
    request.lifetimeDays ?? null,
  ]);
  const earlier = await earlierEnrolment(parts, request, digest);
  if (earlier !== null) return earlier;
  requireTransition(certificate.state, 're-key');
  const key = checkedKey(request.key, profile, subject);
  if (key.kind === 'csr') requireNewKey(certificate, key.publicKey);
  const result = await performEnrolment(parts, {
    ...(await orderOf(parts, request, predecessor, evidence)),
    digest,
    kind: 're-key',
    key,
    supersedes: request.revokeOld,
  });
  // A crash before this line is made good at the next start.
  if (request.revokeOld) await supersede(parts, request.actor, result.enrolment, request.serial);
  return result;
}

function requireNewKey(certificate: RegisteredCertificate, publicKey: Uint8Array): void {
  const old = parseCertificate(certificate.der).subjectPublicKeyInfo.der;
  if (sameBytes(old, publicKey)) {
    throw new CaError(
      'renewal-refused',
      'The key is the old one: a re-key needs a new key, or ask to renew.',
    );
  }
}

async function predecessorOf(parts: EnrolmentParts, request: RenewalRequest): Promise<Predecessor> {
  const { reader } = parts.database;
  const certificate = await registeredCertificate(reader, request.sight, request.serial, parts.clock());
  const row = certificate.enrolment === null ? null : await enrolmentById(reader, certificate.enrolment);
  const details = row === null ? null : enrolmentDetails(parts.cipher, row);
  if (details === null || !isEnrolledProfile(certificate.profile)) {
    throw new CaError(
      'renewal-refused',
      'The certificate was not enrolled here; it is renewed where it was made.',
    );
  }
  return {
    certificate,
    profile: enrolledProfile(certificate.profile, certificate.hierarchy),
    subject: details.subject,
  };
}

async function orderOf(
  parts: EnrolmentParts,
  request: RenewalRequest,
  { profile, subject }: Predecessor,
  evidence: Evidence,
): Promise<
  Pick<
    EnrolmentOrder,
    'actor' | 'idempotencyKey' | 'profile' | 'subject' | 'evidence' | 'lifetimeDays' | 'replaces'
  >
> {
  return {
    actor: request.actor,
    idempotencyKey: request.idempotencyKey,
    profile,
    subject,
    evidence,
    lifetimeDays: await permittedDays(parts.database.reader, profile, request.lifetimeDays),
    replaces: request.serial,
  };
}
