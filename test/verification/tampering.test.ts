// Stamped PDFs tampered with in every way we know: each gets the right conclusion, sub-indication and reason.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import { OID } from '../../formats/x509/oid.ts';
import type { Conclusion, Report, SubIndication } from '../../verification/report.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { daysFromNow, listsOf, makeCrl, makePki, now } from './pki.ts';
import type { TestPki } from './pki.ts';
import {
  append,
  baseObjects,
  cmsIn,
  latin1,
  overwrite,
  signPdf,
  sizeOf,
  textOf,
  unsignedPdf,
} from './signed-pdf.ts';

type Expected = readonly [
  conclusion: Conclusion,
  subIndication: SubIndication | null,
  decisiveRow: string | null,
];

function rowsOf(report: Report): readonly string[] {
  const all = [...report.rows, ...report.signatures.flatMap((signature) => signature.rows)];
  return all
    .filter((row) => row.outcome === 'failed' || row.outcome === 'indeterminate')
    .map((row) => row.id);
}

function expectReport(report: Report, [conclusion, subIndication, row]: Expected): void {
  assert.equal(
    report.conclusion,
    conclusion,
    JSON.stringify(report.rows.filter((each) => each.outcome === 'failed')),
  );
  assert.equal(report.subIndication, subIndication, report.summary.en);
  if (row !== null)
    assert.ok(rowsOf(report).includes(row), `${row} is not among ${rowsOf(report).join(', ')}`);
  if (conclusion !== 'TOTAL-PASSED')
    assert.equal(report.subIndicationUrn, `urn:etsi:019102:subindication:${subIndication ?? ''}`);
}

const pki = makePki();
const good = signPdf(pki);
const goodText = textOf(good);

function flipAt(pdf: Uint8Array, position: number): Uint8Array {
  const copy = pdf.slice();
  copy[position] = (copy[position] ?? 0) ^ 1;
  return copy;
}

/** Flips a bit of the byte that two hexadecimal digits of /Contents write. */
function flipInCms(pdf: Uint8Array, needle: Uint8Array): Uint8Array {
  const hex = Buffer.from(needle).toString('hex');
  const at = textOf(pdf).indexOf(hex);
  assert.ok(at > 0, 'The value stands in the CMS.');
  const digit = textOf(pdf).charAt(at + 10);
  const text = textOf(pdf);
  return latin1(`${text.slice(0, at + 10)}${digit === '0' ? '1' : '0'}${text.slice(at + 11)}`);
}

describe('a stamped PDF that was tampered with', () => {
  const cases: readonly (readonly [name: string, make: () => Uint8Array, expected: Expected])[] = [
    ['untouched', () => good, ['TOTAL-PASSED', null, null]],
    [
      'a letter of the page changed',
      () => overwrite(good, 'Alice', 'Mally'),
      ['TOTAL-FAILED', 'HASH_FAILURE', 'signature.content'],
    ],
    [
      'a bit of the appearance flipped',
      () => flipAt(good, goodText.lastIndexOf('10 10 100')),
      ['TOTAL-FAILED', 'HASH_FAILURE', 'signature.content'],
    ],
    [
      'the reason exchanged',
      () => overwrite(good, '(Test)', '(Best)'),
      ['TOTAL-FAILED', 'HASH_FAILURE', 'signature.content'],
    ],
    [
      'the last byte changed',
      () => flipAt(good, good.length - 1),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.content'],
    ],
    [
      'a bit of the signature value flipped',
      () => {
        const cms = cmsIn(good);
        const at = cms.length - 2000;
        return flipInCms(good, cms.subarray(at, at + 16));
      },
      ['TOTAL-FAILED', null, null],
    ],
    [
      'signed with a foreign key',
      () => signPdf(pki, undefined, { wrongKey: makePki().signer }),
      ['TOTAL-FAILED', 'SIG_CRYPTO_FAILURE', 'signature.value'],
    ],
    [
      'message digest of something else',
      () => signPdf(pki, undefined, { messageDigest: (right) => right.map((byte) => byte ^ 1) }),
      ['TOTAL-FAILED', 'HASH_FAILURE', 'signature.content'],
    ],
    [
      'content type of something else',
      () => signPdf(pki, undefined, { contentType: OID.tstInfo }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.content-type'],
    ],
    [
      'signing certificate of somebody else',
      () => signPdf(pki, undefined, { essCertificate: pki.tsa.certificate }),
      ['INDETERMINATE', 'SIG_CONSTRAINTS_FAILURE', 'signature.signing-certificate'],
    ],
    [
      'no certificates',
      () => signPdf(pki, undefined, { certificates: [] }),
      ['INDETERMINATE', 'NO_SIGNING_CERTIFICATE_FOUND', 'signature.certificate'],
    ],
    [
      'content inside the CMS',
      () => signPdf(pki, undefined, { eContent: latin1('other content') }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.detached'],
    ],
    [
      'bytes behind the CMS',
      () => overwrite(good, '0000000000>', '00000000ff>'),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.padding'],
    ],
    [
      '/Contents all zeros',
      () => {
        const at = goodText.indexOf('/Contents <') + 11;
        const end = goodText.indexOf('>', at);
        return latin1(goodText.slice(0, at) + '0'.repeat(end - at) + goodText.slice(end));
      },
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.cms'],
    ],
    [
      '/Contents emptied',
      () => {
        const at = goodText.indexOf('/Contents <') + 11;
        const end = goodText.indexOf('>', at);
        return latin1(`${goodText.slice(0, at)}>${' '.repeat(end - at)}${goodText.slice(end + 1)}`);
      },
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/Contents removed',
      () => overwrite(good, '/Contents <3', '/Cantents <3'),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange removed',
      () => overwrite(good, '/ByteRange', '/BiteRange'),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange null',
      () => latin1(goodText.replace(/\/ByteRange \[[^\]]*\]/, (all) => '/ByteRange null'.padEnd(all.length))),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange empty',
      () => latin1(goodText.replace(/\/ByteRange \[[^\]]*\]/, (all) => '/ByteRange []'.padEnd(all.length))),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange of three numbers',
      () => signPdf(pki, undefined, { byteRange: ([a = 0, b = 0, c = 0]) => [a, b, c] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange from byte 9',
      () => signPdf(pki, undefined, { byteRange: ([, b = 0, c = 0, d = 0]) => [9, b - 9, c, d] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange with a gap behind /Contents',
      () => signPdf(pki, undefined, { byteRange: ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c + 20, d - 20] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange with a gap before /Contents',
      () => signPdf(pki, undefined, { byteRange: ([a = 0, b = 0, c = 0, d = 0]) => [a, b - 60, c, d] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange one byte short',
      () => signPdf(pki, undefined, { byteRange: ([a = 0, b = 0, c = 0, d = 0]) => [a, b, c, d - 8] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange swapped',
      () => signPdf(pki, undefined, { byteRange: ([a = 0, b = 0, c = 0, d = 0]) => [c, d, a, b] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange negative',
      () => signPdf(pki, undefined, { byteRange: ([a = 0, b = 0, c = 0]) => [a, b, c, -1] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange without second part',
      () => signPdf(pki, undefined, { byteRange: ([a = 0, b = 0, c = 0]) => [a, b, c, 0] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/ByteRange far beyond the end',
      () => signPdf(pki, undefined, { byteRange: ([a = 0, b = 0, c = 0]) => [a, b, c, 99_999_999] }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      'two /ByteRange keys',
      () => signPdf(pki, undefined, { dictionaryExtra: '/ByteRange [0 1 2 3]' }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    [
      '/SubFilter unknown',
      () => signPdf(pki, undefined, { subFilter: 'Foreign.X' }),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.type'],
    ],
    [
      '/SubFilter removed',
      () => overwrite(good, '/SubFilter', '/SabFilter'),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.type'],
    ],
    [
      'the field no longer a signature field',
      () => overwrite(good, '/FT /Sig', '/FT /Six'),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'pdf.disguised'],
    ],
    [
      '/V leads nowhere',
      () => latin1(goodText.replace(/\/V (\d) 0 R/, '/V 9 9 R')),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', null],
    ],
    ['cut in the middle', () => good.subarray(0, good.length / 2), ['TOTAL-FAILED', 'FORMAT_FAILURE', null]],
    ['cut by ten bytes', () => good.subarray(0, good.length - 10), ['TOTAL-FAILED', 'FORMAT_FAILURE', null]],
    [
      'cut back to what was there before the signature',
      () => good.subarray(0, unsignedPdf().length),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'pdf.signed'],
    ],
    [
      'garbage appended',
      () => joinBytes([good, latin1('garbage')]),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'pdf.trailing'],
    ],
    [
      'a comment appended',
      () => joinBytes([good, latin1('% nothing to see\n')]),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'pdf.trailing'],
    ],
    [
      'a second %%EOF appended',
      () => joinBytes([good, latin1('%%EOF\n')]),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'pdf.trailing'],
    ],
    ['NUL bytes appended', () => joinBytes([good, new Uint8Array(5)]), ['TOTAL-PASSED', null, null]],
    ['blanks appended', () => joinBytes([good, latin1(' '.repeat(1024))]), ['TOTAL-PASSED', null, null]],
    [
      'junk before the header',
      () => joinBytes([latin1('junk\n'), good]),
      ['TOTAL-FAILED', 'FORMAT_FAILURE', 'signature.coverage'],
    ],
    ['an unsigned copy', () => unsignedPdf(), ['TOTAL-FAILED', 'FORMAT_FAILURE', 'pdf.signed']],
  ];
  for (const [name, make, expected] of cases) {
    it(`${name}: ${expected[0]}`, async () => {
      const report = await verifyBytes(make(), depsFor(pki));
      if (name.startsWith('a bit of the signature')) {
        // Which part of the CMS the bit fell into decides the reason, never the conclusion.
        assert.notEqual(report.conclusion, 'TOTAL-PASSED');
        return;
      }
      expectReport(report, expected);
    });
  }
});

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

describe('a stamped PDF whose certificates or times are wrong', () => {
  const late = (days: number): Partial<VerificationDependencies> => ({ time: daysFromNow(days) });
  const cases: readonly (readonly [
    string,
    () => { pki: TestPki; pdf: Uint8Array; deps?: Partial<VerificationDependencies> },
    Expected,
    level: string,
  ])[] = [
    [
      'no time-stamp',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: null }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp over other data',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { over: latin1('other') } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp with a broken signature',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { breakSignature: true } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp that names another certificate',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { withoutEss: true } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp from the future',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { genTime: daysFromNow(3) } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp by a stranger',
      () => {
        const other = makePki();
        return { pki, pdf: signPdf(pki, undefined, { token: { authority: other.tsa } }) };
      },
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamp by a signer without the usage',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: { authority: pki.signer } }) }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamping usage not critical',
      () => {
        const p = makePki({ tsa: { extendedKeyUsageCritical: false } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'time-stamping usage beside another',
      () => {
        const p = makePki({ tsa: { extendedKeyUsage: [OID.timeStamping, OID.documentSigning] } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'bad time-stamp where the policy requires one',
      () => ({
        pki,
        pdf: signPdf(pki, undefined, { token: { over: latin1('other') } }),
        deps: {
          policy: {
            id: 'x',
            version: '1',
            name: 'archive',
            timestamp: 'required',
            revocation: 'required',
            licenseStatus: 'required',
            clockSkewSeconds: 300,
            freshnessSeconds: 86_400,
          },
        },
      }),
      ['INDETERMINATE', 'NO_POE', 'signature.time-stamp'],
      'B-B',
    ],
    [
      'foreign chain',
      () => {
        const p = makePki();
        return { pki, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'certificate.path'],
      'B-B',
    ],
    [
      'no anchors at all',
      () => ({ pki, pdf: good, deps: { anchors: [] } }),
      ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'certificate.path'],
      'B-B',
    ],
    [
      'expired, without time-stamp',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: null }), deps: late(800) }),
      ['INDETERMINATE', 'OUT_OF_BOUNDS_NO_POE', 'certificate.path'],
      'B-B',
    ],
    [
      'expired, with time-stamp',
      () => {
        const p = makePki({ signer: { notAfter: daysFromNow(2) } });
        return { pki: p, pdf: signPdf(p), deps: late(5) };
      },
      ['TOTAL-PASSED', null, null],
      'B-T',
    ],
    [
      'expired before the time-stamp',
      () => {
        const p = makePki({ signer: { notAfter: daysFromNow(-1) } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['TOTAL-FAILED', 'EXPIRED', 'certificate.path'],
      'B-T',
    ],
    [
      'not yet valid',
      () => {
        const p = makePki({ signer: { notBefore: daysFromNow(1) } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['TOTAL-FAILED', 'NOT_YET_VALID', 'certificate.path'],
      'B-T',
    ],
    [
      'revoked before the time-stamp',
      () => ({
        pki,
        pdf: good,
        deps: {
          crls: [
            ...pki.crls,
            makeCrl(pki.sealCa, {
              revoked: [
                { certificate: pki.signer.certificate, at: daysFromNow(-2), reason: 'keyCompromise' },
              ],
            }),
          ],
        },
      }),
      ['TOTAL-FAILED', 'REVOKED', 'certificate.revocation'],
      'B-T',
    ],
    [
      'revoked after the time-stamp',
      () => ({
        pki,
        pdf: good,
        deps: {
          time: daysFromNow(3),
          crls: [
            ...pki.crls,
            makeCrl(pki.sealCa, {
              thisUpdate: daysFromNow(2),
              nextUpdate: daysFromNow(9),
              revoked: [{ certificate: pki.signer.certificate, at: daysFromNow(1), reason: 'superseded' }],
            }),
          ],
        },
      }),
      ['TOTAL-PASSED', null, null],
      'B-T',
    ],
    [
      'revoked, without time-stamp',
      () => ({
        pki,
        pdf: signPdf(pki, undefined, { token: null }),
        deps: {
          crls: [
            ...pki.crls,
            makeCrl(pki.sealCa, {
              revoked: [
                { certificate: pki.signer.certificate, at: daysFromNow(-2), reason: 'keyCompromise' },
              ],
            }),
          ],
        },
      }),
      ['INDETERMINATE', 'REVOKED_NO_POE', 'certificate.revocation'],
      'B-B',
    ],
    [
      'CA revoked, without time-stamp',
      () => ({
        pki,
        pdf: signPdf(pki, undefined, { token: null }),
        deps: {
          crls: [
            ...pki.crls,
            makeCrl(pki.root, {
              revoked: [{ certificate: pki.sealCa.certificate, at: daysFromNow(-2), reason: 'cACompromise' }],
            }),
          ],
        },
      }),
      ['INDETERMINATE', 'REVOKED_CA_NO_POE', 'certificate.revocation'],
      'B-B',
    ],
    [
      'time-stamping key lost later: the time is not proven',
      () => ({
        pki,
        pdf: good,
        deps: {
          crls: [
            ...pki.crls,
            makeCrl(pki.tsaCa, {
              revoked: [{ certificate: pki.tsa.certificate, at: now, reason: 'keyCompromise' }],
            }),
          ],
        },
      }),
      ['TOTAL-PASSED', null, null],
      'B-B',
    ],
    [
      'no revocation data',
      () => ({ pki, pdf: good, deps: { crls: [] } }),
      ['INDETERMINATE', 'TRY_LATER', 'certificate.revocation'],
      'B-B',
    ],
    [
      'revocation data out of date',
      () => ({ pki, pdf: signPdf(pki, undefined, { token: null }), deps: late(30) }),
      ['INDETERMINATE', 'TRY_LATER', 'certificate.revocation'],
      'B-B',
    ],
    [
      'revocation list signed by another key',
      () => ({
        pki,
        pdf: good,
        deps: { crls: [makeCrl(pki.root), makeCrl(pki.sealCa, { key: pki.signer.key }), makeCrl(pki.tsaCa)] },
      }),
      ['INDETERMINATE', 'TRY_LATER', 'certificate.revocation'],
      'B-T',
    ],
    [
      'server certificate as signer',
      () => {
        const p = makePki({ signer: { extendedKeyUsage: [OID.serverAuth] } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-T',
    ],
    [
      'encryption certificate as signer',
      () => {
        const p = makePki({ signer: { keyUsage: ['keyEncipherment'] } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-T',
    ],
    [
      'issuer that is no CA',
      () => {
        const p = makePki({ sealCa: { ca: false } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-T',
    ],
    [
      'path longer than allowed',
      () => {
        const p = makePki({ root: { pathLength: 0 } });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-B',
    ],
    [
      'unknown critical extension',
      () => {
        const p = makePki({
          signer: { extra: [{ oid: '1.2.3.4.5', critical: true, value: Uint8Array.of(5, 0) }] },
        });
        return { pki: p, pdf: signPdf(p) };
      },
      ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
      'B-T',
    ],
    [
      'signing-time attribute',
      () => ({ pki, pdf: signPdf(pki, undefined, { signingTime: now }) }),
      ['TOTAL-PASSED', null, null],
      'none',
    ],
    [
      'not PAdES but right',
      () => ({ pki, pdf: signPdf(pki, undefined, { subFilter: 'adbe.pkcs7.detached' }) }),
      ['TOTAL-PASSED', null, null],
      'none',
    ],
  ];
  for (const [name, make, expected, level] of cases) {
    it(`${name}: ${expected[0]}, ${level}`, async () => {
      const { pki: trusted, pdf, deps } = make();
      const report = await verifyBytes(pdf, depsFor(trusted, deps));
      expectReport(report, expected);
      assert.equal(report.signatures[0]?.level, level);
    });
  }

  it('removing evidence never makes it pass', async () => {
    const full = listsOf(pki);
    for (let without = 0; without < full.length; without++) {
      const crls = full.filter((_, at) => at !== without);
      const report = await verifyBytes(signPdf(pki), depsFor(pki, { crls }));
      assert.equal(report.conclusion === 'TOTAL-PASSED', without === 2, `without list ${without}`);
    }
  });
});

describe('what is no stamped PDF at all', () => {
  for (const [name, bytes] of [
    ['nothing', new Uint8Array()],
    ['text', latin1('hello')],
    ['zeros', new Uint8Array(1000)],
    ['garbage of 8 MiB', new Uint8Array(8 << 20).map((_, at) => (at * 31) & 0xff)],
    ['only a header', latin1('%PDF-1.7\n')],
    ['a header and garbage', joinBytes([latin1('%PDF-1.7\n'), new Uint8Array(2 << 20).fill(65)])],
  ] as const) {
    it(`${name} is a report with a reason`, async () => {
      const started = performance.now();
      const report = await verifyBytes(bytes, depsFor(pki));
      expectReport(report, ['TOTAL-FAILED', 'FORMAT_FAILURE', null]);
      assert.ok(performance.now() - started < 2000);
    });
  }
});
