// Signed editions of status lists that verifiers fetch: the one in force, and of lists with history those of earlier instants.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { deflate as zlibDeflate } from 'node:zlib';
import type { Clock } from '../crypto/clock.ts';
import {
  emptyStatusList,
  encodeStatusListClaims,
  setStatus,
  STATUS_LIST_TYPE,
  type StatusList,
} from '../formats/qr/status-list.ts';
import type { Database, Reader } from '../storage/database.ts';
import { jwsAlgorithm, signJws } from '../verification/jws.ts';
import { LicenseError } from './errors.ts';
import type { ServiceKeySource } from './parts.ts';

/** An edition is served this long; a change makes a new one at once. */
const EDITION_LIFE = 12 * 3_600_000;
/** Seconds an offline reader may keep an edition. */
const TIME_TO_LIVE = 60;
/** Rows read in one turn of the event loop: a list with many entries set must not hold up everything else. */
const ROWS_A_TURN = 1000;

const deflate = promisify(zlibDeflate);

export interface StatusListParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly serviceKeys: ServiceKeySource;
  /** Public address, e.g. `https://zz.example.gov.cn`. */
  readonly publicUrl: string;
}

/** Address of a list; its token says it as `sub`. */
export function statusListAddress(publicUrl: string, list: number): string {
  return `${publicUrl.replace(/\/+$/, '')}/api/v1/status-lists/${list}`;
}

/** Editions being signed now: many who ask at once after a change get one signature. */
const underWay = new WeakMap<Database, Map<string, Promise<string>>>();

/**
 * The signed edition that holds every change made so far.
 * @returns a compact JWS of type `statuslist+jwt`
 * @throws LicenseError `status-list-not-found`
 */
export async function statusListToken(parts: StatusListParts, list: number): Promise<string> {
  const now = parts.clock();
  const db = parts.database.reader;
  const row = await db.selectFrom('status_list').selectAll().where('number', '=', list).executeTakeFirst();
  if (row === undefined) throw notFound();
  const current = row.token !== null && row.token_revision === row.revision;
  if (current && row.token !== null && new Date(row.token_until ?? 0) > now) return row.token;
  const running = underWay.get(parts.database) ?? new Map<string, Promise<string>>();
  underWay.set(parts.database, running);
  const name = `${list}:${row.revision}`;
  let edition = running.get(name);
  if (edition === undefined) {
    edition = makeEdition(parts, list, row.revision, now).finally(() => running.delete(name));
    running.set(name, edition);
  }
  return edition;
}

async function makeEdition(
  parts: StatusListParts,
  list: number,
  revision: number,
  now: Date,
): Promise<string> {
  // Entries that change while they are read may be in it or not: it says no more than that it knows `revision`.
  const entries = await currentEntries(parts.database.reader, list);
  const token = await signEdition(parts, list, entries, {
    issuedAt: now,
    expires: new Date(now.getTime() + EDITION_LIFE),
  });
  const until = new Date(now.getTime() + EDITION_LIFE / 2).toISOString();
  await parts.database.write(async (tx) => {
    await tx
      .updateTable('status_list')
      .set({ token, token_revision: revision, token_until: until })
      .where('number', '=', list)
      // A change may have come meanwhile: an edition never replaces one that knows more.
      .where((e) => e.or([e('token_revision', 'is', null), e('token_revision', '<=', revision)]))
      .execute();
  });
  return token;
}

async function currentEntries(db: Reader, list: number): Promise<StatusList> {
  const entries = emptyStatusList();
  for (let after = -1; ;) {
    const rows = await db
      .selectFrom('status_entry')
      .select(['entry', 'value'])
      .where('list', '=', list)
      .where('value', '<>', 0)
      .where('entry', '>', after)
      .orderBy('entry')
      .limit(ROWS_A_TURN)
      .execute();
    for (const { entry, value } of rows) setStatus(entries, entry, value);
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_A_TURN) return entries;
    after = last.entry;
    await nextTurn();
  }
}

/**
 * The list as it was at an instant (Token Status List, historical resolution). Its `iat` is that instant, its `exp` the next
 * change after it, or twelve hours; the signature is of today.
 * @throws LicenseError `status-list-not-found`, `status-history-absent` (a list of types whose past is nobody's business),
 *   `status-time-unknown` (to come, or before there was the list)
 */
export async function statusListTokenAt(parts: StatusListParts, list: number, at: Date): Promise<string> {
  const db = parts.database.reader;
  const row = await db
    .selectFrom('status_list')
    .select(['history', 'created_at'])
    .where('number', '=', list)
    .executeTakeFirst();
  if (row === undefined) throw notFound();
  if (row.history !== 1 || row.created_at === null)
    throw new LicenseError('status-history-absent', 'No history is kept of this status list.');
  // Instants are whole seconds here: one within the first second of the list is the first.
  const first = Math.floor(new Date(row.created_at).getTime() / 1000) * 1000;
  if (at.getTime() < first || at > parts.clock())
    throw new LicenseError(
      'status-time-unknown',
      'The list was not there yet, or the time is still to come.',
    );
  const { entries, until } = await entriesAt(db, list, at);
  const latest = at.getTime() + EDITION_LIFE;
  const expires = new Date(Math.max(at.getTime() + 1000, Math.min(latest, until?.getTime() ?? latest)));
  return signEdition(parts, list, entries, { issuedAt: at, expires });
}

async function entriesAt(
  db: Reader,
  list: number,
  at: Date,
): Promise<{ readonly entries: StatusList; readonly until: Date | null }> {
  const entries = emptyStatusList();
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom('status_change')
      .select(['revision', 'entry', 'value', 'at'])
      .where('list', '=', list)
      .where('revision', '>', after)
      .orderBy('revision')
      .limit(ROWS_A_TURN)
      .execute();
    for (const row of rows) {
      const changed = new Date(row.at);
      if (changed > at) return { entries, until: changed };
      setStatus(entries, row.entry, row.value);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_A_TURN) return { entries, until: null };
    after = last.revision;
    await nextTurn();
  }
}

function notFound(): LicenseError {
  return new LicenseError('status-list-not-found', 'There is no such status list.');
}

async function signEdition(
  parts: StatusListParts,
  number: number,
  list: StatusList,
  term: { readonly issuedAt: Date; readonly expires: Date },
): Promise<string> {
  const packed = new Uint8Array(await deflate(list.entries, { level: 9 }));
  const claims = encodeStatusListClaims(
    { subject: statusListAddress(parts.publicUrl, number), ...term, timeToLive: TIME_TO_LIVE, list },
    () => packed,
  );
  const key = parts.serviceKeys.serviceKey('status-list');
  const { chain } = key;
  const algorithm = jwsAlgorithm(key.algorithm);
  if (algorithm === null)
    throw new LicenseError('page-failed', 'Status lists are signed with ES256, ES384 or SM2.');
  const certificate = chain[0];
  return signJws(STATUS_LIST_TYPE, claims, {
    algorithm,
    keyId: key.id,
    ...(certificate === undefined ? {} : { certificate }),
    sign: (message) => key.sign(message),
  });
}
