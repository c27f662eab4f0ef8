// A copy that grows: the same bytes, the same digests, whatever the sizes; nothing kept of what does not fit.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { joinBytes } from '../../formats/bytes.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { SigningError } from '../../signing/errors.ts';
import { GrowingCopy, type CopySource } from '../../signing/growing-copy.ts';
import { scale } from '../scale.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A target that takes its time, so that writes overlap, and copies what it is given only when it is written. */
function slowTarget(): {
  readonly write: (chunk: Uint8Array) => Promise<void>;
  readonly all: () => Uint8Array;
} {
  const parts: Uint8Array[] = [];
  return {
    write: async (chunk) => {
      const place = parts.push(new Uint8Array()) - 1;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      parts[place] = chunk.slice();
    },
    all: () => joinBytes(parts),
  };
}

/** Like a file: into the caller's buffer, in pieces. */
function fileLike(bytes: Uint8Array): CopySource {
  return {
    ...bytesSource(bytes),
    readInto: async (position, into) => {
      await Promise.resolve();
      into.set(bytes.subarray(position, position + into.length));
      return Math.min(into.length, bytes.length - position);
    },
  };
}

describe('a growing copy', () => {
  for (const size of [0, 1, 1000, 128 * 1024, 128 * 1024 + 1, 1024 * 1024, 7 * 1024 * 1024 + 3])
    it(`of ${size} bytes is byte for byte the original and what is appended`, async () => {
      const original = new Uint8Array(randomBytes(size));
      for (const source of [bytesSource(original), fileLike(original)]) {
        const target = slowTarget();
        const copy = await GrowingCopy.of({ ...source }, target, [
          { algorithm: 'sha256' },
          { algorithm: 'sm3' },
        ]);
        assert.equal(hex(copy.digestWith('sha256', [])), sha256(original));
        const [first, second] = [new Uint8Array(randomBytes(5000)), new Uint8Array(randomBytes(77))];
        // A digest that was only asked for leaves nothing behind.
        assert.equal(hex(copy.digestWith('sha256', [second])), sha256(joinBytes([original, second])));
        await copy.append(first);
        await copy.append(second);
        const all = joinBytes([original, first, second]);
        assert.equal(copy.size, all.length);
        assert.equal(hex(copy.digestWith('sha256', [])), sha256(all));
        assert.equal(hex(copy.digestWith('sm3', [])), createHash('sm3').update(all).digest('hex'));
        assert.ok(Buffer.from(target.all()).equals(all));
        const [from, to] = [Math.max(0, size - 10), size + 5005];
        assert.deepEqual(new Uint8Array(await copy.read(from, to - from)), all.slice(from, to));
      }
    });

  it('reads anywhere what an array of the same bytes reads', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 50 }),
        fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 }),
        fc.nat(120),
        fc.nat(120),
        async (original, appended, position, length) => {
          const copy = await GrowingCopy.of(bytesSource(original), slowTarget(), [{ algorithm: 'sha256' }]);
          for (const part of appended) await copy.append(part);
          const all = joinBytes([original, ...appended]);
          assert.deepEqual(
            new Uint8Array(await copy.read(position, length)),
            all.slice(position, position + length),
          );
        },
      ),
      { numRuns: scale(60) },
    ));

  it('refuses a source that is not what its digest says, or ends early', async () => {
    for (const size of [100, 3_000_000]) {
      const original = new Uint8Array(randomBytes(size));
      const digest = `sha256:${sha256(original)}`;
      const kept = [{ algorithm: 'sha256' }] as const;
      await GrowingCopy.of({ ...bytesSource(original), digest }, slowTarget(), kept);
      const other = original.slice();
      other[size - 1] = (other[size - 1] ?? 0) ^ 1;
      const refused = (error: unknown): boolean =>
        error instanceof SigningError && error.code === 'self-check-failed';
      await assert.rejects(GrowingCopy.of({ ...bytesSource(other), digest }, slowTarget(), kept), refused);
      const short = { ...bytesSource(original.subarray(0, size - 7)), size };
      await assert.rejects(GrowingCopy.of(short, slowTarget(), kept), refused);
    }
  });

  it('hands on what source and target throw, after everything under way has ended', async () => {
    const original = new Uint8Array(randomBytes(4_000_000));
    let under = 0;
    const failing = {
      write: async () => {
        under += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        under -= 1;
        throw new Error('disk full');
      },
    };
    const kept = [{ algorithm: 'sha256' }] as const;
    await assert.rejects(GrowingCopy.of(fileLike(original), failing, kept), /disk full/);
    assert.equal(under, 0, 'a write was still going on');
  });
});
