// The OpenID Provider under load: introspections a second, and how long /token takes at half of what it can do.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { operator } from '../api/installation.ts';
import type { Services } from '../api/services.ts';
import { approvalOffice } from '../fixtures/departments.ts';
import { registerClient } from '../identity/provider/clients.ts';
import { runLoad, type Load } from './identity-load.ts';
import { measure, type Measure } from './measure.ts';
import { startBenchService } from './service.ts';

const parallel = 16;
/** What the issue asks for. */
const introspectionsAsked = 1000;
const tokenMilliseconds = 100;
const loginsAsked = 30;

interface Prepared {
  readonly basic: string;
  /** An access token of a person, bound to a session and a grant: the one that costs most to look at. */
  readonly token: string;
}

async function prepared(services: Services): Promise<Prepared> {
  const { client, secret } = await registerClient(services.providerParts, operator, {
    name: '压力测试',
    englishName: 'Bench',
    department: approvalOffice.creditCode,
    settings: {
      grants: ['code', 'system'],
      redirectUris: ['https://rp.example.cn/return'],
      apiScopes: ['stamps:read', 'licenses:own'],
    },
  });
  const provider = services.provider.current();
  const known = await provider.Client.find(client.id);
  const account = services.signIn.accounts.find((sample) => sample.account !== undefined)?.account;
  if (known === undefined || account === undefined) throw new Error('The demonstration has no accounts.');
  const grant = new provider.Grant({ accountId: account, clientId: client.id });
  grant.addOIDCScope('openid profile');
  const grantId = await grant.save();
  const session = new provider.Session();
  session.accountId = account;
  session.authorizations = { [client.id]: { grantId, sid: 'bench' } };
  await session.save(3600);
  const token = new provider.AccessToken({
    accountId: account,
    client: known,
    grantId,
    scope: 'openid profile',
    gty: 'authorization_code',
    sessionUid: session.uid,
    expiresWithSession: true,
    claims: {},
  });
  const basic = Buffer.from(`${client.id}:${secret ?? ''}`).toString('base64');
  return { basic: `Basic ${basic}`, token: await token.save() };
}

/** Yields each measure as it is taken. */
export async function* measureIdentityProvider(seconds: number, folder: string): AsyncGenerator<Measure> {
  const service = await startBenchService(folder, { YINXIN_RATE_PRINCIPAL: '999999999' });
  try {
    const { basic, token } = await prepared(service.services);
    const headers = { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' };
    const load = (path: string, body: string, rate: number | null, length = seconds): Load => ({
      url: `${service.localUrl}/oidc${path}`,
      headers,
      body,
      seconds: length,
      parallel,
      rate,
    });
    const looking = (length: number): Load =>
      load('/token/introspection', `token=${token}&token_type_hint=access_token`, null, length);
    // The first second warms the compiler.
    await runLoad(looking(1));
    const before = process.threadCpuUsage();
    const looked = await runLoad(looking(seconds));
    const spent = process.threadCpuUsage(before);
    if (looked.failed > 0) throw new Error(`${looked.failed} introspections failed.`);
    yield measure(
      'provider: introspections',
      looked.answered / looked.seconds,
      '/s',
      'asked for',
      introspectionsAsked,
    );
    // What the service alone spends, whatever else this machine does meanwhile: a core's worth of introspections.
    const perCore = looked.answered / ((spent.user + spent.system) / 1e6);
    yield measure(
      'provider: introspections for a second of one core',
      perCore,
      '/s',
      'asked for',
      introspectionsAsked,
    );
    const asking =
      'grant_type=client_credentials&scope=stamps%3Aread&resource=' +
      encodeURIComponent(`${service.services.address}/api`);
    await runLoad(load('/token', asking, null, 1));
    const beforeTokens = process.threadCpuUsage();
    const full = await runLoad(load('/token', asking, null));
    const spentTokens = process.threadCpuUsage(beforeTokens);
    if (full.failed > 0) throw new Error(`${full.failed} tokens failed.`);
    const rate = full.answered / full.seconds;
    yield measure('provider: tokens', rate, '/s', 'password logins asked for', loginsAsked);
    const tokensPerCore = full.answered / ((spentTokens.user + spentTokens.system) / 1e6);
    yield measure(
      'provider: tokens for a second of one core',
      tokensPerCore,
      '/s',
      'password logins asked for',
      loginsAsked,
    );
    const half = await runLoad(load('/token', asking, rate / 2));
    yield measure('provider: /token at half load, p99', half.p99, 'ms', 'permitted', tokenMilliseconds);
  } finally {
    await service.stop();
  }
}

// By itself: `node --import=tsx bench/identity-provider.ts`.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = mkdtempSync(join(tmpdir(), 'yinxin-bench-'));
  try {
    for await (const { name, value, unit, limit } of measureIdentityProvider(
      Number(process.env['YINXIN_BENCH_SECONDS'] ?? '5'),
      folder,
    ))
      process.stdout.write(`${name.padEnd(40)} ${value.toFixed(1)} ${unit} (${limit})\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
