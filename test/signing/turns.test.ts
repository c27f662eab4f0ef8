// Stamps at once: their work takes turns, so that whoever else waits is answered between them.
import assert from 'node:assert/strict';
import { stampDocument } from '../../signing/stamp.ts';
import { ownTurn } from '../../signing/turns.ts';
import { openSealOffice, samplePdf, type SealOffice } from './seal-office.ts';

/** Processor time of this thread, milliseconds: other programs of the machine do not count. */
function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** How long the longest turn of the event loop worked while `work` ran. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let [longest, last, over] = [0, spent(), false];
  const watch = (): void => {
    const now = spent();
    longest = Math.max(longest, now - last);
    last = now;
    if (!over) setImmediate(watch);
  };
  setImmediate(watch);
  await work();
  over = true;
  return Math.max(longest, spent() - last);
}

/** Works for so many milliseconds of processor time. */
function busy(milliseconds: number): void {
  const end = spent() + milliseconds;
  while (spent() < end);
}

describe('turns', function () {
  this.timeout(60_000);

  it('are given one a turn of the event loop, in order', async () => {
    const order: number[] = [];
    const each = (number: number) => async (): Promise<void> => {
      await ownTurn();
      order.push(number);
      busy(20);
    };
    const all = Array.from({ length: 10 }, (_, number) => each(number));
    const longest = await longestTurn(() => Promise.all(all.map((work) => work())));
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(longest < 60, `${longest} ms: two at least worked in one turn`);
    const together = await longestTurn(() =>
      Promise.all(all.map(() => Promise.resolve().then(() => busy(20)))),
    );
    assert.ok(together > 150, `${together} ms: without turns they are one`);
  });

  it('keep sixteen stamps at once from holding up others', async () => {
    const office: SealOffice = await openSealOffice();
    try {
      let serial = 0;
      const stamp = (): Promise<unknown> =>
        stampDocument(office.parts, {
          ...office.request('', `turns-${(serial += 1)}`),
          source: { bytes: samplePdf(40_000, 20) },
          sm2: 'ses',
        });
      // What is compiled on first use is no measure of what serving costs.
      for (let warm = 0; warm < 20; warm += 1) await stamp();
      const longest = await longestTurn(() => Promise.all(Array.from({ length: 16 }, stamp)));
      // One stamp's longest piece is a few milliseconds; sixteen of them together would be a hundred.
      assert.ok(longest < 50, `${longest} ms`);
    } finally {
      await office.close();
    }
  });
});
