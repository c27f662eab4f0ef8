// Shadow attacks, attacks on certified documents and on locked fields: what is forbidden fails, what is permitted is told.
import assert from 'node:assert/strict';
import type { Change, Report } from '../../verification/report.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport, rowsOf } from './expect.ts';
import { addDocumentTimeStamp, addStore, catalogueOf, fullData } from './long-term-pdf.ts';
import { daysFromNow, makePki } from './pki.ts';
import { append, baseObjects, cmsIn, latin1, signPdf, sizeOf, textOf, unsignedPdf } from './signed-pdf.ts';
import type { Objects, SigningOptions } from './signed-pdf.ts';

const pki = makePki();

function changesIn(report: Report): readonly Change[] {
  return report.signatures[0]?.changes ?? [];
}

async function refused(pdf: Uint8Array, row = 'signature.changes'): Promise<Report> {
  const report = await verifyBytes(pdf, depsFor(pki));
  assert.equal(report.conclusion, 'TOTAL-FAILED', report.summary.en);
  assert.ok(rowsOf(report).includes(row), `${row} is not among ${rowsOf(report).join(', ')}`);
  return report;
}

/** A page with one more annotation, by an update. */
function annotate(pdf: Uint8Array, annotation: string, more: Objects = {}): Uint8Array {
  const number = sizeOf(pdf);
  const annotations = [...textOf(pdf).matchAll(/\/Annots \[([^\]]*)\]/g)].at(-1)?.[1] ?? '';
  return append(
    pdf,
    {
      3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [${annotations} ${number} 0 R] >>`,
      [number]: `<< /Type /Annot ${annotation} >>`,
      ...more,
    },
    number + 1 + Object.keys(more).length,
  );
}

const opaque = 'q 1 1 1 rg 0 0 300 30 re f Q BT /F1 12 Tf 2 10 Td (Approved: license 0001 for Mally) Tj ET';
const curtain = `<< /Type /XObject /Subtype /Form /BBox [0 0 300 30] /Length ${opaque.length} >>\nstream\n${opaque}\nendstream`;
const over = '/Rect [70 690 370 720]';

describe('a shadow attack', () => {
  /** A page over whose text something lies already when it is signed. */
  const shadowed: Objects = {
    ...baseObjects,
    3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [8 0 R] >>`,
    7: curtain,
    8: `<< /Type /Annot /Subtype /Stamp ${over} /AP << /N 7 0 R >> >>`,
  };
  const open = latin1(textOf(unsignedPdf(shadowed)).replace('/Size 7', '/Size 9'));
  const signed = signPdf(pki, open);
  const empty = '<< /Type /XObject /Subtype /Form /BBox [0 0 300 30] /Length 0 >>\nstream\n\nendstream';

  it('that empties what lay over the content is refused', async () => {
    await refused(append(signed, { 7: empty }, sizeOf(signed)));
  });
  it('that turns what lay over the content into another object is refused', async () => {
    await refused(append(signed, { 7: 'null' }, sizeOf(signed)));
    await refused(append(signed, { 7: '<< /Type /Metadata >>' }, sizeOf(signed)));
  });
  it('that frees what lay over the content is refused', async () => {
    const text = textOf(signed);
    const previous = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(text)?.[1] ?? '';
    const freed = `xref\n7 1\n0000000000 00001 f \ntrailer\n<< /Size ${sizeOf(signed)} /Root 1 0 R /Info 6 0 R /Prev ${previous} >>\nstartxref\n${text.length}\n%%EOF\n`;
    await refused(latin1(text + freed));
  });
  it('that exchanges the font, or what a font is made of, is refused', async () => {
    const embedded: Objects = {
      ...baseObjects,
      5: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FontDescriptor 7 0 R >>',
      7: '<< /Type /FontDescriptor /FontName /Helvetica /FontFile 8 0 R >>',
      8: '<< /Length 4 >>\nstream\nAAAA\nendstream',
    };
    const pdf = signPdf(pki, latin1(textOf(unsignedPdf(embedded)).replace('/Size 7', '/Size 9')));
    await refused(append(pdf, { 8: '<< /Length 4 >>\nstream\nBBBB\nendstream' }, sizeOf(pdf)));
    await refused(append(pdf, { 7: '<< /Type /FontDescriptor /FontName /Symbol >>' }, sizeOf(pdf)));
    await refused(append(pdf, { 5: '<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>' }, sizeOf(pdf)));
  });
  for (const certify of [1, 2, 3] as const)
    it(`is refused under a certification of level ${certify} too`, async () => {
      const certified = signPdf(pki, open, { certify });
      await refused(append(certified, { 7: empty }, sizeOf(certified)));
    });
});

describe('a form field after a signature', () => {
  const fieldText = '/Type /Annot /Subtype /Widget /FT /Tx /Rect [70 600 270 620] /P 3 0 R';
  const shown = 'q 1 0 0 rg BT (100) Tj ET Q';
  const appearance = (text: string): string =>
    `<< /Type /XObject /Subtype /Form /BBox [0 0 200 20] /Length ${text.length} >>\nstream\n${text}\nendstream`;

  /** A signed form with the text fields `Amount` and `Amount10`. */
  function form(options: SigningOptions): Uint8Array {
    const objects: Objects = {
      ...baseObjects,
      1: '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [7 0 R 8 0 R] /SigFlags 3 >> >>',
      3: `${(baseObjects[3] ?? '').slice(0, -2)} /Annots [7 0 R 8 0 R] >>`,
      7: `<< ${fieldText} /T (Amount) /V (100) /AP << /N 9 0 R >> >>`,
      8: `<< ${fieldText} /T (Amount10) /V (1) >>`,
      9: appearance(shown),
    };
    return signPdf(pki, latin1(textOf(unsignedPdf(objects)).replace('/Size 7', '/Size 10')), options);
  }
  const lock = (fields: string, action = 'Include'): SigningOptions => ({
    dictionaryExtra: `/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /Action /${action} /Fields [${fields}] /V /1.2 >> >> << /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /P 2 /V /1.2 >> >>]`,
  });
  const fill = (pdf: Uint8Array, value = '(900)'): Uint8Array =>
    append(
      pdf,
      {
        7: `<< ${fieldText} /T (Amount) /V ${value} /AP << /N ${sizeOf(pdf)} 0 R >> >>`,
        [sizeOf(pdf)]: appearance('q BT (900) Tj ET Q'),
      },
      sizeOf(pdf) + 1,
    );

  it('filled in after a plain approval is refused, and named', async () => {
    const report = await refused(fill(form({})));
    assert.match(changesIn(report)[0]?.words.zh ?? '', /修改了表单域“Amount”/);
  });
  it('filled in where a certification permits it is allowed, and told with its page', async () => {
    const report = await verifyBytes(fill(form({ certify: 2 })), depsFor(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.deepEqual(
      changesIn(report).map(({ kind, allowed, words }) => [kind, allowed, words.zh]),
      [['form-filled', true, '签名后在第1页填写了表单域“Amount”。']],
    );
  });
  it('filled in under a certification that permits nothing is refused', async () => {
    await refused(fill(form({ certify: 1 })));
  });
  it('whose appearance alone is exchanged is refused whatever is permitted', async () => {
    for (const options of [{}, { certify: 2 }, { certify: 3 }] as const) {
      const pdf = form(options);
      await refused(append(pdf, { 9: appearance('q BT (900) Tj ET Q') }, sizeOf(pdf)));
      await refused(
        append(
          pdf,
          {
            7: `<< ${fieldText} /T (Amount) /V (100) /AP << /N ${sizeOf(pdf)} 0 R >> >>`,
            [sizeOf(pdf)]: curtain,
          },
          sizeOf(pdf) + 1,
        ),
      );
    }
  });
  it('that grows over the page while it is filled in is refused', async () => {
    const pdf = form({ certify: 2 });
    const grown = fieldText.replace('[70 600 270 620]', '[0 0 595 842]');
    await refused(append(pdf, { 7: `<< ${grown} /T (Amount) /V (900) /AP << /N 9 0 R >> >>` }, sizeOf(pdf)));
  });
  it('that gets a script or another name while it is filled in is refused', async () => {
    const pdf = form({ certify: 2 });
    for (const more of [
      '/AA << /K << /S /JavaScript /JS (x) >> >>',
      '/A << /S /URI /URI (x) >>',
      '/MaxLen 3',
    ])
      await refused(append(pdf, { 7: `<< ${fieldText} /T (Amount) /V (900) ${more} >>` }, sizeOf(pdf)));
    await refused(
      append(pdf, { 7: `<< ${fieldText} /T (Other) /V (100) /AP << /N 9 0 R >> >>` }, sizeOf(pdf)),
    );
  });
  it('that is locked is refused, and one whose name begins alike is not', async () => {
    await refused(fill(form(lock('(Amount)'))));
    expectReport(await verifyBytes(fill(form(lock('(Amount10)'))), depsFor(pki)), [
      'TOTAL-PASSED',
      null,
      null,
    ]);
    await refused(fill(form(lock('', 'All'))));
    await refused(fill(form(lock('(Amount10)', 'Exclude'))));
    expectReport(await verifyBytes(fill(form(lock('(Amount)', 'Exclude'))), depsFor(pki)), [
      'TOTAL-PASSED',
      null,
      null,
    ]);
  });
  it('locked by a later signature only was free before it', async () => {
    const first = fill(form({ certify: 2 }));
    const locking = signPdf(pki, first, {
      dictionaryExtra:
        '/Reference [<< /Type /SigRef /TransformMethod /FieldMDP /TransformParams << /Type /TransformParams /Action /All /V /1.2 >> >>]',
    });
    expectReport(await verifyBytes(locking, depsFor(pki)), ['TOTAL-PASSED', null, null]);
    await refused(fill(locking, '(901)'));
  });
});

describe('an annotation after a certification (evil annotation)', () => {
  const evil: readonly (readonly [string, string])[] = [
    ['a text over the content', `/Subtype /FreeText ${over} /Contents (x) /DA (/F1 12 Tf)`],
    ['a stamp over the content', `/Subtype /Stamp ${over} /Contents (x)`],
    ['a filled square', `/Subtype /Square ${over} /IC [1 1 1]`],
    ['a square all border', `/Subtype /Square ${over} /BS << /W 60 >>`],
    ['a square with an appearance', `/Subtype /Square ${over} /AP << /N 40 0 R >>`],
    ['a filled polygon', `/Subtype /Polygon ${over} /IC [1 1 1] /Vertices [70 690 370 690 370 720]`],
    ['thick ink', `/Subtype /Ink ${over} /InkList [[70 700 370 700]] /BS << /W 40 >>`],
  ];
  for (const [name, annotation] of evil) {
    for (const certify of [1, 2] as const)
      it(`${name} is refused at level ${certify}`, async () => {
        await refused(annotate(signPdf(pki, undefined, { certify }), annotation));
      });
    it(`${name} is told at level 3, and a person has to look`, async () => {
      const report = await verifyBytes(
        annotate(signPdf(pki, undefined, { certify: 3 }), annotation),
        depsFor(pki),
      );
      expectReport(report, ['INDETERMINATE', 'SIG_CONSTRAINTS_FAILURE', 'signature.changes']);
      assert.equal(changesIn(report)[0]?.kind, 'content-covered');
      assert.match(changesIn(report)[0]?.words.zh ?? '', /第1页增加了可能遮盖原文的批注/);
    });
    it(`${name} is refused after a plain approval`, async () => {
      await refused(annotate(signPdf(pki), annotation));
    });
  }
  const never: readonly (readonly [string, string])[] = [
    ['a redaction', `/Subtype /Redact ${over}`],
    ['an unknown kind with an appearance', `/Subtype /Sealed ${over} /AP << /N 40 0 R >>`],
    ['no kind at all', over],
    ['a watermark', `/Subtype /Watermark ${over}`],
    ['a screen', `/Subtype /Screen ${over}`],
    ['a link', `/Subtype /Link ${over} /A << /S /URI /URI (http://x) >>`],
    ['a comment with a script', `/Subtype /Text /Rect [1 1 9 9] /AA << /E << /S /JavaScript /JS (x) >> >>`],
    ['a text field in disguise', `/Subtype /Text ${over} /FT /Tx /V (x)`],
    ['a widget without a field', `/Subtype /Widget ${over} /AP << /N 40 0 R >>`],
  ];
  for (const [name, annotation] of never)
    it(`${name} is refused at every level`, async () => {
      for (const certify of [1, 2, 3] as const)
        await refused(annotate(signPdf(pki, undefined, { certify }), annotation));
    });

  it('that is a plain comment raises no alarm at level 3, and is listed', async () => {
    for (const annotation of [
      '/Subtype /Text /Rect [10 10 30 30] /Contents (seen)',
      `/Subtype /Square ${over} /C [1 0 0]`,
      `/Subtype /Circle ${over} /C [1 0 0] /BS << /W 2 >>`,
      `/Subtype /Highlight ${over} /QuadPoints [70 720 370 720 70 690 370 690]`,
    ]) {
      const report = await verifyBytes(
        annotate(signPdf(pki, undefined, { certify: 3 }), annotation),
        depsFor(pki),
      );
      expectReport(report, ['TOTAL-PASSED', null, null]);
      assert.equal(changesIn(report)[0]?.words.zh, '签名后在第1页增加了批注。');
    }
  });
  it('with an appearance as large as a page is no icon', async () => {
    const pdf = signPdf(pki, undefined, { certify: 3 });
    const at = sizeOf(pdf) + 1;
    const report = await verifyBytes(
      annotate(pdf, `/Subtype /Text ${over} /AP << /N ${at} 0 R >>`, { [at]: curtain }),
      depsFor(pki),
    );
    expectReport(report, ['INDETERMINATE', 'SIG_CONSTRAINTS_FAILURE', 'signature.changes']);
  });
  it('that was there and is gone, or moved, is refused at level 3', async () => {
    const noted = annotate(unsignedPdf(), '/Subtype /Text /Rect [10 10 30 30]');
    const pdf = signPdf(pki, noted, { certify: 3 });
    const number = sizeOf(unsignedPdf());
    await refused(append(pdf, { [number]: `<< /Type /Annot /Subtype /FreeText ${over} >>` }, sizeOf(pdf)));
    await refused(append(pdf, { 3: baseObjects[3] ?? '' }, sizeOf(pdf)));
  });
});

describe('a signature after a certification (sneaky signature)', () => {
  it('by a stranger leaves the certification, and the whole is not called passed', async () => {
    const report = await verifyBytes(
      signPdf(makePki(), signPdf(pki, undefined, { certify: 2 })),
      depsFor(pki),
    );
    assert.equal(report.signatures[0]?.conclusion, 'TOTAL-PASSED');
    assert.match(changesIn(report)[0]?.words.zh ?? '', /第1页后增加了一个签名/);
    expectReport(report, ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', null]);
  });
  it('whose picture is larger than any seal is told, and a person has to look', async () => {
    const pdf = signPdf(pki, signPdf(pki, undefined, { certify: 2 }), { rectangle: '[0 0 595 842]' });
    const report = await verifyBytes(pdf, depsFor(pki));
    expectReport(report, ['INDETERMINATE', 'SIG_CONSTRAINTS_FAILURE', 'signature.changes']);
    assert.match(changesIn(report)[1]?.words.zh ?? '', /图样过大，可能遮盖第1页/);
  });
  it('that shows and calls itself a time-stamp is refused where nothing is permitted', async () => {
    const certified = signPdf(pki, undefined, { certify: 1 });
    const dictionaryExtra = '/Type /DocTimeStamp';
    await refused(signPdf(pki, certified, { dictionaryExtra, withoutType: true }));
  });
  it('that is a field with a large picture and no signature is refused', async () => {
    const pdf = signPdf(pki, undefined, { certify: 2 });
    const [field, picture] = [sizeOf(pdf), sizeOf(pdf) + 1];
    const catalogue = catalogueOf(pdf).replace(/\/Fields \[([^\]]*)\]/, `/Fields [$1 ${field} 0 R]`);
    const widget = `/Subtype /Widget /FT /Sig /T (Late) ${over} /P 3 0 R`;
    await refused(
      annotate(pdf, `${widget} /AP << /N ${picture} 0 R >>`, { [picture]: curtain, 1: `<< ${catalogue} >>` }),
    );
    const bare = annotate(pdf, widget, { 1: `<< ${catalogue} >>` });
    const report = await verifyBytes(bare, depsFor(pki));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.match(changesIn(report)[0]?.words.zh ?? '', /空白签名域“Late”/);
  });
  it('where nothing is permitted is refused; validation data and a document time-stamp are not', async () => {
    const certified = signPdf(pki, undefined, { certify: 1 });
    await refused(signPdf(pki, certified));
    const archived = addDocumentTimeStamp(pki, addStore(certified, fullData(pki)));
    const report = await verifyBytes(archived, depsFor(pki, { time: daysFromNow(0.1) }));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.deepEqual(
      changesIn(report).map(({ words }) => words.zh),
      ['签名后增加了验证数据（证书、吊销信息）。', '签名后增加了文档时间戳。'],
    );
  });
  it('that certifies a second time, or after an approval, is refused', async () => {
    await refused(signPdf(pki, signPdf(pki, undefined, { certify: 3 }), { certify: 3 }));
    await refused(signPdf(pki, signPdf(pki), { certify: 2 }));
  });
  it('after which the certification is widened or withdrawn is refused', async () => {
    const pdf = signPdf(pki, undefined, { certify: 1 });
    const dictionary = /8 0 obj\n([\s\S]*?)\nendobj/.exec(textOf(pdf))?.[1] ?? '';
    await refused(append(pdf, { 8: dictionary.replace('/P 1', '/P 3') }, sizeOf(pdf)), 'signature.coverage');
    const withdrawn = catalogueOf(pdf).replace(/\/Perms << [^>]*>>/, '');
    await refused(append(pdf, { 1: `<< ${withdrawn} >>` }, sizeOf(pdf)));
  });
  it('over a copied document time-stamp proves nothing', async () => {
    const stamped = addDocumentTimeStamp(pki, signPdf(pki, undefined, { token: null }));
    for (const copy of [
      addDocumentTimeStamp(pki, stamped, { over: latin1('copied') }),
      addDocumentTimeStamp(pki, stamped, {}, 'ETSI.RFC3161', () => cmsIn(stamped)),
    ]) {
      const report = await verifyBytes(copy, depsFor(pki));
      assert.notEqual(report.conclusion, 'TOTAL-PASSED');
      assert.equal(report.signatures.at(-1)?.provenTime, null);
      assert.ok(rowsOf(report).includes('signature.content'));
    }
  });
});
