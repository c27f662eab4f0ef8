// Two revisions of one stamp: the SM2 seal first, the PAdES signature over it; each verifiable by itself, by others too.
import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBER, Sequence } from 'asn1js';
import { bytesSource } from '../../formats/pdf/source.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { readSignatures, type PdfSignature } from '../../formats/pdf/signatures.ts';
import { parseSealSignature } from '../../formats/eseal/signature.ts';
import { parseSeal } from '../../formats/eseal/seal.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts';
import { currentEdition } from '../../signing/seal-edition.ts';
import { stampDocument } from '../../signing/stamp.ts';
import { usesOf } from '../../signing/use-record.ts';
import type { Report } from '../../verification/report.ts';
import { verify } from '../../verification/verify.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../../verification/signature-verifier-node.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import { requireProgram, run } from '../programs.ts';
import { scale } from '../scale.ts';
import { openSealOffice, samplePdf, type SealOffice } from './seal-office.ts';

const distid = ['-sigopt', 'distid:1234567812345678'];

function refusal(code: SigningErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof SigningError && error.code === code;
}

describe('SM2 seals in PDF', () => {
  let office: SealOffice;
  let folder: string;
  let number = 0;
  const key = (): string => `sm2-${(number += 1)}`;

  before(async () => {
    office = await openSealOffice();
    folder = mkdtempSync(join(tmpdir(), 'yinxin-eseal-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await office.close();
  });

  async function stamped(form: 'ses' | 'cms', original = samplePdf()): Promise<Uint8Array> {
    const digest = await office.store(original);
    const result = await stampDocument(office.parts, { ...office.request(digest, key()), sm2: form });
    return office.load(result.document.digest);
  }

  async function signaturesOf(bytes: Uint8Array): Promise<readonly [PdfSignature, PdfSignature]> {
    const [first, second, ...more] = await readSignatures(await openPdf(bytesSource(bytes)));
    assert.ok(first !== undefined && second !== undefined && more.length === 0);
    return [first, second];
  }

  function verified(bytes: Uint8Array): Promise<Report> {
    return verify(bytesSource(bytes), {
      verifier: nodeSignatureVerifier,
      startDigest: nodeStartDigest,
      inflate: inflateWeb,
      time: new Date(),
      ...(office.parts.longTerm === undefined ? {} : { evidence: office.parts.longTerm.status }),
      anchors: office.district.hierarchy.authorities().map(({ certificate }) => certificate.der),
    });
  }

  function coveredBytes(bytes: Uint8Array, { byteRange }: PdfSignature): Uint8Array {
    const [a = 0, b = 0, c = 0, d = 0] = byteRange ?? [];
    return Buffer.concat([bytes.subarray(a, a + b), bytes.subarray(c, c + d)]);
  }

  for (const form of ['ses', 'cms'] as const)
    it(`passes with both revisions, as ${form}`, async () => {
      const original = samplePdf();
      const bytes = await stamped(form, original);
      assert.ok(Buffer.from(bytes.subarray(0, original.length)).equals(Buffer.from(original)));
      const [first, second] = await signaturesOf(bytes);
      assert.equal(first.subFilter, form === 'ses' ? 'GM.SES' : 'adbe.pkcs7.detached');
      assert.equal(second.subFilter, 'ETSI.CAdES.detached');
      assert.equal(first.coverage.kind, 'revision');
      assert.equal(second.coverage.kind, 'whole-file');
      const report = await verified(bytes);
      assert.equal(report.conclusion, 'TOTAL-PASSED', JSON.stringify(report.summary));
      assert.deepEqual(
        report.signatures.map(({ conclusion, coverage }) => [conclusion, coverage]),
        [
          ['TOTAL-PASSED', 'earlier-revision'],
          ['TOTAL-PASSED', 'whole-file'],
        ],
      );
      assert.ok(report.signatures[0]?.provenTime !== null, 'a time-stamp proves the SM2 seal too');
      // The first revision by itself: a domestic reader's file.
      const [, , c = 0, d = 0] = first.byteRange ?? [];
      const alone = await verified(bytes.subarray(0, c + d));
      assert.equal(alone.conclusion, 'TOTAL-PASSED', JSON.stringify(alone.summary));
      assert.equal(alone.signatures.length, 1);
    });

  for (const form of ['ses', 'cms'] as const)
    it(`is judged from its file alone at B-LT and B-LTA, as ${form}: seal, signer, maker and time-stamps`, async () => {
      const offline = (bytes: Uint8Array): Promise<Report> =>
        verify(bytesSource(bytes), {
          verifier: nodeSignatureVerifier,
          startDigest: nodeStartDigest,
          inflate: inflateWeb,
          time: new Date(),
          anchors: office.district.hierarchy.roots().map(({ der }) => der),
        });
      const at = async (level: 'B-T' | 'B-LT' | 'B-LTA') => {
        const digest = await office.store(samplePdf());
        const request = { ...office.request(digest, key()), sm2: form, level };
        const result = await stampDocument(office.parts, request);
        assert.equal(result.level, level);
        const bytes = await office.load(result.document.digest);
        const found = await readSignatures(await openPdf(bytesSource(bytes)));
        const stamps = found.filter(({ type }) => type === 'DocTimeStamp').length;
        return { report: await offline(bytes), stamps };
      };
      const plain = await at('B-T');
      assert.equal(plain.report.signatures[0]?.conclusion, 'INDETERMINATE', 'nobody tells of revocation');
      for (const [level, stamps] of [
        ['B-LT', 0],
        ['B-LTA', 1],
      ] as const) {
        const made = await at(level);
        assert.equal(made.stamps, stamps, 'the use has its own time-stamp and needs no other');
        assert.equal(made.report.conclusion, 'TOTAL-PASSED', JSON.stringify(made.report.summary));
        assert.deepEqual(
          made.report.signatures.slice(0, 2).map(({ conclusion }) => conclusion),
          ['TOTAL-PASSED', 'TOTAL-PASSED'],
        );
      }
    });

  it('is a SES_Signature over the bytes that its range names, by OpenSSL', async function () {
    const openssl = requireProgram(this, 'openssl');
    const bytes = await stamped('ses');
    const [first] = await signaturesOf(bytes);
    const use = parseSealSignature(first.contents?.value ?? new Uint8Array());
    const file = (name: string, content: Uint8Array | string): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const judge = (certificate: Uint8Array, signed: Uint8Array, signature: Uint8Array): string => {
      const spki = Buffer.from(parseCertificate(certificate).subjectPublicKeyInfo.der);
      const pem = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({
        format: 'pem',
        type: 'spki',
      });
      const args = ['dgst', '-sm3', ...distid, '-verify', file('key.pem', pem)];
      return run(openssl, [...args, '-signature', file('signature', signature), file('signed', signed)]);
    };
    assert.match(judge(use.signerCertificate, use.signed, use.signature), /Verified OK/);
    assert.match(judge(use.seal.makerCertificate, use.seal.signed, use.seal.signature), /Verified OK/);
    assert.throws(() => judge(use.signerCertificate, use.seal.signed, use.signature));
    // dataHash is plain SM3 over the range, as OpenSSL makes it.
    const digest = run(openssl, ['dgst', '-sm3', '-r', file('covered', coveredBytes(bytes, first))]);
    assert.equal(digest.split(' ', 1)[0], Buffer.from(use.dataHash).toString('hex'));
    assert.match(use.propertyInformation, /^ByteRange\[0 \d+ \d+ \d+\]$/);
    assert.equal(use.propertyInformation, `ByteRange[${first.byteRange?.join(' ') ?? ''}]`);
  });

  it('is a CMS that OpenSSL verifies with the SM2 identifier', async function () {
    const openssl = requireProgram(this, 'openssl');
    const bytes = await stamped('cms');
    const [first] = await signaturesOf(bytes);
    writeFileSync(join(folder, 'cms.der'), first.contents?.value ?? new Uint8Array());
    writeFileSync(join(folder, 'content'), coveredBytes(bytes, first));
    // Its `cms` verifies SM2 without the identifier, so the signed attributes are judged by `dgst`.
    const printed = run(openssl, [
      'cms',
      '-cmsout',
      '-print',
      '-inform',
      'DER',
      '-in',
      join(folder, 'cms.der'),
    ]);
    assert.match(printed, /algorithm: sm3/);
    const { parseSignedData } = await import('../../formats/cms/signed-data.ts');
    const read = parseSignedData(first.contents?.value ?? new Uint8Array());
    const [signer] = read.signerInfos;
    const own = read.certificates.find((der) => parseCertificate(der).basicConstraints?.ca !== true);
    assert.ok(signer?.signedAttributesDer !== null && signer !== undefined && own !== undefined);
    writeFileSync(join(folder, 'attributes'), signer.signedAttributesDer);
    writeFileSync(join(folder, 'value'), signer.signature);
    const spki = Buffer.from(parseCertificate(own).subjectPublicKeyInfo.der);
    const pem = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({
      format: 'pem',
      type: 'spki',
    });
    writeFileSync(join(folder, 'own.pem'), pem);
    const args = ['dgst', '-sm3', ...distid, '-verify', join(folder, 'own.pem')];
    assert.match(
      run(openssl, [...args, '-signature', join(folder, 'value'), join(folder, 'attributes')]),
      /Verified OK/,
    );
  });

  it('leaves the PAdES signature good for pdfsig and the file good for qpdf', async function () {
    const pdfsig = requireProgram(this, 'pdfsig');
    const qpdf = requireProgram(this, 'qpdf');
    for (const form of ['ses', 'cms'] as const) {
      const path = join(folder, `${form}.pdf`);
      writeFileSync(path, await stamped(form));
      const said = run(pdfsig, ['-nocert', path]);
      assert.match(said, /Signature #2:[\s\S]*Signature is Valid/, said);
      assert.match(said, /Signature #2:[\s\S]*Total document signed/, said);
      assert.match(run(qpdf, ['--check', path]), /No syntax or stream encoding errors/);
    }
  });

  it('has the structure of GB/T 38540 for an independent decoder, and of the foreign seal', async () => {
    const edition = await currentEdition(office.parts.database.reader, office.approvalSeal.id);
    const own = edition?.object?.eseal ?? new Uint8Array();
    assert.deepEqual(shapeOf(own, 0), ['Sequence', 'OctetString', 'ObjectIdentifier', 'BitString']);
    const directory = process.env['YINXIN_VECTORS'] ?? join(process.cwd(), '../shared/vectors');
    let foreign: Buffer;
    try {
      foreign = readFileSync(join(directory, 'eseal/UserV4.esl'));
    } catch {
      return;
    }
    // Tag for tag down to the members of header, property and picture; only what the values are differs.
    assert.deepEqual(shapeOf(own, 4), shapeOf(foreign, 4));
    const seal = parseSeal(own);
    assert.equal(seal.version, 4);
    assert.equal(seal.information.id, office.approvalSeal.code);
    assert.match(seal.information.id, /^120105\d{8}$/);
    assert.equal(seal.information.property.type, 1);
    assert.equal(seal.information.property.signers.kind, 'certificates');
    assert.deepEqual(
      [seal.information.picture.width, seal.information.picture.height],
      [42, 42],
      'the picture in millimetres',
    );
  });

  it('records form, certificate and seal object of the use', async () => {
    await stamped('ses');
    const [use] = await usesOf(office.parts.database.reader, office.approvalSeal.id, {
      limit: 1,
      before: null,
    });
    const edition = await currentEdition(office.parts.database.reader, office.approvalSeal.id);
    assert.equal(use?.sm2Form, 'ses');
    assert.equal(use.esealDigest, edition?.object?.digest);
    assert.equal(
      use.esealDigest,
      `sm3:${createHash('sm3')
        .update(edition?.object?.eseal ?? '')
        .digest('hex')}`,
    );
    assert.equal(use.sm2Certificate, edition?.object?.serial);
    assert.equal(use.basis, 'automatic');
    assert.match(use.authorisation ?? '', /^sau_/);
    assert.equal(use.outcome, 'completed');
  });

  it('refuses a certification that leaves no room for the second signature', async () => {
    const digest = await office.store(samplePdf());
    const request = { ...office.request(digest, key()), sm2: 'ses', docMdp: 1 } as const;
    await assert.rejects(stampDocument(office.parts, request), refusal('signing-forbidden'));
    const permitted = await stampDocument(office.parts, { ...request, idempotencyKey: key(), docMdp: 2 });
    const report = await verified(await office.load(permitted.document.digest));
    assert.equal(report.conclusion, 'TOTAL-PASSED', JSON.stringify(report.summary));
  });

  it('fails, never passes, whichever byte of the first revision is changed', async () => {
    const bytes = await stamped('ses');
    const [first] = await signaturesOf(bytes);
    const [, b = 0, c = 0, d = 0] = first.byteRange ?? [];
    // Everything but the zeros behind the value, which are judged by themselves, and the time-stamp, which nobody signed:
    // without it the seal holds, and its time is not proven.
    const use = parseSealSignature(first.contents?.value ?? new Uint8Array());
    const end = b + 1 + (use.signed.length + use.signerCertificate.length) * 2;
    for (let round = 0; round < scale(60); round++) {
      const changed = bytes.slice(0, c + d);
      const at = Math.floor(Math.random() * (c + d));
      if (at >= end && at < c - 1) continue;
      changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(Math.random() * 7));
      // The case of a hexadecimal digit means nothing.
      const same =
        String.fromCharCode(bytes[at] ?? 0).toLowerCase() ===
        String.fromCharCode(changed[at] ?? 0).toLowerCase();
      if (same && at > b && at < end) continue;
      const report = await verified(changed);
      assert.notEqual(report.conclusion, 'TOTAL-PASSED', `byte ${at}`);
    }
  });

  it('is told as malformed where the use cannot be read, and never thrown at', async () => {
    const bytes = await stamped('ses');
    const [first] = await signaturesOf(bytes);
    const [, b = 0] = first.byteRange ?? [];
    const length = (first.contents?.value.length ?? 0) * 2;
    for (let round = 0; round < scale(80); round++) {
      const changed = bytes.slice();
      for (let hits = 0; hits < 3; hits++) {
        const at = b + 1 + Math.floor(Math.random() * length);
        changed[at] = '0123456789abcdef'.charCodeAt(Math.floor(Math.random() * 16));
      }
      if (Buffer.from(changed).equals(Buffer.from(bytes))) continue;
      const report = await verified(changed);
      assert.notEqual(report.conclusion, 'TOTAL-PASSED');
    }
  });

  /** Names of ASN.1 types, depth first, values of strings left out. */
  function shapeOf(der: Uint8Array, depth: number): string[] {
    const { result, offset } = fromBER(new Uint8Array(der).buffer);
    assert.ok(offset > 0);
    const names = (block: typeof result, left: number): string[] => {
      const inner = block instanceof Sequence && left > 0 ? block.valueBlock.value : [];
      return [block.constructor.name, ...inner.flatMap((each) => names(each, left - 1))];
    };
    return result instanceof Sequence ? result.valueBlock.value.flatMap((each) => names(each, depth)) : [];
  }
});
