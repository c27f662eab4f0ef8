// Finds licenses by their holder: masked, a page at a time, and on record with its purpose.
import type { Actor } from '../storage/actor.ts';
import {
  checkPurpose,
  note,
  summaryOf,
  type HolderReading,
  type LicenseSummary,
  type Reading,
} from './access.ts';
import { LicenseError } from './errors.ts';
import { normaliseHolderCode, type HolderInput } from './face.ts';
import { departmentOf, requireScope } from './guard.ts';
import { listedTypes, listLicenses, type ListedBy } from './listing.ts';
import type { LicenseParts } from './parts.ts';
import { findLicenses, holderIndex, type StoredLicense } from './store.ts';

/** A page of a list: masked, newest first. */
export interface LicensePage {
  readonly licenses: readonly LicenseSummary[];
  /** What the next page begins after; null where this is the last. */
  readonly next: string | null;
}

/** Licenses of a page where nothing else is said, and at most: a page never costs more than this many are read. */
export const PAGE = { usual: 50, largest: 100 } as const;

/** A page somebody asked for. */
export interface PageWanted {
  /** Id of the last license of the page before. */
  readonly after?: string | null | undefined;
  /** At most `PAGE.largest`; `PAGE.usual` where not said. */
  readonly limit?: number | undefined;
}

async function pageOf(parts: LicenseParts, by: ListedBy, wanted: PageWanted): Promise<LicensePage> {
  const { after = null, limit = PAGE.usual } = wanted;
  const page = { after, limit: Math.min(Math.max(1, limit), PAGE.largest) };
  const { licenses, next } = await listLicenses(parts.database.reader, parts, by, page);
  const now = parts.clock();
  return { licenses: licenses.map((license) => summaryOf(license, now)), next };
}

/** The newest licenses the actor's department issued, masked. @throws LicenseError `scope-missing`, `department-missing` */
export async function recentLicenses(
  parts: LicenseParts,
  actor: Actor,
  limit?: number,
): Promise<readonly LicenseSummary[]> {
  requireScope(actor, 'licenses:read', 'licenses:write');
  return (await pageOf(parts, { issuer: departmentOf(actor) }, { limit })).licenses;
}

/**
 * Licenses of a holder that the actor's department issued or supervises, masked, a page at a time. Each page is on record.
 * @throws LicenseError `scope-missing`, `department-missing`, `purpose-missing`, `holder-invalid`, `license-not-found` (the
 *   page is to come after a license that is none of these)
 */
export async function searchByHolder(
  parts: LicenseParts,
  reading: Reading,
  holder: Pick<HolderInput, 'kind' | 'code'>,
  wanted: PageWanted = {},
): Promise<LicensePage> {
  requireScope(reading.actor, 'licenses:read', 'licenses:search');
  const department = departmentOf(reading.actor);
  checkPurpose(reading.purpose);
  const by = { holder: indexOfHolder(parts, holder), visibleTo: department };
  const page = await pageOf(parts, by, wanted);
  await note(parts, reading, 'license.searched', 'licenses', page.licenses.length);
  return page;
}

/**
 * A holder's own licenses, from every department, a page at a time: with the own name in full, and the own number masked,
 * since a list is what others see over a shoulder. On record.
 * @throws LicenseError `holder-invalid`, `license-not-found` as above
 */
export async function licensesOfHolder(
  parts: LicenseParts,
  reading: HolderReading,
  { after = null, limit = PAGE.usual }: PageWanted = {},
): Promise<LicensePage> {
  const { licenses, next } = await listLicenses(
    parts.database.reader,
    parts,
    { holder: indexOfHolder(parts, reading.holder) },
    { after, limit: Math.min(Math.max(1, limit), PAGE.largest) },
  );
  await note(parts, reading, 'license.searched', 'own licenses', licenses.length);
  const now = parts.clock();
  return {
    licenses: licenses.map((license) => {
      const summary = summaryOf(license, now);
      return { ...summary, holder: { ...summary.holder, name: license.record['CZZT'] ?? '' } };
    }),
    next,
  };
}

/** Most licenses of a holder whose types are told at once. */
const MOST_TYPES = 2000;

/** Types of a holder's own licenses, by id: what other pages name them by. Opens none of them; on record. @throws LicenseError `holder-invalid` */
export async function typesOfHolder(
  parts: LicenseParts,
  reading: HolderReading,
): Promise<ReadonlyMap<string, string>> {
  const by = { holder: indexOfHolder(parts, reading.holder) };
  const types = await listedTypes(parts.database.reader, by, MOST_TYPES);
  await note(parts, reading, 'license.searched', 'own licenses', types.size);
  return types;
}

/**
 * Newest versions of a holder's licenses, whole, newest first. Its caller puts the reading on record.
 * @throws LicenseError `holder-invalid`
 */
export async function licensesHeldBy(
  parts: LicenseParts,
  holder: Pick<HolderInput, 'kind' | 'code'>,
  limit: number,
): Promise<readonly StoredLicense[]> {
  return findLicenses(parts.database.reader, parts, { holder: indexOfHolder(parts, holder) }, limit);
}

function indexOfHolder(parts: LicenseParts, { kind, code }: Pick<HolderInput, 'kind' | 'code'>): string {
  try {
    return holderIndex(parts.index, kind, normaliseHolderCode(kind, code, parts.clock()));
  } catch (cause) {
    throw new LicenseError('holder-invalid', 'The holder is not described correctly.', {
      cause,
      complaints: [{ field: 'holder.code', reason: 'Not a valid code of this kind of holder.' }],
    });
  }
}
