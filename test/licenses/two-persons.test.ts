// Changes of two persons: what the type demands, who may decide, and that nothing happens before, twice, or by one person.
import assert from 'node:assert/strict';
import type { AskedChange } from '../../licenses/asked-change.ts';
import { askedOfText, textOfAsked } from '../../licenses/asked-change.ts';
import { approveChange, endRequest, lapseRequests } from '../../licenses/change-decision.ts';
import { askForChange, changeRequests, readRequest } from '../../licenses/change-request.ts';
import { changeStatus, countermandChange } from '../../licenses/change.ts';
import { issueLicense, issueVersion } from '../../licenses/issue.ts';
import { mergeLicenses } from '../../licenses/merge.ts';
import { licenseStory } from '../../licenses/versions.ts';
import type { StoredLicense } from '../../licenses/store.ts';
import type { Actor } from '../../storage/actor.ts';
import type { Writer } from '../../storage/database.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';
import { DAY, inDays, publishStrictType, refusal, stored } from './life-office.ts';

const first: Actor = { ...approval, id: 'person:first', kind: 'person' };
const second: Actor = { ...approval, id: 'person:second', kind: 'person' };

for (const engine of engines) {
  describe(`changes of two persons on ${engine.name}`, () => {
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
    const words = { reason: '违法行为严重', legalBasis: '行政处罚法第九条' };
    const revoke = (license: StoredLicense): AskedChange => ({
      kind: 'status',
      licenseId: license.id,
      change: 'revoke',
      ...words,
    });
    const ask = (asked: AskedChange, actor = first) => {
      count += 1;
      return askForChange(office.parts, { actor, idempotencyKey: `ask-${count}`, asked });
    };

    /** Who let a request of this license lapse, and why, as the audit has it. */
    const lapses = async ({ id }: StoredLicense): Promise<readonly (readonly unknown[])[]> => {
      const rows = await office.parts.database.reader
        .selectFrom('audit_log')
        .selectAll()
        .where('subject', '=', id)
        .where('action', '=', 'license.change-request-lapsed')
        .execute();
      return rows.map(({ actor, details }) => [actor, (JSON.parse(details) as { why?: string }).why]);
    };

    it('refuses one person what the type wants of two, by every way there is', async () => {
      const license = await issue();
      const alone = { actor: first, idempotencyKey: `alone-${license.id}`, licenseId: license.id, ...words };
      await assert.rejects(
        changeStatus(office.parts, { ...alone, change: 'revoke' }),
        refusal('second-person-required'),
      );
      const version = {
        ...office.food1(),
        number: license.record['ZZBH'] ?? '',
        succeeds: { license: license.id, how: 'change' as const, ...words },
      };
      await assert.rejects(issueVersion(office.parts, version), refusal('second-person-required'));
      const into = await issueLicense(office.parts, office.food1());
      await assert.rejects(
        mergeLicenses(office.parts, { ...alone, licenses: [license.id], into: into.id }),
        refusal('second-person-required'),
      );
      // A request of another change, of another license, or one that nobody approved opens nothing.
      const request = await ask(revoke(license));
      const other = await issue();
      for (const [id, change] of [
        [license.id, 'revoke'],
        [other.id, 'revoke'],
      ] as const)
        await assert.rejects(
          changeStatus(office.parts, {
            ...alone,
            licenseId: id,
            change,
            idempotencyKey: `forged-${id}`,
            approval: request.id,
          }),
          refusal('second-person-required'),
        );
      // What needs one person goes on with one.
      await changeStatus(office.parts, { ...alone, change: 'suspend', idempotencyKey: `s-${license.id}` });
      assert.equal((await stored(office.parts, license.id)).state, 'suspended');
    });

    it('does it when another officer approves, with both on record, and only once', async () => {
      const license = await issue();
      const request = await ask(revoke(license));
      assert.equal(request.state, 'waiting');
      assert.equal((await stored(office.parts, license.id)).state, 'issued');
      await assert.rejects(approveChange(office.parts, first, request.id), refusal('change-request-own'));
      await assert.rejects(
        approveChange(office.parts, market, request.id),
        refusal('change-request-not-found'),
      );
      await assert.rejects(
        approveChange(office.parts, { ...second, scopes: [] }, request.id),
        refusal('scope-missing'),
      );
      for (const kind of ['client', 'system'] as const) {
        const nobody: Actor = { ...second, id: `${kind}:second`, kind };
        await assert.rejects(approveChange(office.parts, nobody, request.id), refusal('decider-not-person'));
        await assert.rejects(endRequest(office.parts, nobody, request.id, '不同意'), refusal('decider-not-person')); // prettier-ignore
      }
      const tries = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((name) =>
          approveChange(office.parts, { ...second, id: `person:${name}` }, request.id),
        ),
      );
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal((await stored(office.parts, license.id)).state, 'revoked');
      const { events } = await licenseStory(office.parts, license.id);
      assert.equal(events.length, 1);
      assert.equal(events[0]?.officer, 'person:first');
      assert.match(events[0].secondOfficer ?? '', /^person:[abcd]$/);
      await assert.rejects(approveChange(office.parts, second, request.id), refusal('change-request-over'));
      const details = await readRequest(office.parts, second, request.id);
      assert.deepEqual([details.state, details.outcome, details.asked], ['executed', '1', revoke(license)]);
    });

    it('is asked once: by key, by license and change, and another question under one key is refused', async () => {
      const license = await issue();
      const asking = { actor: first, idempotencyKey: `once-${license.id}`, asked: revoke(license) };
      const request = await askForChange(office.parts, asking);
      assert.deepEqual(await askForChange(office.parts, asking), request);
      await assert.rejects(
        askForChange(office.parts, {
          ...asking,
          asked: { ...asking.asked, reason: '另一原因' } as AskedChange,
        }),
        refusal('idempotency-mismatch'),
      );
      await assert.rejects(ask(revoke(license), second), refusal('transition-not-allowed'));
      await assert.rejects(ask(revoke(license), market), refusal('license-not-found'));
      const waiting = await changeRequests(office.parts, second, { license: license.id, waiting: true });
      assert.deepEqual(
        waiting.map(({ id }) => id),
        [request.id],
      );
      assert.deepEqual(await changeRequests(office.parts, market, { license: license.id }), []);
    });

    it('is rejected by another, withdrawn by who asked, and lapses after two weeks', async () => {
      const license = await issue();
      const rejected = await ask(revoke(license));
      assert.equal((await endRequest(office.parts, second, rejected.id, '证据不足')).state, 'rejected');
      assert.equal((await readRequest(office.parts, first, rejected.id)).decisionReason, '证据不足');
      const withdrawn = await ask(revoke(license));
      assert.equal((await endRequest(office.parts, first, withdrawn.id, '撤回申请')).state, 'withdrawn');
      await assert.rejects(approveChange(office.parts, second, withdrawn.id), refusal('change-request-over'));
      const late = await ask(revoke(license));
      const later = inDays(office.parts, 15);
      await assert.rejects(approveChange(later, second, late.id), refusal('change-request-over'));
      assert.ok((await lapseRequests(later)) >= 1);
      assert.equal((await readRequest(office.parts, first, late.id)).state, 'lapsed');
      assert.deepEqual(await lapses(license), [['system', 'expired']]);
      assert.equal((await stored(office.parts, license.id)).state, 'issued');
    });

    it('comes to nothing where the license changed meanwhile, and says so', async () => {
      const license = await issue();
      const request = await ask(revoke(license));
      await changeStatus(office.parts, {
        actor: first,
        idempotencyKey: `w-${license.id}`,
        licenseId: license.id,
        change: 'withdraw',
        ...words,
      });
      await assert.rejects(
        approveChange(office.parts, second, request.id),
        refusal('transition-not-allowed'),
      );
      const { state, outcome } = await readRequest(office.parts, first, request.id);
      assert.deepEqual([state, outcome], ['lapsed', 'transition-not-allowed']);
      assert.deepEqual(await lapses(license), [[second.id, 'transition-not-allowed']]);
    });

    it('issues the next version on approval, and again by the same officer where stamping was down', async () => {
      const license = await issue();
      const { holder, face, matter, caseNumber } = office.food1();
      const request = await ask(
        {
          kind: 'version',
          holder,
          face,
          matter,
          caseNumber,
          number: license.record['ZZBH'] ?? '',
          succeeds: {
            license: license.id,
            how: 'change',
            reason: '地址变更',
            legalBasis: '行政许可法第四十九条',
          },
        },
        approval,
      );
      const broken = {
        ...office.parts,
        timestamps: { ...office.parts.timestamps, timestamp: () => Promise.reject(new Error('down')) },
      };
      await assert.rejects(approveChange(broken, second, request.id));
      assert.equal((await readRequest(office.parts, first, request.id)).state, 'approved');
      assert.equal((await stored(office.parts, license.id)).state, 'issued');
      await assert.rejects(
        approveChange(office.parts, { ...second, id: 'person:third' }, request.id),
        refusal('change-request-over'),
      );
      const done = await approveChange(office.parts, second, request.id);
      assert.equal(done.state, 'executed');
      const before = await stored(office.parts, license.id);
      assert.deepEqual([before.state, before.next], ['superseded', done.outcome]);
      const { events } = await licenseStory(office.parts, license.id);
      assert.deepEqual(
        events.map(({ change, officer, secondOfficer }) => [change, officer, secondOfficer]),
        [['change', 'client:approval', 'person:second']],
      );
    });

    it('issues the version once, however often what came after the stamp failed', async () => {
      const license = await issue();
      const { holder, face, matter, caseNumber } = office.food1();
      const number = license.record['ZZBH'] ?? '';
      const succeeds = { license: license.id, how: 'change' as const, ...words };
      const asked: AskedChange = { kind: 'version', number, holder, face, matter, caseNumber, succeeds };
      const request = await ask(asked, approval);
      const { database } = office.parts;
      let failed = 0;
      // The very last write of the approval fails, as where a crash comes after the version is issued.
      const failing = Object.assign(Object.create(database) as typeof database, {
        write: async <T>(work: (tx: Writer) => Promise<T>): Promise<T> => {
          const row = await stored(office.parts, license.id);
          if (row.next !== null) {
            failed += 1;
            throw new Error('the disk is full');
          }
          return database.write(work);
        },
      });
      await assert.rejects(
        approveChange({ ...office.parts, database: failing }, second, request.id),
        /disk is full/,
      );
      assert.equal(failed, 1);
      const { next } = await stored(office.parts, license.id);
      assert.equal((await readRequest(office.parts, first, request.id)).state, 'approved');
      const done = await approveChange(office.parts, second, request.id);
      assert.deepEqual([done.state, done.outcome], ['executed', next]);
      assert.equal((await licenseStory(office.parts, license.id)).versions.length, 2);
    });

    it('merges several licenses on one approval, with both officers in every event', async () => {
      const [a, b, into] = [await issue(), await issue(), await issue()];
      const asked: AskedChange = {
        kind: 'merge',
        licenses: [a.id, b.id],
        into: into.id,
        reason: '多证合一',
        legalBasis: '国办发〔2017〕41号',
      };
      const request = await ask(asked);
      const done = await approveChange(office.parts, second, request.id);
      assert.equal(done.state, 'executed');
      for (const id of [a.id, b.id]) {
        assert.equal((await stored(office.parts, id)).state, 'merged');
        const [event] = (await licenseStory(office.parts, id)).events;
        assert.deepEqual([event?.officer, event?.secondOfficer], [first.id, second.id]);
      }
      const [absorbed] = (await licenseStory(office.parts, into.id)).events;
      assert.deepEqual([absorbed?.officer, absorbed?.secondOfficer], [first.id, second.id]);
    });

    it('lets an approved merge speak for the license it stands at and for no other', async () => {
      const [a, b, into] = [await issue(), await issue(), await issue()];
      const words = { reason: '多证合一', legalBasis: '国办发〔2017〕41号' };
      const request = await ask({ kind: 'merge', licenses: [a.id], into: into.id, ...words });
      // As it is between the approval and what it leads to.
      await office.parts.database.write((tx) =>
        tx
          .updateTable('license_change_request')
          .set({ state: 'approved', decided_by: second.id, decided_at: new Date().toISOString() })
          .where('id', '=', request.id)
          .execute(),
      );
      const merge = { actor: first, into: into.id, ...words, approval: request.id };
      await assert.rejects(
        mergeLicenses(office.parts, { ...merge, idempotencyKey: `m-${b.id}`, licenses: [b.id] }),
        refusal('second-person-required'),
      );
      assert.equal((await stored(office.parts, b.id)).state, 'issued');
      // Nor where no person approved it, as a key could before.
      await office.parts.database.write((tx) =>
        tx
          .updateTable('license_change_request')
          .set({ decided_by: 'client:second' })
          .where('id', '=', request.id)
          .execute(),
      );
      await assert.rejects(
        mergeLicenses(office.parts, { ...merge, idempotencyKey: `m-${a.id}`, licenses: [a.id] }),
        refusal('second-person-required'),
      );
      assert.equal((await stored(office.parts, a.id)).state, 'issued');
    });

    it('lapses where what it names is not there, so that the change may be asked for again', async () => {
      const license = await issue();
      const asked: AskedChange = {
        kind: 'merge',
        licenses: [license.id],
        into: 'lic_00000000000000000000000000000000',
        reason: '多证合一',
        legalBasis: '国办发〔2017〕41号',
      };
      const request = await ask(asked);
      await assert.rejects(approveChange(office.parts, second, request.id), refusal('license-not-found'));
      const { state, outcome } = await readRequest(office.parts, first, request.id);
      assert.deepEqual([state, outcome], ['lapsed', 'license-not-found']);
      assert.equal((await ask({ ...asked, into: (await issue()).id })).state, 'waiting');
    });

    it('takes back by two what two decided', async () => {
      const license = await issue();
      const effectiveAt = new Date(Date.now() + 5 * DAY);
      await approveChange(
        office.parts,
        second,
        (await ask({ ...revoke(license), effectiveAt } as AskedChange)).id,
      );
      const back = { licenseId: license.id, sequence: 1, ...words };
      await assert.rejects(
        countermandChange(office.parts, { ...back, actor: first, idempotencyKey: `b-${license.id}` }),
        refusal('second-person-required'),
      );
      await approveChange(office.parts, second, (await ask({ kind: 'countermand', ...back })).id);
      const dues = await office.parts.database.reader
        .selectFrom('license_due')
        .select('state')
        .where('license', '=', license.id)
        .execute();
      assert.deepEqual(dues, [{ state: 'countermanded' }]);
    });

    it('keeps what is asked for encrypted', async () => {
      const license = await issue();
      const secret = '当事人样本㛃的身份证号不公开';
      const request = await ask({ ...revoke(license), reason: secret } as AskedChange);
      const row = await office.parts.database.reader
        .selectFrom('license_change_request')
        .selectAll()
        .where('id', '=', request.id)
        .executeTakeFirstOrThrow();
      assert.ok(!JSON.stringify(row).includes(secret));
    });
  });
}

describe('what is asked for', () => {
  it('comes back from its text as it was, with instants and bytes', () => {
    const asked = {
      kind: 'version',
      matter: 'M',
      caseNumber: null,
      number: 'N',
      holder: { kind: 'resident', name: '样本', code: 'x' },
      face: {},
      photo: { bytes: new Uint8Array([1, 2, 255]) },
      succeeds: {
        license: 'lic_x',
        how: 'change',
        reason: 'r',
        legalBasis: 'b',
        effectiveAt: new Date('2026-12-01T00:00:00Z'),
      },
    } as unknown as AskedChange;
    assert.deepEqual(askedOfText(textOfAsked(asked)), asked);
    assert.equal(
      textOfAsked(Object.fromEntries(Object.entries(asked).reverse()) as unknown as AskedChange),
      textOfAsked(asked),
    );
  });
});
