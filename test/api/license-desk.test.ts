// The license desk over HTTP, as who has no business there tries it: another department's officer, a holder, a foreign site.
import assert from 'node:assert/strict';
import request from 'supertest';
import { district } from '../../fixtures/district.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, freshKey, issue } from './samples.ts';
import { signInAs } from './sign-in.ts';

describe('the license desk over HTTP', function () {
  this.timeout(120_000);
  let service: Harness;
  let license = '';
  let waiting = '';

  before(async () => {
    service = await startService();
    const sample = district.sampleLicenses(2026)['medical-institution'];
    assert.ok(sample);
    const { type, number, holder, face, matter } = sample;
    const order = { type: type.key, number, holder, face, matter: matter.code };
    const issued = await issue(service, order, { department: 'health-commission' });
    assert.equal(issued.status, 201, JSON.stringify(issued.body));
    license = String(issued.body.id);
    const asked = await request(service.url)
      .post('/api/v1/license-change-requests')
      .set('Authorization', bearer(service, 'health-commission'))
      .set('Idempotency-Key', freshKey())
      .send({
        kind: 'status',
        license,
        order: { change: 'suspend', reason: '发现重大安全隐患', legalBasis: '医疗机构管理条例第三十一条' },
      });
    assert.equal(asked.status, 201, asked.text);
    waiting = String(asked.body.id);
  });
  after(() => service.stop());

  const formToken = async (cookie: string): Promise<string> => {
    const page = await request(service.url).get('/office/licenses').set('Cookie', cookie);
    return /name="formToken" value="([^"]+)"/.exec(page.text)?.[1] ?? 'none';
  };
  const send = (path: string, cookie: string, fields: Record<string, string>) =>
    request(service.url).post(path).set('Cookie', cookie).type('form').send(fields);
  /** Everything that a desk may change, as the rows stand. */
  const rows = async (): Promise<string> => {
    const { reader } = service.services.database;
    return JSON.stringify([
      await reader.selectFrom('license').selectAll().where('id', '=', license).execute(),
      await reader.selectFrom('license_event').selectAll().where('license', '=', license).execute(),
      await reader.selectFrom('license_change_request').selectAll().execute(),
    ]);
  };
  const forms = (): readonly (readonly [string, Record<string, string>])[] => {
    const words = { idempotencyKey: freshKey(), reason: '检查' };
    return [
      [`/office/licenses/${license}/changes`, { ...words, change: 'withdraw' }],
      [`/office/licenses/${license}/changes`, { ...words, change: 'suspend' }],
      [
        `/office/licenses/${license}/inspections`,
        { ...words, inspectedOn: new Date().toISOString().slice(0, 10), outcome: '合格' },
      ],
      [`/office/licenses/${license}/countermands`, { ...words, sequence: '1' }],
      [`/office/license-requests/${waiting}/approval`, {}],
      [`/office/license-requests/${waiting}/rejection`, { reason: '不同意' }],
    ];
  };

  it('tells another department’s officer nothing of a license, and lets it change nothing', async () => {
    const cookie = await signInAs(service, 'officer-civil-affairs');
    const token = await formToken(cookie);
    assert.notEqual(token, 'none', 'the officer has a desk');
    const before = await rows();
    for (const path of [`/office/licenses/${license}`, `/office/license-requests/${waiting}`]) {
      const seen = await request(service.url).get(path).set('Cookie', cookie);
      const absent = await request(service.url)
        .get(path.replace(/[0-9a-f]{32}/, '0'.repeat(32)))
        .set('Cookie', cookie);
      assert.deepEqual([seen.status, absent.status], [404, 404], path);
    }
    for (const [path, fields] of forms()) {
      const answer = await send(path, cookie, { ...fields, formToken: token });
      assert.equal(answer.status, 404, `${path}: ${answer.text.slice(0, 500)}`);
    }
    assert.equal(await rows(), before);
  });

  it('offers nothing that would be refused for a version that waits for its day', async () => {
    const own = bearer(service, 'health-commission');
    const sample = district.sampleLicenses(2026)['medical-institution'];
    assert.ok(sample);
    const { holder, face, matter } = sample;
    const versions = `/api/v1/licenses/${license}/versions`;
    const succession = {
      how: 'change',
      reason: '诊疗科目变更',
      legalBasis: '医疗机构管理条例第二十条',
      effectiveAt: new Date(Date.now() + 9 * 86_400_000).toISOString(),
    };
    const issued = await request(service.url)
      .post(versions)
      .set('Authorization', own)
      .set('Idempotency-Key', freshKey())
      .send({ number: sample.number, holder, face, matter: matter.code, succession });
    assert.equal(issued.status, 201, issued.text);
    const cookie = await signInAs(service, 'officer-health-commission');
    const page = (id: string) => request(service.url).get(`/office/licenses/${id}`).set('Cookie', cookie);
    const coming = await page(String(issued.body.id));
    assert.match(coming.text, /value="withdraw"/);
    assert.doesNotMatch(coming.text, /value="restore"/);
    assert.doesNotMatch(coming.text, /action="[^"]*\/countermands"/);
  });

  it('takes no form without the token of its own session, from nobody', async () => {
    const cookie = await signInAs(service, 'officer-health-commission');
    const foreign = await formToken(await signInAs(service, 'officer-civil-affairs'));
    const before = await rows();
    for (const token of ['', 'x', foreign]) {
      for (const [path, fields] of forms())
        assert.equal((await send(path, cookie, { ...fields, formToken: token })).status, 403, path);
    }
    for (const account of ['holder-1', 'enterprise-1']) {
      const other = await signInAs(service, account);
      for (const [path, fields] of forms())
        assert.equal(
          (await send(path, other, { ...fields, formToken: 'x' })).status,
          403,
          `${account} ${path}`,
        );
    }
    assert.equal(await rows(), before);
  });

  it('refuses fields that are none, and never fails', async () => {
    const cookie = await signInAs(service, 'officer-health-commission');
    const token = await formToken(cookie);
    const before = await rows();
    const changes = `/office/licenses/${license}/changes`;
    const inspections = `/office/licenses/${license}/inspections`;
    const today = new Date().toISOString().slice(0, 10);
    const wrong: readonly (readonly [string, Record<string, string>])[] = [
      [changes, { change: 'expire', reason: 'x' }],
      [changes, { change: 'withdraw', reason: ' ' }],
      [changes, { change: 'withdraw', reason: '长'.repeat(501) }],
      [changes, { change: 'withdraw', reason: 'a\u202eb' }],
      [changes, { change: 'withdraw', reason: 'x', effectiveOn: '9999-12-31' }],
      [changes, { change: 'withdraw', reason: 'x', effectiveOn: '0000-01-01' }],
      [changes, { change: 'withdraw', reason: 'x', effectiveOn: '2026-02-30' }],
      [changes, { change: 'withdraw', reason: 'x', legalBasis: '120105199001010012' }],
      [changes, { change: 'withdraw', reason: 'x', case: '案 件' }],
      [changes, { change: 'withdraw', reason: 'x', idempotencyKey: '键' }],
      [inspections, { inspectedOn: '9999-12-31', outcome: '合格', reason: 'x' }],
      [inspections, { inspectedOn: '0000-01-01', outcome: '合格', reason: 'x' }],
      [inspections, { inspectedOn: today, outcome: '不存在', reason: 'x' }],
      [`/office/licenses/${license}/countermands`, { sequence: '999999', reason: 'x' }],
      [`/office/licenses/${license}/countermands`, { sequence: '1e400', reason: 'x' }],
      [`/office/licenses/lic_${'0'.repeat(32)}/changes`, { change: 'withdraw', reason: 'x' }],
      [`/office/license-requests/lcr_${'0'.repeat(32)}/approval`, {}],
    ];
    for (const [path, fields] of wrong) {
      const answer = await send(path, cookie, { idempotencyKey: freshKey(), ...fields, formToken: token });
      assert.ok(
        answer.status >= 400 && answer.status < 500,
        `${answer.status} ${path} ${JSON.stringify(fields)}`,
      );
    }
    assert.equal(await rows(), before);
  });
});
