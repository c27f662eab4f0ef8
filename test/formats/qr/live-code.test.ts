// Live codes both ways: every token has one spelling, and nothing else is one.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import qrcode from 'qrcode';
import { FormatError } from '../../../formats/errors.ts';
import {
  decodeLiveToken,
  encodeLiveToken,
  groupedDigits,
  livePrefix,
  locatorOf,
  readLiveCode,
  spokenDigits,
} from '../../../formats/qr/live-code.ts';
import { scale } from '../../scale.ts';

const malformed = (error: unknown): boolean =>
  error instanceof FormatError && error.code === 'code-malformed';

describe('live codes', () => {
  it('spell 128 bits in 39 digits, both ways, ends included', () => {
    const ends = [new Uint8Array(16), new Uint8Array(16).fill(255)];
    const tokens = [...ends, ...Array.from({ length: scale(2000) }, () => new Uint8Array(randomBytes(16)))];
    for (const token of tokens) {
      const digits = encodeLiveToken(token);
      assert.match(digits, /^\d{39}$/);
      assert.deepEqual(decodeLiveToken(digits), token);
    }
    assert.equal(encodeLiveToken(new Uint8Array(16).fill(255)), String(2n ** 128n - 1n));
  });

  it('refuse what is no token: too large, too short, too long, other characters', () => {
    for (const digits of [
      String(2n ** 128n),
      '9'.repeat(39),
      '1'.repeat(38),
      '1'.repeat(40),
      '',
      `${'1'.repeat(38)}a`,
      `${'1'.repeat(38)}１`,
      ` ${'1'.repeat(38)}`,
    ])
      assert.throws(() => decodeLiveToken(digits), malformed, digits);
    for (const length of [0, 15, 17]) assert.throws(() => encodeLiveToken(new Uint8Array(length)), malformed);
  });

  it('are read from an address, from digits, and from ten digits in groups', () => {
    const digits = encodeLiveToken(new Uint8Array(randomBytes(16)));
    assert.deepEqual(readLiveCode(`https://zz.example.cn/p#${digits}`), { kind: 'token', digits });
    assert.deepEqual(readLiveCode(` ${digits} `), { kind: 'token', digits });
    const spoken = { kind: 'spoken', locator: '482107', digits: '4821073659' };
    for (const text of ['4821073659', '482 107 3659', '482-107-3659 '])
      assert.deepEqual(readLiveCode(text), spoken);
    assert.equal(groupedDigits('4821073659'), '482 107 3659');
    assert.equal(locatorOf('4821073659'), '482107');
  });

  it('are read from nothing else: fuzzed texts refuse with one kind of error', () => {
    const digits = encodeLiveToken(new Uint8Array(16));
    for (const text of [
      `https://zz.example.cn/v#${digits}`,
      `https://zz.example.cn/p?x#${digits}`,
      `javascript:/p#${digits}`,
      `https://zz.example.cn/p#4821073659`,
      `https://zz.example.cn/p#${digits}#`,
      '１２３４５６７８９０',
      'x'.repeat(10_000),
    ])
      assert.throws(() => readLiveCode(text), malformed, text.slice(0, 60));
    const alphabet = ['#', '/', 'p', '0', '9', ' ', '-', 'h', ':', '.', '\u0000', '证'];
    for (let round = 0; round < scale(5000); round++) {
      const text = Array.from(
        randomBytes(1 + (round % 110)),
        (byte) => alphabet[byte % alphabet.length],
      ).join('');
      try {
        readLiveCode(text);
      } catch (error) {
        assert.ok(malformed(error), text);
      }
    }
  });

  it('change with every digit: one wrong digit is another token or none', () => {
    const token = new Uint8Array(randomBytes(16));
    const digits = encodeLiveToken(token);
    for (let at = 0; at < digits.length; at++) {
      for (let step = 1; step < 10; step++) {
        const other = (Number(digits[at]) + step) % 10;
        const changed = digits.slice(0, at) + String(other) + digits.slice(at + 1);
        try {
          assert.notDeepEqual(decodeLiveToken(changed), token);
        } catch (error) {
          assert.ok(malformed(error));
        }
      }
    }
  });

  it('fit a symbol of version 4 at level M behind a short address', () => {
    const prefix = livePrefix('https://zz.tjhbq.gov.cn/');
    assert.equal(prefix, 'https://zz.tjhbq.gov.cn/p#');
    const symbol = qrcode.create(
      [
        { data: new TextEncoder().encode(prefix), mode: 'byte' },
        { data: '9'.repeat(39), mode: 'numeric' },
      ],
      { errorCorrectionLevel: 'M' },
    );
    assert.deepEqual([symbol.version, symbol.modules.size], [4, 33]);
    for (const address of ['ftp://x', 'https://x/?y', `https://${'x'.repeat(60)}.cn`])
      assert.throws(() => livePrefix(address), malformed);
  });

  it('draw ten digits evenly, and from good bytes only', () => {
    const counts = new Array<number>(10).fill(0);
    const rounds = scale(4000);
    for (let round = 0; round < rounds; round++)
      for (const digit of spokenDigits((length) => new Uint8Array(randomBytes(length))))
        counts[Number(digit)] = (counts[Number(digit)] ?? 0) + 1;
    const mean = rounds;
    for (const count of counts) assert.ok(Math.abs(count - mean) < 6 * Math.sqrt(mean * 0.9), counts.join());
    let calls = 0;
    // Bytes from 250 up would favour the low digits.
    const biased = (length: number): Uint8Array => new Uint8Array(length).fill(calls++ === 0 ? 255 : 7);
    assert.equal(spokenDigits(biased), '7777777777');
    assert.equal(calls, 2);
  });
});
