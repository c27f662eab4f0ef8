// Printed codes: digits against the arithmetic of the design, one spelling each, damaged ones refused.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import {
  codePrefix,
  decodeEnvelope,
  decodeLicenseCode,
  encodeEnvelope,
  encodeLicenseCode,
} from '../../../formats/qr/license-code.ts';
import { scale } from '../../scale.ts';

describe('license code digits', () => {
  it('takes the lengths of the design', () => {
    assert.equal(encodeEnvelope(new Uint8Array(244)).length, 1 + 34 * 17 + 15);
    for (const [bytes, digits] of [
      [1, 3],
      [2, 5],
      [3, 8],
      [4, 10],
      [5, 13],
      [6, 15],
      [7, 17],
    ] as const) {
      assert.equal(encodeEnvelope(new Uint8Array(bytes).fill(255)).length, 1 + digits);
    }
    assert.equal(encodeEnvelope(Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 255)), `1${'256'.padStart(17, '0')}255`);
  });

  it('reads back every envelope', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 490 }), (envelope) => {
        assert.deepEqual(decodeEnvelope(encodeEnvelope(envelope)), envelope);
      }),
      { numRuns: scale(300) },
    );
  });

  it('has one spelling: digits that read spell themselves', () => {
    const digit = fc.constantFrom(...Array.from('0123456789'));
    fc.assert(
      fc.property(fc.array(digit, { minLength: 1, maxLength: 60 }), (body) => {
        const digits = `1${body.join('')}`;
        try {
          assert.equal(encodeEnvelope(decodeEnvelope(digits)), digits);
        } catch (error) {
          assert.ok(error instanceof FormatError);
        }
      }),
      { numRuns: scale(1000) },
    );
  });

  it('refuses other versions, impossible lengths, overflowing groups, foreign characters and too much', () => {
    const tooLarge = `1${(2n ** 56n).toString()}`;
    for (const wrong of [
      '',
      '1',
      '2000',
      '10',
      '100',
      '1256',
      tooLarge,
      '1٠٠٠',
      '1 00',
      '1e10',
      `1${'0'.repeat(1207)}`,
    ]) {
      assert.throws(() => decodeEnvelope(wrong), FormatError, wrong);
    }
    assert.throws(() => encodeEnvelope(new Uint8Array(0)), FormatError);
    assert.throws(() => encodeEnvelope(new Uint8Array(495)), FormatError);
  });
});

describe('license code address', () => {
  const envelope = Uint8Array.of(1, 2, 3);

  it('is public address, /v# and digits, with the digits alone readable too', () => {
    const code = encodeLicenseCode(codePrefix('https://zz.tjhb.gov.cn/'), envelope);
    assert.equal(code.prefix, 'https://zz.tjhb.gov.cn/v#');
    assert.ok(code.prefix.length <= 27);
    assert.deepEqual(decodeLicenseCode(code.prefix + code.digits), code);
    assert.deepEqual(decodeLicenseCode(` ${code.digits}\n`), { ...code, prefix: '' });
    assert.equal(codePrefix('http://127.0.0.1:8080'), 'http://127.0.0.1:8080/v#');
    assert.equal(codePrefix('http://[::1]:8080'), 'http://[::1]:8080/v#');
  });

  it('refuses other addresses', () => {
    for (const wrong of [
      'ftp://x',
      'https://user@x',
      'https://x?y',
      'https://x/#',
      'x',
      `https://${'x'.repeat(80)}`,
    ]) {
      assert.throws(() => codePrefix(wrong), FormatError);
    }
    for (const wrong of [
      'javascript:alert(1)#1001',
      'https://x/other#1001',
      'https://x/v?#1001',
      'https://x/v#1001#1001',
      'x'.repeat(5000),
    ]) {
      assert.throws(() => decodeLicenseCode(wrong), FormatError);
    }
  });
});
