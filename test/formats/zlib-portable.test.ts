// The portable inflater against node:zlib: the same bytes for what it made, the same kind of refusal for what is damaged.
import assert from 'node:assert/strict';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { inflateSync as inflatePortable } from '../../formats/zlib-portable.ts';
import { scale } from '../scale.ts';

const limit = { maxOutputLength: 1 << 20 };

/** What a function answers, or the kind of its refusal. */
function outcome(inflate: (data: Uint8Array) => Uint8Array, data: Uint8Array): string {
  try {
    return Buffer.from(inflate(data)).toString('base64');
  } catch (error) {
    return error instanceof RangeError ? 'too much' : 'damaged';
  }
}

const texts = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc
    .array(fc.constantFrom('<< /Type /Page >>', ' 0 R', 'endobj\n', 'abc'), { maxLength: 400 })
    .map((parts) => Buffer.from(parts.join(''))),
);

describe('the portable inflater', () => {
  it('answers what node:zlib deflated, by every strategy and level', () => {
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(
          constants.Z_DEFAULT_STRATEGY,
          constants.Z_FIXED,
          constants.Z_HUFFMAN_ONLY,
          constants.Z_RLE,
        ),
        (bytes, level, strategy) => {
          const deflated = new Uint8Array(deflateSync(bytes, { level, strategy }));
          assert.deepEqual(Buffer.from(inflatePortable(deflated, limit)), Buffer.from(bytes));
        },
      ),
      { numRuns: scale(300) },
    );
  });

  it('refuses damaged data exactly where node:zlib does', () => {
    fc.assert(
      fc.property(texts, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(20), (bytes, at, value, cut) => {
        const deflated = new Uint8Array(deflateSync(bytes));
        deflated[at % deflated.length] = value;
        const damaged = deflated.subarray(0, deflated.length - cut);
        assert.equal(
          outcome((data) => inflatePortable(data, limit), damaged),
          outcome((data) => inflateSync(data, limit), damaged),
        );
      }),
      { numRuns: scale(1000) },
    );
  });

  it('stops at the bound', () => {
    const bomb = new Uint8Array(deflateSync(new Uint8Array(1 << 22)));
    assert.throws(() => inflatePortable(bomb, limit), RangeError);
    assert.equal(inflatePortable(bomb, { maxOutputLength: 1 << 22 }).length, 1 << 22);
  });
});
