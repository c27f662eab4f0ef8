// Bulk operations: every row its own result, progress, resumed after a crash, never twice, by one of two nodes.
import assert from 'node:assert/strict';
import { enrol } from '../../ca/enrol.ts';
import { settleEnrolments } from '../../ca/enrol-settle.ts';
import type { EnrolmentParts } from '../../ca/enrolment.ts';
import {
  batchItems,
  batchProgress,
  MAX_ROWS,
  submitEnrolments,
  submitRevocations,
  type BulkRow,
} from '../../ca/bulk.ts';
import { bulkRunner } from '../../ca/bulk-runner.ts';
import { findRevocation } from '../../ca/revocation-store.ts';
import { requireProgram } from '../programs.ts';
import { engines } from '../storage/engines.ts';
import { CREDIT_CODE, openDistrict, type District } from './district.ts';
import {
  bareConfig,
  ENTERPRISE,
  enrolmentOf,
  EVIDENCE,
  officeOf,
  REGISTRAR,
  requestBy,
} from './enrolment-office.ts';

const ALL = { all: true } as const;
const OWN = { all: false, department: CREDIT_CODE } as const;

for (const engine of engines) {
  describe(`bulk operations (${engine.name})`, () => {
    let district: District;
    let office: EnrolmentParts;
    let openssl: string;
    let counter = 0;

    before(async function () {
      engine.require(this);
      openssl = requireProgram(this, 'openssl');
      district = await openDistrict({ engine });
      office = officeOf(district);
      await bareConfig(district);
    });
    after(() => (district as District | undefined)?.remove());

    const row = (change: object = {}): BulkRow => ({
      row: {
        profile: 'enterprise-seal',
        subject: ENTERPRISE,
        evidence: EVIDENCE,
        csr: requestBy(district, openssl, 'p256'),
        ...change,
      },
    });
    const submission = (key = `bulk-${(counter += 1)}`) => ({ actor: REGISTRAR, idempotencyKey: key });
    const work = async (parts = office, failed?: (error: unknown) => void): Promise<void> => {
      const runner = bulkRunner(parts, failed ?? ((error) => assert.fail(String(error))));
      runner.wake();
      await runner.idle();
    };
    const certificates = async (): Promise<number> =>
      (await office.database.reader.selectFrom('ca_certificate').select('serial').where('enrolment', 'is not', null).where('der', 'is not', null).execute()).length; // prettier-ignore

    it('enrols every row that holds, and says of each other why not', async () => {
      const request = submission('mixed');
      const rows = [
        row(),
        row({ evidence: { ...EVIDENCE, level: 1 } }),
        { refused: { code: 'request-invalid', message: 'row: unreadable' } },
        row({ csr: new Uint8Array(5) }),
        row(),
      ];
      const taken = await submitEnrolments(office, request, rows);
      assert.deepEqual([taken.state, taken.total, taken.waiting, taken.refused], ['running', 5, 4, 1]);
      assert.equal((await submitEnrolments(office, request, rows)).id, taken.id);
      await assert.rejects(submitEnrolments(office, request, [row()]), { code: 'idempotency-mismatch' });
      await work();
      const ended = await batchProgress(office, OWN, taken.id);
      assert.deepEqual([ended.state, ended.done, ended.refused, ended.waiting], ['completed', 2, 3, 0]);
      const items = await batchItems(office, OWN, taken.id, { after: 0, limit: 100 });
      assert.deepEqual(
        items.map(({ position, code }) => [position, code]),
        [[1, null], [2, 'enrolment-invalid'], [3, 'request-invalid'], [4, 'der-malformed'], [5, null]],
      ); // prettier-ignore
      assert.ok(items.every(({ state, serial }) => (state === 'done') === (serial !== null)));
      assert.equal((await batchItems(office, OWN, taken.id, { after: 3, limit: 1 }))[0]?.position, 4);
      const kept = await office.database.reader.selectFrom('ca_batch_item').select('input_cipher').where('batch', '=', taken.id).execute(); // prettier-ignore
      assert.ok(kept.every(({ input_cipher }) => input_cipher === null));
      const other = { all: false, department: '11120105MB00000350' } as const;
      await assert.rejects(batchProgress(office, other, taken.id), { code: 'batch-not-found' });
      await assert.rejects(batchItems(office, other, taken.id, { after: 0, limit: 1 }), {
        code: 'batch-not-found',
      });
    });

    it('is resumed after a crash without a second certificate for any row', async () => {
      const before = await certificates();
      const { id } = await submitEnrolments(office, submission(), [row(), row(), row(), row()]);
      // The process dies when the second row has its certificate and its result is not yet recorded.
      let issued = 0;
      const dying: EnrolmentParts = {
        ...office,
        database: {
          ...office.database,
          get reader() {
            return office.database.reader;
          },
          write: (work) => (issued >= 2 ? Promise.reject(new Error('power')) : office.database.write(work)),
        },
        audit: {
          append: (tx, event) => {
            if (event.action === 'certificate.issued') issued += 1;
            return office.audit.append(tx, event);
          },
        },
      };
      const failures: unknown[] = [];
      await work(dying, (error) => failures.push(error));
      assert.equal(failures.length, 1);
      assert.equal((await batchProgress(office, ALL, id)).state, 'running');
      // The dead process still holds its lease; enrolments it had only begun are settled at start.
      district.advance(3 * 60_000);
      await settleEnrolments(office, new Date(office.clock().getTime() + 1));
      await work();
      const ended = await batchProgress(office, ALL, id);
      assert.deepEqual([ended.state, ended.done], ['completed', 4]);
      assert.equal(await certificates(), before + 4);
    });

    it('is worked on by one of two nodes at a time, and by each row once', async () => {
      const before = await certificates();
      const { id } = await submitEnrolments(
        office,
        submission(),
        Array.from({ length: 12 }, () => row()),
      );
      await Promise.all([work(), work(), work()]);
      await work();
      assert.equal((await batchProgress(office, ALL, id)).done, 12);
      assert.equal(await certificates(), before + 12);
    });

    it('stops between rows and goes on later', async () => {
      const { id } = await submitEnrolments(
        office,
        submission(),
        Array.from({ length: 20 }, () => row()),
      );
      const runner = bulkRunner(office, (error) => assert.fail(String(error)));
      runner.wake();
      await runner.stop();
      runner.wake();
      await work();
      assert.equal((await batchProgress(office, ALL, id)).state, 'completed');
    });

    it('revokes by serials with a result for each, in the write that revokes', async () => {
      const one = await enrol(office, enrolmentOf({ key: { kind: 'csr', der: requestBy(district, openssl, 'p256') } })); // prettier-ignore
      const root = district.hierarchy.root.serialHex;
      const { id } = await submitRevocations(
        office,
        { ...submission(), sight: OWN },
        {
          reason: 'superseded',
          invalidityDate: null,
          target: { serials: [one.serial, one.serial, 'ff', root] },
        },
      );
      await work();
      const items = await batchItems(office, OWN, id, { after: 0, limit: 10 });
      assert.deepEqual(
        items.map(({ state, code }) => [state, code]),
        [['done', null], ['refused', 'certificate-not-found'], ['refused', 'certificate-not-found']],
      ); // prettier-ignore
      assert.equal((await findRevocation(office.database.reader, one.serial))?.reason, 'superseded');
    });

    it('revokes everything of a subject or an authority that is in force, never an authority or a service', async () => {
      const target = { authority: 'enterprises', subject: { creditCode: CREDIT_CODE } };
      const settings = { reason: 'cessationOfOperation', invalidityDate: null, target } as const;
      const { id, total } = await submitRevocations(office, { ...submission(), sight: ALL }, settings);
      assert.ok(total > 10);
      await work();
      const ended = await batchProgress(office, ALL, id);
      assert.deepEqual([ended.state, ended.done], ['completed', total]);
      await assert.rejects(submitRevocations(office, { ...submission(), sight: ALL }, settings), {
        code: 'batch-invalid',
      });
      const services = { ...settings, target: { authority: 'services' } };
      await assert.rejects(submitRevocations(office, { ...submission(), sight: ALL }, services), {
        code: 'batch-invalid',
      });
    });

    it('refuses nothing at all, too much, and a hold', async () => {
      await assert.rejects(submitEnrolments(office, submission(), []), { code: 'batch-invalid' });
      const refused = { refused: { code: 'request-invalid', message: 'x' } };
      await assert.rejects(
        submitEnrolments(office, submission(), Array(MAX_ROWS + 1).fill(refused) as BulkRow[]),
        {
          code: 'batch-invalid',
        },
      );
      const target = { serials: ['ff'] };
      await assert.rejects(
        submitRevocations(
          office,
          { ...submission(), sight: ALL },
          { reason: 'certificateHold', invalidityDate: null, target },
        ),
        { code: 'batch-invalid' },
      );
      const full = await submitEnrolments(office, submission(), Array(MAX_ROWS).fill(refused) as BulkRow[]);
      await work();
      assert.deepEqual(
        [full.total, (await batchProgress(office, ALL, full.id)).state],
        [MAX_ROWS, 'completed'],
      );
    });
  });
}
