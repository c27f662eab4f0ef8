// The life of a seal by two persons, on both engines: apply, approve, make, file, use, change, renew, stop, cancel.
import assert from 'node:assert/strict';
import {
  applyForSeal,
  approveApplication,
  rejectApplication,
  sealApplication,
  sealApplications,
  settleApplications,
} from '../../signing/seal-applications.ts';
import { decideApplication } from '../../signing/seal-application-store.ts';
import type { SealOperation } from '../../signing/seal-application-kinds.ts';
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts';
import { currentEdition, editionsOf } from '../../signing/seal-edition.ts';
import { changeSealState, fileSeal, requiredSeal, settleSeals } from '../../signing/seal-register.ts';
import { readSealStatusList, SealStatusPublisher, statusOfObject } from '../../signing/seal-status-list.ts';
import { stateHistory } from '../../signing/seal-store.ts';
import { stampDocument } from '../../signing/stamp.ts';
import { parseSeal } from '../../formats/eseal/seal.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { engines } from '../storage/engines.ts';
import { administration, applicantOf, authorise, byTwoPersons } from './grants.ts';
import {
  approval,
  market,
  openSealOffice,
  sampleMatter,
  samplePdf,
  system,
  type SealOffice,
} from './seal-office.ts';

function refusal(code: SigningErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof SigningError && error.code === code;
}

for (const engine of engines) {
  describe(`the life of a seal on ${engine.name}`, () => {
    let office: SealOffice;
    let close = (): Promise<void> => Promise.resolve();
    let number = 0;
    const key = (): string => `life-${(number += 1)}`;
    const applicant = applicantOf(approval);

    before(async function () {
      engine.require(this);
      office = await openSealOffice(engine);
      close = () => office.close();
    });
    after(() => close());

    const making = (change: object = {}): SealOperation => ({
      kind: 'make',
      name: '天津市河北区政务服务办公室合同专用章（演示）',
      type: '04',
      departmentName: '天津市河北区政务服务办公室（演示）',
      picture: { kind: 'contract', name: '天津市河北区政务服务办公室', purpose: null, centre: null },
      code: '120105',
      lifetimeDays: null,
      keepers: ['person:keeper'],
      approvalsNeeded: 1,
      ...change,
    });
    const apply = (operation: SealOperation, purpose = '业务需要', idempotencyKey = key()) =>
      applyForSeal(office.register, applicant, { operation, purpose, idempotencyKey });
    const made = async (operation = making()): Promise<string> => {
      const executed = await byTwoPersons(office.register, approval, operation);
      assert.equal(executed.state, 'executed', JSON.stringify(executed.outcome));
      return executed.sealId ?? '';
    };
    const file = (sealId: string) =>
      fileSeal(office.register, {
        actor: { ...administration, scopes: ['seals:file'] },
        sealId,
        number: `BA-${sealId.slice(5, 15)}`,
      });
    const stamping = async (sealId: string, change: object = {}) =>
      stampDocument(office.parts, {
        ...office.request(await office.store(samplePdf()), key()),
        sealId,
        matter: sampleMatter,
        ...change,
      });

    it('goes from application to use, and no step before its time', async () => {
      const applied = await apply(making());
      assert.equal(applied.state, 'requested');
      const approved = await approveApplication(office.register, administration, applied.id);
      assert.equal(approved.state, 'executed');
      const id = approved.sealId ?? '';
      const seal = await requiredSeal(office.parts.database.reader, id);
      assert.equal(seal.state, 'made');
      assert.match(seal.code, /^120105\d{8}$/);
      await authorise(office.register, seal);
      await assert.rejects(stamping(id), refusal('seal-not-valid'), 'not filed yet');
      const filed = await file(id);
      assert.equal(filed.state, 'valid');
      assert.match(filed.filingNumber ?? '', /^BA-/);
      await assert.rejects(file(id), refusal('seal-transition-not-allowed'));
      await stamping(id, { sm2: 'ses' });
      assert.deepEqual(
        (await stateHistory(office.parts.database.reader, id)).map(({ state }) => state),
        ['made', 'valid'],
      );
      const audited = await office.parts.database.reader
        .selectFrom('audit_log')
        .select('action')
        .where('subject', 'in', [applied.id, id])
        .orderBy('sequence')
        .execute();
      assert.deepEqual(
        audited.map(({ action }) => action),
        [
          'seal-application.requested',
          'seal-application.approved',
          'seal.created',
          'seal-application.executed',
          'seal.filed',
        ],
      );
    });

    it('needs two persons, whoever they are, and a reason', async () => {
      const applied = await apply(making());
      const both = { ...applicant, scopes: ['seals:apply', 'seals:approve', 'seals:administer'] };
      await assert.rejects(approveApplication(office.register, both, applied.id), refusal('self-approval'));
      const key = { ...administration, id: 'client:administrator', kind: 'client' } as const;
      await assert.rejects(
        approveApplication(office.register, key, applied.id),
        refusal('decider-not-person'),
      );
      await assert.rejects(
        rejectApplication(office.register, key, applied.id, '不同意'),
        refusal('decider-not-person'),
      );
      await assert.rejects(
        approveApplication(office.register, { ...administration, scopes: [] }, applied.id),
        refusal('scope-missing'),
      );
      await assert.rejects(
        rejectApplication(office.register, both, applied.id, '不同意'),
        refusal('self-approval'),
      );
      const elsewhere = { ...administration, department: market, scopes: ['seals:approve'] };
      await assert.rejects(
        approveApplication(office.register, elsewhere, applied.id),
        refusal('application-not-found'),
      );
      await assert.rejects(
        sealApplication(office.parts, elsewhere, applied.id),
        refusal('application-not-found'),
      );
      assert.ok(!(await sealApplications(office.parts, elsewhere, 200)).some(({ id }) => id === applied.id));
      await assert.rejects(apply(making(), ' '), refusal('purpose-missing'));
      // The database holds it too.
      await assert.rejects(
        office.parts.database.write(async (tx) => {
          await tx
            .updateTable('seal_application')
            .set({ decided_by: applicant.id })
            .where('id', '=', applied.id)
            .execute();
        }),
      );
      const rejected = await rejectApplication(office.register, administration, applied.id, '材料不齐');
      assert.deepEqual([rejected.state, rejected.rejection], ['rejected', '材料不齐']);
      await assert.rejects(
        approveApplication(office.register, administration, applied.id),
        refusal('application-closed'),
      );
    });

    it('does what was applied for once, however many approve at once', async () => {
      const applied = await apply(making());
      const count = async () =>
        (
          await office.parts.database.reader
            .selectFrom('seal')
            .select('id')
            .where('state', '!=', 'abandoned')
            .execute()
        ).length;
      const before = await count();
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, (_, index) =>
          approveApplication(
            office.register,
            { ...administration, id: `person:administrator-${index}` },
            applied.id,
          ),
        ),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal(await count(), before + 1);
      assert.deepEqual(
        await apply(making(), '业务需要', 'same-key'),
        await apply(making(), '业务需要', 'same-key'),
      );
      await assert.rejects(
        apply(making({ type: '02' }), '业务需要', 'same-key'),
        refusal('idempotency-mismatch'),
      );
    });

    it('refuses what could never be, and records what was refused at last', async () => {
      await assert.rejects(apply(making({ keepers: [] })), refusal('application-invalid'));
      await assert.rejects(apply(making({ approvalsNeeded: 0 })), refusal('application-invalid'));
      const script = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>1</script></svg>';
      const filed = {
        kind: 'filed',
        name: '旧印模',
        purpose: null,
        centre: null,
        artwork: { format: 'svg', data: script },
        size: { width: 42, height: 42 },
      } as const;
      await assert.rejects(apply(making({ picture: filed })), refusal('picture-refused'));
      await assert.rejects(
        apply({ kind: 'release', sealId: office.approvalSeal.id }),
        refusal('seal-transition-not-allowed'),
      );
      await assert.rejects(
        apply({ kind: 'cancel', sealId: office.marketSeal.id }),
        refusal('seal-not-found'),
      );
      await assert.rejects(
        apply({ kind: 'renew', sealId: 'seal_0', lifetimeDays: null }),
        refusal('seal-not-found'),
      );
      const failed = await byTwoPersons(office.register, approval, making({ type: '07' }));
      assert.deepEqual([failed.state, failed.outcome], ['failed', { code: 'seal-type-unknown' }]);
    });

    it('freezes by one person and releases by two; what is lost is cancelled only', async () => {
      const id = await made();
      await file(id);
      await authorise(office.register, await requiredSeal(office.parts.database.reader, id));
      const officer = { ...system, department: approval };
      await changeSealState(office.parts, { actor: officer, sealId: id, to: 'frozen', reason: '盘点' });
      await assert.rejects(stamping(id), refusal('seal-not-valid'));
      const released = await byTwoPersons(office.register, approval, { kind: 'release', sealId: id });
      assert.equal(released.state, 'executed');
      await stamping(id);
      await changeSealState(office.parts, { actor: officer, sealId: id, to: 'lost', reason: '遗失' });
      await assert.rejects(apply({ kind: 'release', sealId: id }), refusal('seal-transition-not-allowed'));
      await assert.rejects(
        apply({ kind: 'renew', sealId: id, lifetimeDays: null }),
        refusal('application-invalid'),
      );
      assert.equal(
        (await byTwoPersons(office.register, approval, { kind: 'cancel', sealId: id })).state,
        'executed',
      );
      await assert.rejects(apply({ kind: 'cancel', sealId: id }), refusal('seal-transition-not-allowed'));
      await assert.rejects(stamping(id), refusal('seal-not-valid'));
      assert.deepEqual(
        (await stateHistory(office.parts.database.reader, id)).map(({ state }) => state),
        ['made', 'valid', 'frozen', 'valid', 'lost', 'cancelled'],
      );
    });

    it('renews under the same code with a seal made anew; authorisations of before have ended', async () => {
      const id = await made();
      await file(id);
      await authorise(office.register, await requiredSeal(office.parts.database.reader, id));
      const before = await currentEdition(office.parts.database.reader, id);
      await stamping(id, { sm2: 'ses' });
      const renewed = await byTwoPersons(office.register, approval, {
        kind: 'renew',
        sealId: id,
        lifetimeDays: 300,
      });
      assert.equal(renewed.state, 'executed', JSON.stringify(renewed.outcome));
      const after = await currentEdition(office.parts.database.reader, id);
      assert.equal(after?.edition, 2);
      assert.notEqual(after.object?.digest, before?.object?.digest);
      const seal = await requiredSeal(office.parts.database.reader, id);
      assert.equal(seal.certificateSerial, after.certificateSerial);
      assert.equal(seal.state, 'valid');
      // Clause 7.2: the list is compared byte for byte, so the new seal lists the new certificate.
      const listed = parseSeal(after.object?.eseal ?? new Uint8Array()).information.property.signers;
      assert.ok(listed.kind === 'certificates');
      assert.deepEqual(
        listed.certificates.map((der) => parseCertificate(der).serialHex),
        [after.object?.serial],
      );
      await assert.rejects(stamping(id), refusal('authorisation-missing'));
      await authorise(office.register, seal);
      await stamping(id, { sm2: 'ses' });
      assert.equal((await editionsOf(office.parts.database.reader, id)).length, 2);
    });

    it('changes a seal by a new one, and cancels the old when the new one is filed', async () => {
      const old = await made();
      await file(old);
      const next = await made({
        ...making({ name: '天津市河北区政务服务办公室合同专用章二（演示）' }),
        kind: 'change',
        sealId: old,
      } as SealOperation);
      assert.equal(
        (await requiredSeal(office.parts.database.reader, old)).state,
        'valid',
        'until the new one is filed',
      );
      await file(next);
      assert.equal((await requiredSeal(office.parts.database.reader, old)).state, 'cancelled');
      assert.equal((await requiredSeal(office.parts.database.reader, next)).replaces, old);
    });

    it('changes keepers by two persons', async () => {
      const id = await made();
      await byTwoPersons(office.register, approval, {
        kind: 'keepers',
        sealId: id,
        keepers: ['person:b', 'person:a', 'person:b'],
      });
      assert.deepEqual((await requiredSeal(office.parts.database.reader, id)).keepers, [
        'person:a',
        'person:b',
      ]);
    });

    it('takes up at the next start what a crash left approved, once', async () => {
      const applied = await apply(making({ name: '崩溃测试章（演示）' }));
      // Approved, and the process died before anything came of it.
      await office.parts.database.write((tx) =>
        decideApplication(tx, applied.id, { by: administration.id, at: new Date(), rejection: null }),
      );
      const later = new Date(Date.now() + 60_000);
      assert.equal(await settleSeals(office.parts, new Date(0)), 0);
      const taken = await Promise.all([
        settleApplications(office.register, later),
        settleApplications(office.register, later),
      ]);
      assert.equal(
        taken.reduce((sum, each) => sum + each, 0),
        1,
        'one of two nodes took it',
      );
      const settled = await sealApplication(office.parts, administration, applied.id);
      assert.equal(settled.state, 'executed');
      const rows = await office.parts.database.reader
        .selectFrom('seal')
        .select('id')
        .where('name', '=', '崩溃测试章（演示）')
        .where('state', '=', 'made')
        .execute();
      assert.equal(rows.length, 1);
      assert.equal(await settleApplications(office.register, later), 0);
    });

    it('publishes states, signed, that follow every change and tell what they were', async () => {
      const publisher = new SealStatusPublisher({
        database: office.parts.database,
        clock: office.parts.clock,
        key: () => office.district.hierarchy.serviceKey('status-list'),
        issuer: 'https://zz.example.cn',
      });
      const id = await made();
      const { code } = await requiredSeal(office.parts.database.reader, id);
      assert.equal((await publisher.current()).seals.get(code), undefined, 'not before it is filed');
      await file(id);
      const first = await publisher.current();
      assert.equal(
        (await publisher.current()).entityTag,
        first.entityTag,
        'the same edition while nothing changes',
      );
      assert.equal(first.seals.get(code)?.state, 'valid');
      const officer = { ...system, department: approval };
      await changeSealState(office.parts, { actor: officer, sealId: id, to: 'lost', reason: '遗失' });
      const second = await publisher.current();
      assert.notEqual(second.entityTag, first.entityTag);
      assert.deepEqual(
        second.seals.get(code)?.changes.map(({ state }) => state),
        ['valid', 'lost'],
      );
      const keys = (await office.district.hierarchy.serviceCertificates('status-list')).map(
        (der) => parseCertificate(der).subjectPublicKeyInfo.der,
      );
      const read = await readSealStatusList(second.jws, keys, new Date());
      assert.equal(read?.seals.get(code)?.state, 'lost');
      assert.equal(
        await readSealStatusList(second.jws, keys, second.expiresAt),
        null,
        'a list that is out of date',
      );
      const other = parseCertificate(office.district.hierarchy.issuer('services').certificate.der)
        .subjectPublicKeyInfo.der;
      assert.equal(await readSealStatusList(second.jws, [other], new Date()), null);
      const [header = '', payload = '', signature = ''] = second.jws.split('.');
      const changed = Buffer.from(
        Buffer.from(payload, 'base64url').toString().replace('"lost"', '"valid"'),
      ).toString('base64url');
      assert.equal(await readSealStatusList([header, changed, signature].join('.'), keys, new Date()), null);
      const edition = await currentEdition(office.parts.database.reader, id);
      const status = statusOfObject(second, code, edition?.object?.digest ?? '', new Date());
      assert.deepEqual(
        status?.changes.map(({ state }) => state),
        ['valid', 'lost'],
      );
      assert.equal(
        statusOfObject(second, code, `sm3:${'0'.repeat(64)}`, new Date()),
        null,
        'another seal under the number',
      );
      // Nothing of the seal itself: no picture, no certificate.
      assert.ok(!Buffer.from(payload, 'base64url').toString().includes('<svg'));
    });
  });
}
