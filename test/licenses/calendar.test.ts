// The calendar of licenses: an expiry is noted once, and a license that is damaged keeps no other waiting.
import assert from 'node:assert/strict';
import { noteExpired } from '../../licenses/calendar.ts';
import { changeStatus } from '../../licenses/change.ts';
import { applyDue } from '../../licenses/due.ts';
import { issueLicense } from '../../licenses/issue.ts';
import { licenseStory } from '../../licenses/versions.ts';
import { engines } from '../storage/engines.ts';
import { openLicenseOffice, type LicenseOffice } from './license-office.ts';
import { change, DAY, inDay, inDays, outboxKinds, stored } from './life-office.ts';

for (const engine of engines) {
  describe(`the calendar of licenses on ${engine.name}`, () => {
    let office: LicenseOffice;
    let opened = false;

    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
    });
    after(async () => {
      if (opened) await office.close();
    });

    it('notes an expiry once, with the day it had effect, and not of what was over before', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const revoked = await issueLicense(office.parts, office.food1());
      await changeStatus(office.parts, change(revoked, 'revoke'));
      assert.ok(license.expiresAt);
      const days = (license.expiresAt.getTime() - Date.now()) / DAY + 1;
      const later = inDays(office.parts, days);
      while ((await noteExpired(later)) > 0);
      const { events } = await licenseStory(later, license.id);
      assert.deepEqual(
        events.map(({ change: kind, effectiveAt }) => [kind, effectiveAt.getTime()]),
        [['expire', license.expiresAt.getTime()]],
      );
      assert.deepEqual(await outboxKinds(office.parts, revoked.id), ['issued', 'changed']);
      assert.equal(
        (await outboxKinds(office.parts, license.id)).filter((kind) => kind === 'expired').length,
        1,
      );
      assert.equal((await stored(later, license.id)).state, 'issued', 'the calendar is not a state');
      // Late renewal and cancelling go on from there.
      await changeStatus(later, change(license, 'cancel'));
      assert.equal((await stored(later, license.id)).state, 'cancelled');
    });

    it('keeps no license waiting for another one that is damaged', async () => {
      const [damaged, license, dated] = [
        await issueLicense(office.parts, office.food1()),
        await issueLicense(office.parts, office.food1()),
        await issueLicense(office.parts, office.food1()),
      ];
      await changeStatus(office.parts, change(damaged, 'suspend', { effectiveAt: inDay(1) }));
      await changeStatus(office.parts, change(dated, 'suspend', { effectiveAt: inDay(2) }));
      const key = { record: damaged.root };
      const { wrapped } = await office.parts.database.reader
        .selectFrom('record_key')
        .select('wrapped')
        .where('record', '=', key.record)
        .executeTakeFirstOrThrow();
      const setRows = (sealed: string, status: number) =>
        office.parts.database.write(async (tx) => {
          await tx
            .updateTable('record_key')
            .set({ wrapped: sealed })
            .where('record', '=', key.record)
            .execute();
          await tx.updateTable('license').set({ status_list: status }).where('id', '=', damaged.id).execute();
        });
      assert.ok(damaged.status && damaged.expiresAt);
      await setRows('not a key', 999_999);
      // Its entry in the status lists is not there, so its own change fails; those after it do not.
      await assert.rejects(applyDue(inDays(office.parts, 3)));
      assert.equal((await stored(office.parts, dated.id)).state, 'suspended');
      const days = (damaged.expiresAt.getTime() - Date.now()) / DAY + 1;
      await assert.rejects(noteExpired(inDays(office.parts, days)));
      assert.ok((await outboxKinds(office.parts, license.id)).includes('expired'));
      await setRows(wrapped, damaged.status.list);
      assert.equal((await applyDue(inDays(office.parts, 3))).applied, 1);
      assert.equal(await noteExpired(inDays(office.parts, days)), 1);
    });
  });
}
