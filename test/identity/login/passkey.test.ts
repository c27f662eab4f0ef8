// Passkeys: user verified, origin and challenge of our own, each nonce answered once, and nobody told who has one.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { IdentityError } from '../../../identity/errors.ts';
import { authenticatorsOf, endAuthenticator } from '../../../identity/login/authenticators.ts';
import { authenticationOf } from '../../../identity/login/progress.ts';
import {
  beginPasskey,
  beginPasskeyLogin,
  finishPasskey,
  finishPasskeyLogin,
} from '../../../identity/login/passkey.ts';
import { engines } from '../../storage/engines.ts';
import { SoftPasskey, type Deviations } from './soft-passkey.ts';
import { HOME, openLoginWorld, ORIGIN, type LoginWorld } from './world.ts';

const coded = (code: string) => (error: unknown) => error instanceof IdentityError && error.code === code;
const actor = { id: 'test', department: null };

for (const engine of engines) {
  describe(`passkeys on ${engine.name}`, () => {
    let world: LoginWorld;
    before(function () {
      engine.require(this);
    });
    beforeEach(async () => {
      world = await openLoginWorld(engine);
    });
    afterEach(() => world.cleanup());

    async function enrolled(
      id = 'zhang',
      rung: 1 | 2 | 3 = 3,
    ): Promise<{ account: string; key: SoftPasskey }> {
      const account = await world.person(id, { rung });
      const key = new SoftPasskey(ORIGIN);
      const options = await beginPasskey(world.parts, { account, boundTo: `s-${id}`, name: id });
      assert.equal(options.attestation, 'none');
      assert.equal(options.authenticatorSelection?.userVerification, 'required');
      await finishPasskey(world.parts, actor, {
        account,
        boundTo: `s-${id}`,
        label: '我的手机',
        rung,
        response: key.register(options),
      });
      return { account, key };
    }

    const login = async (key: SoftPasskey, more: Deviations = {}, boundTo = 'i1') => {
      const options = await beginPasskeyLogin(world.parts, { boundTo });
      return finishPasskeyLogin(world.parts, HOME, { boundTo, response: key.answer(options, more) });
    };

    it('reach rung 3, named by nobody', async () => {
      const { account, key } = await enrolled();
      const options = await beginPasskeyLogin(world.parts, { boundTo: 'i1' });
      assert.equal(options.allowCredentials, undefined);
      assert.equal(options.userVerification, 'required');
      const factor = await finishPasskeyLogin(world.parts, HOME, {
        boundTo: 'i1',
        response: key.answer(options),
      });
      assert.equal(factor.account, account);
      const { aal, amr } = authenticationOf({ account, factors: [factor] }, world.parts.clock());
      assert.equal(aal, 3);
      assert.ok(amr.includes('mfa') && amr.includes('user'));
    });

    it('never lift above the rung at which they were enrolled', async () => {
      const { account, key } = await enrolled('zhang', 1);
      const factor = await login(key);
      assert.equal(authenticationOf({ account, factors: [factor] }, world.parts.clock()).aal, 1);
    });

    it('answer a nonce once, also at the same time, and only in its own interaction', async () => {
      const { key } = await enrolled();
      const options = await beginPasskeyLogin(world.parts, { boundTo: 'i1' });
      const response = key.answer(options);
      await assert.rejects(
        finishPasskeyLogin(world.parts, HOME, { boundTo: 'i2', response }),
        coded('challenge-refused'),
      );
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => finishPasskeyLogin(world.parts, HOME, { boundTo: 'i1', response })),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    });

    it('a nonce of a scan, of an enrolment, or too old is none for a login', async () => {
      const { account, key } = await enrolled();
      const scan = await beginPasskeyLogin(world.parts, { boundTo: 'i1', kind: 'passkey-scan' });
      const finish = (challenge: string) =>
        finishPasskeyLogin(world.parts, HOME, {
          boundTo: 'i1',
          response: key.answer({ ...scan, challenge }),
        });
      await assert.rejects(finish(scan.challenge), coded('challenge-refused'));
      const enrol = await beginPasskey(world.parts, { account, boundTo: 'i1', name: 'x' });
      await assert.rejects(finish(enrol.challenge), coded('challenge-refused'));
      const old = await beginPasskeyLogin(world.parts, { boundTo: 'i1' });
      world.advance(301);
      await assert.rejects(finish(old.challenge), coded('challenge-refused'));
    });

    const attacks: Readonly<Record<string, () => Deviations>> = {
      'another origin (a phishing page)': () => ({ origin: 'https://yinxin.example' }),
      'another relying party': () => ({ rpId: 'example.org' }),
      'no user verification': () => ({ userVerified: false }),
      'a foreign key': () => ({ signWith: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }),
      'an answer of an enrolment': () => ({ type: 'webauthn.create' }),
      'another person’s handle': () => ({ userHandle: Buffer.from('acc_lisi').toString('base64url') }),
    };
    for (const [what, more] of Object.entries(attacks)) {
      it(`refuse ${what}`, async () => {
        const { key } = await enrolled();
        await assert.rejects(login(key, more()), coded('passkey-refused'));
        // The same key without the deviation goes on working: the attempt cost nothing else.
        await login(key);
      });
    }

    it('refuse a credential nobody enrolled like one that is wrong', async () => {
      await enrolled();
      await assert.rejects(login(new SoftPasskey(ORIGIN)), coded('passkey-refused'));
    });

    it('refuse a signature counter that goes back: somebody copied the key', async () => {
      const { key } = await enrolled();
      await login(key, { counter: 10 });
      await assert.rejects(login(key, { counter: 9 }), coded('passkey-refused'));
      await assert.rejects(login(key, { counter: 10 }), coded('passkey-refused'));
      await login(key, { counter: 11 });
    });

    it('an ended passkey logs nobody in', async () => {
      const { account, key } = await enrolled();
      const [only] = await authenticatorsOf(world.database.reader, account, 'passkey');
      await world.database.write((tx) =>
        endAuthenticator(world.parts, tx, actor, { account, id: only!.id, reason: 'removed' }),
      );
      await assert.rejects(login(key), coded('passkey-refused'));
    });

    it('an enrolment is its own account’s and refuses what a login refuses', async () => {
      const account = await world.person('zhang');
      const lisi = await world.person('lisi');
      const key = new SoftPasskey(ORIGIN);
      const finish = async (more: Deviations, whose = account) => {
        const options = await beginPasskey(world.parts, { account, boundTo: 's1', name: 'zhang' });
        return finishPasskey(world.parts, actor, {
          account: whose,
          boundTo: 's1',
          label: 'x',
          rung: 2,
          response: key.register(options, more),
        });
      };
      await assert.rejects(finish({}, lisi), coded('challenge-refused'));
      await assert.rejects(finish({ userVerified: false }), coded('passkey-refused'));
      await assert.rejects(finish({ origin: 'https://evil.example' }), coded('passkey-refused'));
      await finish({});
      await assert.rejects(finish({}), coded('authenticator-exists'));
    });

    it('a locked account’s passkey is refused and audited', async () => {
      const { account, key } = await enrolled();
      world.accounts.get(account)!.active = false;
      await assert.rejects(login(key), coded('login-refused'));
      assert.ok((await world.auditedActions()).some((line) => line.includes('account-not-active')));
    });

    it('garbage is refused, never a fault', async () => {
      const { key } = await enrolled();
      const options = await beginPasskeyLogin(world.parts, { boundTo: 'i1' });
      const good = key.answer(options);
      for (const clientDataJSON of ['', 'AA', b64('{}'), b64('null'), b64('{"challenge":7}')]) {
        await assert.rejects(
          finishPasskeyLogin(world.parts, HOME, {
            boundTo: 'i1',
            response: { ...good, response: { ...good.response, clientDataJSON } },
          }),
          coded('challenge-refused'),
        );
      }
      for (const part of ['authenticatorData', 'signature', 'userHandle'] as const) {
        const fresh = key.answer(await beginPasskeyLogin(world.parts, { boundTo: 'i1' }));
        await assert.rejects(
          finishPasskeyLogin(world.parts, HOME, {
            boundTo: 'i1',
            response: { ...fresh, response: { ...fresh.response, [part]: 'AAAA' } },
          }),
          coded('passkey-refused'),
        );
      }
    });
  });
}

const b64 = (text: string): string => Buffer.from(text).toString('base64url');
