// PAdES levels: what the document truly holds, told by our own verification and by pdfsig; services that are down; upgrade and renewal.
import assert from 'node:assert/strict';
import { joinBytes } from '../../formats/bytes.ts';
import { openPdf } from '../../formats/pdf/document.ts';
import { readSignatures } from '../../formats/pdf/signatures.ts';
import { bytesSource } from '../../formats/pdf/source.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { augment, digestsForAugmenting, type Augmentation } from '../../signing/augment.ts';
import { SigningError } from '../../signing/errors.ts';
import { GrowingCopy } from '../../signing/growing-copy.ts';
import { stampDocument } from '../../signing/stamp.ts';
import { stampOf } from '../../signing/stamp-answers.ts';
import type { SignatureTerms, StampResult } from '../../signing/stamp-order.ts';
import { runUpgrades } from '../../signing/upgrade-queue.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import type { Report } from '../../verification/report.ts';
import { nodeSignatureVerifier, nodeStartDigest } from '../../verification/signature-verifier-node.ts';
import { verify } from '../../verification/verify.ts';
import { requireProgram, run } from '../programs.ts';
import { engines } from '../storage/engines.ts';
import { approvalClient, openSealOffice, samplePdf, type SealOffice } from './seal-office.ts';

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
  describe(`levels of stamps (${engine.name})`, function () {
    this.timeout(60_000);
    let office: SealOffice;
    let original: string;
    let serial = 0;

    before(async function () {
      engine.require(this);
      office = await openSealOffice(engine);
      original = await office.store(samplePdf());
    });

    after(async () => {
      await (office as SealOffice | undefined)?.close();
    });

    afterEach(() => {
      office.wire.intercept = null;
      office.wire.silentStatus = false;
    });

    const stamp = (terms: SignatureTerms, digest = original): Promise<StampResult> =>
      stampDocument(office.parts, { ...office.request(digest, `level-${(serial += 1)}`), ...terms });

    /** By the file alone, under the root: no list, no answer is given beside it. */
    const alone = (pdf: Uint8Array): Promise<Report> =>
      verify(bytesSource(pdf), {
        verifier: nodeSignatureVerifier,
        startDigest: nodeStartDigest,
        inflate: inflateWeb,
        time: office.parts.clock(),
        anchors: [office.district.hierarchy.root.der],
      });

    /** With the lists and answers of the authorities, as anybody may ask for them. */
    const asked = (pdf: Uint8Array): Promise<Report> =>
      verify(bytesSource(pdf), {
        verifier: nodeSignatureVerifier,
        startDigest: nodeStartDigest,
        inflate: inflateWeb,
        time: office.parts.clock(),
        anchors: [office.district.hierarchy.root.der],
        evidence: office.parts.longTerm!.status,
      });

    const down = (): void => {
      office.wire.intercept = () => Promise.reject(new Error('down'));
    };

    const raise = async (
      pdf: Uint8Array,
      wanted: Omit<Augmentation, 'now'>,
    ): Promise<{ readonly pdf: Uint8Array; readonly added: Awaited<ReturnType<typeof augment>> }> => {
      const chunks: Uint8Array[] = [];
      const target = { write: (chunk: Uint8Array) => Promise.resolve(void chunks.push(chunk.slice())) };
      const parts = { ...office.parts, longTerm: office.parts.longTerm! };
      const copy = await GrowingCopy.of(
        bytesSource(pdf),
        target,
        digestsForAugmenting(parts).map((algorithm) => ({ algorithm })),
      );
      const added = await augment(copy, parts, { ...wanted, now: office.parts.clock() });
      return { pdf: joinBytes(chunks), added };
    };

    for (const level of ['B-B', 'B-T', 'B-LT', 'B-LTA'] as const) {
      it(`${level} is what was asked for, what is told, and what the file holds`, async function () {
        const result = await stamp({ level });
        assert.equal(result.level, level);
        assert.equal(result.upgrade, 'none');
        const pdf = await office.load(result.document.digest);
        assert.deepEqual(pdf.subarray(0, samplePdf().length), samplePdf());
        const report = await (level === 'B-B' || level === 'B-T' ? asked(pdf) : alone(pdf));
        assert.equal(report.signatures[0]?.level, level);
        assert.equal(report.conclusion, 'TOTAL-PASSED');
        assert.equal(report.signatures.length, level === 'B-LTA' ? 2 : 1);
        requireProgram(this, 'pdfsig');
        requireProgram(this, 'qpdf');
        const path = await office.district.file(`${level}.pdf`, pdf);
        const said = run('pdfsig', ['-nocert', path]);
        assert.match(said, /Signature is Valid/);
        assert.doesNotMatch(said, /invalid|Digest Mismatch/i);
        assert.match(run('qpdf', ['--check', path]), /No syntax or stream encoding errors/);
      });
    }

    it('adds nothing to a document that lacks nothing, however often it is asked', async () => {
      const pdf = await office.load((await stamp({ level: 'B-LTA' })).document.digest);
      const asked = office.wire.questions;
      for (const level of ['B-T', 'B-LT', 'B-LTA'] as const) {
        const again = await raise(pdf, { level });
        assert.deepEqual(again.added, { validationData: false, timestamp: null });
        assert.deepEqual(again.pdf, pdf);
      }
      assert.equal(office.wire.questions, asked, 'status was asked for though the file says it');
    });

    it('raises step by step, each revision a prefix of the next, and every signature holds', async () => {
      const first = await office.load((await stamp({ level: 'B-B' })).document.digest);
      let pdf = first;
      for (const level of ['B-T', 'B-LT', 'B-LTA'] as const) {
        const before = pdf;
        ({ pdf } = await raise(pdf, { level }));
        assert.ok(pdf.length > before.length);
        assert.deepEqual(pdf.subarray(0, before.length), before);
        const report = await (level === 'B-T' ? asked(pdf) : alone(pdf));
        assert.equal(report.signatures[0]?.level, level);
      }
      assert.equal((await alone(pdf)).conclusion, 'TOTAL-PASSED');
    });

    it('renews an archive with one more time-stamp and no certificate or answer twice', async () => {
      let { pdf } = await raise(await office.load((await stamp({ level: 'B-LTA' })).document.digest), {
        level: 'B-LTA',
        renewWithinDays: 0,
      });
      for (let round = 1; round <= 3; round++) {
        const renewed = await raise(pdf, { level: 'B-LTA', renewWithinDays: Infinity });
        assert.notEqual(renewed.added.timestamp, null);
        const text = Buffer.from(renewed.pdf.subarray(pdf.length)).toString('latin1');
        // The new revision holds the token and, at most once, data about its predecessor.
        assert.ok(text.length < 16_000, `${text.length} bytes`);
        pdf = renewed.pdf;
        const streams = await dssStreams(pdf);
        assert.equal(new Set(streams).size, streams.length, 'a stream stands twice in the store');
      }
      const report = await alone(pdf);
      assert.equal(report.signatures[0]?.level, 'B-LTA');
      assert.equal(report.signatures.length, 5);
      assert.equal(report.conclusion, 'TOTAL-PASSED');
    });

    it('gives an honest lower level where a service is down and that is allowed, and refuses where not', async () => {
      down();
      assert.equal(await refusal(stamp({ level: 'B-T' })), 'timestamp-unavailable');
      assert.equal(await refusal(stamp({ level: 'B-LTA' })), 'timestamp-unavailable');
      const bare = await stamp({ level: 'B-LTA', whenDown: 'lower' });
      assert.equal(bare.level, 'B-B');
      assert.equal((await alone(await office.load(bare.document.digest))).signatures[0]?.level, 'B-B');
      office.wire.intercept = null;
      office.wire.silentStatus = true;
      assert.equal(await refusal(stamp({ level: 'B-LT' })), 'status-unavailable');
      const timed = await stamp({ level: 'B-LTA', whenDown: 'lower' });
      assert.equal(timed.level, 'B-T');
      office.wire.silentStatus = false;
      assert.equal((await asked(await office.load(timed.document.digest))).signatures[0]?.level, 'B-T');
      // The second token, of the document, is refused: validation data alone is B-LT.
      let tokens = 0;
      office.wire.intercept = (_, real) => (++tokens === 1 ? real() : Promise.reject(new Error('down')));
      const stored = await stamp({ level: 'B-LTA', whenDown: 'lower' });
      assert.equal(stored.level, 'B-LT');
      assert.equal((await alone(await office.load(stored.document.digest))).signatures[0]?.level, 'B-LT');
    });

    it('queues an upgrade that completes once the service answers, and never before', async () => {
      down();
      const queued = await stamp({ level: 'B-LTA', whenDown: 'queue' });
      assert.deepEqual([queued.level, queued.upgrade], ['B-B', 'queued']);
      assert.deepEqual(await runUpgrades(office.parts), { completed: 0, postponed: 0, givenUp: 0 });
      office.district.advance(31_000);
      assert.deepEqual(await runUpgrades(office.parts), { completed: 0, postponed: 1, givenUp: 0 });
      office.wire.intercept = null;
      assert.deepEqual(await runUpgrades(office.parts), { completed: 0, postponed: 0, givenUp: 0 });
      office.district.advance(31_000);
      assert.deepEqual(await runUpgrades(office.parts), { completed: 1, postponed: 0, givenUp: 0 });
      const now = await stampOf(office.parts.database.reader, approvalClient, queued.stampId);
      assert.deepEqual([now.level, now.upgrade], ['B-LTA', 'none']);
      const [before, after] = [
        await office.load(queued.document.digest),
        await office.load(now.document.digest),
      ];
      assert.deepEqual(after.subarray(0, before.length), before);
      assert.equal((await alone(after)).signatures[0]?.level, 'B-LTA');
      assert.deepEqual(await runUpgrades(office.parts), { completed: 0, postponed: 0, givenUp: 0 });
    });

    it('lets one of several processes do an upgrade', async () => {
      down();
      const queued = await stamp({ level: 'B-T', whenDown: 'queue' });
      office.wire.intercept = null;
      office.district.advance(31_000);
      const runs = await Promise.all([1, 2, 3].map(() => runUpgrades(office.parts)));
      assert.equal(
        runs.reduce((sum, { completed }) => sum + completed, 0),
        1,
      );
      assert.equal(
        (await stampOf(office.parts.database.reader, approvalClient, queued.stampId)).level,
        'B-T',
      );
    });

    it('finds the room for a token far larger than ever seen, and re-signs no more than needed', async () => {
      const inner = office.parts.timestamps;
      const small = { ...office.parts, timestamps: { ...inner, tokenSize: () => 10 } };
      const result = await stampDocument(small, {
        ...office.request(original, `level-${(serial += 1)}`),
        level: 'B-LTA',
      });
      const report = await alone(await office.load(result.document.digest));
      assert.equal(report.signatures[0]?.level, 'B-LTA');
    });

    it('refuses to vouch for a revoked certificate', async () => {
      const bare = await office.load((await stamp({ level: 'B-B' })).document.digest);
      assert.equal(await refusal(raise(bare, { level: 'B-LT' })), 'accepted');
      await revoke(office);
      assert.equal(await refusal(raise(bare, { level: 'B-LT' })), 'certificate-revoked');
      assert.equal(await refusal(raise(samplePdf(), { level: 'B-LT' })), 'not-signed');
    });
  });
}

async function dssStreams(pdf: Uint8Array): Promise<readonly string[]> {
  const document = await openPdf(bytesSource(pdf));
  assert.ok((await readSignatures(document)).length > 0);
  const store = await document.getDictionary(await document.catalogue(), 'DSS');
  const streams: string[] = [];
  for (const key of ['Certs', 'CRLs', 'OCSPs']) {
    const list = store === null ? null : await document.get(store, key);
    for (const item of list?.kind === 'array' ? list.items : []) {
      const stream = await document.resolve(item);
      assert.ok(stream.kind === 'stream');
      streams.push(Buffer.from(await document.streamData(stream)).toString('hex'));
    }
  }
  return streams;
}

async function revoke(office: SealOffice): Promise<void> {
  await revokeCertificate(office.district.parts, {
    actor: { id: 'system', department: null },
    serial: office.approvalSeal.certificateSerial,
    reason: 'keyCompromise',
    invalidityDate: null,
  });
}
