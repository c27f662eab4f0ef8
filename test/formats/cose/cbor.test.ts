// The CBOR subset against RFC 8949's examples and an independent implementation.
import assert from 'node:assert/strict';
import { Decoder, Encoder } from 'cbor-x';
import fc from 'fast-check';
import { CODE_LIMITS, decodeCbor, encodeCbor, type CborValue } from '../../../formats/cose/cbor.ts';
import { FormatError } from '../../../formats/errors.ts';
import { scale } from '../../scale.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const WIDE = { maxBytes: 100_000, maxDepth: 8, maxItems: 10_000 };

const value = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(fc.integer(), tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  ),
})).value;

describe('deterministic CBOR', () => {
  const examples: readonly (readonly [CborValue, string])[] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [255, '18ff'],
    [256, '190100'],
    [1_000_000, '1a000f4240'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [-1, '20'],
    [-1000, '3903e7'],
    [-70001, '3a00011170'],
    [hex('01020304'), '4401020304'],
    ['水', '63e6b0b4'],
    [[1, [2, 3]], '8201820203'],
    [
      new Map([
        [1, 2],
        [3, 4],
      ]),
      'a201020304',
    ],
    [
      new Map([
        [3, 4],
        [-1, 0],
        [1, 2],
      ]),
      'a30102030420' + '00',
    ],
  ];
  for (const [plain, encoded] of examples) {
    it(`writes and reads ${encoded}`, () => {
      assert.equal(toHex(encodeCbor(plain)), encoded);
      const read = decodeCbor(hex(encoded), CODE_LIMITS);
      assert.equal(toHex(encodeCbor(read)), encoded);
    });
  }

  const refused: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['a longer form of 23', '1817'],
    ['a longer form of 255', '1900ff'],
    ['a longer form of 65535', '1a0000ffff'],
    ['a longer form of 2^32 − 1', '1b00000000ffffffff'],
    ['an integer beyond 2^53', '1b0020000000000000'],
    ['a negative integer beyond 2^53', '3bffffffffffffffff'],
    ['a float', 'f93c00'],
    ['true', 'f5'],
    ['null', 'f6'],
    ['a tag', 'd28443a1012640f640'],
    ['an indefinite byte string', '5f4101ff'],
    ['an indefinite array', '9f01ff'],
    ['a reserved length', '1c'],
    ['a repeated key', 'a201020103'],
    ['unsorted keys', 'a203040102'],
    ['a text key', 'a1616101'],
    ['a byte string that ends early', '4401'],
    ['a huge array that is not there', '9affffffff'],
    ['bad UTF-8', '62c328'],
    ['four levels', '8181818101'],
    ['something behind the value', '0000'],
  ];
  for (const [what, encoded] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => decodeCbor(hex(encoded), CODE_LIMITS), FormatError));
  }

  it('refuses to write fractions, unsafe integers and lone surrogates', () => {
    for (const wrong of [1.5, 2 ** 53, Number.NaN, '\ud800'])
      assert.throws(() => encodeCbor(wrong), FormatError);
  });

  it('refuses more bytes or items than the limits say', () => {
    assert.throws(() => decodeCbor(encodeCbor(new Uint8Array(600)), CODE_LIMITS), FormatError);
    assert.throws(() => decodeCbor(encodeCbor(new Array<number>(65).fill(1)), CODE_LIMITS), FormatError);
  });

  it('reads every integer it writes, and nothing that a number cannot hold', () => {
    for (const edge of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32) - 1]) {
      assert.equal(decodeCbor(encodeCbor(edge), WIDE), edge);
    }
    for (const beyond of ['1b0020000000000000', '3b001fffffffffffff', '1bffffffffffffffff']) {
      assert.throws(() => decodeCbor(new Uint8Array(Buffer.from(beyond, 'hex')), WIDE), FormatError);
    }
  });

  it('reads what cbor-x writes of integers, strings and arrays, and cbor-x reads what it writes', () => {
    const encoder = new Encoder({
      mapsAsObjects: false,
      useRecords: false,
      tagUint8Array: false,
      variableMapSize: true,
    });
    const decoder = new Decoder({ mapsAsObjects: false, useRecords: false });
    fc.assert(
      fc.property(value, (plain) => {
        const encoded = encodeCbor(plain);
        const foreign: unknown = decoder.decode(Buffer.from(encoded));
        assert.deepEqual(normal(foreign), normal(plain));
        assert.deepEqual(normal(decodeCbor(encoded, WIDE)), normal(plain));
      }),
      { numRuns: scale(300) },
    );
    const sample = [-70001, 'AB字', new Uint8Array([1, 2]), [7, -7]];
    assert.deepEqual(toHex(encodeCbor(sample)), toHex(encoder.encode(sample)));
  });

  it('either refuses a damaged value or reads exactly those bytes', () => {
    fc.assert(
      fc.property(value, fc.nat(), fc.nat(255), (plain, at, byte) => {
        const bytes = encodeCbor(plain);
        bytes[at % bytes.length] = byte;
        let read: CborValue;
        try {
          read = decodeCbor(bytes, WIDE);
        } catch (error) {
          assert.ok(error instanceof FormatError);
          return;
        }
        assert.deepEqual(toHex(encodeCbor(read)), toHex(bytes));
      }),
      { numRuns: scale(1000) },
    );
  });

  it('survives random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          assert.deepEqual(toHex(encodeCbor(decodeCbor(bytes, WIDE))), toHex(bytes));
        } catch (error) {
          assert.ok(error instanceof FormatError);
        }
      }),
      { numRuns: scale(1000) },
    );
  });
});

/** Values of both implementations in one comparable shape. */
function normal(plain: unknown): unknown {
  if (plain instanceof Uint8Array) return { bytes: toHex(plain) };
  if (plain instanceof Map) {
    return {
      map: [...(plain as Map<unknown, unknown>)]
        .map(([key, item]) => [Number(key), normal(item)])
        .sort((a, b) => Number(a[0]) - Number(b[0])),
    };
  }
  if (Array.isArray(plain)) return plain.map(normal);
  if (typeof plain === 'bigint') return Number(plain);
  return Object.is(plain, -0) ? 0 : plain;
}
