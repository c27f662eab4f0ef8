// Stamps whose key is elsewhere: the digest out, the value in, through wrong values, outages, time and restarts.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { SigningError } from '../../signing/errors.ts';
import {
  finishStamp,
  prepareStamp,
  settlePrepared,
  type PreparedParts,
  type PreparedRequest,
} from '../../signing/stamp-prepared.ts';
import { stampDocument, settleStamps } from '../../signing/stamp.ts';
import { requireProgram, run } from '../programs.ts';
import { engines } from '../storage/engines.ts';
import { approvalClient, marketClient, openSealOffice, samplePdf, type SealOffice } from './seal-office.ts';

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
  describe(`prepared stamps (${engine.name})`, function () {
    this.timeout(60_000);
    let office: SealOffice;
    let parts: PreparedParts;
    let now: (() => Date) | null = null;
    let serial = 0;

    before(async function () {
      engine.require(this);
      office = await openSealOffice(engine);
      const { clock } = office.parts;
      parts = { ...office.parts, clock: () => now?.() ?? clock(), cipher: office.district.parts.cipher };
    });
    after(async () => {
      await (office as SealOffice | undefined)?.close();
    });
    afterEach(() => {
      office.wire.intercept = null;
      now = null;
    });

    async function request(key = `prepared-${(serial += 1)}`): Promise<PreparedRequest> {
      const digest = await office.store(samplePdf(3000));
      const { actor, sealId, place, matter, caseNumber, reason } = office.request(digest, key);
      const source = { stored: digest };
      return { actor, sealId, place, matter, caseNumber, reason, idempotencyKey: key, source };
    }

    /** What stands elsewhere: the holder of the seal's key. */
    async function elsewhere(toBeSigned: Uint8Array): Promise<Uint8Array> {
      const { approvalSeal: seal } = office;
      const key = await office.parts.keys.open(seal.keyId, 'seal', seal.chain);
      return key.sign(toBeSigned);
    }

    it('become stamps with the value that was made over what went out, accepted by others', async function () {
      const order = await request();
      const prepared = await prepareStamp(parts, order);
      assert.equal(prepared.showings[0]?.page, 1);
      const result = await finishStamp(
        parts,
        approvalClient,
        prepared.stampId,
        await elsewhere(prepared.toBeSigned),
      );
      assert.deepEqual([result.stampId, result.level], [prepared.stampId, 'B-T']);
      const pdf = await office.load(result.document.digest);
      const original = await office.load(order.source.stored);
      assert.ok(Buffer.from(pdf.subarray(0, original.length)).equals(Buffer.from(original)));
      const path = await office.district.file(`${prepared.stampId}.pdf`, '');
      writeFileSync(path, pdf);
      assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', path]), /Signature is Valid/);
    });

    it('answer the same request and the same value again, and nothing else under that key', async () => {
      const order = await request();
      const first = await prepareStamp(parts, order);
      const again = await prepareStamp(parts, order);
      assert.deepEqual(again, first);
      assert.equal(await refusal(prepareStamp(parts, { ...order, reason: 'other' })), 'idempotency-mismatch');
      assert.equal(await refusal(stampDocument(parts, { ...order, sm2: 'none' })), 'idempotency-in-progress');
      const value = await elsewhere(first.toBeSigned);
      const result = await finishStamp(parts, approvalClient, first.stampId, value);
      assert.deepEqual(await finishStamp(parts, approvalClient, first.stampId, value), result);
      assert.equal(await refusal(prepareStamp(parts, order)), 'idempotency-mismatch');
    });

    it('refuse a value of another document, of another key, and no value, and stay open', async () => {
      const [one, two] = [
        await prepareStamp(parts, await request()),
        await prepareStamp(parts, await request()),
      ];
      const value = await elsewhere(one.toBeSigned);
      for (const wrong of [
        await elsewhere(two.toBeSigned),
        new Uint8Array(),
        value.slice(1),
        new Uint8Array(5000),
      ]) {
        assert.equal(
          await refusal(finishStamp(parts, approvalClient, one.stampId, wrong)),
          'prepared-mismatch',
        );
      }
      assert.equal(await refusal(finishStamp(parts, marketClient, one.stampId, value)), 'prepared-not-found');
      assert.equal(
        await refusal(finishStamp(parts, approvalClient, `stp_${'0'.repeat(32)}`, value)),
        'prepared-not-found',
      );
      assert.equal((await finishStamp(parts, approvalClient, one.stampId, value)).stampId, one.stampId);
    });

    it('make one stamp of a value that is handed in several times at once', async () => {
      const prepared = await prepareStamp(parts, await request());
      const value = await elsewhere(prepared.toBeSigned);
      const answers = await Promise.allSettled(
        [1, 2, 3, 4].map(() => finishStamp(parts, approvalClient, prepared.stampId, value)),
      );
      const results = answers.flatMap((answer) =>
        answer.status === 'fulfilled' ? [answer.value.document.digest] : [],
      );
      assert.equal(new Set(results).size, 1);
      for (const answer of answers) {
        if (answer.status === 'rejected')
          assert.equal((answer.reason as SigningError).code, 'idempotency-in-progress');
      }
    });

    it('wait through an outage and a restart, and are given up in their time', async () => {
      const prepared = await prepareStamp(parts, await request());
      const value = await elsewhere(prepared.toBeSigned);
      office.wire.intercept = () => Promise.reject(new Error('down'));
      assert.equal(
        await refusal(finishStamp(parts, approvalClient, prepared.stampId, value)),
        'timestamp-unavailable',
      );
      office.wire.intercept = null;
      // A restart: what was left in the middle waits again, and is not given up with the interrupted.
      await parts.database.write((tx) =>
        tx
          .updateTable('stamp_prepared')
          .set({ state: 'finishing' })
          .where('id', '=', prepared.stampId)
          .execute(),
      );
      const later = new Date(Date.now() + 3_600_000);
      assert.equal(await settlePrepared(parts, later), 0);
      await settleStamps(parts, later);
      assert.equal(
        (await finishStamp(parts, approvalClient, prepared.stampId, value)).stampId,
        prepared.stampId,
      );
      const forgotten = await prepareStamp(parts, await request());
      const late = await elsewhere(forgotten.toBeSigned);
      now = () => new Date(Date.now() + 25 * 3_600_000);
      assert.equal(
        await refusal(finishStamp(parts, approvalClient, forgotten.stampId, late)),
        'prepared-expired',
      );
      assert.ok((await settlePrepared(parts, null)) >= 1);
      now = null;
      assert.equal(
        await refusal(finishStamp(parts, approvalClient, forgotten.stampId, late)),
        'prepared-expired',
      );
      const row = await parts.database.reader
        .selectFrom('stamp')
        .select(['state', 'abandoned_reason'])
        .where('id', '=', forgotten.stampId)
        .executeTakeFirst();
      assert.deepEqual(row, { state: 'abandoned', abandoned_reason: 'prepared-expired' });
    });

    it('keep the plan encrypted, and only until the end', async () => {
      const prepared = await prepareStamp(parts, await request());
      const plan = async (): Promise<string | null | undefined> =>
        (
          await parts.database.reader
            .selectFrom('stamp_prepared')
            .select('plan_cipher')
            .where('id', '=', prepared.stampId)
            .executeTakeFirst()
        )?.plan_cipher;
      assert.ok(!(await plan())?.includes('toBeSigned'));
      await finishStamp(parts, approvalClient, prepared.stampId, await elsewhere(prepared.toBeSigned));
      assert.equal(await plan(), null);
    });
  });
}
