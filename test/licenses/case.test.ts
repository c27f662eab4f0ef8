// Whole cases and broken ones: both or neither, nothing signed twice, nothing used twice.
import assert from 'node:assert/strict';
import { STATUS } from '../../formats/qr/labels.ts';
import type { SigningKey } from '../../crypto/signing-key.ts';
import { handleCase, readCase, type CaseRequest } from '../../licenses/case.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { issueLicense } from '../../licenses/issue.ts';
import type { LicenseRequest } from '../../licenses/request.ts';
import { settleLicenses } from '../../licenses/settle.ts';
import { publishLicenseType, licenseTypeNamed, licenseTypes } from '../../licenses/type-register.ts';
import { SigningError } from '../../signing/errors.ts';
import { stampOf } from '../../signing/stamp-answers.ts';
import { settleStamps } from '../../signing/stamp.ts';
import { samplePdf } from '../signing/seal-office.ts';
import { approval, market, MATTER, openLicenseOffice, type LicenseOffice } from './license-office.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

function licenseOf({ type, number, holder, face }: LicenseRequest): LicenseRequest {
  return { type, number, holder, face };
}

describe('a case', () => {
  let office: LicenseOffice;
  let count = 0;

  before(async () => {
    office = await openLicenseOffice();
  });
  after(() => office.close());
  afterEach(() => {
    office.office.wire.intercept = null;
  });

  async function caseRequest(changes: Partial<CaseRequest> = {}): Promise<CaseRequest> {
    count += 1;
    const food = licenseOf(office.food1());
    const senior = licenseOf(office.senior1());
    return {
      actor: approval,
      idempotencyKey: `case-${count}`,
      matter: MATTER,
      caseNumber: `20261122${String(count).padStart(4, '0')}`,
      decision: {
        sealId: office.office.approvalSeal.id,
        source: { stored: await office.office.store(samplePdf()) },
        place: { page: 1, centreX: 150, centreY: 230 },
        reason: '准予行政许可决定（演示）',
      },
      licenses: [food, senior],
      ...changes,
    };
  }

  async function states(): Promise<Readonly<Record<string, number>>> {
    const db = office.parts.database.reader;
    const found: Record<string, number> = {};
    for (const table of ['license', 'stamp', 'license_act'] as const) {
      for (const { state } of await db.selectFrom(table).select('state').execute()) {
        found[`${table} ${state}`] = (found[`${table} ${state}`] ?? 0) + 1;
      }
    }
    return found;
  }

  it('stamps its decision and issues its licenses under one number', async () => {
    const request = await caseRequest();
    const result = await handleCase(office.parts, request);
    assert.equal(result.licenses.length, 2);
    assert.equal(result.licenses[0]?.typeCode, office.food.typeCode);
    assert.equal(result.licenses[1]?.typeCode, office.senior.typeCode);
    assert.ok(result.decision);
    assert.equal(result.decision.caseNumber, request.caseNumber);
    assert.ok(result.licenses.every((license) => license.caseNumber === request.caseNumber));
    assert.deepEqual(await handleCase(office.parts, request), result);
    assert.deepEqual(await readCase(office.parts, approval, request.caseNumber), result);
    await assert.rejects(readCase(office.parts, market, request.caseNumber), refusal('case-not-found'));
    await assert.rejects(
      handleCase(office.parts, await caseRequest({ caseNumber: request.caseNumber })),
      refusal('case-number-taken'),
    );
  });

  it('may be a decision alone or licenses alone, but not nothing', async () => {
    assert.equal((await handleCase(office.parts, await caseRequest({ licenses: [] }))).licenses.length, 0);
    assert.equal((await handleCase(office.parts, await caseRequest({ decision: null }))).decision, null);
    await assert.rejects(
      handleCase(office.parts, await caseRequest({ decision: null, licenses: [] })),
      refusal('case-empty'),
    );
    await assert.rejects(
      handleCase(office.parts, await caseRequest({ caseNumber: '' })),
      refusal('case-number-invalid'),
    );
  });

  it('leaves nothing when one of its licenses is refused', async () => {
    const before = await states();
    const request = await caseRequest();
    const [food, senior] = request.licenses;
    assert.ok(food && senior);
    const wrong = { ...senior, face: { KZ_CSRQ: '1951-02-30' } };
    await assert.rejects(
      handleCase(office.parts, { ...request, licenses: [food, wrong] }),
      refusal('face-invalid'),
    );
    const unprintable = { ...senior, holder: { ...senior.holder, name: '𠮷田' } };
    await assert.rejects(
      handleCase(office.parts, { ...request, licenses: [food, unprintable] }),
      refusal('glyph-missing'),
    );
    const twice = [food, food];
    await assert.rejects(
      handleCase(office.parts, { ...request, licenses: twice }),
      refusal('license-number-taken'),
    );
    assert.deepEqual(await states(), before);
    // The key was never used up by a request that was refused beforehand.
    await handleCase(office.parts, request);
  });

  it('is given up whole when the time-stamp service fails at the last document', async () => {
    const before = await states();
    const request = await caseRequest();
    let answered = 0;
    office.office.wire.intercept = async (_request, real) => {
      answered += 1;
      if (answered === 3) throw new Error('the line is down');
      return real();
    };
    await assert.rejects(handleCase(office.parts, request), SigningError);
    office.office.wire.intercept = null;
    assert.equal(answered, 3);
    const after = await states();
    assert.equal(after['license issued'], before['license issued']);
    assert.equal(after['stamp completed'], before['stamp completed']);
    assert.equal(after['license intended'], undefined);
    assert.equal(after['stamp intended'], undefined);
    assert.equal(after['license abandoned'], (before['license abandoned'] ?? 0) + 2);
    await assert.rejects(handleCase(office.parts, request), refusal('idempotency-abandoned'));
    // Numbers and case are free again; identifiers are not used a second time.
    const again = await handleCase(office.parts, {
      ...request,
      idempotencyKey: `${request.idempotencyKey}-again`,
    });
    const all = await office.parts.database.reader
      .selectFrom('license')
      .select(['identifier', 'state'])
      .execute();
    assert.equal(new Set(all.map((row) => row.identifier)).size, all.length);
    assert.equal(again.licenses.length, 2);
  });

  it('keeps no personal data of what was given up', async () => {
    const rows = await office.parts.database.reader
      .selectFrom('license')
      .selectAll()
      .where('state', '=', 'abandoned')
      .execute();
    assert.ok(rows.length > 0);
    for (const row of rows) {
      const entry = await office.parts.database.reader
        .selectFrom('status_entry')
        .select('value')
        .where('list', '=', row.status_list ?? -1)
        .where('entry', '=', row.status_index ?? -1)
        .executeTakeFirst();
      assert.equal(entry?.value, STATUS.outOfForce, 'a page sealed before the act failed is out of force');
    }
    for (const row of rows)
      assert.deepEqual([row.record, row.holder_index, row.number_index, row.code], [null, null, null, null]);
  });

  it('does not let a department stamp with a seal or under a matter of another', async () => {
    const request = await caseRequest();
    const foreign = {
      ...request,
      decision: request.decision && { ...request.decision, sealId: office.office.marketSeal.id },
    };
    await assert.rejects(
      handleCase(office.parts, foreign),
      (error) => error instanceof SigningError && error.code === 'seal-not-found',
    );
    await assert.rejects(
      handleCase(office.parts, { ...request, matter: 'YS0' }),
      refusal('matter-not-permitted'),
    );
    await assert.rejects(
      handleCase(office.parts, { ...request, actor: { ...approval, scopes: [] } }),
      refusal('scope-missing'),
    );
    await assert.rejects(
      handleCase(office.parts, { ...request, actor: { ...approval, department: null } }),
      refusal('department-missing'),
    );
    const noStamps = { ...approval, scopes: ['licenses:write'] };
    await assert.rejects(
      handleCase(office.parts, { ...request, actor: noStamps }),
      (error) => error instanceof SigningError && error.code === 'scope-missing',
    );
  });
});

describe('an issue that was interrupted', () => {
  let office: LicenseOffice;

  before(async () => {
    office = await openLicenseOffice();
  });
  after(() => office.close());

  it('is settled at the next start: abandoned, never signed, its identifier never used again', async () => {
    const request = office.food1();
    // The process dies while the code is being signed: the intention is on disk, the promise never settles.
    let reached = (): void => undefined;
    const dying = new Promise<void>((resolve) => (reached = resolve));
    const serviceKeys = {
      serviceKey: (purpose: 'license-code' | 'status-list'): SigningKey => ({
        ...office.parts.serviceKeys.serviceKey(purpose),
        sign: () => {
          reached();
          return new Promise<Uint8Array>(() => undefined);
        },
      }),
    };
    void issueLicense({ ...office.parts, serviceKeys }, request);
    await dying;
    const db = office.parts.database.reader;
    const [intended] = await db.selectFrom('license').selectAll().execute();
    assert.equal(intended?.state, 'intended');
    await assert.rejects(issueLicense(office.parts, request), refusal('idempotency-in-progress'));

    const start = new Date(Date.now() + 1000);
    await settleStamps(office.parts, start);
    assert.equal(await settleLicenses(office.parts, start), 1);
    assert.equal(await settleLicenses(office.parts, start), 0);
    await assert.rejects(issueLicense(office.parts, request), refusal('idempotency-abandoned'));
    const rows = await db
      .selectFrom('audit_log')
      .select(['action'])
      .where('subject', '=', intended.id)
      .execute();
    assert.deepEqual(
      rows.map((row) => row.action),
      ['license.intended', 'license.abandoned'],
    );
    const second = await issueLicense(office.parts, { ...request, idempotencyKey: 'second' });
    assert.notEqual(second.identifier, intended.identifier);
    assert.equal((await stampOf(db, approval, second.stampId)).document.digest, second.document.digest);
  });
});

describe('the register of license types', () => {
  let office: LicenseOffice;

  before(async () => {
    office = await openLicenseOffice();
  });
  after(() => office.close());

  it('publishes an edition once, and lists the newest', async () => {
    await publishLicenseType(office.parts, office.food);
    await assert.rejects(
      publishLicenseType(office.parts, { ...office.food, name: '另一证' }),
      refusal('type-edition-differs'),
    );
    await publishLicenseType(office.parts, { ...office.food, edition: 2, name: '食品经营许可证（新版）' });
    const db = office.parts.database.reader;
    assert.equal((await licenseTypeNamed(db, 'sample-food')).edition, 2);
    assert.equal((await licenseTypeNamed(db, office.food.typeCode)).edition, 2);
    assert.equal((await licenseTypes(db)).length, 2);
    await assert.rejects(licenseTypeNamed(db, 'none'), refusal('type-not-found'));
  });
});
