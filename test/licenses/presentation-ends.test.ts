// How showings end, and what is left of them: put away, forgotten after a day, destroyed after their period.
import assert from 'node:assert/strict';
import { makeCopy } from '../../licenses/copy.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import type { PageContent } from '../../licenses/page-layout.ts';
import { answerClaim, claimsOfHolder, endShowing, shownHere } from '../../licenses/presentation.ts';
import { sweepShowings } from '../../licenses/presentation-alarms.ts';
import { takeAnswer } from '../../licenses/presentation-answer.ts';
import { claimOf, claimShowing } from '../../licenses/presentation-claim.ts';
import { besideRecords } from '../../licenses/retention-beside.ts';
import type { Database } from '../../storage/database.ts';
import { destroyEnded } from '../../storage/destruction.ts';
import { engines } from '../storage/engines.ts';
import { years } from './keeping.ts';
import { MATTER, openShowingDesk, verifier, type ShowingDesk } from './showing-desk.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

for (const engine of engines) {
  describe(`the end of a showing on ${engine.name}`, function () {
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
    beforeEach(() => desk.wait(7200));

    it('declines a claim that came while the holder was putting the code away', async () => {
      const picture = await desk.show();
      let claims = 0;
      // The desk is first by a hair: after the holder's look, before the holder's write.
      const database: Database = {
        ...desk.parts.database,
        reader: desk.parts.database.reader,
        write: async (work) => {
          if (claims === 0) await claimShowing(desk.parts, desk.claim(picture));
          claims += 1;
          return desk.parts.database.write(work);
        },
      };
      await endShowing({ ...desk.parts, database }, desk.showing, picture.id);
      assert.equal((await claimOf(desk.parts, verifier, picture.id)).state, 'declined');
    });

    it('forgets after a day what nobody claimed, and keeps what somebody did', async () => {
      const unclaimed = await desk.show();
      await endShowing(desk.parts, desk.showing, unclaimed.id);
      const declined = await claimShowing(desk.parts, desk.claim(await desk.show()));
      await answerClaim(desk.parts, desk.showing, declined.id, { agree: false });
      const ids = async (): Promise<readonly string[]> =>
        (await desk.parts.database.reader.selectFrom('presentation').select('id').execute()).map(
          ({ id }) => id,
        );
      desk.wait(86_000);
      while ((await sweepShowings(desk.parts)) > 0);
      assert.ok((await ids()).includes(unclaimed.id));
      desk.wait(600);
      while ((await sweepShowings(desk.parts)) > 0);
      assert.ok(!(await ids()).includes(unclaimed.id));
      assert.ok((await ids()).includes(declined.id));
      await assert.rejects(
        shownHere(desk.parts, desk.showing, unclaimed.id),
        refusal('presentation-not-found'),
      );
    });

    it('leaves nobody to be found once its period is over, whatever came of a claim; nor a copy that was given up', async () => {
      const delivered = await claimShowing(desk.parts, desk.claim(await desk.show()));
      await answerClaim(desk.parts, desk.showing, delivered.id, {
        agree: true,
        number: delivered.claim.matchNumber,
      });
      await takeAnswer(desk.parts, verifier, delivered.id, ({ receiptId }) =>
        Promise.resolve(`receipt ${receiptId}`),
      );
      const declined = await claimShowing(desk.parts, desk.claim(await desk.show()));
      await answerClaim(desk.parts, desk.showing, declined.id, { agree: false });
      const request = {
        ...desk.showing,
        idempotencyKey: `given-up-${engine.name}`,
        license: desk.card.id,
        grant: {
          department: '11120105MB00000016',
          departmentName: '演示',
          matter: MATTER,
          matterName: '演示',
          until: new Date(desk.parts.clock().getTime() + 9 * 86_400_000).toISOString().slice(0, 10),
        },
        fields: ['CZZT'],
      };
      const failing = {
        ...desk.parts,
        renderer: {
          ...desk.parts.renderer,
          examine: (content: PageContent) => desk.parts.renderer.examine(content),
          draw: () => Promise.reject(new Error('no paper')),
        },
      };
      await assert.rejects(makeCopy(failing, request), { message: 'no paper' });
      const round = (by: number) =>
        destroyEnded(
          {
            ...desk.parts,
            digest: desk.parts.suite.digest,
            clock: () => new Date(desk.parts.clock().getTime() + by * years),
          },
          besideRecords,
        );
      const found = async (): Promise<readonly number[]> =>
        Promise.all(
          (['presentation', 'license_copy'] as const).map(async (table) => {
            const rows = await desk.parts.database.reader
              .selectFrom(table)
              .select('id')
              .where('holder_index', '<>', '')
              .execute();
            return rows.length;
          }),
        );
      await round(2.9);
      assert.ok((await found()).every((count) => count > 0));
      while ((await sweepShowings(desk.parts)) > 0);
      await round(3.1);
      assert.deepEqual(await found(), [0, 0]);
      const rows = JSON.stringify(
        await desk.parts.database.reader.selectFrom('presentation').selectAll().execute(),
      );
      assert.ok(rows.includes(declined.id));
      assert.ok(!rows.includes(desk.showing.actor.id));
      assert.deepEqual(await claimsOfHolder(desk.parts, desk.showing), []);
    });
  });
}
