// Rate limits: token bucket, bounded memory, one subscriber one bucket.
import assert from 'node:assert/strict';
import { callerOfAddress, RateLimiter } from '../../api/limits.ts';

describe('rate limits', () => {
  it('lets a burst through, then the average, and says how long to wait', () => {
    let now = 1_000_000;
    const limiter = new RateLimiter({ perMinute: 60, burst: 3 }, () => new Date(now));
    assert.deepEqual(
      [1, 2, 3].map(() => limiter.take('a')),
      [0, 0, 0],
    );
    assert.equal(limiter.take('a'), 1);
    assert.equal(limiter.take('b'), 0, 'another caller has a bucket of its own');
    now += 1000;
    assert.equal(limiter.take('a'), 0);
    assert.equal(limiter.take('a'), 1);
  });

  it('does not gain tokens when the clock goes back', () => {
    let now = 1_000_000;
    const limiter = new RateLimiter({ perMinute: 60, burst: 1 }, () => new Date(now));
    assert.equal(limiter.take('a'), 0);
    now -= 500_000;
    assert.ok(limiter.take('a') > 0);
  });

  it('remembers a bounded number of callers', () => {
    const limiter = new RateLimiter({ perMinute: 60, burst: 1 }, () => new Date(0));
    for (let caller = 0; caller < 30_000; caller += 1) limiter.take(String(caller));
    assert.ok(limiter.size <= 20_000);
    assert.equal(limiter.take('29999'), 1, 'the latest is still remembered');
  });

  it('takes an IPv6 /64 for one subscriber', () => {
    assert.equal(callerOfAddress('2001:db8:1:2:3:4:5:6'), callerOfAddress('2001:db8:1:2:ffff::1'));
    assert.notEqual(callerOfAddress('2001:db8:1:2::1'), callerOfAddress('2001:db8:1:3::1'));
    assert.equal(callerOfAddress('::ffff:192.0.2.1'), '192.0.2.1');
    assert.equal(callerOfAddress(undefined), 'unknown');
  });
});
