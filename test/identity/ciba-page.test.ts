// The page on which a request of the back channel is approved: what it is used for is read there, since approving is consenting.
import assert from 'node:assert/strict';
import { requirePurpose } from '../../identity/purposes.ts';
import { registerClient } from '../../identity/provider/clients.ts';
import { pairwiseSubject, rememberSubject } from '../../identity/provider/pairwise.ts';
import { startService, type Harness } from '../api/harness.ts';
import { Visitor } from './login/visitor.ts';
import { operator, testDepartment } from './provider/harness.ts';
import { byKey, clientKey, post } from './provider/relying-party.ts';

describe('requests of the back channel on their page', function () {
  this.timeout(60_000);
  let service: Harness;
  before(async () => {
    service = await startService();
  });
  after(() => service.stop());

  it('show the notices of their client’s purposes, and of no others', async () => {
    const { services } = service;
    const account = services.login.demonstrationAccounts[0]?.account ?? '';
    const key = await clientKey();
    const { client } = await registerClient(services.providerParts, operator, {
      name: '自助终端',
      englishName: 'Terminal',
      department: testDepartment,
      settings: {
        grants: ['ciba'],
        authentication: 'private_key_jwt',
        jwks: { keys: [{ ...key.jwk, kty: 'EC' }] },
        purposes: ['licenses'],
      },
    });
    const sector = `${client.id.replaceAll('_', '-')}.client.invalid`;
    await rememberSubject(services.providerParts, sector, account);
    const asked = await post(service, '/backchannel', {
      scope: 'openid profile',
      login_hint: pairwiseSubject(services.providerParts, sector, account),
      ...(await byKey(client.id, key, `${services.address}/oidc`)),
    });
    assert.equal(asked.status, 200, JSON.stringify(asked.body));
    const visitor = new Visitor(service);
    await visitor.demonstrate(account);
    const page = await visitor.go('/my/sessions');
    assert.match(page.text, /自助终端/);
    const shown = await requirePurpose(services.database, 'licenses');
    const other = await requirePurpose(services.database, 'mandates');
    assert.ok(page.text.includes(shown.notice));
    assert.ok(!page.text.includes(other.notice));
  });
});
