// Inspections, merging, holders that change, and the outbox that tells of it all.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { STATUS } from '../../formats/qr/labels.ts';
import { noteOverdue } from '../../licenses/calendar.ts';
import { changeStatus } from '../../licenses/change.ts';
import { deskReminders } from '../../licenses/desk-search.ts';
import { keptLicenseEvents, type LicenseHappened } from '../../licenses/events-port.ts';
import { recordHolderChange, type HolderChangeRequest } from '../../licenses/holder-change.ts';
import { endOfGrace, inspectionDeadline, monthsAfter } from '../../licenses/inspection-day.ts';
import { recordInspection, type InspectionRequest } from '../../licenses/inspection.ts';
import { issueLicense, issueVersion } from '../../licenses/issue.ts';
import { mergeLicenses, type MergeRequest } from '../../licenses/merge.ts';
import { tellListeners, waitingHappenings } from '../../licenses/outbox.ts';
import { licenseStory } from '../../licenses/versions.ts';
import type { StoredLicense } from '../../licenses/store.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';
import { copyRows, DAY, inDays, published, publishStrictType, refusal, stored } from './life-office.ts';

const beijing = (instant: number): string => new Date(instant + 8 * 3_600_000).toISOString().slice(0, 10);

for (const engine of engines) {
  describe(`what happens to licenses on ${engine.name}`, () => {
    let office: LicenseOffice;
    let opened = false;
    let count = 0;

    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      await publishStrictType(office);
      opened = true;
    });
    after(async () => {
      if (opened) await office.close();
    });

    const issue = (): Promise<StoredLicense> =>
      issueLicense(office.parts, office.food1({ type: 'sample-strict' }));
    const inspection = (license: StoredLicense, more: Partial<InspectionRequest> = {}): InspectionRequest => {
      count += 1;
      return {
        actor: approval,
        idempotencyKey: `inspect-${count}`,
        licenseId: license.id,
        inspectedOn: beijing(Date.now()),
        outcome: '合格',
        reason: '年度校验',
        legalBasis: '医疗机构管理条例第二十二条',
        ...more,
      };
    };

    it('counts a license as overdue once its day and its grace went by, in the list too, until it is inspected', async () => {
      const license = await issue();
      const { inspection: due } = await licenseStory(office.parts, license.id);
      assert.ok(due.by);
      const days = (due.by.getTime() - Date.now()) / DAY;
      assert.ok(days > 365 + 29 && days < 366 + 32, String(days));
      assert.equal(await noteOverdue(inDays(office.parts, days - 1)), 0);
      const late = inDays(office.parts, days + 1);
      assert.ok((await noteOverdue(late)) >= 1);
      assert.equal(await noteOverdue(late), 0, 'once');
      assert.equal(await published(late, license), STATUS.inspectionOverdue);
      assert.equal((await stored(late, license.id)).state, 'issued');
      const bad = await recordInspection(
        late,
        inspection(license, { inspectedOn: beijing(Date.now() + days * DAY), outcome: '暂缓校验' }),
      );
      assert.deepEqual(
        [bad.change, bad.details['outcome'], bad.details['nextBy']],
        ['inspect', '暂缓校验', undefined],
      );
      assert.equal(await published(late, license), STATUS.inspectionOverdue, 'it did not pass');
      // The supervising department inspects as well.
      const request = inspection(license, {
        actor: market,
        inspectedOn: beijing(Date.now() + days * DAY),
        officer: 'staff-3',
      });
      const good = await recordInspection(late, request);
      assert.deepEqual(await recordInspection(late, request), good);
      assert.equal(good.details['nextBy'], monthsAfter(beijing(Date.now() + days * DAY), 12));
      assert.equal(await published(late, license), STATUS.valid);
      const story = await licenseStory(late, license.id);
      assert.deepEqual(
        story.events.map(({ change, officer }) => [change, officer]),
        [
          ['inspection-overdue', 'system'],
          ['inspect', 'client:approval'],
          ['inspect', 'staff-3'],
        ],
      );
      assert.equal(story.inspection.overdue, false);
      assert.equal(await noteOverdue(inDays(office.parts, days + 300)), 0);
      assert.ok((await noteOverdue(inDays(office.parts, days + 500))) >= 1, 'and overdue again a year on');
    });

    it('reminds its department of what is overdue, without reading all that the department issued', async () => {
      const license = await issue();
      await noteOverdue(inDays(office.parts, 500));
      const { overdue } = await deskReminders(office.parts, approval);
      assert.ok(overdue.some(({ id }) => id === license.id));
      assert.deepEqual((await deskReminders(office.parts, market)).overdue, []);
      if (engine.name !== 'sqlite') return;
      const { rows } = await sql<{ detail: string }>`EXPLAIN QUERY PLAN
        SELECT id FROM license WHERE issuer = ${license.issuer} AND state IN ('issued', 'suspended') AND next IS NULL
        AND inspection_overdue = 1 ORDER BY inspect_by LIMIT 10`.execute(office.parts.database.reader);
      assert.match(JSON.stringify(rows), /USING INDEX license_overdue/);
      assert.doesNotMatch(JSON.stringify(rows), /TEMP B-TREE/);
    });

    it('suspends and restores a license that is overdue without forgetting it', async () => {
      const license = await issue();
      const late = inDays(office.parts, 500);
      while ((await noteOverdue(late)) > 0);
      const change = { actor: approval, licenseId: license.id, reason: '未校验', legalBasis: '证照类型规则' };
      await changeStatus(late, { ...change, change: 'suspend', idempotencyKey: `s-${license.id}` });
      assert.equal(await published(late, license), STATUS.suspended);
      await changeStatus(late, { ...change, change: 'restore', idempotencyKey: `r-${license.id}` });
      assert.equal(await published(late, license), STATUS.inspectionOverdue);
    });

    it('refuses inspections that cannot have been, of licenses that are over, by who has no say', async () => {
      const license = await issue();
      const tries: readonly (readonly [Partial<InspectionRequest>, Parameters<typeof refusal>[0]])[] = [
        [{ inspectedOn: beijing(Date.now() + 2 * DAY) }, 'inspection-invalid'],
        [{ inspectedOn: beijing(Date.now() - 2 * DAY) }, 'inspection-invalid'],
        [{ inspectedOn: '2026-02-30' }, 'inspection-invalid'],
        [{ outcome: '良好' }, 'inspection-invalid'],
        [{ nextBy: '2020-01-01' }, 'inspection-invalid'],
        [{ nextBy: '2099-01-01' }, 'inspection-invalid'],
        [{ reason: ' ' }, 'change-invalid'],
        [{ officer: '120105199001011234' }, 'change-invalid'],
        [{ officer: '王 警官' }, 'change-invalid'],
        [{ matter: '事项' }, 'change-invalid'],
        [{ caseNumber: 'c'.repeat(65) }, 'change-invalid'],
        [{ licenseId: 'lic_00000000000000000000000000000000' }, 'license-not-found'],
        [{ actor: { ...approval, department: '11120105MB00000279' } }, 'license-not-found'],
        [{ actor: { ...approval, scopes: ['licenses:read'] } }, 'scope-missing'],
        [{ idempotencyKey: '' }, 'idempotency-key-invalid'],
      ];
      for (const [wrong, code] of tries)
        await assert.rejects(
          recordInspection(office.parts, inspection(license, wrong)),
          refusal(code),
          JSON.stringify(wrong),
        );
      await changeStatus(office.parts, {
        actor: approval,
        idempotencyKey: `w-${license.id}`,
        licenseId: license.id,
        change: 'withdraw',
        reason: '撤回',
        legalBasis: '行政许可法第八条',
      });
      await assert.rejects(
        recordInspection(office.parts, inspection(license)),
        refusal('transition-not-allowed'),
      );
    });

    it('merges licenses into another, all of them or none', async () => {
      const [a, b, into] = [
        await issueLicense(office.parts, office.food1()),
        await issueLicense(office.parts, office.food1()),
        await issueLicense(office.parts, office.food1()),
      ];
      const merge: MergeRequest = {
        actor: approval,
        idempotencyKey: `merge-${into.id}`,
        licenses: [a.id, b.id],
        into: into.id,
        reason: '多证合一',
        legalBasis: '国办发〔2017〕41号',
      };
      const senior = await issueLicense(office.parts, office.senior1());
      const wrong: readonly (readonly [Partial<MergeRequest>, Parameters<typeof refusal>[0]])[] = [
        [{ licenses: [a.id, senior.id] }, 'merge-invalid'],
        [{ licenses: [a.id, into.id] }, 'merge-invalid'],
        [{ licenses: [a.id, a.id] }, 'merge-invalid'],
        [{ licenses: [] }, 'merge-invalid'],
        [{ actor: market }, 'license-not-found'],
        [{ into: 'lic_00000000000000000000000000000000' }, 'license-not-found'],
      ];
      for (const [change, code] of wrong)
        await assert.rejects(mergeLicenses(office.parts, { ...merge, ...change }), refusal(code), code);
      assert.equal((await stored(office.parts, a.id)).state, 'issued', 'nothing of it was done');
      const [events, ...again] = await Promise.all(
        Array.from({ length: 4 }, () => mergeLicenses(office.parts, merge)),
      );
      assert.ok(events);
      for (const each of again) assert.deepEqual(each, events);
      assert.deepEqual(
        events.map(({ change, to, successor }) => [change, to, successor]),
        [
          ['merge', 'merged', into.id],
          ['merge', 'merged', into.id],
        ],
      );
      assert.deepEqual(await mergeLicenses(office.parts, merge), events);
      assert.equal(await published(office.parts, a), STATUS.superseded);
      const { events: taken } = await licenseStory(office.parts, into.id);
      assert.deepEqual(
        taken.map(({ change, details }) => [change, details['licenses']]),
        [['absorb', `${a.id} ${b.id}`]],
      );
      await assert.rejects(
        mergeLicenses(office.parts, { ...merge, idempotencyKey: `again-${into.id}`, licenses: [b.id] }),
        refusal('transition-not-allowed'),
      );
      await assert.rejects(
        mergeLicenses(office.parts, {
          ...merge,
          idempotencyKey: `x-${into.id}`,
          licenses: [into.id],
          into: a.id,
        }),
        refusal('merge-invalid'),
      );
    });

    it('lets a next version name the holder that took the former one over, on its own department’s record', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const holder = {
        kind: 'enterprise' as const,
        name: '天津演示合并有限公司',
        code: '91120105MA0000015K',
      };
      const version = {
        ...office.food1(),
        number: license.record['ZZBH'] ?? '',
        holder,
        succeeds: {
          license: license.id,
          how: 'change' as const,
          reason: '合并',
          legalBasis: '公司法第二百一十八条',
        },
      };
      await assert.rejects(issueVersion(office.parts, version), refusal('succession-invalid'));
      const change: HolderChangeRequest = {
        actor: approval,
        idempotencyKey: `holder-${license.id}`,
        change: 'merged',
        kind: 'enterprise',
        before: { name: '天津演示庚㛃𬭸茶餐厅有限公司', code: '91120105MA0000074N' },
        after: { name: holder.name, code: holder.code },
        reason: '吸收合并',
        legalBasis: '公司法第二百一十八条',
      };
      const wrong: readonly Partial<HolderChangeRequest>[] = [
        { after: change.before },
        { change: 'renamed' },
        { kind: 'resident' },
        { before: { name: '', code: change.before.code } },
        { effectiveAt: new Date(Date.now() + DAY) },
        { effectiveAt: new Date(NaN) },
      ];
      for (const each of wrong)
        await assert.rejects(
          recordHolderChange(office.parts, { ...change, ...each }),
          refusal('holder-change-invalid'),
          JSON.stringify(each),
        );
      for (const officer of ['120105199001011234', '王警官'])
        await assert.rejects(
          recordHolderChange(office.parts, { ...change, officer }),
          refusal('change-invalid'),
        );
      // Another department's record is none for this one's licenses.
      const foreign = await recordHolderChange(office.parts, {
        ...change,
        actor: market,
        idempotencyKey: `foreign-${license.id}`,
      });
      assert.deepEqual(foreign.licenses, []);
      await assert.rejects(issueVersion(office.parts, version), refusal('succession-invalid'));
      const changed = await recordHolderChange(office.parts, change);
      assert.ok(changed.licenses.includes(license.id));
      assert.deepEqual(await recordHolderChange(office.parts, change), changed);
      await assert.rejects(
        recordHolderChange(office.parts, { ...change, reason: '另一原因' }),
        refusal('idempotency-mismatch'),
      );
      const row = await office.parts.database.reader
        .selectFrom('license_holder_change')
        .selectAll()
        .where('id', '=', changed.id)
        .executeTakeFirstOrThrow();
      assert.ok(!JSON.stringify(row).includes(holder.code) && !JSON.stringify(row).includes(holder.name));
      const second = await issueVersion(office.parts, version);
      assert.equal(second.record['CZZTDM'], holder.code);
      const { events } = await licenseStory(office.parts, license.id);
      assert.deepEqual(
        events.map(({ change: kind }) => kind),
        ['holder-merged', 'change'],
      );
    });

    it('tells every license of a holder that changes, or refuses: never some of them', async () => {
      const { database } = office.parts;
      const { id } = await issueLicense(office.parts, office.food1());
      const away = await copyRows(office.parts, id, 1000);
      const code = '91120105MA0000074N';
      await assert.rejects(
        recordHolderChange(office.parts, {
          actor: approval,
          idempotencyKey: `many-${id}`,
          change: 'renamed',
          kind: 'enterprise',
          before: { name: '天津演示庚㛃𬭸茶餐厅有限公司', code },
          after: { name: '天津演示新名有限公司', code },
          reason: '更名',
          legalBasis: '市场主体登记管理条例第二十四条',
        }),
        refusal('holder-change-invalid'),
      );
      const changes = await database.reader
        .selectFrom('license_holder_change')
        .select('id')
        .where('idempotency_key', '=', `many-${id}`)
        .execute();
      assert.deepEqual(changes, []);
      await away();
    });

    it('tells a listener everything in order, again where it failed, and waits where there is none', async () => {
      const { database } = office.parts;
      const waiting = (await waitingHappenings(database.reader, 10_000)).length;
      assert.ok(waiting > 10);
      assert.equal(await tellListeners(office.parts, keptLicenseEvents), 0);
      const told: LicenseHappened[] = [];
      let failing = 5;
      const listener = {
        accept: (happened: LicenseHappened) => {
          failing -= 1;
          if (failing === 0) return Promise.reject(new Error('listener down'));
          told.push(happened);
          return Promise.resolve('taken' as const);
        },
      };
      await assert.rejects(tellListeners(office.parts, listener, 10_000), /listener down/);
      assert.equal(told.length, 4);
      while ((await tellListeners(office.parts, listener, 10_000)) > 0);
      assert.equal(told.length, waiting);
      assert.equal((await waitingHappenings(database.reader, 10)).length, 0);
      const last = new Map<string, number>();
      for (const { root, sequence, facts } of told) {
        assert.equal(sequence, (last.get(root) ?? 0) + 1, 'in order within a license');
        last.set(root, sequence);
        assert.ok(!/样本|茶餐厅|1201051951|91120105MA/.test(JSON.stringify(facts)), 'no personal data');
      }
    });
  });
}

describe('the day of the next inspection', () => {
  it('counts months by the calendar and days of grace in Beijing', () => {
    assert.equal(monthsAfter('2026-01-31', 1), '2026-02-28');
    assert.equal(monthsAfter('2027-11-30', 3), '2028-02-29');
    assert.equal(monthsAfter('2026-12-15', 12), '2027-12-15');
    assert.equal(endOfGrace('2026-03-01', 0).toISOString(), '2026-03-01T16:00:00.000Z');
    const rule = {
      name: '校验',
      englishName: 'x',
      everyMonths: 36,
      graceDays: 1,
      outcomes: ['合格'],
      basis: 'b',
    };
    // 20:00 UTC is the next day in Beijing.
    assert.equal(
      inspectionDeadline(rule, new Date('2026-02-27T20:00:00Z')).toISOString(),
      '2029-03-01T16:00:00.000Z',
    );
  });
});
