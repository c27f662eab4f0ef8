// An act asked for again: what its idempotency key is held to, and the stored answer.
import { labelledDigest } from '../crypto/algorithms.ts';
import type { Placing } from '../signing/placement-order.ts';
import type { StampOrder, StampResult } from '../signing/stamp-order.ts';
import type { UseTerms } from '../signing/use-terms.ts';
import { digestOfOrder } from '../signing/stamp-order.ts';
import { stampOf } from '../signing/stamp-answers.ts';
import type { Actor } from '../storage/actor.ts';
import type { LicenseActTable } from '../storage/schema/licenses.ts';
import { findActByKey, stampsOfAct } from './act-store.ts';
import { LicenseError } from './errors.ts';
import type { HoldersInput } from './holders.ts';
import type { LicenseParts } from './parts.ts';
import type { LicenseRequest } from './request.ts';
import { findLicenses, type StoredLicense } from './store.ts';

/** A document to stamp with a case, and who let its seal be used. */
export type DecisionOrder = Pick<StampOrder, 'sealId' | 'source' | 'reason' | keyof Placing> & UseTerms;

/** What one request issues. */
export interface ActRequest {
  readonly actor: Actor;
  readonly kind: 'license' | 'case';
  readonly idempotencyKey: string;
  /** 实施编码 of the matter. */
  readonly matter: string;
  /** 办件编号. */
  readonly caseNumber: string | null;
  /** The decision PDF to stamp with it. */
  readonly decision: DecisionOrder | null;
  /** Further documents to stamp with it, in order. */
  readonly documents?: readonly DecisionOrder[];
  readonly licenses: readonly LicenseRequest[];
}

export interface ActResult {
  readonly licenses: readonly StoredLicense[];
  readonly decision: StampResult | null;
  /** Stamps of the further documents, in the order they were asked for. */
  readonly documents: readonly StampResult[];
}

/** Most licenses of one act. */
export const MAX_LICENSES = 20;
/** Most documents that one act stamps, the decision among them. */
export const MAX_DOCUMENTS = 10;

/** Everything of an act that is stamped and no license, the decision first. */
export function documentsOf({
  decision,
  documents = [],
}: Pick<ActRequest, 'decision' | 'documents'>): readonly DecisionOrder[] {
  return decision === null ? documents : [decision, ...documents];
}

/** Roles, shares and further holders; nothing of one plain holder, as above. */
function plainHolders({ holder, coHolders = [] }: HoldersInput): readonly unknown[] {
  const plain = [holder, ...coHolders].map(({ kind, name, code, role, share }) => [
    kind,
    name,
    code,
    role ?? null,
    share ?? null,
  ]);
  const plainOne = coHolders.length === 0 && holder.role === undefined && holder.share === undefined;
  return plainOne ? [] : [['holders', ...plain]];
}

/** Keyed, because what is asked for holds names and numbers that an unkeyed digest would let be guessed. */
export function digestOfRequest(parts: LicenseParts, request: ActRequest): string {
  const { actor, kind, matter, caseNumber, decision, documents = [], licenses } = request;
  const digestOf = (order: DecisionOrder): string =>
    digestOfOrder({ ...order, actor, matter, caseNumber }, parts.suite);
  const order = decision === null ? null : digestOf(decision);
  const plain = licenses.map(
    ({ type, number, holder, face, validity, sealId, succeeds, original, ...more }) => [
      type,
      number,
      [holder.kind, holder.name, holder.code],
      Object.entries(face).sort(([a], [b]) => (a < b ? -1 : 1)),
      [validity?.from ?? null, validity?.until ?? null],
      sealId ?? null,
      // Only where it is one, so that digests made before there were versions stay what they are.
      ...(succeeds === undefined
        ? []
        : [
            [
              succeeds.license,
              succeeds.how,
              succeeds.reason,
              succeeds.legalBasis,
              succeeds.effectiveAt?.getTime() ?? null,
              ...(succeeds.officer === undefined ? [] : [succeeds.officer]),
            ],
          ]),
      ...(original === undefined
        ? []
        : [
            [
              'original',
              original.kind,
              original.issuedOn,
              original.compared?.by ?? null,
              original.compared?.on ?? null,
              original.document ?? null,
              original.identifier ?? null,
            ],
          ]),
      ...plainHolders({ holder, ...more }),
      ...(more.photo === undefined ? [] : [['photo', labelledDigest('sha256', more.photo.bytes)]]),
    ],
  );
  return parts.index.of(
    'license.request',
    JSON.stringify([
      actor.department,
      kind,
      matter,
      caseNumber,
      order,
      plain,
      // Only where there are any, as above.
      ...(documents.length === 0 ? [] : [documents.map(digestOf)]),
    ]),
  );
}

/** @throws LicenseError `idempotency-mismatch`, `idempotency-in-progress`, `idempotency-abandoned` */
export async function earlierAct(
  parts: LicenseParts,
  request: ActRequest,
  digest: string,
): Promise<ActResult | null> {
  const act = await findActByKey(parts.database.reader, request.actor.id, request.idempotencyKey);
  if (act === null) return null;
  if (act.request_digest !== digest) {
    throw new LicenseError('idempotency-mismatch', 'This idempotency key was used for another request.');
  }
  if (act.state === 'intended') {
    throw new LicenseError(
      'idempotency-in-progress',
      'The first request with this idempotency key is still running.',
    );
  }
  if (act.state === 'abandoned') {
    throw new LicenseError(
      'idempotency-abandoned',
      'The request with this idempotency key was given up: use a new one.',
    );
  }
  return resultOf(parts, request.actor, act);
}

/** What a completed act left, in the order it was asked for. */
export async function resultOf(parts: LicenseParts, actor: Actor, act: LicenseActTable): Promise<ActResult> {
  const licenses = await findLicenses(parts.database.reader, parts, { act: act.id }, MAX_LICENSES);
  const reader: Actor = { ...actor, scopes: [...actor.scopes, 'stamps:read'] };
  const stamps: StampResult[] = [];
  for (const stamp of await stampsOfAct(parts.database.reader, act.id))
    stamps.push(await stampOf(parts.database.reader, reader, stamp));
  const decided = act.decision_stamp !== null;
  return {
    licenses: licenses.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    decision: decided ? (stamps[0] ?? null) : null,
    documents: decided ? stamps.slice(1) : stamps,
  };
}

/** Another request with this key, or for this case, was quicker. @throws LicenseError `case-number-taken` */
export async function answerOfOther(
  parts: LicenseParts,
  request: ActRequest,
  digest: string,
): Promise<ActResult> {
  const earlier = await earlierAct(parts, request, digest);
  if (earlier !== null) return earlier;
  throw new LicenseError('case-number-taken', 'This case is handled already.');
}
