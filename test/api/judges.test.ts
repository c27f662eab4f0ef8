// What the service gives back, judged by programs that are not ours: documents of five producers stamped over HTTP, and a
// license with its printed code. Certificates come from the service's own addresses, as a stranger would get them.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { district } from '../../fixtures/district.ts';
import { foodBusinessLicense } from '../../fixtures/licenses.ts';
import { signatureTimeStampsOf } from '../../formats/cms/attributes.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { readCodes } from '../../licenses/code-reader.ts';
import { producedDocuments, producerPrograms } from '../interop/producers.ts';
import { asPgm, asPixels, rasterise } from '../licenses/raster.ts';
import { requireProgram, run } from '../programs.ts';
import { binaryBody } from './binary-body.ts';
import { startService, type Harness } from './harness.ts';
import { lastSignature } from './last-signature.ts';
import { bearer, issue, licenseBody, stamp } from './samples.ts';

describe('what the service gives back, judged by others', function () {
  this.timeout(240_000);
  let service: Harness;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-judges-'));
    service = await startService();
  });
  after(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: string, content: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };

  async function authority(openssl: string, name: string): Promise<string> {
    const { body } = await request(service.url).get(`/ca/${name}.cer`).buffer(true).parse(binaryBody);
    const path = file(`${name}.cer`, body as Buffer);
    run(openssl, ['x509', '-inform', 'DER', '-in', path, '-out', `${path}.pem`]);
    return `${path}.pem`;
  }

  /** OpenSSL on signature, time-stamp and chain; pdfsig and qpdf on the file; our own report. */
  async function judge(context: Mocha.Context, name: string, pdf: Buffer): Promise<void> {
    const openssl = requireProgram(context, 'openssl');
    const [root, seals, times] = await Promise.all(
      ['root', 'department-seals', 'time-stamps'].map((each) => authority(openssl, each)),
    );
    const { signed, cms } = lastSignature(pdf);
    const parsed = parseSignedData(cms);
    const [signer] = parsed.signerInfos;
    const [token] = signatureTimeStampsOf(signer?.unsignedAttributes ?? []);
    assert.ok(root && seals && times && signer && token);
    const value = file(`${name}.cms`, cms);
    const content = file(`${name}.content`, signed);
    const common = ['-verify', '-binary', '-cades', '-purpose', 'any', '-CAfile', root, '-inform', 'DER'];
    run(openssl, ['cms', ...common, '-in', value, '-content', content, '-out', '/dev/null']);
    const tokenFile = file(`${name}.token`, token);
    const signature = file(`${name}.signature`, signer.signature);
    run(openssl, [
      ...['ts', '-verify', '-token_in', '-in', tokenFile, '-data', signature],
      ...['-CAfile', root, '-untrusted', times],
    ]);
    const [own] = parsed.certificates;
    assert.ok(own !== undefined);
    const certificate = file(`${name}.signer.cer`, own);
    run(openssl, ['x509', '-inform', 'DER', '-in', certificate, '-out', `${certificate}.pem`]);
    run(openssl, ['verify', '-x509_strict', '-CAfile', root, '-untrusted', seals, `${certificate}.pem`]);

    const path = file(`${name}.pdf`, pdf);
    const words = run(requireProgram(context, 'pdfsig'), ['-nocert', path]);
    assert.match(words, /Signature is Valid/, name);
    assert.match(words, /Total document signed/, name);
    run(requireProgram(context, 'qpdf'), ['--check', path]);
    const report = await request(service.url)
      .post('/api/v1/verifications')
      .set('Content-Type', 'application/pdf')
      .send(pdf);
    assert.equal(report.body.conclusion, 'TOTAL-PASSED', `${name}: ${JSON.stringify(report.body.rows)}`);
    assert.equal(report.body.qualification.value, 'internal', 'no licensed authority stands behind it');
    assert.equal((report.body.signatures as { level: string }[]).at(-1)?.level, 'B-T');
  }

  it('documents of LibreOffice, Chromium, Ghostscript and qpdf, stamped over HTTP', async function () {
    for (const program of producerPrograms) requireProgram(this, program);
    const documents = await producedDocuments();
    assert.ok(documents.length >= 5);
    for (const { name, bytes } of documents) {
      const fields = { page: '1', x: '150', y: '200' };
      const answer = await stamp(service, { document: bytes, accept: 'application/pdf', fields });
      assert.equal(answer.status, 201, `${name}: ${answer.text}`);
      const sealed = answer.body as Buffer;
      assert.ok(sealed.subarray(0, bytes.length).equals(bytes), `${name}: the original is a prefix`);
      await judge(this, name, sealed);
    }
  });

  it('a license with rare characters: signature, chain, and one code to two readers of its picture', async function () {
    const enterprise = district.enterprises.find(({ name }) => name.includes('𬭸') && name.includes('㛃'));
    assert.ok(enterprise !== undefined);
    const answer = await issue(service, licenseBody(foodBusinessLicense(enterprise, 5)));
    assert.equal(answer.status, 201, answer.text);
    const { documentUrl, code } = answer.body as { documentUrl: string; code: string };
    const document = await request(service.url)
      .get(new URL(documentUrl).pathname)
      .set('Authorization', bearer(service));
    const pdf = document.body as Buffer;
    await judge(this, 'license', pdf);
    const pdftoppm = requireProgram(this, 'pdftoppm');
    const png = join(folder, 'page');
    run(pdftoppm, ['-png', '-r', '300', '-singlefile', join(folder, 'license.pdf'), png]);
    const zbar = run(requireProgram(this, 'zbarimg'), ['-q', '--raw', `${png}.png`]);
    assert.equal(zbar.trim(), code);
    const picture = await rasterise(pdftoppm, pdf, 300);
    assert.deepEqual(await readCodes(asPixels(picture)), [code]);
    assert.ok(asPgm(picture).length > 1_000_000 && readFileSync(`${png}.png`).length > 10_000);
    const text = run(requireProgram(this, 'pdftotext'), [join(folder, 'license.pdf'), '-']);
    // 颁证机关 and 监管部门 are two fields, in the words of the form (食品经营许可证).
    const [issuing, supervising] = [
      '天津市河北区政务服务办公室（演示）',
      '天津市河北区市场监督管理局（演示）',
    ];
    for (const words of [enterprise.name, '发证机关', issuing, '监督管理机构', supervising, '章'])
      assert.ok(text.replaceAll(/\s/g, '').includes(words), `${words} on the page: ${text}`);
  });
});
