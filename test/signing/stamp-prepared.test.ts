// Stamps whose key is elsewhere: the digest out, the value in, through wrong values, outages, time and restarts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { sm2Prefix } from '../../crypto/sm2.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { parseCertificate } from '../../formats/x509/certificate.ts';
import { SigningError } from '../../signing/errors.ts';
import { currentEdition } from '../../signing/seal-edition.ts';
import type { StampResult } from '../../signing/stamp-order.ts';
import {
  finishStamp,
  prepareStamp,
  settlePrepared,
  type PreparedParts,
  type PreparedRequest,
  type PreparedStamp,
} from '../../signing/stamp-prepared.ts';
import { stampDocument, settleStamps } from '../../signing/stamp.ts';
import type { Actor } from '../../storage/actor.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../../verification/signature-verifier-node.ts';
import { verify } from '../../verification/verify.ts';
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

    /** Hands in the last value. */
    async function finished(
      actor: Actor,
      id: string,
      value: Uint8Array,
      password?: string,
    ): Promise<StampResult> {
      const given = { value, ...(password === undefined ? {} : { password }) };
      const outcome = await finishStamp(parts, actor, id, given);
      assert.ok(outcome.kind === 'stamped', 'this was the last value');
      return outcome.result;
    }

    /** Hands in the first of two values. */
    async function awaited(id: string, value: Uint8Array): Promise<PreparedStamp> {
      const outcome = await finishStamp(parts, approvalClient, id, { value });
      assert.ok(outcome.kind === 'awaited', 'a second value is waited for');
      return outcome.prepared;
    }

    /** The SM2 key of the seal, elsewhere too: signs a digest, as a token does that never sees the document. */
    async function sm2Elsewhere({ toBeSigned, digest }: PreparedStamp): Promise<Uint8Array> {
      const { approvalSeal: seal } = office;
      const object = (await currentEdition(parts.database.reader, seal.id))?.object;
      assert.ok(object !== undefined && object !== null);
      const spki = parseCertificate(object.chain[0]!).subjectPublicKeyInfo.der;
      const z = createHash('sm3').update(sm2Prefix(spki)).update(toBeSigned).digest();
      assert.deepEqual(Buffer.from(digest), z, 'what a token is given is over Z_A too');
      const key = await office.parts.keys.open(object.keyId, 'seal', object.chain);
      return key.sign(toBeSigned);
    }

    async function encrypted(context: Mocha.Context, password: string): Promise<string> {
      const qpdf = requireProgram(context, 'qpdf');
      const plain = await office.district.file(`plain-${(serial += 1)}.pdf`, '');
      writeFileSync(plain, samplePdf(3000));
      const path = `${plain}.encrypted`;
      run(qpdf, ['--encrypt', password, 'owner', '256', '--', plain, path]);
      return office.store(new Uint8Array(readFileSync(path)));
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
      const result = await finished(approvalClient, prepared.stampId, await elsewhere(prepared.toBeSigned));
      assert.deepEqual([result.stampId, result.level], [prepared.stampId, 'B-T']);
      const pdf = await office.load(result.document.digest);
      const original = await office.load(order.source.stored);
      assert.ok(Buffer.from(pdf.subarray(0, original.length)).equals(Buffer.from(original)));
      const path = await office.district.file(`${prepared.stampId}.pdf`, '');
      writeFileSync(path, pdf);
      assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', path]), /Signature is Valid/);
    });

    for (const form of ['ses', 'cms'] as const)
      it(`take two values where an SM2 seal goes first, as ${form}`, async function () {
        const order = { ...(await request()), sm2: form, level: 'B-LTA' as const };
        const first = await prepareStamp(parts, order);
        assert.deepEqual([first.step, first.algorithm], ['sm2', 'SM2SM3']);
        assert.deepEqual(await prepareStamp(parts, order), first);
        const value = await sm2Elsewhere(first);
        // The other key's value, and one for the second step, are none for the first.
        const wrong = await elsewhere(first.toBeSigned);
        assert.equal(await refusal(finished(approvalClient, first.stampId, wrong)), 'prepared-mismatch');
        office.wire.intercept = () => Promise.reject(new Error('down'));
        assert.equal(await refusal(awaited(first.stampId, value)), 'timestamp-unavailable');
        office.wire.intercept = null;
        const second = await awaited(first.stampId, value);
        assert.deepEqual([second.step, second.algorithm], ['pades', 'ES256']);
        assert.deepEqual(await awaited(first.stampId, value), second, 'the first value again');
        assert.deepEqual(await prepareStamp(parts, order), second, 'the same request again');
        const result = await finished(approvalClient, first.stampId, await elsewhere(second.toBeSigned));
        assert.deepEqual([result.sm2, result.level], [form, 'B-LTA']);
        const pdf = await office.load(result.document.digest);
        const found = await readSignatures(await openPdf(bytesSource(pdf)));
        assert.deepEqual(
          found.map(({ subFilter, coverage }) => [subFilter, coverage.kind]),
          [
            [form === 'ses' ? 'GM.SES' : 'adbe.pkcs7.detached', 'revision'],
            ['ETSI.CAdES.detached', 'revision'],
            ['ETSI.RFC3161', 'whole-file'],
          ],
        );
        const report = await verify(bytesSource(pdf), {
          verifier: nodeSignatureVerifier,
          startDigest: nodeStartDigest,
          inflate: inflateWeb,
          time: new Date(),
          ...(parts.longTerm === undefined ? {} : { evidence: parts.longTerm.status }),
          anchors: office.district.hierarchy.authorities().map(({ certificate }) => certificate.der),
        });
        assert.equal(report.conclusion, 'TOTAL-PASSED', JSON.stringify(report.summary));
        const path = await office.district.file(`${first.stampId}.pdf`, '');
        writeFileSync(path, pdf);
        assert.match(run(requireProgram(this, 'pdfsig'), ['-nocert', path]), /Signature is Valid/);
      });

    it('are over when the seal was renewed between the two values', async () => {
      const first = await prepareStamp(parts, { ...(await request()), sm2: 'ses' });
      const value = await sm2Elsewhere(first);
      const esealDigest = (await currentEdition(parts.database.reader, office.approvalSeal.id))?.object
        ?.digest;
      await parts.database.write((tx) =>
        tx
          .updateTable('seal_edition')
          .set({ eseal_digest: `sm3:${'0'.repeat(64)}` })
          .where('seal_id', '=', office.approvalSeal.id)
          .where('state', '=', 'current')
          .execute(),
      );
      try {
        assert.equal(await refusal(awaited(first.stampId, value)), 'seal-not-valid');
      } finally {
        await parts.database.write((tx) =>
          tx
            .updateTable('seal_edition')
            .set({ eseal_digest: esealDigest ?? null })
            .where('seal_id', '=', office.approvalSeal.id)
            .where('state', '=', 'current')
            .execute(),
        );
      }
      assert.equal((await awaited(first.stampId, value)).step, 'pades', 'nothing was used up');
    });

    it('open an encrypted document twice: the password is handed in again, and kept nowhere', async function () {
      const stored = await encrypted(this, 'open sesame');
      const order = { ...(await request()), source: { stored }, sm2: 'ses' as const, level: 'B-LT' as const };
      assert.equal(await refusal(prepareStamp(parts, order)), 'pdf-encrypted');
      assert.equal(await refusal(prepareStamp(parts, { ...order, password: 'other' })), 'pdf-password');
      const first = await prepareStamp(parts, { ...order, password: 'open sesame' });
      const row = await parts.database.reader
        .selectFrom('stamp_prepared')
        .select('plan_cipher')
        .where('id', '=', first.stampId)
        .executeTakeFirstOrThrow();
      const plan = parts.cipher.open(
        { table: 'stamp_prepared', column: 'plan_cipher', row: first.stampId },
        row.plan_cipher ?? '',
      );
      assert.ok(plan.includes('"withPassword":true') && !plan.includes('sesame'));
      const second = await awaited(first.stampId, await sm2Elsewhere(first));
      const value = await elsewhere(second.toBeSigned);
      assert.equal(await refusal(finished(approvalClient, first.stampId, value)), 'pdf-encrypted');
      assert.equal(await refusal(finished(approvalClient, first.stampId, value, 'other')), 'pdf-password');
      const result = await finished(approvalClient, first.stampId, value, 'open sesame');
      assert.deepEqual([result.level, result.sm2], ['B-LT', 'ses']);
      const path = await office.district.file(`${first.stampId}.pdf`, '');
      writeFileSync(path, await office.load(result.document.digest));
      const pdfsig = run(requireProgram(this, 'pdfsig'), ['-nocert', '-upw', 'open sesame', path]);
      assert.match(pdfsig, /Signature is Valid/);
      run(requireProgram(this, 'qpdf'), ['--password=open sesame', '--check', path]);
    });

    it('answer the same request and the same value again, and nothing else under that key', async () => {
      const order = await request();
      const first = await prepareStamp(parts, order);
      const again = await prepareStamp(parts, order);
      assert.deepEqual(again, first);
      assert.equal(await refusal(prepareStamp(parts, { ...order, reason: 'other' })), 'idempotency-mismatch');
      assert.equal(await refusal(stampDocument(parts, order)), 'idempotency-in-progress');
      const value = await elsewhere(first.toBeSigned);
      const result = await finished(approvalClient, first.stampId, value);
      assert.deepEqual(await finished(approvalClient, first.stampId, value), result);
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
        assert.equal(await refusal(finished(approvalClient, one.stampId, wrong)), 'prepared-mismatch');
      }
      assert.equal(await refusal(finished(marketClient, one.stampId, value)), 'prepared-not-found');
      assert.equal(
        await refusal(finished(approvalClient, `stp_${'0'.repeat(32)}`, value)),
        'prepared-not-found',
      );
      assert.equal((await finished(approvalClient, one.stampId, value)).stampId, one.stampId);
    });

    it('make one stamp of a value that is handed in several times at once', async () => {
      const prepared = await prepareStamp(parts, await request());
      const value = await elsewhere(prepared.toBeSigned);
      const answers = await Promise.allSettled(
        [1, 2, 3, 4].map(() => finished(approvalClient, prepared.stampId, value)),
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
      assert.equal(await refusal(finished(approvalClient, prepared.stampId, value)), 'timestamp-unavailable');
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
      assert.equal((await finished(approvalClient, prepared.stampId, value)).stampId, prepared.stampId);
      const forgotten = await prepareStamp(parts, await request());
      const late = await elsewhere(forgotten.toBeSigned);
      now = () => new Date(Date.now() + 25 * 3_600_000);
      assert.equal(await refusal(finished(approvalClient, forgotten.stampId, late)), 'prepared-expired');
      assert.ok((await settlePrepared(parts, null)) >= 1);
      now = null;
      assert.equal(await refusal(finished(approvalClient, forgotten.stampId, late)), 'prepared-expired');
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
      await finished(approvalClient, prepared.stampId, await elsewhere(prepared.toBeSigned));
      assert.equal(await plan(), null);
    });
  });
}
