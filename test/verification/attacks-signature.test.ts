// Universal forgery, wrapping and padding: the signature dictionary damaged in every way, and never called valid.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import type { Report } from '../../verification/report.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { rowsOf } from './expect.ts';
import { makePki } from './pki.ts';
import { append, cmsIn, latin1, signPdf, sizeOf, textOf } from './signed-pdf.ts';

const pki = makePki();
const good = signPdf(pki);
const goodText = textOf(good);
const range = /\/ByteRange \[[^\]]*\]\s*/.exec(goodText)?.[0] ?? '';
const contentsAt = goodText.indexOf('/Contents <');
const contentsEnd = goodText.indexOf('>', contentsAt) + 1;
const contents = goodText.slice(contentsAt, contentsEnd);

/** The file with something else, padded with blanks, in a place of the same length. */
function instead(of: string, text: string): Uint8Array {
  assert.ok(of.length > 0 && text.length <= of.length);
  return latin1(goodText.replace(of, () => text.padEnd(of.length)));
}

async function refused(pdf: Uint8Array, row: string | null): Promise<Report> {
  const report = await verifyBytes(pdf, depsFor(pki));
  assert.equal(report.conclusion, 'TOTAL-FAILED', report.summary.en);
  if (row !== null)
    assert.ok(rowsOf(report).includes(row), `${row} is not among ${rowsOf(report).join(', ')}`);
  return report;
}

describe('a signature dictionary that lies about its value (universal forgery)', () => {
  const cases: readonly (readonly [name: string, pdf: () => Uint8Array, row: string | null])[] = [
    ['/Contents without a value', () => instead(contents, '/Contents'), null],
    ['/Contents null', () => instead(contents, '/Contents null'), 'signature.coverage'],
    ['/Contents <>', () => instead(contents, '/Contents <>'), 'signature.coverage'],
    ['/Contents <00>', () => instead(contents, '/Contents <00>'), 'signature.cms'],
    ['/Contents a number', () => instead(contents, '/Contents 42'), 'signature.coverage'],
    ['/Contents a name', () => instead(contents, '/Contents /Valid'), 'signature.coverage'],
    ['/Contents true', () => instead(contents, '/Contents true'), 'signature.coverage'],
    ['/Contents an array', () => instead(contents, '/Contents [<00>]'), 'signature.coverage'],
    ['/Contents a literal string', () => instead(contents, '/Contents (signed)'), 'signature.coverage'],
    ['/Contents that is no hexadecimal', () => instead(contents, '/Contents <zzzz>'), null],
    ['/Contents a reference', () => instead(contents, '/Contents 6 0 R'), 'signature.coverage'],
    ['/ByteRange without a value', () => instead(range, '/ByteRange'), null],
    [
      '/ByteRange a reference that leads nowhere',
      () => instead(range, '/ByteRange 99 0 R'),
      'signature.coverage',
    ],
    ['/ByteRange a reference to numbers', () => instead(range, '/ByteRange 6 0 R'), 'signature.coverage'],
    ['/ByteRange of reals', () => instead(range, '/ByteRange [0. 9. 9. 9.]'), 'signature.coverage'],
    ['/ByteRange all zero', () => instead(range, '/ByteRange [0 0 0 0]'), 'signature.coverage'],
    ['/ByteRange of one number', () => instead(range, '/ByteRange [0]'), 'signature.coverage'],
    ['/ByteRange of names', () => instead(range, '/ByteRange [/A /B]'), 'signature.coverage'],
    ['/ByteRange a number', () => instead(range, '/ByteRange 4'), 'signature.coverage'],
    [
      '/SubFilter null',
      () => instead('/SubFilter /ETSI.CAdES.detached', '/SubFilter null'),
      'signature.type',
    ],
    [
      '/SubFilter of a signature over nothing',
      () => instead('/SubFilter /ETSI.CAdES.detached', '/SubFilter /adbe.pkcs7.sha1'),
      'signature.type',
    ],
    [
      '/SubFilter of a time-stamp',
      () => instead('/SubFilter /ETSI.CAdES.detached', '/SubFilter /ETSI.RFC3161'),
      null,
    ],
    [
      '/Type of a time-stamp',
      () => signPdf(pki, undefined, { dictionaryExtra: '/Type /DocTimeStamp' }),
      null,
    ],
    [
      'two /Contents',
      () => signPdf(pki, undefined, { dictionaryExtra: '/Contents <00>' }),
      'signature.coverage',
    ],
    [
      'two /SubFilter',
      () => signPdf(pki, undefined, { dictionaryExtra: '/SubFilter /X' }),
      'signature.coverage',
    ],
  ];
  for (const [name, pdf, row] of cases)
    it(`${name} is refused, and told as a signature`, async () => {
      const report = await refused(pdf(), row);
      assert.equal(report.signatures.length > 0 || rowsOf(report).includes('pdf.readable'), true);
      assert.ok(!rowsOf(report).includes('pdf.signed'), 'It is not called unsigned.');
    });
});

describe('a byte range that leaves something out', () => {
  const ranges: readonly (readonly [string, (right: readonly number[]) => readonly number[]])[] = [
    ['the last two bytes', ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c, d - 2]],
    ['200 bytes behind /Contents', ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c + 200, d - 200]],
    ['one byte before /Contents', ([a = 0, b = 0, c = 0, d = 0]) => [a, b - 1, c, d]],
    ['one byte behind /Contents', ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c + 1, d - 1]],
    ['the first byte', ([, b = 0, c = 0, d = 0]) => [1, b - 1, c, d]],
    ['everything but one range', ([a = 0, b = 0]) => [a, b]],
    ['nothing, by overlapping', ([a = 0, b = 0, c = 0, d = 0]) => [a, b + 10, c - 10, d + 10]],
    ['nothing, in three ranges', ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c, 100, c + 100, d - 100]],
    ['nothing, and takes /Contents along', ([, , c = 0, d = 0]) => [0, c, c, d]],
    ['the brackets of /Contents', ([a = 0, b = 0, c = 0, d = 0]) => [a, b + 1, c - 1, d + 1]],
  ];
  for (const [name, byteRange] of ranges)
    it(`${name}: refused`, async () => {
      await refused(signPdf(pki, undefined, { byteRange }), 'signature.coverage');
    });

  it('the last line end, which may have come later: told, and not called whole', async () => {
    const byteRange = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): readonly number[] => [
      a,
      b,
      c,
      d - 1,
    ];
    for (const pdf of [signPdf(pki, undefined, { byteRange }), joinBytes([good, latin1('\n')])]) {
      const report = await verifyBytes(pdf, depsFor(pki));
      assert.equal(report.rows.find(({ id }) => id === 'pdf.trailing')?.outcome, 'warned');
    }
  });

  it('blanks between /Contents and its value, left out of the range, are refused', async () => {
    const text = goodText.replace('/Contents <', '/Contents    <');
    await refused(latin1(text), null);
  });
});

describe('signature wrapping', () => {
  const evil = 'BT /F1 12 Tf 72 700 Td (Approved: license 0001 for Mally) Tj ET';
  const stream = `<< /Length ${evil.length} >>\nstream\n${evil}\nendstream`;
  const [, , third = 0, fourth = 0] = (/\[([^\]]*)\]/.exec(range)?.[1] ?? '').split(' ').map(Number);
  const partTwo = goodText.slice(third, third + fourth);
  const hex = Buffer.from(cmsIn(good)).toString('hex');

  /** The second part moved to the end; in the place of the padding and behind it, whatever the forger wants. */
  function wrapped(claim: (newStart: number) => string): Uint8Array {
    const start = goodText.slice(0, contentsAt) + `/Contents <${hex}>`;
    const oldXref = Number(/startxref\s+(\d+)/.exec(partTwo)?.[1] ?? '0');
    const object = ` ${claim(99999)} >>\nendobj\n4 0 obj\n${stream}\nendobj\n`;
    const at = start.length + object.indexOf('4 0 obj');
    const body = start + object;
    const table = `xref\n4 1\n${String(at).padStart(10, '0')} 00000 n \ntrailer\n<< /Size 10 /Root 1 0 R /Prev ${/startxref\n(\d+)/.exec(goodText)?.[1] ?? ''} >>\n`;
    const padded = body.padEnd(oldXref, ' ') + table;
    return latin1(padded + partTwo).length > 0
      ? latin1(
          (
            start +
            ` ${claim(padded.length)} `.padEnd(object.indexOf('>>'), ' ') +
            object.slice(object.indexOf('>>'))
          ).padEnd(oldXref, ' ') +
            table +
            partTwo,
        )
      : new Uint8Array();
  }

  it('with a second /ByteRange behind /Contents is refused', async () => {
    await refused(
      wrapped((at) => `/ByteRange [0 ${contentsAt + 10} ${at} ${fourth}]`),
      null,
    );
  });

  it('with the old /ByteRange and bytes in the padding is refused', async () => {
    await refused(
      wrapped(() => ''),
      null,
    );
  });

  it('with /Contents closed early, an object in its padding and a later entry that points into it is refused', async () => {
    const start = contentsAt + '/Contents <'.length + hex.length;
    const object = `>4 0 obj\n${stream}\nendobj `;
    const hidden =
      goodText.slice(0, start) + object.padEnd(contentsEnd - start) + goodText.slice(contentsEnd);
    const previous = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(goodText)?.[1] ?? '';
    const later = `xref\n4 1\n${String(start + 1).padStart(10, '0')} 00000 n \ntrailer\n<< /Size ${sizeOf(good)} /Root 1 0 R /Info 6 0 R /Prev ${previous} >>\nstartxref\n${hidden.length}\n%%EOF\n`;
    await refused(latin1(hidden + later), null);
  });

  it('with an object hidden in the hexadecimal padding, called by a later update, is refused', async () => {
    const start = contentsEnd - 1 - (stream.length + 40) * 2;
    const digits = Buffer.from(`4 0 obj\n${stream}\nendobj`, 'latin1').toString('hex');
    const hidden = goodText.slice(0, start) + digits + goodText.slice(start + digits.length);
    await refused(latin1(hidden), 'signature.padding');
  });
});

describe('updates that are none', () => {
  const evil = 'q 1 1 1 rg 0 0 595 842 re f Q';
  const stream = `<< /Length ${evil.length} >>\nstream\n${evil}\nendstream`;
  const value = /8 0 obj\n([\s\S]*?)\nendobj/.exec(goodText)?.[1] ?? '';
  const previous = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(goodText)?.[1] ?? '';
  const cases: readonly (readonly [string, () => Uint8Array])[] = [
    [
      'objects and a trailer without a cross-reference section (ISA-2)',
      () =>
        joinBytes([
          good,
          latin1(`4 0 obj\n${stream}\nendobj\ntrailer\n<< /Size 10 /Root 1 0 R /Prev ${previous} >>\n`),
        ]),
    ],
    [
      'objects and a trailer with an end (ISA-2)',
      () =>
        joinBytes([
          good,
          latin1(
            `4 0 obj\n${stream}\nendobj\ntrailer\n<< /Size 10 /Root 1 0 R >>\nstartxref\n${previous}\n%%EOF\n`,
          ),
        ]),
    ],
    [
      'objects and a copy of the signature dictionary (ISA-4)',
      () => joinBytes([good, latin1(`4 0 obj\n${stream}\nendobj\n8 0 obj\n${value}\nendobj\n`)]),
    ],
    [
      'a startxref that leads into nothing',
      () => joinBytes([good, latin1(`4 0 obj\n${stream}\nendobj\nstartxref\n99999999\n%%EOF\n`)]),
    ],
    [
      'a startxref of zero',
      () => joinBytes([good, latin1(`4 0 obj\n${stream}\nendobj\nstartxref\n0\n%%EOF\n`)]),
    ],
    [
      'an update whose /Prev passes over the signed revision',
      () => {
        const oldest = /startxref\n(\d+)/.exec(goodText)?.[1] ?? '';
        const update = textOf(append(good, { 4: stream }, 10));
        return latin1(
          update.slice(0, goodText.length) +
            update
              .slice(goodText.length)
              .replace(`/Prev ${previous}`, `/Prev ${oldest}`.padEnd(6 + previous.length)),
        );
      },
    ],
    [
      'an update whose /Prev leads to itself',
      () => {
        const update = textOf(append(good, { 4: stream }, 10));
        const own = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(update)?.[1] ?? '';
        return latin1(
          update.slice(0, goodText.length) +
            update.slice(goodText.length).replace(`/Prev ${previous}`, `/Prev ${own}`),
        );
      },
    ],
    ['a kibibyte of another file behind the end', () => joinBytes([good, good.subarray(0, 1024)])],
  ];
  for (const [name, pdf] of cases)
    it(`${name}: refused`, async () => {
      await refused(pdf(), null);
    });
});
