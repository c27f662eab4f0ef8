// Stamped documents as other people's programs see them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { makeDecision } from '../../fixtures/decisions.ts';
import { district } from '../../fixtures/district.ts';
import { signatureTimeStampsOf, signingTimeOf } from '../../formats/cms/attributes.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { derLength } from '../../formats/x509/der.ts';
import { stampDocument } from '../../signing/stamp.ts';
import type { StampResult } from '../../signing/stamp-order.ts';
import { requireProgram, run } from '../programs.ts';
import { openSealOffice, pemOf, samplePdf, type SealOffice } from './seal-office.ts';

/** The bytes the signature covers, and its CMS without the padding. */
function partsOf(
  pdf: Uint8Array,
  result: StampResult,
): { readonly signed: Uint8Array; readonly cms: Uint8Array } {
  const [, before, gapEnd, after] = result.byteRange;
  const padded = Buffer.from(Buffer.from(pdf.subarray(before + 1, gapEnd - 1)).toString('latin1'), 'hex');
  return {
    signed: Buffer.concat([pdf.subarray(0, before), pdf.subarray(gapEnd, gapEnd + after)]),
    cms: new Uint8Array(padded.subarray(0, derLength(padded))),
  };
}

describe('a stamped document', () => {
  let office: SealOffice;
  let original: Uint8Array;
  let result: StampResult;
  let pdf: Uint8Array;
  let file: string;

  before(async () => {
    office = await openSealOffice();
    original = samplePdf();
    result = await stampDocument(office.parts, office.request(await office.store(original), 'first'));
    pdf = await office.load(result.document.digest);
    file = await office.district.file('stamped.pdf', pdf);
  });
  after(() => office.close());

  it('begins with the original, byte for byte, and is named by its digest', () => {
    assert.ok(Buffer.from(pdf.subarray(0, original.length)).equals(original));
    assert.equal(result.document.digest, `sha256:${createHash('sha256').update(pdf).digest('hex')}`);
    assert.equal(result.document.size, pdf.length);
    assert.equal(result.originalDigest, `sha256:${createHash('sha256').update(original).digest('hex')}`);
    assert.equal(result.sealCode, office.approvalSeal.code);
  });

  it('satisfies pdfsig: a valid signature over the total document', function () {
    const report = run(requireProgram(this, 'pdfsig'), ['-nocert', file]);
    assert.match(report, /Signature is Valid/);
    assert.match(report, /Total document signed/);
    assert.match(report, /ETSI\.CAdES\.detached/);
    assert.match(report, /Signer Certificate Common Name: 12010500000001/);
  });

  it('satisfies qpdf and mutool', function () {
    assert.match(run(requireProgram(this, 'qpdf'), ['--check', file]), /No syntax or stream encoding errors/);
    const report = execFileSync(requireProgram(this, 'mutool'), ['sign', '-v', file], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    assert.doesNotMatch(report, /digest (error|mismatch)|modified/i);
  });

  it('satisfies openssl cms -verify up to the root', async function () {
    const openssl = requireProgram(this, 'openssl');
    const { signed, cms } = partsOf(pdf, result);
    const content = await office.district.file('content.bin', signed);
    const value = await office.district.file('value.der', cms);
    const verify = (path: string): string =>
      run(openssl, [
        ...[
          'cms',
          '-verify',
          '-binary',
          '-cades',
          '-purpose',
          'any',
          '-CAfile',
          office.rootFile,
          '-inform',
          'DER',
        ],
        ...['-in', value, '-content', path, '-out', '/dev/null'],
      ]);
    verify(content);
    const changed = signed.slice();
    changed[100] = (changed[100] ?? 0) ^ 1;
    const forged = await office.district.file('forged.bin', changed);
    assert.throws(() => verify(forged), 'a changed byte is noticed');
  });

  it('carries a time-stamp over the signature value that openssl ts -verify takes', async function () {
    const openssl = requireProgram(this, 'openssl');
    const [signer] = parseSignedData(partsOf(pdf, result).cms).signerInfos;
    assert.ok(signer !== undefined);
    const [token, ...more] = signatureTimeStampsOf(signer.unsignedAttributes);
    assert.ok(token !== undefined && more.length === 0);
    const data = await office.district.file('signature.bin', signer.signature);
    const tokenFile = await office.district.file('token.der', token);
    const issuer = await office.district.file(
      'issuer.pem',
      pemOf(office.district.hierarchy.authority('time-stamps').certificate.der),
    );
    const args = [
      'ts',
      '-verify',
      '-token_in',
      '-in',
      tokenFile,
      '-CAfile',
      office.rootFile,
      '-untrusted',
      issuer,
    ];
    run(openssl, [...args, '-data', data]);
    assert.throws(() => run(openssl, [...args, '-data', file]), 'not over anything else');
    const about = run(openssl, ['ts', '-reply', '-token_in', '-in', tokenFile, '-token_out', '-text']);
    assert.match(about, new RegExp(`${result.time.getUTCFullYear()} GMT`));
  });

  it('follows PAdES: no signing-time, signing-certificate-v2, chain without the root', () => {
    const { cms } = partsOf(pdf, result);
    const parsed = parseSignedData(cms);
    const attributes = parsed.signerInfos[0]?.signedAttributes ?? [];
    assert.equal(signingTimeOf(attributes), null);
    assert.deepEqual(attributes.map(({ type }) => type).sort(), [
      '1.2.840.113549.1.9.16.2.47',
      '1.2.840.113549.1.9.3',
      '1.2.840.113549.1.9.4',
    ]);
    assert.equal(parsed.certificates.length, 2);
    assert.equal(parsed.eContent, null);
  });

  it('shows the seal in red where it was asked for, and says 演示 in the certificate', function () {
    const pdftoppm = requireProgram(this, 'pdftoppm');
    run(pdftoppm, ['-r', '127', '-singlefile', file, file]);
    const ppm = readFileSync(`${file}.ppm`);
    const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 40).toString('latin1'));
    assert.ok(header !== null);
    const red = (x: number, y: number): boolean => {
      const at = header[0].length + (Math.round(y * 5) * Number(header[1]) + Math.round(x * 5)) * 3;
      return (ppm[at] ?? 0) > 180 && (ppm[at + 1] ?? 255) < 60;
    };
    assert.ok(red(150, 230 - 1.6), 'the star');
    for (const degrees of [0, 90, 180, 270]) {
      const angle = (degrees * Math.PI) / 180;
      assert.ok(red(150 + 20.4 * Math.sin(angle), 230 - 20.4 * Math.cos(angle)), `the ring at ${degrees}°`);
    }
    assert.ok(!red(150, 230 - 22) && !red(100, 100));
    const certificate = office.approvalSeal.chain[0];
    assert.ok(certificate !== undefined && Buffer.from(certificate).toString('utf8').includes('（演示）'));
  });

  it('takes a second seal on top; both signatures hold', async function () {
    const pdfsig = requireProgram(this, 'pdfsig');
    const second = await stampDocument(office.parts, {
      ...office.request(result.document.digest, 'second'),
      place: { page: 1, centreX: 60, centreY: 230 },
    });
    const bytes = await office.load(second.document.digest);
    assert.ok(Buffer.from(bytes.subarray(0, pdf.length)).equals(pdf));
    const report = run(pdfsig, ['-nocert', await office.district.file('twice.pdf', bytes)]);
    assert.equal(report.match(/Signature is Valid/g)?.length, 2);
    assert.equal((await openPdf(bytesSource(bytes))).revisions.length, 3);
    assert.ok(
      second.document.size - pdf.length < 24_000,
      `a visible stamp with time-stamp adds ${second.document.size - pdf.length} bytes`,
    );
  });

  it('stamps a real decision from the demonstration district', async function () {
    const pdfsig = requireProgram(this, 'pdfsig');
    const [matter] = district.matters;
    const [applicant] = district.enterprises;
    assert.ok(matter !== undefined && applicant !== undefined);
    const decision = await makeDecision({
      matter,
      applicant: { name: applicant.name, kind: 'enterprise' },
      caseNumber: 'YS120105202611220001',
      serial: 1,
      contents: ['经营场所：天津市河北区演示道21号', '有效期：五年'],
      date: new Date('2026-11-22T02:00:00Z'),
    });
    const stamped = await stampDocument(office.parts, {
      ...office.request(await office.store(decision.pdf), 'decision'),
      place: decision.seal,
    });
    const path = await office.district.file('decision.pdf', await office.load(stamped.document.digest));
    assert.match(run(pdfsig, ['-nocert', path]), /Signature is Valid[\s\S]*/);
  });

  it('stamps bytes that exist in memory only', async () => {
    const bytes = samplePdf(5000);
    const stamped = await stampDocument(office.parts, {
      ...office.request('', 'memory'),
      source: { bytes },
    });
    const made = await office.load(stamped.document.digest);
    assert.ok(Buffer.from(made.subarray(0, bytes.length)).equals(bytes));
    assert.equal(stamped.originalDigest, `sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    assert.equal(await office.documents.open(stamped.originalDigest), null, 'the unsealed page is not kept');
  });
});
