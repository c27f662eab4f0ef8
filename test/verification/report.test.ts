// Reports: their words for every end, their schemas, one screen, and the same bytes for the same input.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { z } from 'zod';
import { bytesSource } from '../../formats/pdf/source.ts';
import { verifyCode } from '../../verification/code.ts';
import { policyData, policyNamed } from '../../verification/policy.ts';
import { detailedReport } from '../../verification/report-detailed.ts';
import { simpleLines, simpleReport } from '../../verification/report-simple.ts';
import type { Report } from '../../verification/report.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { scale } from '../scale.ts';
import { goodClaims, makeCode, makeCodeWorld, makeStatusToken } from './code-world.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { makePki, now, sha256 } from './pki.ts';
import { append, latin1, makeCms, overwrite, signPdf, sizeOf, unsignedPdf } from './signed-pdf.ts';

function schemaOf(name: string): z.ZodType {
  const path = new URL(`../../verification/schemas/${name}.schema.json`, import.meta.url);
  return z.fromJSONSchema(JSON.parse(readFileSync(path, 'utf8')) as Parameters<typeof z.fromJSONSchema>[0]);
}

const pki = makePki();
const pdf = signPdf(pki);
const twice = signPdf(pki, pdf);
const content = latin1('Signed beside.');
const code = makeCodeWorld();
const inputs: Readonly<Record<string, Uint8Array>> = {
  'a good PDF': pdf,
  'a PDF signed twice': twice,
  'a PDF changed afterwards': append(pdf, { 4: '<< /Length 0 >>\nstream\n\nendstream' }, sizeOf(pdf)),
  'a PDF overwritten': overwrite(pdf, 'Alice', 'Mally'),
  'an unsigned PDF': unsignedPdf(),
  'a broken PDF': latin1('%PDF-1.7\n'),
  'a certificate': pki.signer.certificate,
  'a CMS signature': makeCms(pki, sha256(content), { signingTime: now }),
  'a CMS signature without its content': makeCms(pki, sha256(latin1('other'))),
  'a license code': latin1(makeCode(code.codeSigner, goodClaims())),
  nothing: new Uint8Array(),
};

async function reportOn(bytes: Uint8Array, changes: Partial<VerificationDependencies> = {}): Promise<Report> {
  const token = await makeStatusToken(code.statusSigner, { issuedAt: now });
  return verifyBytes(
    bytes,
    depsFor(pki, {
      certificates: [pki.sealCa.certificate],
      content: { kind: 'bytes', source: bytesSource(content) },
      trustList: code.list,
      statusLists: { statusList: () => Promise.resolve(token) },
      ...changes,
    }),
  );
}

describe('reports', () => {
  const report = schemaOf('report');
  const detailed = schemaOf('detailed-report');

  for (const [name, bytes] of Object.entries(inputs)) {
    it(`on ${name} fit their schemas, and the simple one fits a screen`, async () => {
      for (const { name: policy } of policyData) {
        const whole = await reportOn(bytes, { policy: policyNamed(policy) });
        const checked = report.safeParse(JSON.parse(JSON.stringify(whole)));
        assert.ok(checked.success, JSON.stringify(checked.error?.issues.slice(0, 3)));
        const told = detailed.safeParse(JSON.parse(JSON.stringify(detailedReport(whole))));
        assert.ok(told.success, JSON.stringify(told.error?.issues.slice(0, 3)));
        for (const language of ['zh', 'en'] as const)
          assert.ok(simpleLines(simpleReport(whole), language).length <= 24);
      }
    });
  }

  it('refuse what a schema does not know', async () => {
    const whole = await reportOn(pdf);
    assert.ok(!report.safeParse({ ...whole, conclusion: 'PASSED' }).success);
    assert.ok(!report.safeParse({ ...whole, rows: [{ ...whole.rows[0], question: 'no words' }] }).success);
    assert.ok(!detailed.safeParse({ ...detailedReport(whole), more: 1 }).success);
  });

  it('name policy, version, citation and both languages everywhere', async () => {
    const whole = await reportOn(twice, { policy: policyNamed('strict') });
    assert.deepEqual(whole.policy, { id: 'urn:yinxin:verification-policy:strict', version: '3' });
    const rows = [...whole.rows, ...whole.signatures.flatMap((signature) => signature.rows)];
    for (const row of rows) {
      for (const text of [row.question.zh, row.finding.zh, row.question.en, row.finding.en, row.citation])
        assert.notEqual(text, '', row.id);
    }
    const stamp = rows.find(({ id }) => id === 'signature.time-stamp');
    assert.equal(stamp?.evidence, 'time-stamp');
    assert.equal(stamp.evidenceTime, now.toISOString());
    const revocation = rows.find(({ id }) => id === 'certificate.revocation');
    assert.equal(revocation?.evidence, 'crl');
    assert.notEqual(revocation.evidenceTime, null);
    const told = detailedReport(whole).ValidationReport;
    assert.equal(told.SignatureValidationReport.length, 2);
    assert.equal(told.SignatureValidationObjects.ValidationObject.length, 1, 'one certificate, told once');
    const [first] = told.SignatureValidationReport;
    assert.equal(
      first?.SignatureValidationStatus.MainIndication,
      'urn:etsi:019102:mainindication:total-passed',
    );
    assert.equal(first.ValidationConstraintsEvaluationReport.SignatureValidationPolicy.PolicyName, 'strict');
    assert.deepEqual(first.ValidationTimeInfo.BestSignatureTime, {
      POETime: now.toISOString(),
      TypeOfProof: 'urn:etsi:019102:poetype:provided',
    });
  });

  it('say the same bytes for the same facts, policy and time, and others for another time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(inputs)),
        fc.constantFrom(...policyData.map(({ name }) => name)),
        fc.integer({ min: 0, max: 6 * 86_400_000 }),
        async (bytes, policy, later) => {
          const changes = { policy: policyNamed(policy), time: new Date(now.getTime() + later) };
          const [one, two] = [await reportOn(bytes, changes), await reportOn(bytes.slice(), changes)];
          assert.equal(JSON.stringify(one), JSON.stringify(two));
          assert.equal(JSON.stringify(detailedReport(one)), JSON.stringify(detailedReport(two)));
          assert.deepEqual(simpleLines(simpleReport(one)), simpleLines(simpleReport(two)));
          const other = await reportOn(bytes, { ...changes, time: new Date(changes.time.getTime() + 1) });
          assert.notEqual(JSON.stringify(other), JSON.stringify(one));
        },
      ),
      { numRuns: scale(40) },
    );
  });

  it('tell a license the page can show, and only what is proven in the simple one', async () => {
    const whole = await verifyCode(makeCode(code.codeSigner, goodClaims()), {
      ...depsFor(pki),
      trustList: code.list,
    });
    const simple = simpleReport(whole);
    assert.ok(simple.fields.length > 0);
    const uncovered = (whole.license?.fields ?? []).filter(({ covered }) => !covered);
    assert.ok(uncovered.every(({ label }) => !simple.fields.some((field) => field.label.en === label.en)));
  });
});
