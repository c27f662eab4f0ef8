// Our own APIs by tokens of the provider: scopes, audience, proof of possession, both names; API keys marked deprecated.
import assert from 'node:assert/strict';
import request from 'supertest';
import { operator } from '../../api/installation.ts';
import { district } from '../../fixtures/district.ts';
import { approvalOffice } from '../../fixtures/departments.ts';
import type { ClientSettingsInput } from '../../identity/provider/client.ts';
import { registerClient, setClientState } from '../../identity/provider/clients.ts';
import { clientKey, proofOf } from '../identity/provider/relying-party.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, stamp } from './samples.ts';
import { signInAs } from './sign-in.ts';

describe('tokens of the provider at our APIs', () => {
  let service: Harness;
  before(async () => {
    service = await startService();
  });
  after(() => service.stop());

  async function system(change: ClientSettingsInput = {}): Promise<{ id: string; basic: string }> {
    const { client, secret } = await registerClient(service.services.providerParts, operator, {
      name: '审批系统',
      englishName: 'Approval system',
      department: approvalOffice.creditCode,
      settings: {
        kind: 'system',
        grants: ['system'],
        apiScopes: ['seals:read', 'stamps:write', 'stamps:read'],
        ...change,
      },
    });
    return {
      id: client.id,
      basic: `Basic ${Buffer.from(`${client.id}:${secret ?? ''}`).toString('base64')}`,
    };
  }

  async function token(basic: string, scope: string, headers: Record<string, string> = {}): Promise<string> {
    const answer = await request(service.url)
      .post('/oidc/token')
      .set({ Authorization: basic, ...headers })
      .type('form')
      .send({ grant_type: 'client_credentials', scope });
    assert.equal(answer.status, 200, answer.text);
    return String(answer.body.access_token);
  }

  const seals = (authorization: string, headers: Record<string, string> = {}): request.Test =>
    request(service.url)
      .get('/api/v1/seals')
      .set({ Authorization: authorization, ...headers });

  it('an approval system authenticates as a client and does what its scopes say', async () => {
    const { id, basic } = await system();
    const access = await token(basic, 'seals:read stamps:write');
    const answer = await seals(`Bearer ${access}`);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(answer.body.seals.length > 0, 'the seals of its department');
    assert.equal(answer.headers['deprecation'], undefined);
    const refused = await request(service.url)
      .post('/api/v1/licenses:search')
      .set('Authorization', `Bearer ${access}`)
      .send({ purpose: 'x', holder: { kind: 'resident', code: 'x' } });
    assert.deepEqual([refused.status, refused.body.code], [403, 'scope-missing']);
    const stamped = await stamp(service, { authorization: `Bearer ${access}` });
    assert.equal(stamped.status, 201, stamped.text);
    const row = await service.services.database.reader
      .selectFrom('audit_log')
      .select('actor')
      .where('action', '=', 'stamp.completed')
      .orderBy('at', 'desc')
      .executeTakeFirstOrThrow();
    assert.ok(row.actor.includes(`client:${id}`), row.actor);
  });

  it('gives no scope that a client was not registered with', async () => {
    const { basic } = await system({ apiScopes: ['seals:read'] });
    const answer = await request(service.url)
      .post('/oidc/token')
      .set('Authorization', basic)
      .type('form')
      .send({ grant_type: 'client_credentials', scope: 'seals:read stamps:write' });
    if (answer.status === 200) assert.equal(answer.body.scope, 'seals:read');
    else assert.equal(answer.body.error, 'invalid_scope');
  });

  it('refuses what is no token, one that was revoked, and one whose client is disabled', async () => {
    for (const text of [
      'x',
      'a'.repeat(43),
      'a'.repeat(4000),
      '../../etc/passwd',
      'eyJhbGciOiJub25lIn0.e30.',
    ]) {
      const answer = await seals(`Bearer ${text}`);
      assert.deepEqual([answer.status, answer.body.code], [401, 'token-refused'], text.slice(0, 20));
      assert.match(String(answer.headers['www-authenticate']), /Bearer realm.*DPoP/s);
    }
    assert.equal((await seals('Basic abc')).status, 401);
    const { id, basic } = await system();
    const access = await token(basic, 'seals:read');
    await request(service.url)
      .post('/oidc/token/revocation')
      .set('Authorization', basic)
      .type('form')
      .send({ token: access });
    assert.equal((await seals(`Bearer ${access}`)).status, 401);
    const other = await token(basic, 'seals:read');
    await setClientState(service.services.providerParts, operator, id, 'disabled');
    assert.equal((await seals(`Bearer ${other}`)).status, 401);
  });

  it('a bound token needs its key for this very request', async () => {
    const key = await clientKey();
    const { basic } = await system({ dpop: true });
    const access = await token(basic, 'seals:read', {
      dpop: await proofOf(key, 'POST', `${service.url}/oidc/token`),
    });
    const address = `${service.url}/api/v1/seals`;
    const proof = (method = 'GET', at = address, of = access): Promise<string> =>
      proofOf(key, method, at, { token: of });
    const good = await proof();
    assert.equal((await seals(`DPoP ${access}`, { dpop: good })).status, 200);
    const refused: Readonly<Record<string, Record<string, string>>> = {
      'used before': { dpop: good },
      'no proof': {},
      'of another method': { dpop: await proof('POST') },
      'of another address': { dpop: await proof('GET', `${service.url}/api/v1/stamps`) },
      'of another token': { dpop: await proof('GET', address, 'other') },
      'of another key': { dpop: await proofOf(await clientKey(), 'GET', address, { token: access }) },
      'no JWT': { dpop: 'x.y.z' },
      'without the token': { dpop: await proofOf(key, 'GET', address) },
    };
    for (const [what, headers] of Object.entries(refused)) {
      const answer = await seals(`DPoP ${access}`, headers);
      assert.deepEqual([answer.status, answer.body.code], [401, 'proof-refused'], what);
    }
    assert.equal((await seals(`Bearer ${access}`)).status, 401);
  });

  it('API keys go on for one release, and every answer says that they will not for ever', async () => {
    const answer = await seals(bearer(service));
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers['deprecation']), /^@\d+$/);
    assert.match(String(answer.headers['link']), /rel="deprecation"/);
  });

  it('an enterprise’s session acts under both names, and within the enterprise’s rights alone', async () => {
    const cookie = await signInAs(service, 'enterprise-1');
    const page = await request(service.url).get('/my').set('Cookie', cookie);
    assert.equal(page.status, 200);
    const row = await service.services.database.reader
      .selectFrom('login_session')
      .select(['account', 'acting_for'])
      .where('acting_for', 'is not', null)
      .executeTakeFirstOrThrow();
    assert.match(row.account, /^acc_/);
    assert.match(row.acting_for ?? '', /^rep_/);
    assert.equal((await request(service.url).get('/my/data').set('Cookie', cookie)).status, 200);
    assert.equal((await request(service.url).get('/office').set('Cookie', cookie)).status, 403);
    const text = (await request(service.url).get('/my/sessions').set('Cookie', cookie)).text;
    const formToken = /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? '';
    await request(service.url).post('/sign-out').set('Cookie', cookie).type('form').send({ formToken });
    const ended = await service.services.database.reader
      .selectFrom('audit_log')
      .select(['actor', 'details'])
      .where('action', '=', 'session.ended')
      .executeTakeFirstOrThrow();
    const { creditCode } = district.enterprises[0]!;
    assert.ok(ended.actor.startsWith('person:psn_') && ended.details.includes(creditCode), ended.details);
  });

  it('the session ends for the page the moment the login does', async () => {
    const cookie = await signInAs(service, 'holder-2');
    const row = await service.services.database.reader
      .selectFrom('login_session')
      .select('account')
      .where('ended_at', 'is', null)
      .orderBy('auth_time', 'desc')
      .executeTakeFirstOrThrow();
    await service.services.database.write((tx) =>
      service.services.events.accountEnded(tx, row.account, 'locked'),
    );
    assert.equal(
      (await request(service.url).get('/my').set('Cookie', cookie).set('Accept', 'text/html')).status,
      401,
    );
  });
});
