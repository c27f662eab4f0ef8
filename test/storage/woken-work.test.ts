// Work that is woken: one round at a time, one more where it was woken meanwhile, faults told, an end in order.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { WokenWork } from '../../storage/woken-work.ts';

describe('work that is woken', () => {
  const never = (error: unknown): void => assert.fail(String(error));

  it('never runs twice at once, and once more where it was woken meanwhile', async () => {
    let rounds = 0;
    let atOnce = 0;
    const work = new WokenWork(async () => {
      atOnce += 1;
      rounds += 1;
      assert.equal(atOnce, 1);
      await pause(20);
      atOnce -= 1;
    }, never);
    work.wake();
    await pause(5);
    for (let call = 0; call < 10; call += 1) work.wake();
    await work.idle();
    assert.equal(rounds, 2, 'the ten calls meanwhile are one round');
    work.wake();
    await work.idle();
    assert.equal(rounds, 3);
  });

  it('tells a fault and can be woken again', async () => {
    const faults: unknown[] = [];
    let rounds = 0;
    const work = new WokenWork(
      () => {
        rounds += 1;
        return rounds === 1 ? Promise.reject(new Error('first')) : Promise.resolve();
      },
      (error) => faults.push(error),
    );
    work.wake();
    await work.idle();
    assert.deepEqual([rounds, faults.length], [1, 1]);
    work.wake();
    await work.idle();
    assert.deepEqual([rounds, faults.length], [2, 1]);
  });

  it('lets the round under way end when it is stopped, and begins none afterwards', async () => {
    let ended = 0;
    const work: WokenWork = new WokenWork(async () => {
      await pause(20);
      assert.equal(work.stopped, true);
      ended += 1;
    }, never);
    work.wake();
    work.wake();
    await work.stop();
    assert.equal(ended, 1);
    work.wake();
    await pause(30);
    assert.equal(ended, 1);
  });
});
