// Seals over HTTP: approvals of this very document, every use for the owner, the public list as caches and readers see it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import request from 'supertest';
import { parseSeal } from '../../formats/eseal/seal.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { readSealStatusList } from '../../signing/seal-status-list.ts';
import { approvalOffice } from '../../fixtures/departments.ts';
import { binaryBody } from './binary-body.ts';
import { startService, type Harness } from './harness.ts';
import { postAs, postWithKey } from './officer.ts';
import { bearer, decisionPdf, freshKey, officeSeal, stamp } from './samples.ts';

/** Not marked for automatic issue by anybody. */
const manual = 'YS-MANUAL-1';

describe('seals over HTTP', () => {
  let service: Harness;
  let digest: string;

  before(async () => {
    service = await startService();
    digest = `sha256:${createHash('sha256')
      .update((await decisionPdf()).pdf)
      .digest('hex')}`;
  });
  after(() => service.stop());

  const call = (who: keyof Harness['sealKeys'], path: string, body: object) =>
    request(service.url)
      .post(path)
      .set('Authorization', `Bearer ${service.sealKeys[who]}`)
      .set('Idempotency-Key', freshKey())
      .send(body);
  const approvals = (change: object = {}): string =>
    JSON.stringify([{ person: 'zhang-3', level: 1, at: new Date().toISOString(), digest, ...change }]);

  it('stamps with approvals of this document, refuses others, and shows the owner the use', async () => {
    const missing = await stamp(service, { fields: { matter: manual } });
    assert.deepEqual([missing.status, missing.body.code], [403, 'approval-missing']);
    const another = approvals({ digest: `sha256:${'0'.repeat(64)}` });
    const other = await stamp(service, { fields: { matter: manual, approvals: another } });
    assert.deepEqual([other.status, other.body.code], [422, 'approval-other-document']);
    for (const broken of [
      '{',
      '{}',
      '[{"person":"a"}]',
      JSON.stringify([{ ...JSON.parse(approvals())[0], extra: 1 }]),
    ]) {
      const refused = await stamp(service, { fields: { matter: manual, approvals: broken } });
      assert.deepEqual([refused.status, refused.body.code], [400, 'request-invalid'], broken);
    }
    const fields = { matter: manual, approvals: approvals(), requester: 'li-4', sm2: 'ses' };
    const done = await stamp(service, { fields });
    assert.equal(done.status, 201, done.text);
    const uses = await request(service.url)
      .get(`/api/v1/seals/${officeSeal}/uses?limit=1`)
      .set('Authorization', bearer(service));
    const [use] = (uses.body as { uses: Record<string, unknown>[] }).uses;
    assert.ok(use !== undefined);
    assert.equal(use['stamp'], done.body.id);
    assert.equal(use['requester'], 'li-4');
    assert.equal(use['basis'], 'approved');
    assert.equal(use['document'], digest);
    assert.equal((use['sm2'] as { form: string }).form, 'ses');
    const strangers = await request(service.url)
      .get(`/api/v1/seals/${officeSeal}/uses`)
      .set('Authorization', bearer(service, 'civil-affairs'));
    assert.equal(strangers.status, 404);
  });

  it('counts an approval given here by its person', async () => {
    const approving = { document: digest, level: 2 };
    const path = '/api/v1/document-approvals';
    const keyed = await postWithKey(service, approvalOffice.creditCode, ['stamps:approve'], path, approving);
    assert.deepEqual([keyed.status, keyed.body.code], [403, 'decider-not-person']);
    const before = await stamp(service, { fields: { matter: 'YS-MANUAL-2' } });
    assert.deepEqual([before.status, before.body.code], [403, 'approval-missing']);
    const given = await postAs(service, 'document-approver', path, approving);
    assert.equal(given.status, 200, given.text);
    const done = await stamp(service, { fields: { matter: 'YS-MANUAL-2' } });
    assert.equal(done.status, 201, done.text);
  });

  it('gives out the SESeal, and a list that names it; a held list is not sent again', async () => {
    const object = await request(service.url)
      .get(`/api/v1/seals/${officeSeal}/object`)
      .set('Authorization', bearer(service))
      .buffer(true)
      .parse(binaryBody);
    const eseal = new Uint8Array(object.body as Buffer);
    assert.equal(parseSeal(eseal).information.id, officeSeal);
    const list = await request(service.url).get('/api/v1/seal-status').buffer(true).parse(binaryBody);
    const certificates = await service.services.hierarchy.serviceCertificates('status-list');
    const keys = certificates.map((der) => parseCertificate(der).subjectPublicKeyInfo.der);
    const read = await readSealStatusList((list.body as Buffer).toString(), keys, new Date());
    const named = read?.seals.get(officeSeal);
    assert.deepEqual(named?.objects, [`sm3:${createHash('sm3').update(eseal).digest('hex')}`]);
    assert.equal(named.state, 'valid');
    const tag = list.headers['etag'] as string;
    const again = await request(service.url).get('/api/v1/seal-status').set('If-None-Match', tag);
    assert.equal(again.status, 304);
    const frozen = await call('seal-applicant', `/api/v1/seals/${officeSeal}/stop`, {
      state: 'frozen',
      reason: '盘点',
    });
    assert.equal(frozen.status, 200, frozen.text);
    const changed = await request(service.url).get('/api/v1/seal-status').set('If-None-Match', tag);
    assert.equal(changed.status, 200, 'a freeze shows in the very next answer');
    const one = await request(service.url).get(`/api/v1/seal-status/${officeSeal}`);
    assert.equal((one.body as { state: string }).state, 'frozen');
    const refused = await stamp(service);
    assert.deepEqual([refused.status, refused.body.code], [409, 'seal-not-valid']);
  });

  it('releases it when a person approves what a key applied for, never by keys alone', async () => {
    const applied = await call('seal-applicant', '/api/v1/seal-applications', {
      operation: { kind: 'release', seal: officeSeal },
      purpose: '盘点完毕',
    });
    assert.equal(applied.status, 201, applied.text);
    const path = `/api/v1/seal-applications/${(applied.body as { id: string }).id}/approval`;
    assert.equal((await call('seal-applicant', path, {})).status, 403);
    const scopes = ['seals:approve', 'seals:administer'];
    for (const [step, body] of [
      [path, {}],
      [path.replace('approval', 'rejection'), { reason: '不同意' }],
    ] as const) {
      const keyed = await postWithKey(service, approvalOffice.creditCode, scopes, step, body);
      assert.deepEqual([keyed.status, keyed.body.code], [403, 'decider-not-person']);
    }
    assert.equal((await stamp(service)).status, 409, 'still frozen');
    const approved = await postAs(service, 'seal-administrator', path);
    assert.deepEqual([approved.status, (approved.body as { state: string }).state], [200, 'executed']);
    assert.equal((await stamp(service)).status, 201);
  });
});
