// What an attacker with a key, a session or a form tries: other scopes, hostile words, forged forms.
import assert from 'node:assert/strict';
import request from 'supertest';
import { operator } from '../../api/installation.ts';
import { createApiKey } from '../../identity/api-keys.ts';
import type { Scope } from '../../identity/principal.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import { startService, type Harness } from './harness.ts';
import { signInAs } from './sign-in.ts';
import { bearer, decisionPdf, freshKey, issue, licenseBody, licenses, officeSeal, stamp } from './samples.ts';

const approvalOffice = '11120105000123457H';
const civilAffairs = '11120105MB00000350';

describe('attacks on the interface', () => {
  let service: Harness;
  let food: string;
  let senior: { id: string; stamp: string };
  before(async () => {
    service = await startService();
    food = String((await issue(service, licenseBody(licenses.food))).body.id);
    const { body } = await issue(service, licenseBody(licenses.senior), { department: 'civil-affairs' });
    senior = { id: String(body.id), stamp: String(body.stamp) };
  });
  after(() => service.stop());

  async function keyWith(department: string, ...scopes: Scope[]): Promise<string> {
    const { key } = await createApiKey(service.services, operator, { department, scopes, label: 'test' });
    return `Bearer ${key}`;
  }
  const get = (path: string, authorization: string) =>
    request(service.url).get(path).set('Authorization', authorization);
  const change = (body: object, key = freshKey()) =>
    request(service.url)
      .post(`/api/v1/licenses/${food}/status-changes`)
      .set('Authorization', bearer(service))
      .set('Idempotency-Key', key)
      .send({ change: 'suspend', reason: '理由', legalBasis: '行政许可法第七十条', ...body });

  it("gives a license's page by its stamp only to who may read licenses, and notes whose license it was", async () => {
    const path = `/api/v1/stamps/${senior.stamp}/document`;
    const stampsOnly = await get(path, await keyWith(civilAffairs, 'stamps:read', 'stamps:write'));
    assert.deepEqual([stampsOnly.status, stampsOnly.body.code], [403, 'scope-missing']);
    const reader = await keyWith(civilAffairs, 'stamps:read', 'licenses:read');
    const unsaid = await get(path, reader);
    assert.deepEqual(
      [unsaid.status, unsaid.body.code],
      [422, 'purpose-missing'],
      'another client says what for',
    );
    const both = await get(`${path}?purpose=test`, reader);
    assert.equal(both.status, 200);
    assert.equal(both.headers['content-type'], 'application/pdf');
    const disclosed = await service.services.database.reader
      .selectFrom('audit_log')
      .select('subject')
      .where('action', '=', 'document.disclosed')
      .orderBy('sequence', 'desc')
      .executeTakeFirst();
    assert.equal(disclosed?.subject, senior.id);
    const decision = await stamp(service);
    const own = await keyWith(approvalOffice, 'stamps:read');
    assert.equal((await get(`/api/v1/stamps/${String(decision.body.id)}/document`, own)).status, 200);
  });

  it('answers each scope with its own calls and no others', async () => {
    const calls: readonly [path: string, ...scopes: Scope[]][] = [
      [`/api/v1/licenses/${senior.id}`, 'licenses:read'],
      [`/api/v1/licenses/${senior.id}/document?purpose=test`, 'licenses:read'],
      [`/api/v1/licenses/${senior.id}/code.svg`, 'licenses:read'],
      [`/api/v1/stamps/${senior.stamp}`, 'stamps:read', 'stamps:write'],
      ['/api/v1/cases/NONE', 'cases:read', 'cases:write'],
      ['/api/v1/seals', 'seals:read', 'stamps:write'],
    ];
    const all: readonly Scope[] = [
      'seals:read',
      'stamps:write',
      'stamps:read',
      'licenses:write',
      'licenses:read',
      'licenses:search',
      'licenses:status',
      'cases:write',
      'cases:read',
      'verifications:write',
    ];
    for (const scope of all) {
      const key = await keyWith(civilAffairs, scope);
      for (const [path, ...enough] of calls) {
        const { status } = await get(path, key);
        const wanted = !enough.includes(scope) ? 403 : path.includes('NONE') ? 404 : 200;
        assert.equal(status, wanted, `${scope} ${path}`);
      }
    }
  });

  for (const [what, text] of [
    ['NUL', 'a\u0000b'],
    ['half of a surrogate pair', 'a\ud800b'],
    ['a right-to-left override', 'a\u202eb'],
    ['an escape', 'a\u001b[2Jb'],
  ] as const) {
    it(`refuses ${what} in a purpose, a reason and a legal basis`, async () => {
      for (const field of ['reason', 'legalBasis']) {
        const response = await change({ [field]: text });
        assert.deepEqual([response.status, response.body.code], [422, 'change-invalid'], field);
      }
      const search = await request(service.url)
        .post('/api/v1/licenses:search')
        .set('Authorization', bearer(service))
        .send({ holder: { kind: 'enterprise', code: licenses.food.holder.code }, purpose: text });
      assert.deepEqual([search.status, search.body.code], [422, 'purpose-missing']);
      const query = encodeURIComponent(text.replace('\ud800', '\u0007'));
      for (const path of ['', '/document', '/code.svg']) {
        const response = await get(`/api/v1/licenses/${food}${path}?purpose=${query}`, bearer(service));
        assert.deepEqual([response.status, response.body.code], [422, 'purpose-missing'], path);
      }
    });
  }

  it("keeps a resident's number out of the audit log also where a caller writes it into free words", async () => {
    const { code } = licenses.senior.holder;
    const read = await get(
      `/api/v1/licenses/${food}?purpose=${encodeURIComponent(`为${code}办理`)}`,
      bearer(service),
    );
    assert.equal(read.status, 200);
    assert.equal((await change({ legalBasis: code })).status, 422);
    const rows = await service.services.database.reader.selectFrom('audit_log').select('details').execute();
    const text = rows.map(({ details }) => details).join('\n');
    assert.ok(!text.includes(code));
    assert.match(text, /为1201\*{10}\d{3}[\dX]办理/);
    assert.equal((await verifyAuditChain(service.services.database.reader)).intact, true);
  });

  it('takes a reason of several lines', async () => {
    assert.equal((await change({ reason: '第一\r\n第二' })).status, 201);
    assert.equal((await change({ change: 'restore' })).status, 201);
  });

  for (const [x, y] of [
    ['', '50'],
    ['0x20', '50'],
    ['1e1', '50'],
    [' 50', '50'],
    ['Infinity', '50'],
  ] as const) {
    it(`refuses ${JSON.stringify(x)} as a place`, async () => {
      const response = await stamp(service, { fields: { seal: officeSeal, x, y } });
      assert.deepEqual([response.status, response.body.code], [400, 'request-invalid']);
    });
  }

  it('refuses a form token of other bytes and the same length, and sends no foreign cookie back', async () => {
    const cookie = await signInAs(service, 'holder-1');
    const leave = (formToken: string) =>
      request(service.url).post('/sign-out').set('Cookie', cookie).type('form').send({ formToken });
    const refused = await leave('印'.repeat(43));
    assert.deepEqual([refused.status, refused.body.code], [403, 'csrf-refused']);
    assert.equal((await leave('')).status, 403);
    const planted = await request(service.url).get('/sign-in').set('Cookie', 'yinxin_sign_in=planted"><b>');
    assert.ok(!planted.text.includes('planted'));
    assert.ok(!String(planted.headers['set-cookie']).includes('planted'));
  });

  it('still stamps after all of it', async () => {
    assert.equal((await stamp(service, { document: (await decisionPdf()).pdf })).status, 201);
  });
});
