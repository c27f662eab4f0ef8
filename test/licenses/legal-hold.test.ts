// Legal holds 法律保全: what is held stays, by whichever id it was named, also while it is being destroyed.
import assert from 'node:assert/strict';
import { issueLicense, issueVersion } from '../../licenses/issue.ts';
import { retainedLicenses } from '../../licenses/retention.ts';
import { findLicense } from '../../licenses/store.ts';
import { destroyEnded, destructions } from '../../storage/destruction.ts';
import { StorageError } from '../../storage/errors.ts';
import { liftHold, setHold, standingHolds } from '../../storage/retention.ts';
import { engines } from '../storage/engines.ts';
import { keepingOf, type Keeping } from './keeping.ts';
import { openLicenseOffice, type LicenseOffice } from './license-office.ts';

const officer = { id: 'acc_officer', kind: 'person', department: null, scopes: [] } as const;

for (const engine of engines) {
  describe(`legal holds on ${engine.name}`, function () {
    this.timeout(120_000);
    let office: LicenseOffice;
    let keeping: Keeping;
    let opened = false;
    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
      keeping = keepingOf(office);
    });
    after(async () => {
      if (opened) await office.close();
    });

    it('leaves what is held, whoever holds it by record or by class, until the hold is lifted', async () => {
      const retained = retainedLicenses(office.parts.suite.digest);
      for (const whole of [false, true]) {
        const food = await issueLicense(office.parts, office.food1());
        await keeping.revoke(food);
        const hold = await setHold(keeping.later(0), retained, officer, {
          class: whole ? 'license-standard' : 'license-short',
          record: whole ? null : food.id,
          reason: '涉诉样本甲',
          basis: '民事诉讼法第八十四条',
        });
        assert.equal((await standingHolds(office.parts)).find(({ id }) => id === hold)?.reason, '涉诉样本甲');
        assert.ok(!(await keeping.everything()).includes('涉诉样本甲'));
        const { held } = await keeping.destroy(10.5);
        assert.ok(held >= 1);
        assert.notEqual(await findLicense(office.parts.database.reader, office.parts, food.id), null);
        await liftHold(keeping.later(0), officer, { id: hold, basis: '裁定' });
        await assert.rejects(liftHold(keeping.later(0), officer, { id: hold, basis: '裁定' }), {
          code: 'legal-hold-not-found',
        });
        await keeping.destroy(10.5);
        assert.equal(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      }
    });

    const hold = (record: string) => ({
      class: 'license-standard',
      record,
      reason: '涉诉样本乙',
      basis: '民事诉讼法第八十四条',
    });

    it('holds the whole license by the id of whichever version, and refuses to hold what is not there', async () => {
      const retained = retainedLicenses(office.parts.suite.digest);
      const food = await issueLicense(office.parts, office.food1());
      const next = await issueVersion(office.parts, {
        ...office.food1(),
        number: food.record['ZZBH'] ?? '',
        succeeds: { license: food.id, how: 'change', reason: '样本', legalBasis: '行政许可法第四十九条' },
      });
      await keeping.revoke(next);
      const id = await setHold(keeping.later(0), retained, officer, hold(next.id));
      await keeping.destroy(10.5);
      assert.notEqual(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      assert.notEqual(await findLicense(office.parts.database.reader, office.parts, next.id), null);
      await liftHold(keeping.later(0), officer, { id, basis: '裁定' });
      await keeping.destroy(10.5);
      for (const gone of [next.id, 'lic_x', `cpy_${'0'.repeat(32)}`])
        await assert.rejects(
          setHold(keeping.later(0), retained, officer, hold(gone)),
          (error: unknown) => error instanceof StorageError && error.code === 'retention-invalid',
          gone,
        );
    });

    it('does not destroy what is held while it is being destroyed', async () => {
      const food = await issueLicense(office.parts, office.food1());
      await keeping.revoke(food);
      const parts = keeping.later(10.5);
      const retained = retainedLicenses(parts.digest).map((records) => ({
        ...records,
        destroy: async (...[tx, record, before]: Parameters<typeof records.destroy>) => {
          const gone = await records.destroy(tx, record, before);
          if (record === food.id)
            await tx
              .insertInto('legal_hold')
              .values({
                ...{ id: `hld_${engine.name}`, class: 'license-standard', record, basis: '裁定' },
                ...{
                  reason: parts.cipher.seal(
                    { table: 'legal_hold', column: 'reason', row: `hld_${engine.name}` },
                    '样',
                  ),
                },
                ...{
                  set_by: officer.id,
                  set_at: parts.clock().toISOString(),
                  lifted_by: null,
                  lifted_at: null,
                },
              })
              .execute();
          return gone;
        },
      }));
      const { held } = await destroyEnded(parts, retained);
      assert.ok(held >= 1);
      assert.notEqual(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      const proofs = await destructions(parts.database.reader, parts.digest, { record: food.id, limit: 5 });
      assert.deepEqual(proofs, []);
    });
  });
}
