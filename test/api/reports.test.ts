// Reports as documents: drawn the same each time, readable by others, sealed with a key that others can check.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { z } from 'zod';
import { drawReport } from '../../api/report-page.ts';
import { verificationFacts } from '../../api/verification-facts.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { loadPageFonts } from '../../licenses/page-fonts.ts';
import { policyData } from '../../verification/policy.ts';
import { verify } from '../../verification/verify.ts';
import { requireProgram, run } from '../programs.ts';
import { depsFor, verifyBytes } from '../verification/deps.ts';
import { makePki } from '../verification/pki.ts';
import { overwrite, signPdf } from '../verification/signed-pdf.ts';
import { binaryBody } from './binary-body.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, decisionPdf } from './samples.ts';

const route = '/api/v1/verifications:report';

describe('a drawn report', () => {
  const fonts = loadPageFonts();
  const pki = makePki({ signer: { commonName: '演示𠮷 \u0007 部门' } });
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-report-'));
  after(() => rmSync(folder, { recursive: true }));

  it('has the same bytes for the same report, and others for another', async () => {
    const report = await verifyBytes(signPdf(pki), depsFor(pki));
    const one = await drawReport(report, fonts);
    assert.ok(Buffer.from(one).equals(Buffer.from(await drawReport(structuredClone(report), fonts))));
    const later = await drawReport({ ...report, time: '2027-01-01T00:00:00.000Z' }, fonts);
    assert.ok(!Buffer.from(one).equals(Buffer.from(later)));
  });

  it('says in its text what the report says', async function () {
    const pdftotext = requireProgram(this, 'pdftotext');
    const pdf = signPdf(pki, signPdf(pki));
    const report = await verifyBytes(overwrite(pdf, 'Alice', 'Mally'), depsFor(pki));
    const path = join(folder, 'report.pdf');
    writeFileSync(path, await drawReport(report, fonts));
    const text = run(pdftotext, ['-layout', path, '-']).replace(/\s+/g, '');
    const wanted = [
      'TOTAL-FAILED/HASH_FAILURE',
      report.document?.digest ?? '',
      '演示〓部门',
      ...report.signatures.flatMap(({ rows }) =>
        rows.filter(({ outcome }) => outcome !== 'not-applicable').map(({ finding }) => finding.zh),
      ),
    ];
    for (const each of wanted.filter((part) => !part.includes('𠮷')))
      assert.ok(text.includes(each.replace(/\s+/g, '')), each);
  });

  it('ends after so many pages, and says where the rest is', async function () {
    const pdftotext = requireProgram(this, 'pdftotext');
    const report = await verifyBytes(signPdf(pki), depsFor(pki));
    const signatures = Array.from({ length: 200 }, () => report.signatures).flat();
    const path = join(folder, 'long.pdf');
    writeFileSync(path, await drawReport({ ...report, signatures }, fonts));
    const pages = run(pdftotext, ['-layout', path, '-']).split('\f').slice(0, -1);
    assert.equal(pages.length, 40);
    assert.match(pages.at(-1) ?? '', /attached report\.json/);
  });

  it('is a sound file', async function () {
    const path = join(folder, 'sound.pdf');
    writeFileSync(path, await drawReport(await verifyBytes(signPdf(pki), depsFor(pki)), fonts));
    assert.match(run(requireProgram(this, 'qpdf'), ['--check', path]), /No syntax or stream encoding errors/);
  });
});

describe('reports over HTTP', function () {
  this.timeout(120_000);
  let service: Harness;
  before(async () => {
    service = await startService();
    decision = (await decisionPdf()).pdf;
  });
  after(() => service.stop());

  let decision: Uint8Array;
  const ask = (fields: Readonly<Record<string, string>>) =>
    request(service.url).post(route).attach('document', Buffer.from(decision), 'decision.pdf').field(fields);

  it('are detailed, by the schema that is served', async () => {
    const answer = await ask({ policy: 'archive' });
    assert.equal(answer.status, 200, answer.text);
    const served = await request(service.url).get('/api/v1/schemas/detailed-report').buffer(true);
    const schema = z.fromJSONSchema(JSON.parse(served.text) as Parameters<typeof z.fromJSONSchema>[0]);
    assert.ok(schema.safeParse(answer.body).success);
    assert.match(JSON.stringify(answer.body), /verification-policy:archive/);
  });

  it('name the policies there are', async () => {
    const { body } = await request(service.url).get('/api/v1/verification-policies');
    assert.deepEqual(body, JSON.parse(JSON.stringify({ policies: policyData })));
  });

  it('are sealed for who may ask, and what is sealed verifies', async () => {
    const answer = await ask({ form: 'pdf', seal: 'true' })
      .set('Authorization', bearer(service))
      .buffer(true)
      .parse(binaryBody);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/pdf');
    const { services } = service;
    const facts = await verificationFacts(services);
    const sealed = new Uint8Array(answer.body as Buffer);
    const report = await verify(bytesSource(sealed), {
      ...facts,
      anchors: services.hierarchy.roots().map(({ der }) => der),
      certificates: services.hierarchy.authorities().map(({ certificate }) => certificate.der),
    });
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    assert.equal(report.signatures[0]?.coverage, 'whole-file');
    const entries = await services.database.reader
      .selectFrom('audit_log')
      .select(['action', 'subject'])
      .where('action', '=', 'report.sealed')
      .execute();
    assert.equal(entries.length, 1);
    const changed = sealed.slice();
    changed[200] = (changed[200] ?? 0) ^ 1;
    assert.notEqual((await verify(bytesSource(changed), facts)).conclusion, 'TOTAL-PASSED');
  });
});
