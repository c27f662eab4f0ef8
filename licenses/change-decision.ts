// Changes of two persons, the second one's part: another officer of the same department approves, and only then it is done.
import { decidedByPersons, isPerson, isPersonId, type Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { LicenseChangeRequestTable } from '../storage/schema/license-life.ts';
import { askedOfText, scopeFor, type AskedChange } from './asked-change.ts';
import { payloadPlace, reasonPlace, requestOf, type ChangeRequest } from './change-request-store.ts';
import { changeDigest, countermandDigest, recordCountermandOf, recordStatusChange } from './change.ts';
import { calendar } from './due.ts';
import { LicenseError } from './errors.ts';
import { departmentOf, requireScope } from './guard.ts';
import { issueVersion } from './issue.ts';
import { transitions } from './license.ts';
import { mergeLicenses } from './merge.ts';
import type { LicenseParts } from './parts.ts';
import { holdsUnprintable } from './plain-text.ts';
import { recordCipherOf } from './record-keys.ts';

const MAX_REASON = 200;

/**
 * Approves a request as its second person, and does what it asks for. One that brings a next version may be approved again by
 * the same officer where drawing or stamping failed for the time being.
 * @throws LicenseError `scope-missing`, `change-request-not-found` (absent or another department's), `change-request-own`,
 *   `decider-not-person`, `change-request-over`; and what the change itself refuses: the request has lapsed then
 */
export async function approveChange(parts: LicenseParts, actor: Actor, id: string): Promise<ChangeRequest> {
  const { row, asked } = await openRequest(parts, actor, id);
  if (row.requested_by === actor.id)
    throw new LicenseError('change-request-own', 'Another officer decides than the one who asked.');
  requirePerson(actor);
  try {
    const outcome =
      asked.kind === 'status' || asked.kind === 'countermand'
        ? await approveAtOnce(parts, actor, row, asked)
        : await approveThenDo(parts, actor, row, asked);
    return requestOf({ ...outcome });
  } catch (error) {
    if (error instanceof LicenseError && lapses.has(error.code)) await lapse(parts, actor, row, error.code);
    throw error;
  }
}

/** Refusals after which a request can never be done as it was asked for. */
const lapses: ReadonlySet<string> = new Set([
  'license-not-found',
  'transition-not-allowed',
  'change-invalid',
  'succession-invalid',
  'merge-invalid',
  'license-destroyed',
  'event-not-found',
  'face-invalid',
  'holder-invalid',
  'validity-invalid',
  'photo-invalid',
  'glyph-missing',
  'text-overflow',
  'license-number-taken',
  'type-not-permitted',
  'matter-not-permitted',
]);

async function openRequest(
  parts: LicenseParts,
  actor: Actor,
  id: string,
): Promise<{ readonly row: LicenseChangeRequestTable; readonly asked: AskedChange }> {
  const department = departmentOf(actor);
  const row = await parts.database.reader
    .selectFrom('license_change_request')
    .selectAll()
    .where('id', '=', id)
    .where('department', '=', department)
    .executeTakeFirst();
  requireScope(actor, 'licenses:status', 'licenses:write');
  if (row === undefined)
    throw new LicenseError('change-request-not-found', 'There is no such change request.');
  const again = row.state === 'approved' && row.decided_by === actor.id;
  if ((row.state !== 'waiting' && !again) || row.payload === null)
    throw new LicenseError('change-request-over', `The change request is ${row.state}.`);
  if (row.expires_at <= parts.clock().toISOString())
    throw new LicenseError('change-request-over', 'The change request has waited too long: ask again.');
  const cipher = await recordCipherOf(parts.database.reader, parts, row.license);
  const asked = askedOfText(cipher.open(payloadPlace(row.id), row.payload));
  requireScope(actor, scopeFor(asked.kind));
  return { row, asked };
}

/** What is decided today cannot begin yesterday: a day that has gone by while the request waited is today. */
function dayOfEffect(asked: Extract<AskedChange, { kind: 'status' }>, now: Date): Date {
  const { effectiveAt } = asked;
  if (effectiveAt === undefined) return now;
  return effectiveAt < now && !transitions[asked.change].retroactive ? now : effectiveAt;
}

async function approveAtOnce(
  parts: LicenseParts,
  actor: Actor,
  row: LicenseChangeRequestTable,
  asked: Extract<AskedChange, { kind: 'status' | 'countermand' }>,
): Promise<LicenseChangeRequestTable> {
  const now = parts.clock();
  const given = { actor, idempotencyKey: row.id };
  return parts.database.write(async (tx) => {
    const approved = await markApproved(tx, parts, actor, row, now);
    const event =
      asked.kind === 'status'
        ? await recordStatusChange(
            tx,
            parts,
            { ...asked, ...given, approval: row.id, effectiveAt: dayOfEffect(asked, now) },
            { digest: changeDigest(parts, { ...asked, ...given }), now },
          )
        : await recordCountermandOf(
            tx,
            parts,
            { ...asked, ...given },
            { digest: countermandDigest(parts, { ...asked, ...given }), now, approved: row.requested_by },
          );
    if (event === null) throw over();
    return executed(tx, approved, String(event.sequence));
  });
}

/** Signing takes its time: the approval is written first, and what it led to afterwards. */
async function approveThenDo(
  parts: LicenseParts,
  actor: Actor,
  row: LicenseChangeRequestTable,
  asked: Extract<AskedChange, { kind: 'version' | 'merge' }>,
): Promise<LicenseChangeRequestTable> {
  const now = parts.clock();
  const approved =
    row.state === 'approved'
      ? row
      : await parts.database.write((tx) => markApproved(tx, parts, actor, row, now));
  const outcome = await perform(parts, actor, approved, asked);
  return parts.database.write((tx) => executed(tx, approved, outcome));
}

async function perform(
  parts: LicenseParts,
  actor: Actor,
  row: LicenseChangeRequestTable,
  asked: Extract<AskedChange, { kind: 'version' | 'merge' }>,
): Promise<string> {
  // An act that was given up keeps its key: the next try has another.
  const idempotencyKey = row.tries === 0 ? row.id : `${row.id}:${row.tries}`;
  if (asked.kind === 'merge') {
    const [first] = await mergeLicenses(parts, { ...asked, actor, idempotencyKey, approval: row.id });
    return String(first?.sequence ?? '');
  }
  try {
    const { effectiveAt, ...rest } = asked.succeeds;
    // Judged by the moment of the approval, so that a second try asks for the very same.
    const approvedAt = new Date(row.decided_at ?? row.requested_at);
    const later = effectiveAt !== undefined && effectiveAt > approvedAt ? { effectiveAt } : {};
    const succeeds = { ...rest, ...later, approval: row.id };
    const actor = askerOf(row);
    return (await issueVersion(parts, { ...asked, actor, idempotencyKey, succeeds })).id;
  } catch (error) {
    if (error instanceof LicenseError && error.code === 'idempotency-in-progress') throw error;
    await parts.database.write((tx) =>
      tx
        .updateTable('license_change_request')
        .set((e) => ({ tries: e('tries', '+', 1) }))
        .where('id', '=', row.id)
        .where('state', '=', 'approved')
        .execute(),
    );
    throw error;
  }
}

/** Who asked has the right to the seal, as with every license they issue; the second person lets it happen. */
function askerOf(row: LicenseChangeRequestTable): Actor {
  return {
    id: row.requested_by,
    kind: isPersonId(row.requested_by) ? 'person' : 'client',
    department: row.department,
    scopes: ['licenses:write'],
  };
}

function requirePerson(actor: Actor): void {
  if (!isPerson(actor)) throw new LicenseError('decider-not-person', decidedByPersons);
}

function over(): LicenseError {
  return new LicenseError('change-request-over', 'The change request was decided meanwhile.');
}

async function markApproved(
  tx: Writer,
  parts: LicenseParts,
  actor: Actor,
  row: LicenseChangeRequestTable,
  now: Date,
): Promise<LicenseChangeRequestTable> {
  const decided = { state: 'approved', decided_by: actor.id, decided_at: now.toISOString() } as const;
  const updated = await tx
    .updateTable('license_change_request')
    .set(decided)
    .where('id', '=', row.id)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  if (updated.numUpdatedRows !== 1n) throw over();
  await parts.audit.append(tx, {
    at: now,
    actor,
    action: 'license.change-approved',
    subject: row.license,
    details: { request: row.id, change: row.change },
  });
  return { ...row, ...decided };
}

async function executed(
  tx: Writer,
  row: LicenseChangeRequestTable,
  outcome: string,
): Promise<LicenseChangeRequestTable> {
  const done = { state: 'executed', outcome } as const;
  await tx
    .updateTable('license_change_request')
    .set(done)
    .where('id', '=', row.id)
    .where('state', '=', 'approved')
    .execute();
  return { ...row, ...done };
}

async function lapse(
  parts: LicenseParts,
  actor: Actor,
  row: LicenseChangeRequestTable,
  code: string,
): Promise<void> {
  const now = parts.clock();
  await parts.database.write(async (tx) => {
    const lapsed = await tx
      .updateTable('license_change_request')
      .set({ state: 'lapsed', outcome: code, decided_by: actor.id, decided_at: now.toISOString() })
      .where('id', '=', row.id)
      .where('state', 'in', ['waiting', 'approved'])
      .executeTakeFirst();
    if (lapsed.numUpdatedRows === 1n) await tellLapsed(tx, parts, actor, row, code, now);
  });
}

async function tellLapsed(
  tx: Writer,
  parts: Pick<LicenseParts, 'audit'>,
  actor: Actor,
  row: Pick<LicenseChangeRequestTable, 'id' | 'license' | 'change'>,
  why: string,
  now: Date,
): Promise<void> {
  await parts.audit.append(tx, {
    at: now,
    actor,
    action: 'license.change-request-lapsed',
    subject: row.license,
    details: { request: row.id, change: row.change, why },
  });
}

/**
 * Rejects a request as its second person, or withdraws the own one.
 * @throws LicenseError `change-request-not-found`, `decider-not-person`, `change-request-over`, `change-invalid`
 */
export async function endRequest(
  parts: LicenseParts,
  actor: Actor,
  id: string,
  reason: string,
): Promise<ChangeRequest> {
  if (reason.trim() === '' || Array.from(reason).length > MAX_REASON || holdsUnprintable(reason))
    throw new LicenseError(
      'change-invalid',
      `A decision has a reason of 1 to ${MAX_REASON} printable characters.`,
    );
  const { row } = await openRequest(parts, actor, id);
  const own = row.requested_by === actor.id;
  if (!own) requirePerson(actor);
  const now = parts.clock();
  const decided = {
    state: own ? 'withdrawn' : 'rejected',
    decided_by: actor.id,
    decided_at: now.toISOString(),
  } as const;
  await parts.database.write(async (tx) => {
    const cipher = await recordCipherOf(tx, parts, row.license);
    const updated = await tx
      .updateTable('license_change_request')
      .set({ ...decided, decision_reason: cipher.seal(reasonPlace(row.id), reason) })
      .where('id', '=', row.id)
      .where('state', '=', 'waiting')
      .executeTakeFirst();
    if (updated.numUpdatedRows !== 1n) throw over();
    await parts.audit.append(tx, {
      at: now,
      actor,
      action: own ? 'license.change-withdrawn' : 'license.change-rejected',
      subject: row.license,
      details: { request: row.id, change: row.change },
    });
  });
  return requestOf({ ...row, ...decided });
}

/** Requests that nobody decided in time come to nothing. @returns how many */
export async function lapseRequests(
  parts: Pick<LicenseParts, 'database' | 'audit' | 'clock'>,
): Promise<number> {
  const now = parts.clock();
  return parts.database.write(async (tx) => {
    const lapsed = await tx
      .updateTable('license_change_request')
      .set({ state: 'lapsed', outcome: 'expired', decided_at: now.toISOString() })
      .where('state', 'in', ['waiting', 'approved'])
      .where('expires_at', '<=', now.toISOString())
      .returning(['id', 'license', 'change'])
      .execute();
    for (const row of lapsed) await tellLapsed(tx, parts, calendar, row, 'expired', now);
    return lapsed.length;
  });
}
