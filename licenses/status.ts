// Status entries: which one belongs to which license, what it says, and what it said before.
import type { RandomBytes } from '../crypto/clock.ts';
import type { StatusReference } from '../formats/cose/cwt.ts';
import { SHARD_ENTRIES } from '../formats/qr/status-list.ts';
import type { Writer } from '../storage/database.ts';
import { copiesOf } from './copy-status.ts';

/** A shard takes no more licenses at this many: the rest of its entries are decoys, so that its size tells nothing. */
const SHARD_CAPACITY = SHARD_ENTRIES / 2;

/**
 * Takes a random free entry of the current shard; its value is 0 until a change.
 * The choice is random so that neighbours in the list say nothing about each other.
 * @param kept whether every change is to be kept, so that earlier states may be asked for in public. What has a history and what
 *   has none never share a shard: two editions of one list would tell the history of all that is in it.
 */
export async function allocateStatus(
  tx: Writer,
  random: RandomBytes,
  kept: { readonly history: boolean; readonly at: Date },
): Promise<StatusReference> {
  const list = await openShard(tx, kept);
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

async function openShard(
  tx: Writer,
  kept: { readonly history: boolean; readonly at: Date },
): Promise<number> {
  const history = kept.history ? 1 : 0;
  for (;;) {
    const open = await tx
      .selectFrom('status_list')
      .select('number')
      .where('allocated', '<', SHARD_CAPACITY)
      .where('history', '=', history)
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (open !== undefined) return open.number;
    const last = await tx
      .selectFrom('status_list')
      .select((e) => e.fn.max('number').as('number'))
      .executeTakeFirst();
    // Another writer may take this number for the other kind of list: then the next one is tried.
    await tx
      .insertInto('status_list')
      .values({
        number: (last?.number ?? -1) + 1,
        allocated: 0,
        revision: 1,
        token_revision: null,
        token: null,
        token_until: null,
        history,
        created_at: kept.at.toISOString(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/**
 * Changes an entry inside the caller's write; the next edition carries it. The same value again is no change.
 * @param at when it is recorded: a list with history keeps it
 */
export async function writeStatus(
  tx: Writer,
  place: StatusReference,
  value: number,
  at: Date,
): Promise<void> {
  const before = await tx
    .selectFrom('status_entry')
    .select('value')
    .where('list', '=', place.list)
    .where('entry', '=', place.index)
    .executeTakeFirstOrThrow();
  if (before.value === value) return;
  await tx
    .updateTable('status_entry')
    .set({ value })
    .where('list', '=', place.list)
    .where('entry', '=', place.index)
    .execute();
  const { revision, history } = await tx
    .updateTable('status_list')
    .set((e) => ({ revision: e('revision', '+', 1) }))
    .where('number', '=', place.list)
    .returning(['revision', 'history'])
    .executeTakeFirstOrThrow();
  if (history === 1) {
    await tx
      .insertInto('status_change')
      .values({ list: place.list, revision, entry: place.index, value, at: at.toISOString() })
      .execute();
  }
  for (const copy of await copiesOf(tx, place)) await writeStatus(tx, copy, value, at);
}
