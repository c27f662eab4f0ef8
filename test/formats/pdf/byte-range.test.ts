// Which bytes a signature covers: every rule broken one at a time.
import assert from 'node:assert/strict';
import { joinBytes } from '../../../formats/bytes.ts';
import { byteRangeLength, byteRangeText, judgeCoverage } from '../../../formats/pdf/byte-range.ts';
import { openPdf } from '../../../formats/pdf/document.ts';
import { latin1 } from '../../../formats/pdf/serialise.ts';
import { readSignatures } from '../../../formats/pdf/signatures.ts';
import { bytesSource } from '../../../formats/pdf/source.ts';
import { finishSignature } from '../../../signing/finish.ts';
import { prepareSignature } from '../../../signing/prepare.ts';
import { asText, handmade, handmadeUpdate, lastStartxref, onePage } from './handmade.ts';

const time = new Date('2026-11-22T05:06:07Z');
const value = Uint8Array.of(0x30, 3, 2, 1, 5);

async function signed(original: Uint8Array, reason = 'first'): Promise<Uint8Array> {
  const prepared = await prepareSignature(bytesSource(original), { time, contentsCapacity: 40, reason });
  return joinBytes([original, finishSignature(prepared, value)]);
}

async function coverage(file: Uint8Array): Promise<string[]> {
  const signatures = await readSignatures(await openPdf(bytesSource(file)));
  return signatures.map(({ coverage: { kind, revision, problem } }) => `${kind} ${revision} ${problem}`);
}

/** The file with one piece of its text replaced by another of the same length. */
function changed(file: Uint8Array, from: string | RegExp, to: (match: string) => string): Uint8Array {
  const text = asText(file);
  const result = text.replace(from, (match) => to(match).padEnd(match.length, ' '));
  assert.notEqual(result, text);
  assert.equal(result.length, text.length);
  return latin1(result);
}

const rangePattern = /\/ByteRange \[[^\]]*\] */;

describe('coverage of a signature', () => {
  let original: Uint8Array;
  let file: Uint8Array;
  let range: readonly [number, number, number, number];

  before(async () => {
    original = handmade(onePage);
    file = await signed(original);
    const prepared = await prepareSignature(bytesSource(original), {
      time,
      contentsCapacity: 40,
      reason: 'first',
    });
    range = prepared.byteRange;
  });

  const ranged = (...numbers: readonly (number | string)[]): Uint8Array =>
    changed(file, rangePattern, () => `/ByteRange [${numbers.join(' ')}]`);

  it('is the whole file, with the exact places of Contents and ByteRange', async () => {
    const document = await openPdf(bytesSource(file));
    const [signature] = await readSignatures(document);
    assert.ok(signature?.contents?.span && signature.byteRangeSpan);
    const { span } = signature.contents;
    assert.equal(asText(file.subarray(span.start, span.end)), `<3003020105${'0'.repeat(70)}>`);
    assert.deepEqual(signature.byteRange, [0, span.start, span.end, file.length - span.end]);
    assert.deepEqual(signature.contents.value, value);
    assert.equal(signature.contents.padding.length, 35);
    assert.ok(signature.contents.paddingIsZero);
    assert.ok(signature.byteRangeSpan.end < span.start);
    assert.deepEqual(signature.coverage, { kind: 'whole-file', revision: 1, problem: null });
    assert.equal(signature.writtenIn, 1);
    assert.equal(signature.reason, 'first');
    assert.equal(signature.claimedTime, 'D:20261122050607Z');
  });

  it('is a revision once something follows', async () => {
    const updated = handmadeUpdate(file, { 99: '(later)' }, lastStartxref(file));
    assert.deepEqual(await coverage(updated), ['revision 1 null']);
    assert.deepEqual(await coverage(await signed(file, 'second')), ['revision 1 null', 'whole-file 2 null']);
  });

  it('stays a revision, not the file, with bytes behind', async () => {
    for (const junk of ['\n', '\0', '% x\n', '7 0 obj(x)endobj\n', '%%EOF\n']) {
      assert.deepEqual(
        await coverage(joinBytes([file, latin1(junk)])),
        ['revision 1 null'],
        JSON.stringify(junk),
      );
    }
  });

  it('must start at byte 0', async () => {
    const [, a, b, c] = range;
    assert.deepEqual(await coverage(ranged(1, a - 1, b, c)), ['invalid null not-from-start']);
  });

  it('must leave out exactly the Contents token', async () => {
    const [, a, b, c] = range;
    for (const numbers of [
      [0, a - 1, b, c],
      [0, a + 1, b, c],
      [0, a - 60, b, c],
      [0, a, b + 1, c - 1],
      [0, a, b - 1, c + 1],
      [0, a, b + 200, c - 200],
      [0, b, a, c],
      [0, 0, 0, 0],
    ]) {
      assert.deepEqual(await coverage(ranged(...numbers)), ['invalid null gap-not-contents'], numbers.join());
    }
  });

  it('must end inside the file, at the end of a revision', async () => {
    const [, a, b, c] = range;
    assert.deepEqual(await coverage(ranged(0, a, b, c + 1)), ['invalid null past-end-of-file']);
    assert.deepEqual(await coverage(ranged(0, a, b, 99999999999)), ['invalid null past-end-of-file']);
    assert.deepEqual(
      await coverage(ranged(0, a, b, c - 1)),
      ['revision 1 null'],
      'without the last line end',
    );
    for (const less of [2, 6, 50, c]) {
      assert.deepEqual(
        await coverage(ranged(0, a, b, c - less)),
        ['partial null not-at-revision-end'],
        String(less),
      );
    }
  });

  it('must be four direct integers', async () => {
    const [, a, b, c] = range;
    for (const numbers of [
      [],
      [0, a],
      [0, a, b],
      [0, a, b, c, 1],
      [0, a, b, `${c}.0`],
      [0, a, '1 0 R', c],
      [0, a, b, -c],
    ]) {
      assert.deepEqual(
        await coverage(ranged(...numbers)),
        ['invalid null byte-range-malformed'],
        numbers.join(),
      );
    }
    for (const other of ['/ByteRange null', '/OtherRange [0 1 2 3]', '/ByteRange 9 0 R', '/ByteRange /N']) {
      const [found] = await coverage(changed(file, rangePattern, () => other));
      assert.match(found ?? '', /^invalid null byte-range-(missing|malformed)$/, other);
    }
  });

  it('needs Contents that are one hexadecimal string', async () => {
    const pattern = /\/Contents <[0-9a-f]*>/;
    const contents: Record<string, string> = {
      '': 'contents-missing',
      '/Contents null': 'contents-missing',
      '/Contents (abc)': 'contents-not-hexadecimal',
      '/Contents 12': 'contents-not-hexadecimal',
      '/Contents <>': 'gap-not-contents',
      '/Contents <00>': 'gap-not-contents',
      '/Contents <zz>': 'dictionary-unreadable',
      '/Contents': 'dictionary-unreadable',
      '/Contents <00>/Contents <3003020105>': 'duplicate-keys',
    };
    for (const [text, problem] of Object.entries(contents)) {
      assert.deepEqual(await coverage(changed(file, pattern, () => text)), [`invalid null ${problem}`], text);
    }
  });

  it('is told for a value that is no dictionary, and never left out', async () => {
    for (const value of ['9 0 R', '(abc)', '[1 2]', '1 0 R']) {
      const [found] = await coverage(changed(file, /\/V \d+ 0 R\n/, () => `/V ${value}\n`));
      assert.match(found ?? 'no signature', /^invalid/, value);
    }
  });

  it('is not judged where offsets count from a header that is not first', async () => {
    assert.deepEqual(await coverage(joinBytes([latin1('junk\n'), file])), ['invalid null offsets-shifted']);
  });

  it('does not hold for a revision that /Prev skips', async () => {
    const skipping = handmadeUpdate(
      file,
      { ...onePage, 1: asCatalogue(file), ...fieldAndValue(file) },
      lastStartxref(original),
      '/Size 50',
    );
    const found = await coverage(skipping);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^(invalid|partial)/);
  });

  it('keeps its placeholder width up to 10^11', () => {
    for (const number of [0, 99, 1e8, 1e10, 99_999_999_999]) {
      assert.equal(byteRangeText([0, number, number, number]).length, byteRangeLength);
    }
    assert.throws(() => byteRangeText([0, 1e11, 1e11, 1e11]));
    const span = { start: 10_000_000_000, end: 10_000_000_100 };
    assert.deepEqual(
      judgeCoverage([0, span.start, span.end, 900], span, [], 10_000_001_000).kind,
      'whole-file',
    );
  });
});

function bodyOf(file: Uint8Array, number: number): string {
  const match = new RegExp(`(?:^|\\n)${number} 0 obj\\n([\\s\\S]*?)\\nendobj`).exec(
    asText(file.subarray(200)),
  );
  return match?.[1] ?? '';
}

function asCatalogue(file: Uint8Array): string {
  return bodyOf(file, 1);
}

/** Field and signature dictionary of the signed revision, copied behind it. */
function fieldAndValue(file: Uint8Array): Record<number, string> {
  return { 4: bodyOf(file, 4), 5: bodyOf(file, 5) };
}
