// 亮证 from both sides, on both databases: one claim, one answer, and everything that must not work.
import assert from 'node:assert/strict';
import { changeStatus } from '../../licenses/change.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import {
  answerClaim,
  claimsOfHolder,
  endShowing,
  numbersToChooseFrom,
  renewPicture,
  showLicenses,
  shownHere,
} from '../../licenses/presentation.ts';
import { alarms, alarmSeen, sweepShowings } from '../../licenses/presentation-alarms.ts';
import {
  receiptOfClaim,
  receiptOfShowing,
  takeAnswer,
  type ReceiptFacts,
} from '../../licenses/presentation-answer.ts';
import { claimOf, claimShowing, type ClaimedShowing } from '../../licenses/presentation-claim.ts';
import type { Actor } from '../../storage/actor.ts';
import { engines } from '../storage/engines.ts';
import { approval } from './license-office.ts';
import {
  CASE,
  colleague,
  MATTER,
  openShowingDesk,
  textOf,
  verifier,
  type ShowingDesk,
} from './showing-desk.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

const protector: Actor = { ...verifier, id: 'person:psn_dpo', scopes: ['identity:protect'] };
const sign = (facts: ReceiptFacts): Promise<string> => Promise.resolve(`receipt ${facts.receiptId}`);

for (const engine of engines) {
  describe(`showing a license on ${engine.name}`, function () {
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

    const agreed = async (changes = {}): Promise<ClaimedShowing> => {
      const picture = await desk.show();
      const claimed = await claimShowing(desk.parts, desk.claim(picture, changes));
      await answerClaim(desk.parts, desk.showing, claimed.id, {
        agree: true,
        number: claimed.claim.matchNumber,
      });
      return claimed;
    };

    it('goes from the screen to the desk and back: claim, number, consent, answer, receipt to both', async () => {
      const picture = await desk.show();
      assert.match(textOf(picture), /^https:\/\/zz\.tjhb\.example\.cn\/p#\d{39}$/);
      assert.equal(picture.until.getTime() - desk.parts.clock().getTime() > 59_000, true);
      const claimed = await claimShowing(desk.parts, desk.claim(picture));
      assert.equal(claimed.state, 'claimed');
      await assert.rejects(takeAnswer(desk.parts, verifier, claimed.id, sign), refusal('claim-not-approved'));
      const seen = await shownHere(desk.parts, desk.showing, picture.id);
      assert.equal(seen.state, 'claimed');
      assert.deepEqual(
        [seen.claim?.department, seen.claim?.matter, seen.claim?.caseNumber, seen.claim?.fields],
        [verifier.department, MATTER, CASE, ['CZZT', 'KZ_CSRQ']],
      );
      const numbers = numbersToChooseFrom(desk.parts, picture.id, claimed.claim.matchNumber);
      assert.equal(new Set(numbers).size, 3);
      assert.ok(numbers.includes(claimed.claim.matchNumber) && numbers.every((n) => n >= 10 && n <= 99));
      const answered = await answerClaim(desk.parts, desk.showing, picture.id, {
        agree: true,
        number: claimed.claim.matchNumber,
      });
      assert.equal(answered.state, 'approved');
      const { answer, receipt } = await takeAnswer(desk.parts, verifier, claimed.id, sign);
      assert.deepEqual(
        answer.lines.map(({ name, value }) => [name, value]),
        [
          ['CZZT', '样本𬭸'],
          ['KZ_CSRQ', '1951-08-23'],
        ],
      );
      assert.equal(answer.state, 'issued');
      // What was not asked for is not there, wherever one looks.
      assert.equal(JSON.stringify(answer).includes('120105195108230033'), false);
      await assert.rejects(takeAnswer(desk.parts, verifier, claimed.id, sign), refusal('answer-delivered'));
      assert.equal(await receiptOfClaim(desk.parts, verifier, claimed.id), receipt);
      assert.equal(await receiptOfShowing(desk.parts, desk.showing, claimed.id), receipt);
      const looks = await claimsOfHolder(desk.parts, desk.showing);
      assert.equal(looks[0]?.state, 'delivered');
      const rows = await desk.parts.database.reader
        .selectFrom('audit_log')
        .select(['action', 'subject'])
        .where('action', 'like', 'presentation.%')
        .orderBy('sequence')
        .execute();
      assert.deepEqual(
        rows.map(({ action, subject }) => [action, subject]),
        [
          ['presentation.shown', picture.id],
          ['presentation.claimed', desk.card.id],
          ['presentation.approved', desk.card.id],
          ['presentation.delivered', desk.card.id],
        ],
      );
    });

    it('lets a hundred claims at once have one winner', async () => {
      const picture = await desk.show();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, (_, at) =>
          claimShowing(desk.parts, desk.claim(picture, { actor: colleague(at) })),
        ),
      );
      const won = outcomes.filter((each) => each.status === 'fulfilled');
      assert.equal(won.length, 1);
      const lost = outcomes.filter((each) => each.status === 'rejected');
      assert.ok(
        lost.every(
          ({ reason }) =>
            refusal('live-code-refused')(reason) ||
            // An organisation that sends fifty dead codes is stopped.
            refusal('claim-limit')(reason),
        ),
      );
    });

    it('lets a hundred takers of an answer have one, and signs for nobody twice', async () => {
      const claimed = await agreed();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, () => takeAnswer(desk.parts, verifier, claimed.id, sign)),
      );
      const won = outcomes.filter((each) => each.status === 'fulfilled');
      assert.equal(won.length, 1);
      assert.equal(await receiptOfClaim(desk.parts, verifier, claimed.id), won[0]?.value.receipt);
    });

    it('refuses a screenshot: renewed, claimed, put away or a minute old, the code is dead', async () => {
      const first = await desk.show();
      const second = await renewPicture(desk.parts, desk.showing, first.id);
      assert.notEqual(textOf(first), textOf(second));
      const claim = (code: string) => claimShowing(desk.parts, { ...desk.claim(first), code });
      await assert.rejects(claim(textOf(first)), refusal('live-code-refused'));
      await assert.rejects(claim(first.spoken), refusal('live-code-refused'));
      desk.wait(59);
      const third = await renewPicture(desk.parts, desk.showing, first.id);
      desk.wait(61);
      await assert.rejects(claim(textOf(third)), refusal('live-code-refused'));
      assert.equal((await shownHere(desk.parts, desk.showing, first.id)).state, 'ended');
      // The screen woke up: the next picture is good again.
      const fourth = await renewPicture(desk.parts, desk.showing, first.id);
      await endShowing(desk.parts, desk.showing, first.id);
      desk.wait(700);
      await assert.rejects(claim(textOf(fourth)), refusal('live-code-refused'));
      await assert.rejects(renewPicture(desk.parts, desk.showing, first.id), refusal('presentation-over'));
    });

    it('refuses a replay: what was claimed is claimed for ever', async () => {
      const picture = await desk.show();
      const claimed = await claimShowing(desk.parts, desk.claim(picture));
      await assert.rejects(
        claimShowing(desk.parts, desk.claim(picture, { actor: colleague(1) })),
        refusal('live-code-refused'),
      );
      await assert.rejects(renewPicture(desk.parts, desk.showing, picture.id), refusal('presentation-over'));
      await answerClaim(desk.parts, desk.showing, picture.id, {
        agree: true,
        number: claimed.claim.matchNumber,
      });
      await assert.rejects(
        answerClaim(desk.parts, desk.showing, picture.id, { agree: false }),
        refusal('presentation-over'),
      );
      // Another officer of the department does not fetch it either.
      await assert.rejects(
        takeAnswer(desk.parts, colleague(2), picture.id, sign),
        refusal('presentation-not-found'),
      );
    });

    it('belongs to the device that shows it: the same holder elsewhere neither renews nor agrees', async () => {
      const picture = await desk.show();
      const elsewhere = { ...desk.showing, device: 'another device' };
      const claimed = await claimShowing(desk.parts, desk.claim(picture));
      for (const attempt of [
        renewPicture(desk.parts, elsewhere, picture.id),
        shownHere(desk.parts, elsewhere, picture.id),
        endShowing(desk.parts, elsewhere, picture.id),
        answerClaim(desk.parts, elsewhere, picture.id, { agree: true, number: claimed.claim.matchNumber }),
      ])
        await assert.rejects(attempt, refusal('presentation-not-found'));
      const stranger = { ...desk.showing, actor: { ...desk.showing.actor, id: 'person:psn_2' } };
      await assert.rejects(
        answerClaim(desk.parts, stranger, picture.id, { agree: true, number: claimed.claim.matchNumber }),
        refusal('presentation-not-found'),
      );
      assert.equal((await claimOf(desk.parts, verifier, picture.id)).state, 'claimed');
    });

    it('shows one code a device, and what one holds alone', async () => {
      const first = await desk.show();
      const second = await desk.show();
      await assert.rejects(claimShowing(desk.parts, desk.claim(first)), refusal('live-code-refused'));
      assert.equal((await claimShowing(desk.parts, desk.claim(second))).state, 'claimed');
      await assert.rejects(
        showLicenses(
          desk.parts,
          { ...desk.showing, holder: { kind: 'resident', code: '120105199001010012' } },
          [desk.card.id],
        ),
        refusal('license-not-found'),
      );
      await assert.rejects(showLicenses(desk.parts, desk.showing, []), refusal('presentation-invalid'));
    });

    it('declines by the wrong number, by refusal and by time, each with an alarm that somebody looks into', async () => {
      // What other tests left unanswered is over by now.
      while ((await sweepShowings(desk.parts)) > 0);
      const before = (await alarms(desk.parts, protector)).length;
      const wrong = await claimShowing(desk.parts, desk.claim(await desk.show()));
      const other = wrong.claim.matchNumber === 42 ? 43 : 42;
      const declined = await answerClaim(desk.parts, desk.showing, wrong.id, { agree: true, number: other });
      assert.deepEqual([declined.state, declined.reason], ['declined', 'number']);
      const refused = await claimShowing(desk.parts, desk.claim(await desk.show()));
      await endShowing(desk.parts, desk.showing, refused.id);
      assert.equal((await claimOf(desk.parts, verifier, refused.id)).state, 'declined');
      const silent = await claimShowing(desk.parts, desk.claim(await desk.show()));
      desk.wait(121);
      assert.equal((await claimOf(desk.parts, verifier, silent.id)).state, 'lapsed');
      await assert.rejects(
        answerClaim(desk.parts, desk.showing, silent.id, {
          agree: true,
          number: silent.claim.matchNumber,
        }),
        refusal('presentation-over'),
      );
      while ((await sweepShowings(desk.parts)) > 0);
      for (const id of [wrong.id, refused.id, silent.id])
        await assert.rejects(takeAnswer(desk.parts, verifier, id, sign), refusal('presentation-over'));
      const raised = await alarms(desk.parts, protector);
      assert.equal(raised.length, before + 3);
      const kinds = raised.filter(({ presentation }) =>
        [wrong.id, refused.id, silent.id].includes(presentation ?? ''),
      );
      assert.deepEqual(kinds.map(({ kind }) => kind).sort(), ['declined', 'lapsed', 'other-number']);
      await assert.rejects(alarms(desk.parts, verifier), refusal('scope-missing'));
      const [first] = kinds;
      assert.ok(first);
      await assert.rejects(
        alarmSeen(desk.parts, { ...protector, id: verifier.id }, first.id),
        refusal('alarm-not-found'),
      );
      await alarmSeen(desk.parts, protector, first.id);
      await assert.rejects(alarmSeen(desk.parts, protector, first.id), refusal('alarm-not-found'));
    });

    it('does not wait for ever for a verifier either: what was agreed to is fetched within two minutes', async () => {
      const claimed = await agreed();
      desk.wait(121);
      await assert.rejects(takeAnswer(desk.parts, verifier, claimed.id, sign), refusal('presentation-over'));
    });

    it('takes ten digits in the place of the picture, in groups as they are read out', async () => {
      const picture = await desk.show();
      const spoken = `${picture.spoken.slice(0, 3)} ${picture.spoken.slice(3, 6)}-${picture.spoken.slice(6)}`;
      const claimed = await claimShowing(desk.parts, desk.claim(picture, { code: spoken }));
      assert.equal(claimed.state, 'claimed');
      await assert.rejects(
        claimShowing(desk.parts, desk.claim(picture)),
        refusal('live-code-refused'),
        'the picture of a code that was claimed by its digits',
      );
    });

    it('answers with the state of this very moment', async () => {
      const picture = await desk.show();
      const claimed = await claimShowing(desk.parts, desk.claim(picture));
      await answerClaim(desk.parts, desk.showing, claimed.id, {
        agree: true,
        number: claimed.claim.matchNumber,
      });
      const change = {
        actor: approval,
        licenseId: desk.card.id,
        reason: '演示',
        legalBasis: '证照类型规则',
      } as const;
      await changeStatus(desk.parts, { ...change, idempotencyKey: `s-${engine.name}`, change: 'suspend' });
      const { answer } = await takeAnswer(desk.parts, verifier, claimed.id, sign);
      assert.deepEqual([answer.state, answer.stateWords], ['suspended', '暂停使用']);
      await changeStatus(desk.parts, { ...change, idempotencyKey: `r-${engine.name}`, change: 'restore' });
    });

    it('keeps no token, no digits and no receipt in the clear', async () => {
      const picture = await desk.show();
      const rows = JSON.stringify(
        await desk.parts.database.reader.selectFrom('presentation').selectAll().execute(),
      );
      for (const secret of [
        picture.code.digits,
        picture.spoken,
        desk.showing.device,
        '样本',
        '120105195108230033',
      ])
        assert.equal(rows.includes(secret), false, secret);
      assert.equal(rows.includes('receipt rcp_'), false);
      const left = await desk.parts.database.reader
        .selectFrom('presentation')
        .select(['token_digest', 'locator_mac', 'digits_mac'])
        .where('state', '<>', 'shown')
        .execute();
      assert.ok(left.length > 5);
      for (const row of left) assert.deepEqual(Object.values(row), [null, null, null]);
    });
  });
}
