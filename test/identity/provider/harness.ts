// The provider alone on a real database: real clients, accounts and tokens, and a login page that does as the test says.
import { createServer, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { providerPages } from '../../../api/oidc-pages.ts';
import { outboundHttp } from '../../../api/outbound-http.ts';
import { callerCertificate } from '../../../api/oidc-services.ts';
import { createBlindIndex } from '../../../crypto/blind-index.ts';
import type { Clock } from '../../../crypto/clock.ts';
import { createFieldCipher } from '../../../crypto/field-cipher.ts';
import { MasterKey } from '../../../crypto/master-key.ts';
import { accountById, openAccount, proofingOf, recordProofing } from '../../../identity/accounts.ts';
import { addDepartment } from '../../../identity/departments.ts';
import { IdentityError } from '../../../identity/errors.ts';
import type { ConsentDecision, InteractionDetails, LoginResult } from '../../../identity/interaction-port.ts';
import type { Rung } from '../../../identity/levels.ts';
import { personById, personWithNumber } from '../../../identity/persons.ts';
import type { ClientSettingsInput } from '../../../identity/provider/client.ts';
import { registerClient } from '../../../identity/provider/clients.ts';
import type { ActingMandate, ProviderParts } from '../../../identity/provider/parts.ts';
import { openProvider, type OpenedProvider } from '../../../identity/provider/provider.ts';
import { verifiedClaimsOf } from '../../../identity/verified-claims.ts';
import { sendLogouts } from '../../../identity/provider/logout-sender.ts';
import { sessionEvents } from '../../../identity/session-events.ts';
import { district } from '../../../fixtures/district.ts';
import { auditChain } from '../../../storage/audit-chain.ts';
import type { Database } from '../../../storage/database.ts';
import { migrate } from '../../../storage/migrate.ts';
import { openDatabase } from '../../../storage/open.ts';
import { openTestDatabase, type Engine, type TestDatabase } from '../../storage/engines.ts';

export const operator = { id: 'system', kind: 'system', department: null, scopes: [] } as const;
const [department] = district.departments;
if (department === undefined) throw new Error('The fixtures have no department.');
export const testDepartment = department.creditCode;

/** What the login page of the test does when it is opened. */
export type Behaviour = (details: InteractionDetails) => Promise<Answer> | Answer;

export type Answer =
  | {
      readonly login: Partial<LoginResult['authentication']> & {
        readonly account: string;
        readonly ial?: Rung | 0;
        readonly actingFor?: string | null;
      };
    }
  | { readonly consent: 'all' | ConsentDecision }
  | { readonly acting: string | null }
  | { readonly refuse: 'access_denied' | 'unmet_authentication_requirements' | 'login_required' };

export interface ProviderHarness {
  readonly url: string;
  readonly issuer: string;
  readonly parts: ProviderParts;
  readonly provider: OpenedProvider;
  readonly database: Database;
  /** Account of a person proofed at `rung`. */
  account(rung: Rung, sample?: number): Promise<string>;
  client(
    settings: ClientSettingsInput,
    id?: string,
  ): Promise<{ readonly id: string; readonly secret: string }>;
  mandates: Map<string, readonly ActingMandate[]>;
  behave: Behaviour;
  /** What the page was asked, in order. */
  readonly asked: InteractionDetails[];
  /** Refusals of finishing, by code, in order. */
  readonly refused: string[];
  sendLogouts(): Promise<number>;
  stop(): Promise<void>;
}

export interface HarnessSettings {
  readonly engine?: Engine;
  readonly profile?: 'standard' | 'conformance';
  /** A database that other nodes share: left as it is on `stop`. */
  readonly shared?: TestDatabase;
  readonly master?: MasterKey;
  readonly clock?: Clock;
  readonly issuer?: string;
}

export function masterKey(): MasterKey {
  return new MasterKey(new Uint8Array(randomBytes(32)));
}

/** Starts a node. */
export async function startProvider(settings: HarnessSettings = {}): Promise<ProviderHarness> {
  const own = settings.shared ?? (await openTestDatabase(settings.engine));
  // A node of its own has a connection of its own.
  const database = settings.shared === undefined ? own.database : await openDatabase(own.location);
  if (settings.shared !== undefined) await migrate(database);
  const master = settings.master ?? masterKey();
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const clock = settings.clock ?? ((): Date => new Date());
  const app = express();
  const server = createServer(app);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const address = settings.issuer ?? url;
  const index = createBlindIndex(master);
  const mandates = new Map<string, readonly ActingMandate[]>();
  const base = {
    database,
    clock,
    random,
    index,
    cipher: createFieldCipher({ masterKeys: [master], random }),
    audit: auditChain({ node: `node-${randomBytes(4).toString('hex')}`, digest: 'sha256' }),
    demonstration: true,
  };
  const people = { ...base, events: sessionEvents(base) };
  const faults: unknown[] = [];
  const parts: ProviderParts = {
    ...base,
    issuer: `${address}/oidc`,
    address,
    profile: settings.profile ?? 'standard',
    loopback: true,
    people: {
      account: (id) => accountById(people, id),
      person: (id) => personById(people, id),
      proofing: (account, maxAge) => proofingOf(people, account, clock(), maxAge),
      verified: (account, asked, maxAge) => verifiedClaimsOf(people, account, asked, maxAge),
      mandates: (account) => Promise.resolve(mandates.get(account) ?? []),
      scopes: () => Promise.resolve(['licenses:own', 'identity:own']),
    },
    pages: providerPages(true),
    outbound: outboundHttp(true),
    callerCertificate,
    fault: (what, error) => {
      faults.push(error);
      if (process.env['YINXIN_TEST_LOG'] !== undefined) console.error(what, error);
    },
  };
  const provider = await openProvider(parts, operator);
  const [known] = district.departments;
  if (known !== undefined && settings.shared === undefined)
    await addDepartment(base, operator, {
      creditCode: known.creditCode,
      name: known.name,
      shortName: known.plainName,
    });
  const harness: ProviderHarness = {
    url,
    issuer: parts.issuer,
    parts,
    provider,
    database,
    mandates,
    asked: [],
    refused: [],
    behave: () => ({ refuse: 'access_denied' }),
    async account(rung, sample = rung) {
      const person = district.persons[sample % district.persons.length];
      if (person === undefined) throw new Error('no person');
      const { id } = await openAccount(people, operator, await personWithNumber(people, person));
      const now = clock();
      await recordProofing(people, operator, id, {
        rung,
        method: rung === 4 ? 'window' : rung === 3 ? 'wangzheng' : rung === 2 ? 'register' : 'self-asserted',
        source: 'test',
        verifiedAt: new Date(now.getTime() - 60_000),
        validUntil: new Date(now.getTime() + 365 * 86_400_000),
        evidence: {},
        by: 'system',
        second: null,
      });
      return id;
    },
    async client(input, id) {
      const { client, secret } = await registerClient(parts, operator, {
        ...(id === undefined ? {} : { id }),
        name: '测试应用',
        englishName: 'Test client',
        department: testDepartment,
        settings: input,
      });
      return { id: client.id, secret: secret ?? '' };
    },
    sendLogouts: () => sendLogouts(parts, provider.current()),
    async stop() {
      await stopServer(server);
      if (settings.shared === undefined) await own.cleanup();
      else await database.close();
      if (faults.length > 0 && process.env['YINXIN_TEST_FAULTS'] !== 'expected')
        throw new Error(`The provider had faults: ${faults.map(String).join('; ')}`, { cause: faults[0] });
    },
  };
  app.use('/oidc', (request, response) => {
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'none';script-src 'self';form-action 'self';frame-ancestors 'none'",
    );
    request.headers['x-forwarded-proto'] = address.startsWith('https') ? 'https' : 'http';
    request.headers['x-forwarded-host'] = new URL(address).host;
    return provider.handle(request, response);
  });
  app.get('/interaction/:uid', async (request, response) => {
    try {
      const details = await provider.interactions.details(request);
      harness.asked.push(details);
      const target = await finish(harness, request, await harness.behave(details));
      response.redirect(303, target);
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error;
      harness.refused.push(error.code);
      response.status(409).send(error.code);
    }
  });
  return harness;
}

async function finish(
  harness: ProviderHarness,
  request: Parameters<OpenedProvider['interactions']['details']>[0],
  answer: Answer,
): Promise<string> {
  const { interactions } = harness.provider;
  if ('refuse' in answer) return interactions.refuse(request, answer.refuse, 'as the test says');
  if ('acting' in answer) return interactions.finishActing(request, answer.acting);
  if ('consent' in answer) {
    const { consent } = await interactions.details(request);
    if (consent === null) throw new Error('No consent was asked for.');
    return interactions.finishConsent(request, answer.consent === 'all' ? consent : answer.consent);
  }
  const { ial = 4, actingFor = null, ...rest } = answer.login;
  return interactions.finishLogin(request, {
    authentication: {
      amr: ['pwd', 'otp', 'mfa'],
      aal: 2,
      at: harness.parts.clock(),
      authenticators: ['aut_00000000000000000000000000000000'],
      certificate: null,
      ...rest,
    },
    ial,
    actingFor,
  });
}

/** Logs in as `account` where asked, and consents to everything. */
export function logsIn(
  account: string,
  more: Partial<LoginResult['authentication']> & { readonly actingFor?: string | null } = {},
): Behaviour {
  return (details) => {
    if (details.prompt === 'consent') return { consent: 'all' };
    if (details.prompt === 'select-acting') return { acting: null };
    return { login: { account, ...more } };
  };
}

function stopServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}
