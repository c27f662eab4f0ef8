// What is done to a stamped PDF afterwards: honest additions are told, everything else is refused.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport, rowsOf } from './expect.ts';
import { makePki } from './pki.ts';
import { append, baseObjects, cmsIn, latin1, signPdf, sizeOf, textOf, unsignedPdf } from './signed-pdf.ts';

const pki = makePki();
const good = signPdf(pki);
const goodText = textOf(good);

describe('a stamped PDF with a later update', () => {
  const evil = 'BT /F1 12 Tf 72 700 Td (Approved: license 0001 for Mally) Tj ET';
  const stream = `<< /Length ${evil.length} >>\nstream\n${evil}\nendstream`;
  const size = sizeOf(good);
  const cases: readonly (readonly [string, () => Uint8Array, string])[] = [
    ['replaces the page content (ISA-1)', () => append(good, { 4: stream }, size), 'signature.changes'],
    [
      'replaces the page',
      () => append(good, { 3: (baseObjects[3] ?? '').replace('4 0 R', '4 0 R /Rotate 180') }, size),
      'signature.changes',
    ],
    [
      'points the page to other content',
      () =>
        append(
          good,
          { 3: (baseObjects[3] ?? '').replace('/Contents 4 0 R', `/Contents ${size} 0 R`), [size]: stream },
          size + 1,
        ),
      'signature.changes',
    ],
    [
      'exchanges the font',
      () => append(good, { 5: '<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>' }, size),
      'signature.changes',
    ],
    ['exchanges the seal picture', () => append(good, { [size - 1]: stream }, size), 'signature.changes'],
    [
      'adds a note over the text',
      () =>
        append(
          good,
          {
            3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${size - 3} 0 R ${size} 0 R] >>`,
            [size]: '<< /Type /Annot /Subtype /FreeText /Rect [70 690 300 720] /Contents (x) >>',
          },
          size + 1,
        ),
      'signature.changes',
    ],
    [
      'removes the seal from the page',
      () => append(good, { 3: baseObjects[3] ?? '' }, size),
      'signature.changes',
    ],
    [
      'moves the root elsewhere',
      () => append(good, { [size]: '<< /Type /Catalog /Pages 2 0 R >>' }, size + 1, size),
      'pdf.removed',
    ],
    ['drops the form', () => append(good, { 1: '<< /Type /Catalog /Pages 2 0 R >>' }, size), 'pdf.removed'],
    [
      'rewrites the signature dictionary',
      () => append(good, { [size - 2]: /8 0 obj\n([\s\S]*?)\nendobj/.exec(goodText)?.[1] ?? '' }, size),
      'signature.coverage',
    ],
    [
      'adds a script to the catalogue',
      () =>
        append(
          good,
          {
            1:
              (/1 0 obj\n(<< \/Type \/Catalog[^\n]*AcroForm[^\n]*) >>\nendobj/.exec(goodText)?.[1] ?? '') +
              ' /OpenAction << /S /JavaScript /JS (x) >> >>',
          },
          size,
        ),
      'signature.changes',
    ],
    [
      'adds a text field',
      () =>
        append(
          good,
          {
            1: `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${size - 3} 0 R ${size} 0 R] /SigFlags 3 >> >>`,
            [size]: '<< /Type /Annot /Subtype /Widget /FT /Tx /T (x) /V (evil) /Rect [0 0 9 9] >>',
          },
          size + 1,
        ),
      'signature.changes',
    ],
    [
      'uses the old signature in a new field',
      () =>
        append(
          good,
          {
            1: `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${size - 3} 0 R ${size} 0 R] /SigFlags 3 >> >>`,
            3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${size - 3} 0 R ${size} 0 R] >>`,
            [size]: `<< /Type /Annot /Subtype /Widget /FT /Sig /T (Copy) /V ${size - 2} 0 R /Rect [0 0 99 99] /P 3 0 R >>`,
          },
          size + 1,
        ),
      'signature.changes',
    ],
    [
      'adds an unsigned field with a picture',
      () =>
        append(
          good,
          {
            1: `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${size - 3} 0 R ${size} 0 R] /SigFlags 3 >> >>`,
            3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${size - 3} 0 R ${size} 0 R] >>`,
            [size]: `<< /Type /Annot /Subtype /Widget /FT /Sig /T (Empty) /Rect [70 690 300 720] /P 3 0 R /AP << /N ${size - 1} 0 R >> >>`,
          },
          size + 1,
        ),
      'signature.changes',
    ],
    [
      'appends objects without a cross-reference (ISA-3)',
      () => joinBytes([good, latin1(`4 0 obj\n${stream}\nendobj\n`)]),
      'pdf.trailing',
    ],
    [
      'appends objects and points startxref back',
      () =>
        joinBytes([
          good,
          latin1(
            `4 0 obj\n${stream}\nendobj\nstartxref\n${/startxref\s+(\d+)\s+%%EOF\s*$/.exec(goodText)?.[1] ?? ''}\n%%EOF\n`,
          ),
        ]),
      'pdf.trailing',
    ],
    [
      'supplies an object that the signed part only named',
      () => {
        const open = unsignedPdf({
          ...baseObjects,
          5: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FontDescriptor 40 0 R >>',
        });
        return append(signPdf(pki, open), { 40: stream }, 41);
      },
      'signature.changes',
    ],
  ];
  for (const [name, make, row] of cases) {
    it(`that ${name} is refused`, async () => {
      const report = await verifyBytes(make(), depsFor(pki));
      assert.equal(report.conclusion, 'TOTAL-FAILED', report.summary.en);
      assert.ok(rowsOf(report).includes(row), `${row} is not among ${rowsOf(report).join(', ')}`);
    });
  }

  /** An update of nothing but a cross-reference section. */
  function appendEntries(pdf: Uint8Array, entries: string): Uint8Array {
    const text = textOf(pdf);
    const previous = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(text)?.[1] ?? '';
    const trailer = `trailer\n<< /Size ${sizeOf(pdf)} /Root 1 0 R /Info 6 0 R /Prev ${previous} >>`;
    return latin1(`${text}xref\n${entries}${trailer}\nstartxref\n${text.length}\n%%EOF\n`);
  }

  it('that only frees an object (shadow attack: hide) is refused', async () => {
    const report = await verifyBytes(appendEntries(good, '4 1\n0000000000 00001 f \n'), depsFor(pki));
    assert.equal(report.conclusion, 'TOTAL-FAILED', report.summary.en);
  });

  it('that only points to another version in the signed bytes (shadow attack: replace) is refused', async () => {
    const hidden = `4 0 obj\n${stream}\nendobj\n`;
    const comment = `%PDF-1.7\n${hidden}`;
    const body = textOf(unsignedPdf()).slice('%PDF-1.7\n'.length);
    const shifted = body.replace(
      /\d{10} 00000 n /g,
      (entry) => `${String(Number(entry.slice(0, 10)) + hidden.length).padStart(10, '0')} 00000 n `,
    );
    const moved = shifted.replace(
      /startxref\n(\d+)/,
      (_, at: string) => `startxref\n${Number(at) + hidden.length}`,
    );
    const signed = signPdf(pki, latin1(comment + moved));
    assert.equal((await verifyBytes(signed, depsFor(pki))).conclusion, 'TOTAL-PASSED');
    const report = await verifyBytes(appendEntries(signed, '4 1\n0000000009 00000 n \n'), depsFor(pki));
    assert.equal(report.conclusion, 'TOTAL-FAILED', report.summary.en);
    assert.ok(rowsOf(report).includes('signature.changes'));
  });

  it('that wraps the signature (SWA) is refused', async () => {
    // The zero padding is cut out, evil bytes take its place, and a new /ByteRange skips them.
    const start = goodText.indexOf('/Contents <') + 10;
    const hexEnd = start + 1 + cmsIn(good).length * 2;
    const end = goodText.indexOf('>', start) + 1;
    const filler = `>4 0 obj ${stream} endobj `.padEnd(end - hexEnd, ' ');
    const moved = latin1(goodText.slice(0, hexEnd) + filler + goodText.slice(end));
    expectReport(await verifyBytes(moved, depsFor(pki)), ['TOTAL-FAILED', 'FORMAT_FAILURE', null]);
  });

  it('by a second department is allowed and told in words', async () => {
    const report = await verifyBytes(signPdf(pki, good), depsFor(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    const [first, second] = report.signatures;
    assert.equal(first?.coverage, 'earlier-revision');
    assert.equal(second?.coverage, 'whole-file');
    assert.match(first.changes[0]?.words.zh ?? '', /第1页后增加了一个签名/);
  });

  it('by a stranger leaves the first signature good and the whole undetermined', async () => {
    const stranger = makePki();
    const report = await verifyBytes(signPdf(stranger, good), depsFor(pki));
    assert.equal(report.signatures[0]?.conclusion, 'TOTAL-PASSED');
    expectReport(report, ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'certificate.path']);
  });

  it('that adds validation data is allowed, also where a certification forbids everything else', async () => {
    const certified = signPdf(pki, undefined, { certify: 1 });
    const catalogue =
      [...textOf(certified).matchAll(/1 0 obj\n(<< \/Type \/Catalog[^\n]*) >>\nendobj/g)].at(-1)?.[1] ?? '';
    const dss = append(
      certified,
      { 1: `${catalogue} /DSS ${size} 0 R >>`, [size]: '<< /Type /DSS >>' },
      size + 1,
    );
    const report = await verifyBytes(dss, depsFor(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.equal(report.signatures[0]?.changes[0]?.kind, 'validation-data-added');
    expectReport(await verifyBytes(signPdf(pki, certified), depsFor(pki)), [
      'TOTAL-FAILED',
      'FORMAT_FAILURE',
      'signature.changes',
    ]);
    expectReport(await verifyBytes(signPdf(pki, signPdf(pki, undefined, { certify: 2 })), depsFor(pki)), [
      'TOTAL-PASSED',
      null,
      null,
    ]);
  });
});
