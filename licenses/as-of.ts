// Yesterday's state: how a license stood at one instant, as far as was known at another (valid time and record time).
import type { Reader } from '../storage/database.ts';
import { LicenseError } from './errors.ts';
import { timelineOf } from './event-store.ts';
import { stateWords, successions, type LicenseState } from './license.ts';
import { standingAt, type Moment, type TimelineEvent } from './timeline.ts';

/** How one version stood. */
export interface VersionStanding {
  readonly id: string;
  readonly version: number;
  readonly identifier: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date | null;
  /** From when it takes the place of the version before; of the first one its issue; null where that was taken back. */
  readonly beginsAt: Date | null;
  /** Null before it begins, and where it was not known yet. */
  readonly state: LicenseState | null;
  readonly stateWords: string | null;
}

/** How a license stood. */
export interface LicenseStanding extends Moment {
  /** Id of the first version. */
  readonly license: string;
  /** The version whose time it was; null before the issue. */
  readonly current: VersionStanding | null;
  readonly versions: readonly VersionStanding[];
}

/**
 * The caller has checked that the license may be read (access.ts).
 * @param id of any version
 * @throws LicenseError `license-not-found`; `change-invalid` where more is asked than can be known: a record time to come
 */
export async function licenseAsOf(
  parts: { readonly database: { readonly reader: Reader }; readonly clock: () => Date },
  id: string,
  moment: Moment,
): Promise<LicenseStanding> {
  const now = parts.clock();
  if (moment.knownAt > now) throw new LicenseError('change-invalid', 'What will be known is not known.');
  return standingOf(parts.database.reader, id, moment);
}

async function standingOf(db: Reader, id: string, moment: Moment): Promise<LicenseStanding> {
  const one = await db.selectFrom('license').select('root').where('id', '=', id).executeTakeFirst();
  const root = one?.root ?? id;
  const rows = await db
    .selectFrom('license')
    .select(['id', 'version', 'identifier', 'issued_at', 'completed_at', 'expires_at'])
    .where('root', '=', root)
    .where('state', 'not in', ['intended', 'abandoned'])
    .orderBy('version')
    .execute();
  if (rows.length === 0) throw new LicenseError('license-not-found', 'There is no such license.');
  const timelines = new Map<string, readonly TimelineEvent[]>();
  for (const row of rows) timelines.set(row.id, await timelineOf(db, row.id));
  const begins = beginnings([...timelines.values()], moment.knownAt);
  const versions = rows.map((row): VersionStanding => {
    const issuedAt = new Date(row.issued_at);
    const begin = begins.get(row.id);
    const beginsAt = begin === undefined ? issuedAt : begin;
    const expiresAt = row.expires_at === null ? null : new Date(row.expires_at);
    const known = new Date(row.completed_at ?? row.issued_at) <= moment.knownAt;
    const there = known && issuedAt <= moment.validAt;
    const { state } = standingAt(timelines.get(row.id) ?? [], expiresAt, moment);
    return {
      id: row.id,
      version: row.version,
      identifier: row.identifier,
      issuedAt,
      expiresAt,
      beginsAt,
      state: there ? state : null,
      stateWords: there ? stateWords[state] : null,
    };
  });
  const current = versions.findLast(
    ({ state, beginsAt }) => state !== null && beginsAt !== null && beginsAt <= moment.validAt,
  );
  return { ...moment, license: root, current: current ?? null, versions };
}

/** When each next version takes its place: the day of effect of what ended the one before; null where that was taken back. */
function beginnings(
  timelines: readonly (readonly TimelineEvent[])[],
  knownAt: Date,
): ReadonlyMap<string, Date | null> {
  const begins = new Map<string, Date | null>();
  for (const events of timelines) {
    const known = events.filter((event) => event.recordedAt <= knownAt);
    const takenBack = new Set(known.map(({ target }) => target));
    for (const { kind, sequence, successor, effectiveAt } of known) {
      if (successor === null || !successions.some((each) => each === kind)) continue;
      begins.set(successor, takenBack.has(sequence) ? null : effectiveAt);
    }
  }
  return begins;
}
