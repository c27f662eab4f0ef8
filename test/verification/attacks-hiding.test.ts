// Changes hidden in the structure of the file: cross-reference sections, object streams, shared objects; and files made to never end.
import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport, rowsOf } from './expect.ts';
import { catalogueOf } from './long-term-pdf.ts';
import { makePki } from './pki.ts';
import { append, baseObjects, latin1, signPdf, sizeOf, textOf, unsignedPdf } from './signed-pdf.ts';
import type { Objects } from './signed-pdf.ts';

const pki = makePki();
const good = signPdf(pki);
const evil = 'BT /F1 12 Tf 72 700 Td (Approved: license 0001 for Mally) Tj ET';
const stream = `<< /Length ${evil.length} >>\nstream\n${evil}\nendstream`;

async function refused(pdf: Uint8Array): Promise<void> {
  const report = await verifyBytes(pdf, depsFor(pki));
  assert.equal(report.conclusion, 'TOTAL-FAILED', report.summary.en);
}

function previousOf(pdf: Uint8Array): string {
  return /startxref\s+(\d+)\s+%%EOF\s*$/.exec(textOf(pdf))?.[1] ?? '';
}

/** Rows of a cross-reference stream, widths 1 4 2. */
function rows(entries: readonly (readonly [type: number, second: number, third: number])[]): Buffer {
  return Buffer.concat(
    entries.map(([type, second, third]) => {
      const row = Buffer.alloc(7);
      row.writeUInt8(type, 0);
      row.writeUInt32BE(second, 1);
      row.writeUInt16BE(third, 5);
      return row;
    }),
  );
}

/** An update by a cross-reference stream; `place` gets the offsets of the objects put before it. */
function appendByStream(
  pdf: Uint8Array,
  objects: Objects,
  more: (
    places: ReadonlyMap<number, number>,
  ) => readonly (readonly [number: number, entry: readonly [number, number, number]])[] = () => [],
): Uint8Array {
  let body = textOf(pdf);
  const places = new Map<number, number>();
  for (const [number, content] of Object.entries(objects)) {
    places.set(Number(number), body.length);
    body += `${number} 0 obj\n${content}\nendobj\n`;
  }
  const own = Math.max(sizeOf(pdf), ...places.keys()) + 1;
  const entries = [
    ...[...places].map(([number, at]) => [number, [1, at, 0]] as const),
    ...more(places),
    [own, [1, body.length, 0]] as const,
  ].toSorted(([a], [b]) => a - b);
  const data = rows(entries.map(([, entry]) => entry));
  const index = entries.map(([number]) => `${number} 1`).join(' ');
  const at = body.length;
  const dictionary = `<< /Type /XRef /Size ${own + 1} /Root 1 0 R /Info 6 0 R /Prev ${previousOf(pdf)} /W [1 4 2] /Index [${index}] /Length ${data.length} >>`;
  return latin1(
    `${body}${own} 0 obj\n${dictionary}\nstream\n${data.toString('latin1')}\nendstream\nendobj\nstartxref\n${at}\n%%EOF\n`,
  );
}

describe('a change hidden in the structure', () => {
  it('seen only through /XRefStm of a hybrid section is refused', async () => {
    const before = textOf(good);
    const object = `4 0 obj\n${stream}\nendobj\n`;
    const data = rows([[1, before.length, 0]]);
    const streamAt = before.length + object.length;
    const hidden = `20 0 obj\n<< /Type /XRef /Size 21 /W [1 4 2] /Index [4 1] /Length ${data.length} >>\nstream\n${data.toString('latin1')}\nendstream\nendobj\n`;
    const at = streamAt + hidden.length;
    for (const entries of ['4 1\n0000000000 00000 f \n', '0 1\n0000000000 65535 f \n']) {
      const table = `xref\n${entries}trailer\n<< /Size 21 /Root 1 0 R /Info 6 0 R /XRefStm ${streamAt} /Prev ${previousOf(good)} >>\nstartxref\n${at}\n%%EOF\n`;
      await refused(latin1(before + object + hidden + table));
    }
  });

  it('in a compressed object of a new object stream is refused', async () => {
    const page = (baseObjects[3] ?? '').replace('/Contents 4 0 R', '/Contents 21 0 R');
    const header = '3 0 ';
    const container = `<< /Type /ObjStm /N 1 /First ${header.length} /Length ${header.length + page.length} >>\nstream\n${header}${page}\nendstream`;
    await refused(appendByStream(good, { 20: container, 21: stream }, () => [[3, [2, 20, 0]]]));
  });

  it('in an object stream that lay in the signed file is refused', async () => {
    const font = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>';
    const contain = (text: string): string =>
      `<< /Type /ObjStm /N 1 /First 5 /Length ${5 + text.length} >>\nstream\n30 0 ${text}\nendstream`;
    const open = appendByStream(
      unsignedPdf({ ...baseObjects, 5: '<< /Type /Font /Subtype /Type0 /DescendantFonts [30 0 R] >>' }),
      { 20: contain(font) },
      () => [[30, [2, 20, 0]]],
    );
    const signed = signPdf(pki, open);
    assert.equal((await verifyBytes(signed, depsFor(pki))).conclusion, 'TOTAL-PASSED');
    await refused(append(signed, { 20: contain(font.replace('Helvetica', 'Symbol')) }, sizeOf(signed)));
    await refused(append(signed, { 30: font.replace('Helvetica', 'Symbol') }, sizeOf(signed)));
  });

  it('by moving the trailer to another catalogue is refused', async () => {
    const size = sizeOf(good);
    const catalogue = `<< ${catalogueOf(good)} >>`;
    await refused(append(good, { [size]: catalogue }, size + 1, size));
  });

  /** A file whose page draws what another part of the document names too. */
  function shared(catalogue: string, more: Objects = {}): Uint8Array {
    const objects: Objects = { ...baseObjects, 1: `<< /Type /Catalog /Pages 2 0 R ${catalogue} >>`, ...more };
    return latin1(textOf(unsignedPdf(objects)).replace('/Size 7', '/Size 9'));
  }
  /** The signing update keeps the other entries of the catalogue. */
  function signShared(catalogue: string, more: Objects = {}): Uint8Array {
    return signPdf(pki, shared(catalogue, more), { catalogueExtra: catalogue });
  }

  it('of metadata that a page draws is refused', async () => {
    const pdf = signShared('/Metadata 4 0 R');
    await refused(append(pdf, { 4: stream }, sizeOf(pdf)));
  });
  it('of validation data that a page draws is refused', async () => {
    const pdf = signShared('/DSS << /Type /DSS /Certs [4 0 R] >>');
    await refused(append(pdf, { 4: stream }, sizeOf(pdf)));
    const later = `<< ${catalogueOf(good)} /DSS << /Type /DSS /Certs [4 0 R] >> >>`;
    await refused(append(good, { 1: later, 4: stream }, sizeOf(good)));
  });
  it('of a dictionary of validation data that a page uses is refused', async () => {
    const resources = '<< /Font << /F1 5 0 R >> >>';
    const pdf = signPdf(
      pki,
      shared('/DSS 7 0 R', { 2: '<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources 7 0 R >>', 7: resources }),
      { catalogueExtra: '/DSS 7 0 R' },
    );
    await refused(append(pdf, { 7: '<< /Font << /F1 6 0 R >> >>' }, sizeOf(pdf)));
  });
  it('of document information that a page uses is refused', async () => {
    const pdf = signPdf(
      pki,
      shared('', { 5: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /X 6 0 R >>' }),
    );
    await refused(append(pdf, { 6: '<< /Title (Other) >>' }, sizeOf(pdf)));
    const alone = append(good, { 6: '<< /Title (Other) >>' }, sizeOf(good));
    const report = await verifyBytes(alone, depsFor(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.equal(report.signatures[0]?.changes[0]?.kind, 'metadata-changed');
  });
  it('of extensions that a page uses is refused', async () => {
    const pdf = signPdf(
      pki,
      shared('/Extensions 7 0 R', {
        5: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /X 7 0 R >>',
        7: '<< /ADBE << /BaseVersion /1.7 /ExtensionLevel 8 >> >>',
      }),
      { catalogueExtra: '/Extensions 7 0 R' },
    );
    await refused(append(pdf, { 7: '<< /BaseFont /Symbol >>' }, sizeOf(pdf)));
  });
  it('of an object that a new trailer key excuses is refused', async () => {
    await refused(append(good, { 4: stream }, sizeOf(good), 1, '/Excuse 4 0 R'));
    await refused(append(good, { 4: stream }, sizeOf(good), 1, '/Info 4 0 R'));
  });
  it('of the page tree is refused', async () => {
    const size = sizeOf(good);
    for (const kids of [`[3 0 R ${size} 0 R]`, `[${size} 0 R]`, `[${size} 0 R 3 0 R]`])
      await refused(
        append(
          good,
          {
            2: `<< /Type /Pages /Kids ${kids} /Count ${kids.split('R').length - 1} >>`,
            [size]: (baseObjects[3] ?? '').replace('4 0 R', `${size + 1} 0 R`),
            [size + 1]: stream,
          },
          size + 2,
        ),
      );
  });
  it('of what the catalogue says beyond form and validation data is refused', async () => {
    for (const key of [
      '/OpenAction << /S /JavaScript /JS (x) >>',
      '/AA << /WC << /S /JavaScript /JS (x) >> >>',
      '/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (x) >>] >> >>',
      '/OCProperties << /OCGs [] /D << >> >>',
      '/ViewerPreferences << /HideToolbar true >>',
      '/StructTreeRoot << /Type /StructTreeRoot >>',
      '/PageLabels << /Nums [0 << /S /r >>] >>',
    ])
      await refused(append(good, { 1: `<< ${catalogueOf(good)} ${key} >>` }, sizeOf(good)));
  });
  it('of nothing that anybody sees is passed over: objects nobody names', async () => {
    const size = sizeOf(good);
    expectReport(await verifyBytes(append(good, { [size]: stream }, size + 1), depsFor(pki)), [
      'TOTAL-PASSED',
      null,
      null,
    ]);
  });
});

describe('a file made never to end', () => {
  const within = 5_000;
  const cases: readonly (readonly [string, () => Uint8Array])[] = [
    [
      'a page tree that contains itself',
      () => unsignedPdf({ ...baseObjects, 2: '<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>' }),
    ],
    [
      'a field that contains itself',
      () =>
        unsignedPdf({
          ...baseObjects,
          1: '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] >> >>',
          6: '<< /T (a) /FT /Sig /Kids [6 0 R] >>',
        }),
    ],
    [
      'a /Length that leads to its own stream',
      () => unsignedPdf({ ...baseObjects, 4: '<< /Length 4 0 R >>\nstream\nq Q\nendstream' }),
    ],
    ['a reference to a reference', () => unsignedPdf({ ...baseObjects, 1: '1 0 R' })],
    [
      'a hundred thousand arrays in each other',
      () =>
        unsignedPdf({
          ...baseObjects,
          1: `<< /Type /Catalog /Pages 2 0 R /A ${'['.repeat(100_000)}${']'.repeat(100_000)} >>`,
        }),
    ],
    [
      'a hundred thousand dictionaries in each other',
      () =>
        unsignedPdf({ ...baseObjects, 1: `<< /Type /Catalog /Pages 2 0 R /A ${'<</A'.repeat(100_000)} >>` }),
    ],
    [
      'a million fields of one object',
      () =>
        unsignedPdf({
          ...baseObjects,
          1: `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${'6 0 R '.repeat(200_000)}] >> >>`,
          6: '<< /T (a) /FT /Sig >>',
        }),
    ],
    [
      'an object stream that inflates to a gibibyte',
      () => {
        const bomb = deflateSync(Buffer.alloc(80 << 20));
        const container = `<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length ${bomb.length} >>\nstream\n${bomb.toString('latin1')}\nendstream`;
        return appendByStream(
          unsignedPdf({ ...baseObjects, 1: '<< /Type /Catalog /Pages 2 0 R /AcroForm 30 0 R >>' }),
          { 20: container },
          () => [[30, [2, 20, 0]]],
        );
      },
    ],
    [
      'an object stream that contains itself',
      () =>
        appendByStream(
          unsignedPdf({ ...baseObjects, 1: '<< /Type /Catalog /Pages 2 0 R /AcroForm 30 0 R >>' }),
          {},
          () => [
            [20, [2, 20, 0]],
            [30, [2, 20, 1]],
          ],
        ),
    ],
    [
      'a cross-reference stream that claims two thousand million rows',
      () => {
        const base = textOf(unsignedPdf());
        return latin1(
          `${base}9 0 obj\n<< /Type /XRef /Size 2000000000 /Root 1 0 R /W [1 4 2] /Length 0 >>\nstream\n\nendstream\nendobj\nstartxref\n${base.length}\n%%EOF\n`,
        );
      },
    ],
    [
      'two sections that name each other as /Prev',
      () => {
        const base = textOf(unsignedPdf());
        const first =
          `xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 7 /Root 1 0 R /Prev ${base.length + 200} >>\n`.padEnd(
            200,
          );
        const second = `xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 7 /Root 1 0 R /Prev ${base.length} >>\nstartxref\n${base.length + 200}\n%%EOF\n`;
        return latin1(base + first + second);
      },
    ],
  ];
  for (const [name, pdf] of cases)
    it(`${name}: answered at once, and never passed`, async () => {
      const started = performance.now();
      const report = await verifyBytes(pdf(), depsFor(pki));
      assert.notEqual(report.conclusion, 'TOTAL-PASSED');
      assert.ok(performance.now() - started < within);
    });

  it('an encrypted file is told as such, and is nothing that passes', async () => {
    const base = textOf(good);
    const encrypted = latin1(
      base.replaceAll('/Root 1 0 R', '/Root 1 0 R /Encrypt << /Filter /Standard /V 4 /R 4 /P -1 >>'),
    );
    const shifted = append(unsignedPdf(), {}, 7, 1, '/Encrypt << /Filter /Standard /V 5 /R 6 /P -1 >>');
    for (const pdf of [encrypted, shifted]) {
      const report = await verifyBytes(pdf, depsFor(pki));
      assert.notEqual(report.conclusion, 'TOTAL-PASSED');
    }
    const report = await verifyBytes(shifted, depsFor(pki));
    expectReport(report, ['INDETERMINATE', 'SIGNED_DATA_NOT_FOUND', 'pdf.readable']);
    assert.match(report.summary.zh, /已加密/);
    assert.ok(!rowsOf(report).includes('pdf.signed'));
  });
});
