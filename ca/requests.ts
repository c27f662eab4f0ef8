// Dual control: one officer asks, another approves, and what was asked for is done exactly once.
import { toHex } from '../formats/bytes.ts';
import { decidedByPersons, isPerson, type Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { CaRequestTable } from '../storage/schema/ca-enrolment.ts';
import { requirePurpose } from './disclose.ts';
import { CaError } from './errors.ts';
import { days } from './profile.ts';
import { kindOf, type ControlledOperation, type ControlParts } from './request-kinds.ts';
import {
  decide,
  finish,
  insertRequest,
  latestRequests,
  reclaim,
  requestById,
  requestByKey,
  requestOfRow,
  unfinishedRequests,
  type OfficerRequest,
} from './request-store.ts';

/** A request nobody decides in this time cannot be approved any more. */
const OPEN_DAYS = 7;

/**
 * Asks for an operation. Repeating the key with the same request answers the same one.
 * @throws CaError `ca-request-invalid`, `authority-not-found`, `purpose-missing`, `idempotency-mismatch`.
 */
export async function askFor(
  parts: ControlParts,
  actor: Actor,
  request: {
    readonly operation: ControlledOperation;
    readonly purpose: string;
    readonly idempotencyKey: string;
  },
): Promise<OfficerRequest> {
  const purpose = requirePurpose(request.purpose);
  const { kind, ...given } = request.operation;
  const parameters = JSON.stringify(given);
  const earlier = await requestByKey(parts.database.reader, actor.id, request.idempotencyKey);
  if (earlier !== null) {
    if (earlier.kind !== kind || earlier.parameters !== parameters || earlier.purpose !== purpose) {
      throw new CaError('idempotency-mismatch', 'The Idempotency-Key was used for another request.');
    }
    return requestOfRow(earlier, parts.clock());
  }
  kindOf(request.operation).check(parts, request.operation);
  const at = parts.clock();
  const row = {
    id: `req_${toHex(parts.random(16))}`,
    client: actor.id,
    idempotency_key: request.idempotencyKey,
    kind,
    parameters,
    purpose,
    requested_by: actor.id,
    requested_at: at.toISOString(),
    expires_at: new Date(at.getTime() + days(OPEN_DAYS)).toISOString(),
  };
  const inserted = await parts.database.write(async (tx) => {
    if (!(await insertRequest(tx, row))) return false;
    await audit(parts, tx, actor, 'ca.requested', row.id, { kind, ...textsOf(given), purpose });
    return true;
  });
  if (!inserted) return askFor(parts, actor, request);
  return requiredRequest(parts, row.id);
}

/**
 * Approves what another officer asked for, and executes it. The outcome is recorded: `executed`, or `failed` with the
 * refusal's code. The same officer's approval once more answers what came of it.
 * @throws CaError `ca-request-not-found`, `ca-request-closed`, `self-approval`, `decider-not-person`; `root-offline` where the root's key is
 *   needed and not at hand: the request stays open then.
 */
export async function approve(parts: ControlParts, actor: Actor, id: string): Promise<OfficerRequest> {
  const repeated = await requiredRow(parts, id);
  if (repeated.decided_by === actor.id && repeated.rejection === null) return requiredRequest(parts, id);
  const row = await openRequest(parts, actor, id);
  const operation = operationOf(row);
  const kind = kindOf(operation);
  if (kind.needsRoot && (await parts.rootKeys()) === null) {
    throw new CaError('root-offline', 'The root key is not at hand: bring its store, and approve then.');
  }
  const expected = await kind.expected(parts, operation);
  const approved = await parts.database.write(async (tx) => {
    const at = parts.clock();
    const decision = { by: actor.id, at, rejection: null, expected: JSON.stringify(expected) };
    if (!(await decide(tx, id, decision))) return false;
    await audit(parts, tx, actor, 'ca.approved', id, { kind: row.kind, requestedBy: row.requested_by });
    return true;
  });
  if (!approved) throw closed();
  await execute(parts, actor, { id, operation, attempt: 1 });
  return requiredRequest(parts, id);
}

/**
 * @throws CaError `ca-request-not-found`, `ca-request-closed`, `self-approval`, `decider-not-person`, `purpose-missing`
 *   without a reason.
 */
export async function reject(
  parts: ControlParts,
  actor: Actor,
  id: string,
  reason: string,
): Promise<OfficerRequest> {
  const rejection = requirePurpose(reason);
  const row = await openRequest(parts, actor, id);
  const rejected = await parts.database.write(async (tx) => {
    const decision = { by: actor.id, at: parts.clock(), rejection, expected: null };
    if (!(await decide(tx, id, decision))) return false;
    await audit(parts, tx, actor, 'ca.rejected', id, { kind: row.kind, reason: rejection });
    return true;
  });
  if (!rejected) throw closed();
  return requiredRequest(parts, id);
}

/** The newest requests, at most `limit`. */
export async function officerRequests(
  parts: Pick<ControlParts, 'database' | 'clock'>,
  limit: number,
): Promise<readonly OfficerRequest[]> {
  const now = parts.clock();
  return (await latestRequests(parts.database.reader, limit)).map((row) => requestOfRow(row, now));
}

/** @throws CaError `ca-request-not-found`. */
export async function requiredRequest(
  parts: Pick<ControlParts, 'database' | 'clock'>,
  id: string,
): Promise<OfficerRequest> {
  return requestOfRow(await requiredRow(parts, id), parts.clock());
}

/**
 * Takes up at start what was approved and not finished: an effect that is there already is recorded, and only what is
 * not there is done. Of several nodes one takes each.
 * @returns how many were taken up.
 */
export async function settleRequests(parts: ControlParts, before: Date): Promise<number> {
  let taken = 0;
  for (const row of await unfinishedRequests(parts.database.reader, before)) {
    if (!(await parts.database.write((tx) => reclaim(tx, row.id, row.attempts, parts.clock())))) continue;
    taken += 1;
    const operation = operationOf(row);
    const attempt = row.attempts + 1;
    const actor = { id: row.decided_by ?? 'system', department: null };
    const expected = JSON.parse(row.expected ?? '{}') as Record<string, string>;
    const done = await kindOf(operation).done(parts, operation, expected);
    if (done === null) await execute(parts, actor, { id: row.id, operation, attempt });
    else await parts.database.write((tx) => recordOutcome(parts, tx, actor, row, attempt, done));
  }
  return taken;
}

interface Claimed {
  readonly id: string;
  readonly operation: ControlledOperation;
  readonly attempt: number;
}

async function execute(
  parts: ControlParts,
  actor: Pick<Actor, 'id' | 'department'>,
  { id, operation, attempt }: Claimed,
): Promise<void> {
  const row = { id, kind: operation.kind };
  try {
    await kindOf(operation).execute(parts, operation, {
      actor,
      request: id,
      record: (tx, outcome) => recordOutcome(parts, tx, actor, row, attempt, outcome),
    });
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
    // A fault leaves the request approved: it is taken up at the next start. A refusal is an outcome.
    if (!(error instanceof CaError) || code === null) throw error;
    await parts.database.write(async (tx) => {
      const at = parts.clock();
      if (!(await finish(tx, id, attempt, { state: 'failed', outcome: { code }, at }))) return;
      await audit(parts, tx, actor, 'ca.executed', id, { kind: operation.kind, outcome: code });
    });
  }
}

async function recordOutcome(
  parts: ControlParts,
  tx: Writer,
  actor: Pick<Actor, 'id' | 'department'>,
  row: { readonly id: string; readonly kind: CaRequestTable['kind'] },
  attempt: number,
  outcome: Readonly<Record<string, string>>,
): Promise<void> {
  const at = parts.clock();
  // Where another node took the request up meanwhile, the effect of this attempt must not be written either.
  if (!(await finish(tx, row.id, attempt, { state: 'executed', outcome, at }))) throw closed();
  await audit(parts, tx, actor, 'ca.executed', row.id, { kind: row.kind, ...outcome });
}

async function openRequest(parts: ControlParts, actor: Actor, id: string): Promise<CaRequestTable> {
  const row = await requiredRow(parts, id);
  if (row.requested_by === actor.id) {
    throw new CaError('self-approval', 'Who asked for it cannot decide it: another officer must.');
  }
  if (!isPerson(actor)) throw new CaError('decider-not-person', decidedByPersons);
  if (requestOfRow(row, parts.clock()).state !== 'requested') throw closed();
  return row;
}

async function requiredRow(parts: Pick<ControlParts, 'database'>, id: string): Promise<CaRequestTable> {
  const row = await requestById(parts.database.reader, id);
  if (row === null) throw new CaError('ca-request-not-found', 'There is no such request.');
  return row;
}

function closed(): CaError {
  return new CaError('ca-request-closed', 'The request was decided already, or has expired.');
}

function operationOf(row: CaRequestTable): ControlledOperation {
  return { kind: row.kind, ...(JSON.parse(row.parameters) as object) } as ControlledOperation;
}

function textsOf(values: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
  );
}

function audit(
  parts: ControlParts,
  tx: Writer,
  actor: Pick<Actor, 'id' | 'department'>,
  action: 'ca.requested' | 'ca.approved' | 'ca.rejected' | 'ca.executed',
  subject: string,
  details: Readonly<Record<string, string>>,
): Promise<void> {
  return parts.audit.append(tx, { at: parts.clock(), actor, action, subject, details });
}
