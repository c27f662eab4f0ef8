// Enrols: check → intend → key (brought, or made in memory) → issue → hand over once. HTTP, EST, ACME and CMP are callers.
import { generateKey } from '../crypto/key-engine.ts';
import { makePkcs12 } from '../crypto/pkcs12.ts';
import { toHex } from '../formats/bytes.ts';
import { parseSubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import type { Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { CaEnrolmentTable } from '../storage/schema/ca-enrolment.ts';
import { checkedRequestKey, requireKey, type RegisteredSubject } from './csr-checks.ts';
import { answerOfOther, earlierEnrolment } from './enrol-answers.ts';
import {
  checkedEvidence,
  checkedSubject,
  issuerOf,
  requirePassword,
  type EnrolledProfile,
  type EnrolmentKey,
  type EnrolmentParts,
  type EnrolmentRequest,
  type EnrolmentResult,
  type EnrolmentSubject,
  type Evidence,
} from './enrolment.ts';
import { abandonEnrolments, completeEnrolment, insertEnrolment, settleDelivery } from './enrolment-store.ts';
import { CaError } from './errors.ts';
import { issueCertificate } from './issue.ts';
import type { IssuedCertificate } from './issue-request.ts';
import type { HierarchyName, Profile } from './profile.ts';
import { permittedDays } from './profile-settings.ts';
import { profileOf } from './profiles/list.ts';
import { revokeCertificate } from './revoke.ts';

/** An enrolment, a renewal or a re-key, checked and ready to be made. */
export interface EnrolmentOrder {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly digest: string;
  readonly kind: CaEnrolmentTable['kind'];
  readonly profile: Profile & { readonly name: EnrolledProfile };
  readonly subject: EnrolmentSubject;
  readonly evidence: Evidence;
  readonly key:
    | { readonly kind: 'csr' | 'kept'; readonly publicKey: Uint8Array }
    | Extract<EnrolmentKey, { kind: 'generated' }>;
  readonly lifetimeDays: number | undefined;
  readonly replaces: string | null;
  /** Whether the replaced certificate is to be revoked as superseded. */
  readonly supersedes: boolean;
}

/**
 * Enrols one holder and issues at once. Repeating the key with the same request answers the certificate again; a key made
 * for the holder is in the first answer only.
 * @throws CaError `enrolment-invalid`, `csr-…`, `key-…`, `profile-…`, `password-weak`, `idempotency-…`; FormatError,
 *   StorageError. After a refusal no certificate of the enrolment is in force.
 */
export async function enrol(parts: EnrolmentParts, request: EnrolmentRequest): Promise<EnrolmentResult> {
  const hierarchy = request.hierarchy ?? parts.suite.hierarchy;
  const profile = enrolledProfile(request.profile, hierarchy);
  const subject = checkedSubject(request.subject, profile, parts.clock());
  const evidence = checkedEvidence(request.evidence, request.profile);
  const digest = requestDigest(parts, [
    'enrolment',
    request.profile,
    hierarchy,
    subject,
    evidence,
    keyFacts(request.key),
    request.lifetimeDays ?? null,
  ]);
  const earlier = await earlierEnrolment(parts, request, digest);
  if (earlier !== null) return earlier;
  const key = checkedKey(request.key, profile, subject);
  const lifetimeDays = await permittedDays(parts.database.reader, profile, request.lifetimeDays);
  const { actor, idempotencyKey } = request;
  return performEnrolment(parts, {
    actor,
    idempotencyKey,
    digest,
    kind: 'enrolment',
    profile,
    subject,
    evidence,
    key,
    lifetimeDays,
    replaces: null,
    supersedes: false,
  });
}

export function enrolledProfile(name: EnrolledProfile, hierarchy: HierarchyName): EnrolmentOrder['profile'] {
  return { ...profileOf(name, hierarchy), name };
}

/** Of an enrolment's key what a repeat must repeat: never the password. */
export function keyFacts(key: EnrolmentKey): readonly string[] {
  return key.kind === 'csr' ? ['csr', toHex(key.der)] : ['generated', key.algorithm];
}

/** Keyed, because a plain digest over a person's number could be guessed back. */
export function requestDigest(parts: EnrolmentParts, facts: readonly unknown[]): string {
  return parts.index.of('enrolment.request', JSON.stringify(facts));
}

/** @throws FormatError; CaError `csr-…`, `key-weak`, `profile-violation`, `password-weak`. */
export function checkedKey(
  key: EnrolmentKey,
  profile: Profile,
  subject: EnrolmentSubject,
): EnrolmentOrder['key'] {
  if (key.kind === 'csr') {
    return { kind: 'csr', publicKey: checkedRequestKey(key.der, profile, registeredSubject(subject)) };
  }
  requirePassword(key.password, subject);
  return key;
}

/** The subject in the words of certificates. */
function registeredSubject({ person, ...subject }: EnrolmentSubject): RegisteredSubject {
  return person === undefined
    ? subject
    : {
        ...subject,
        commonName: person.name,
        surname: person.surname,
        givenName: person.givenName,
      };
}

/**
 * Makes what was ordered: intention, certificate, delivery. A crash leaves an intention (given up at the next start), or a
 * certificate whose key was never handed over (revoked at the next start as cessationOfOperation: nobody ever had the key).
 */
export async function performEnrolment(
  parts: EnrolmentParts,
  order: EnrolmentOrder,
): Promise<EnrolmentResult> {
  const authority = parts.hierarchy.issuer(issuerOf[order.profile.name], order.profile.hierarchy);
  const id = `enr_${toHex(parts.random(16))}`;
  if (!(await intend(parts, order, id))) return answerOfOther(parts, order);
  let pkcs8: Uint8Array | null = null;
  let issued: IssuedCertificate;
  try {
    let publicKey: Uint8Array;
    if (order.key.kind === 'generated') {
      const made = await generateKey(order.key.algorithm);
      ({ publicKey, pkcs8 } = made);
      requireKey(parseSubjectPublicKeyInfo(publicKey), order.profile);
    } else {
      ({ publicKey } = order.key);
    }
    issued = await issueCertificate(parts, {
      profile: order.profile.name,
      authority,
      subject: certificateSubject(order),
      publicKey,
      ...(order.lifetimeDays === undefined ? {} : { lifetimeDays: order.lifetimeDays }),
      ...(order.subject.person === undefined
        ? {}
        : { holder: { subjectKey: null, identity: identityOf(order.subject.person) } }),
      ...(order.replaces === null ? {} : { replaces: order.replaces }),
      enrolment: id,
      actor: order.actor,
      alongside: async (tx, { serial }) => {
        if (!(await completeEnrolment(tx, id, serial, parts.clock()))) {
          throw new CaError('issuance-abandoned', 'The enrolment was given up; the certificate is withheld.');
        }
      },
    });
  } catch (error) {
    await giveUp(parts, order.actor, id, error);
    throw error;
  }
  const pkcs12 = pkcs8 === null ? null : await handOver(parts, order, id, issued, pkcs8);
  return resultOf(order, id, issued, pkcs12);
}

function intend(parts: EnrolmentParts, order: EnrolmentOrder, id: string): Promise<boolean> {
  const { person } = order.subject;
  const enrolment = {
    id,
    client: order.actor.id,
    idempotencyKey: order.idempotencyKey,
    digest: order.digest,
    department: order.actor.department,
    kind: order.kind,
    profile: order.profile.name,
    hierarchy: order.profile.hierarchy,
    keySource: order.key.kind,
    evidence: order.evidence,
    subject: order.subject,
    holderIndex:
      person === undefined
        ? null
        : parts.index.of('enrolment.holder', `${person.documentType}:${person.documentNumber}`),
    replaces: order.replaces,
    supersedes: order.supersedes,
    at: parts.clock(),
  };
  return parts.database.write((tx) => insertEnrolment(tx, parts.cipher, enrolment));
}

function certificateSubject({
  subject,
  profile,
}: EnrolmentOrder): Parameters<typeof issueCertificate>[1]['subject'] {
  const { person, organization, creditCode, commonName, dnsNames } = subject;
  const rule = profile.subject.value;
  return {
    ...(organization === undefined ? {} : { organization }),
    ...(creditCode === undefined || rule.creditCode === null ? {} : { creditCode }),
    ...(commonName === undefined ? {} : { commonName }),
    ...(dnsNames === undefined ? {} : { dnsNames }),
    ...(person === undefined ? {} : { commonName: person.name }),
    ...(person !== undefined && rule.nameParts
      ? { surname: person.surname, givenName: person.givenName }
      : {}),
  };
}

function identityOf(person: NonNullable<EnrolmentSubject['person']>): {
  readonly name: string;
  readonly documentType: string;
  readonly documentNumber: string;
} {
  const { name, documentType, documentNumber } = person;
  return { name, documentType, documentNumber };
}

/** Puts key and certificates into a container and records that they left, before they leave. */
async function handOver(
  parts: EnrolmentParts,
  order: EnrolmentOrder,
  id: string,
  issued: IssuedCertificate,
  pkcs8: Uint8Array,
): Promise<Uint8Array> {
  if (order.key.kind !== 'generated') throw new CaError('enrolment-invalid', 'No key was made here.');
  try {
    const pkcs12 = await makePkcs12({
      privateKey: pkcs8,
      chain: issued.chain,
      friendlyName: friendlyName(order),
      password: order.key.password,
      random: parts.random,
    });
    await parts.database.write(async (tx) => {
      const at = parts.clock();
      if (!(await settleDelivery(tx, id, 'delivered', at))) {
        throw new CaError(
          'issuance-abandoned',
          'The key was not handed over in time; the certificate is revoked.',
        );
      }
      await parts.audit.append(tx, {
        at,
        actor: order.actor,
        action: 'certificate.delivered',
        subject: issued.serial,
        details: { enrolment: id, container: 'PKCS#12' },
      });
    });
    return pkcs12;
  } catch (error) {
    await revokeUndelivered(parts, order.actor, { id, serial: issued.serial });
    throw error;
  } finally {
    pkcs8.fill(0);
  }
}

/** What the holder's programs list the key as. */
function friendlyName({ subject, profile }: EnrolmentOrder): string {
  return `${subject.person?.name ?? subject.commonName ?? subject.dnsNames?.[0] ?? ''} ${profile.name}`.trim();
}

/** A certificate whose key nobody has is taken out of force, in the write that says so. Safe to repeat. */
export async function revokeUndelivered(
  parts: EnrolmentParts,
  actor: Pick<Actor, 'id' | 'department'>,
  enrolment: { readonly id: string; readonly serial: string },
): Promise<void> {
  await revokeUnlessRevoked(parts, actor, enrolment.serial, 'cessationOfOperation', async (tx) => {
    await settleDelivery(tx, enrolment.id, 'undelivered', parts.clock());
  });
}

/** Revokes, with `alongside` in the same write; where the certificate is revoked already, `alongside` is written alone. */
export async function revokeUnlessRevoked(
  parts: EnrolmentParts,
  actor: Pick<Actor, 'id' | 'department'>,
  serial: string,
  reason: 'cessationOfOperation' | 'superseded',
  alongside: (tx: Writer) => Promise<void>,
): Promise<void> {
  try {
    await revokeCertificate(parts, { serial, reason, actor, alongside });
  } catch (error) {
    if (!(error instanceof CaError && error.code === 'certificate-already-revoked')) throw error;
    await parts.database.write(alongside);
  }
}

async function giveUp(parts: EnrolmentParts, actor: Actor, id: string, error: unknown): Promise<void> {
  const reason =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  await parts.database.write(async (tx) => {
    for (const given of await abandonEnrolments(tx, { id }, reason)) {
      await parts.audit.append(tx, {
        at: parts.clock(),
        actor,
        action: 'enrolment.abandoned',
        subject: given.id,
        details: { reason },
      });
    }
  });
}

function resultOf(
  order: EnrolmentOrder,
  id: string,
  issued: IssuedCertificate,
  pkcs12: Uint8Array | null,
): EnrolmentResult {
  return {
    enrolment: id,
    kind: order.kind,
    serial: issued.serial,
    profile: order.profile.name,
    hierarchy: order.profile.hierarchy,
    certificate: issued.der,
    chain: issued.chain,
    notBefore: issued.certificate.notBefore,
    notAfter: issued.certificate.notAfter,
    pkcs12,
    keySource: order.key.kind,
    replaces: order.replaces,
  };
}
