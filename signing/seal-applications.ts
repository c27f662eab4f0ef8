// A seal's life by two persons: one applies, another approves, and what was applied for is done exactly once.
import { CaError } from '../ca/errors.ts';
import { decidedByPersons, isPerson, type Actor } from '../storage/actor.ts';
import type { Writer } from '../storage/database.ts';
import type { SealApplicationTable } from '../storage/schema/seal-life.ts';
import { SigningError } from './errors.ts';
import { newIdentifier } from './identifiers.ts';
import { kindOfApplication, type ApplicationParts, type SealOperation } from './seal-application-kinds.ts';
import {
  applicationOf,
  applicationRow,
  decideApplication,
  finishApplication,
  insertApplication,
  latestApplications,
  reclaimApplication,
  unfinishedApplications,
  type SealApplication,
} from './seal-application-store.ts';
import { departmentOf, requireScope } from './seal-use.ts';

/** What nobody decides in this time cannot be approved any more. */
const openDays = 30;

/**
 * Applies. Repeating the key with the same application answers the same one.
 * @throws SigningError `scope-missing`, `department-missing`, `purpose-missing`, `seal-not-found`, `application-invalid` and
 *   what the kind refuses at once, `idempotency-mismatch`
 */
export async function applyForSeal(
  parts: ApplicationParts,
  actor: Actor,
  application: {
    readonly operation: SealOperation;
    readonly purpose: string;
    readonly idempotencyKey: string;
  },
): Promise<SealApplication> {
  requireScope(actor, 'seals:apply', 'seals:administer');
  const department = departmentOf(actor);
  const purpose = requirePurpose(application.purpose);
  const { kind, ...given } = application.operation;
  const parameters = JSON.stringify(given);
  const key = application.idempotencyKey;
  const earlier = await applicationRow(parts.database.reader, { client: actor.id, key });
  if (earlier !== null) {
    if (earlier.kind !== kind || earlier.parameters !== parameters || earlier.purpose !== purpose)
      throw new SigningError('idempotency-mismatch', 'The Idempotency-Key was used for another application.');
    return applicationOf(earlier, parts.clock());
  }
  await kindOfApplication(application.operation).check(parts, application.operation, department);
  const at = parts.clock();
  const row = {
    id: newIdentifier('sap', parts.random),
    client: actor.id,
    idempotency_key: key,
    kind,
    department,
    seal_id: 'sealId' in application.operation ? application.operation.sealId : null,
    parameters,
    purpose,
    requested_by: actor.id,
    requested_at: at.toISOString(),
    expires_at: new Date(at.getTime() + openDays * 86_400_000).toISOString(),
  };
  const inserted = await parts.database.write(async (tx) => {
    if (!(await insertApplication(tx, row))) return false;
    await audit(parts, tx, actor, 'seal-application.requested', row.id, {
      kind,
      department,
      ...(row.seal_id === null ? {} : { seal: row.seal_id }),
    });
    return true;
  });
  // Another call with the key was quicker.
  return inserted ? requiredApplication(parts, row.id) : applyForSeal(parts, actor, application);
}

/**
 * Approves what another person applied for, and executes it. The outcome is recorded: `executed`, or `failed` with the
 * refusal's code. The same person's approval once more answers what came of it.
 * @throws SigningError `scope-missing`, `application-not-found`, `application-closed`, `self-approval`, `decider-not-person`
 */
export async function approveApplication(
  parts: ApplicationParts,
  actor: Actor,
  id: string,
): Promise<SealApplication> {
  const row = await decidableRow(parts, actor, id);
  if (row.decided_by === actor.id && row.rejection === null) return applicationOf(row, parts.clock());
  requireOpen(parts, actor, row);
  const approved = await parts.database.write(async (tx) => {
    if (!(await decideApplication(tx, id, { by: actor.id, at: parts.clock(), rejection: null })))
      return false;
    const about = { kind: row.kind, requestedBy: row.requested_by };
    await audit(parts, tx, actor, 'seal-application.approved', id, about);
    return true;
  });
  if (!approved) throw closed();
  await execute(parts, row, actor.id, 1);
  return requiredApplication(parts, id);
}

/** @throws SigningError `scope-missing`, `application-not-found`, `application-closed`, `self-approval`, `decider-not-person`, `purpose-missing` */
export async function rejectApplication(
  parts: ApplicationParts,
  actor: Actor,
  id: string,
  reason: string,
): Promise<SealApplication> {
  const rejection = requirePurpose(reason);
  const row = await decidableRow(parts, actor, id);
  requireOpen(parts, actor, row);
  const rejected = await parts.database.write(async (tx) => {
    if (!(await decideApplication(tx, id, { by: actor.id, at: parts.clock(), rejection }))) return false;
    await audit(parts, tx, actor, 'seal-application.rejected', id, { kind: row.kind, reason: rejection });
    return true;
  });
  if (!rejected) throw closed();
  return requiredApplication(parts, id);
}

/** The newest applications of the actor's department; of all, for the administration of seals. */
export async function sealApplications(
  parts: Pick<ApplicationParts, 'database' | 'clock'>,
  actor: Actor,
  limit: number,
): Promise<readonly SealApplication[]> {
  requireScope(actor, 'seals:apply', 'seals:approve', 'seals:administer', 'seals:read');
  const now = parts.clock();
  const rows = await latestApplications(parts.database.reader, reach(actor), Math.min(limit, 500));
  return rows.map((row) => applicationOf(row, now));
}

/** One of them. @throws SigningError `scope-missing`, `application-not-found` (absent or another department's) */
export async function sealApplication(
  parts: Pick<ApplicationParts, 'database' | 'clock'>,
  actor: Actor,
  id: string,
): Promise<SealApplication> {
  requireScope(actor, 'seals:apply', 'seals:approve', 'seals:administer', 'seals:read');
  return applicationOf(await rowWithin(parts, actor, id), parts.clock());
}

/**
 * Takes up at start what was approved and not finished: effect and outcome are one write, so what has no outcome has no
 * effect. Of several nodes one takes each. Call after what was being made was given up (`settleSeals`).
 * @returns how many were taken up
 */
export async function settleApplications(parts: ApplicationParts, before: Date): Promise<number> {
  let taken = 0;
  for (const row of await unfinishedApplications(parts.database.reader, before)) {
    if (!(await parts.database.write((tx) => reclaimApplication(tx, row.id, row.attempts, parts.clock()))))
      continue;
    taken += 1;
    await execute(parts, row, row.decided_by ?? 'system', row.attempts + 1);
  }
  return taken;
}

async function execute(
  parts: ApplicationParts,
  row: SealApplicationTable,
  approver: string,
  attempt: number,
): Promise<void> {
  // For the department that applied, by the person who approved.
  const actor: Actor = { id: approver, kind: 'system', department: row.department, scopes: ['seals:write'] };
  const operation = { kind: row.kind, ...(JSON.parse(row.parameters) as object) } as SealOperation;
  const finished = async (
    tx: Writer,
    state: 'executed' | 'failed',
    outcome: Readonly<Record<string, string>>,
    sealId: string | null,
  ): Promise<void> => {
    const result = { state, outcome, sealId, at: parts.clock() };
    // Where another node took it up meanwhile, the effect of this attempt must not be written either.
    if (!(await finishApplication(tx, row.id, attempt, result))) throw closed();
    await audit(parts, tx, actor, 'seal-application.executed', row.id, { kind: row.kind, ...outcome });
  };
  try {
    await kindOfApplication(operation).execute(parts, operation, {
      actor,
      requestedBy: row.requested_by,
      record: (tx, outcome, sealId) => finished(tx, 'executed', outcome, sealId ?? null),
    });
  } catch (error) {
    // A refusal is an outcome. A fault leaves the application approved: it is taken up at the next start.
    if (!(error instanceof SigningError || error instanceof CaError)) throw error;
    await parts.database
      .write((tx) => finished(tx, 'failed', { code: error.code }, null))
      .catch((inner: unknown) => {
        if (!(inner instanceof SigningError)) throw inner;
      });
  }
}

/** Whose applications an actor sees: null for all. */
function reach(actor: Actor): string | null {
  return actor.scopes.includes('seals:administer') ? null : departmentOf(actor);
}

async function rowWithin(
  parts: Pick<ApplicationParts, 'database'>,
  actor: Actor,
  id: string,
): Promise<SealApplicationTable> {
  const row = await applicationRow(parts.database.reader, { id });
  const within = reach(actor);
  if (row === null || (within !== null && row.department !== within))
    throw new SigningError('application-not-found', 'There is no such application.');
  return row;
}

function decidableRow(parts: ApplicationParts, actor: Actor, id: string): Promise<SealApplicationTable> {
  requireScope(actor, 'seals:approve');
  return rowWithin(parts, actor, id);
}

function requireOpen(parts: ApplicationParts, actor: Actor, row: SealApplicationTable): void {
  if (row.requested_by === actor.id)
    throw new SigningError('self-approval', 'Who applied cannot decide: another person must.');
  if (!isPerson(actor)) throw new SigningError('decider-not-person', decidedByPersons);
  if (applicationOf(row, parts.clock()).state !== 'requested') throw closed();
}

async function requiredApplication(parts: ApplicationParts, id: string): Promise<SealApplication> {
  const row = await applicationRow(parts.database.reader, { id });
  if (row === null) throw new TypeError('An application just written is not there.');
  return applicationOf(row, parts.clock());
}

/** @throws SigningError `purpose-missing` */
export function requirePurpose(text: string): string {
  const purpose = text.trim();
  if (purpose.length < 2 || purpose.length > 200)
    throw new SigningError('purpose-missing', 'Say why, in 2 to 200 characters.');
  return purpose;
}

function closed(): SigningError {
  return new SigningError('application-closed', 'The application was decided already, or has expired.');
}

function audit(
  parts: Pick<ApplicationParts, 'audit' | 'clock'>,
  tx: Writer,
  actor: Pick<Actor, 'id' | 'department'>,
  action:
    | 'seal-application.requested'
    | 'seal-application.approved'
    | 'seal-application.rejected'
    | 'seal-application.executed',
  subject: string,
  details: Readonly<Record<string, string>>,
): Promise<void> {
  return parts.audit.append(tx, { at: parts.clock(), actor, action, subject, details });
}
