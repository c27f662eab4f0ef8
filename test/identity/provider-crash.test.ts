// kill -9 in the middle of exchanging codes: what was answered holds, and no code gives tokens a second time, ever.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { addDepartment } from '../../identity/departments.ts';
import { district } from '../../fixtures/district.ts';
import { MasterKey } from '../../crypto/master-key.ts';
import { scale } from '../scale.ts';
import { engines, type TestDatabase } from '../storage/engines.ts';
import { Browser } from './provider/browser.ts';
import { logsIn, operator, startProvider, type ProviderHarness } from './provider/harness.ts';
import {
  authorization,
  authorized,
  basic,
  exchanged,
  post,
  redirectUri,
  type TestClient,
} from './provider/relying-party.ts';

interface Code {
  readonly code: string;
  readonly verifier: string;
}

for (const engine of engines) {
  describe(`a provider killed while it exchanges codes, on ${engine.name}`, function () {
    this.timeout(120_000);
    let shared: TestDatabase;
    let survivor: ProviderHarness;
    let client: TestClient;
    let child: ChildProcess | null = null;
    let environment: NodeJS.ProcessEnv;

    before(async function () {
      engine.require(this);
      shared = await engine.open();
      const bytes = randomBytes(32);
      survivor = await startProvider({ shared, master: new MasterKey(new Uint8Array(bytes)) });
      const [department] = district.departments;
      assert.ok(department !== undefined);
      const { creditCode, name, plainName } = department;
      await addDepartment(survivor.parts, operator, { creditCode, name, shortName: plainName });
      const account = await survivor.account(3);
      survivor.behave = logsIn(account, { aal: 3 });
      client = await survivor.client({ redirectUris: [redirectUri] });
      const told = {
        location: shared.location,
        master: bytes.toString('hex'),
        issuer: survivor.url,
        account,
      };
      environment = { ...process.env, YINXIN_TEST_NODE: JSON.stringify(told) };
    });

    after(async () => {
      child?.kill('SIGKILL');
      // Neither was opened where the engine is not here.
      await (survivor as ProviderHarness | undefined)?.stop();
      await (shared as TestDatabase | undefined)?.cleanup();
    });

    async function startChild(): Promise<string> {
      child = spawn(
        process.execPath,
        ['--import=tsx', new URL('provider/node-child.ts', import.meta.url).pathname],
        {
          env: environment,
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const [line] = (await once(child.stdout ?? assert.fail(), 'data')) as [Buffer];
      return line.toString().trim();
    }

    async function codes(count: number): Promise<readonly Code[]> {
      const browser = new Browser();
      const made: Code[] = [];
      for (let at = 0; at < count; at += 1) {
        const started = authorization(survivor, client);
        const { answer } = await authorized(browser, started);
        made.push({ code: answer.get('code') ?? '', verifier: started.verifier });
      }
      return made;
    }

    it('no code is good twice, and every answered token was recorded', async () => {
      for (let round = 0; round < scale(3); round += 1) {
        const url = await startChild();
        const made = await codes(24);
        const answered = new Map<string, string>();
        const racing = made.map(async (each, at) => {
          await new Promise((done) => setTimeout(done, at * 3));
          const answer = await exchanged({ url }, client, each).catch(() => null);
          if (answer?.status === 200) answered.set(each.code, String(answer.body['access_token']));
        });
        // Some were answered, others are under way.
        while (answered.size < 4 + round) await new Promise((done) => setTimeout(done, 1));
        child?.kill('SIGKILL');
        await Promise.all(racing);
        // An answered token is alive at another node: it was durable before it left.
        for (const token of answered.values()) {
          const facts = await post(
            survivor,
            '/token/introspection',
            { token },
            { authorization: basic(client) },
          );
          assert.equal(facts.body['active'], true);
        }
        let late = 0;
        for (const each of made) {
          const again = await exchanged(survivor, client, each);
          if (answered.has(each.code))
            assert.equal(again.body['error'], 'invalid_grant', 'a code answered before the crash');
          else if (again.status === 200) late += 1;
          assert.equal((await exchanged(survivor, client, each)).body['error'], 'invalid_grant');
        }
        assert.ok(answered.size + late <= made.length);
      }
    });
  });
}
