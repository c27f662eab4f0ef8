// Every write of an issue fails once before and once after it is durable: nothing is half there, nothing is issued twice.
import assert from 'node:assert/strict';
import { handleCase } from '../../licenses/case.ts';
import { LicenseError } from '../../licenses/errors.ts';
import { issueLicense } from '../../licenses/issue.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import { settleLicenses } from '../../licenses/settle.ts';
import { takeOverLicense } from '../../licenses/take-over.ts';
import { settleStamps } from '../../signing/stamp.ts';
import type { Database } from '../../storage/database.ts';
import { StorageError } from '../../storage/errors.ts';
import { samplePdf } from '../signing/seal-office.ts';
import { engines } from '../storage/engines.ts';
import { approval, MATTER, openLicenseOffice, type LicenseOffice } from './license-office.ts';

/** The `at`-th write fails, before it is made or after it is durable; counts what came. */
function failing(
  database: Database,
  at: number,
  when: 'before' | 'after',
): { readonly database: Database; readonly count: () => number } {
  let count = 0;
  const fault = (): StorageError => new StorageError('unavailable', 'The disk is gone.');
  return {
    count: () => count,
    database: {
      engine: database.engine,
      file: database.file,
      reader: database.reader,
      statistics: database.statistics,
      close: () => database.close(),
      write: async (work) => {
        count += 1;
        const mine = count === at;
        if (mine && when === 'before') throw fault();
        const result = await database.write(work);
        if (mine) throw fault();
        return result;
      },
    },
  };
}

for (const engine of engines) {
  describe(`an issue whose store fails on ${engine.name}`, function () {
    this.timeout(120_000);
    let office: LicenseOffice;
    let opened = false;
    let cases = 0;

    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
    });
    after(async () => {
      if (opened) await office.close();
    });

    /** What a restart does. */
    async function restart(): Promise<void> {
      const start = new Date(Date.now() + 1000);
      await settleStamps(office.parts, start);
      await settleLicenses(office.parts, start);
    }

    async function unsettled(): Promise<number> {
      const { reader } = office.parts.database;
      let open = 0;
      for (const table of ['license', 'stamp', 'license_act'] as const)
        open += (await reader.selectFrom(table).select('state').where('state', '=', 'intended').execute())
          .length;
      return open;
    }

    /** Makes `perform` fail at each of its writes in turn. @returns how many writes it has */
    async function faultEverywhere(
      perform: () => (parts: LicenseParts, key: string) => Promise<readonly string[]>,
    ): Promise<number> {
      let writes = 0;
      for (let at = 1, more = true; more; at++) {
        more = false;
        for (const when of ['before', 'after'] as const) {
          const run = perform();
          const key = `fault-${engine.name}-${(cases += 1)}`;
          const store = failing(office.parts.database, at, when);
          const first = await run({ ...office.parts, database: store.database }, key).then(
            (ids) => ids,
            (error: unknown) => {
              assert.ok(error instanceof StorageError || error instanceof LicenseError, String(error));
              return null;
            },
          );
          if (store.count() >= at) more = true;
          if (first !== null) {
            writes = store.count();
            continue;
          }
          await restart();
          assert.equal(await unsettled(), 0);
          const issued = await office.parts.database.reader
            .selectFrom('license_act')
            .select('state')
            .where('idempotency_key', '=', key)
            .execute();
          const again = await run(office.parts, key).then(
            (ids) => ids,
            (error: unknown) => {
              assert.ok(
                error instanceof LicenseError && error.code === 'idempotency-abandoned',
                String(error),
              );
              return null;
            },
          );
          // Durable before the fault, given up after it, or never begun: and the answer says which.
          const [act] = issued;
          assert.equal(again === null, act?.state === 'abandoned', `${when} write ${at}`);
          const ids = again ?? (await run(office.parts, `${key}-again`));
          const rows = await office.parts.database.reader
            .selectFrom('license')
            .select(['id', 'state', 'number_index'])
            .where('id', 'in', ids)
            .execute();
          assert.ok(rows.length === ids.length && rows.every(({ state }) => state === 'issued'));
          const sameNumbers = await office.parts.database.reader
            .selectFrom('license')
            .select('id')
            .where(
              'number_index',
              'in',
              rows.map(({ number_index }) => number_index ?? ''),
            )
            .execute();
          assert.equal(sameNumbers.length, ids.length, 'one license a number');
        }
      }
      return writes;
    }

    it('issues a license once or not at all', async () => {
      const writes = await faultEverywhere(() => {
        const request = office.food1();
        return async (parts, key) => [(await issueLicense(parts, { ...request, idempotencyKey: key })).id];
      });
      assert.ok(writes >= 3, 'intention, stamp, completion');
    });

    it('takes a license over once or not at all, and keeps no original of one that was given up', async () => {
      await faultEverywhere(() => {
        const request = office.food1();
        const original = { kind: 'paper', issuedOn: '2025-03-05' } as const;
        return async (parts, key) => [
          (await takeOverLicense(parts, { ...request, original, idempotencyKey: key })).id,
        ];
      });
      const orphans = await office.parts.database.reader
        .selectFrom('license_original')
        .innerJoin('license', 'license.id', 'license_original.license')
        .select('license.id')
        .where('license.state', '=', 'abandoned')
        .execute();
      assert.deepEqual(orphans, []);
    });

    it('handles a case whole or not at all', async () => {
      const stored = await office.office.store(samplePdf());
      const annex = await office.office.store(samplePdf(21_000));
      await faultEverywhere(() => {
        const [food, senior] = [office.food1(), office.senior1()];
        const caseNumber = `F-${engine.name}-${cases + 1}`;
        const order = (document: string) => ({
          sealId: office.office.approvalSeal.id,
          source: { stored: document },
          place: { page: 1, centreX: 150, centreY: 230 },
          reason: null,
        });
        return async (parts, key) => {
          const result = await handleCase(parts, {
            actor: approval,
            idempotencyKey: key,
            matter: MATTER,
            caseNumber,
            decision: order(stored),
            documents: [order(annex)],
            licenses: [food, senior].map(({ type, number, holder, face }) => ({
              type,
              number,
              holder,
              face,
            })),
          });
          assert.ok(result.decision);
          assert.equal(result.documents.length, 1);
          return result.licenses.map(({ id }) => id);
        };
      });
      const { reader } = office.parts.database;
      for (const act of await reader
        .selectFrom('license_act')
        .selectAll()
        .where('kind', '=', 'case')
        .execute()) {
        const stamps = await reader
          .selectFrom('license_act_stamp')
          .innerJoin('stamp', 'stamp.id', 'license_act_stamp.stamp')
          .select('stamp.state')
          .where('act', '=', act.id)
          .execute();
        const licenses = await reader
          .selectFrom('license')
          .select('state')
          .where('act', '=', act.id)
          .execute();
        const whole = act.state === 'completed';
        assert.ok(stamps.every(({ state }) => (state === 'completed') === whole));
        assert.ok(licenses.every(({ state }) => (state === 'issued') === whole));
      }
    });
  });
}
