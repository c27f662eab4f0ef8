// Rows of seal applications: asked for, decided once by a second person, executed once. Every step is a conditional update.
import type { Reader, Writer } from '../storage/database.ts';
import type { SealApplicationKind, SealApplicationTable } from '../storage/schema/seal-life.ts';

/** An application as people see it; `expired` is computed. */
export interface SealApplication {
  readonly id: string;
  readonly kind: SealApplicationKind;
  readonly department: string;
  readonly sealId: string | null;
  /** As it was asked for. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly purpose: string;
  readonly state: SealApplicationTable['state'] | 'expired';
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly rejection: string | null;
  readonly outcome: Readonly<Record<string, string>> | null;
  readonly executedAt: Date | null;
}

export function applicationOf(row: SealApplicationTable, now: Date): SealApplication {
  const date = (value: string | null): Date | null => (value === null ? null : new Date(value));
  const late = row.state === 'requested' && Date.parse(row.expires_at) <= now.getTime();
  return {
    id: row.id,
    kind: row.kind,
    department: row.department,
    sealId: row.seal_id,
    parameters: JSON.parse(row.parameters) as SealApplication['parameters'],
    purpose: row.purpose,
    state: late ? 'expired' : row.state,
    requestedBy: row.requested_by,
    requestedAt: new Date(row.requested_at),
    expiresAt: new Date(row.expires_at),
    decidedBy: row.decided_by,
    decidedAt: date(row.decided_at),
    rejection: row.rejection,
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as Record<string, string>),
    executedAt: date(row.executed_at),
  };
}

/** @returns false where the client used the key before: nothing was written then. */
export async function insertApplication(
  tx: Writer,
  application: Pick<
    SealApplicationTable,
    | 'id'
    | 'client'
    | 'idempotency_key'
    | 'kind'
    | 'department'
    | 'seal_id'
    | 'parameters'
    | 'purpose'
    | 'requested_by'
    | 'requested_at'
    | 'expires_at'
  >,
): Promise<boolean> {
  const result = await tx
    .insertInto('seal_application')
    .values({
      ...application,
      state: 'requested',
      decided_by: null,
      decided_at: null,
      rejection: null,
      attempts: 0,
      claimed_at: null,
      outcome: null,
      executed_at: null,
    })
    .onConflict((conflict) => conflict.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Decides an open application of somebody else's; an approval claims it too. @returns whether this very call decided it. */
export async function decideApplication(
  tx: Writer,
  id: string,
  decision: { readonly by: string; readonly at: Date; readonly rejection: string | null },
): Promise<boolean> {
  const at = decision.at.toISOString();
  const approved = decision.rejection === null;
  const result = await tx
    .updateTable('seal_application')
    .set({
      state: approved ? 'approved' : 'rejected',
      decided_by: decision.by,
      decided_at: at,
      rejection: decision.rejection,
      ...(approved ? { attempts: 1, claimed_at: at } : {}),
    })
    .where('id', '=', id)
    .where('state', '=', 'requested')
    .where('requested_by', '!=', decision.by)
    .where('expires_at', '>', at)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Takes up an approved application whose execution was cut short. @returns whether this very call has it now. */
export async function reclaimApplication(
  tx: Writer,
  id: string,
  attempts: number,
  at: Date,
): Promise<boolean> {
  const result = await tx
    .updateTable('seal_application')
    .set({ attempts: attempts + 1, claimed_at: at.toISOString() })
    .where('id', '=', id)
    .where('state', '=', 'approved')
    .where('attempts', '=', attempts)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Records what came of an execution. @param attempt - only the attempt that holds the application may. */
export async function finishApplication(
  tx: Writer,
  id: string,
  attempt: number,
  result: {
    readonly state: 'executed' | 'failed';
    readonly sealId: string | null;
    readonly outcome: Readonly<Record<string, string>>;
    readonly at: Date;
  },
): Promise<boolean> {
  const updated = await tx
    .updateTable('seal_application')
    .set({
      state: result.state,
      outcome: JSON.stringify(result.outcome),
      executed_at: result.at.toISOString(),
      ...(result.sealId === null ? {} : { seal_id: result.sealId }),
    })
    .where('id', '=', id)
    .where('state', '=', 'approved')
    .where('attempts', '=', attempt)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

export async function applicationRow(
  db: Reader,
  by: { readonly id: string } | { readonly client: string; readonly key: string },
): Promise<SealApplicationTable | null> {
  const query = db.selectFrom('seal_application').selectAll();
  const row =
    'id' in by
      ? await query.where('id', '=', by.id).executeTakeFirst()
      : await query.where('client', '=', by.client).where('idempotency_key', '=', by.key).executeTakeFirst();
  return row ?? null;
}

/** Newest first. @param department null: everybody's */
export function latestApplications(
  db: Reader,
  department: string | null,
  limit: number,
): Promise<readonly SealApplicationTable[]> {
  return db
    .selectFrom('seal_application')
    .selectAll()
    .$if(department !== null, (query) => query.where('department', '=', department ?? ''))
    .orderBy('requested_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Approved, begun before `before`, and without an outcome. */
export function unfinishedApplications(db: Reader, before: Date): Promise<readonly SealApplicationTable[]> {
  return db
    .selectFrom('seal_application')
    .selectAll()
    .where('state', '=', 'approved')
    .where('claimed_at', '<', before.toISOString())
    .execute();
}
