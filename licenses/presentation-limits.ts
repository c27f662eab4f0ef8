// How often a verifier and an organisation may ask: counted in the write that asks, so that parallel calls overrun nothing.
import type { RandomBytes } from '../crypto/clock.ts';
import { toHex } from '../formats/bytes.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Writer } from '../storage/database.ts';
import type { PresentationAlarmTable, PresentationUseTable } from '../storage/schema/presentations.ts';

/** Most of each kind in one window; at `wrong` and `failed` the window stays shut until it ends. */
interface Bounds {
  readonly claim: number;
  readonly wrong: number;
  readonly failed: number;
}

export interface ShowingLimits {
  readonly verifier: Bounds;
  readonly department: Bounds;
}

/** Five wrong codes in ten minutes, five declined or lapsed claims in an hour; an organisation ten times as many. */
export const showingLimits: ShowingLimits = {
  verifier: { claim: 120, wrong: 5, failed: 5 },
  department: { claim: 2000, wrong: 50, failed: 50 },
};

/** Milliseconds of a window, by kind. */
const windows: Readonly<Record<PresentationUseTable['kind'], number>> = {
  claim: 3_600_000,
  wrong: 600_000,
  failed: 3_600_000,
};

export type UseKind = PresentationUseTable['kind'];

/** Who asks. */
export interface Asking {
  readonly verifier: string;
  readonly department: string;
}

function windowOf(kind: UseKind, at: Date): string {
  return new Date(Math.floor(at.getTime() / windows[kind]) * windows[kind]).toISOString();
}

const subjectsOf = ({ verifier, department }: Asking) =>
  [
    ['verifier', `verifier:${verifier}`],
    ['department', `department:${department}`],
  ] as const;

/**
 * Counts one use of a kind for the verifier and the organisation. The rows stay locked to the end of the write: what is
 * read after this no other call of the same verifier changes.
 * @returns the counts now, this one included
 */
export async function countUse(
  tx: Writer,
  asking: Asking,
  kind: UseKind,
  at: Date,
): Promise<{ readonly verifier: number; readonly department: number }> {
  const counts = { verifier: 0, department: 0 };
  for (const [name, subject] of subjectsOf(asking)) {
    const row = await tx
      .insertInto('presentation_use')
      .values({ subject, kind, since: windowOf(kind, at), count: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['subject', 'kind', 'since'])
          .doUpdateSet((e) => ({ count: e('presentation_use.count', '+', 1) })),
      )
      .returning('count')
      .executeTakeFirstOrThrow();
    counts[name] = row.count;
  }
  return counts;
}

/** The kind whose window is full for this verifier or organisation; null where they may ask. Call after counting. */
export async function fullWindow(
  tx: Writer,
  limits: ShowingLimits,
  asking: Asking,
  at: Date,
): Promise<UseKind | null> {
  for (const [name, subject] of subjectsOf(asking)) {
    for (const kind of ['claim', 'wrong', 'failed'] as const) {
      const row = await tx
        .selectFrom('presentation_use')
        .select('count')
        .where('subject', '=', subject)
        .where('kind', '=', kind)
        .where('since', '=', windowOf(kind, at))
        .executeTakeFirst();
      const count = row?.count ?? 0;
      // The present claim is counted already; wrong and failed ones are of before.
      if (kind === 'claim' ? count > limits[name].claim : count >= limits[name][kind]) return kind;
    }
  }
  return null;
}

/** Forgets windows that ended long ago. */
export async function forgetUse(tx: Writer, before: Date): Promise<void> {
  await tx.deleteFrom('presentation_use').where('since', '<', before.toISOString()).execute();
}

/** Raises an alarm, with its audit row. */
export async function raiseAlarm(
  tx: Writer,
  parts: { readonly random: RandomBytes; readonly audit: AuditLog },
  alarm: Asking & {
    readonly kind: PresentationAlarmTable['kind'];
    readonly presentation: string | null;
    readonly at: Date;
    readonly actor: Pick<Actor, 'id' | 'department'>;
  },
): Promise<void> {
  const { kind, at, verifier, department, presentation, actor } = alarm;
  const id = `pal_${toHex(parts.random(16))}`;
  await tx
    .insertInto('presentation_alarm')
    .values({
      id,
      kind,
      at: at.toISOString(),
      verifier,
      department,
      presentation,
      seen_by: null,
      seen_at: null,
    })
    .execute();
  await parts.audit.append(tx, {
    at,
    actor,
    action: 'presentation.alarm',
    subject: id,
    details: { kind, verifier, department, ...(presentation === null ? {} : { presentation }) },
  });
}
