// Uploads nobody used are forgotten in their time, bytes and all; what the books refer to never is, whoever comes in between.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { enterUpload, usableDocuments } from '../../signing/document-uploads.ts';
import { abandonStamps, intendStamps, stampDocument } from '../../signing/stamp.ts';
import { planStamp } from '../../signing/stamp-plan.ts';
import { prepareStamp } from '../../signing/stamp-prepared.ts';
import { submitStampBatch, stopStampBatch } from '../../signing/stamp-batch.ts';
import { forgetUnusedUploads, type RetentionParts } from '../../signing/upload-retention.ts';
import { namingColumns, referringColumns } from '../../storage/document-references.ts';
import { engines } from '../storage/engines.ts';
import {
  approval,
  approvalClient,
  market,
  openSealOffice,
  samplePdf,
  type SealOffice,
} from './seal-office.ts';

const day = 86_400_000;

for (const engine of engines) {
  describe(`unused uploads (${engine.name})`, function () {
    this.timeout(60_000);
    let office: SealOffice;
    let parts: RetentionParts;
    let serial = 0;
    /** Days from now. */
    let later = 0;

    before(async function () {
      engine.require(this);
      office = await openSealOffice(engine);
      const { clock } = office.parts;
      parts = { ...office.parts, clock: () => new Date(clock().getTime() + later * day) };
    });
    after(async () => {
      await (office as SealOffice | undefined)?.close();
    });
    beforeEach(() => (later = 0));

    async function upload(department = approval, bytes?: Uint8Array): Promise<string> {
      const content = bytes ?? samplePdf(3000 + (serial += 1));
      const digest = await office.store(content);
      await parts.database.write((tx) =>
        enterUpload(tx, department, approvalClient.id, { digest, size: content.length }, parts.clock()),
      );
      return digest;
    }

    const isThere = async (digest: string): Promise<boolean> => {
      const handle = await office.documents.open(digest);
      await handle?.close();
      return handle !== null;
    };
    const isUsable = async (digest: string, department = approval): Promise<boolean> =>
      (await usableDocuments(parts.database.reader, department, [digest])).has(digest);

    it('are kept for their time and gone after it, with an audit row', async () => {
      const digests = [await upload(), await upload(), await upload()];
      later = 29;
      assert.deepEqual(await forgetUnusedUploads(parts, 30), { forgotten: 0, removed: 0 });
      // Uploaded again, the time begins anew.
      const again = digests[2] ?? '';
      await parts.database.write((tx) =>
        enterUpload(tx, approval, approvalClient.id, { digest: again, size: 1 }, parts.clock()),
      );
      later = 31;
      assert.deepEqual(await forgetUnusedUploads(parts, 30), { forgotten: 2, removed: 2 });
      assert.deepEqual(await Promise.all(digests.map(isThere)), [false, false, true]);
      assert.deepEqual(await Promise.all(digests.map((digest) => isUsable(digest))), [false, false, true]);
      const rows = await parts.database.reader
        .selectFrom('audit_log')
        .select('subject')
        .where('action', '=', 'document.forgotten')
        .execute();
      assert.deepEqual(new Set(rows.map(({ subject }) => subject)), new Set(digests.slice(0, 2)));
      later = 90;
      assert.deepEqual(await forgetUnusedUploads(parts, 30), { forgotten: 1, removed: 1 });
      assert.deepEqual(await forgetUnusedUploads(parts, 30), { forgotten: 0, removed: 0 });
    });

    it('stay where a stamp, a prepared stamp, a batch, a license or another department needs them', async () => {
      const parts_ = { ...office.parts, cipher: office.district.parts.cipher };
      const key = (): string => `retention-${(serial += 1)}`;
      const stamped = await upload();
      const result = await stampDocument(office.parts, office.request(stamped, key()));
      // A sealed document uploaded for another seal.
      const sealed = await upload(approval, await office.load(result.document.digest));
      const prepared = await upload();
      const { actor, sealId, place, matter, caseNumber, reason } = office.request(prepared, 'unused');
      const order = { actor, sealId, place, matter, caseNumber, reason };
      const source = { stored: prepared };
      await prepareStamp(parts_, { ...order, idempotencyKey: key(), source });
      const batched = await upload();
      const batch = await submitStampBatch(parts_, approvalClient, key(), [
        { sealId, place, matter, caseNumber, reason, document: batched, reference: null },
      ]);
      const shared = await upload();
      await upload(market, await office.load(shared));
      const givenUp = await upload();
      const plan = await planStamp(office.parts, office.request(givenUp, 'unused'), key());
      await parts.database.write((tx) => intendStamps(tx, parts.audit, [plan]));
      later = 20;
      await parts.database.write((tx) =>
        enterUpload(tx, market, 'client:market', { digest: shared, size: 1 }, parts.clock()),
      );
      later = 31;
      await forgetUnusedUploads(parts, 30);
      for (const digest of [stamped, sealed, prepared, batched, shared, givenUp, result.document.digest])
        assert.ok(await isThere(digest), digest);
      assert.ok((await isUsable(prepared)) && (await isUsable(batched)) && (await isUsable(givenUp)));
      assert.deepEqual([await isUsable(shared), await isUsable(shared, market)], [false, true]);
      // What was given up, and what nobody waits for any more, keep nothing.
      await parts.database.write((tx) => abandonStamps(tx, parts, { ids: [plan.record.id] }, 'test'));
      await stopStampBatch(parts_, approvalClient, batch.id);
      later = 60;
      await forgetUnusedUploads(parts, 30);
      for (const digest of [givenUp, batched, shared]) assert.ok(!(await isThere(digest)));
      for (const digest of [stamped, sealed, prepared]) assert.ok(await isThere(digest));
    });

    it('are put back where somebody uploads or uses one in the very moment', async () => {
      const bytes = samplePdf(4000);
      const meanwhile: (() => Promise<unknown>)[] = [
        // Entered when the row is gone and the bytes are not yet, stored before they are taken.
        () => upload(approval, bytes),
        // A stamp that was planned before and intends now.
        async () => {
          const plan = await planned;
          await parts.database.write((tx) => intendStamps(tx, parts.audit, [plan]));
        },
      ];
      let planned = planStamp(
        office.parts,
        office.request(await upload(approval, bytes), 'x'),
        'retention-x',
      );
      for (const act of meanwhile) {
        const digest = await upload(approval, bytes);
        planned = planStamp(office.parts, office.request(digest, 'x'), `retention-${(serial += 1)}`);
        await planned;
        later = 31;
        const { documents } = parts;
        let acted = false;
        const watched: RetentionParts = {
          ...parts,
          documents: {
            digest: documents.digest,
            create: () => documents.create(),
            open: (name) => documents.open(name),
            readAll: (name, limit) => documents.readAll(name, limit),
            remove: async (name, isWanted) => {
              if (name === digest && !acted) {
                acted = true;
                await act();
              }
              return documents.remove(name, isWanted);
            },
          },
        };
        await forgetUnusedUploads(watched, 30);
        assert.ok(acted);
        assert.ok(await isThere(digest), 'not one byte is lost');
        assert.deepEqual(Buffer.from(await office.load(digest)), Buffer.from(bytes));
        later = 0;
      }
    });

    it('are asked about in every column that may name a document', async () => {
      const tables =
        engine.name === 'sqlite'
          ? sql<{ name: string; column: string }>`SELECT m.name AS name, p.name AS "column"
              FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`
          : sql<{ name: string; column: string }>`SELECT table_name AS name, column_name AS "column"
              FROM information_schema.columns WHERE table_schema = current_schema()`;
      const { rows } = await tables.execute(parts.database.reader);
      const known = new Set([
        ...referringColumns.map(({ table, column }) => `${table}.${column}`),
        ...namingColumns,
      ]);
      const suspicious = rows
        .filter(({ column }) =>
          /^(document|document_digest|digest|(original|result|upgraded)_digest)$/.test(column),
        )
        .map(({ name, column }) => `${name}.${column}`);
      assert.deepEqual(
        suspicious.filter((each) => !known.has(each)),
        [],
        'name it in storage/document-references.ts',
      );
      assert.deepEqual(
        [...known].filter((each) => !suspicious.includes(each)),
        [],
        'is no column any more',
      );
    });
  });
}
