// What tests of the life of licenses share: a strict type, the public list as a reader sees it, and other days.
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { decodeStatusListClaims, statusAt } from '../../formats/qr/status-list.ts';
import { parseJws } from '../../formats/cose/jws.ts';
import type { StatusChangeRequest } from '../../licenses/change.ts';
import { LicenseError, type LicenseErrorCode } from '../../licenses/errors.ts';
import type { LicenseParts } from '../../licenses/parts.ts';
import { statusListToken } from '../../licenses/status-edition.ts';
import { findLicense, type StoredLicense } from '../../licenses/store.ts';
import { publishLicenseType } from '../../licenses/type-register.ts';
import type { LicenseType } from '../../licenses/type.ts';
import { approval, type LicenseOffice } from './license-office.ts';
import { ISSUER } from './sample-type.ts';

export const DAY = 86_400_000;

export const refusal =
  (code: LicenseErrorCode) =>
  (error: unknown): boolean =>
    error instanceof LicenseError && error.code === code;

/** The same parts on another day. */
export function inDays(parts: LicenseParts, days: number): LicenseParts {
  return { ...parts, clock: () => new Date(Date.now() + days * DAY) };
}

export const inDay = (days: number): Date => new Date(Date.now() + days * DAY);

/** A change of a license by its department, each under a key of its own. */
export function change(
  license: StoredLicense,
  what: StatusChangeRequest['change'],
  more: Partial<StatusChangeRequest> = {},
): StatusChangeRequest {
  return {
    actor: approval,
    licenseId: license.id,
    idempotencyKey: `change-${randomUUID()}`,
    change: what,
    reason: '检查发现问题',
    legalBasis: '食品安全法第一百二十六条',
    ...more,
  };
}

/** What the outbox says of a license, in order. */
export async function outboxKinds(parts: LicenseParts, root: string): Promise<readonly string[]> {
  const rows = await parts.database.reader
    .selectFrom('license_outbox')
    .select('kind')
    .where('root', '=', root)
    .orderBy('sequence')
    .execute();
  return rows.map(({ kind }) => kind);
}

/** A type with inspections, second persons and a history of its status list. */
export async function publishStrictType(office: LicenseOffice): Promise<LicenseType> {
  const strict: LicenseType = {
    ...office.food,
    typeCode: `${ISSUER.creditCode}103`,
    key: 'sample-strict',
    inspection: {
      name: '校验',
      englishName: 'inspection',
      everyMonths: 12,
      graceDays: 30,
      outcomes: ['合格', '暂缓校验'],
      basis: '医疗机构管理条例第二十二条',
    },
    secondPerson: ['revoke', 'change', 'merge'],
    statusHistory: true,
  };
  await publishLicenseType(office.parts, strict);
  return strict;
}

export async function stored(parts: LicenseParts, id: string): Promise<StoredLicense> {
  const license = await findLicense(parts.database.reader, parts, id);
  assert.ok(license);
  return license;
}

/** The value of a license's entry in a signed edition. */
export async function valueIn(token: string, license: StoredLicense): Promise<number> {
  assert.ok(license.status);
  const { payload } = parseJws(token, 1_000_000);
  const { list } = await decodeStatusListClaims(payload, (bytes) =>
    Promise.resolve(new Uint8Array(inflateSync(bytes))),
  );
  return statusAt(list, license.status.index);
}

/** What the public list says now. */
export async function published(parts: LicenseParts, license: StoredLicense): Promise<number> {
  assert.ok(license.status);
  return valueIn(await statusListToken(parts, license.status.list), license);
}

/** Rows like those of a license, with what is said of them otherwise; taken away again by the answer. Their pages are not read. */
export async function copyRows(
  parts: LicenseParts,
  id: string,
  count: number,
  changes: { readonly issuer?: string; readonly supervisor?: string; readonly issued_at?: string } = {},
): Promise<() => Promise<void>> {
  const { database } = parts;
  const license = await database.reader
    .selectFrom('license')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const holder = await database.reader
    .selectFrom('license_holder')
    .selectAll()
    .where('license', '=', id)
    .executeTakeFirstOrThrow();
  const salt = randomBytes(8).toString('hex');
  const ids = Array.from({ length: count }, (_, index) => `lic_${salt}${String(index).padStart(16, '0')}`);
  await database.write(async (tx) => {
    for (const copy of ids) {
      const own = { id: copy, code_id: copy.slice(4), number_index: null, stamp: `stp_${copy.slice(4)}` };
      const row = { ...license, ...own, identifier: `${license.identifier}-${copy}`, ...changes };
      await tx
        .insertInto('license')
        .values({ ...row, version: Number(copy.slice(-6)) + 2 })
        .execute();
      await tx
        .insertInto('license_holder')
        .values({ ...holder, license: copy })
        .execute();
    }
  });
  return () =>
    database.write(async (tx) => {
      await tx.deleteFrom('license_holder').where('license', 'in', ids).execute();
      await tx.deleteFrom('license').where('id', 'in', ids).execute();
    });
}
