// What other writers do to PDFs, as they do it: oddities that hurt nobody pass and are told, and their hostile twins do not pass.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import { policyNamed } from '../../verification/policy.ts';
import type { Change, Report } from '../../verification/report.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport, rowsOf } from './expect.ts';
import { addDocumentTimeStamp, addStore, fullData } from './long-term-pdf.ts';
import { daysFromNow, makePki } from './pki.ts';
import { append, baseObjects, latin1, signPdf, sizeOf, textOf, unsignedPdf } from './signed-pdf.ts';
import type { SigningOptions } from './signed-pdf.ts';

const pki = makePki();

function twice(first: SigningOptions, second: SigningOptions, base = unsignedPdf()): Uint8Array {
  return signPdf(pki, signPdf(pki, base, first), second);
}

async function judged(pdf: Uint8Array): Promise<Report> {
  return verifyBytes(pdf, depsFor(pki));
}

function changesOf(report: Report): readonly Change[] {
  return report.signatures[0]?.changes ?? [];
}

function passes(report: Report): void {
  expectReport(report, ['TOTAL-PASSED', null, null]);
}

function refusedAsChanged(report: Report): void {
  expectReport(report, ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.changes']);
}

/** The same value with indefinite lengths wherever BER has them. */
function toBer(der: Uint8Array): Uint8Array {
  const constructed = ((der[0] ?? 0) & 0x20) !== 0;
  if (!constructed) return der;
  const first = der[1] ?? 0;
  const start = first < 0x80 ? 2 : 2 + (first & 0x7f);
  const members: Uint8Array[] = [];
  for (let at = start; at < der.length;) {
    const length = der[at + 1] ?? 0;
    const count = length < 0x80 ? 0 : length & 0x7f;
    let size = count === 0 ? length : 0;
    for (const octet of der.subarray(at + 2, at + 2 + count)) size = size * 256 + octet;
    const end = at + 2 + count + size;
    // Signed attributes must be DER whatever holds them.
    members.push(
      der[at] === 0xa0 && isAttributes(der.subarray(at))
        ? der.subarray(at, end)
        : toBer(der.subarray(at, end)),
    );
    at = end;
  }
  return joinBytes([Uint8Array.of(der[0] ?? 0, 0x80), ...members, Uint8Array.of(0, 0)]);
}

/** Whether a context tag 0 holds attributes: a SEQUENCE that begins with an identifier of PKCS #9. */
function isAttributes(bytes: Uint8Array): boolean {
  return /^a0(8[12])?.{2,6}30(8[12])?.{2,4}06092a864886f70d0109/.test(
    Buffer.from(bytes.subarray(0, 40)).toString('hex'),
  );
}

describe('what writers leave before startxref', () => {
  const comment = '%Writer 5.5.3\n';
  it('may be a comment with their name', async () => {
    const pdf = twice({ beforeStartxref: comment }, { beforeStartxref: `${comment}%and more\r` });
    const report = await judged(pdf);
    passes(report);
    assert.deepEqual(
      report.signatures.map(({ coverage }) => coverage),
      ['earlier-revision', 'whole-file'],
    );
  });

  for (const [name, left] of [
    ['an end-of-file mark', '%%EOF\n'],
    ['a word', 'anything\n'],
    ['a comment without an end', '%'],
    ['more than there is a place for', `%${'x'.repeat(600)}\n`],
  ] as const) {
    it(`is not ${name}`, async () => {
      expectReport(await judged(twice({ beforeStartxref: left }, {})), [
        'TOTAL-FAILED',
        'FORMAT_FAILURE',
        'signature.coverage',
      ]);
    });
  }
});

describe('a signature value in BER', () => {
  for (const subFilter of ['ETSI.CAdES.detached', 'adbe.pkcs7.detached'])
    it(`is read under ${subFilter}, and told to be none of a baseline`, async () => {
      const report = await judged(signPdf(pki, undefined, { subFilter, cms: toBer }));
      passes(report);
      const [signature] = report.signatures;
      assert.equal(signature?.level, 'none');
      const row = signature.rows.find(({ id }) => id === 'signature.cms');
      assert.equal(row?.outcome, 'warned');
    });

  it('is not forgiven under the strict policy', async () => {
    const options = { ...depsFor(pki), policy: policyNamed('strict') };
    const open = await verifyBytes(signPdf(pki, undefined, { cms: toBer }), options);
    expectReport(open, ['INDETERMINATE', 'SIG_CONSTRAINTS_FAILURE', 'signature.cms']);
    const rows = rowsOf(await verifyBytes(signPdf(pki), options));
    assert.ok(!rows.includes('signature.cms'));
  });

  it('is measured: what stands behind it is no part of it', async () => {
    const hidden = (cms: Uint8Array): Uint8Array => joinBytes([toBer(cms), latin1('hidden')]);
    expectReport(await judged(signPdf(pki, undefined, { cms: hidden })), [
      'TOTAL-FAILED',
      'FORMAT_FAILURE',
      'signature.padding',
    ]);
  });

  it('is no excuse for another value', async () => {
    expectReport(await judged(signPdf(pki, undefined, { cms: toBer, wrongKey: pki.tsa })), [
      'TOTAL-FAILED',
      'SIG_CRYPTO_FAILURE',
      'signature.value',
    ]);
  });

  it('of a document time-stamp counts', async () => {
    const options = { genTime: daysFromNow(0), finish: toBer };
    const report = await judged(addDocumentTimeStamp(pki, signPdf(pki), options));
    passes(report);
    assert.ok(
      report.signatures.some(
        ({ type, conclusion }) => type === 'document-time-stamp' && conclusion === 'TOTAL-PASSED',
      ),
    );
  });
});

describe('the settings of a form that grow with a signature', () => {
  const helv = '/DA (/Helv 0 Tf 0 g) /DR << /Font << /Helv 5 0 R >> >>';
  const withOwn = { pictureExtra: '/Resources << >>' };
  const picture = (number: number): string => `/DR << /XObject << /FRM ${number} 0 R >> /ProcSet [/PDF] >>`;
  const good: readonly (readonly [string, SigningOptions, SigningOptions])[] = [
    ['a default appearance and its fonts', {}, { formExtra: helv }],
    [
      'fonts beside those there',
      { formExtra: helv },
      { formExtra: helv.replace('/Helv 5', '/Zapf 5 0 R /Helv 5') },
    ],
    ['procedure sets', { formExtra: '/DR << >>' }, { formExtra: '/DR << /ProcSet [/PDF /Text] >>' }],
    [
      'the picture of each signature under one name, which none draws with',
      { formExtra: picture(4), ...withOwn },
      { formExtra: picture(5), ...withOwn },
    ],
    [
      'the same where a signature shows nothing at all',
      { formExtra: picture(4), rectangle: '[0 0 0 0]' },
      { formExtra: picture(5), rectangle: '[0 0 0 0]' },
    ],
  ];
  for (const [name, first, second] of good)
    it(`by ${name} are told and allowed`, async () => {
      const report = await judged(twice(first, second));
      passes(report);
      assert.ok(changesOf(report).some(({ kind, allowed }) => kind === 'form-changed' && allowed));
      assert.ok(changesOf(report).some(({ kind }) => kind === 'signature-added'));
    });

  const bad: readonly (readonly [string, SigningOptions, SigningOptions])[] = [
    [
      'another font under a name that was there',
      { formExtra: helv },
      { formExtra: helv.replace('5 0 R', '4 0 R') },
    ],
    ['a font taken away', { formExtra: helv }, { formExtra: '/DA (/Helv 0 Tf 0 g) /DR << /Font << >> >>' }],
    [
      'a whole kind of resources taken away',
      { formExtra: helv },
      { formExtra: '/DA (/Helv 0 Tf 0 g) /DR << >>' },
    ],
    ['resources taken away', { formExtra: helv }, { formExtra: '/DA (/Helv 0 Tf 0 g)' }],
    ['another default appearance', { formExtra: helv }, { formExtra: helv.replace('0 g', '1 g') }],
    ['fields to be drawn anew', {}, { formExtra: `${helv} /NeedAppearances true` }],
    [
      'fields to be drawn anew by what is added',
      { formExtra: '/NeedAppearances true' },
      { formExtra: `${helv} /NeedAppearances true` },
    ],
    ['a form of another kind', {}, { formExtra: '/XFA [(a) 4 0 R]' }],
    ['an order of calculation', {}, { formExtra: '/CO [4 0 R]' }],
    ['another picture where one draws by the form', { formExtra: picture(4) }, { formExtra: picture(5) }],
    ['resources that are none', { formExtra: helv }, { formExtra: '/DA (/Helv 0 Tf 0 g) /DR 4 0 R' }],
  ];
  for (const [name, first, second] of bad)
    it(`by ${name} are refused`, async () => refusedAsChanged(await judged(twice(first, second))));

  it('are refused where a list of resources is rewritten in place and a page uses it', async () => {
    const base = append(unsignedPdf(), { 7: '<< /F1 5 0 R >>' }, 8);
    const page = (field: number): string =>
      `${(baseObjects[3] ?? '').replace('<< /F1 5 0 R >>', '7 0 R').slice(0, -2)} /Annots [${field} 0 R] >>`;
    const signedOnce = signPdf(pki, base, {
      formExtra: '/DR << /Font 7 0 R >>',
      moreObjects: (field) => ({ 3: page(field) }),
    });
    assert.ok(textOf(signedOnce).includes('/Font 7 0 R'));
    refusedAsChanged(
      await judged(append(signedOnce, { 7: '<< /F1 5 0 R /F2 4 0 R >>' }, sizeOf(signedOnce))),
    );
  });
});

describe('files written otherwise', () => {
  it('numbers may be written otherwise: 595.00 is 595', async () => {
    const signed = signPdf(pki);
    const annotations = [...textOf(signed).matchAll(/\/Annots \[([^\]]*)\]/g)].at(-1)?.[1] ?? '';
    const page = (box: string): Uint8Array =>
      append(
        signed,
        {
          3: `${(baseObjects[3] ?? '').replace('[0 0 595 842]', box).slice(0, -2)} /Annots [${annotations}] >>`,
        },
        sizeOf(signed),
      );
    passes(await judged(page('[0.0 0 595.00 842.]')));
    refusedAsChanged(await judged(page('[0 0 595.01 842]')));
  });

  it('the stream of a hybrid file may be named again by every later save', async () => {
    const plain = textOf(unsignedPdf());
    const at = plain.indexOf('xref\n0 1');
    const row = `\x01${String.fromCharCode(at >> 8, at & 255)}\x00`;
    const stream = `9 0 obj\n<< /Type /XRef /Size 10 /W [1 2 1] /Index [9 1] /Length 4 >>\nstream\n${row}\nendstream\nendobj\n`;
    const hybrid = latin1(
      (plain.slice(0, at) + stream + plain.slice(at))
        .replace('/Size 7', `/Size 10 /XRefStm ${at}`)
        .replace(/startxref\n\d+/, `startxref\n${at + stream.length}`),
    );
    const trailerExtra = `/XRefStm ${at}`;
    passes(await judged(twice({ trailerExtra }, { trailerExtra }, hybrid)));
    const circle = twice({ trailerExtra }, { trailerExtra: `/XRefStm ${at} /Prev 9` }, hybrid);
    assert.notEqual((await judged(circle)).conclusion, 'TOTAL-PASSED');
  });

  it('validation data after a default appearance keeps the level', async () => {
    const grown = twice({}, { formExtra: '/DA (/Helv 0 Tf 0 g) /DR << /Font << /Helv 5 0 R >> >>' });
    const report = await judged(addDocumentTimeStamp(pki, addStore(grown, fullData(pki))));
    passes(report);
    assert.equal(report.signatures[0]?.level, 'B-LTA');
  });
});
