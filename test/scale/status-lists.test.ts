// Status lists of a whole repository: how long all editions take, and how long anything else has to wait meanwhile.
import assert from 'node:assert/strict';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';
import { parseJws } from '../../formats/cose/jws.ts';
import { decodeStatusListClaims, SHARD_ENTRIES, statusAt } from '../../formats/qr/status-list.ts';
import { statusListToken } from '../../licenses/status-edition.ts';
import { openLicenseOffice, type LicenseOffice } from '../licenses/license-office.ts';
import { scale } from '../scale.ts';
import { engines } from '../storage/engines.ts';

/** 10^6 at the full size (YINXIN_TEST_SCALE=200). */
const total = Math.min(1_000_000, scale(20_000));
/** Of 10^6 one in a hundred is not valid; in the worst case every license of a list. */
const mixes = [
  { name: 'one in a hundred not valid', every: 100 },
  { name: 'none valid', every: 1 },
] as const;
/**
 * The longest turn of the event loop in processor time of this thread, in milliseconds: what a build holds up by itself, however
 * many others want the processor at the time.
 */
function watchTurns(): () => Promise<number> {
  let longest = 0;
  const watch = { on: true };
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const run = (async () => {
    for (let before = used(); watch.on;) {
      await nextTurn();
      const now = used();
      longest = Math.max(longest, now - before);
      before = now;
    }
  })();
  return async () => {
    watch.on = false;
    await run;
    return longest;
  };
}

/** Rows of one statement. */
const PAGE = 5000;

for (const engine of engines)
  describe(`status lists of ${total} licenses on ${engine.name}`, function () {
    this.timeout(600_000);
    let office: LicenseOffice;
    let opened = false;
    let first = 1000;

    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
    });
    after(async () => {
      if (opened) await office.close();
    });

    async function fill(every: number): Promise<readonly number[]> {
      const lists: number[] = [];
      // As many as are given out of one list; the rest of it is decoys.
      const capacity = SHARD_ENTRIES;
      for (let done = 0; done < total; done += capacity) {
        const list = first;
        first += 1;
        lists.push(list);
        const here = Math.min(capacity, total - done);
        await office.parts.database.write((tx) =>
          tx
            .insertInto('status_list')
            .values({
              number: list,
              allocated: here,
              revision: 1,
              token_revision: null,
              token: null,
              token_until: null,
              history: 0,
              created_at: null,
            })
            .execute(),
        );
        for (let entry = 0; entry < here; entry += PAGE) {
          const rows = Array.from({ length: Math.min(PAGE, here - entry) }, (_, offset) => {
            const index = entry + offset;
            return { list, entry: index, value: index % every === 0 ? 1 + (index % 3) : 0 };
          });
          await office.parts.database.write((tx) => tx.insertInto('status_entry').values(rows).execute());
        }
      }
      return lists;
    }

    for (const { name, every } of mixes)
      it(`builds every edition in time and stalls nobody, ${name}`, async () => {
        const lists = await fill(every);
        // Once, so that nothing is measured that only the first one costs.
        await statusListToken(office.parts, lists[0] ?? 0);
        await office.parts.database.write((tx) =>
          tx
            .updateTable('status_list')
            .set((e) => ({ revision: e('revision', '+', 1) }))
            .execute(),
        );
        const delay = monitorEventLoopDelay({ resolution: 1 });
        delay.enable();
        const longestTurn = watchTurns();
        const begun = performance.now();
        const tokens: string[] = [];
        for (const list of lists) tokens.push(await statusListToken(office.parts, list));
        const took = performance.now() - begun;
        const turn = await longestTurn();
        delay.disable();
        const stall = delay.max / 1e6;
        const size = tokens.reduce((sum, token) => sum + token.length, 0);
        console.log(
          `      ${lists.length} lists, ${took.toFixed(0)} ms, longest turn ${turn.toFixed(1)} ms of processor, longest wait ${stall.toFixed(1)} ms, ${size} characters`,
        );
        const { list } = await decodeStatusListClaims(parseJws(tokens[0] ?? '', 1_000_000).payload, (bytes) =>
          Promise.resolve(new Uint8Array(inflateSync(bytes))),
        );
        for (const index of [0, 1, 99, 100, 9_999])
          assert.equal(statusAt(list, index), index % every === 0 ? 1 + (index % 3) : 0);
        // Nobody waits for a build; and the whole repository is signed anew in two seconds, as it is in practice.
        assert.ok(turn < 20, `${turn} ms`);
        if (every > 1) assert.ok(took < 2000, `${took} ms`);
      });
  });
