// A licensing act, whole or not at all: check → intend → sign codes → draw → plan stamps → stamp → complete.
import { labelledDigest, signingAlgorithm } from '../crypto/algorithms.ts';
import { toHex } from '../formats/bytes.ts';
import type { StatusReference } from '../formats/cose/cwt.ts';
import { codePrefix } from '../formats/qr/license-code.ts';
import type { MadeStamp, StampOrder, StampPlan } from '../signing/stamp-order.ts';
import { planStamp } from '../signing/stamp-plan.ts';
import { completeStamps, intendStamps, makeStamp } from '../signing/stamp.ts';
import type { Writer } from '../storage/database.ts';
import { giveUp, givenUp } from './act-abandon.ts';
import {
  answerOfOther,
  digestOfRequest,
  documentsOf,
  earlierAct,
  MAX_DOCUMENTS,
  MAX_LICENSES,
  type ActRequest,
  type ActResult,
} from './act-answers.ts';
import { completeAct, insertActStamps, insertIntendedAct } from './act-store.ts';
import { codeClaims, signCode } from './code.ts';
import type { CodeText } from './code-picture.ts';
import { LicenseError } from './errors.ts';
import { beijingDay, endOfTerm } from './face.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import { insertOriginal } from './original-store.ts';
import { pageContentOf } from './page-content.ts';
import type { PageContent } from './page-layout.ts';
import type { PageOrder } from './page.ts';
import type { LicenseParts } from './parts.ts';
import { makeRecord, recordBytes, type LicenseRecord } from './record.ts';
import { recordCipherOf } from './record-keys.ts';
import { checkRequest, type CheckedLicense } from './request.ts';
import { placingOf } from './seal-seat.ts';
import { completeSuccession, sealedSuccession, serialOf, versionAfter } from './succession.ts';
import { allocateStatus } from './status.ts';
import type { LicenseType } from './type.ts';
import { xmpDescriptions } from './xmp.ts';
import { completeLicense, findLicenses, insertIntendedLicense, nextSerial } from './store.ts';

/** A license between intention and completion. */
interface LicenseInHand {
  readonly id: string;
  readonly checked: CheckedLicense;
  readonly record: LicenseRecord;
  readonly issuedAt: Date;
  readonly status: StatusReference | null;
}

/** One that waits for its stamp. */
interface DrawnLicense extends LicenseInHand {
  readonly code: CodeText;
  readonly page: Uint8Array;
}

/**
 * Performs an act. Repeating the key with the same request answers the stored result and signs nothing.
 * @throws LicenseError, SigningError (seal, decision, time-stamp), StorageError, CryptoError. After a refusal nothing of
 *   the act is in force.
 */
export async function performAct(parts: LicenseParts, request: ActRequest): Promise<ActResult> {
  requireScope(request.actor, onlyTakesOver(request) ? 'licenses:import' : 'licenses:write');
  departmentOf(request.actor);
  checkKey(request.idempotencyKey);
  checkCase(request);
  const digest = digestOfRequest(parts, request);
  const earlier = await earlierAct(parts, request, digest);
  if (earlier !== null) return earlier;
  const checked = await Promise.all(request.licenses.map((license) => checkRequest(parts, request, license)));
  for (const license of checked) await parts.renderer.examine(provisionalPage(parts, license));
  const documents = await planDocuments(parts, request);
  const act = `act_${toHex(parts.random(16))}`;
  const intended = await intend(parts, request, { act, digest, checked, documents });
  if (intended === null) return answerOfOther(parts, request, digest);
  const plans: StampPlan[] = [...documents];
  try {
    const drawn = await all(intended.map((license) => draw(parts, license)));
    for (const license of drawn) plans.push(await planStamp(parts, pageOrder(request, license), null));
    await parts.database.write((tx) => intendStamps(tx, parts.audit, plans));
    const stamps = await all(plans.map((plan) => makeStamp(parts, plan)));
    return await complete(parts, request, act, drawn, stamps);
  } catch (error) {
    await giveUp(parts, act, plans, error);
    throw error;
  }
}

/** Taking over what exists needs its own scope, and that alone. */
function onlyTakesOver(request: ActRequest): boolean {
  const { licenses } = request;
  return (
    licenses.length > 0 &&
    licenses.every(({ original }) => original !== undefined) &&
    documentsOf(request).length === 0
  );
}

function checkCase(request: ActRequest): void {
  if (request.licenses.length === 0 && documentsOf(request).length === 0) {
    throw new LicenseError('case-empty', 'A case decides something: a decision, a license, or both.');
  }
  if (documentsOf(request).length > MAX_DOCUMENTS) {
    throw new LicenseError(
      'case-number-invalid',
      `A case stamps at most ${MAX_DOCUMENTS} documents at once.`,
    );
  }
  if (request.licenses.length > MAX_LICENSES) {
    throw new LicenseError('case-number-invalid', `A case issues at most ${MAX_LICENSES} licenses at once.`);
  }
  if (request.caseNumber !== null && !/^[\x21-\x7e]{1,64}$/.test(request.caseNumber)) {
    throw new LicenseError('case-number-invalid', 'A case number is 1 to 64 visible ASCII characters.');
  }
  if (!/^[\x21-\x7e]{1,40}$/.test(request.matter)) {
    throw new LicenseError('matter-not-permitted', 'A matter is named by its implementation code.');
  }
}

/** The page as it will be, but for its serial and code: what the words need is known before anything is written. */
function provisionalPage(parts: LicenseParts, checked: CheckedLicense): PageContent {
  const record = makeRecord({
    ...checked,
    serial: `${beijingDay(parts.clock()).slice(0, 4)}0000000`,
    version: 1,
    previousIdentifier: null,
    issuedOn: beijingDay(parts.clock()),
    codeId: new Uint8Array(16),
    random: (length) => new Uint8Array(length),
  });
  return pageContent(parts, checked, record);
}

function pageContent(parts: LicenseParts, checked: CheckedLicense, record: LicenseRecord): PageContent {
  return pageContentOf(checked.type, record, new URL(parts.publicUrl).host);
}

/** Decision and documents, one after the other: each is read and refused by itself. */
async function planDocuments(parts: LicenseParts, request: ActRequest): Promise<readonly StampPlan[]> {
  const { actor, matter, caseNumber } = request;
  const plans: StampPlan[] = [];
  for (const order of documentsOf(request))
    plans.push(await planStamp(parts, { ...order, actor, matter, caseNumber }, null));
  return plans;
}

/** @returns null where the key or the case was used before: nothing was written then. */
async function intend(
  parts: LicenseParts,
  request: ActRequest,
  plan: {
    readonly act: string;
    readonly digest: string;
    readonly checked: readonly CheckedLicense[];
    readonly documents: readonly StampPlan[];
  },
): Promise<readonly LicenseInHand[] | null> {
  const now = parts.clock();
  return parts.database.write(async (tx) => {
    const written = await insertIntendedAct(tx, {
      id: plan.act,
      kind: request.kind,
      client: request.actor.id,
      idempotency_key: request.idempotencyKey,
      request_digest: plan.digest,
      department: departmentOf(request.actor),
      matter: request.matter,
      case_number: request.caseNumber,
      decision_stamp: request.decision === null ? null : (plan.documents[0]?.record.id ?? null),
      intended_at: now.toISOString(),
    });
    if (!written) return null;
    const stamps = plan.documents.map(({ record }) => record.id);
    await insertActStamps(tx, plan.act, stamps, request.decision === null ? 1 : 0);
    const intended: LicenseInHand[] = [];
    for (const [position, checked] of plan.checked.entries()) {
      // Ids of one act sort in the order they were asked for.
      const id = `lic_${plan.act.slice(4, 30)}${String(position).padStart(6, '0')}`;
      intended.push(await intendLicense(tx, parts, request, { id, act: plan.act, checked, now }));
    }
    return intended;
  });
}

async function intendLicense(
  tx: Writer,
  parts: LicenseParts,
  request: ActRequest,
  plan: { readonly id: string; readonly act: string; readonly checked: CheckedLicense; readonly now: Date },
): Promise<LicenseInHand> {
  const { id, checked, now } = plan;
  const { type, holder } = checked;
  const issuedOn = beijingDay(now);
  const { predecessor, original } = checked;
  const serial =
    predecessor === null
      ? await nextSerial(tx, type.typeCode, type.issuer.creditCode, Number(issuedOn.slice(0, 4)))
      : serialOf(predecessor.license);
  const version = predecessor === null ? 1 : await versionAfter(tx, predecessor);
  const codeId = parts.random(16);
  const record = makeRecord({
    ...checked,
    serial,
    version,
    previousIdentifier: predecessor?.license.identifier ?? null,
    issuedOn,
    codeId,
    random: parts.random,
  });
  const status = type.publicStatus
    ? await allocateStatus(tx, parts.random, { history: type.statusHistory === true, at: now })
    : null;
  const free = await insertIntendedLicense(tx, parts, {
    id,
    act: plan.act,
    typeCode: type.typeCode,
    edition: type.edition,
    identifier: record['ZZBS'] ?? '',
    issuer: type.issuer.creditCode,
    supervisor: type.supervisor.creditCode,
    matter: request.matter,
    caseNumber: request.caseNumber,
    holderKind: holder.kind,
    holderCode: holder.code,
    holders: checked.holders,
    photo: checked.photo,
    number: checked.number,
    record,
    recordHash: labelledDigest(parts.suite.digest, recordBytes(record)),
    codeId: toHex(codeId),
    status,
    issuedAt: now,
    expiresAt: endOfTerm(checked.term),
    root: predecessor?.license.root ?? id,
    version,
    succeeds:
      predecessor === null ? null : await sealedSuccession(tx, parts, id, checked.number, predecessor),
  });
  if (!free)
    throw new LicenseError('license-number-taken', 'A license of this type has this number already.');
  if (original !== null) await insertOriginal(tx, await recordCipherOf(tx, parts, id), id, original);
  await parts.audit.append(tx, {
    at: now,
    actor: request.actor,
    action: 'license.intended',
    subject: id,
    details: {
      act: plan.act,
      type: type.typeCode,
      matter: request.matter,
      ...caseDetail(request),
      ...(original === null ? {} : { origin: original.kind, trust: original.trust }),
    },
  });
  return { id, checked, record, issuedAt: now, status };
}

function caseDetail(request: ActRequest): Readonly<Record<string, string>> {
  return request.caseNumber === null ? {} : { case: request.caseNumber };
}

/** The first use of a key: the intention is durable by now. */
async function draw(parts: LicenseParts, license: LicenseInHand): Promise<DrawnLicense> {
  const { checked, record, issuedAt, status } = license;
  const { type, holder } = checked;
  const key = parts.serviceKeys.serviceKey('license-code');
  const claims = codeClaims({
    type,
    record,
    holder,
    issuedAt,
    expiresAt: endOfTerm(checked.term),
    status,
    digest: signingAlgorithm(key.algorithm).digest,
  });
  const code = await signCode(key, codePrefix(parts.publicUrl), claims);
  const page = await parts.renderer.draw({
    ...pageContent(parts, checked, record),
    ...(checked.photo === null ? {} : { photo: checked.photo.drawn }),
    code,
    record: recordBytes(record),
    xmp: xmpDescriptions(record, labelsOf(type)),
    ...attachmentOf(checked),
    metadata: {
      title: type.mark === null ? type.name : `${type.name}（${type.mark}）`,
      author: type.issuer.name,
      subject: record['ZZBS'] ?? '',
      createdAt: issuedAt.getTime(),
    },
  });
  return { ...license, code, page };
}

function labelsOf(type: LicenseType): Readonly<Record<string, string>> {
  return Object.fromEntries(type.fields.map(({ name, label }) => [name, label]));
}

/** What a license was taken over from travels inside its own file. */
function attachmentOf({ original }: CheckedLicense): Pick<PageOrder, 'attachments'> {
  const document = original?.document ?? null;
  return document === null ? {} : { attachments: [{ name: 'original.pdf', bytes: document.bytes }] };
}

/** The type names the seals; who may issue the license may let them be used on its page, and on nothing else. */
function pageOrder(request: ActRequest, license: DrawnLicense): StampOrder {
  const { type, sealId } = license.checked;
  return {
    actor: { ...request.actor, scopes: [...request.actor.scopes, 'stamps:write'] },
    sealId,
    source: { bytes: license.page },
    ...placingOf(type.template),
    matter: request.matter,
    caseNumber: request.caseNumber,
    reason: `${type.name} ${license.record['ZZBS'] ?? ''}`,
    // Nobody can have approved the digest of a page that is drawn here: what the type permits stands in for it.
    drawnFor: 'license',
  };
}

async function complete(
  parts: LicenseParts,
  request: ActRequest,
  act: string,
  drawn: readonly DrawnLicense[],
  made: readonly MadeStamp[],
): Promise<ActResult> {
  const documents = made.length - drawn.length;
  const now = parts.clock();
  const stamps = await parts.database.write(async (tx) => {
    const results = await completeStamps(tx, parts, made);
    if (!(await completeAct(tx, act, now))) throw givenUp();
    for (const [position, license] of drawn.entries()) {
      const stamp = results[position + documents];
      if (stamp === undefined) throw new TypeError('Every license of an act has a stamp.');
      const whole = { code: license.code, stampId: stamp.stampId, document: stamp.document, at: now };
      if (!(await completeLicense(tx, parts, license.id, whole))) throw givenUp();
      await completeSuccession(tx, parts, request, { act, position, now, license });
      await parts.audit.append(tx, {
        at: now,
        actor: request.actor,
        action: license.checked.original === null ? 'license.issued' : 'license.taken-over',
        subject: license.id,
        details: {
          act,
          stamp: stamp.stampId,
          document: stamp.document.digest,
          record: labelledDigest(parts.suite.digest, recordBytes(license.record)),
          code: labelledDigest(parts.suite.digest, license.code.digits),
          ...caseDetail(request),
        },
      });
    }
    return results;
  });
  const licenses = await findLicenses(parts.database.reader, parts, { act }, MAX_LICENSES);
  return {
    licenses: licenses.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    decision: request.decision === null ? null : (stamps[0] ?? null),
    documents: stamps.slice(request.decision === null ? 0 : 1, documents),
  };
}

/** Waits for every one before it refuses: nothing of an act still runs while the act is given up. */
async function all<T>(steps: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(steps);
  return Promise.all(steps);
}
