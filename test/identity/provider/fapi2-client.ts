// A client under the FAPI 2.0 profile by hand: pushed requests, assertions, proofs, each of which a test may spoil.
import assert from 'node:assert/strict';
import { clientSource } from '../../../identity/provider/client-source.ts';
import type { ClientSettingsInput } from '../../../identity/provider/client.ts';
import { recordAdapter } from '../../../identity/provider/records.ts';
import { Browser, type Seen } from './browser.ts';
import type { ProviderHarness } from './harness.ts';
import {
  authorization,
  authorized,
  byKey,
  clientKey,
  post,
  proofOf,
  redirectUri,
  type ClientKey,
  type TokenAnswer,
} from './relying-party.ts';

export interface CodeInHand {
  readonly code: string;
  readonly verifier: string;
}

export class Fapi2Client {
  readonly harness: ProviderHarness;
  readonly id: string;
  readonly key: ClientKey;
  /** What its tokens are bound to. */
  readonly proof: ClientKey;

  private constructor(harness: ProviderHarness, id: string, key: ClientKey, proof: ClientKey) {
    this.harness = harness;
    this.id = id;
    this.key = key;
    this.proof = proof;
  }

  /** Registers one. @param more - keys besides its own, and settings */
  static async register(
    harness: ProviderHarness,
    more: { readonly keys?: readonly ClientKey[]; readonly settings?: ClientSettingsInput } = {},
  ): Promise<Fapi2Client> {
    const key = await clientKey();
    const keys = [key, ...(more.keys ?? [])].map(({ jwk }) => jwk as { kty: 'EC' });
    const { id } = await harness.client({
      redirectUris: [redirectUri],
      authentication: 'private_key_jwt',
      jwks: { keys },
      fapi2: true,
      dpop: true,
      ...more.settings,
    });
    return new Fapi2Client(harness, id, key, await clientKey());
  }

  get issuer(): string {
    return this.harness.issuer;
  }

  /** The parameters of a request; null leaves one out. */
  parameters(change: Readonly<Record<string, string | null>> = {}): {
    readonly fields: Record<string, string>;
    readonly verifier: string;
    readonly state: string;
  } {
    const started = authorization(this.harness, { id: this.id }, change);
    const fields = Object.fromEntries(new URL(started.address).searchParams);
    return { fields, verifier: started.verifier, state: started.state };
  }

  async authenticated(): Promise<Record<string, string>> {
    return byKey(this.id, this.key, this.issuer);
  }

  async push(
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TokenAnswer> {
    return post(this.harness, '/request', { ...fields, ...(await this.authenticated()) }, headers);
  }

  /** Pushes a request. @returns its `request_uri` */
  async pushed(
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { status, body } = await this.push(fields, headers);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['request_uri']);
  }

  address(requestUri: string, more: Readonly<Record<string, string>> = {}): string {
    const url = new URL(`${this.harness.url}/oidc/auth`);
    url.search = new URLSearchParams({ client_id: this.id, request_uri: requestUri, ...more }).toString();
    return url.href;
  }

  /** Goes where a pushed request leads. @returns what came back to the client */
  async visit(
    requestUri: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly seen: Seen; readonly answer: URLSearchParams }> {
    return authorized(new Browser(), { address: this.address(requestUri, more) });
  }

  /** A code, by a request that holds. */
  async code(
    change: Readonly<Record<string, string | null>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<CodeInHand> {
    const { fields, verifier } = this.parameters(change);
    const { answer } = await this.visit(await this.pushed(fields, headers));
    const code = answer.get('code');
    assert.ok(code !== null, answer.toString());
    return { code, verifier };
  }

  tokenProof(key: ClientKey = this.proof, more: Parameters<typeof proofOf>[3] = {}): Promise<string> {
    return proofOf(key, 'POST', `${this.issuer}/token`, more);
  }

  /** Asks for tokens. @param change - fields instead of the right ones; null leaves one out */
  async exchange(
    from: CodeInHand,
    change: Readonly<Record<string, string | null>> = {},
    headers?: Readonly<Record<string, string>>,
  ): Promise<TokenAnswer> {
    const fields: Record<string, string | null> = {
      grant_type: 'authorization_code',
      code: from.code,
      code_verifier: from.verifier,
      redirect_uri: redirectUri,
      ...(await this.authenticated()),
      ...change,
    };
    const sent = Object.entries(fields).filter((field): field is [string, string] => field[1] !== null);
    return post(
      this.harness,
      '/token',
      Object.fromEntries(sent),
      headers ?? { dpop: await this.tokenProof() },
    );
  }

  /** Tokens, by a flow that holds. */
  async tokens(
    change: Readonly<Record<string, string | null>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Record<string, unknown>> {
    const { status, body } = await this.exchange(await this.code(change, headers));
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  /** Asks userinfo. */
  async me(
    token: unknown,
    scheme = 'DPoP',
    more: Parameters<typeof proofOf>[3] = {},
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const access = String(token);
    const dpop = await proofOf(this.proof, 'GET', `${this.issuer}/me`, { token: access, ...more });
    const response = await fetch(`${this.issuer}/me`, {
      headers: { authorization: `${scheme} ${access}`, dpop },
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  /** Lets a record of the provider run out, as if its time had passed. */
  async expire(model: 'AuthorizationCode' | 'PushedAuthorizationRequest', id: string): Promise<void> {
    const { parts } = this.harness;
    const adapter = recordAdapter(parts, clientSource(parts))(model);
    const payload = await adapter.find(id);
    assert.ok(payload !== undefined);
    const exp = Math.floor(Date.now() / 1000) - 1;
    await adapter.upsert(id, { ...payload, exp }, 1);
  }
}
