// A scan is a device grant (RFC 8628) with two screens of our own: under the same events both give the same answers.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IdentityError } from '../../../identity/errors.ts';
import type { Factor, LoginParts } from '../../../identity/login/parts.ts';
import { answerScan, beginScan, openScan, pollScan, takeScan } from '../../../identity/login/scan.ts';
import { clientSource } from '../../../identity/provider/client-source.ts';
import { recordAdapter } from '../../../identity/provider/records.ts';
import { Browser } from '../provider/browser.ts';
import { logsIn, startProvider, type ProviderHarness } from '../provider/harness.ts';
import { byKey, clientKey, post, type ClientKey } from '../provider/relying-party.ts';
import { HOME } from './world.ts';

/** What happens to a request, seen from outside. */
const events = ['ask', 'open', 'approve', 'refuse', 'expire'] as const;
type Event = (typeof events)[number];
/** What the one who waits is told. */
type Told = 'pending' | 'success' | 'denied' | 'over';

/** One request under either protocol. */
interface Request {
  happen(event: Exclude<Event, 'ask'>): Promise<void>;
  ask(): Promise<Told>;
}

const shown = { client: { zh: '门户', en: 'portal' }, place: { zh: '本机', en: 'here' }, browser: 'Chrome' };
const grantType = 'urn:ietf:params:oauth:grant-type:device_code';

describe('a scan beside the device grant', function () {
  this.timeout(240_000);
  let harness: ProviderHarness;
  let parts: LoginParts;
  let key: ClientKey;
  let client: string;
  let account: string;
  let offset = 0;

  before(async () => {
    harness = await startProvider();
    account = await harness.account(3);
    harness.behave = logsIn(account, { aal: 3 });
    key = await clientKey();
    client = (
      await harness.client({
        kind: 'native',
        grants: ['device'],
        authentication: 'private_key_jwt',
        jwks: { keys: [{ ...key.jwk, kty: 'EC' }] },
      })
    ).id;
    parts = {
      ...harness.parts,
      clock: () => new Date(Date.now() + offset),
      messages: null,
      accounts: {
        isActive: () => Promise.resolve(true),
        rungOf: () => Promise.resolve(3),
        ofDocument: () => Promise.resolve(null),
      },
    };
  });
  after(() => harness.stop());

  /** A request of a device that shows a code, as the provider's own machinery treats it. */
  async function deviceRequest(): Promise<Request> {
    const begun = await post(harness, '/device/auth', {
      scope: 'openid profile',
      ...(await byKey(client, key, harness.issuer)),
    });
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    const browser = new Browser();
    let form: Record<string, string> | null = null;
    const field = (text: string, name: string): string =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';
    const send = async (answer: Record<string, string>): Promise<void> => {
      if (form === null) return;
      const sent = await browser.post(`${harness.url}/oidc/device`, { ...form, ...answer });
      form = null;
      if (sent.location !== null) await browser.follow(sent.location, () => false);
    };
    return {
      async happen(event) {
        if (event === 'approve') return send({ confirm: 'yes' });
        if (event === 'refuse') return send({ abort: 'yes' });
        if (event === 'open') {
          const page = await browser.visit(String(begun.body['verification_uri_complete']));
          form = { xsrf: field(page.text, 'xsrf'), user_code: field(page.text, 'user_code') };
          return;
        }
        const adapter = recordAdapter(harness.parts, clientSource(harness.parts))('DeviceCode');
        const id = String(begun.body['device_code']);
        const payload = await adapter.find(id);
        if (payload !== undefined && payload['consumed'] === undefined)
          await adapter.upsert(id, { ...payload, exp: Math.floor(Date.now() / 1000) - 1 }, 60);
        form = null;
      },
      async ask() {
        const { status, body } = await post(harness, '/token', {
          grant_type: grantType,
          device_code: String(begun.body['device_code']),
          ...(await byKey(client, key, harness.issuer)),
        });
        if (status === 200) return 'success';
        switch (body['error']) {
          case 'authorization_pending':
            return 'pending';
          case 'access_denied':
            return 'denied';
          case 'expired_token':
          case 'invalid_grant':
            return 'over';
          default:
            throw new Error(JSON.stringify(body));
        }
      },
    };
  }

  /** The same as a scan. */
  async function scanRequest(): Promise<Request> {
    offset = 0;
    const picture = await beginScan(parts, { boundTo: `i-${Math.random()}`, shown, floor: null });
    const { boundTo } = await parts.database.reader
      .selectFrom('scan_transaction')
      .select('bound_to as boundTo')
      .where('id', '=', picture.id)
      .executeTakeFirstOrThrow();
    const asked = { boundTo, id: picture.id };
    let phone: string | null = null;
    const answer = async (factors: readonly Factor[] | null): Promise<void> => {
      if (phone === null) return;
      await answerScan(parts, { id: picture.id, phone, number: picture.number, factors }).catch(tolerated);
      phone = null;
    };
    return {
      async happen(event) {
        if (event === 'approve') return answer([factorOf(account)]);
        if (event === 'refuse') return answer(null);
        if (event === 'expire') {
          offset += 6 * 60_000;
          return;
        }
        const opened = await openScan(parts, HOME, { code: picture.code, phone: null }).catch(tolerated);
        if (opened !== undefined) phone = opened.phone;
      },
      async ask() {
        // Asked no faster than every five seconds, as RFC 8628 3.5 says where nothing else is told.
        offset += 5_000;
        const poll = await pollScan(parts, asked);
        if (poll.state === 'waiting' || poll.state === 'scanned') return 'pending';
        if (poll.state === 'refused') return 'denied';
        if (poll.state !== 'approved') return 'over';
        return (await takeScan(parts, asked).catch(tolerated)) === undefined ? 'over' : 'success';
      },
    };
  }

  function tolerated(error: unknown): undefined {
    if (!(error instanceof IdentityError)) throw error;
    return undefined;
  }

  /** @returns what was told, up to the first answer that is an end; after it nothing is ever given again. */
  async function run(request: Request, sequence: readonly Event[]): Promise<readonly Told[]> {
    const told: Told[] = [];
    for (const event of [...sequence, 'ask', 'ask'] as const) {
      if (event !== 'ask') {
        await request.happen(event);
        continue;
      }
      const answer = await request.ask();
      const ended = told.some((each) => each !== 'pending');
      if (!ended) told.push(answer);
      else assert.ok(answer !== 'success' && answer !== 'pending', `${answer} after ${told.join()}`);
    }
    return told;
  }

  for (const sequence of [
    [],
    ['open'],
    ['open', 'ask', 'approve', 'ask'],
    ['open', 'refuse'],
    ['open', 'expire', 'approve'],
    ['approve', 'refuse'],
    ['open', 'approve', 'expire'],
    ['open', 'approve', 'refuse', 'ask'],
  ] as const satisfies readonly (readonly Event[])[]) {
    it(`answers alike: ${sequence.join(', ') || 'nothing happens'}`, async () => {
      assert.deepEqual(await run(await scanRequest(), sequence), await run(await deviceRequest(), sequence));
    });
  }

  it('answers alike under any order of events', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...events), { maxLength: 7 }), async (sequence) => {
        const scan = await run(await scanRequest(), sequence);
        assert.deepEqual(scan, await run(await deviceRequest(), sequence), sequence.join());
      }),
      { numRuns: 15 * Number(process.env['YINXIN_TEST_SCALE'] ?? 1) },
    );
  });
});

function factorOf(account: string): Factor {
  return {
    account,
    authenticator: null,
    certificate: null,
    used: {
      kind: 'passkey',
      userVerified: true,
      originBound: true,
      keyStorage: null,
      enrolledRung: 3,
      ceiling: null,
    },
  };
}
