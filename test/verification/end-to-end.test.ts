// What our own stamping and issuing make, judged by our own verification: a decision, a license, its withdrawal.
import assert from 'node:assert/strict';
import { bytesSource } from '../../formats/pdf/source.ts';
import { changeStatus } from '../../licenses/change.ts';
import { issueLicense } from '../../licenses/issue.ts';
import { statusListToken } from '../../licenses/status-edition.ts';
import { faceDictionary } from '../../licenses/type.ts';
import { stampDocument } from '../../signing/stamp.ts';
import { verifyCode } from '../../verification/code.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../../verification/signature-verifier-node.ts';
import type { TrustedService, TrustList } from '../../verification/trust-list.ts';
import { verify } from '../../verification/verify.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { openPublisher } from '../ca/status-parts.ts';
import { approval, openLicenseOffice } from '../licenses/license-office.ts';
import type { LicenseOffice } from '../licenses/license-office.ts';
import { samplePdf } from '../signing/seal-office.ts';

const words = (text: string): { zh: string; en: string } => ({ zh: text, en: text });

async function listOf(office: LicenseOffice): Promise<TrustList> {
  const { hierarchy } = office.office.district;
  const since = new Date('2020-01-01T00:00:00Z');
  const service = (type: TrustedService['type'], certificates: readonly Uint8Array[]): TrustedService => ({
    name: words(type),
    type,
    certificates,
    state: { status: 'granted', since },
    history: [],
    licenseTypes: null,
    regions: null,
  });
  return {
    sequence: 1,
    issued: since,
    nextUpdate: new Date('2100-01-01T00:00:00Z'),
    operator: words('演示'),
    territory: '120105',
    entities: [
      {
        name: words('天津市河北区政务服务办公室'),
        identifier: '11120105000123457H',
        qualification: 'internal',
        services: [
          service('seal-ca', [hierarchy.authority('department-seals').certificate.der]),
          service('timestamp', [hierarchy.authority('time-stamps').certificate.der]),
          service('license-code', await hierarchy.serviceCertificates('license-code')),
          service('status-list', await hierarchy.serviceCertificates('status-list')),
        ],
      },
    ],
    licenseTypes: [faceDictionary(office.food), faceDictionary(office.senior)],
    next: null,
    verifyHosts: ['zz.tjhb.example.cn'],
  };
}

describe('what we make ourselves, verified', () => {
  let office: LicenseOffice;
  let dependencies: () => VerificationDependencies;

  before(async () => {
    office = await openLicenseOffice();
    const { parts } = office.office.district;
    const { publisher: crls } = await openPublisher(office.office.district);
    const trustList = await listOf(office);
    dependencies = () => ({
      verifier: nodeSignatureVerifier,
      startDigest: nodeStartDigest,
      inflate: inflateWeb,
      time: parts.clock(),
      trustList,
      evidence: {
        revocation: async () => ({
          crls: [await crls.currentCrl('department-seals'), await crls.currentCrl('time-stamps')],
          ocsps: [],
        }),
      },
      statusLists: { statusList: (list) => statusListToken(office.parts, list) },
    });
  });
  after(() => office.close());

  it('a stamped decision passes at level B-T and says that the hierarchy is internal', async () => {
    const seals = office.office;
    const result = await stampDocument(
      seals.parts,
      seals.request(await seals.store(samplePdf()), 'verified'),
    );
    const report = await verify(bytesSource(await seals.load(result.document.digest)), dependencies());
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    assert.equal(report.signatures[0]?.level, 'B-T');
    assert.equal(report.signatures[0].coverage, 'whole-file');
    assert.equal(report.qualification.value, 'internal');
    const twice = await stampDocument(seals.parts, {
      ...seals.request(result.document.digest, 'verified-again'),
      place: { page: 1, centreX: 60, centreY: 100 },
    });
    const second = await verify(bytesSource(await seals.load(twice.document.digest)), dependencies());
    assert.equal(second.conclusion, 'TOTAL-PASSED', second.summary.en);
    assert.equal(second.signatures.length, 2);
  });

  it('a license passes as PDF and as code, and no longer once it is revoked', async () => {
    const license = await issueLicense(office.parts, office.food1());
    const pdf = await office.office.load(license.document.digest);
    const code = license.code.prefix + license.code.digits;
    const report = await verify(bytesSource(pdf), dependencies());
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    assert.ok(report.rows.some((row) => row.id === 'license.digest' && row.outcome === 'passed'));
    assert.ok(report.rows.some((row) => row.id === 'license.fields' && row.outcome === 'passed'));
    assert.equal(report.license?.status?.value, 0);
    assert.equal((await verifyCode(code, dependencies())).conclusion, 'TOTAL-PASSED');
    await changeStatus(office.parts, {
      actor: approval,
      idempotencyKey: `revoke-${license.id}`,
      licenseId: license.id,
      change: 'revoke',
      reason: '演示',
      legalBasis: '行政许可法第六十九条',
    });
    for (const after of [
      await verify(bytesSource(pdf), dependencies()),
      await verifyCode(code, dependencies()),
    ]) {
      assert.equal(after.conclusion, 'TOTAL-FAILED', after.summary.en);
      assert.equal(after.subIndication, 'REVOKED');
      assert.match(after.summary.zh, /失效/);
    }
  });

  it('a resident’s license passes with a masked name', async () => {
    const license = await issueLicense(office.parts, office.senior1());
    const report = await verify(
      bytesSource(await office.office.load(license.document.digest)),
      dependencies(),
    );
    assert.equal(report.conclusion, 'TOTAL-PASSED', report.summary.en);
    assert.ok(report.license?.fields.some((field) => field.value.includes('*')));
  });
});
