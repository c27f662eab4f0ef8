// Rows of what needs two officers: asked, decided once, executed once. Every step is a conditional update.
import type { Reader, Writer } from '../storage/database.ts';
import type { CaRequestTable } from '../storage/schema/ca-enrolment.ts';

/** A request as officers see it; `expired` is computed. */
export interface OfficerRequest {
  readonly id: string;
  readonly kind: CaRequestTable['kind'];
  readonly parameters: Readonly<Record<string, string | number | boolean | null>>;
  readonly purpose: string;
  readonly state: CaRequestTable['state'] | 'expired';
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly rejection: string | null;
  readonly outcome: Readonly<Record<string, string>> | null;
  readonly executedAt: Date | null;
}

export function requestOfRow(row: CaRequestTable, now: Date): OfficerRequest {
  const date = (value: string | null): Date | null => (value === null ? null : new Date(value));
  const late = row.state === 'requested' && Date.parse(row.expires_at) <= now.getTime();
  return {
    id: row.id,
    kind: row.kind,
    parameters: JSON.parse(row.parameters) as OfficerRequest['parameters'],
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

/** @returns false where the officer used the key before: nothing was written then. */
export async function insertRequest(
  tx: Writer,
  request: Pick<
    CaRequestTable,
    | 'id'
    | 'client'
    | 'idempotency_key'
    | 'kind'
    | 'parameters'
    | 'purpose'
    | 'requested_by'
    | 'requested_at'
    | 'expires_at'
  >,
): Promise<boolean> {
  const result = await tx
    .insertInto('ca_request')
    .values({
      ...request,
      state: 'requested',
      decided_by: null,
      decided_at: null,
      rejection: null,
      expected: null,
      attempts: 0,
      claimed_at: null,
      outcome: null,
      executed_at: null,
    })
    .onConflict((conflict) => conflict.columns(['client', 'idempotency_key']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Decides an open request of somebody else's. @returns whether this very call decided it. */
export async function decide(
  tx: Writer,
  id: string,
  decision: {
    readonly by: string;
    readonly at: Date;
    readonly rejection: string | null;
    /** JSON; null for a rejection. */
    readonly expected: string | null;
  },
): Promise<boolean> {
  const at = decision.at.toISOString();
  const approved = decision.rejection === null;
  const result = await tx
    .updateTable('ca_request')
    .set({
      state: approved ? 'approved' : 'rejected',
      decided_by: decision.by,
      decided_at: at,
      rejection: decision.rejection,
      expected: decision.expected,
      ...(approved ? { attempts: 1, claimed_at: at } : {}),
    })
    .where('id', '=', id)
    .where('state', '=', 'requested')
    .where('requested_by', '!=', decision.by)
    .where('expires_at', '>', at)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Takes up an approved request whose execution was cut short. @returns whether this very call has it now. */
export async function reclaim(tx: Writer, id: string, attempts: number, at: Date): Promise<boolean> {
  const result = await tx
    .updateTable('ca_request')
    .set({ attempts: attempts + 1, claimed_at: at.toISOString() })
    .where('id', '=', id)
    .where('state', '=', 'approved')
    .where('attempts', '=', attempts)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Records what came of an execution. @param attempt - only the attempt that holds the request may. */
export async function finish(
  tx: Writer,
  id: string,
  attempt: number,
  result: {
    readonly state: 'executed' | 'failed';
    readonly outcome: Readonly<Record<string, string>>;
    readonly at: Date;
  },
): Promise<boolean> {
  const updated = await tx
    .updateTable('ca_request')
    .set({
      state: result.state,
      outcome: JSON.stringify(result.outcome),
      executed_at: result.at.toISOString(),
    })
    .where('id', '=', id)
    .where('state', '=', 'approved')
    .where('attempts', '=', attempt)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

export async function requestById(reader: Reader, id: string): Promise<CaRequestTable | null> {
  const row = await reader.selectFrom('ca_request').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export async function requestByKey(
  reader: Reader,
  client: string,
  key: string,
): Promise<CaRequestTable | null> {
  const row = await reader
    .selectFrom('ca_request')
    .selectAll()
    .where('client', '=', client)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row ?? null;
}

/** Newest first. */
export function latestRequests(reader: Reader, limit: number): Promise<readonly CaRequestTable[]> {
  return reader
    .selectFrom('ca_request')
    .selectAll()
    .orderBy('requested_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Approved, begun before `before`, and without an outcome. */
export function unfinishedRequests(reader: Reader, before: Date): Promise<readonly CaRequestTable[]> {
  return reader
    .selectFrom('ca_request')
    .selectAll()
    .where('state', '=', 'approved')
    .where('claimed_at', '<', before.toISOString())
    .execute();
}
