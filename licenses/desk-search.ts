// How a clerk at a window finds a license: by printed number, identifier, case number or holder; masked, bounded, on record.
import { checkPurpose, note, summaryOf, type LicenseSummary, type Reading } from './access.ts';
import { LicenseError } from './errors.ts';
import { departmentOf, requireScope } from './guard.ts';
import { listLicenses } from './listing.ts';
import type { LicenseParts } from './parts.ts';
import { searchByHolder, type LicensePage } from './search.ts';
import { numberIndex } from './store.ts';
import { licenseTypes } from './type-register.ts';

export const deskKeys = ['number', 'identifier', 'case', 'enterprise', 'resident'] as const;
/** What is looked for: a printed number, an identifier of GB/T 36904, a case number, or a holder's code of either kind. */
export type DeskKey = (typeof deskKeys)[number];

const MAX_FOUND = 50;

/**
 * Licenses that the department issued or supervises; a number finds the version that has it now.
 * @param after of a holder's licenses: the last of the page before
 * @throws LicenseError `scope-missing`, `department-missing`, `purpose-missing`, `holder-invalid`, `license-not-found`
 */
export async function findAtDesk(
  parts: LicenseParts,
  reading: Reading,
  by: DeskKey,
  text: string,
  after: string | null = null,
): Promise<LicensePage> {
  requireScope(reading.actor, 'licenses:read', 'licenses:search');
  const department = departmentOf(reading.actor);
  checkPurpose(reading.purpose);
  const wanted = text.normalize('NFC').trim();
  if (wanted === '') throw new LicenseError('holder-invalid', 'There is nothing to look for.');
  if (by === 'enterprise' || by === 'resident')
    return searchByHolder(parts, reading, { kind: by, code: wanted }, { after });
  const found = await summariesOf(parts, await idsOf(parts, department, by, wanted));
  const visible = found.filter(({ issuer, supervisor }) =>
    [issuer.creditCode, supervisor.creditCode].includes(department),
  );
  await note(parts, reading, 'license.searched', 'licenses', visible.length);
  return { licenses: visible, next: null };
}

/** In the order of their ids, all at once; what was destroyed is left out. */
async function summariesOf(parts: LicenseParts, ids: readonly string[]): Promise<readonly LicenseSummary[]> {
  if (ids.length === 0) return [];
  const page = { after: null, limit: ids.length };
  const { licenses } = await listLicenses(parts.database.reader, parts, { ids }, page);
  const now = parts.clock();
  const found = new Map(licenses.map((license) => [license.id, summaryOf(license, now)]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

async function idsOf(
  parts: LicenseParts,
  department: string,
  by: 'number' | 'identifier' | 'case',
  wanted: string,
): Promise<readonly string[]> {
  const db = parts.database.reader;
  const licenses = db.selectFrom('license').select('id').where('state', 'not in', ['intended', 'abandoned']);
  if (by === 'identifier') {
    const rows = await licenses.where('identifier', '=', wanted).execute();
    return rows.map(({ id }) => id);
  }
  if (by === 'case') {
    const rows = await licenses
      .where('case_number', '=', wanted)
      .where('issuer', '=', department)
      .orderBy('id')
      .limit(MAX_FOUND)
      .execute();
    return rows.map(({ id }) => id);
  }
  // A number is unique within its type and issuing authority: one index for each type that this office has to do with.
  const indexes = (await licenseTypes(db))
    .filter(({ issuer, supervisor }) => [issuer.creditCode, supervisor.creditCode].includes(department))
    .map(({ typeCode, issuer }) =>
      numberIndex(parts.index, { typeCode, issuer: issuer.creditCode, number: wanted }),
    );
  if (indexes.length === 0) return [];
  const rows = await licenses.where('number_index', 'in', indexes).limit(MAX_FOUND).execute();
  return rows.map(({ id }) => id);
}

/** What the desk has to look after: licenses of the department whose term or inspection ends soon, or went by. */
export interface DeskReminders {
  readonly overdue: readonly LicenseSummary[];
  readonly ending: readonly LicenseSummary[];
}

const SOON = 60 * 86_400_000;
const MAX_REMINDED = 10;

/** @throws LicenseError `scope-missing`, `department-missing` */
export async function deskReminders(parts: LicenseParts, actor: Reading['actor']): Promise<DeskReminders> {
  requireScope(actor, 'licenses:read');
  const department = departmentOf(actor);
  const now = parts.clock();
  const db = parts.database.reader;
  const mine = db
    .selectFrom('license')
    .select('id')
    .where('issuer', '=', department)
    .where('state', 'in', ['issued', 'suspended'])
    .where('next', 'is', null);
  const overdue = await mine
    .where('inspection_overdue', '=', 1)
    .orderBy('inspect_by')
    .limit(MAX_REMINDED)
    .execute();
  const ending = await mine
    .where('expiry_noted', '=', 0)
    .where('expires_at', '>', now.toISOString())
    .where('expires_at', '<=', new Date(now.getTime() + SOON).toISOString())
    .orderBy('expires_at')
    .limit(MAX_REMINDED)
    .execute();
  const idsIn = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id);
  return {
    overdue: await summariesOf(parts, idsIn(overdue)),
    ending: await summariesOf(parts, idsIn(ending)),
  };
}
