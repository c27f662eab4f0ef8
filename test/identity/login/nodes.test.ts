// Two nodes on one database: whatever is consumed once is consumed once over both, and a node that dies consumes nothing twice.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { generateSync } from 'otplib';
import { IdentityError } from '../../../identity/errors.ts';
import { consumeChallenge, makeChallenge } from '../../../identity/login/challenges.ts';
import { makeCode, takeCode } from '../../../identity/login/codes.ts';
import { keepProgress, progressWith, takeProgress } from '../../../identity/login/progress.ts';
import { answerScan, beginScan, openScan, takeScan } from '../../../identity/login/scan.ts';
import { sweepLogin } from '../../../identity/login/sweep.ts';
import { beginTotp, checkTotp, finishTotp } from '../../../identity/login/totp.ts';
import type { Factor } from '../../../identity/login/parts.ts';
import { openDatabase } from '../../../storage/open.ts';
import type { Database } from '../../../storage/database.ts';
import { engines } from '../../storage/engines.ts';
import { HOME, openLoginWorld, partsOn, type LoginWorld } from './world.ts';

const coded = (code: string) => (error: unknown) => error instanceof IdentityError && error.code === code;
const shown = { client: { zh: '门户', en: 'portal' }, place: { zh: '本机', en: 'here' }, browser: 'Chrome' };

function factorOf(account: string): Factor {
  return {
    account,
    authenticator: 'aut_1',
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

for (const engine of engines) {
  describe(`two nodes on ${engine.name}`, function () {
    this.timeout(120_000);
    let world: LoginWorld;
    let second: Database;
    let other: LoginWorld['parts'];

    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openLoginWorld(engine);
      second = await openDatabase(world.location);
      const { clock, accounts, messages } = world.parts;
      other = partsOn(second, 'other', { clock, accounts, messages });
    });
    afterEach(async () => {
      await second.close();
      await world.cleanup();
    });

    /** The same question, many times, to both nodes at once: how many were answered yes. */
    async function winners(
      ask: (parts: LoginWorld['parts']) => Promise<unknown>,
      times = 8,
    ): Promise<number> {
      const outcomes = await Promise.allSettled(
        Array.from({ length: times }, (_, at) => ask(at % 2 === 0 ? world.parts : other)),
      );
      return outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value !== null).length;
    }

    it('a nonce is consumed once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { nonce } = await makeChallenge(world.parts, { kind: 'passkey', boundTo: 'i1', seconds: 60 });
        const won = await winners((parts) =>
          consumeChallenge(parts, { kind: 'passkey', nonce, boundTo: 'i1' }),
        );
        assert.equal(won, 1);
        assert.equal(
          await winners((parts) => consumeChallenge(parts, { kind: 'passkey', nonce, boundTo: 'i1' })),
          0,
        );
      }
    });

    it('a code is taken once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const boundTo = `i${round}`;
        const code = await makeCode(world.parts, {
          purpose: 'login',
          boundTo,
          account: 'acc_x',
          authenticator: 'aut_x',
          target: null,
        });
        assert.equal(await winners((parts) => takeCode(parts, { purpose: 'login', boundTo, code }), 4), 1);
        assert.equal(await winners((parts) => takeCode(parts, { purpose: 'login', boundTo, code }), 4), 0);
      }
    });

    it('a step of an app counts once', async () => {
      const account = await world.person('zhang');
      const now = (): number => Math.floor(world.parts.clock().getTime() / 1000);
      const { nonce, secret } = await beginTotp(world.parts, { boundTo: 's', issuer: 'x', label: 'y' });
      await finishTotp(
        world.parts,
        { id: 'x', department: null },
        {
          boundTo: 's',
          nonce,
          code: generateSync({ secret, epoch: now() }),
          account,
          rung: 2,
        },
      );
      world.advance(60);
      const code = generateSync({ secret, epoch: now() });
      assert.equal(await winners((parts) => checkTotp(parts, account, code), 4), 1);
    });

    it('what was shown is taken once to finish a login', async () => {
      await keepProgress(world.parts, 'i1', progressWith(null, factorOf('acc_x')));
      assert.equal(await winners((parts) => takeProgress(parts, 'i1')), 1);
    });

    it('an approved scan is taken once, and a picture is opened by one phone', async () => {
      world.accounts.set('acc_x', { active: true, rung: 3 });
      // No passkey on record: whether one is there still is asked elsewhere.
      const confirmed = { ...factorOf('acc_x'), authenticator: null };
      const { id, code, number } = await beginScan(world.parts, { boundTo: 'i1', shown, floor: null });
      const phones = await Promise.allSettled(
        Array.from({ length: 6 }, (_, at) =>
          openScan(at % 2 === 0 ? world.parts : other, HOME, { code, phone: null }),
        ),
      );
      const opened = phones.filter((outcome) => outcome.status === 'fulfilled');
      assert.equal(opened.length, 1);
      const { phone, numbers } = opened[0]!.value;
      assert.ok(numbers.includes(number) && new Set(numbers).size === 3);
      await assert.rejects(
        answerScan(other, { id, phone: 'A'.repeat(43), number, factors: [confirmed] }),
        coded('scan-not-found'),
      );
      await answerScan(other, { id, phone, number, factors: [confirmed] });
      assert.equal(await winners((parts) => takeScan(parts, { boundTo: 'i2', id })), 0);
      assert.equal(await winners((parts) => takeScan(parts, { boundTo: 'i1', id })), 1);
    });

    it('an old picture opens nothing, a wrong number ends the attempt, and only what expired is swept', async () => {
      const old = await beginScan(world.parts, { boundTo: 'i1', shown, floor: null });
      world.advance(50);
      await assert.rejects(
        openScan(world.parts, HOME, { code: old.code, phone: null }),
        coded('scan-not-found'),
      );
      const { id, code, number } = await beginScan(world.parts, { boundTo: 'i1', shown, floor: null });
      const { phone } = await openScan(world.parts, HOME, { code, phone: null });
      const wrong = number === 10 ? 11 : 10;
      await assert.rejects(
        answerScan(world.parts, { id, phone, number: wrong, factors: [factorOf('acc_x')] }),
        coded('scan-refused'),
      );
      await assert.rejects(
        answerScan(world.parts, { id, phone, number, factors: [factorOf('acc_x')] }),
        coded('scan-not-found'),
      );
      assert.equal(await sweepLogin(world.parts), 0);
      world.advance(2 * 3600);
      assert.ok((await sweepLogin(world.parts)) >= 2);
    });

    it('a node killed while it consumes leaves a nonce that is used or unused, never used twice', async function () {
      for (const step of ['before', 'inside', 'after'] as const) {
        const { nonce } = await makeChallenge(world.parts, {
          kind: 'certificate',
          boundTo: 'i1',
          seconds: 600,
        });
        const child = spawn(
          process.execPath,
          [
            '--import=tsx',
            join(import.meta.dirname, 'consume-child.ts'),
            JSON.stringify(world.location),
            nonce,
            step,
          ],
          { stdio: ['ignore', 'inherit', 'inherit'] },
        );
        const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
        assert.equal(signal, 'SIGKILL', step);
        const won = await winners((parts) =>
          consumeChallenge(parts, { kind: 'certificate', nonce, boundTo: 'i1' }),
        );
        // Died before the commit: nobody had it. Died after: it is gone for ever, although nobody was told.
        assert.equal(won, step === 'after' ? 0 : 1, step);
      }
    });
  });
}
