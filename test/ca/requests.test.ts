// Dual control: never one officer alone, executed exactly once, also across crashes and on two nodes.
import assert from 'node:assert/strict';
import { CrlPublisher } from '../../ca/crl-publisher.ts';
import { enrol } from '../../ca/enrol.ts';
import type { ControlledOperation, ControlParts } from '../../ca/request-kinds.ts';
import {
  approve,
  askFor,
  officerRequests,
  reject,
  requiredRequest,
  settleRequests,
} from '../../ca/requests.ts';
import { days } from '../../ca/profile.ts';
import type { Actor } from '../../storage/actor.ts';
import { openDocumentFiles } from '../../storage/documents-files.ts';
import { documentKeys } from '../storage/document-keys.ts';
import { engines } from '../storage/engines.ts';
import { openDistrict, type District } from './district.ts';
import { enrolmentOf, officeOf, PASSWORD } from './enrolment-office.ts';

const officer = (id: string): Actor => ({
  id,
  kind: 'person',
  department: null,
  scopes: ['ca:operate', 'ca:approve'],
});
const FIRST = officer('person:officer-1');
const SECOND = officer('person:officer-2');
const THIRD = officer('person:officer-3');

for (const engine of engines) {
  describe(`dual control (${engine.name})`, () => {
    let district: District;
    let parts: ControlParts;
    let counter = 0;

    before(async function () {
      engine.require(this);
      district = await openDistrict({ engine });
      const documents = await openDocumentFiles(`${district.folder}/documents`, documentKeys());
      const { hierarchy } = district;
      parts = {
        ...district.parts,
        hierarchy,
        crls: new CrlPublisher({ ...district.parts, documents }, hierarchy),
      };
    });
    after(() => (district as District | undefined)?.remove());

    const ask = (operation: ControlledOperation, actor = FIRST, key = `ask-${(counter += 1)}`) =>
      askFor(parts, actor, { operation, purpose: '演示', idempotencyKey: key });
    const setting = (change: object = {}): ControlledOperation => ({
      kind: 'profile-setting',
      hierarchy: 'international',
      profile: 'server',
      enabled: true,
      maximumDays: 30,
      ...change,
    });
    const actions = async (subject: string): Promise<readonly string[]> =>
      (await parts.database.reader.selectFrom('audit_log').select('action').where('subject', '=', subject).orderBy('sequence').execute()).map(({ action }) => action); // prettier-ignore

    it('asks once a key, and lists what was asked', async () => {
      const one = await ask(setting(), FIRST, 'same');
      assert.equal((await ask(setting(), FIRST, 'same')).id, one.id);
      await assert.rejects(ask(setting({ maximumDays: 29 }), FIRST, 'same'), {
        code: 'idempotency-mismatch',
      });
      assert.equal((await officerRequests(parts, 10))[0]?.id, one.id);
      assert.equal(one.state, 'requested');
    });

    it('refuses what could never be done', async () => {
      for (const operation of [
        setting({ profile: 'root' }),
        setting({ maximumDays: 48 }),
        setting({ maximumDays: 0 }),
        { kind: 'succeed-authority', authority: 'root' },
        { kind: 'revoke-authority', authority: 'root', reason: 'keyCompromise', invalidityDate: null },
        { kind: 'revoke-authority', authority: 'residents', reason: 'certificateHold', invalidityDate: null },
        { kind: 'revoke-authority', authority: 'residents', reason: 'keyCompromise', invalidityDate: 'soon' },
      ] as ControlledOperation[]) {
        await assert.rejects(ask(operation), { code: 'ca-request-invalid' }, JSON.stringify(operation));
      }
      await assert.rejects(ask({ kind: 'succeed-authority', authority: '../root' }), {
        code: 'authority-not-found',
      });
      await assert.rejects(requiredRequest(parts, 'req_x'), { code: 'ca-request-not-found' });
    });

    it('needs another officer: not the one who asked, not twice, not after a rejection or a week', async () => {
      const { id } = await ask(setting());
      await assert.rejects(approve(parts, FIRST, id), { code: 'self-approval' });
      await assert.rejects(reject(parts, FIRST, id, 'never mind'), { code: 'self-approval' });
      const key: Actor = { ...SECOND, id: 'client:key', kind: 'client' };
      await assert.rejects(approve(parts, key, id), { code: 'decider-not-person' });
      await assert.rejects(reject(parts, key, id, 'not now'), { code: 'decider-not-person' });
      assert.equal((await reject(parts, SECOND, id, 'not now')).state, 'rejected');
      await assert.rejects(approve(parts, THIRD, id), { code: 'ca-request-closed' });
      await assert.rejects(approve(parts, SECOND, id), { code: 'ca-request-closed' });
      assert.deepEqual(await actions(id), ['ca.requested', 'ca.rejected']);
    });

    it('is held to by the schema itself', async () => {
      const { id } = await ask(setting());
      await assert.rejects(
        parts.database.write((tx) => tx.updateTable('ca_request').set({ decided_by: FIRST.id }).where('id', '=', id).execute()), // prettier-ignore
        { code: 'constraint-violation' },
      );
    });

    it('executes once when two officers approve at once, and answers the winner again', async () => {
      const { id } = await ask(setting());
      const outcomes = await Promise.allSettled(
        [SECOND, THIRD, SECOND, THIRD].map((by) => approve(parts, by, id)),
      );
      const done = outcomes.filter((each) => each.status === 'fulfilled');
      assert.ok(done.length >= 1);
      const final = await requiredRequest(parts, id);
      assert.equal(final.state, 'executed');
      for (const each of outcomes)
        if (each.status === 'rejected')
          assert.equal((each.reason as { code: string }).code, 'ca-request-closed');
      assert.deepEqual(await actions(id), ['ca.requested', 'ca.approved', 'ca.executed']);
      const winner = final.decidedBy === SECOND.id ? SECOND : THIRD;
      assert.deepEqual(await approve(parts, winner, id), final);
    });

    it('sets profiles: a shorter life and a switch, for whoever is enrolled from then on', async () => {
      const office = officeOf(district);
      const order = (): Parameters<typeof enrol>[1] =>
        enrolmentOf({
          profile: 'server',
          subject: { organization: '演示', dnsNames: [`h${(counter += 1)}.example.cn`] },
          key: { kind: 'generated', algorithm: 'ES256', password: PASSWORD },
        });
      const made = await enrol(office, order());
      assert.equal(made.notAfter.getTime() - made.notBefore.getTime(), days(30) - 1000);
      await assert.rejects(enrol(office, { ...order(), lifetimeDays: 31 }), { code: 'profile-violation' });
      await approve(parts, SECOND, (await ask(setting({ enabled: false, maximumDays: null }))).id);
      await assert.rejects(enrol(office, order()), { code: 'profile-disabled' });
      await approve(parts, SECOND, (await ask(setting({ maximumDays: null }))).id);
      const longer = await enrol(office, order());
      assert.equal(longer.notAfter.getTime() - longer.notBefore.getTime(), days(47) - 1000);
    });

    it('keeps a request open while the root is away, and publishes its list when it is back', async () => {
      const { id } = await ask({ kind: 'root-crl', hierarchy: 'sm2' });
      district.rootKeys.take();
      await assert.rejects(approve(parts, SECOND, id), { code: 'root-offline' });
      assert.equal((await requiredRequest(parts, id)).state, 'requested');
      district.rootKeys.bring();
      const done = await approve(parts, SECOND, id);
      assert.equal(done.state, 'executed');
      assert.ok(Number(done.outcome?.['number']) >= 1);
    });

    it('makes the next generation of an authority, and revokes the last', async () => {
      const made = await approve(
        parts,
        SECOND,
        (await ask({ kind: 'succeed-authority', authority: 'enterprises' })).id,
      );
      assert.equal(made.outcome?.['successor'], 'enterprises-g2');
      const again = await approve(
        parts,
        SECOND,
        (await ask({ kind: 'succeed-authority', authority: 'enterprises' })).id,
      );
      assert.deepEqual([again.state, again.outcome], ['failed', { code: 'authority-retired' }]);
      const revoked = await approve(
        parts,
        SECOND,
        (
          await ask({
            kind: 'revoke-authority',
            authority: 'enterprises',
            reason: 'keyCompromise',
            invalidityDate: null,
          })
        ).id,
      );
      assert.equal(revoked.state, 'executed');
      assert.equal(district.hierarchy.authority('enterprises').state, 'revoked');
    });

    it('takes up after a crash what was approved: an effect that is there is recorded, one that is not is made', async () => {
      // The process dies before it begins, and after it has made the authority but not said so.
      const begun = await ask({ kind: 'succeed-authority', authority: 'residents' });
      const dying: ControlParts = {
        ...parts,
        hierarchy: { ...parts.hierarchy, maintain: () => Promise.reject(new Error('power')) },
      };
      await assert.rejects(approve(dying, SECOND, begun.id), { message: 'power' });
      assert.equal((await requiredRequest(parts, begun.id)).state, 'approved');
      const made = await ask({ kind: 'succeed-authority', authority: 'services' });
      const silent: ControlParts = {
        ...parts,
        audit: {
          append: (tx, event) =>
            event.action === 'ca.executed'
              ? Promise.reject(new Error('power'))
              : parts.audit.append(tx, event),
        },
      };
      await assert.rejects(approve(silent, SECOND, made.id), { message: 'power' });
      assert.equal(district.hierarchy.authority('services-g2').generation, 2);
      const before = new Date(parts.clock().getTime() + 1);
      // Two nodes start at the same time.
      const taken = await Promise.all([settleRequests(parts, before), settleRequests(parts, before)]);
      assert.equal(taken[0] + taken[1], 2);
      for (const [id, successor] of [
        [begun.id, 'residents-g2'],
        [made.id, 'services-g2'],
      ] as const) {
        const request = await requiredRequest(parts, id);
        assert.deepEqual([request.state, request.outcome?.['successor']], ['executed', successor]);
        assert.equal((await actions(id)).filter((action) => action === 'ca.executed').length, 1);
      }
      assert.throws(() => district.hierarchy.authority('services-g3'), { code: 'authority-not-found' });
      assert.equal(await settleRequests(parts, before), 0);
    });

    it('expires after a week', async () => {
      const { id } = await ask(setting());
      district.advance(days(7) + 1000);
      assert.equal((await requiredRequest(parts, id)).state, 'expired');
      await assert.rejects(approve(parts, SECOND, id), { code: 'ca-request-closed' });
    });
  });
}
