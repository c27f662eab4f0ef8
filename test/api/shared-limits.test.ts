// Limits that several nodes keep together: what one counted the others refuse, and a database that is away stops nobody.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { SharedLimiter } from '../../api/shared-limits.ts';
import { createBlindIndex } from '../../crypto/blind-index.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import type { Database } from '../../storage/database.ts';
import { openDatabase } from '../../storage/open.ts';
import { engines, type TestDatabase } from '../storage/engines.ts';

const rate = { perMinute: 60, burst: 30 };

for (const engine of engines) {
  describe(`limits of two nodes together on ${engine.name}`, function () {
    this.timeout(60_000);
    const undo: (() => Promise<void>)[] = [];
    let store: TestDatabase;
    let second: Database;
    let now = Date.parse('2026-11-25T01:00:00Z');
    let first: SharedLimiter;
    let other: SharedLimiter;

    before(async function () {
      engine.require(this);
      store = await engine.open();
      second = await openDatabase(store.location);
      undo.push(
        () => second.close(),
        () => store.cleanup(),
      );
    });
    after(async () => {
      for (const step of undo) await step();
    });
    beforeEach(async () => {
      now += 10 * 60_000;
      const index = createBlindIndex(new MasterKey(new Uint8Array(32).fill(9)));
      const on = (database: Database): SharedLimiter =>
        new SharedLimiter({ database, clock: () => new Date(now), index }, 'test', rate);
      [first, other] = [on(store.database), on(second)];
      await first.sweep();
    });

    const share = async (): Promise<void> => {
      await first.share();
      await other.share();
      await first.share();
    };

    /** Calls at both nodes in turn, one each second and node. @returns how many were let through */
    async function alternate(seconds: number, each: number, caller = '192.0.2.1'): Promise<number> {
      let through = 0;
      for (let second = 0; second < seconds; second += 1) {
        for (let call = 0; call < each; call += 1)
          through += [first, other].filter((node) => node.take(caller) === 0).length;
        await share();
        now += 1000;
      }
      return through;
    }

    it('a caller that uses both nodes gets what one gives, and not twice as much', async () => {
      now -= now % 60_000;
      const through = await alternate(59, 2);
      // 60 + 30 in the minute; beyond it what one interval of sharing lets slip.
      assert.ok(through >= 90 && through <= 96, String(through));
      assert.ok(first.take('192.0.2.1') > 0);
      assert.ok(other.take('192.0.2.1') > 0);
      assert.equal(first.take('192.0.2.2'), 0, 'another caller is not touched');
    });

    it('lets go again as the minute slides along', async () => {
      now -= now % 60_000;
      await alternate(59, 2);
      now += 61_000;
      assert.equal(first.take('192.0.2.1'), 0);
      now += 120_000;
      assert.equal(other.take('192.0.2.1'), 0);
    });

    it('whoever changes the node with the minute brings along what they used', async () => {
      now -= now % 60_000;
      let through = 0;
      for (let second = 0; second < 60; second += 1) {
        for (let call = 0; call < 3; call += 1) if (first.take('192.0.2.9') === 0) through += 1;
        // What is counted in the last second is told when the next minute runs.
        if (second < 59) await first.share();
        now += 1000;
      }
      assert.ok(through >= 85, String(through));
      await first.share();
      through = 0;
      for (let second = 0; second < 15; second += 1) {
        if (other.take('192.0.2.9') === 0) through += 1;
        if (other.take('192.0.2.9') === 0) through += 1;
        await other.share();
        now += 1000;
      }
      // A quarter of the minute has slid by: a quarter of the limit, and what slips in before the first telling.
      assert.ok(through <= 25, String(through));
    });

    it('counts nothing twice, however sharing falls between calls', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom('first', 'other', 'share first', 'share other'), { maxLength: 40 }),
          async (steps) => {
            now += 10 * 60_000;
            const caller = randomBytes(6).toString('hex');
            let through = 0;
            for (const step of steps) {
              const node = step.endsWith('first') ? first : other;
              if (step.startsWith('share')) await node.share();
              else if (node.take(caller) === 0) through += 1;
            }
            await share();
            const minute = Math.floor(now / 60_000);
            const rows = await store.database.reader
              .selectFrom('rate_window')
              .select('calls')
              .where('minute', '=', minute)
              .execute();
            assert.equal(
              rows.reduce((sum, { calls }) => sum + calls, 0),
              through,
            );
          },
        ),
        { numRuns: 15 },
      );
    });

    it('keeps no address in the database, and forgets counts after some minutes', async () => {
      first.take('198.51.100.77');
      await first.share();
      const rows = await store.database.reader.selectFrom('rate_window').selectAll().execute();
      assert.equal(rows.length, 1);
      assert.doesNotMatch(JSON.stringify(rows), /198\.51/);
      now += 7 * 60_000;
      assert.equal(await first.sweep(), 1);
    });

    it('without a database each node goes on by its own bucket', async () => {
      const broken = {
        write: () => Promise.reject(new Error('away')),
      } as unknown as Database;
      const index = createBlindIndex(new MasterKey(new Uint8Array(32).fill(9)));
      const alone = new SharedLimiter({ database: broken, clock: () => new Date(now), index }, 'test', rate);
      for (let call = 0; call < 30; call += 1) assert.equal(alone.take('a'), 0);
      await assert.rejects(alone.share(), /away/);
      assert.ok(alone.take('a') > 0);
      now += 1000;
      assert.equal(alone.take('a'), 0);
    });
  });
}
