// The whole story of a license: every version with its page, and everything that happened to each.
import type { Reader } from '../storage/database.ts';
import { summaryOf, type LicenseSummary } from './access.ts';
import { eventsOf, type LicenseEvent } from './event-store.ts';
import { LicenseError } from './errors.ts';
import type { LicenseParts } from './parts.ts';
import { findLicense } from './store.ts';

/** An event, with the version it happened to. */
export interface VersionEvent extends LicenseEvent {
  readonly license: string;
  readonly version: number;
  /** Of a change that was decided ahead of its day: what became of it. Null of all others. */
  readonly due: 'waiting' | 'applied' | 'lapsed' | 'countermanded' | null;
}

/** Masked as in lists. */
export interface LicenseStory {
  /** Id of the first version. */
  readonly license: string;
  readonly versions: readonly LicenseSummary[];
  /** In the order of their recording. */
  readonly events: readonly VersionEvent[];
  /** Of the newest version: until when the next inspection is due, and whether that went by. */
  readonly inspection: { readonly by: Date | null; readonly overdue: boolean };
}

/**
 * The caller has checked that the license may be read (access.ts).
 * @param id of any version
 * @throws LicenseError `license-not-found`, `license-destroyed`
 */
export async function licenseStory(parts: LicenseParts, id: string): Promise<LicenseStory> {
  const db = parts.database.reader;
  const now = parts.clock();
  const one = await db.selectFrom('license').select('root').where('id', '=', id).executeTakeFirst();
  const root = one?.root ?? id;
  const rows = await db
    .selectFrom('license')
    .select(['id', 'version', 'inspect_by', 'inspection_overdue'])
    .where('root', '=', root)
    .where('state', 'not in', ['intended', 'abandoned'])
    .orderBy('version')
    .execute();
  const versions: LicenseSummary[] = [];
  const events: VersionEvent[] = [];
  for (const row of rows) {
    const license = await findLicense(db, parts, row.id);
    if (license === null) continue;
    versions.push(summaryOf(license, now));
    const dues = await duesOf(db, row.id);
    for (const event of await eventsOf(parts, db, row.id)) {
      const { id: of, version } = row;
      events.push({ ...event, license: of, version, due: dues.get(event.sequence) ?? null });
    }
  }
  if (versions.length === 0) throw new LicenseError('license-not-found', 'There is no such license.');
  const newest = rows.at(-1);
  return {
    license: root,
    versions,
    events: events.toSorted((a, b) => a.recordedAt.getTime() - b.recordedAt.getTime()),
    inspection: {
      by: newest === undefined || newest.inspect_by === null ? null : new Date(newest.inspect_by),
      overdue: newest?.inspection_overdue === 1,
    },
  };
}

async function duesOf(
  db: Reader,
  license: string,
): Promise<ReadonlyMap<number, NonNullable<VersionEvent['due']>>> {
  const rows = await db
    .selectFrom('license_due')
    .select(['sequence', 'state'])
    .where('license', '=', license)
    .execute();
  return new Map(rows.map(({ sequence, state }) => [sequence, state]));
}
