// Objects out of bytes and back: what is written reads the same, what is malformed is refused.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import { parseAt } from '../../../formats/pdf/indirect.ts';
import { Lexer, WindowEnd } from '../../../formats/pdf/lexer.ts';
import { defaultLimits } from '../../../formats/pdf/limits.ts';
import {
  pdfArray,
  pdfBoolean,
  pdfDictionary,
  pdfInteger,
  pdfName,
  pdfNull,
  pdfReal,
  pdfReference,
  type PdfObject,
} from '../../../formats/pdf/objects.ts';
import { latin1, serialise } from '../../../formats/pdf/serialise.ts';
import { dateString, textOf, textString } from '../../../formats/pdf/text-string.ts';
import { scale } from '../../scale.ts';

function read(text: string): PdfObject {
  return new Lexer(latin1(text), 0, { base: null, complete: true, depth: 20 }).readObject();
}

function refused(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof FormatError) return error.code;
    throw error;
  }
  return `read ${text}`;
}

const bytes = fc.uint8Array({ maxLength: 20 });
const objects = fc.letrec<{ any: PdfObject }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constant(pdfNull),
    fc.boolean().map(pdfBoolean),
    fc.maxSafeInteger().map(pdfInteger),
    fc
      .double({ noNaN: true, min: -1e12, max: 1e12 })
      .filter((value) => !Number.isInteger(value) && Math.abs(value) > 1e-15)
      .map(pdfReal),
    fc.array(fc.integer({ min: 1, max: 255 })).map((codes) => pdfName(String.fromCharCode(...codes))),
    fc.record({ kind: fc.constant('string' as const), bytes, hex: fc.boolean() }),
    fc.tuple(fc.nat(1e6), fc.nat(65535)).map(([number, generation]) => pdfReference(number, generation)),
    fc.array(tie('any'), { maxLength: 4 }).map(pdfArray),
    fc.dictionary(fc.stringMatching(/^[A-Za-z #/()]{1,6}$/), tie('any'), { maxKeys: 4 }).map(pdfDictionary),
  ),
})).any;

describe('PDF objects', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(objects, (object) => {
        const text = serialise(object);
        assert.equal(serialise(read(text)), text);
        assert.deepEqual(read(text).kind, object.kind);
      }),
      { numRuns: scale(500) },
    );
  });

  it('read the same however small the first window was', async () => {
    await fc.assert(
      fc.asyncProperty(objects, fc.integer({ min: 1, max: 40 }), async (object, window) => {
        const file = latin1(`${serialise(object)} end`);
        const source = {
          size: file.length,
          read: (at: number, length: number) =>
            Promise.resolve(file.subarray(at, at + (length === 2048 ? window : length))),
        };
        const value = await parseAt(source, 0, defaultLimits, (lexer) => lexer.readObject());
        assert.equal(serialise(value), serialise(object));
      }),
      { numRuns: scale(300) },
    );
  });

  it('spells of ISO 32000-2, 7.3, read as it says', () => {
    assert.deepEqual(read('(a\\(b\\)\\101\\7\\\r\nc(d)\r\ne)'), {
      kind: 'string',
      bytes: latin1('a(b)A\x07c(d)\ne'),
      hex: false,
    });
    assert.deepEqual(read('<48 6 5 6>'), { kind: 'string', bytes: latin1('He`'), hex: true });
    assert.deepEqual(read('/A#42#2fC#zz'), pdfName('AB/C#zz'));
    assert.deepEqual(read('[1 0 R 2 -.5 +3 4.]'), {
      kind: 'array',
      items: [pdfReference(1), pdfInteger(2), pdfReal(-0.5), pdfInteger(3), pdfReal(4)],
    });
    assert.deepEqual(read('% comment\n<</A%x\n1/B null>>').kind, 'dictionary');
  });

  it('remember duplicate keys', () => {
    const object = read('<</Contents <00>/A 1/Contents <01>>>');
    assert.ok(object.kind === 'dictionary');
    assert.deepEqual(object.duplicateKeys, ['Contents']);
  });

  for (const text of [
    '',
    '<<',
    '<</A>>',
    '<</A 1',
    '<</A 1>',
    '[1',
    '(a',
    '<4g>',
    '<48',
    '--5',
    'foo',
    ']',
    '<<1 2>>',
    '1e5',
    '99999999999999999999',
  ]) {
    it(`refuse ${JSON.stringify(text)}`, () => assert.equal(refused(text), 'pdf-malformed'));
  }

  it('refuse nesting beyond the limit, however it is made', () => {
    assert.equal(refused('['.repeat(100_000)), 'pdf-limit');
    assert.equal(refused('<</A'.repeat(100_000)), 'pdf-limit');
  });

  it('ask for more where the window, but not the file, ends', () => {
    for (const text of ['12', '12 0', '12 0 R', '/Name', '(abc', '<41', '[1 ', '<</A 1>', 'tru']) {
      const lexer = new Lexer(latin1(text), 0, { base: 0, complete: false, depth: 20 });
      assert.throws(() => lexer.readObject(), WindowEnd, text);
    }
  });

  it('refuse numbers PDF cannot write', () => {
    for (const object of [
      pdfReal(Infinity),
      pdfReal(NaN),
      pdfInteger(0.5),
      pdfInteger(2 ** 60),
      pdfName('\0'),
    ]) {
      assert.throws(() => serialise(object), FormatError);
    }
    assert.equal(serialise(pdfReal(1e-7)), '0.0000001');
    assert.equal(serialise(pdfReal(-1.25e-9)), '-0.00000000125');
    assert.equal(serialise(pdfReal(595.303937007874)), '595.303937007874');
  });
});

describe('PDF text strings', () => {
  it('survive in every script', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(textOf(textString(text)), text)),
      { numRuns: scale(200) },
    );
    assert.equal(textOf(textString('准予行政许可')), '准予行政许可');
  });

  it('read PDFDocEncoding, UTF-8 and UTF-16LE', () => {
    assert.equal(textOf({ kind: 'string', bytes: Uint8Array.of(0x80, 0xa0, 0xe9), hex: false }), '•€é');
    assert.equal(
      textOf({ kind: 'string', bytes: Uint8Array.of(0xef, 0xbb, 0xbf, 0xc3, 0xa9), hex: false }),
      'é',
    );
    assert.equal(textOf({ kind: 'string', bytes: Uint8Array.of(0xff, 0xfe, 0x41, 0), hex: false }), 'A');
  });

  it('dates are UTC to the second', () => {
    assert.equal(textOf(dateString(new Date('2026-11-22T05:06:07.891Z'))), 'D:20261122050607Z');
  });
});
