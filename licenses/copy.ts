// A copy for a purpose 加注件, whole or not at all: check → intend → sign the code → draw → plan the stamp → stamp → complete.
import { labelledDigest, signingAlgorithm } from '../crypto/algorithms.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import type { LicenseClaims } from '../formats/cose/cwt.ts';
import { FACE } from '../formats/qr/labels.ts';
import { codePrefix } from '../formats/qr/license-code.ts';
import type { MadeStamp, StampPlan } from '../signing/stamp-order.ts';
import { planStamp } from '../signing/stamp-plan.ts';
import { abandonStamps, completeStamps, intendStamps, makeStamp } from '../signing/stamp.ts';
import { SigningError } from '../signing/errors.ts';
import type { Actor } from '../storage/actor.ts';
import { heldLicense, type HolderReading } from './access.ts';
import { codeClaims, signCode } from './code.ts';
import type { CodeText } from './code-picture.ts';
import { checkCopy, MOST_A_DAY, type CopyInHand, type CopyRequest } from './copy-check.ts';
import { copyHolder, copyLines, type CopyPurpose } from './copy-record.ts';
import { copyPage, SEAL_PLACE, SMALL_SEAL } from './copy-page.ts';
import {
  abandonCopies,
  completeCopy,
  copiedNow,
  copyOf,
  insertIntendedCopy,
  type LicenseCopy,
} from './copy-store.ts';
import { LicenseError } from './errors.ts';
import { endOfTerm, normaliseHolderCode } from './face.ts';
import { checkKey, requireScope } from './guard.ts';
import type { LicenseParts } from './parts.ts';
import { recordBytes } from './record.ts';
import { recordCipherOf } from './record-keys.ts';
import { allocateStatus } from './status.ts';
import { holderIndex } from './store.ts';

/** The client that the authorisation of a seal names, where it does not name every system of its owner. */
const COPY_CLIENT = 'system:license-copies';
const DAY = 86_400_000;

/**
 * Makes a copy of a license of one's own. Repeating the key with the same request answers the stored copy and signs nothing.
 * @throws LicenseError `scope-missing`, `license-not-found`, `fields-not-permitted`, `copy-invalid`, `copy-limit`,
 *   `seal-not-permitted`, `idempotency-*`; SigningError (seal, authorisation, time-stamp); StorageError. After a refusal no copy is in force.
 */
export async function makeCopy(parts: LicenseParts, request: CopyRequest): Promise<LicenseCopy> {
  requireScope(request.actor, 'licenses:own');
  checkKey(request.idempotencyKey);
  const license = await heldLicense(parts, request, request.license);
  const digest = digestOf(parts, request);
  const earlier = await earlierCopy(parts, request, digest);
  if (earlier !== null) return earlier;
  const copy = await checkCopy(parts, request, license);
  await parts.renderer.examine(contentOf(parts, copy));
  const intended = await intend(parts, request, copy, digest);
  if (!intended) return answerOfOther(parts, request, digest);
  let plan: StampPlan | null = null;
  try {
    const { code, page } = await draw(parts, copy);
    plan = await planStamp(parts, stampOrder(copy, page, request.grant), null);
    const planned = plan;
    await parts.database.write((tx) => intendStamps(tx, parts.audit, [planned]));
    return await complete(parts, request, copy, code, await makeStamp(parts, planned));
  } catch (error) {
    await giveUp(parts, copy.id, plan, error);
    throw error;
  }
}

function digestOf(parts: LicenseParts, request: CopyRequest): string {
  const { license, grant, fields } = request;
  return parts.index.of('license.copy', JSON.stringify([license, grant, [...fields].sort()]));
}

async function earlierCopy(
  parts: LicenseParts,
  request: CopyRequest,
  digest: string,
): Promise<LicenseCopy | null> {
  const row = await parts.database.reader
    .selectFrom('license_copy')
    .selectAll()
    .where('client', '=', request.actor.id)
    .where('idempotency_key', '=', request.idempotencyKey)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.request_digest !== digest)
    throw new LicenseError('idempotency-mismatch', 'This idempotency key was used for another request.');
  if (row.state === 'intended')
    throw new LicenseError(
      'idempotency-in-progress',
      'The first request with this idempotency key is still running.',
    );
  const copy = copyOf(row);
  if (copy === null)
    throw new LicenseError(
      'idempotency-abandoned',
      'The request with this idempotency key was given up: use a new one.',
    );
  return copy;
}

async function answerOfOther(
  parts: LicenseParts,
  request: CopyRequest,
  digest: string,
): Promise<LicenseCopy> {
  const earlier = await earlierCopy(parts, request, digest);
  if (earlier === null) throw new LicenseError('idempotency-mismatch', 'This idempotency key is taken.');
  return earlier;
}

function contentOf(parts: LicenseParts, copy: CopyInHand) {
  const lines = copyLines(copy.type, copy.license.record, copy.fields);
  return copyPage(copy.type, copy.record, lines, new URL(parts.publicUrl).host);
}

/** @returns false where the key was used meanwhile: nothing was written then. */
async function intend(
  parts: LicenseParts,
  request: CopyRequest,
  copy: CopyInHand,
  digest: string,
): Promise<boolean> {
  const { type, license, record } = copy;
  const purpose = request.grant;
  const end = endOfTerm({ from: purpose.until, until: purpose.until }) ?? copy.madeAt;
  return parts.database.write(async (tx) => {
    const { state, copies } = await copiedNow(tx, license.id, new Date(copy.madeAt.getTime() - DAY));
    // What ended it meanwhile did not know of this copy, and would not end it.
    if (state !== license.state)
      throw new LicenseError('copy-invalid', 'The license was changed a moment ago: look at it again.');
    if (copies >= MOST_A_DAY)
      throw new LicenseError('copy-limit', `At most ${MOST_A_DAY} copies of a license are made in 24 hours.`);
    const cipher = await recordCipherOf(tx, parts, license.id);
    const status =
      license.status === null
        ? null
        : await allocateStatus(tx, parts.random, { history: false, at: copy.madeAt });
    const written = await insertIntendedCopy(
      tx,
      cipher,
      {
        id: copy.id,
        license: license.id,
        client: request.actor.id,
        idempotency_key: request.idempotencyKey,
        request_digest: digest,
        holder_index: indexOf(parts, request),
        grant_number: copy.grantNumber,
        department: purpose.department,
        matter: purpose.matter,
        fields: JSON.stringify(copy.fields),
        record_hash: labelledDigest(parts.suite.digest, recordBytes(record)),
        code_id: record['codeId'] ?? '',
        status_list: status?.list ?? null,
        status_index: status?.index ?? null,
        origin_list: license.status?.list ?? null,
        origin_index: license.status?.index ?? null,
        intended_at: copy.madeAt.toISOString(),
        expires_at: end.toISOString(),
      },
      JSON.stringify(record),
    );
    if (!written) return false;
    await parts.audit.append(tx, {
      at: copy.madeAt,
      actor: request.actor,
      action: 'license-copy.intended',
      subject: license.id,
      details: { copy: copy.id, type: type.typeCode, for: purpose.department, matter: purpose.matter },
    });
    return true;
  });
}

function indexOf(parts: LicenseParts, { holder }: HolderReading): string {
  return holderIndex(parts.index, holder.kind, normaliseHolderCode(holder.kind, holder.code, parts.clock()));
}

/** The first use of a key: the intention is durable by now. */
async function draw(
  parts: LicenseParts,
  copy: CopyInHand,
): Promise<{ readonly code: CodeText; readonly page: Uint8Array }> {
  const { type, license, record } = copy;
  const row = await parts.database.reader
    .selectFrom('license_copy')
    .select(['status_list', 'status_index', 'expires_at'])
    .where('id', '=', copy.id)
    .executeTakeFirstOrThrow();
  const { status_list: list, status_index: index } = row;
  const key = parts.serviceKeys.serviceKey('license-code');
  const claims = codeClaims({
    type,
    record,
    holder: copyHolder(license, copy.fields),
    issuedAt: copy.madeAt,
    expiresAt: new Date(row.expires_at),
    status: list === null || index === null ? null : { list, index },
    digest: signingAlgorithm(key.algorithm).digest,
  });
  const code = await signShort(key, codePrefix(parts.publicUrl), claims);
  const page = await parts.renderer.draw({
    ...contentOf(parts, copy),
    code,
    record: recordBytes(record),
    metadata: {
      title: `${type.name}（加注件）`,
      author: type.issuer.name,
      subject: copy.grantNumber,
      createdAt: copy.madeAt.getTime(),
    },
  });
  return { code, page };
}

/**
 * The grant takes room that the face of an original has to itself: where both do not fit, the type's own fields are left to
 * the record, and the code keeps holder, number and grant.
 */
async function signShort(key: SigningKey, prefix: string, claims: LicenseClaims): Promise<CodeText> {
  try {
    return await signCode(key, prefix, claims);
  } catch (error) {
    if (!(error instanceof LicenseError) || error.code !== 'code-too-long') throw error;
    const face = new Map([...claims.face].filter(([name]) => name < FACE.firstOwn));
    return signCode(key, prefix, { ...claims, face });
  }
}

/** As the issuing authority's own system: an authorisation of the seal covers it, or nothing is sealed. */
function stampOrder(copy: CopyInHand, page: Uint8Array, purpose: CopyPurpose) {
  const actor: Actor = {
    id: COPY_CLIENT,
    kind: 'client',
    department: copy.type.issuer.creditCode,
    scopes: ['stamps:write'],
  };
  return {
    actor,
    sealId: copy.sealId,
    source: { bytes: page },
    place: { page: 1, centreX: SEAL_PLACE.x, centreY: SEAL_PLACE.y },
    shrunk: SMALL_SEAL,
    matter: purpose.matter,
    caseNumber: null,
    reason: `${copy.type.name} 加注件 ${copy.grantNumber}`,
    drawnFor: 'license' as const,
  };
}

async function complete(
  parts: LicenseParts,
  request: CopyRequest,
  copy: CopyInHand,
  code: CodeText,
  made: MadeStamp,
): Promise<LicenseCopy> {
  const now = parts.clock();
  await parts.database.write(async (tx) => {
    const [stamp] = await completeStamps(tx, parts, [made]);
    if (stamp === undefined) throw new TypeError('A completed stamp has a result.');
    const cipher = await recordCipherOf(tx, parts, copy.license.id);
    const whole = { code, stampId: stamp.stampId, document: stamp.document, at: now };
    if (!(await completeCopy(tx, cipher, copy.id, whole)))
      throw new LicenseError('idempotency-abandoned', 'The copy was given up meanwhile: use a new key.');
    await parts.audit.append(tx, {
      at: now,
      actor: request.actor,
      action: 'license-copy.made',
      subject: copy.license.id,
      details: {
        copy: copy.id,
        grant: copy.grantNumber,
        for: request.grant.department,
        matter: request.grant.matter,
        fields: copy.fields.join(' '),
        stamp: stamp.stampId,
        document: stamp.document.digest,
      },
    });
  });
  const done = await earlierCopy(parts, request, digestOf(parts, request));
  if (done === null) throw new LicenseError('record-damaged', 'A copy that was made is not there.');
  return done;
}

/** Where even this fails, the next start settles it. */
async function giveUp(
  parts: LicenseParts,
  id: string,
  plan: StampPlan | null,
  error: unknown,
): Promise<void> {
  const reason = error instanceof LicenseError || error instanceof SigningError ? error.code : 'failed';
  await parts.database
    .write(async (tx) => {
      if (plan !== null) await abandonStamps(tx, parts, { ids: [plan.record.id] }, reason);
      await abandonCopies(tx, parts, { id }, reason);
    })
    .catch(() => undefined);
}

/** At start-up: what a crash left between intention and completion is given up. @returns how many */
export function settleCopies(
  parts: Pick<LicenseParts, 'database' | 'audit' | 'clock'>,
  before: Date,
): Promise<number> {
  return parts.database.write((tx) => abandonCopies(tx, parts, { before }, 'interrupted'));
}
