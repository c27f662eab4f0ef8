// What must not work at a desk: guessing, pushing, asking without a case or for too much; on both databases.
import assert from 'node:assert/strict';
import { FormatError } from '../../formats/errors.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { closeCase, openCase, openCases } from '../../licenses/open-cases.ts';
import { answerClaim } from '../../licenses/presentation.ts';
import { alarms } from '../../licenses/presentation-alarms.ts';
import { claimShowing } from '../../licenses/presentation-claim.ts';
import type { Actor } from '../../storage/actor.ts';
import { engines } from '../storage/engines.ts';
import { approval } from './license-office.ts';
import { CASE, colleague, MATTER, openShowingDesk, verifier, type ShowingDesk } from './showing-desk.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

const protector: Actor = { ...verifier, id: 'person:psn_dpo', scopes: ['identity:protect'] };

for (const engine of engines) {
  describe(`claims that are refused on ${engine.name}`, function () {
    this.timeout(60_000);
    let desk: ShowingDesk;
    let opened = false;

    before(async function () {
      engine.require(this);
      desk = await openShowingDesk(engine);
      opened = true;
    });
    after(async () => {
      if (opened) await desk.close();
    });
    // Every test has a fresh hour: what another one used up is not its own.
    beforeEach(() => desk.wait(7200));

    it('kills ten digits after five wrong ends, and the picture lives on', async () => {
      const picture = await desk.show();
      const last = Number(picture.spoken.slice(6));
      for (let attempt = 1; attempt <= 5; attempt++) {
        const wrong = picture.spoken.slice(0, 6) + String((last + attempt) % 10_000).padStart(4, '0');
        await assert.rejects(
          claimShowing(desk.parts, desk.claim(picture, { code: wrong, actor: colleague(attempt) })),
          refusal('live-code-refused'),
        );
      }
      await assert.rejects(
        claimShowing(desk.parts, desk.claim(picture, { code: picture.spoken })),
        refusal('live-code-refused'),
      );
      const alarm = (await alarms(desk.parts, protector)).find((each) => each.presentation === picture.id);
      assert.equal(alarm?.kind, 'wrong-codes');
      assert.equal((await claimShowing(desk.parts, desk.claim(picture))).state, 'claimed');
    });

    it('stops a verifier after five wrong codes, also when they come at once, and says so in an alarm', async () => {
      const picture = await desk.show();
      const guesser = colleague(77);
      const guesses = Array.from({ length: 40 }, (_, at) => String(1_000_000_007 + at * 7919));
      const outcomes = await Promise.allSettled(
        guesses.map((code) => claimShowing(desk.parts, desk.claim(picture, { code, actor: guesser }))),
      );
      const codes = outcomes.map((each) =>
        each.status === 'rejected' && each.reason instanceof LicenseError ? each.reason.code : '',
      );
      assert.equal(codes.filter((code) => code === 'live-code-refused').length, 5);
      assert.equal(codes.filter((code) => code === 'claim-limit').length, 35);
      // Even the right one is not looked at now; for others it is.
      await assert.rejects(
        claimShowing(desk.parts, desk.claim(picture, { actor: guesser })),
        refusal('claim-limit'),
      );
      const mine = (await alarms(desk.parts, protector)).filter((each) => each.verifier === guesser.id);
      assert.deepEqual(
        mine.map(({ kind }) => kind),
        ['limit'],
      );
      assert.equal((await claimShowing(desk.parts, desk.claim(picture))).state, 'claimed');
      desk.wait(600);
      const later = await desk.show();
      assert.equal((await claimShowing(desk.parts, desk.claim(later, { actor: guesser }))).state, 'claimed');
    });

    it('stops a verifier whose claims holders decline, and an organisation at its own bound', async () => {
      const pushy = colleague(88);
      for (let attempt = 0; attempt < 5; attempt++) {
        const claimed = await claimShowing(desk.parts, desk.claim(await desk.show(), { actor: pushy }));
        await answerClaim(desk.parts, desk.showing, claimed.id, { agree: false });
      }
      const picture = await desk.show();
      await assert.rejects(
        claimShowing(desk.parts, desk.claim(picture, { actor: pushy })),
        refusal('claim-limit'),
      );
      const small = {
        verifier: { claim: 2, wrong: 5, failed: 50 },
        department: { claim: 3, wrong: 50, failed: 50 },
      };
      desk.wait(7200);
      const parts = { ...desk.parts, showingLimits: small };
      const outcome = async (actor: Actor): Promise<string> =>
        claimShowing(parts, desk.claim(await desk.show(), { actor })).then(
          () => 'claimed',
          (error: unknown) => (error instanceof LicenseError ? error.code : 'other'),
        );
      const outcomes: string[] = [];
      for (const actor of [colleague(1), colleague(1), colleague(1), colleague(2), colleague(3)])
        outcomes.push(await outcome(actor));
      assert.deepEqual(outcomes, ['claimed', 'claimed', 'claim-limit', 'claim-limit', 'claim-limit']);
    });

    it('asks for an open case of the own department under the same matter', async () => {
      const picture = await desk.show();
      const attempt = (changes: object) => claimShowing(desk.parts, desk.claim(picture, changes));
      await assert.rejects(attempt({ caseNumber: 'none' }), refusal('case-not-open'));
      await assert.rejects(attempt({ matter: 'YS1201050200013101000099' }), refusal('case-not-open'));
      const elsewhere: Actor = { ...approval, scopes: ['licenses:present', 'cases:write'] };
      await assert.rejects(attempt({ actor: elsewhere }), refusal('case-not-open'));
      await openCase(desk.parts, verifier, { caseNumber: 'closed-1', matter: MATTER });
      await openCase(desk.parts, verifier, { caseNumber: 'closed-1', matter: MATTER });
      await closeCase(desk.parts, verifier, 'closed-1');
      await assert.rejects(attempt({ caseNumber: 'closed-1' }), refusal('case-not-open'));
      await assert.rejects(
        openCase(desk.parts, verifier, { caseNumber: 'closed-1', matter: MATTER }),
        refusal('case-number-taken'),
      );
      await assert.rejects(closeCase(desk.parts, verifier, 'none'), refusal('case-not-found'));
      const department = verifier.department ?? '';
      const open = await openCases(desk.parts.database.reader, department, 10);
      assert.deepEqual(
        open.map(({ caseNumber }) => caseNumber),
        [CASE],
      );
      // Nothing of it cost the code its life.
      assert.equal((await attempt({})).state, 'claimed');
    });

    it('asks for fields that the type lets be seen, for a type that is shown, with the scope', async () => {
      const picture = await desk.show();
      const attempt = (changes: object) => claimShowing(desk.parts, desk.claim(picture, changes));
      await assert.rejects(attempt({ fields: [] }), refusal('fields-not-permitted'));
      await assert.rejects(attempt({ fields: ['CZZT', 'salt'] }), refusal('fields-not-permitted'));
      await assert.rejects(attempt({ fields: ['KZ_JYXM'] }), refusal('fields-not-permitted'));
      await assert.rejects(attempt({ type: 'no-such-type' }), refusal('type-not-found'));
      await assert.rejects(
        attempt({ actor: { ...verifier, scopes: ['licenses:read'] } }),
        refusal('scope-missing'),
      );
      await assert.rejects(attempt({ type: 'sample-food', fields: ['CZZT'] }), refusal('not-offered'));
      for (const code of [
        '',
        'https://evil.example/x',
        '1'.repeat(40),
        '9'.repeat(39),
        '12345',
        'x'.repeat(500),
      ])
        await assert.rejects(attempt({ code }), FormatError);
      assert.equal((await attempt({})).state, 'claimed');
    });
  });
}
