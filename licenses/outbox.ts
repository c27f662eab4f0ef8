// The outbox: what happened to a license is written with it, and told to listeners later, in order, none lost.
import type { Database, Reader, Writer } from '../storage/database.ts';
import type { HappeningFacts, LicenseEvents, LicenseHappened, LicenseHappening } from './events-port.ts';

/** Something to be told. */
export interface NewHappening {
  readonly root: string;
  readonly license: string;
  readonly kind: LicenseHappening;
  readonly facts: HappeningFacts;
  readonly at: Date;
}

/**
 * Writes it inside the caller's write, which has the row of `root` to itself (life.ts, `lockLicense`).
 * @param first whether nothing can have happened to this license before
 */
export async function insertHappening(tx: Writer, happening: NewHappening, first = false): Promise<void> {
  const at = happening.at.toISOString();
  const before = first ? { sequence: 0, at: null } : await lastOf(tx, happening.root);
  await tx
    .insertInto('license_outbox')
    .values({
      root: happening.root,
      sequence: before.sequence + 1,
      license: happening.license,
      kind: happening.kind,
      facts: JSON.stringify(happening.facts),
      // It is told in this order, whatever a clock did between.
      recorded_at: before.at !== null && before.at > at ? before.at : at,
      taken_at: null,
    })
    .execute();
}

async function lastOf(tx: Writer, root: string): Promise<{ sequence: number; at: string | null }> {
  const row = await tx
    .selectFrom('license_outbox')
    .select((e) => [
      e.fn.max<number | null>('sequence').as('sequence'),
      e.fn.max<string | null>('recorded_at').as('at'),
    ])
    .where('root', '=', root)
    .executeTakeFirstOrThrow();
  return { sequence: row.sequence ?? 0, at: row.at };
}

/** What no listener took yet, oldest first. */
export async function waitingHappenings(db: Reader, limit: number): Promise<readonly LicenseHappened[]> {
  const rows = await db
    .selectFrom('license_outbox')
    .selectAll()
    .where('taken_at', 'is', null)
    .orderBy('recorded_at')
    .orderBy('root')
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    root: row.root,
    sequence: row.sequence,
    license: row.license,
    kind: row.kind as LicenseHappening,
    facts: JSON.parse(row.facts) as HappeningFacts,
    recordedAt: new Date(row.recorded_at),
  }));
}

/**
 * Tells a listener what waits, until it takes no more.
 * @returns how much it took
 * @throws what the listener throws: that one and what follows is told again
 */
export async function tellListeners(
  parts: { readonly database: Database; readonly clock: () => Date },
  listener: LicenseEvents,
  limit = 500,
): Promise<number> {
  let taken = 0;
  for (const happened of await waitingHappenings(parts.database.reader, limit)) {
    if ((await listener.accept(happened)) === 'kept') break;
    const at = parts.clock().toISOString();
    await parts.database.write((tx) =>
      tx
        .updateTable('license_outbox')
        .set({ taken_at: at })
        .where('root', '=', happened.root)
        .where('sequence', '=', happened.sequence)
        .where('taken_at', 'is', null)
        .execute(),
    );
    taken += 1;
  }
  return taken;
}
