// Policies as data: every row they speak of exists, remarks are weighed by them, failures are not, and strictness only grows.
import assert from 'node:assert/strict';
import { codeChecks } from '../../verification/checks/code.ts';
import { passed, warned, failed, indeterminate, severity, words } from '../../verification/check.ts';
import type { Check, Finding } from '../../verification/check.ts';
import { cmsFileChecks } from '../../verification/checks/cms-file.ts';
import { cmsSignerChecks } from '../../verification/checks/cms-signer.ts';
import { licenseChecks } from '../../verification/checks/license.ts';
import { pdfChecks } from '../../verification/checks/pdf.ts';
import { sealChecks } from '../../verification/checks/seal.ts';
import { sealSignatureChecks } from '../../verification/checks/seal-signature.ts';
import { signatureChecks } from '../../verification/checks/signature.ts';
import { conclude, judge } from '../../verification/judge.ts';
import { policyData, policyNamed, policyOf, portalPolicy } from '../../verification/policy.ts';
import type { Weight } from '../../verification/policy-data.ts';
import { expectReport } from './expect.ts';
import { depsFor, verifyBytes } from './deps.ts';
import { makePki, now } from './pki.ts';
import { joinBytes } from '../../formats/bytes.ts';
import { latin1, signPdf } from './signed-pdf.ts';

const ids: ReadonlySet<string> = new Set(
  [
    ...[codeChecks, cmsFileChecks, cmsSignerChecks, licenseChecks, pdfChecks, signatureChecks],
    ...[sealChecks, sealSignatureChecks],
  ].flatMap((table) => table.map(({ id }) => id)),
);

function check(id: string, finding: Finding): Check<null> {
  return { id, question: words('？', '?'), citation: 'none', applies: () => true, evaluate: () => finding };
}

describe('verification policies', () => {
  it('have an identifier, a version and words, each its own', () => {
    assert.deepEqual(
      policyData.map(({ name }) => name),
      ['portal', 'archive', 'strict'],
    );
    assert.equal(new Set(policyData.map(({ id }) => id)).size, policyData.length);
    for (const { id, name, version, title, purpose } of policyData) {
      assert.equal(id, `urn:yinxin:verification-policy:${name}`);
      assert.match(version, /^[1-9]\d*$/);
      for (const text of [title.zh, title.en, purpose.zh, purpose.en]) assert.notEqual(text, '');
    }
  });

  it('speak of rows that exist, all of the same ones', () => {
    for (const { name, rows } of policyData) {
      for (const row of Object.keys(rows)) assert.ok(ids.has(row), `${name}: ${row}`);
      assert.deepEqual(Object.keys(rows), Object.keys(policyData[0]?.rows ?? {}), name);
    }
  });

  it('grow stricter from portal over archive to strict, never laxer', () => {
    const order: readonly Weight[] = ['ignored', 'warned', 'required'];
    for (const [at, { rows, freshnessSeconds }] of policyData.entries()) {
      const next = policyData[at + 1];
      if (next === undefined) continue;
      for (const [row, weight] of Object.entries(rows))
        assert.ok(order.indexOf(next.rows[row] ?? 'ignored') >= order.indexOf(weight), row);
      assert.ok(next.freshnessSeconds <= freshnessSeconds);
    }
  });

  it('weigh a remark, and nothing worse', () => {
    const findings = [
      passed('是', 'yes'),
      warned('提示', 'a remark'),
      indeterminate('TRY_LATER', '未知', 'unknown'),
      failed('HASH_FAILURE', '否', 'no'),
    ];
    for (const weight of ['required', 'warned', 'ignored'] as const)
      for (const finding of findings) {
        const policy = { ...portalPolicy, rows: { 'some.row': weight } };
        const [row] = judge([check('some.row', finding)], null, policy, now);
        const expected =
          finding.outcome !== 'warned'
            ? finding.outcome
            : weight === 'required'
              ? 'indeterminate'
              : weight === 'warned'
                ? 'warned'
                : 'not-applicable';
        assert.equal(row?.outcome, expected, `${weight}, ${finding.outcome}`);
        if (row.outcome === 'indeterminate') assert.notEqual(row.subIndication, null);
        if (severity[finding.outcome] >= severity.indeterminate)
          assert.notEqual(conclude([row]).conclusion, 'TOTAL-PASSED');
      }
  });

  it('require evidence they do not speak of', () => {
    for (const data of policyData) {
      const { timestamp, revocation, licenseStatus } = policyOf({ ...data, rows: {} });
      assert.deepEqual([timestamp, revocation, licenseStatus], ['required', 'required', 'required']);
      const named = policyNamed(data.name);
      assert.equal(named.timestamp, data.rows['signature.time-stamp']);
      assert.equal(named.revocation, data.rows['certificate.revocation']);
      assert.equal(named.licenseStatus, data.rows['code.status']);
    }
  });

  it('let a caller bring one of his own, without rows', async () => {
    const pki = makePki();
    const { rows, title, purpose, ...own } = portalPolicy;
    assert.ok(rows !== undefined && title !== undefined && purpose !== undefined);
    const policy = { ...own, id: 'urn:example:own', version: '7' };
    const report = await verifyBytes(signPdf(pki), depsFor(pki, { policy }));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.deepEqual(report.policy, { id: 'urn:example:own', version: '7' });
  });

  it('differ in what they let pass', async () => {
    const pki = makePki();
    const outcomes = async (pdf: Uint8Array): Promise<readonly string[]> => {
      const reports = await Promise.all(
        policyData.map(({ name }) => verifyBytes(pdf, depsFor(pki, { policy: policyNamed(name) }))),
      );
      return reports.map(({ conclusion }) => conclusion);
    };
    const [yes, open] = ['TOTAL-PASSED', 'INDETERMINATE'];
    assert.deepEqual(await outcomes(signPdf(pki)), [yes, yes, yes]);
    assert.deepEqual(await outcomes(signPdf(pki, undefined, { token: null })), [yes, open, open]);
    assert.deepEqual(await outcomes(signPdf(pki, undefined, { signingTime: now })), [yes, yes, open]);
    assert.deepEqual(await outcomes(joinBytes([signPdf(pki), latin1('\n\n\n\n')])), [yes, yes, open]);
  });
});
