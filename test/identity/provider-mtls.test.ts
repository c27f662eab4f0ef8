// Mutual TLS at the provider: TLS ends in this very process, and tokens are bound to the certificate that was shown.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, importX509 } from 'jose';
import { principalOfToken } from '../../identity/provider/tokens.ts';
import { requireProgram } from '../programs.ts';
import { startProvider, type ProviderHarness } from './provider/harness.ts';

describe('mutual TLS at the provider', () => {
  let harness: ProviderHarness;
  before(async () => {
    harness = await startProvider();
  });
  after(() => harness.stop());

  it('mutual TLS: the certificate authenticates the client, and its tokens are worth nothing without it', async function () {
    const openssl = requireProgram(this, 'openssl');
    const folder = mkdtempSync(join(tmpdir(), 'yinxin-mtls-'));
    try {
      const make = (name: string): { key: string; cert: string } => {
        execFileSync(openssl, ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)], { stdio: 'ignore' }); // prettier-ignore
        return {
          key: readFileSync(join(folder, `${name}.key`), 'utf8'),
          cert: readFileSync(join(folder, `${name}.pem`), 'utf8'),
        };
      };
      const [server, own, other] = [make('server'), make('client'), make('other')];
      const x5c = [new X509Certificate(own.cert).raw.toString('base64')];
      const jwk = { ...(await exportJWK(await importX509(own.cert, 'ES256', { extractable: true }))), x5c };
      const client = await harness.client({
        grants: ['system'],
        kind: 'system',
        authentication: 'self_signed_tls_client_auth',
        jwks: { keys: [{ ...jwk, kty: 'EC' }] },
        apiScopes: ['stamps:read'],
        mtls: true,
      });
      // TLS ends at this very process, as it does in production.
      const secure = createServer(
        { ...server, requestCert: true, rejectUnauthorized: false },
        (request, response) => {
          request.url = (request.url ?? '').replace(/^\/oidc/, '');
          request.headers['x-forwarded-host'] = new URL(harness.url).host;
          request.headers['x-forwarded-proto'] = 'http';
          void harness.provider.handle(request, response);
        },
      );
      await new Promise<void>((done) => secure.listen(0, '127.0.0.1', done));
      const { port } = secure.address() as AddressInfo;
      const send = (
        path: string,
        fields: Record<string, string>,
        shown: { key: string; cert: string } | null,
      ): Promise<{ status: number; body: Record<string, unknown> }> =>
        new Promise((resolve, reject) => {
          const sending = httpsRequest(
            {
              host: '127.0.0.1',
              port,
              path: `/oidc${path}`,
              method: 'POST',
              rejectUnauthorized: false,
              agent: false,
              ...(shown ?? {}),
              headers: { 'content-type': 'application/x-www-form-urlencoded' },
            },
            (response) => {
              let text = '';
              response.on('data', (chunk: Buffer) => (text += chunk.toString()));
              response.on('end', () =>
                resolve({
                  status: response.statusCode ?? 0,
                  body: JSON.parse(text || '{}') as Record<string, unknown>,
                }),
              );
            },
          );
          sending.on('error', reject);
          sending.end(new URLSearchParams({ client_id: client.id, ...fields }).toString());
        });
      try {
        const ask = { grant_type: 'client_credentials', scope: 'stamps:read' };
        assert.equal((await send('/token', ask, null)).status, 401);
        assert.equal((await send('/token', ask, other)).status, 401);
        const given = await send('/token', ask, own);
        assert.equal(given.status, 200, JSON.stringify(given.body));
        const facts = await send('/token/introspection', { token: String(given.body['access_token']) }, own);
        assert.ok((facts.body['cnf'] as Record<string, string>)['x5t#S256']);
        const show = (certificate: Uint8Array | null): Promise<unknown> =>
          principalOfToken(harness.parts, harness.provider.current(), {
            scheme: 'bearer', token: String(given.body['access_token']), proof: null, method: 'GET', address: harness.url, certificate,
          }); // prettier-ignore
        assert.ok(await show(new Uint8Array(new X509Certificate(own.cert).raw)));
        await assert.rejects(show(new Uint8Array(new X509Certificate(other.cert).raw)), {
          code: 'proof-refused',
        });
        await assert.rejects(show(null), { code: 'proof-refused' });
      } finally {
        secure.close();
        secure.closeAllConnections();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
