// The DER reader and writer: each other's inverse, and no second spelling of anything.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromHex, joinBytes, sameBytes, toHex } from '../../../formats/bytes.ts';
import { FormatError } from '../../../formats/errors.ts';
import { derLength, readDer, type DerReader } from '../../../formats/x509/der.ts';
import {
  boolean,
  integer,
  integerContent,
  namedBits,
  octetString,
  oid,
  printableString,
  sequence,
  setOf,
  unsignedInteger,
  utf8String,
} from '../../../formats/x509/der-writer.ts';
import {
  encodeGeneralizedTime,
  encodeTime,
  readGeneralizedTime,
  readTime,
} from '../../../formats/x509/time.ts';
import { scale } from '../../scale.ts';

const LIMITS = { maxBytes: 1 << 20, maxDepth: 8 };

function read<T>(bytes: Uint8Array, reader: (reader: DerReader) => T): T {
  return readDer(bytes, LIMITS, 'certificate-malformed', reader);
}

function anything(reader: DerReader): void {
  reader.element();
}

describe('DER', () => {
  it('refuses every second spelling, by name', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['der-malformed', ''],
      ['der-malformed', '30'],
      ['der-malformed', '3005'],
      ['der-malformed', '308101'],
      ['der-malformed', '30810100'], // long form for a short length
      ['der-malformed', '3082007f'.padEnd(8 + 254, '0')], // leading zero in the length
      ['der-malformed', '30850000000100'],
      ['ber-indefinite-length', '30800000'],
      ['ber-indefinite-length', '3003248000'],
      ['trailing-bytes', '300000'],
      ['der-malformed', '1000'], // SEQUENCE as primitive
      ['der-malformed', '1100'],
      ['der-malformed', '2403040161'], // OCTET STRING in pieces
      ['der-malformed', '0000'],
      ['der-malformed', '3f010100'], // high tag number
      ['der-malformed', '0200'],
      ['der-malformed', '02020001'],
      ['der-malformed', '0202ff80'],
      ['der-malformed', '0a020001'],
      ['der-malformed', '010101'],
      ['der-malformed', '01020000'],
      ['der-malformed', '050100'],
      ['der-malformed', '0300'],
      ['der-malformed', '030101'],
      ['der-malformed', '030208ff'],
      ['der-malformed', '03020101'], // unused bit set
      ['der-malformed', '0600'],
      ['der-malformed', '0602802a'], // padded arc
      ['der-malformed', '060181'],
      ['der-malformed', '3106020102020101'], // SET OF unsorted
      ['der-too-deep', toHex(nested(10))],
    ];
    for (const [code, hex] of cases) {
      assert.throws(() => read(fromHex(hex), anything), { code }, hex);
    }
    assert.throws(
      () => readDer(new Uint8Array(65), { maxBytes: 64, maxDepth: 1 }, 'crl-malformed', anything),
      {
        code: 'der-too-large',
      },
    );
  });

  it('takes an unsorted SET OF only where the caller allows BER there', () => {
    const unsorted = fromHex('3106020102020101');
    readDer(unsorted, { ...LIMITS, setOrder: 'any' }, 'cms-malformed', anything);
    assert.deepEqual(toHex(setOf([integer(2), integer(1)])), '3106020101020102');
  });

  it('refuses members left over and members missing with the structure’s own code', () => {
    const two = sequence(integer(1), integer(2));
    assert.throws(() => read(two, (top) => top.sequence((inner) => inner.smallInteger())), {
      code: 'certificate-malformed',
    });
    assert.throws(() => read(sequence(), (top) => top.sequence((inner) => inner.oid())), {
      code: 'certificate-malformed',
    });
  });

  it('cuts padding off by the first value’s length', () => {
    const value = sequence(octetString(new Uint8Array(300)));
    assert.equal(derLength(joinBytes([value, new Uint8Array(50)])), value.length);
    assert.throws(() => derLength(Uint8Array.of(0x30, 0x80)), { code: 'ber-indefinite-length' });
  });

  it('writes named bits without trailing zero bits', () => {
    assert.equal(toHex(namedBits([])), '030100');
    assert.equal(toHex(namedBits([0])), '03020780');
    assert.equal(toHex(namedBits([5, 6])), '03020106');
    assert.equal(toHex(namedBits([8])), '0303070080');
  });

  it('refuses text outside a string type’s alphabet', () => {
    for (const text of ['证', 'a*b', 'a@b']) {
      assert.throws(() => printableString(text), { code: 'value-out-of-range' });
    }
    for (const text of ['', '1', '3.1', '1.40', '1.02', 'a.b', '2.-1']) {
      assert.throws(() => oid(text), { code: 'value-out-of-range' });
    }
  });

  it('gives back what it was given (property)', () => {
    const arcs = fc.array(fc.bigInt({ min: 0n, max: 2n ** 130n }), { maxLength: 2 });
    fc.assert(
      fc.property(
        arcs,
        fc.nat(2 ** 31 - 1),
        fc.uint8Array({ maxLength: 20 }),
        fc.string({ unit: 'binary', maxLength: 30 }),
        (rest, number, bytes, text) => {
          const dotted = ['2', '25', ...rest.map(String)].join('.');
          const value = sequence(
            oid(dotted),
            integer(number),
            octetString(bytes),
            utf8String(text),
            boolean(true),
          );
          read(value, (top) =>
            top.sequence((inner) => {
              assert.equal(inner.oid(), dotted);
              assert.equal(inner.smallInteger(), number);
              assert.deepEqual(inner.octetString(), bytes);
              assert.equal(
                new TextDecoder('utf-8', { ignoreBOM: true }).decode(inner.element(0x0c).content),
                text,
              );
              assert.equal(inner.boolean(), true);
            }),
          );
        },
      ),
      { numRuns: scale(100) },
    );
  });

  it('writes unsigned integers minimal and positive (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (magnitude) => {
        const content = read(unsignedInteger(magnitude), (reader) => reader.integer());
        assert.ok((content[0] ?? 0x80) < 0x80);
        const value = (octets: Uint8Array): bigint => BigInt(`0x${toHex(octets) || '0'}`);
        assert.equal(value(content), value(magnitude));
        assert.ok(sameBytes(integerContent(content), unsignedInteger(magnitude)));
      }),
      { numRuns: scale(300) },
    );
  });

  it('accepts no bytes that it would write differently (property)', () => {
    const seed = sequence(
      integer(5),
      setOf([integer(1), integer(2)]),
      octetString(Uint8Array.of(1, 2, 3)),
      boolean(false),
    );
    fc.assert(
      fc.property(fc.nat(seed.length - 1), fc.nat(255), fc.nat(seed.length), (at, value, cut) => {
        for (const mutated of [
          seed.with(at, value),
          seed.slice(0, cut),
          joinBytes([seed, Uint8Array.of(value)]),
        ]) {
          try {
            const rebuilt: Uint8Array[] = [];
            readDer(mutated, LIMITS, 'csr-malformed', (top) => rebuilt.push(top.element().bytes));
            assert.deepEqual(rebuilt, [mutated]);
          } catch (error) {
            assert.ok(error instanceof FormatError);
          }
        }
      }),
      { numRuns: scale(500) },
    );
  });
});

function nested(depth: number): Uint8Array {
  let value: Uint8Array = sequence();
  for (let level = 0; level < depth; level += 1) value = sequence(value);
  return value;
}

describe('X.509 times', () => {
  it('are UTCTime to 2049 and GeneralizedTime after, and come back', () => {
    for (const [text, tag] of [
      ['1950-01-01T00:00:00Z', 0x17],
      ['2026-11-22T05:06:07Z', 0x17],
      ['2049-12-31T23:59:59Z', 0x17],
      ['2050-01-01T00:00:00Z', 0x18],
      ['9999-12-31T23:59:59Z', 0x18],
    ] as const) {
      const encoded = encodeTime(new Date(text));
      assert.equal(encoded[0], tag);
      assert.equal(read(encoded, readTime).getTime(), Date.parse(text));
    }
  });

  it('refuse dates that do not exist, offsets, missing seconds and fractions', () => {
    const utc = (text: string): Uint8Array =>
      Uint8Array.of(0x17, text.length, ...new TextEncoder().encode(text));
    for (const text of [
      '260231000000Z',
      '261301000000Z',
      '260100000000Z',
      '260101240000Z',
      '260101000060Z',
      '2601010000Z',
      '260101000000+0800',
      '260101000000',
      '2601010000 0Z',
      '',
    ]) {
      assert.throws(() => read(utc(text), readTime), { code: 'certificate-malformed' }, text);
    }
    const general = (text: string): Uint8Array => utc(text).with(0, 0x18);
    for (const text of ['20260101000000.5Z', '20260229000000Z', '20260101000000', '20260101000000Zx']) {
      assert.throws(() => read(general(text), readTime), { code: 'certificate-malformed' }, text);
    }
    for (const text of ['20260101000000.50Z', '20260101000000.Z', '20260101000000,5Z']) {
      assert.throws(
        () => read(general(text), (reader) => readGeneralizedTime(reader, true)),
        FormatError,
        text,
      );
    }
  });

  it('keep milliseconds where a time-stamp may have them (property)', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }), (date) => {
        const back = read(encodeGeneralizedTime(date, true), (reader) => readGeneralizedTime(reader, true));
        assert.equal(back.getTime(), date.getTime());
      }),
      { numRuns: scale(200) },
    );
  });
});
