// Versions of a license: the next one issued, the one before superseded in the same write, both kept.
import assert from 'node:assert/strict';
import { STATUS } from '../../formats/qr/labels.ts';
import { parseLicenseIdentifier } from '../../formats/identifiers/license-identifier.ts';
import { readLicense } from '../../licenses/access.ts';
import { changeStatus } from '../../licenses/change.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import { issueLicense, issueVersion, type VersionRequest } from '../../licenses/issue.ts';
import { recentLicenses } from '../../licenses/search.ts';
import { findLicense, type StoredLicense } from '../../licenses/store.ts';
import { engines } from '../storage/engines.ts';
import { approval, market, openLicenseOffice, type LicenseOffice } from './license-office.ts';

const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

for (const engine of engines) {
  describe(`versions of a license on ${engine.name}`, () => {
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

    const statusOf = async (license: StoredLicense): Promise<number> => {
      assert.ok(license.status);
      const row = await office.parts.database.reader
        .selectFrom('status_entry')
        .select('value')
        .where('list', '=', license.status.list)
        .where('entry', '=', license.status.index)
        .executeTakeFirstOrThrow();
      return row.value;
    };
    const stored = async (id: string): Promise<StoredLicense> => {
      const license = await findLicense(office.parts.database.reader, office.parts, id);
      assert.ok(license);
      return license;
    };
    const next = (
      before: StoredLicense,
      how: VersionRequest['succeeds']['how'] = 'change',
      changes: Partial<VersionRequest> = {},
    ): VersionRequest => {
      return {
        ...office.food1(),
        number: before.record['ZZBH'] ?? '',
        succeeds: { license: before.id, how, reason: '经营场所变更', legalBasis: '行政许可法第四十九条' },
        ...changes,
      };
    };

    it('issues version 002 with the serial, number and status entry of its own, and supersedes 001', async () => {
      const first = await issueLicense(office.parts, office.food1());
      const request = next(first, 'change', {
        face: { ...office.food1().face, KZ_JYCS: '天津市河北区演示道99号' },
      });
      const second = await issueVersion(office.parts, request);
      const [a, b] = [first, second].map(({ identifier }) => parseLicenseIdentifier(identifier));
      assert.equal(b?.serial, a?.serial);
      assert.deepEqual([a?.version, b?.version], ['001', '002']);
      assert.ok(b?.checkMatches);
      assert.deepEqual([second.version, second.previous, second.root], [2, first.id, first.id]);
      assert.equal(second.record['previousIdentifier'], first.identifier);
      const before = await stored(first.id);
      assert.deepEqual([before.state, before.next], ['superseded', second.id]);
      assert.equal(before.record['KZ_JYCS'], first.record['KZ_JYCS'], 'the old record stays');
      assert.equal(await statusOf(before), STATUS.superseded);
      assert.equal(await statusOf(second), STATUS.valid);
      const details = await readLicense(office.parts, { actor: approval, purpose: '核对' }, first.id);
      assert.deepEqual(
        details.events.map((event) => [event.change, event.from, event.to, event.successor, event.reason]),
        [['change', 'issued', 'superseded', second.id, '经营场所变更']],
      );
      // Asked again: the same version, nothing new.
      assert.equal((await issueVersion(office.parts, request)).id, second.id);
      const { succeeds } = request;
      await assert.rejects(
        issueVersion(office.parts, { ...request, succeeds: { ...succeeds, officer: 'staff-7' } }),
        refusal('idempotency-mismatch'),
      );
      const numbered = next(second);
      await assert.rejects(
        issueVersion(office.parts, {
          ...numbered,
          succeeds: { ...numbered.succeeds, officer: '120105199001010012' },
        }),
        refusal('change-invalid'),
      );
      const listed = (await recentLicenses(office.parts, approval)).filter((one) => one.root === first.id);
      assert.deepEqual(
        listed.map((one) => one.id),
        [second.id],
      );
    });

    it('keeps the printed number taken through every version, and takes a new one over', async () => {
      const first = await issueLicense(office.parts, office.food1());
      const number = first.record['ZZBH'] ?? '';
      const second = await issueVersion(office.parts, next(first, 'renew'));
      await assert.rejects(
        issueLicense(office.parts, office.food1({ number })),
        refusal('license-number-taken'),
      );
      const other = await issueLicense(office.parts, office.food1());
      await assert.rejects(
        issueVersion(office.parts, next(other, 'change', { number })),
        refusal('license-number-taken'),
      );
      const renamed = await issueVersion(
        office.parts,
        next(second, 'change', { number: 'JY99999999999901' }),
      );
      assert.equal(renamed.version, 3);
      assert.equal((await issueLicense(office.parts, office.food1({ number }))).version, 1, 'free again');
    });

    it('refuses an older version, a foreign license, another holder, and what the law does not know', async () => {
      const first = await issueLicense(office.parts, office.food1());
      await assert.rejects(
        issueVersion(office.parts, next(first, 'change', { actor: market })),
        refusal('license-not-found'),
      );
      await assert.rejects(
        issueVersion(
          office.parts,
          next(first, 'change', {
            holder: { kind: 'enterprise', name: '另一企业有限公司', code: '91120105MA00000151' },
          }),
        ),
        (error: unknown) =>
          error instanceof LicenseError && ['succession-invalid', 'holder-invalid'].includes(error.code),
      );
      const second = await issueVersion(office.parts, next(first));
      await assert.rejects(issueVersion(office.parts, next(first)), refusal('succession-invalid'));
      await changeStatus(office.parts, {
        actor: approval,
        idempotencyKey: `revoke-${second.id}`,
        licenseId: second.id,
        change: 'revoke',
        reason: '处罚',
        legalBasis: '行政处罚法第九条',
      });
      await assert.rejects(issueVersion(office.parts, next(second)), refusal('transition-not-allowed'));
      assert.equal((await stored(second.id)).state, 'revoked');
    });

    it('has one winner where eight change one license at once, and leaves nothing half done', async () => {
      const first = await issueLicense(office.parts, office.food1());
      const tries = await Promise.allSettled(
        Array.from({ length: 8 }, () => issueVersion(office.parts, next(first))),
      );
      const won = tries.filter((one) => one.status === 'fulfilled');
      assert.equal(won.length, 1);
      const before = await stored(first.id);
      assert.equal(before.next, won[0]?.value.id);
      const rows = await office.parts.database.reader
        .selectFrom('license')
        .select(['state'])
        .where('root', '=', first.id)
        .where('state', 'not in', ['abandoned'])
        .execute();
      assert.deepEqual(rows.map((row) => row.state).sort(), ['issued', 'superseded']);
    });

    it('leaves the version before in force where the next one fails, and the one after skips its number', async () => {
      const first = await issueLicense(office.parts, office.food1());
      const broken = {
        ...office.parts,
        timestamps: { ...office.parts.timestamps, timestamp: () => Promise.reject(new Error('down')) },
      };
      await assert.rejects(issueVersion(broken, next(first)));
      const before = await stored(first.id);
      assert.deepEqual([before.state, before.next], ['issued', null]);
      assert.equal(await statusOf(before), STATUS.valid);
      const left = await office.parts.database.reader
        .selectFrom('license')
        .select(['state', 'record', 'succession', 'holder_index', 'number_index'])
        .where('root', '=', first.id)
        .where('version', '=', 2)
        .executeTakeFirstOrThrow();
      assert.deepEqual(
        left,
        { state: 'abandoned', record: null, succession: null, holder_index: null, number_index: null },
        'of the try nothing that tells of a person is left',
      );
      const after = await issueVersion(office.parts, next(first));
      assert.equal(after.version, 3, 'an identifier is used once');
    });
  });
}
