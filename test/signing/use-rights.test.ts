// What a use of a seal needs: keeper or authorisation, approvals of this very document, three persons; all of it on record.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readAuthorisation } from '../../signing/authorisation.ts';
import { authorisationStates, revokeAuthorisation } from '../../signing/authorisations.ts';
import { insertApproval } from '../../signing/authorisation-store.ts';
import { approveDocument } from '../../signing/document-approval.ts';
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts';
import { createSeal, changeSealState } from '../../signing/seal-register.ts';
import type { Seal } from '../../signing/seal.ts';
import { stampDocument } from '../../signing/stamp.ts';
import type { StampRequest } from '../../signing/stamp-order.ts';
import { planStamp } from '../../signing/stamp-plan.ts';
import { intendStamps } from '../../signing/stamp.ts';
import { usesOf } from '../../signing/use-record.ts';
import { engines } from '../storage/engines.ts';
import { authorise, byTwoPersons } from './grants.ts';
import {
  approval,
  approvalClient,
  openSealOffice,
  samplePdf,
  system,
  type SealOffice,
} from './seal-office.ts';

function refusal(code: SigningErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof SigningError && error.code === code;
}

const manual = 'YS1201050100012301000002';

for (const engine of engines) {
  describe(`the right to use a seal on ${engine.name}`, () => {
    let office: SealOffice;
    let digest: string;
    let close = (): Promise<void> => Promise.resolve();
    let number = 0;
    const key = (): string => `right-${(number += 1)}`;

    before(async function () {
      engine.require(this);
      office = await openSealOffice(engine);
      close = () => office.close();
      digest = await office.store(samplePdf());
    });
    after(() => close());

    function request(change: Partial<StampRequest> = {}): StampRequest {
      return { ...office.request(digest, key()), matter: manual, ...change };
    }

    const one = (change: object = {}) => ({ person: 'zhang-3', level: 1, at: new Date(), digest, ...change });

    async function newSeal(): Promise<Seal> {
      return createSeal(office.register, {
        actor: system,
        name: '测试印章',
        type: '06',
        department: approval,
        departmentName: '天津市河北区政务服务办公室（演示）',
        picture: {
          kind: 'special-purpose',
          name: '天津市河北区政务服务办公室',
          purpose: '测试专用章',
          centre: null,
        },
        code: '120105',
        keepers: ['person:keeper'],
      });
    }

    it('takes approvals of this very document, and records them', async () => {
      const result = await stampDocument(office.parts, request({ requester: 'li-4', approvals: [one()] }));
      const [use] = await usesOf(office.parts.database.reader, office.approvalSeal.id, {
        limit: 1,
        before: null,
      });
      assert.equal(use?.stampId, result.stampId);
      assert.equal(use.basis, 'approved');
      assert.equal(use.requester, 'li-4');
      assert.equal(use.keeper, null);
      assert.match(use.authorisation ?? '', /^sau_/);
      assert.deepEqual(
        use.approvals.map(({ person, level, digest: of }) => [person, level, of]),
        [['zhang-3', 1, digest]],
      );
      assert.equal(use.digest, digest);
      assert.deepEqual([use.sealState, use.certificateStatus], ['valid', 'good']);
      assert.equal(use.certificate, office.approvalSeal.certificateSerial);
      assert.equal(use.stateSince.getTime(), office.approvalSeal.stateSince.getTime());
    });

    it('refuses what is missing, of another document, malformed, or by the same person', async () => {
      const other = `sha256:${createHash('sha256').update('other').digest('hex')}`;
      const future = new Date(Date.now() + 3_600_000);
      const old = new Date(Date.now() - 400 * 86_400_000);
      const cases: readonly (readonly [SigningErrorCode, Partial<StampRequest>])[] = [
        ['approval-missing', {}],
        ['approval-missing', { approvals: [] }],
        ['approval-missing', { matter: null }],
        ['approval-other-document', { approvals: [one({ digest: other })] }],
        ['approval-other-document', { approvals: [one(), one({ person: 'wang-5', digest: other })] }],
        // The name of the digest counts too: nothing is taken for what it does not say.
        ['approval-other-document', { approvals: [one({ digest: digest.replace('sha256', 'sm3') })] }],
        ['approval-invalid', { approvals: [one({ at: future })] }],
        ['approval-invalid', { approvals: [one({ at: old })] }],
        ['approval-invalid', { approvals: [one({ at: new Date(Number.NaN) })] }],
        ['approval-invalid', { approvals: [one({ level: 0 })] }],
        ['approval-invalid', { approvals: [one({ person: '张三' })] }],
        ['approval-invalid', { approvals: [one({ person: '11010519491231002X' })] }],
        ['approval-invalid', { requester: '11010519491231002X', approvals: [one()] }],
        ['persons-not-distinct', { requester: 'zhang-3', approvals: [one()] }],
        ['persons-not-distinct', { approvals: [one(), one()] }],
        ['persons-not-distinct', { approvals: [one({ person: approvalClient.id })] }],
        ['authorisation-not-found', { approvals: [one()], authorisation: `sau_${'0'.repeat(32)}` }],
      ];
      const count = async (): Promise<number> =>
        (await office.parts.database.reader.selectFrom('seal_use').select('stamp_id').execute()).length;
      const before = await count();
      for (const [code, change] of cases)
        await assert.rejects(
          stampDocument(office.parts, request(change)),
          refusal(code),
          `${code} ${JSON.stringify(change)}`,
        );
      assert.equal(await count(), before);
    });

    it('counts an approval that was given here, and never another document’s', async () => {
      const mine = await office.store(samplePdf(21_000));
      const approver = {
        ...approvalClient,
        id: 'person:approver',
        kind: 'person',
        scopes: ['stamps:approve'],
      } as const;
      await assert.rejects(
        approveDocument(office.parts, { ...approver, scopes: [] }, { digest: mine, level: 1 }),
        refusal('scope-missing'),
      );
      await assert.rejects(
        approveDocument(office.parts, approver, { digest: `sm3:${'0'.repeat(64)}`, level: 1 }),
        refusal('approval-invalid'),
      );
      const key = { ...approver, id: 'client:approver', kind: 'client' } as const;
      await assert.rejects(
        approveDocument(office.parts, key, { digest: mine, level: 2 }),
        refusal('decider-not-person'),
      );
      // One that a key gave before: it stands there and counts for nothing.
      const old = { person: key.id, level: 2, at: new Date(), digest: mine };
      await office.parts.database.write((tx) => insertApproval(tx, 'apr_old', key.department ?? '', old));
      await assert.rejects(
        stampDocument(office.parts, { ...request(), source: { stored: mine } }),
        refusal('approval-missing'),
      );
      assert.equal((await approveDocument(office.parts, approver, { digest: mine, level: 2 })).length, 2);
      assert.equal(
        (await approveDocument(office.parts, approver, { digest: mine, level: 2 })).length,
        2,
        'once',
      );
      await assert.rejects(stampDocument(office.parts, request()), refusal('approval-missing'));
      await stampDocument(office.parts, { ...request(), source: { stored: mine } });
      // Who approved does not ask.
      await assert.rejects(
        stampDocument(office.parts, {
          ...request({ requester: 'person:approver' }),
          source: { stored: mine },
        }),
        refusal('persons-not-distinct'),
      );
    });

    it('asks for as many approvals as the seal needs', async () => {
      const seal = await newSeal();
      await office.parts.database.write(async (tx) => {
        await tx.updateTable('seal').set({ approvals_needed: 2 }).where('id', '=', seal.id).execute();
      });
      await authorise(office.register, seal);
      const order = (approvals: StampRequest['approvals'] = []) => request({ sealId: seal.id, approvals });
      await assert.rejects(stampDocument(office.parts, order([one()])), refusal('approval-missing'));
      await stampDocument(office.parts, order([one(), one({ person: 'wang-5', level: 2 })]));
    });

    it('wants a keeper or an authorisation, and no authorisation is more than it says', async () => {
      const seal = await newSeal();
      const order = (change: Partial<StampRequest> = {}) =>
        request({ sealId: seal.id, approvals: [one()], ...change });
      await assert.rejects(stampDocument(office.parts, order()), refusal('authorisation-missing'));
      const keeper = { ...approvalClient, id: 'person:keeper', kind: 'person' } as const;
      await stampDocument(office.parts, order({ actor: keeper, requester: 'li-4' }));
      const stranger = { ...keeper, id: 'person:stranger' } as const;
      await assert.rejects(
        stampDocument(office.parts, order({ actor: stranger, requester: 'li-4' })),
        refusal('seal-not-permitted'),
      );
      await assert.rejects(
        stampDocument(
          office.parts,
          order({ actor: keeper, requester: 'li-4', approvals: [one({ person: 'person:keeper' })] }),
        ),
        refusal('persons-not-distinct'),
      );
      await authorise(office.register, seal, { matters: ['ANOTHER-MATTER'] });
      await assert.rejects(stampDocument(office.parts, order()), refusal('authorisation-missing'));
      await authorise(office.register, seal, { client: 'client:another' });
      await assert.rejects(stampDocument(office.parts, order()), refusal('authorisation-missing'));
      const now = new Date(Date.now() + 8 * 3_600_000);
      const tomorrow = (now.getUTCDay() || 7) === 7 ? 1 : (now.getUTCDay() || 7) + 1;
      await authorise(office.register, seal, { hours: { days: [tomorrow], from: 0, until: 1440 } });
      await assert.rejects(stampDocument(office.parts, order()), refusal('authorisation-missing'));
      await authorise(office.register, seal, { validFrom: new Date(Date.now() + 60_000).toISOString() });
      await assert.rejects(stampDocument(office.parts, order()), refusal('authorisation-missing'));
      const granted = await authorise(office.register, seal, { matters: [manual] });
      const result = await stampDocument(
        office.parts,
        order({ authorisation: granted.outcome?.['authorisation'] ?? '' }),
      );
      assert.equal(
        (await usesOf(office.parts.database.reader, seal.id, { limit: 1, before: null }))[0]?.stampId,
        result.stampId,
      );
    });

    it('lets exactly as many uses through as there is volume, however many come at once', async () => {
      const seal = await newSeal();
      await authorise(office.register, seal, { perDay: 3, total: 5 });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 12 }, () =>
          stampDocument(office.parts, request({ sealId: seal.id, approvals: [one()] })),
        ),
      );
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected')
          assert.ok(refusal('authorisation-used-up')(outcome.reason), String(outcome.reason));
      const uses = await usesOf(office.parts.database.reader, seal.id, { limit: 100, before: null });
      assert.equal(uses.length, 3, 'what was refused left no record of a use');
    });

    it('shows the owner every use, page by page, also of one and the same millisecond', async () => {
      const seal = await newSeal();
      await authorise(office.register, seal);
      const at = new Date();
      for (let count = 0; count < 5; count++)
        await stampDocument(
          { ...office.parts, clock: () => at },
          request({ sealId: seal.id, approvals: [one({ at })] }),
        );
      const reader = office.parts.database.reader;
      const all = await usesOf(reader, seal.id, { limit: 100, before: null });
      assert.equal(new Set(all.map(({ usedAt }) => usedAt.getTime())).size, 1);
      const seen: string[] = [];
      for (;;) {
        const last = seen.at(-1);
        const before = last === undefined ? null : { at, stampId: last };
        const page = await usesOf(reader, seal.id, { limit: 2, before });
        if (page.length === 0) break;
        seen.push(...page.map(({ stampId }) => stampId));
      }
      assert.deepEqual(
        seen,
        all.map(({ stampId }) => stampId),
      );
      assert.equal(seen.length, 5);
    });

    it('ends an authorisation at once when it is revoked, also between plan and intention', async () => {
      const seal = await newSeal();
      const granted = await authorise(office.register, seal);
      const id = granted.outcome?.['authorisation'] ?? '';
      const order = request({ sealId: seal.id, approvals: [one()] });
      const plan = await planStamp(office.parts, order, order.idempotencyKey);
      const officer = { ...approvalClient, id: 'person:applicant', scopes: ['seals:apply'] };
      await revokeAuthorisation(office.parts, officer, id, '人员变动');
      await assert.rejects(
        revokeAuthorisation(office.parts, officer, id, '人员变动'),
        refusal('authorisation-not-found'),
      );
      await assert.rejects(
        office.parts.database.write((tx) => intendStamps(tx, office.parts.audit, [plan])),
        refusal('authorisation-missing'),
      );
      await assert.rejects(stampDocument(office.parts, order), refusal('authorisation-missing'));
      const states = await authorisationStates(office.parts, officer, 200);
      assert.equal(states.find((each) => each.id === id)?.state, 'revoked');
    });

    it('believes the signed document, not the columns beside it', async () => {
      const seal = await newSeal();
      const granted = await authorise(office.register, seal, {
        matters: ['ANOTHER-MATTER'],
        total: 5,
        perDay: 5,
      });
      const id = granted.outcome?.['authorisation'] ?? '';
      const row = await office.parts.database.reader
        .selectFrom('seal_authorisation')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const read = await readAuthorisation(row.document, seal);
      assert.equal(read?.id, id);
      assert.equal(read.grantedBy, 'person:applicant');
      assert.equal(read.approvedBy, 'person:administrator');
      // A document that says more than was signed, put into the database by hand.
      const [header = '', payload = '', signature = ''] = row.document.split('.');
      const said = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      const forged = [
        header,
        Buffer.from(JSON.stringify({ ...said, matters: null })).toString('base64url'),
        signature,
      ].join('.');
      assert.equal(await readAuthorisation(forged, seal), null);
      // Another seal's document, moved.
      const other = await office.parts.database.reader
        .selectFrom('seal_authorisation')
        .select('document')
        .where('seal_id', '=', office.approvalSeal.id)
        .executeTakeFirstOrThrow();
      assert.equal(await readAuthorisation(other.document, seal), null);
      for (const document of [forged, other.document, '', 'a.b.c']) {
        await office.parts.database.write(async (tx) => {
          await tx.updateTable('seal_authorisation').set({ document }).where('id', '=', id).execute();
        });
        await assert.rejects(
          stampDocument(office.parts, request({ sealId: seal.id, approvals: [one()] })),
          refusal('authorisation-missing'),
          document.slice(0, 20),
        );
      }
    });

    it('refuses terms that cannot be meant', async () => {
      const seal = await newSeal();
      const past = new Date(Date.now() - 86_400_000).toISOString();
      for (const change of [
        { validUntil: past },
        { validUntil: new Date(Date.now() + 400 * 86_400_000).toISOString() },
        { validFrom: 'tomorrow' },
        { total: 0 },
        { perDay: 10, total: 5 },
        { matters: [] },
        { matters: ['a b'] },
        { hours: { days: [], from: 0, until: 10 } },
        { hours: { days: [8], from: 0, until: 10 } },
        { hours: { days: [1], from: 10, until: 10 } },
        { hours: { days: [1], from: -1, until: 10 } },
      ])
        await assert.rejects(
          authorise(office.register, seal, change),
          refusal('authorisation-invalid'),
          JSON.stringify(change),
        );
    });

    it('never stamps with a seal that is stopped, by whichever race', async () => {
      const seal = await newSeal();
      await authorise(office.register, seal);
      const officer = { ...system, department: approval };
      const order = () => request({ sealId: seal.id, approvals: [one()] });
      const stamps = Array.from({ length: 8 }, () => stampDocument(office.parts, order()));
      const stopped = changeSealState(office.parts, {
        actor: officer,
        sealId: seal.id,
        to: 'lost',
        reason: '遗失',
      });
      const outcomes = await Promise.allSettled(stamps);
      await stopped;
      for (const outcome of outcomes)
        if (outcome.status === 'rejected')
          assert.ok(refusal('seal-not-valid')(outcome.reason), String(outcome.reason));
      await assert.rejects(stampDocument(office.parts, order()), refusal('seal-not-valid'));
      for (const to of ['valid', 'frozen'] as const)
        await assert.rejects(
          changeSealState(office.parts, { actor: officer, sealId: seal.id, to, reason: '…' }),
          refusal('seal-transition-not-allowed'),
        );
      // Every use stands before the loss in the order of the books.
      const uses = await usesOf(office.parts.database.reader, seal.id, { limit: 100, before: null });
      assert.ok(uses.every((use) => use.sealState === 'valid'));
    });

    it('never stamps with a revoked certificate of either kind', async () => {
      for (const which of ['certificateSerial', 'sm2'] as const) {
        const seal = await newSeal();
        await authorise(office.register, seal);
        const edition = await office.parts.database.reader
          .selectFrom('seal_edition')
          .selectAll()
          .where('seal_id', '=', seal.id)
          .executeTakeFirstOrThrow();
        const serial = which === 'sm2' ? (edition.sm2_serial ?? '') : seal.certificateSerial;
        const { revokeCertificate } = await import('../../ca/revoke.ts');
        await revokeCertificate(office.register, {
          serial,
          reason: 'keyCompromise',
          actor: { id: 'system', department: null },
        });
        const order = request({ sealId: seal.id, approvals: [one()], sm2: 'ses' });
        await assert.rejects(stampDocument(office.parts, order), refusal('seal-not-valid'), which);
      }
    });

    it('marks and unmarks a matter by two persons', async () => {
      const matter = 'YS-AUTOMATIC-1';
      await assert.rejects(stampDocument(office.parts, request({ matter })), refusal('approval-missing'));
      await byTwoPersons(office.register, approval, { kind: 'automatic', matter, automatic: true });
      await stampDocument(office.parts, request({ matter }));
      await byTwoPersons(office.register, approval, { kind: 'automatic', matter, automatic: false });
      await assert.rejects(stampDocument(office.parts, request({ matter })), refusal('approval-missing'));
    });

    it('keeps the records of uses as they were written', async () => {
      const { database } = office.parts;
      await assert.rejects(
        database.write((tx) => tx.updateTable('seal_use').set({ requester: 'nobody' }).execute()),
      );
      await assert.rejects(database.write((tx) => tx.deleteFrom('seal_use').execute()));
    });
  });
}
