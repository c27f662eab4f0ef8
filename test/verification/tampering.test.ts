// Stamped PDFs tampered with in every way we know: each gets the right conclusion, sub-indication and reason.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import { OID } from '../../formats/x509/oid.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import type { Expected } from './expect.ts';
import { makePki } from './pki.ts';
import { cmsIn, latin1, overwrite, signPdf, textOf, unsignedPdf } from './signed-pdf.ts';

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
