// Batches of licenses on both engines: a result for each row, taken up again, never issued twice, forgotten when done.
import assert from 'node:assert/strict';
import type { BackgroundWork } from '../../storage/batch-runner.ts';
import { licenseBatchRunner, settleLicenseBatches } from '../../licenses/batch-runner.ts';
import type { LicenseBatchItem } from '../../licenses/batch-store.ts';
import {
  licenseBatchResults,
  listLicenseBatches,
  readLicenseBatch,
  stopLicenseBatch,
  submitLicenseBatch,
  type BatchRow,
} from '../../licenses/batch.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import type { PageOrder } from '../../licenses/page.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import { settleLicenses } from '../../licenses/settle.ts';
import { findLicense } from '../../licenses/store.ts';
import { settleStamps } from '../../signing/stamp.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, MATTER, openLicenseOffice, type LicenseOffice } from './license-office.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

for (const engine of engines) {
  describe(`a batch of licenses on ${engine.name}`, () => {
    let office: LicenseOffice;
    let opened = false;
    let keys = 0;

    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
    });
    after(async () => {
      if (opened) await office.close();
    });
    afterEach(() => {
      if (opened) office.office.wire.intercept = null;
    });

    const row = (): BatchRow => {
      const { type, number, holder, face } = office.food1();
      return { reference: `line of ${number}`, order: { type, number, holder, face } };
    };
    const request = (rows: readonly BatchRow[], key = `batch-${(keys += 1)}`) => ({
      actor: approval,
      idempotencyKey: key,
      kind: 'issue' as const,
      matter: MATTER,
      rows,
    });
    const faults: unknown[] = [];
    const runnerOf = (parts: LicenseParts = office.parts): BackgroundWork =>
      licenseBatchRunner(parts, (error) => faults.push(error));
    const work = async (parts: LicenseParts = office.parts): Promise<void> => {
      const runner = runnerOf(parts);
      runner.wake();
      await runner.idle();
      await runner.stop();
    };
    const results = (id: string): Promise<readonly LicenseBatchItem[]> =>
      licenseBatchResults(office.parts.database.reader, approval, id, { after: 0, limit: 1000 });
    const progress = (id: string) => readLicenseBatch(office.parts.database.reader, approval, id);

    it('issues each row, and says of each that it cannot issue why', async () => {
      const good = row();
      assert.ok('order' in good);
      const { order } = good;
      const batch = await submitLicenseBatch(
        office.parts,
        request([
          good,
          {
            reference: 'a name nobody can draw',
            order: { ...order, number: 'JY29999999999991', holder: { ...order.holder, name: '𠮷田' } },
          },
          { reference: null, order: { ...order, number: 'JY29999999999992', face: {} } },
          { reference: 'twice', order },
          { reference: 'unreadable', refused: { code: 'row-malformed', message: 'Line 6 has 2 cells.' } },
          row(),
        ]),
      );
      assert.deepEqual([batch.state, batch.total, batch.waiting, batch.refused], ['running', 6, 5, 1]);
      await work();
      const after = await progress(batch.id);
      assert.deepEqual([after.state, after.done, after.refused, after.waiting], ['completed', 2, 4, 0]);
      const items = await results(batch.id);
      // Of two rows with one number either comes first: the other finds it taken.
      const twins = [items[0], items[3]].toSorted((a, b) => (a?.state ?? '').localeCompare(b?.state ?? ''));
      assert.deepEqual(
        twins.map((item) => [item?.state, item?.code]),
        [
          ['done', null],
          ['refused', 'license-number-taken'],
        ],
      );
      assert.deepEqual(
        [1, 2, 4, 5].map((index) => [items[index]?.position, items[index]?.state, items[index]?.code]),
        [
          [2, 'refused', 'glyph-missing'],
          [3, 'refused', 'face-invalid'],
          [5, 'refused', 'row-malformed'],
          [6, 'done', null],
        ],
      );
      assert.equal(items[0]?.reference, good.reference);
      assert.match(items[2]?.message ?? '', /KZ_JYCS: It is missing/);
      const license = await findLicense(office.parts.database.reader, office.parts, items[5]?.license ?? '');
      assert.equal(license?.state, 'issued');
      assert.equal(license.matter, MATTER);
      // What was asked for is forgotten, and no message tells a name or number.
      const kept = await office.parts.database.reader
        .selectFrom('license_batch_item')
        .selectAll()
        .where('batch', '=', batch.id)
        .execute();
      assert.ok(kept.every(({ input_cipher }) => input_cipher === null));
      const text = JSON.stringify(kept);
      for (const secret of ['茶餐厅', '样本㛃', '91120105MA0000074N'])
        assert.equal(text.includes(secret), false);
    });

    it('answers a repeated key with how far it is, and refuses it for other rows', async () => {
      const rows = [row(), row()];
      const first = await submitLicenseBatch(office.parts, request(rows, 'again'));
      assert.equal((await submitLicenseBatch(office.parts, request(rows, 'again'))).id, first.id);
      await assert.rejects(
        submitLicenseBatch(office.parts, request([row()], 'again')),
        refusal('idempotency-mismatch'),
      );
      await work();
      const after = await submitLicenseBatch(office.parts, request(rows, 'again'));
      assert.deepEqual([after.id, after.state, after.done], [first.id, 'completed', 2]);
      assert.ok(
        (await listLicenseBatches(office.parts.database.reader, approval)).some(({ id }) => id === first.id),
      );
    });

    it('whose rows came half is not worked on, and is finished by the same request', async () => {
      const rows = Array.from({ length: 250 }, row);
      const { database } = office.parts;
      let writes = 0;
      const dying: LicenseParts = {
        ...office.parts,
        database: {
          ...database,
          reader: database.reader,
          write: (w) => {
            writes += 1;
            if (writes > 2) return Promise.reject(new Error('the process died'));
            return database.write(w);
          },
        },
      };
      await assert.rejects(submitLicenseBatch(dying, request(rows, 'half')), /died/);
      const half = (await listLicenseBatches(database.reader, approval))[0];
      assert.ok(half);
      assert.deepEqual([half.state, half.waiting], ['receiving', 100]);
      await work();
      assert.equal((await progress(half.id)).done, 0);
      const whole = await submitLicenseBatch(office.parts, request(rows, 'half'));
      assert.deepEqual([whole.id, whole.state, whole.waiting], [half.id, 'running', 250]);
      await stopLicenseBatch(office.parts, approval, whole.id);
    });

    it('that never came whole is forgotten after a day', async () => {
      const { database } = office.parts;
      let writes = 0;
      const dying: LicenseParts = {
        ...office.parts,
        database: {
          ...database,
          reader: database.reader,
          write: (w) => ((writes += 1) > 2 ? Promise.reject(new Error('died')) : database.write(w)),
        },
      };
      await assert.rejects(
        submitLicenseBatch(dying, request(Array.from({ length: 120 }, row), 'lost')),
        /died/,
      );
      const [lost] = await listLicenseBatches(database.reader, approval);
      assert.ok(lost);
      await settleLicenseBatches(office.parts, new Date());
      assert.equal((await progress(lost.id)).state, 'receiving');
      await settleLicenseBatches(office.parts, new Date(Date.now() + 25 * 3_600_000));
      const after = await progress(lost.id);
      assert.deepEqual([after.state, after.cancelled], ['cancelled', 100]);
    });

    it('is taken up again where a process died in the middle of a row, which is issued once', async () => {
      const batch = await submitLicenseBatch(office.parts, request([row(), row(), row()]));
      // The time-stamp never comes: the process hangs in the second and dies there.
      let asked = 0;
      let reached = (): void => undefined;
      const hanging = new Promise<void>((resolve) => (reached = resolve));
      office.office.wire.intercept = (_request, real) => {
        asked += 1;
        if (asked < 3) return real();
        reached();
        return new Promise(() => undefined);
      };
      const dead = runnerOf();
      dead.wake();
      await hanging;
      office.office.wire.intercept = null;
      const start = new Date(Date.now() + 1000);
      await settleStamps(office.parts, start);
      await settleLicenses(office.parts, start);
      await settleLicenseBatches(office.parts, start);
      await work();
      const after = await progress(batch.id);
      assert.deepEqual([after.state, after.done], ['completed', 3]);
      const numbers = await office.parts.database.reader
        .selectFrom('license_act')
        .select(['idempotency_key', 'state'])
        .where('idempotency_key', 'like', `${batch.id}:%`)
        .execute();
      const done = numbers.filter(({ state }) => state === 'completed');
      assert.equal(done.length, 3);
      assert.ok(numbers.length > 3, 'what was cut short was given up and begun anew');
      assert.equal(new Set(done.map(({ idempotency_key: key }) => key.split(':')[1])).size, 3);
    });

    it('is taken from a runner that says nothing any more, which issues nothing should it come back', async () => {
      const batch = await submitLicenseBatch(office.parts, request([row()]));
      let reached = (): void => undefined;
      const hanging = new Promise<void>((resolve) => (reached = resolve));
      let comeBack = (): void => undefined;
      office.office.wire.intercept = async (_request, real) => {
        reached();
        await new Promise<void>((resolve) => (comeBack = resolve));
        return real();
      };
      const silent = runnerOf();
      silent.wake();
      await hanging;
      office.office.wire.intercept = null;
      await work();
      assert.equal((await progress(batch.id)).waiting, 1, 'the lease is kept');
      const later = (): Date => new Date(Date.now() + 3 * 60_000);
      await work({ ...office.parts, clock: later });
      const after = await progress(batch.id);
      assert.deepEqual([after.state, after.done, after.waiting], ['completed', 1, 0]);
      comeBack();
      await silent.idle();
      const { reader } = office.parts.database;
      const acts = await reader
        .selectFrom('license_act')
        .innerJoin('license', 'license.act', 'license_act.id')
        .select(['license_act.state as act', 'license.state as license', 'license.id'])
        .where('idempotency_key', 'like', `${batch.id}:%`)
        .execute();
      assert.deepEqual(acts.map(({ act, license }) => `${act} ${license}`).sort(), [
        'abandoned abandoned',
        'completed issued',
      ]);
      const dead = acts.find(({ act }) => act === 'abandoned')?.id ?? '';
      const told = await reader
        .selectFrom('audit_log')
        .select('action')
        .where('subject', '=', dead)
        .execute();
      assert.deepEqual(
        told.map(({ action }) => action),
        ['license.intended', 'license.abandoned'],
      );
      const stamps = await reader
        .selectFrom('stamp')
        .select('state')
        .where('intended_at', '>=', batch.createdAt.toISOString())
        .execute();
      assert.deepEqual(stamps.map(({ state }) => state).sort(), ['abandoned', 'completed']);
    });

    it('waits where a service is down, and goes on when it is back', async () => {
      const batch = await submitLicenseBatch(office.parts, request([row()]));
      office.office.wire.intercept = () => Promise.reject(new Error('the line is down'));
      await work();
      const waiting = await progress(batch.id);
      assert.deepEqual([waiting.state, waiting.waiting, waiting.refused], ['running', 1, 0]);
      office.office.wire.intercept = null;
      await work();
      assert.equal((await progress(batch.id)).done, 1);
    }).timeout(30_000);

    it('is worked on by one of two runners at a time', async () => {
      const rows = Array.from({ length: 12 }, row);
      const batch = await submitLicenseBatch(office.parts, request(rows));
      await Promise.all([work(), work()]);
      await work();
      const after = await progress(batch.id);
      assert.deepEqual([after.state, after.done, after.refused], ['completed', 12, 0]);
      const issued = (await results(batch.id)).map(({ license }) => license);
      assert.equal(new Set(issued).size, 12);
    });

    it('is stopped: what waits is not issued and forgotten', async () => {
      const batch = await submitLicenseBatch(office.parts, request([row(), row()]));
      const stopped = await stopLicenseBatch(office.parts, approval, batch.id);
      assert.deepEqual([stopped.state, stopped.cancelled], ['cancelled', 2]);
      await work();
      assert.equal((await progress(batch.id)).done, 0);
      assert.equal((await stopLicenseBatch(office.parts, approval, batch.id)).state, 'cancelled');
    });

    it('that is stopped begins nothing more, and tells what was under way', async () => {
      const rows = Array.from({ length: 40 }, () => row());
      const batch = await submitLicenseBatch(office.parts, request(rows));
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      let begun = 0;
      const { renderer } = office.parts;
      const slow = {
        examine: renderer.examine.bind(renderer),
        pictures: renderer.pictures.bind(renderer),
        close: renderer.close.bind(renderer),
        draw: async (order: PageOrder) => {
          begun += 1;
          await held;
          return renderer.draw(order);
        },
      };
      const runner = runnerOf({ ...office.parts, renderer: slow });
      runner.wake();
      while (begun < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      await stopLicenseBatch(office.parts, approval, batch.id);
      const underWay = begun;
      release();
      await runner.idle();
      await runner.stop();
      const items = await results(batch.id);
      const licenses = items.flatMap(({ license }) => license ?? []);
      assert.ok(
        begun <= underWay + 12 && licenses.length === begun,
        `${begun} begun, ${licenses.length} told`,
      );
      assert.ok(begun < rows.length);
      const { done, cancelled, waiting, state } = await progress(batch.id);
      assert.deepEqual([state, done, cancelled, waiting], ['cancelled', begun, rows.length - begun, 0]);
      for (const id of licenses)
        assert.equal((await findLicense(office.parts.database.reader, office.parts, id))?.state, 'issued');
    });

    it('belongs to its department, and has its bounds', async () => {
      const batch = await submitLicenseBatch(office.parts, request([row()]));
      const { reader } = office.parts.database;
      await assert.rejects(readLicenseBatch(reader, market, batch.id), refusal('batch-not-found'));
      await assert.rejects(stopLicenseBatch(office.parts, market, batch.id), refusal('batch-not-found'));
      await assert.rejects(submitLicenseBatch(office.parts, request([])), refusal('batch-invalid'));
      const one = row();
      await assert.rejects(
        submitLicenseBatch(office.parts, request(Array.from({ length: 10_001 }, () => one))),
        refusal('batch-invalid'),
      );
      await assert.rejects(
        submitLicenseBatch(office.parts, { ...request([one]), kind: 'import' }),
        refusal('batch-invalid'),
      );
      await assert.rejects(
        submitLicenseBatch(office.parts, {
          ...request([one]),
          actor: { ...approval, scopes: ['licenses:read'] },
        }),
        refusal('scope-missing'),
      );
      await stopLicenseBatch(office.parts, approval, batch.id);
    });

    it('leaves no fault behind', () => assert.deepEqual(faults, []));
  });
}
