// A scan confirmed by being signed in on the phone: fresh, strong enough, the right number, and worth no more than that login.
import assert from 'node:assert/strict';
import { generateSync } from 'otplib';
import { IdentityError } from '../../../identity/errors.ts';
import type { Rung } from '../../../identity/levels.ts';
import { authenticatorsOf, endAuthenticator } from '../../../identity/login/authenticators.ts';
import { authenticationOf } from '../../../identity/login/progress.ts';
import { beginScan, openScan, pollScan, requireScanned, takeScan } from '../../../identity/login/scan.ts';
import { confirmScanBySession, scanFreshSeconds } from '../../../identity/login/scan-session.ts';
import { beginTotp, finishTotp } from '../../../identity/login/totp.ts';
import type { Login } from '../../../identity/sessions.ts';
import { engines } from '../../storage/engines.ts';
import { HOME, openLoginWorld, type LoginWorld } from './world.ts';

const coded = (code: string) => (error: unknown) => error instanceof IdentityError && error.code === code;
const shown = { client: { zh: '门户', en: 'portal' }, place: { zh: '本机', en: 'here' }, browser: 'Chrome' };
const actor = { id: 'test', department: null };

for (const engine of engines) {
  describe(`a scan confirmed by a login on the phone (${engine.name})`, () => {
    let world: LoginWorld;
    let account: string;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openLoginWorld(engine);
      account = await world.person('zhang', { rung: 2 });
      const begun = await beginTotp(world.parts, { boundTo: 's', issuer: '印信', label: '应用' });
      const code = generateSync({
        secret: begun.secret,
        epoch: Math.floor(world.parts.clock().getTime() / 1000),
      });
      await finishTotp(world.parts, actor, { account, boundTo: 's', nonce: begun.nonce, code, rung: 2 });
    });
    afterEach(() => world.cleanup());

    async function login(change: Partial<Login> = {}): Promise<Login> {
      const enrolled = await authenticatorsOf(world.database.reader, account);
      return {
        id: 'lgn_1',
        session: 'mac',
        account,
        level: 2,
        ial: 2,
        aal: 2,
        amr: ['pwd', 'otp', 'mfa'],
        authTime: world.parts.clock(),
        authenticators: enrolled.map(({ id }) => id),
        certificate: null,
        actingFor: null,
        actingChosen: false,
        lastSeenAt: world.parts.clock(),
        endsAt: new Date(world.parts.clock().getTime() + 3_600_000),
        ...change,
      };
    }

    async function scanned(floor: Rung | null = null): Promise<{
      readonly id: string;
      readonly phone: string;
      readonly number: number;
      readonly wrong: number;
    }> {
      const picture = await beginScan(world.parts, { boundTo: 'i1', shown, floor });
      const opened = await openScan(world.parts, HOME, { code: picture.code, phone: null });
      assert.equal(opened.floor, floor);
      const wrong = opened.numbers.find((each) => each !== picture.number) ?? 10;
      return { id: picture.id, phone: opened.phone, number: picture.number, wrong };
    }

    it('is worth what the login on the phone was made with, under its own names', async () => {
      const { id, phone, number } = await scanned(2);
      await confirmScanBySession(world.parts, { id, phone, number, login: await login() });
      const factors = await takeScan(world.parts, { boundTo: 'i1', id });
      const { aal, amr, authenticators } = authenticationOf({ account, factors }, world.parts.clock());
      assert.equal(aal, 2);
      assert.deepEqual(amr, ['mfa', 'otp', 'pwd']);
      assert.equal(authenticators.length, 2, 'what is removed there ends the session here');
      await assert.rejects(takeScan(world.parts, { boundTo: 'i1', id }), coded('scan-refused'), 'once');
    });

    it('never lifts above the login on the phone, nor to the window’s rung', async () => {
      const { id, phone, number } = await scanned();
      await confirmScanBySession(world.parts, {
        id,
        phone,
        number,
        login: await login({ aal: 1, authenticators: [] }),
      });
      const factors = await takeScan(world.parts, { boundTo: 'i1', id });
      assert.equal(authenticationOf({ account, factors }, world.parts.clock()).aal, 1);
      const again = await scanned();
      const certificate = { authority: 'a', serial: '01' };
      await world.database.write((tx) =>
        tx
          .updateTable('authenticator')
          .set({ kind: 'certificate', enrolled_rung: 4, aal: 4 })
          .where('kind', '=', 'totp')
          .execute(),
      );
      await confirmScanBySession(world.parts, {
        ...again,
        login: await login({ aal: 4, level: 4, certificate }),
      });
      const strong = await takeScan(world.parts, { boundTo: 'i1', id: again.id });
      const proved = authenticationOf({ account, factors: strong }, world.parts.clock());
      assert.equal(proved.aal, 3);
      assert.deepEqual(proved.certificate, certificate, 'its revocation ends the session it confirmed');
    });

    it('offers three numbers of which nothing tells the right one, the same at each look', async () => {
      const places = [0, 0, 0];
      const between = new Set<number>();
      for (let round = 0; round < 60; round += 1) {
        const picture = await beginScan(world.parts, { boundTo: `i${round}`, shown, floor: null });
        const { numbers, phone } = await openScan(world.parts, HOME, { code: picture.code, phone: null });
        assert.equal(new Set(numbers).size, 3);
        assert.ok(numbers.every((each) => Number.isInteger(each) && each >= 10 && each <= 99));
        const right = numbers.indexOf(picture.number);
        places[right] = (places[right] ?? 0) + 1;
        const [one = 0, other = 0] = numbers.filter((_, position) => position !== right);
        between.add((other - one + 90) % 90);
        assert.deepEqual((await requireScanned(world.parts, { id: picture.id, phone })).numbers, numbers);
      }
      // One in three each, and no distance that would betray the two others.
      assert.ok(Math.min(...places) >= 5, places.join());
      assert.ok(between.size >= 25, String(between.size));
    });

    it('asks for a login of the last five minutes, and goes on waiting for one', async () => {
      const { id, phone, number } = await scanned();
      const stale = await login({
        authTime: new Date(world.parts.clock().getTime() - (scanFreshSeconds + 1) * 1000),
      });
      const confirm = (each: Login): Promise<void> =>
        confirmScanBySession(world.parts, { id, phone, number, login: each });
      await assert.rejects(confirm(stale), coded('reauthentication-needed'));
      await confirm(await login());
    });

    it('asks for the level that the other screen must reach', async () => {
      const { id, phone, number } = await scanned(3);
      const confirm = async (level: Rung): Promise<void> =>
        confirmScanBySession(world.parts, { id, phone, number, login: await login({ level, aal: level }) });
      await assert.rejects(confirm(2), coded('level-not-reached'));
      await confirm(3);
    });

    it('ends with the wrong number, like any other confirmation', async () => {
      const { id, phone, number, wrong } = await scanned();
      const fresh = await login();
      await assert.rejects(
        confirmScanBySession(world.parts, { id, phone, number: wrong, login: fresh }),
        coded('scan-refused'),
      );
      await assert.rejects(
        confirmScanBySession(world.parts, { id, phone, number, login: fresh }),
        coded('scan-not-found'),
      );
      assert.equal((await pollScan(world.parts, { boundTo: 'i1', id })).state, 'refused');
    });

    it('is nobody else’s phone, and counts no authenticator that was removed meanwhile', async () => {
      const { id, phone, number } = await scanned();
      const fresh = await login();
      await assert.rejects(
        confirmScanBySession(world.parts, { id, phone: 'A'.repeat(43), number, login: fresh }),
        coded('scan-not-found'),
      );
      const enrolled = await authenticatorsOf(world.database.reader, account);
      const app = enrolled.find(({ kind }) => kind === 'totp');
      assert.ok(app !== undefined);
      await world.database.write((tx) =>
        endAuthenticator(world.parts, tx, actor, { account, id: app.id, reason: 'lost' }),
      );
      await confirmScanBySession(world.parts, { id, phone, number, login: fresh });
      const factors = await takeScan(world.parts, { boundTo: 'i1', id });
      assert.equal(authenticationOf({ account, factors }, world.parts.clock()).aal, 1);
    });

    it('confirms nothing once all it was signed in with was removed, before the confirmation or after it', async () => {
      const { id, phone, number } = await scanned();
      const fresh = await login();
      await confirmScanBySession(world.parts, { id, phone, number, login: fresh });
      for (const each of fresh.authenticators)
        await world.database.write((tx) =>
          endAuthenticator(world.parts, tx, actor, { account, id: each, reason: 'lost' }),
        );
      await assert.rejects(takeScan(world.parts, { boundTo: 'i1', id }), coded('scan-refused'));
      const again = await scanned();
      await assert.rejects(
        confirmScanBySession(world.parts, { ...again, login: fresh }),
        coded('reauthentication-needed'),
      );
    });
  });
}
