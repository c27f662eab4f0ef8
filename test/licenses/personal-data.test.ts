// Personal data of licenses: a key of its own for each, masked until a reason is given, taken away by its holder.
import assert from 'node:assert/strict';
import { readLicense, revealLicense } from '../../licenses/access.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { exportBulk, exportOwn, selectionWords } from '../../licenses/export.ts';
import { issueLicense, issueVersion } from '../../licenses/issue.ts';
import { recordCipherOf } from '../../licenses/record-keys.ts';
import { findLicense } from '../../licenses/store.ts';
import { engines } from '../storage/engines.ts';
import { keepingOf, type Keeping } from './keeping.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

for (const engine of engines) {
  describe(`personal data of licenses on ${engine.name}`, function () {
    this.timeout(120_000);
    let office: LicenseOffice;
    let keeping: Keeping;
    let opened = false;
    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
      keeping = keepingOf(office);
    });
    after(async () => {
      if (opened) await office.close();
    });

    it('keeps no name, number or reason in clear anywhere, and one key for all versions of a license', async () => {
      const first = await issueLicense(
        office.parts,
        office.senior1({ holder: { kind: 'resident', name: '甲样本', code: '120105195108230033' } }),
      );
      const food = await issueLicense(office.parts, office.food1());
      const second = await issueVersion(office.parts, {
        ...office.food1(),
        number: food.record['ZZBH'] ?? '',
        succeeds: {
          license: food.id,
          how: 'change',
          reason: '样本变更理由',
          legalBasis: '行政许可法第四十九条',
        },
      });
      await keeping.revoke(second);
      const text = await keeping.everything();
      for (const secret of [
        '甲样本',
        '120105195108230033',
        '样本变更理由',
        '样本处罚理由',
        food.record['ZZBH'] ?? '?',
      ])
        assert.ok(!text.includes(secret), secret);
      const keys = await office.parts.database.reader
        .selectFrom('record_key')
        .select('record')
        .where('record', 'in', [first.id, food.id, second.id])
        .execute();
      assert.deepEqual(keys.map(({ record }) => record).sort(), [first.id, food.id].sort());
      const rows = await office.parts.database.reader
        .selectFrom('license')
        .select(['record', 'code', 'succession'])
        .where('id', 'in', [first.id, food.id, second.id])
        .execute();
      for (const row of rows) {
        assert.match(row.record ?? '', /^aes-256-gcm:record:/);
        assert.match(row.code ?? '', /^aes-256-gcm:record:/);
      }
      assert.equal(
        (await findLicense(office.parts.database.reader, office.parts, first.id))?.record['CZZT'],
        '甲样本',
      );
    });

    it('opens licenses of a time before there were record keys, and goes on with them', async () => {
      const license = await issueLicense(office.parts, office.food1());
      const { cipher } = office.parts;
      const place = (column: string) => ({ table: 'license', column, row: license.id });
      await office.parts.database.write(async (tx) => {
        await tx
          .updateTable('license')
          .set({
            record: cipher.seal(place('record'), JSON.stringify(license.record)),
            code: cipher.seal(place('code'), JSON.stringify(license.code)),
          })
          .where('id', '=', license.id)
          .execute();
        await tx.deleteFrom('record_key').where('record', '=', license.id).execute();
      });
      const old = await findLicense(office.parts.database.reader, office.parts, license.id);
      assert.deepEqual(old, license);
      const next = await issueVersion(office.parts, {
        ...office.food1(),
        number: license.record['ZZBH'] ?? '',
        succeeds: { license: license.id, how: 'renew', reason: '延续', legalBasis: '行政许可法第五十条' },
      });
      const keys = await office.parts.database.reader
        .selectFrom('record_key')
        .select('record')
        .where('record', '=', license.id)
        .execute();
      assert.equal(keys.length, 1, 'its next version gave it a key of its own');
      const first = await findLicense(office.parts.database.reader, office.parts, license.id);
      assert.deepEqual(first?.record, license.record, 'what was sealed before still opens');
      await keeping.revoke(next);
      const read = await revealLicense(office.parts, { actor: approval, purpose: '核对' }, next.id);
      assert.equal(read.events[0]?.reason, '样本处罚理由');
    });

    it('refuses a value moved to another license, and a key moved to another record', async () => {
      const [a, b] = [
        await issueLicense(office.parts, office.food1()),
        await issueLicense(office.parts, office.food1()),
      ];
      const { database } = office.parts;
      const row = await database.reader
        .selectFrom('license')
        .select('record')
        .where('id', '=', a.id)
        .executeTakeFirstOrThrow();
      await assert.rejects(
        database.write(async (tx) => {
          await tx.updateTable('license').set({ record: row.record }).where('id', '=', b.id).execute();
          await findLicense(tx, office.parts, b.id);
        }),
        { code: 'ciphertext-damaged' },
      );
      const key = await database.reader
        .selectFrom('record_key')
        .select('wrapped')
        .where('record', '=', a.id)
        .executeTakeFirstOrThrow();
      await assert.rejects(
        database.write(async (tx) => {
          await tx.updateTable('record_key').set(key).where('record', '=', b.id).execute();
          await recordCipherOf(tx, office.parts, b.id);
        }),
        { code: 'ciphertext-damaged' },
      );
    });

    it('shows a department residents masked, and all of it once a reason is on record', async () => {
      const senior = await issueLicense(office.parts, office.senior1());
      const reading = { actor: approval, purpose: '办件核对' };
      const masked = await readLicense(office.parts, reading, senior.id);
      assert.equal(masked.masked, true);
      const shown = JSON.stringify({ ...masked, code: null });
      for (const secret of [
        senior.record['CZZT'] ?? '?',
        '120105195108230033',
        senior.record['ZZBH'] ?? '?',
        '1951-08-23',
      ])
        assert.ok(!shown.includes(secret), secret);
      const full = await revealLicense(office.parts, reading, senior.id);
      assert.deepEqual(
        [full.masked, full.holder.code, full.face[0]?.value, full.number],
        [false, '120105195108230033', '1951-08-23', senior.record['ZZBH']],
      );
      const food = await issueLicense(office.parts, office.food1());
      const enterprise = await readLicense(office.parts, reading, food.id);
      assert.equal(enterprise.holder.code, '91120105MA0000074N', 'enterprises are public');
      for (const purpose of ['', '   ', 'x'.repeat(201), 'a\u202eb'])
        await assert.rejects(
          revealLicense(office.parts, { actor: approval, purpose }, senior.id),
          refusal('purpose-missing'),
        );
      await assert.rejects(
        revealLicense(office.parts, { actor: market, purpose: '核对' }, 'lic_' + '0'.repeat(32)),
        refusal('license-not-found'),
      );
      const rows = await office.parts.database.reader
        .selectFrom('audit_log')
        .select(['action', 'details', 'actor'])
        .where('subject', '=', senior.id)
        .where('action', 'in', ['license.read', 'license.disclosed'])
        .orderBy('sequence')
        .execute();
      assert.deepEqual(
        rows.map((row) => [row.action, (JSON.parse(row.details) as { purpose: string }).purpose, row.actor]),
        [
          ['license.read', '办件核对', approval.id],
          ['license.disclosed', '办件核对', approval.id],
        ],
      );
    });

    it('leaves no key and no name of a license that was given up', async () => {
      const { database } = office.parts;
      const keys = async (): Promise<number> =>
        (await database.reader.selectFrom('record_key').select('record').execute()).length;
      const before = await keys();
      const renderer = {
        ...office.parts.renderer,
        examine: (page: Parameters<typeof office.parts.renderer.examine>[0]) =>
          office.parts.renderer.examine(page),
        draw: () => Promise.reject(new LicenseError('page-failed', 'The page could not be drawn.')),
      };
      await assert.rejects(
        issueLicense({ ...office.parts, renderer }, office.food1()),
        refusal('page-failed'),
      );
      assert.equal(await keys(), before);
    });

    it('gives a holder every version of every license, and nobody else’s', async () => {
      const code = '91120105MA0000074N';
      const food = await issueLicense(office.parts, office.food1());
      const next = await issueVersion(office.parts, {
        ...office.food1(),
        number: food.record['ZZBH'] ?? '',
        succeeds: { license: food.id, how: 'change', reason: '变更', legalBasis: '行政许可法第四十九条' },
      });
      const senior = await issueLicense(office.parts, office.senior1());
      const all: string[] = [];
      const reading = { actor: approval, purpose: '持证人导出' };
      for await (const one of await exportOwn(office.parts, {
        ...reading,
        holder: { kind: 'enterprise', code },
      })) {
        assert.equal(one.record['CZZTDM'], code);
        all.push(one.id);
      }
      assert.ok(all.includes(food.id) && all.includes(next.id) && !all.includes(senior.id));
      assert.equal(new Set(all).size, all.length);
      const bulk: string[] = [];
      const selection = { issuer: food.issuer, type: null, from: food.issuedAt, until: null };
      for await (const one of exportBulk(office.parts, selection)) bulk.push(one.id);
      for (const id of [food.id, next.id, senior.id]) assert.ok(bulk.includes(id));
      assert.match(selectionWords(selection), /^licenses issuer=\w{18} type=\* from=20/);
    });
  });
}
