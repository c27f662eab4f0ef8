// Pages over HTTP: who sees what, forms with their tokens, and nothing of the demonstration outside it.
import assert from 'node:assert/strict';
import request from 'supertest';
import { districtAccounts } from './accounts.ts';
import { startService, type Harness } from './harness.ts';
import { signInAs } from './sign-in.ts';
import { decisionPdf, issue, licenseBody, licenses, stamp } from './samples.ts';

describe('pages', () => {
  let service: Harness;
  let foodId: string;
  let foodCode: string;
  before(async () => {
    service = await startService();
    const { body } = await issue(service, licenseBody(licenses.food));
    foodId = String(body.id);
    foodCode = String(body.code);
    await issue(service, licenseBody(licenses.senior), { department: 'civil-affairs' });
    await stamp(service);
  });
  after(() => service.stop());

  const page = (path: string, cookie = '') =>
    request(service.url).get(path).set('Accept', 'text/html').set('Cookie', cookie);
  const form = (path: string, fields: Record<string, string>, cookie: string) =>
    request(service.url)
      .post(path)
      .set('Accept', 'text/html')
      .set('Cookie', cookie)
      .type('form')
      .send(fields);
  const tokenIn = (text: string): string => /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const cookieOf = (response: request.Response, name: string): string => {
    const all = response.headers['set-cookie'] as unknown as string[] | undefined;
    return all?.find((each) => each.startsWith(`${name}=`))?.split(';', 1)[0] ?? '';
  };

  /** Signs in at the provider as a person does. */
  const signedIn = (choice: string): Promise<string> => signInAs(service, choice);

  it('serves the public pages with the demonstration notice', async () => {
    for (const path of ['/', '/v', '/verify', '/docs']) {
      const response = await page(path);
      assert.equal(response.status, 200, path);
      assert.match(response.headers['content-type'] ?? '', /^text\/html/);
      assert.match(response.text, /演示系统/);
    }
    const { text } = await page('/v');
    assert.match(text, /data-operator-keys="[A-Za-z0-9+/=]{80,}/);
  });

  it('shows a problem as a page to people', async () => {
    const response = await page('/nothing');
    assert.equal(response.status, 404);
    assert.match(response.headers['content-type'] ?? '', /^text\/html/);
    const closed = await page('/my');
    assert.equal(closed.status, 401);
    assert.match(closed.text, /\/sign-in/);
  });

  it('verifies without scripts: file and code', async () => {
    const { pdf } = await decisionPdf();
    const file = await request(service.url).post('/verify').attach('document', Buffer.from(pdf), 'a.pdf');
    assert.equal(file.status, 200);
    assert.match(file.text, /验证报告/);
    const code = await form('/verify/code', { code: foodCode }, '');
    assert.equal(code.status, 200);
    assert.match(code.text, /食品经营许可证/);
  });

  it('shows a resident and an enterprise their own licenses and no others', async () => {
    const resident = await signedIn(districtAccounts.holderOfSeniorCard);
    const own = await page('/my', resident);
    assert.match(own.text, /老年人优待证/);
    assert.ok(!own.text.includes('食品经营许可证'));
    assert.equal((await page(`/licenses/${foodId}`, resident)).status, 404);
    assert.equal((await page(`/api/v1/licenses/${foodId}/document`, resident)).status, 404);

    const enterprise = await signedIn(districtAccounts.foodEnterprise);
    assert.match((await page('/my', enterprise)).text, /食品经营许可证/);
    const shown = await page(`/licenses/${foodId}`, enterprise);
    assert.equal(shown.status, 200);
    assert.ok(!shown.text.includes('/status-changes'), 'a holder changes nothing');
    assert.equal((await page(`/api/v1/licenses/${foodId}/document`, enterprise)).status, 200);
    assert.equal((await page(`/api/v1/licenses/${foodId}/code.svg`, enterprise)).status, 200);
    assert.equal((await page('/office', enterprise)).status, 403);
  });

  it("shows an officer the own department's office, and lets them change a status once", async () => {
    const officer = await signedIn('officer-approval-office');
    const office = await page('/office', officer);
    assert.equal(office.status, 200);
    assert.match(office.text, /12010500000001/);
    assert.match(office.text, /\/api\/v1\/stamps\/stp_/);
    assert.match(office.text, /食品经营许可（新办）/, 'a matter by its name');
    assert.match(office.text, /近期用印/);
    const other = await signedIn('officer-health-commission');
    assert.equal((await page(`/licenses/${foodId}`, other)).status, 404);

    const shown = await page(`/licenses/${foodId}`, officer);
    const fields = {
      formToken: tokenIn(shown.text),
      idempotencyKey: /name="idempotencyKey" value="([^"]+)"/.exec(shown.text)?.[1] ?? '',
      change: 'suspend',
      reason: '演示：停业整顿',
    };
    const path = `/licenses/${foodId}/status-changes`;
    for (const wrong of ['', 'x'.repeat(43)]) {
      const refused = await form(path, { ...fields, formToken: wrong }, officer);
      assert.equal(refused.status, 403, 'without its token a form does nothing');
    }
    assert.equal((await form(path, fields, '')).status, 401);
    const changed = await form(path, fields, officer);
    assert.deepEqual([changed.status, changed.headers['location']], [303, `/licenses/${foodId}`]);
    assert.equal((await form(path, fields, officer)).status, 303, 'sent twice, it acts once');
    const report = await request(service.url).post('/api/v1/verifications:code').send({ code: foodCode });
    assert.notEqual(report.body.conclusion, 'TOTAL-PASSED');
    assert.match((await page(`/licenses/${foodId}`, officer)).text, /停业整顿/);
  });

  it('takes a session on the interface only with its token where something changes', async () => {
    const officer = await signedIn('officer-approval-office');
    const read = await request(service.url).get('/api/v1/seals').set('Cookie', officer);
    assert.equal(read.status, 200);
    const write = await request(service.url)
      .post(`/api/v1/licenses/${foodId}/status-changes`)
      .set('Cookie', officer)
      .set('Idempotency-Key', 'cross-site')
      .send({ change: 'cancel', reason: 'x', legalBasis: 'x' });
    assert.deepEqual([write.status, write.body.code], [403, 'csrf-refused']);
    const verify = await request(service.url)
      .post('/api/v1/verifications:code')
      .set('Cookie', officer)
      .send({ code: foodCode });
    assert.equal(verify.status, 200, 'what anybody may do, a signed-in browser may too');
  });

  it('signs out', async () => {
    const cookie = await signedIn('officer-approval-office');
    const { text } = await page('/', cookie);
    assert.equal((await form('/sign-out', { formToken: 'x' }, cookie)).status, 403);
    assert.equal((await form('/sign-out', { formToken: tokenIn(text) }, cookie)).status, 303);
    assert.equal((await page('/office', cookie)).status, 401);
  });

  it('leaves for the provider with everything a request needs, bound to this browser', async () => {
    const left = await page('/sign-in?returnTo=https://evil.example/&level=3');
    assert.equal(left.status, 303);
    const flags = (left.headers['set-cookie'] as unknown as string[]).join();
    assert.match(flags, /HttpOnly/);
    assert.match(flags, /SameSite=Lax/);
    const to = new URL(left.headers['location'] ?? '');
    assert.equal(to.pathname, '/oidc/auth');
    assert.equal(to.searchParams.get('acr_values'), 'urn:gov:loa:3');
    assert.equal(to.searchParams.get('code_challenge_method'), 'S256');
    assert.equal(`yinxin_sign_in=${to.searchParams.get('state')}`, cookieOf(left, 'yinxin_sign_in'));
    assert.ok(!left.headers['location']?.includes('evil'));
  });

  it('opens nothing for what comes back to another browser, twice, or was never begun', async () => {
    const left = await page('/sign-in');
    const state = new URL(left.headers['location'] ?? '').searchParams.get('state') ?? '';
    const back = `/sign-in/return?code=x&state=${state}&iss=${encodeURIComponent(`${service.services.address}/oidc`)}`;
    assert.equal((await page(back)).status, 401, 'no cookie');
    assert.equal((await page(back, 'yinxin_sign_in=other')).status, 401, 'of another sign-in');
    const cookie = cookieOf(left, 'yinxin_sign_in');
    assert.equal((await page(back, cookie)).status, 401, 'a code of nobody');
    assert.equal((await page(back, cookie)).status, 401, 'taken once');
  });

  it('serves styles and scripts with validators, and nothing beside them', async () => {
    const first = await request(service.url).get('/assets/style.css');
    if (first.status === 404) return; // Not built: `npm test` builds first.
    assert.match(first.headers['content-type'] ?? '', /text\/css/);
    const again = await request(service.url)
      .get('/assets/style.css')
      .set('If-None-Match', first.headers['etag'] ?? '');
    assert.equal(again.status, 304);
    for (const path of ['/assets/../package.json', '/assets/%2e%2e/package.json', '/assets/']) {
      assert.equal((await request(service.url).get(path)).status, 404, path);
    }
  });
});
