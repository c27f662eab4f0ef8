// Personal data of licenses: a key of its own for each, masked until a reason is given, destroyed when its period is over.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { readLicense, readOwnLicense, revealLicense } from '../../licenses/access.ts';
import { changeStatus } from '../../licenses/change.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { exportBulk, exportOwn, selectionWords } from '../../licenses/export.ts';
import { issueLicense, issueVersion } from '../../licenses/issue.ts';
import { licenseClasses } from '../../licenses/retention-classes.ts';
import { retainedLicenses } from '../../licenses/retention.ts';
import { recordCipherOf } from '../../licenses/record-keys.ts';
import { searchByHolder } from '../../licenses/search.ts';
import { findLicense, type StoredLicense } from '../../licenses/store.ts';
import { destroyEnded, destructions, type DestructionParts } from '../../storage/destruction.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import { StorageError } from '../../storage/errors.ts';
import { liftHold, setHold, setRetentionRule, standingHolds } from '../../storage/retention.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;
const officer = { id: 'acc_officer', kind: 'person', department: null, scopes: [] } as const;
const years = 365.25 * 86_400_000;

for (const engine of engines) {
  describe(`personal data of licenses on ${engine.name}`, function () {
    this.timeout(120_000);
    let office: LicenseOffice;
    let opened = false;
    before(async function () {
      engine.require(this);
      office = await openLicenseOffice(engine);
      opened = true;
    });
    after(async () => {
      if (opened) await office.close();
    });

    /** The office as it is so many years from now. */
    const later = (by: number): DestructionParts => ({
      ...office.parts,
      digest: office.parts.suite.digest,
      clock: () => new Date(office.parts.clock().getTime() + by * years),
    });
    const destroy = (by: number): ReturnType<typeof destroyEnded> =>
      destroyEnded(later(by), retainedLicenses(office.parts.suite.digest));
    const revoke = (license: StoredLicense): Promise<unknown> =>
      changeStatus(office.parts, {
        actor: approval,
        idempotencyKey: `revoke-${license.id}`,
        licenseId: license.id,
        change: 'revoke',
        reason: '样本处罚理由',
        legalBasis: '行政处罚法第九条',
      });
    /** Every text that the database holds, of every table. */
    const everything = async (): Promise<string> => {
      const db = office.parts.database.reader;
      const tables = (
        await (
          engine.name === 'sqlite'
            ? sql<{ name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'`
            : sql<{
                name: string;
              }>`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()`
        ).execute(db)
      ).rows;
      const texts: string[] = [];
      for (const { name } of tables)
        texts.push(JSON.stringify((await sql`SELECT * FROM ${sql.table(name)}`.execute(db)).rows));
      return texts.join('\n');
    };

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
      await revoke(second);
      const text = await everything();
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
      await revoke(next);
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

    it('destroys a license whose period is over, with a proof, and the audit chain holds', async () => {
      const food = await issueLicense(office.parts, office.food1());
      const ended = await issueVersion(office.parts, {
        ...office.food1(),
        number: food.record['ZZBH'] ?? '',
        succeeds: {
          license: food.id,
          how: 'change',
          reason: '样本变更理由',
          legalBasis: '行政许可法第四十九条',
        },
      });
      await revoke(ended);
      const senior = await issueLicense(office.parts, office.senior1());
      // Nine years on nothing of them is over; the senior's card has no end at all.
      await destroy(9);
      assert.notEqual(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      const { destroyed } = await destroy(10.1);
      assert.ok(destroyed >= 1);
      const { reader } = office.parts.database;
      assert.equal(await findLicense(reader, office.parts, food.id), null);
      assert.equal(await findLicense(reader, office.parts, ended.id), null);
      assert.notEqual(await findLicense(reader, office.parts, senior.id), null);
      const rows = await reader
        .selectFrom('license')
        .selectAll()
        .where('root', '=', food.id)
        .orderBy('version')
        .execute();
      for (const row of rows)
        assert.deepEqual(
          [row.record, row.code, row.holder_index, row.number_index, row.succession],
          [null, '', null, null, null],
        );
      const left = async (table: 'record_key' | 'license_holder'): Promise<number> =>
        (
          await reader
            .selectFrom(table)
            .select(sql<number>`count(*)`.as('n'))
            .where(table === 'record_key' ? 'record_key.record' : 'license_holder.license', 'in', [
              food.id,
              ended.id,
            ])
            .execute()
        ).reduce((sum, { n }) => sum + Number(n), 0);
      assert.deepEqual([await left('record_key'), await left('license_holder')], [0, 0]);
      const events = await reader
        .selectFrom('license_event')
        .select('reason')
        .where('license', 'in', [food.id, ended.id])
        .execute();
      assert.deepEqual(
        events.map(({ reason }) => reason),
        ['', ''],
      );
      // The pages are gone from the store, and nobody waits for their removal.
      for (const { digest } of [food.document, ended.document])
        assert.equal(await office.parts.documents.open(digest), null);
      const kept = await office.parts.documents.open(senior.document.digest);
      assert.ok(kept !== null, 'the page of another license stays');
      await kept.close();
      assert.equal((await reader.selectFrom('document_removal').selectAll().execute()).length, 0);
      // Its departments are told; strangers learn nothing.
      const reading = { actor: approval, purpose: '核对' };
      await assert.rejects(readLicense(office.parts, reading, ended.id), refusal('license-destroyed'));
      await assert.rejects(
        readLicense(
          office.parts,
          { actor: { ...market, department: '11120105MB0000009X' }, purpose: '核对' },
          ended.id,
        ),
        refusal('license-not-found'),
      );
      await assert.rejects(
        readOwnLicense(
          office.parts,
          { ...reading, holder: { kind: 'enterprise', code: '91120105MA0000074N' } },
          ended.id,
        ),
        refusal('license-not-found'),
      );
      const found = await searchByHolder(
        office.parts,
        { actor: { ...approval, scopes: ['licenses:search'] }, purpose: '核对' },
        { kind: 'enterprise', code: '91120105MA0000074N' },
      );
      assert.ok(found.every(({ root }) => root !== food.id));
      // The proof: commitments only, in the audit chain by its digest, and the chain verifies.
      const [proof, ...others] = await destructions(reader, office.parts.suite.digest, {
        record: food.id,
        limit: 10,
      });
      assert.ok(proof !== undefined && others.length === 0 && proof.intact);
      assert.deepEqual(proof.commitments['records'], [food.recordHash, ended.recordHash]);
      assert.match(String(proof.commitments['key']), /^sha256:[0-9a-f]{64}$/);
      assert.ok(!JSON.stringify(proof).includes('庚'));
      const audit = await reader
        .selectFrom('audit_log')
        .select('details')
        .where('action', '=', 'record.destroyed')
        .where('subject', '=', food.id)
        .executeTakeFirstOrThrow();
      assert.equal((JSON.parse(audit.details) as { digest: string }).digest, proof.digest);
      assert.ok((await verifyAuditChain(reader)).intact);
      // Once: another round finds nothing of it.
      await destroy(10.2);
      assert.equal(
        (await destructions(reader, office.parts.suite.digest, { record: food.id, limit: 10 })).length,
        1,
      );
      // What the schema itself refuses: a proof changed or taken away, an event changed in anything but its reason.
      const { database } = office.parts;
      for (const attack of [
        sql`UPDATE destruction SET commitments = '{}'`,
        sql`DELETE FROM destruction`,
        sql`UPDATE license_event SET legal_basis = 'x'`,
        sql`DELETE FROM license_event`,
        sql`UPDATE retention_rule SET period = 'P1D'`,
      ]) {
        if (attack === undefined) continue;
        await assert.rejects(
          database.write(async (tx) => {
            const { numAffectedRows = 1n } = await attack.execute(tx);
            // No rows is no attack: rows of rules come with the next test.
            if (numAffectedRows === 0n) throw new StorageError('constraint-violation', 'nothing there');
          }),
          (error: unknown) => error instanceof StorageError && error.code === 'constraint-violation',
        );
      }
    });

    it('keeps a page whose bytes somebody else has, until they need it no more', async () => {
      const food = await issueLicense(office.parts, office.food1());
      await revoke(food);
      const { database, documents } = office.parts;
      const upload = { department: approval.department ?? '', digest: food.document.digest };
      await database.write((tx) =>
        tx
          .insertInto('document_upload')
          .values({
            ...upload,
            client: approval.id,
            size: food.document.size,
            uploaded_at: new Date().toISOString(),
          })
          .execute(),
      );
      await destroy(10.1);
      assert.equal(await findLicense(database.reader, office.parts, food.id), null);
      const kept = await documents.open(food.document.digest);
      assert.ok(kept !== null, 'the upload of the same bytes keeps them');
      await kept.close();
      await database.write((tx) =>
        tx.deleteFrom('document_upload').where('digest', '=', upload.digest).execute(),
      );
    });

    it('removes a page in the next round where the store failed after its record was destroyed', async () => {
      const food = await issueLicense(office.parts, office.food1());
      await revoke(food);
      const { documents } = office.parts;
      const faulty = new Proxy(documents, {
        get: (target, name) =>
          name === 'remove'
            ? () => Promise.reject(new StorageError('unavailable', 'The disk is away.'))
            : (Reflect.get(target, name) as unknown),
      });
      const retained = retainedLicenses(office.parts.suite.digest);
      await assert.rejects(destroyEnded({ ...later(10.1), documents: faulty }, retained), {
        code: 'unavailable',
      });
      assert.equal(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      const there = await documents.open(food.document.digest);
      assert.ok(there !== null);
      await there.close();
      await destroy(10.1);
      assert.equal(await documents.open(food.document.digest), null);
    });

    it('destroys what the calendar ended, counted from its last day', async () => {
      const food = await issueLicense(office.parts, office.food1());
      assert.ok(food.expiresAt !== null);
      const term = (food.expiresAt.getTime() - food.issuedAt.getTime()) / years;
      await destroy(term + 9.9);
      assert.notEqual(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      await destroy(term + 10.1);
      assert.equal(await findLicense(office.parts.database.reader, office.parts, food.id), null);
    });

    it('leaves what is held, whoever holds it by record or by class, until the hold is lifted', async () => {
      const classes = Object.values(licenseClasses);
      for (const whole of [false, true]) {
        const food = await issueLicense(office.parts, office.food1());
        await revoke(food);
        const hold = await setHold(later(0), classes, officer, {
          class: whole ? 'license-standard' : 'license-short',
          record: whole ? null : food.id,
          reason: '涉诉样本甲',
          basis: '民事诉讼法第八十四条',
        });
        assert.equal((await standingHolds(office.parts)).find(({ id }) => id === hold)?.reason, '涉诉样本甲');
        assert.ok(!(await everything()).includes('涉诉样本甲'));
        const { held } = await destroy(10.5);
        assert.ok(held >= 1);
        assert.notEqual(await findLicense(office.parts.database.reader, office.parts, food.id), null);
        await liftHold(later(0), officer, { id: hold, basis: '裁定' });
        await assert.rejects(liftHold(later(0), officer, { id: hold, basis: '裁定' }), {
          code: 'legal-hold-not-found',
        });
        await destroy(10.5);
        assert.equal(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      }
    });

    it('lets a shorter period wait for thirty days, and a longer one count at once', async () => {
      const classes = Object.values(licenseClasses);
      const food = await issueLicense(office.parts, office.food1());
      await revoke(food);
      const there = async (): Promise<boolean> =>
        (await findLicense(office.parts.database.reader, office.parts, food.id)) !== null;
      await setRetentionRule(later(1.99), classes, officer, {
        class: 'license-standard',
        period: 'P1Y',
        basis: '样本',
      });
      await destroy(2);
      assert.ok(await there(), 'the notice runs');
      await setRetentionRule(later(2.2), classes, officer, {
        class: 'license-standard',
        period: 'P20Y',
        basis: '样本',
      });
      await destroy(12);
      assert.ok(await there(), 'a longer one counts at once, and stays');
      for (const period of ['P0Y', 'P101Y', '10Y', 'P10', 'P1Y6M', 'P-1Y', 'p10y'])
        await assert.rejects(
          setRetentionRule(later(0), classes, officer, { class: 'license-standard', period, basis: '样本' }),
          { code: 'retention-invalid' },
        );
      await assert.rejects(
        setRetentionRule(later(0), classes, officer, { class: 'unknown', period: 'P1Y', basis: '样本' }),
        { code: 'retention-class-unknown' },
      );
      await destroy(20.5);
      assert.ok(!(await there()));
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

    it('is not destroyed while its next version is being issued', async () => {
      const food = await issueLicense(office.parts, office.food1());
      const { database } = office.parts;
      const before = new Date(food.issuedAt.getTime() + 30 * years);
      const classOf = retainedLicenses(office.parts.suite.digest).find(
        (one) => one.class.name === 'license-standard',
      );
      assert.ok(classOf);
      await assert.rejects(
        database.write(async (tx) => {
          await sql`
            INSERT INTO license (id, act, state, type_code, edition, identifier, issuer, supervisor, matter, holder_kind,
              record_hash, code_id, issued_at, root, version, previous)
            SELECT id || 'x', act, 'intended', type_code, edition, identifier || 'x', issuer, supervisor, matter, holder_kind,
              record_hash, code_id || 'x', issued_at, root, 2, id FROM license WHERE id = ${food.id}`.execute(
            tx,
          );
          assert.equal(await classOf.destroy(tx, food.id, before), null);
          throw new Error('undone');
        }),
        /undone/,
      );
      assert.notEqual(await findLicense(database.reader, office.parts, food.id), null);
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
