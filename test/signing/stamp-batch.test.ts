// Batches of stamps on both databases: a result for each document, once and no more, through restarts and outages.
import assert from 'node:assert/strict';
import type { BackgroundWork } from '../../storage/batch-runner.ts';
import { readFileSync } from 'node:fs';
import { enterUpload } from '../../signing/document-uploads.ts';
import { SigningError } from '../../signing/errors.ts';
import {
  stampBatchOf,
  stampBatchResults,
  stopStampBatch,
  submitStampBatch,
  type BatchOrder,
  type StampBatchParts,
} from '../../signing/stamp-batch.ts';
import { stampBatchRunner } from '../../signing/stamp-batch-runner.ts';
import type { StampParts } from '../../signing/stamp-order.ts';
import { stampOf } from '../../signing/stamp-answers.ts';
import { abandonStamps } from '../../signing/stamp.ts';
import { requireProgram, run } from '../programs.ts';
import { engines } from '../storage/engines.ts';
import {
  approval,
  approvalClient,
  marketClient,
  openSealOffice,
  samplePdf,
  type SealOffice,
} from './seal-office.ts';

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SigningError) return error.code;
    throw error;
  }
  return 'accepted';
}

for (const engine of engines) {
  describe(`batches of stamps (${engine.name})`, function () {
    this.timeout(120_000);
    let office: SealOffice;
    let parts: StampParts & StampBatchParts;
    let serial = 0;

    before(async function () {
      engine.require(this);
      office = await openSealOffice(engine);
      parts = { ...office.parts, cipher: office.district.parts.cipher };
    });
    after(async () => {
      await (office as SealOffice | undefined)?.close();
    });
    afterEach(() => {
      office.wire.intercept = null;
    });

    const faults: unknown[] = [];
    const runner = (): BackgroundWork => stampBatchRunner(parts, (error) => faults.push(error));

    /** A document of its own, put here by the approval office. */
    async function document(pages = 1): Promise<string> {
      serial += 1;
      const bytes = samplePdf(2000 + serial, pages);
      const digest = await office.store(bytes);
      await parts.database.write((tx) =>
        enterUpload(tx, approval, approvalClient.id, { digest, size: bytes.length }, parts.clock()),
      );
      return digest;
    }

    function order(digest: string, more: Partial<BatchOrder> = {}): BatchOrder {
      const { sealId, place, matter, caseNumber, reason } = office.request(digest, 'unused');
      return { sealId, place, matter, caseNumber, reason, document: digest, reference: null, ...more };
    }

    const submit = (orders: readonly BatchOrder[], key = `batch-${(serial += 1)}`) =>
      submitStampBatch(parts, approvalClient, key, orders);
    const results = (id: string) =>
      stampBatchResults(parts.database.reader, approvalClient, id, { after: 0, limit: 1000 });
    const stampsOf = async (
      id: string,
    ): Promise<readonly { state: string; result_digest: string | null }[]> =>
      parts.database.reader
        .selectFrom('stamp')
        .select(['state', 'result_digest'])
        .where('idempotency_key', 'like', `${id}:%`)
        .execute();

    it('stamps each document, tells what came of it, and keeps no order afterwards', async () => {
      const good = await Promise.all([document(), document(3), document()]);
      const orders = [
        order(good[0], { reference: 'first' }),
        order(good[1], { place: { riding: {} } }),
        order(good[2], { place: { page: 7, centreX: 50, centreY: 50 }, reference: 'no such page' }),
      ];
      const taken = await submit(orders);
      assert.deepEqual([taken.state, taken.total, taken.waiting], ['running', 3, 3]);
      const work = runner();
      work.wake();
      await work.idle();
      const done = await stampBatchOf(parts.database.reader, approvalClient, taken.id);
      assert.deepEqual([done.state, done.done, done.refused, done.waiting], ['completed', 2, 1, 0]);
      assert.ok(done.completedAt !== null);
      const items = await results(taken.id);
      assert.deepEqual(
        items.map(({ position, reference, state, code }) => [position, reference, state, code]),
        [
          [1, 'first', 'done', null],
          [2, null, 'done', null],
          [3, 'no such page', 'refused', 'page-not-found'],
        ],
      );
      const kept = await parts.database.reader
        .selectFrom('stamp_batch_item')
        .select('input_cipher')
        .where('batch', '=', taken.id)
        .execute();
      assert.ok(kept.every(({ input_cipher }) => input_cipher === null));
      assert.deepEqual(faults, []);
    });

    it('opens each document with its own password, which is gone with the order', async function () {
      const qpdf = requireProgram(this, 'qpdf');
      const locked = async (password: string): Promise<string> => {
        const plain = await office.district.file(`locked-${(serial += 1)}.pdf`, samplePdf(2000 + serial));
        run(qpdf, ['--encrypt', password, 'owner', '256', '--', plain, `${plain}.locked`]);
        const bytes = new Uint8Array(readFileSync(`${plain}.locked`));
        const digest = await office.store(bytes);
        await parts.database.write((tx) =>
          enterUpload(tx, approval, approvalClient.id, { digest, size: bytes.length }, parts.clock()),
        );
        return digest;
      };
      const files = [await locked('first word'), await locked('second word'), await locked('third word')];
      const orders = (third: string): readonly BatchOrder[] => [
        order(files[0] ?? '', { password: 'first word', level: 'B-LT' }),
        order(files[1] ?? ''),
        order(files[2] ?? '', { password: third }),
      ];
      const taken = await submit(orders('wrong word'), 'passwords');
      const kept = () =>
        parts.database.reader
          .selectFrom('stamp_batch_item')
          .select(['input_cipher', 'message'])
          .where('batch', '=', taken.id)
          .execute();
      assert.ok((await kept()).every(({ input_cipher }) => !/word/.test(input_cipher ?? 'word')));
      const row = await parts.database.reader
        .selectFrom('stamp_batch')
        .select('request_digest')
        .where('id', '=', taken.id)
        .executeTakeFirstOrThrow();
      // What anybody could try words against names none: the same request but for its passwords is the same.
      assert.equal((await submit(orders('third word'), 'passwords')).id, taken.id);
      const work = runner();
      work.wake();
      await work.idle();
      assert.deepEqual(
        (await results(taken.id)).map(({ state, code }) => [state, code]),
        [
          ['done', null],
          ['refused', 'pdf-encrypted'],
          ['refused', 'pdf-password'],
        ],
      );
      for (const { input_cipher, message } of await kept()) {
        assert.equal(input_cipher, null);
        assert.doesNotMatch(message ?? '', /(first|second|third|wrong) word/);
      }
      assert.match(row.request_digest, /^sha256:/);
      const [first] = await results(taken.id);
      const result = await stampOf(parts.database.reader, approvalClient, first?.stamp ?? '');
      assert.equal(result.level, 'B-LT');
      const path = await office.district.file('unlocked.pdf', await office.load(result.document.digest));
      assert.match(
        run(requireProgram(this, 'pdfsig'), ['-nocert', '-upw', 'first word', path]),
        /Signature is Valid/,
      );
    });

    it('answers the same batch again, refuses another under its key, and is nobody else’s', async () => {
      const digest = await document();
      const first = await submit([order(digest)], 'same');
      assert.equal((await submit([order(digest)], 'same')).id, first.id);
      assert.equal(
        await refusal(submit([order(digest, { reason: 'other' })], 'same')),
        'idempotency-mismatch',
      );
      assert.equal(
        await refusal(stampBatchOf(parts.database.reader, marketClient, first.id)),
        'batch-not-found',
      );
      assert.equal(await refusal(stopStampBatch(parts, marketClient, first.id)), 'batch-not-found');
      const [raced] = await Promise.all([
        submit([order(digest)], 'race'),
        submit([order(digest)], 'race'),
        submit([order(digest)], 'race'),
      ]);
      assert.equal((await submit([order(digest)], 'race')).id, raced.id);
    });

    it('refuses what is no batch before anything is written', async () => {
      const digest = await document();
      const strange = await office.store(samplePdf(9999));
      assert.equal(await refusal(submit([])), 'batch-invalid');
      assert.equal(await refusal(submit(Array.from({ length: 1001 }, () => order(digest)))), 'batch-invalid');
      assert.equal(await refusal(submit([order(digest), order(strange)])), 'document-not-found');
      assert.equal(
        await refusal(submit([order(digest, { place: { page: 0, centreX: 1, centreY: 1 } })])),
        'placement-invalid',
      );
      assert.equal(
        await refusal(submitStampBatch(parts, { ...approvalClient, scopes: [] }, 'k', [order(digest)])),
        'scope-missing',
      );
    });

    it('is taken up by another process where the first one died, and stamps nothing twice', async () => {
      const digests = await Promise.all(Array.from({ length: 12 }, () => document()));
      const { id } = await submit(digests.map((digest) => order(digest)));
      // Dies at the seventh time-stamp: four documents are under way, their intentions written.
      let asked = 0;
      const never = new Promise<never>(() => undefined);
      office.wire.intercept = (_request, real) => ((asked += 1) >= 7 ? never : real());
      const dead = stampBatchRunner({ ...parts, timestampBudget: 600_000 }, () => undefined);
      dead.wake();
      while (asked < 8) await new Promise((resolve) => setTimeout(resolve, 20));
      office.wire.intercept = null;
      // What start-up does: intentions of the dead are given up, its lease ends.
      const open = await parts.database.reader
        .selectFrom('stamp')
        .select('id')
        .where('state', '=', 'intended')
        .execute();
      assert.ok(open.length > 0);
      await parts.database.write((tx) =>
        abandonStamps(tx, parts, { ids: open.map((row) => row.id) }, 'interrupted'),
      );
      await parts.database.write((tx) =>
        tx
          .updateTable('stamp_batch')
          .set({ leased_until: '2000-01-01T00:00:00.000Z' })
          .where('id', '=', id)
          .execute(),
      );
      const next = runner();
      next.wake();
      await next.idle();
      const done = await stampBatchOf(parts.database.reader, approvalClient, id);
      assert.deepEqual([done.state, done.done, done.refused], ['completed', 12, 0]);
      const stamps = await stampsOf(id);
      const completed = stamps.filter(({ state }) => state === 'completed');
      assert.equal(completed.length, 12);
      assert.equal(new Set(completed.map(({ result_digest }) => result_digest)).size, 12);
      assert.equal(stamps.length - completed.length, open.length, 'what was begun and given up');
    });

    it('finds the stamp of a document that was done and not yet entered as done', async () => {
      const { id } = await submit([order(await document())]);
      const kept = await parts.database.reader
        .selectFrom('stamp_batch_item')
        .select('input_cipher')
        .where('batch', '=', id)
        .executeTakeFirstOrThrow();
      const work = runner();
      work.wake();
      await work.idle();
      const [first] = await results(id);
      // As a crash between the two writes leaves it.
      await parts.database.write(async (tx) => {
        await tx
          .updateTable('stamp_batch_item')
          .set({ state: 'waiting', stamp: null, finished_at: null, input_cipher: kept.input_cipher })
          .where('batch', '=', id)
          .execute();
        await tx
          .updateTable('stamp_batch')
          .set({ state: 'running', completed_at: null })
          .where('id', '=', id)
          .execute();
      });
      work.wake();
      await work.idle();
      assert.deepEqual(
        (await results(id)).map(({ stamp }) => stamp),
        [first?.stamp],
      );
      assert.equal((await stampsOf(id)).length, 1);
    });

    it('stops where it is told to', async () => {
      const digests = await Promise.all(Array.from({ length: 10 }, () => document()));
      const { id } = await submit(digests.map((digest) => order(digest)));
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      let asked = 0;
      office.wire.intercept = async (_request, real) => {
        asked += 1;
        await held;
        return real();
      };
      const work = runner();
      work.wake();
      while (asked < 4) await new Promise((resolve) => setTimeout(resolve, 10));
      const stopped = await stopStampBatch(parts, approvalClient, id);
      assert.deepEqual([stopped.state, stopped.cancelled], ['cancelled', 10]);
      release();
      await work.idle();
      const after = await stampBatchOf(parts.database.reader, approvalClient, id);
      assert.equal(after.state, 'cancelled');
      assert.ok((await stampsOf(id)).length <= 4, 'nothing was begun after the stop');
      // What was under way was finished, and is told with its stamp.
      const made = (await results(id)).flatMap(({ stamp }) => stamp ?? []);
      assert.ok(made.length > 0);
      assert.equal((await stampsOf(id)).filter(({ state }) => state === 'completed').length, made.length);
      assert.deepEqual([after.done, after.cancelled, after.waiting], [made.length, 10 - made.length, 0]);
    });

    it('tries again where a time-stamp does not come, and says so where it never does', async () => {
      const { id } = await submit([order(await document()), order(await document())]);
      let asked = 0;
      office.wire.intercept = (_request, real) =>
        (asked += 1) <= 3 ? Promise.reject(new Error('down')) : real();
      const work = runner();
      work.wake();
      await work.idle();
      assert.deepEqual(
        (await results(id)).map(({ state }) => state),
        ['done', 'done'],
      );
      const { id: never } = await submit([order(await document())]);
      office.wire.intercept = () => Promise.reject(new Error('down'));
      work.wake();
      await work.idle();
      assert.deepEqual(
        (await results(never)).map(({ state, code }) => [state, code]),
        [['refused', 'timestamp-unavailable']],
      );
      assert.deepEqual(faults, []);
    });
  });
}
