// Changes of two persons, the first one's part: what is asked for is checked, kept, and listed for the second.
import { toHex } from '../formats/bytes.ts';
import type { Actor } from '../storage/actor.ts';
import type { LicenseChangeRequestTable } from '../storage/schema/license-life.ts';
import { checkChangeWords } from './change-words.ts';
import { payloadPlace, reasonPlace, requestOf, type ChangeRequest } from './change-request-store.ts';
import { askedOfText, scopeFor, textOfAsked, type AskedChange } from './asked-change.ts';
import { ownLicense } from './change.ts';
import { LicenseError } from './errors.ts';
import { checkKey, departmentOf, requireScope } from './guard.ts';
import { checkOffice } from './office-words.ts';
import type { LicenseParts } from './parts.ts';
import { recordCipherOf } from './record-keys.ts';

export interface AskingRequest {
  readonly actor: Actor;
  readonly idempotencyKey: string;
  readonly asked: AskedChange;
}

/** A request waits this long for its second person. */
const LIFE = 14 * 86_400_000;

/** The license that a request stands at: of a merge the first one. */
function licenseOf(asked: AskedChange): string {
  if (asked.kind === 'merge') return asked.licenses[0] ?? '';
  return asked.kind === 'version' ? asked.succeeds.license : asked.licenseId;
}

function changeOf(asked: AskedChange): string {
  if (asked.kind === 'status') return asked.change;
  return asked.kind === 'version' ? asked.succeeds.how : asked.kind;
}

/**
 * Asks for a change that another officer decides on. Nothing of it is in force before.
 * @throws LicenseError `scope-missing`, `department-missing`, `license-not-found`, `change-invalid`, `merge-invalid`,
 *   `transition-not-allowed` where the same change waits already, `idempotency-key-invalid`, `idempotency-mismatch`
 */
export async function askForChange(parts: LicenseParts, request: AskingRequest): Promise<ChangeRequest> {
  const { actor, asked, idempotencyKey } = request;
  requireScope(actor, scopeFor(asked.kind));
  checkKey(idempotencyKey);
  const id = licenseOf(asked);
  const { issuedAt } = await ownLicense(parts.database.reader, actor, id);
  const digest = parts.index.of(
    'license.change-request',
    JSON.stringify([actor.department, textOfAsked(asked)]),
  );
  const earlier = await earlierRequest(parts, request, digest);
  if (earlier !== null) return earlier;
  const now = parts.clock();
  checkAsked(asked, issuedAt, now);
  const row: LicenseChangeRequestTable = {
    id: `lcr_${toHex(parts.random(16))}`,
    license: id,
    department: departmentOf(actor),
    change: changeOf(asked),
    state: 'waiting',
    payload: null,
    requested_by: actor.id,
    requested_at: now.toISOString(),
    expires_at: new Date(now.getTime() + LIFE).toISOString(),
    client: actor.id,
    idempotency_key: idempotencyKey,
    request_digest: digest,
    decided_by: null,
    decided_at: null,
    decision_reason: null,
    tries: 0,
    outcome: null,
  };
  const written = await parts.database.write(async (tx) => {
    const cipher = await recordCipherOf(tx, parts, id);
    const payload = cipher.seal(payloadPlace(row.id), textOfAsked(asked));
    const inserted = await tx
      .insertInto('license_change_request')
      .values({ ...row, payload })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (inserted.numInsertedOrUpdatedRows !== 1n) return false;
    await parts.audit.append(tx, {
      at: now,
      actor,
      action: 'license.change-requested',
      subject: id,
      details: { request: row.id, change: row.change },
    });
    return true;
  });
  if (written) return requestOf(row);
  const other = await earlierRequest(parts, request, digest);
  if (other === null)
    throw new LicenseError(
      'transition-not-allowed',
      'This change of the license waits for a decision already.',
    );
  return other;
}

function checkAsked(asked: AskedChange, issuedAt: Date, now: Date): void {
  const words = asked.kind === 'version' ? asked.succeeds : asked;
  const change =
    asked.kind === 'status'
      ? asked.change
      : asked.kind === 'version'
        ? asked.succeeds.how
        : asked.kind === 'merge'
          ? 'merge'
          : 'suspend';
  const { reason, legalBasis } = words;
  const effectiveAt = 'effectiveAt' in words ? words.effectiveAt : undefined;
  checkChangeWords(
    effectiveAt === undefined ? { reason, legalBasis } : { reason, legalBasis, effectiveAt },
    change,
    issuedAt,
    now,
  );
  checkOffice(
    asked.kind === 'version'
      ? { matter: asked.matter, ...(asked.caseNumber === null ? {} : { caseNumber: asked.caseNumber }) }
      : asked,
  );
}

async function earlierRequest(
  parts: LicenseParts,
  request: AskingRequest,
  digest: string,
): Promise<ChangeRequest | null> {
  const row = await parts.database.reader
    .selectFrom('license_change_request')
    .selectAll()
    .where('client', '=', request.actor.id)
    .where('idempotency_key', '=', request.idempotencyKey)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.request_digest !== digest)
    throw new LicenseError('idempotency-mismatch', 'This idempotency key was used for another request.');
  return requestOf(row);
}

/** A request in full, for the officers of its department. */
export interface ChangeRequestDetails extends ChangeRequest {
  readonly asked: AskedChange;
  /** Why it was rejected or withdrawn. */
  readonly decisionReason: string | null;
}

/** @throws LicenseError `change-request-not-found`, `license-destroyed` */
export async function readRequest(
  parts: LicenseParts,
  actor: Actor,
  id: string,
): Promise<ChangeRequestDetails> {
  requireScope(actor, 'licenses:status', 'licenses:write');
  const row = await parts.database.reader
    .selectFrom('license_change_request')
    .selectAll()
    .where('id', '=', id)
    .where('department', '=', departmentOf(actor))
    .executeTakeFirst();
  if (row === undefined || row.payload === null)
    throw new LicenseError('change-request-not-found', 'There is no such change request.');
  const cipher = await recordCipherOf(parts.database.reader, parts, row.license);
  return {
    ...requestOf(row),
    asked: askedOfText(cipher.open(payloadPlace(row.id), row.payload)),
    decisionReason:
      row.decision_reason === null ? null : cipher.open(reasonPlace(row.id), row.decision_reason),
  };
}

/** Requests of the own department, those that wait first, then the newest; at most `limit`. */
export async function changeRequests(
  parts: LicenseParts,
  actor: Actor,
  which: { readonly license?: string; readonly waiting?: boolean },
  limit = 50,
): Promise<readonly ChangeRequest[]> {
  requireScope(actor, 'licenses:status', 'licenses:write');
  const rows = await parts.database.reader
    .selectFrom('license_change_request')
    .selectAll()
    .where('department', '=', departmentOf(actor))
    .$if(which.license !== undefined, (q) => q.where('license', '=', which.license ?? ''))
    .$if(which.waiting === true, (q) => q.where('state', 'in', ['waiting', 'approved']))
    .orderBy('requested_at', 'desc')
    .orderBy('id')
    .limit(Math.min(limit, 200))
    .execute();
  return rows.map(requestOf);
}
