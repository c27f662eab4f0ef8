// Licenses whose period of keeping is over: destroyed with a proof, held, counted; the audit chain holds all the same.
import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { readLicense, readOwnLicense } from '../../licenses/access.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { issueLicense, issueVersion } from '../../licenses/issue.ts';
import { licenseClasses } from '../../licenses/retention-classes.ts';
import { retainedLicenses } from '../../licenses/retention.ts';
import { searchByHolder } from '../../licenses/search.ts';
import { findLicense } from '../../licenses/store.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import { destroyEnded, destructions } from '../../storage/destruction.ts';
import { StorageError } from '../../storage/errors.ts';
import { setRetentionRule } from '../../storage/retention.ts';
import { engines } from '../storage/engines.ts';
import { keepingOf, years, type Keeping } from './keeping.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

const officer = { id: 'acc_officer', kind: 'person', department: null, scopes: [] } as const;

for (const engine of engines) {
  describe(`licenses past their period on ${engine.name}`, function () {
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
      await keeping.revoke(ended);
      const senior = await issueLicense(office.parts, office.senior1());
      // Nine years on nothing of them is over; the senior's card has no end at all.
      await keeping.destroy(9);
      assert.notEqual(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      const { destroyed } = await keeping.destroy(10.1);
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
        ).reduce((sum, { n }) => sum + Number(String(n)), 0);
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
      const { licenses: found } = await searchByHolder(
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
      await keeping.destroy(10.2);
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
      ]) {
        await assert.rejects(
          database.write((tx) => attack.execute(tx)),
          (error: unknown) => error instanceof StorageError && error.code === 'constraint-violation',
        );
      }
    });

    it('takes the copies that were made of a license with it, and their pages', async () => {
      const food = await issueLicense(office.parts, office.food1());
      await keeping.revoke(food);
      const { database, documents, cipher } = office.parts;
      const page = await office.office.store(Buffer.from('%PDF-1.7 a copy for a purpose'));
      const place = { table: 'license_copy', column: 'record', row: `cpy_${food.id}` };
      await database.write((tx) =>
        tx
          .insertInto('license_copy')
          .values({
            id: `cpy_${food.id}`,
            state: 'completed',
            license: food.id,
            client: 'person:1',
            idempotency_key: food.id,
            request_digest: 'sha256:0',
            holder_index: 'hmac-sha256:0',
            grant_number: food.id,
            department: food.issuer,
            matter: food.matter,
            fields: '[]',
            record: cipher.seal(place, '{}'),
            record_hash: 'sha256:0',
            code_id: food.id,
            code: cipher.seal({ ...place, column: 'code' }, '{}'),
            status_list: null,
            status_index: null,
            origin_list: null,
            origin_index: null,
            stamp: null,
            document: page,
            document_size: 29,
            intended_at: food.issuedAt.toISOString(),
            completed_at: food.issuedAt.toISOString(),
            // Its own period is not over: what it was made of is.
            expires_at: new Date(food.issuedAt.getTime() + 20 * years).toISOString(),
            ended_at: null,
            abandoned_reason: null,
          })
          .execute(),
      );
      await keeping.destroy(10.1);
      const copy = await database.reader
        .selectFrom('license_copy')
        .select(['record', 'code', 'holder_index'])
        .where('license', '=', food.id)
        .executeTakeFirstOrThrow();
      assert.deepEqual(copy, { record: null, code: '', holder_index: '' });
      assert.equal(await documents.open(page), null);
    });

    it('keeps a page whose bytes somebody else has, until they need it no more', async () => {
      const food = await issueLicense(office.parts, office.food1());
      await keeping.revoke(food);
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
      await keeping.destroy(10.1);
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
      await keeping.revoke(food);
      const { documents } = office.parts;
      const faulty = new Proxy(documents, {
        get: (target, name) =>
          name === 'remove'
            ? () => Promise.reject(new StorageError('unavailable', 'The disk is away.'))
            : (Reflect.get(target, name) as unknown),
      });
      const retained = retainedLicenses(office.parts.suite.digest);
      await assert.rejects(destroyEnded({ ...keeping.later(10.1), documents: faulty }, retained), {
        code: 'unavailable',
      });
      assert.equal(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      const there = await documents.open(food.document.digest);
      assert.ok(there !== null);
      await there.close();
      await keeping.destroy(10.1);
      assert.equal(await documents.open(food.document.digest), null);
    });

    it('destroys what the calendar ended, counted from its last day', async () => {
      const food = await issueLicense(office.parts, office.food1());
      assert.ok(food.expiresAt !== null);
      const term = (food.expiresAt.getTime() - food.issuedAt.getTime()) / years;
      await keeping.destroy(term + 9.9);
      assert.notEqual(await findLicense(office.parts.database.reader, office.parts, food.id), null);
      await keeping.destroy(term + 10.1);
      assert.equal(await findLicense(office.parts.database.reader, office.parts, food.id), null);
    });

    it('destroys once where two nodes go round at the same time', async () => {
      const all = await Promise.all([1, 2, 3].map(() => issueLicense(office.parts, office.food1())));
      for (const food of all) await keeping.revoke(food);
      const rounds = await Promise.all([1, 2, 3, 4].map(() => keeping.destroy(10.5)));
      assert.ok(rounds.reduce((sum, { destroyed }) => sum + destroyed, 0) >= all.length);
      const { reader } = office.parts.database;
      for (const { id: record } of all)
        assert.equal((await destructions(reader, office.parts.suite.digest, { record, limit: 5 })).length, 1);
    });

    it('lets no record that cannot be destroyed keep the others', async () => {
      const all = await Promise.all([1, 2].map(() => issueLicense(office.parts, office.food1())));
      for (const food of all) await keeping.revoke(food);
      const [bad, good] = all.map(({ id }) => id).toSorted();
      const parts = keeping.later(10.5);
      const retained = retainedLicenses(parts.digest).map((records) => ({
        ...records,
        destroy: (...of: Parameters<typeof records.destroy>) =>
          of[1] === bad ? Promise.reject(new Error('a fault')) : records.destroy(...of),
      }));
      await assert.rejects(destroyEnded(parts, retained), {
        code: 'unavailable',
        cause: new Error('a fault'),
      });
      const { reader } = office.parts.database;
      assert.notEqual(await findLicense(reader, office.parts, bad ?? ''), null);
      assert.equal(await findLicense(reader, office.parts, good ?? ''), null);
      await keeping.destroy(10.5);
      assert.equal(await findLicense(reader, office.parts, bad ?? ''), null);
    });

    it('lets a shorter period wait for thirty days, and a longer one count at once', async () => {
      const classes = Object.values(licenseClasses);
      const food = await issueLicense(office.parts, office.food1());
      await keeping.revoke(food);
      const there = async (): Promise<boolean> =>
        (await findLicense(office.parts.database.reader, office.parts, food.id)) !== null;
      await setRetentionRule(keeping.later(1.99), classes, officer, {
        class: 'license-standard',
        period: 'P1Y',
        basis: '样本',
      });
      await keeping.destroy(2);
      assert.ok(await there(), 'the notice runs');
      await setRetentionRule(keeping.later(2.2), classes, officer, {
        class: 'license-standard',
        period: 'P20Y',
        basis: '样本',
      });
      await keeping.destroy(12);
      assert.ok(await there(), 'a longer one counts at once, and stays');
      await assert.rejects(
        office.parts.database.write((tx) => sql`UPDATE retention_rule SET period = 'P1D'`.execute(tx)),
        { code: 'constraint-violation' },
        'a rule that was set stays on record',
      );
      for (const period of ['P0Y', 'P101Y', '10Y', 'P10', 'P1Y6M', 'P-1Y', 'p10y'])
        await assert.rejects(
          setRetentionRule(keeping.later(0), classes, officer, {
            class: 'license-standard',
            period,
            basis: '样本',
          }),
          { code: 'retention-invalid' },
        );
      await assert.rejects(
        setRetentionRule(keeping.later(0), classes, officer, {
          class: 'unknown',
          period: 'P1Y',
          basis: '样本',
        }),
        { code: 'retention-class-unknown' },
      );
      await keeping.destroy(20.5);
      assert.ok(!(await there()));
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
  });
}
