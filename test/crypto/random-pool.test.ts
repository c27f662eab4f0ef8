// Pooled random bytes: the source's bytes, each once, in its order, wiped behind.
import assert from 'node:assert/strict';
import { pooledRandom } from '../../crypto/random-pool.ts';

describe('pooled random bytes', () => {
  it('give out each byte of the source once, and ask it for lots', () => {
    let next = 0;
    const lots: Uint8Array[] = [];
    const random = pooledRandom((length) => {
      const lot = Uint8Array.from({ length }, () => (next = (next + 1) % 251));
      lots.push(lot);
      return lot;
    });
    const given = Array.from({ length: 300 }, (_, index) => [...random(1 + (index % 64))]);
    assert.ok(lots.length < 6, `${lots.length} lots`);
    // What is left of a lot that is too short is thrown away: within each lot the order is the source's.
    for (const bytes of given) {
      for (const [index, byte] of bytes.entries()) {
        if (index > 0) assert.equal(byte, ((bytes[index - 1] ?? 0) + 1) % 251);
      }
    }
    const used = lots.at(-2);
    assert.ok(used !== undefined && used.subarray(0, 3000).every((byte) => byte === 0), 'wiped');
    assert.equal(random(65).length, 65);
    assert.equal(lots.at(-1)?.length, 65, 'long requests go to the source');
  });
});
