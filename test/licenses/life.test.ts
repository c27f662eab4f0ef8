// The life of a license: changes that wait for their day, are taken back or come to nothing; versions that begin later; expiry.
import assert from 'node:assert/strict';
import { STATUS } from '../../formats/qr/labels.ts';
import { licenseAsOf } from '../../licenses/as-of.ts';
import { changeStatus, countermandChange } from '../../licenses/change.ts';
import { applyDue } from '../../licenses/due.ts';
import { issueLicense, issueVersion, type VersionRequest } from '../../licenses/issue.ts';
import { timelineOf } from '../../licenses/event-store.ts';
import { standingAt } from '../../licenses/timeline.ts';
import { licenseStory } from '../../licenses/versions.ts';
import type { StoredLicense } from '../../licenses/store.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';
import { change, inDay, inDays, outboxKinds, published, refusal, stored } from './life-office.ts';

for (const engine of engines) {
  describe(`the life of a license on ${engine.name}`, () => {
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

    const next = (
      before: StoredLicense,
      succeeds: Partial<VersionRequest['succeeds']> = {},
      changes: Partial<VersionRequest> = {},
    ): VersionRequest => ({
      ...office.food1(),
      number: before.record['ZZBH'] ?? '',
      succeeds: {
        license: before.id,
        how: 'renew',
        reason: '延续',
        legalBasis: '行政许可法第五十条',
        ...succeeds,
      },
      ...changes,
    });
    const kinds = (root: string) => outboxKinds(office.parts, root);
    /** The row is what its events say. */
    const agrees = async (license: StoredLicense): Promise<void> => {
      const now = await stored(office.parts, license.id);
      const moment = { validAt: new Date(), knownAt: new Date() };
      const events = await timelineOf(office.parts.database.reader, license.id);
      assert.equal(now.state, standingAt(events, now.expiresAt, moment).stored);
    };

    it('lets a change decided today take effect on its day, in the public list too', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const effectiveAt = inDay(10);
      const request = change(license, 'suspend', {
        effectiveAt,
        matter: 'YS1201050100013101000001',
        caseNumber: 'C-1',
        officer: 'staff-7',
      });
      const event = await changeStatus(office.parts, request);
      assert.deepEqual(
        [event.from, event.to, event.officer, event.matter, event.caseNumber],
        ['issued', 'suspended', 'staff-7', 'YS1201050100013101000001', 'C-1'],
      );
      assert.deepEqual(await changeStatus(office.parts, request), event);
      assert.equal((await stored(office.parts, license.id)).state, 'issued');
      assert.equal(await published(office.parts, license), STATUS.valid);
      assert.deepEqual(await applyDue(inDays(office.parts, 9)), { applied: 0, lapsed: 0 });
      const later = inDays(office.parts, 11);
      assert.deepEqual(await applyDue(later), { applied: 1, lapsed: 0 });
      assert.deepEqual(await applyDue(later), { applied: 0, lapsed: 0 }, 'once');
      assert.equal((await stored(office.parts, license.id)).state, 'suspended');
      assert.equal(await published(later, license), STATUS.suspended);
      assert.deepEqual(await kinds(license.id), ['issued', 'scheduled', 'changed']);
      const story = await licenseStory(office.parts, license.id);
      assert.deepEqual(
        story.events.map(({ change: kind, due }) => [kind, due]),
        [['suspend', 'applied']],
      );
    });

    it('answers what was in force when, as known when', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const decided = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await changeStatus(office.parts, change(license, 'suspend', { effectiveAt: inDay(10) }));
      const asOf = async (validDays: number, knownAt: Date): Promise<string | null | undefined> =>
        (await licenseAsOf(office.parts, license.id, { validAt: inDay(validDays), knownAt })).current?.state;
      assert.equal(await asOf(9, new Date()), 'issued');
      assert.equal(await asOf(11, new Date()), 'suspended');
      assert.equal(await asOf(11, new Date(decided)), 'issued', 'nobody had decided it');
      assert.equal(await asOf(-1, new Date()), undefined, 'before its issue there was none');
      await assert.rejects(asOf(0, inDay(1)), refusal('change-invalid'));
      // Annulled from the first day on: what was known before stays what was known.
      const before = new Date();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await changeStatus(office.parts, change(license, 'annul', { effectiveAt: license.issuedAt }));
      assert.equal(await asOf(0, before), 'issued');
      assert.equal(await asOf(0, new Date()), 'annulled');
      assert.equal(await asOf(11, new Date()), 'annulled', 'the suspension came to nothing');
      const dues = await office.parts.database.reader
        .selectFrom('license_due')
        .select('state')
        .where('license', '=', license.id)
        .execute();
      assert.deepEqual(dues, [{ state: 'lapsed' }]);
      assert.deepEqual(await kinds(license.id), ['issued', 'scheduled', 'changed', 'lapsed']);
      await agrees(license);
    });

    it('takes a decided change back before its day, and never after it', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const event = await changeStatus(office.parts, change(license, 'suspend', { effectiveAt: inDay(10) }));
      const back = {
        actor: approval,
        idempotencyKey: `back-${license.id}`,
        licenseId: license.id,
        sequence: event.sequence,
        reason: '整改完成',
        legalBasis: '食品安全法第一百二十六条',
      };
      await assert.rejects(
        countermandChange(office.parts, { ...back, actor: market }),
        refusal('license-not-found'),
      );
      await assert.rejects(
        countermandChange(office.parts, { ...back, sequence: 99 }),
        refusal('event-not-found'),
      );
      const taken = await countermandChange(office.parts, back);
      assert.deepEqual([taken.change, taken.target], ['countermand', event.sequence]);
      assert.deepEqual(await countermandChange(office.parts, back), taken);
      await assert.rejects(
        countermandChange(office.parts, { ...back, idempotencyKey: `again-${license.id}` }),
        refusal('transition-not-allowed'),
      );
      assert.deepEqual(await applyDue(inDays(office.parts, 11)), { applied: 0, lapsed: 0 });
      assert.equal((await stored(office.parts, license.id)).state, 'issued');
      const moment = { validAt: inDay(11), knownAt: new Date() };
      assert.equal((await licenseAsOf(office.parts, license.id, moment)).current?.state, 'issued');
    });

    it('builds on what is due although the calendar has not come round yet', async () => {
      const license = await issueLicense(office.parts, office.food1());
      await changeStatus(office.parts, change(license, 'suspend', { effectiveAt: inDay(1) }));
      const later = inDays(office.parts, 2);
      await changeStatus(later, change(license, 'restore'));
      assert.equal((await stored(office.parts, license.id)).state, 'issued');
      assert.deepEqual(await applyDue(later), { applied: 0, lapsed: 0 });
      assert.equal(await published(later, license), STATUS.valid);
    });

    it('refuses what no day allows: too far ahead, out of order, from a state that will be another', async () => {
      const license = await issueLicense(office.parts, office.food1());
      await assert.rejects(
        changeStatus(office.parts, change(license, 'suspend', { effectiveAt: inDay(1200) })),
        refusal('change-invalid'),
      );
      await assert.rejects(
        changeStatus(office.parts, change(license, 'restore', { effectiveAt: inDay(5) })),
        refusal('transition-not-allowed'),
      );
      await changeStatus(office.parts, change(license, 'suspend', { effectiveAt: inDay(5) }));
      await changeStatus(office.parts, change(license, 'restore', { effectiveAt: inDay(8) }));
      await assert.rejects(
        changeStatus(office.parts, change(license, 'suspend', { officer: '120105199001010012' })),
        refusal('change-invalid'),
      );
      await changeStatus(office.parts, change(license, 'suspend'));
      await assert.rejects(
        changeStatus(
          office.parts,
          change(license, 'restore', { effectiveAt: new Date(Date.now() - 3_600_000) }),
        ),
        refusal('change-invalid'),
      );
      // The suspension of day 5 comes to nothing, since it is suspended already; the restoring of day 8 still comes.
      const rows = await office.parts.database.reader
        .selectFrom('license_due')
        .select('state')
        .where('license', '=', license.id)
        .orderBy('sequence')
        .execute();
      assert.deepEqual(rows, [{ state: 'lapsed' }, { state: 'waiting' }]);
      await assert.rejects(issueVersion(office.parts, next(license)), refusal('transition-not-allowed'));
      await agrees(license);
    });

    it('begins a next version on its day: until then the one before is in force, and this one is not', async () => {
      const first = await issueLicense(office.parts, office.food1());
      const second = await issueVersion(
        office.parts,
        next(first, { effectiveAt: inDay(20), officer: 'staff-9' }),
      );
      assert.deepEqual(
        [(await stored(office.parts, first.id)).state, (await stored(office.parts, second.id)).state],
        ['issued', 'suspended'],
      );
      assert.equal(await published(office.parts, first), STATUS.valid);
      assert.equal(await published(office.parts, second), STATUS.suspended);
      await assert.rejects(
        changeStatus(office.parts, change(first, 'revoke')),
        refusal('transition-not-allowed'),
      );
      await assert.rejects(issueVersion(office.parts, next(first)), refusal('transition-not-allowed'));
      const asOf = async (days: number): Promise<unknown> => {
        const { current } = await licenseAsOf(office.parts, first.id, {
          validAt: inDay(days),
          knownAt: new Date(),
        });
        return [current?.version, current?.state];
      };
      assert.deepEqual(await asOf(19), [1, 'issued']);
      assert.deepEqual(await asOf(21), [2, 'issued']);
      const later = inDays(office.parts, 21);
      assert.ok((await applyDue(later)).applied >= 2);
      const [a, b] = [await stored(office.parts, first.id), await stored(office.parts, second.id)];
      assert.deepEqual([a.state, a.next, b.state], ['superseded', second.id, 'issued']);
      assert.equal(await published(later, a), STATUS.superseded);
      assert.equal(await published(later, b), STATUS.valid);
      const story = await licenseStory(office.parts, second.id);
      assert.deepEqual(
        story.versions.map(({ version, state }) => [version, state]),
        [
          [1, 'superseded'],
          [2, 'issued'],
        ],
      );
      assert.equal(story.events.find(({ change: kind }) => kind === 'renew')?.officer, 'staff-9');
    });

    it('lets a next version begin on its day and not before, whoever restores it or takes its day back', async () => {
      const first = await issueLicense(office.parts, office.food1());
      const second = await issueVersion(office.parts, next(first, { effectiveAt: inDay(20) }));
      await assert.rejects(
        changeStatus(office.parts, change(second, 'restore')),
        refusal('transition-not-allowed'),
      );
      await assert.rejects(
        changeStatus(office.parts, change(second, 'restore', { effectiveAt: inDay(10) })),
        refusal('transition-not-allowed'),
      );
      const [, begins] = await timelineOf(office.parts.database.reader, second.id);
      assert.equal(begins?.kind, 'restore');
      await assert.rejects(
        countermandChange(office.parts, {
          actor: approval,
          idempotencyKey: `early-${second.id}`,
          licenseId: second.id,
          sequence: begins.sequence,
          reason: '撤回',
          legalBasis: '证照类型规则',
        }),
        refusal('transition-not-allowed'),
      );
      const states = async (): Promise<readonly string[]> => [
        (await stored(office.parts, first.id)).state,
        (await stored(office.parts, second.id)).state,
      ];
      assert.deepEqual(await states(), ['issued', 'suspended'], 'one of them is in force, never both');
      assert.equal(await published(office.parts, second), STATUS.suspended);
      await applyDue(inDays(office.parts, 21));
      assert.deepEqual(await states(), ['superseded', 'issued']);
      // From then on it is suspended and restored as any other.
      const later = inDays(office.parts, 22);
      await changeStatus(later, change(second, 'suspend'));
      await changeStatus(later, change(second, 'restore'));
      assert.deepEqual(await states(), ['superseded', 'issued']);
    });

    it('goes on with the version before where the next one is annulled before its day', async () => {
      const first = await issueLicense(office.parts, office.food1());
      const second = await issueVersion(office.parts, next(first, { effectiveAt: inDay(20) }));
      await changeStatus(office.parts, change(second, 'withdraw'));
      assert.deepEqual(await applyDue(inDays(office.parts, 21)), { applied: 0, lapsed: 0 });
      const [a, b] = [await stored(office.parts, first.id), await stored(office.parts, second.id)];
      assert.deepEqual([a.state, a.next, b.state], ['issued', null, 'withdrawn']);
      assert.equal(await published(office.parts, a), STATUS.valid);
      const { current } = await licenseAsOf(office.parts, first.id, {
        validAt: inDay(30),
        knownAt: new Date(),
      });
      assert.deepEqual([current?.version, current?.state], [1, 'issued']);
      // The printed number is free for the next try, and for nobody else.
      await assert.rejects(
        issueLicense(office.parts, office.food1({ number: first.record['ZZBH'] ?? '' })),
        refusal('license-number-taken'),
      );
      const third = await issueVersion(office.parts, next(first));
      assert.equal(third.version, 3);
      assert.equal((await stored(office.parts, first.id)).next, third.id);
    });

    it('answers a request that is repeated while it runs as one that is repeated afterwards', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const request = change(license, 'suspend');
      const [first, ...others] = await Promise.all(
        Array.from({ length: 5 }, () => changeStatus(office.parts, request)),
      );
      for (const event of others) assert.deepEqual(event, first);
      assert.deepEqual(await changeStatus(office.parts, request), first);
      assert.deepEqual(await kinds(license.id), ['issued', 'changed']);
    });

    it('keeps the row and its events of one mind under many officers at once', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const changes = [
        'suspend',
        'restore',
        'suspend',
        'restore',
        'suspend',
        'restore',
        'withdraw',
        'revoke',
      ] as const;
      await Promise.allSettled(
        changes.flatMap((what, position) => [
          changeStatus(office.parts, change(license, what)),
          changeStatus(office.parts, change(license, what, { effectiveAt: inDay(position + 1) })),
        ]),
      );
      await agrees(license);
      const sequences = await office.parts.database.reader
        .selectFrom('license_outbox')
        .select('sequence')
        .where('root', '=', license.id)
        .orderBy('sequence')
        .execute();
      assert.deepEqual(
        sequences.map(({ sequence }) => sequence),
        sequences.map((_, position) => position + 1),
      );
      while ((await applyDue(inDays(office.parts, 30))).applied > 0);
      const after = await stored(office.parts, license.id);
      const events = await timelineOf(office.parts.database.reader, license.id);
      const moment = { validAt: inDay(30), knownAt: new Date() };
      assert.equal(after.state, standingAt(events, after.expiresAt, moment).stored);
    });
  });
}
