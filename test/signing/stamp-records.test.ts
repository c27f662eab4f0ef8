// What the books hold of stamps: idempotency, isolation, crashes, refusals that leave nothing, on both engines.
import assert from 'node:assert/strict';
import { SigningError, type SigningErrorCode } from '../../signing/errors.ts';
import { changeSealState } from '../../signing/seal-register.ts';
import {
  abandonStamps,
  completeStamps,
  intendStamps,
  makeStamp,
  settleStamps,
  stampDocument,
} from '../../signing/stamp.ts';
import { stampOf } from '../../signing/stamp-answers.ts';
import { planStamp } from '../../signing/stamp-plan.ts';
import { engines } from '../storage/engines.ts';
import { scale } from '../scale.ts';
import { approvalClient, marketClient, openSealOffice, samplePdf, type SealOffice } from './seal-office.ts';

function refusal(code: SigningErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof SigningError && error.code === code;
}

for (const engine of engines) {
  describe(`stamps in the books on ${engine.name}`, () => {
    let office: SealOffice;
    let digest: string;
    let close = (): Promise<void> => Promise.resolve();
    let number = 0;
    const key = (): string => `key-${(number += 1)}`;
    const later = (): Date => new Date(Date.now() + 60_000);

    before(async function () {
      engine.require(this);
      office = await openSealOffice(engine);
      close = () => office.close();
      digest = await office.store(samplePdf());
    });
    after(() => close());
    beforeEach(() => {
      office.wire.intercept = null;
      office.wire.requests = 0;
    });

    async function states(): Promise<Record<string, number>> {
      const rows = await office.parts.database.reader.selectFrom('stamp').select('state').execute();
      const count: Record<string, number> = {};
      for (const { state } of rows) count[state] = (count[state] ?? 0) + 1;
      return count;
    }

    async function audited(subject: string): Promise<readonly string[]> {
      const rows = await office.parts.database.reader
        .selectFrom('audit_log')
        .select('action')
        .where('subject', '=', subject)
        .orderBy('sequence')
        .execute();
      return rows.map((row) => row.action);
    }

    it('answers a repeated request with the stored result and signs nothing', async () => {
      const request = office.request(digest, key());
      const first = await stampDocument(office.parts, request);
      assert.equal(office.wire.requests, 1);
      assert.deepEqual(await stampDocument(office.parts, request), first);
      assert.equal(office.wire.requests, 1);
      const unscoped = { ...request, actor: { ...approvalClient, scopes: [] } };
      await assert.rejects(stampDocument(office.parts, unscoped), refusal('scope-missing'));
      assert.deepEqual(await audited(first.stampId), ['stamp.intended', 'stamp.completed']);
      assert.deepEqual(await stampOf(office.parts.database.reader, approvalClient, first.stampId), first);
    });

    it('refuses the key of another request', async () => {
      const request = office.request(digest, key());
      await stampDocument(office.parts, request);
      for (const other of [
        { ...request, place: { ...request.place, centreX: 100 } },
        { ...request, caseNumber: '202611220002' },
        { ...request, reason: null },
        { ...request, source: { bytes: samplePdf(3000) } },
      ]) {
        await assert.rejects(stampDocument(office.parts, other), refusal('idempotency-mismatch'));
      }
    });

    it('lets two clients use the same key', async () => {
      const request = office.request(digest, key());
      const mine = await stampDocument(office.parts, request);
      const theirs = await stampDocument(office.parts, {
        ...request,
        actor: marketClient,
        sealId: office.marketSeal.id,
      });
      assert.notEqual(mine.stampId, theirs.stampId);
    });

    it('makes one stamp of 20 parallel requests with one key', async () => {
      const before = await states();
      const request = office.request(digest, key());
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, () => stampDocument(office.parts, request)),
      );
      assert.equal(office.wire.requests, 1, 'one signature');
      const done = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      assert.ok(done.length >= 1);
      assert.equal(new Set(done.map((outcome) => outcome.value.stampId)).size, 1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.ok(refusal('idempotency-in-progress')(outcome.reason));
      }
      const after = await states();
      assert.equal((after['completed'] ?? 0) - (before['completed'] ?? 0), 1);
    });

    it('makes many stamps at once, each whole', async () => {
      const results = await Promise.all(
        Array.from({ length: scale(20) }, () => stampDocument(office.parts, office.request(digest, key()))),
      );
      assert.equal(new Set(results.map((each) => each.stampId)).size, results.length);
      assert.equal(new Set(results.map((each) => each.document.digest)).size, results.length);
    });

    it('keeps departments apart: foreign seals and stamps are answered like absent ones', async () => {
      const request = office.request(digest, key());
      const foreign = stampDocument(office.parts, { ...request, actor: marketClient });
      await assert.rejects(foreign, refusal('seal-not-found'));
      const absent = stampDocument(office.parts, { ...request, sealId: 'seal_00' });
      await assert.rejects(absent, refusal('seal-not-found'));
      assert.equal(
        await foreign.catch((error: unknown) => (error as Error).message),
        await absent.catch((error: unknown) => (error as Error).message),
      );
      const { stampId } = await stampDocument(office.parts, request);
      await assert.rejects(
        stampOf(office.parts.database.reader, marketClient, stampId),
        refusal('stamp-not-found'),
      );
      await assert.rejects(
        stampOf(office.parts.database.reader, approvalClient, 'stp_00'),
        refusal('stamp-not-found'),
      );
    });

    it('refuses before writing anything: scope, department, keeper, document, page, place, key', async () => {
      const before = await states();
      const request = office.request(digest, key());
      const cases: readonly (readonly [SigningErrorCode, Parameters<typeof stampDocument>[1]])[] = [
        ['scope-missing', { ...request, actor: { ...approvalClient, scopes: ['licenses:read'] } }],
        ['department-missing', { ...request, actor: { ...approvalClient, department: null } }],
        [
          'seal-not-permitted',
          { ...request, actor: { ...approvalClient, kind: 'person', id: 'person:other' } },
        ],
        ['document-not-found', { ...request, source: { stored: `sha256:${'0'.repeat(64)}` } }],
        [
          'not-a-pdf',
          { ...request, source: { bytes: new TextEncoder().encode('hello, this is not a PDF') } },
        ],
        ['page-not-found', { ...request, place: { ...request.place, page: 2 } }],
        ['seal-off-page', { ...request, place: { ...request.place, centreX: 5 } }],
        ['placement-invalid', { ...request, place: { ...request.place, centreX: Number.NaN } }],
        ['idempotency-key-invalid', { ...request, idempotencyKey: '' }],
        ['idempotency-key-invalid', { ...request, idempotencyKey: 'x'.repeat(201) }],
        ['idempotency-key-invalid', { ...request, idempotencyKey: '键' }],
      ];
      for (const [code, bad] of cases) {
        await assert.rejects(stampDocument(office.parts, bad), refusal(code), code);
      }
      assert.equal(office.wire.requests, 0);
      assert.deepEqual(await states(), before);
    });

    it('lets a keeper use the seal', async () => {
      const keeper = { ...approvalClient, kind: 'person', id: 'person:keeper' } as const;
      const request = { ...office.request(digest, key()), actor: keeper };
      await stampDocument(office.parts, { ...request, requester: 'person:clerk' });
      // Who keeps the seal does not ask for its use.
      await assert.rejects(
        stampDocument(office.parts, { ...request, idempotencyKey: key() }),
        refusal('persons-not-distinct'),
      );
    });

    it('settles a crash between intention and completion as abandoned and never signs it', async () => {
      const request = office.request(digest, key());
      const plan = await planStamp(office.parts, request, request.idempotencyKey);
      await office.parts.database.write((tx) => intendStamps(tx, office.parts.audit, [plan]));
      await assert.rejects(stampDocument(office.parts, request), refusal('idempotency-in-progress'));
      assert.equal(await settleStamps(office.parts, new Date(0)), 0, 'younger ones are left alone');
      assert.equal(await settleStamps(office.parts, later()), 1);
      assert.equal(await settleStamps(office.parts, later()), 0);
      await assert.rejects(stampDocument(office.parts, request), refusal('idempotency-abandoned'));
      assert.equal(office.wire.requests, 0);
      assert.deepEqual(await audited(plan.record.id), ['stamp.intended', 'stamp.abandoned']);
      await assert.rejects(
        stampOf(office.parts.database.reader, approvalClient, plan.record.id),
        refusal('stamp-not-completed'),
      );
    });

    it('does not complete a stamp that was settled while it was made, nor give up a completed one', async () => {
      const request = office.request(digest, key());
      const plan = await planStamp(office.parts, request, null);
      await office.parts.database.write((tx) => intendStamps(tx, office.parts.audit, [plan]));
      const made = await makeStamp(office.parts, plan);
      await settleStamps(office.parts, later());
      await assert.rejects(
        office.parts.database.write((tx) => completeStamps(tx, office.parts, [made])),
        refusal('idempotency-abandoned'),
      );
      const done = await stampDocument(office.parts, office.request(digest, key()));
      const given = await office.parts.database.write((tx) =>
        abandonStamps(tx, office.parts, { ids: [done.stampId] }, 'failed'),
      );
      assert.equal(given, 0);
    });

    it('makes several stamps for a larger act, all or none', async () => {
      const orders = [office.request(digest, ''), { ...office.request(digest, ''), reason: null }];
      const plans = await Promise.all(orders.map((order) => planStamp(office.parts, order, null)));
      await office.parts.database.write((tx) => intendStamps(tx, office.parts.audit, plans));
      const made = await Promise.all(plans.map((plan) => makeStamp(office.parts, plan)));
      await assert.rejects(
        office.parts.database.write(async (tx) => {
          await completeStamps(tx, office.parts, made);
          throw new Error('the larger act failed');
        }),
      );
      for (const plan of plans) assert.deepEqual(await audited(plan.record.id), ['stamp.intended']);
      const results = await office.parts.database.write((tx) => completeStamps(tx, office.parts, made));
      assert.deepEqual(
        results.map((each) => each.stampId),
        plans.map((plan) => plan.record.id),
      );
    });

    it('gives a stamp up where the time-stamp service is down or slow, and nothing leaves', async () => {
      const request = office.request(digest, key());
      office.wire.intercept = () => Promise.reject(new Error('connection refused'));
      await assert.rejects(stampDocument(office.parts, request), refusal('timestamp-unavailable'));
      office.wire.intercept = null;
      await assert.rejects(stampDocument(office.parts, request), refusal('idempotency-abandoned'));
      office.wire.intercept = () => new Promise(() => undefined);
      const started = Date.now();
      await assert.rejects(
        stampDocument({ ...office.parts, timestampBudget: 100 }, office.request(digest, key())),
        refusal('timestamp-unavailable'),
      );
      assert.ok(Date.now() - started < 4000);
      const open = await office.parts.database.reader
        .selectFrom('stamp')
        .select(['id', 'result_digest'])
        .where('abandoned_reason', '=', 'timestamp-unavailable')
        .execute();
      assert.equal(open.length, 2);
      assert.ok(open.every((row) => row.result_digest === null));
    });

    it('refuses a document whose stored bytes are not what its name says', async () => {
      const plan = await planStamp(office.parts, office.request(digest, key()), null);
      await office.parts.database.write((tx) => intendStamps(tx, office.parts.audit, [plan]));
      const documents = {
        ...office.parts.documents,
        create: () => office.parts.documents.create(),
        open: async (name: string) => {
          const handle = await office.parts.documents.open(name);
          if (handle === null) return null;
          return {
            size: handle.size,
            close: () => handle.close(),
            readInto: (position: number, into: Uint8Array) => handle.readInto(position, into),
            read: async (position: number, length: number) => {
              const bytes = (await handle.read(position, length)).slice();
              if (position === 0) bytes[500] = (bytes[500] ?? 0) ^ 1;
              return bytes;
            },
          };
        },
      };
      await assert.rejects(makeStamp({ ...office.parts, documents }, plan), refusal('self-check-failed'));
      assert.equal(office.wire.requests, 0, 'nothing was signed');
    });

    it('puts a freeze that comes while an intention is being written after it', async () => {
      const change = (to: 'valid' | 'frozen'): Promise<void> =>
        changeSealState(office.parts, {
          actor: marketClient,
          sealId: office.marketSeal.id,
          to,
          reason: 'race',
        });
      const request = { ...office.request(digest, key()), actor: marketClient, sealId: office.marketSeal.id };
      const plan = await planStamp(office.parts, request, null);
      const order: string[] = [];
      let freezing: Promise<void> = Promise.resolve();
      await office.parts.database.write(async (tx) => {
        assert.ok(await intendStamps(tx, office.parts.audit, [plan]));
        freezing = change('frozen').then(() => void order.push('frozen'));
        await new Promise((resolve) => setTimeout(resolve, 400));
        order.push('intended');
      });
      await freezing;
      assert.deepEqual(order, ['intended', 'frozen']);
      await change('valid');
      await office.parts.database.write((tx) =>
        abandonStamps(tx, office.parts, { ids: [plan.record.id] }, 'test'),
      );
    });

    it('refuses a frozen seal, also one frozen after planning, takes it again when released, never when cancelled', async () => {
      const change = (to: 'valid' | 'frozen' | 'cancelled'): Promise<void> =>
        changeSealState(office.parts, {
          actor: marketClient,
          sealId: office.marketSeal.id,
          to,
          reason: 'test',
        });
      const request = { ...office.request(digest, key()), actor: marketClient, sealId: office.marketSeal.id };
      const plan = await planStamp(office.parts, request, null);
      await assert.rejects(
        changeSealState(office.parts, {
          actor: approvalClient,
          sealId: office.marketSeal.id,
          to: 'frozen',
          reason: 'not mine',
        }),
        refusal('seal-not-found'),
      );
      await change('frozen');
      await assert.rejects(stampDocument(office.parts, request), refusal('seal-not-valid'));
      await assert.rejects(
        office.parts.database.write((tx) => intendStamps(tx, office.parts.audit, [plan])),
        refusal('seal-not-valid'),
      );
      await assert.rejects(change('frozen'), refusal('seal-transition-not-allowed'));
      await change('valid');
      await stampDocument(office.parts, request);
      await change('cancelled');
      await assert.rejects(
        stampDocument(office.parts, { ...request, idempotencyKey: key() }),
        refusal('seal-not-valid'),
      );
      await assert.rejects(change('valid'), refusal('seal-transition-not-allowed'));
    });
  });
}
