// Status lists: which entry belongs to which license, and the signed editions that verifiers fetch.
import { deflateSync } from 'node:zlib';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { StatusReference } from '../formats/cose/cwt.ts';
import {
  emptyStatusList,
  encodeStatusListClaims,
  setStatus,
  SHARD_ENTRIES,
  STATUS_LIST_TYPE,
} from '../formats/qr/status-list.ts';
import type { Database, Writer } from '../storage/database.ts';
import { jwsAlgorithm, signJws } from '../verification/jws.ts';
import { LicenseError } from './errors.ts';
import type { ServiceKeySource } from './parts.ts';

/** A shard takes no more licenses at this many: the rest of its entries are decoys, so that its size tells nothing. */
const SHARD_CAPACITY = SHARD_ENTRIES / 2;
/** An edition is served this long; a change makes a new one at once. */
const EDITION_LIFE = 12 * 3_600_000;
/** Seconds an offline reader may keep an edition. */
const TIME_TO_LIVE = 60;

export interface StatusListParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly serviceKeys: ServiceKeySource;
  /** Public address, e.g. `https://zz.example.gov.cn`. */
  readonly publicUrl: string;
}

/**
 * Takes a random free entry of the current shard; its value is 0 until a change.
 * The choice is random so that neighbours in the list say nothing about each other.
 */
export async function allocateStatus(tx: Writer, random: RandomBytes): Promise<StatusReference> {
  const list = await openShard(tx);
  for (;;) {
    const [a = 0, b = 0, c = 0] = random(3);
    const index = ((a << 16) | (b << 8) | c) % SHARD_ENTRIES;
    const taken = await tx
      .insertInto('status_entry')
      .values({ list, entry: index, value: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    // At most half of a shard is given out, so this ends after two tries on average at worst.
    if (taken.numInsertedOrUpdatedRows === 1n) {
      await tx
        .updateTable('status_list')
        .set((e) => ({ allocated: e('allocated', '+', 1) }))
        .where('number', '=', list)
        .execute();
      return { list, index };
    }
  }
}

async function openShard(tx: Writer): Promise<number> {
  const open = await tx
    .selectFrom('status_list')
    .select('number')
    .where('allocated', '<', SHARD_CAPACITY)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (open !== undefined) return open.number;
  const last = await tx
    .selectFrom('status_list')
    .select((e) => e.fn.max('number').as('number'))
    .executeTakeFirst();
  const number = (last?.number ?? -1) + 1;
  await tx
    .insertInto('status_list')
    .values({ number, allocated: 0, revision: 1, token_revision: null, token: null, token_until: null, history: 0, created_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return number;
}

/** Changes an entry inside the caller's write; the next edition carries it. */
export async function writeStatus(tx: Writer, place: StatusReference, value: number): Promise<void> {
  await tx
    .updateTable('status_entry')
    .set({ value })
    .where('list', '=', place.list)
    .where('entry', '=', place.index)
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('status_list')
    .set((e) => ({ revision: e('revision', '+', 1) }))
    .where('number', '=', place.list)
    .execute();
}

/** Address of a list; its token says it as `sub`. */
function statusListAddress(publicUrl: string, list: number): string {
  return `${publicUrl.replace(/\/+$/, '')}/api/v1/status-lists/${list}`;
}

/**
 * The signed edition that holds every change made so far.
 * @returns a compact JWS of type `statuslist+jwt`
 * @throws LicenseError `status-list-not-found`
 */
export async function statusListToken(parts: StatusListParts, list: number): Promise<string> {
  const now = parts.clock();
  const db = parts.database.reader;
  const row = await db.selectFrom('status_list').selectAll().where('number', '=', list).executeTakeFirst();
  if (row === undefined) throw new LicenseError('status-list-not-found', 'There is no such status list.');
  const current = row.token !== null && row.token_revision === row.revision;
  if (current && row.token !== null && new Date(row.token_until ?? 0) > now) return row.token;
  const token = await signEdition(parts, list, now);
  const until = new Date(now.getTime() + EDITION_LIFE / 2).toISOString();
  await parts.database.write(async (tx) => {
    await tx
      .updateTable('status_list')
      .set({ token, token_revision: row.revision, token_until: until })
      .where('number', '=', list)
      // A change may have come meanwhile: an edition never replaces one that knows more.
      .where((e) => e.or([e('token_revision', 'is', null), e('token_revision', '<=', row.revision)]))
      .execute();
  });
  return token;
}

async function signEdition(parts: StatusListParts, number: number, now: Date): Promise<string> {
  const rows = await parts.database.reader
    .selectFrom('status_entry')
    .select(['entry', 'value'])
    .where('list', '=', number)
    .where('value', '<>', 0)
    .execute();
  const list = emptyStatusList();
  for (const row of rows) setStatus(list, row.entry, row.value);
  const claims = encodeStatusListClaims(
    {
      subject: statusListAddress(parts.publicUrl, number),
      issuedAt: now,
      expires: new Date(now.getTime() + EDITION_LIFE),
      timeToLive: TIME_TO_LIVE,
      list,
    },
    (bytes) => new Uint8Array(deflateSync(bytes, { level: 9 })),
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
