// Licenses, cases and their verification over HTTP.
import assert from 'node:assert/strict';
import request from 'supertest';
import { district } from '../../fixtures/district.ts';
import { foodBusinessLicense, publicPlaceLicense, seniorCitizenLicense } from '../../fixtures/licenses.ts';
import { startService, type Harness } from './harness.ts';
import { signInAs } from './sign-in.ts';
import { bearer, decisionPdf, freshKey, issue, licenseBody, licenses, officeSeal } from './samples.ts';

const enterprises = district.enterprises;
let serial = 100;
/** A food business license that no other test issues. */
function freshLicense() {
  serial += 1;
  const enterprise = enterprises[serial % enterprises.length];
  assert.ok(enterprise !== undefined);
  return foodBusinessLicense(enterprise, serial);
}

describe('licenses over HTTP', () => {
  let service: Harness;
  before(async () => (service = await startService()));
  after(() => service.stop());

  const get = (path: string, department: Parameters<typeof bearer>[1] = 'approval-office') =>
    request(service.url).get(path).set('Authorization', bearer(service, department));
  const post = (path: string, body: object, department: Parameters<typeof bearer>[1] = 'approval-office') =>
    request(service.url)
      .post(path)
      .set('Authorization', bearer(service, department))
      .set('Idempotency-Key', freshKey())
      .send(body);
  const verifyCode = (code: string) => request(service.url).post('/api/v1/verifications:code').send({ code });

  it('issues one, whose code and document verify, and which its departments can read', async () => {
    const response = await issue(service, licenseBody(licenses.food));
    assert.equal(response.status, 201, JSON.stringify(response.body));
    const { id, code, identifier, supervisor, documentUrl, codeUrl } = response.body as Record<
      string,
      string
    > & {
      supervisor: { name: string };
    };
    assert.match(identifier ?? '', /^1\.2\.156\.3005\.2\./);
    assert.equal(supervisor.name, '天津市河北区市场监督管理局（演示）');
    const verified = await verifyCode(code ?? '');
    assert.equal(verified.status, 200);
    assert.equal(verified.body.conclusion, 'TOTAL-PASSED', JSON.stringify(verified.body.rows));
    const file = await get(new URL(documentUrl ?? '').pathname);
    assert.equal(file.headers['content-type'], 'application/pdf');
    const report = await request(service.url)
      .post('/api/v1/verifications')
      .set('Content-Type', 'application/pdf')
      .send(file.body as Buffer);
    assert.equal(report.body.conclusion, 'TOTAL-PASSED', JSON.stringify(report.body.rows));
    const picture = await get(new URL(codeUrl ?? '').pathname);
    assert.equal(picture.headers['content-type'], 'image/svg+xml');
    const read = await get(`/api/v1/licenses/${String(id)}?purpose=test`);
    assert.equal(read.body.code, code);
    assert.ok((read.body.face as unknown[]).length >= 4);
    const supervised = await get(`/api/v1/licenses/${String(id)}`, 'market-supervision');
    assert.equal(supervised.status, 200, 'the supervising department may read');
    const foreign = await get(`/api/v1/licenses/${String(id)}`, 'civil-affairs');
    assert.deepEqual([foreign.status, foreign.body.code], [404, 'license-not-found']);
    const foreignFile = await get(`/api/v1/licenses/${String(id)}/document`, 'civil-affairs');
    assert.equal(foreignFile.status, 404);
  });

  it('answers a repeated request with the same license and refuses another one under its key', async () => {
    const key = freshKey();
    const body = licenseBody(freshLicense());
    const first = await issue(service, body, { key });
    const again = await issue(service, body, { key });
    assert.deepEqual([again.status, again.body.id], [201, first.body.id]);
    const other = await issue(service, licenseBody(freshLicense()), { key });
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency-mismatch']);
  });

  const food = licenseBody(foodBusinessLicense(enterprises[1]!, 77)) as Record<string, unknown>;
  const refusals: Record<
    string,
    { body: object; status: number; code: string; department?: 'civil-affairs' }
  > = {
    'an unknown type': { body: { ...food, type: 'driving' }, status: 404, code: 'type-not-found' },
    "another department's type": {
      body: food,
      status: 403,
      code: 'type-not-permitted',
      department: 'civil-affairs',
    },
    'a matter that does not lead to it': {
      body: { ...food, matter: 'YS1201052000071101000003' },
      status: 422,
      code: 'matter-not-permitted',
    },
    'a wrong check character': {
      body: { ...food, holder: { kind: 'enterprise', name: '天津演示', code: '91120105MA0000015J' } },
      status: 422,
      code: 'holder-invalid',
    },
    'a missing field of the face': { body: { ...food, face: {} }, status: 422, code: 'face-invalid' },
    'a field the type does not know': {
      body: { ...food, face: { ...(food['face'] as object), KZ_UNKNOWN: 'x' } },
      status: 422,
      code: 'face-invalid',
    },
    'a character the font lacks': {
      body: { ...food, holder: { kind: 'enterprise', name: '天津𠮷演示公司', code: '91120105MA0000023E' } },
      status: 422,
      code: 'glyph-missing',
    },
    'a first day from which no term can be counted': {
      body: { ...food, validity: { from: '9999-12-31' } },
      status: 422,
      code: 'validity-invalid',
    },
    'an unknown member': { body: { ...food, extra: 1 }, status: 400, code: 'request-invalid' },
    'a face that is a list': { body: { ...food, face: [] }, status: 400, code: 'request-invalid' },
    'no matter': { body: { ...food, matter: undefined }, status: 400, code: 'request-invalid' },
    'a list instead of an object': { body: [], status: 400, code: 'request-invalid' },
  };
  for (const [what, { body, status, code, department }] of Object.entries(refusals)) {
    it(`refuses ${what}`, async () => {
      const response = await issue(service, body, department === undefined ? {} : { department });
      assert.deepEqual([response.status, response.body.code], [status, code], JSON.stringify(response.body));
      assert.ok(!JSON.stringify(response.body).includes('91120105MA0000023E'), 'no number comes back');
    });
  }

  it('names every field that does not hold, and the character that no font has, without repeating a value', async () => {
    const face = { ...(food['face'] as Record<string, string>), KZ_FDDBR: ' 样本兰', KZ_ZTYT: '不存在' };
    const wrong = await issue(service, { ...food, face });
    assert.equal(wrong.body.code, 'face-invalid');
    const named = wrong.body.errors as { field: string; reason: string }[];
    assert.deepEqual(named.map(({ field }) => field).sort(), ['KZ_FDDBR', 'KZ_ZTYT']);
    assert.ok(!wrong.text.includes('样本兰') && !wrong.text.includes('不存在'));
    const holder = { kind: 'enterprise', name: '天津𠮷演示公司', code: '91120105MA0000023E' };
    const glyph = await issue(service, { ...food, holder });
    assert.equal(glyph.body.code, 'glyph-missing');
    assert.match(String(glyph.body.detail), /CZZT.*𠮷 \(U\+20BB7\)/);
  });

  it('refuses JSON that is none, too large, or of another type', async () => {
    const send = (text: string, type: string) =>
      request(service.url)
        .post('/api/v1/licenses')
        .set('Authorization', bearer(service))
        .set('Idempotency-Key', freshKey())
        .set('Content-Type', type)
        .send(text);
    assert.equal((await send('{"type":', 'application/json')).body.code, 'json-malformed');
    assert.equal(
      (await send('type=x', 'application/x-www-form-urlencoded')).body.code,
      'content-type-unsupported',
    );
    const large = await send(JSON.stringify({ type: 'x'.repeat(1_100_000) }), 'application/json');
    assert.deepEqual([large.status, large.body.code], [413, 'body-too-large']);
  });

  it('shows a change of status in verification at once', async () => {
    const { body } = await issue(service, licenseBody(freshLicense()));
    const { id, code } = body as { id: string; code: string };
    assert.equal((await verifyCode(code)).body.conclusion, 'TOTAL-PASSED');
    const revoked = await post(`/api/v1/licenses/${id}/status-changes`, {
      change: 'revoke',
      reason: '演示：严重违法',
      legalBasis: '食品安全法第一百二十四条',
    });
    assert.equal(revoked.status, 201, JSON.stringify(revoked.body));
    assert.equal(revoked.body.to, 'revoked');
    const after = await verifyCode(code);
    assert.deepEqual([after.body.conclusion, after.body.subIndication], ['TOTAL-FAILED', 'REVOKED']);
    const again = await post(`/api/v1/licenses/${id}/status-changes`, {
      change: 'suspend',
      reason: 'x',
      legalBasis: 'x',
    });
    assert.deepEqual([again.status, again.body.code], [409, 'transition-not-allowed']);
    const foreign = await post(
      `/api/v1/licenses/${id}/status-changes`,
      { change: 'cancel', reason: 'x', legalBasis: 'x' },
      'market-supervision',
    );
    assert.deepEqual([foreign.status, foreign.body.code], [404, 'license-not-found']);
    const unknown = await post(`/api/v1/licenses/${id}/status-changes`, {
      change: 'burn',
      reason: 'x',
      legalBasis: 'x',
    });
    assert.equal(unknown.status, 400);
  });

  it("finds a holder's licenses without a number in any address, masked and on record", async () => {
    const person = district.persons[2];
    assert.ok(person !== undefined);
    const card = seniorCitizenLicense(person, 2026, 41);
    const issued = await issue(service, licenseBody(card), { department: 'civil-affairs' });
    assert.equal(issued.status, 201, JSON.stringify(issued.body));
    const search = (department: Parameters<typeof bearer>[1], purpose: string) =>
      post(
        '/api/v1/licenses:search',
        { holder: { kind: 'resident', code: person.number }, purpose },
        department,
      );
    const found = await search('civil-affairs', '优待核对');
    assert.equal(found.status, 200);
    const [license] = (found.body as { licenses: { id: string; holder: { name: string; code: string } }[] })
      .licenses;
    assert.equal(license?.id, issued.body.id);
    assert.ok(license?.holder.name.includes('*') && license.holder.code.includes('*'));
    const other = await search('health-commission', 'x');
    assert.deepEqual(other.body, { licenses: [], next: null }, 'another department finds nothing');
    const without = await post('/api/v1/licenses:search', { purpose: 'x' }, 'civil-affairs');
    assert.equal(without.status, 400);
    const rows = await service.services.database.reader
      .selectFrom('audit_log')
      .selectAll()
      .where('action', '=', 'license.searched')
      .execute();
    assert.ok(rows.length >= 1);
    assert.ok(!JSON.stringify(rows).includes(person.number) && !JSON.stringify(rows).includes(person.name));
  });

  it('tells a holder the own name in the own list, and the own number masked', async () => {
    const person = district.persons[4];
    assert.ok(person !== undefined);
    const card = seniorCitizenLicense(person, 2026, 42);
    await issue(service, licenseBody(card), { department: 'civil-affairs' });
    const account = service.services.signIn.accounts.find(({ name }) => name === person.name);
    assert.ok(account !== undefined);
    const { text } = await request(service.url)
      .get('/my')
      .set('Cookie', await signInAs(service, account.key));
    const main = text.slice(text.indexOf('<main'));
    assert.ok(main.includes(person.name), 'the own name in full');
    assert.ok(!main.includes(person.number) && !main.includes(card.number), 'no number in full');
  });

  it('handles a case whole: decision and license together, and neither when one is refused', async () => {
    const { pdf, seal } = await decisionPdf();
    const license = publicPlaceLicense(enterprises[2]!, 2026, 55);
    const caseOf = (number: string, change: object = {}) => {
      const { matter, ...order } = licenseBody(license, { case: undefined, ...change }) as Record<
        string,
        unknown
      >;
      return {
        matter,
        case: number,
        decision: { seal: officeSeal, page: seal.page, x: seal.centreX, y: seal.centreY },
        licenses: [order],
      };
    };
    const send = (order: object) =>
      request(service.url)
        .post('/api/v1/cases')
        .set('Authorization', bearer(service))
        .set('Idempotency-Key', freshKey())
        .field('case', JSON.stringify(order))
        .attach('document', Buffer.from(pdf), 'decision.pdf');
    const refused = await send(caseOf('CASE-1', { face: {} }));
    assert.equal(refused.status, 422, JSON.stringify(refused.body));
    assert.equal((await get('/api/v1/cases/CASE-1')).status, 404, 'nothing of the refused case is in force');
    const handled = await send(caseOf('CASE-1'));
    assert.equal(handled.status, 201, JSON.stringify(handled.body));
    const read = await get('/api/v1/cases/CASE-1');
    assert.equal(read.body.decision.id, handled.body.decision.id);
    assert.equal(read.body.licenses[0].id, handled.body.licenses[0].id);
    assert.equal((await get('/api/v1/cases/CASE-1', 'market-supervision')).status, 404);
    const twice = await send(caseOf('CASE-1'));
    assert.ok(twice.status >= 400 && twice.status < 500, 'a case is handled once');
    const bad = await request(service.url)
      .post('/api/v1/cases')
      .set('Authorization', bearer(service))
      .set('Idempotency-Key', freshKey())
      .field('case', '{')
      .attach('document', Buffer.from(pdf), 'decision.pdf');
    assert.deepEqual([bad.status, bad.body.code], [400, 'request-invalid']);
  });

  it('leaves nothing of a case whose second license is refused: the first is as if it had never been', async () => {
    const { pdf, seal } = await decisionPdf();
    const [first, second] = [freshLicense(), freshLicense()];
    const orderOf = (license: typeof first, change: Readonly<Record<string, unknown>> = {}): object => {
      const { type, number, holder, face } = licenseBody(license, change) as Record<string, unknown>;
      return { type, number, holder, face };
    };
    const decision = { seal: officeSeal, page: seal.page, x: seal.centreX, y: seal.centreY };
    const send = (orders: readonly object[]) =>
      request(service.url)
        .post('/api/v1/cases')
        .set('Authorization', bearer(service))
        .set('Idempotency-Key', freshKey())
        .field(
          'case',
          JSON.stringify({ matter: first.matter.code, case: 'CASE-TWO', decision, licenses: orders }),
        )
        .attach('document', Buffer.from(pdf), 'decision.pdf');
    const inForce = async (): Promise<readonly number[]> => {
      const { reader } = service.services.database;
      const issued = await reader.selectFrom('license').select('id').where('state', '=', 'issued').execute();
      const made = await reader.selectFrom('stamp').select('id').where('state', '=', 'completed').execute();
      return [issued.length, made.length];
    };
    const before = await inForce();
    // What only the drawing of the page finds out, long after both were found to be well formed.
    const holder = { ...second.holder, name: '天津𠮷演示公司' };
    const refused = await send([orderOf(first), orderOf(second, { holder })]);
    assert.deepEqual([refused.status, refused.body.code], [422, 'glyph-missing'], refused.text);
    assert.deepEqual(await inForce(), before, 'no license and no stamp came into force');
    assert.equal((await get('/api/v1/cases/CASE-TWO')).status, 404);
    const found = await post('/api/v1/licenses:search', {
      holder: { kind: 'enterprise', code: first.holder.code },
      purpose: 'test',
    });
    const numbers = (found.body as { licenses: { number: string }[] }).licenses.map(({ number }) => number);
    assert.ok(!numbers.includes(first.number));
    const handled = await send([orderOf(first), orderOf(second)]);
    assert.equal(handled.status, 201, handled.text);
    assert.equal((handled.body as { licenses: unknown[] }).licenses.length, 2);
  });

  it('lists the types without their layout', async () => {
    const response = await request(service.url).get('/api/v1/license-types');
    const { types } = response.body as { types: Record<string, unknown>[] };
    assert.equal(types.length, 8);
    for (const type of types) assert.ok(!('template' in type) && 'fields' in type);
  });

  it('verifies what is tampered, unsigned, truncated or nothing, and says why', async () => {
    const { body } = await issue(service, licenseBody(freshLicense()));
    const code = String(body.code);
    const digit = code.at(-9) === '1' ? '2' : '1';
    const tampered = await verifyCode(code.slice(0, -9) + digit + code.slice(-8));
    assert.equal(tampered.body.conclusion, 'TOTAL-FAILED');
    assert.equal((await verifyCode('hello')).body.conclusion, 'TOTAL-FAILED');
    const upload = (bytes: Uint8Array, type = 'application/pdf') =>
      request(service.url).post('/api/v1/verifications').set('Content-Type', type).send(Buffer.from(bytes));
    const { pdf } = await decisionPdf();
    const unsigned = await upload(pdf);
    assert.equal(unsigned.status, 200);
    assert.notEqual(unsigned.body.conclusion, 'TOTAL-PASSED');
    const sealed = (await get(new URL(String(body.documentUrl)).pathname)).body as Buffer;
    const changed = Buffer.from(sealed);
    changed[2000] = (changed[2000] ?? 0) ^ 1;
    assert.notEqual((await upload(changed)).body.conclusion, 'TOTAL-PASSED');
    assert.notEqual((await upload(sealed.subarray(0, sealed.length - 3000))).body.conclusion, 'TOTAL-PASSED');
    assert.equal(
      (await upload(Buffer.from('nothing'), 'application/octet-stream')).body.conclusion,
      'TOTAL-FAILED',
    );
    const text = await upload(Buffer.from('x'), 'text/html');
    assert.deepEqual([text.status, text.body.code], [415, 'content-type-unsupported']);
  });

  it('gives a department a receipt for its case, and nobody else', async () => {
    const { pdf } = await decisionPdf();
    const ask = (authorization: string | null) => {
      const test = request(service.url).post('/api/v1/verifications');
      if (authorization !== null) void test.set('Authorization', authorization);
      return test
        .field('case', 'CASE-9')
        .field('matter', 'YS1201050100013101000001')
        .attach('document', Buffer.from(pdf), 'a.pdf');
    };
    const response = await ask(bearer(service));
    assert.equal(response.status, 200);
    const claims = JSON.parse(
      Buffer.from(String(response.body.receipt).split('.')[1] ?? '', 'base64url').toString(),
    );
    assert.equal(claims.case, 'CASE-9');
    assert.equal(claims.result.conclusion, response.body.conclusion);
    assert.equal((await ask(null)).status, 401);
  });
});
