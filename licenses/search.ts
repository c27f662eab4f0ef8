// Finds licenses by their holder: masked, bounded, and on record with its purpose.
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
import type { LicenseParts } from './parts.ts';
import { findLicenses, holderIndex, type StoredLicense } from './store.ts';

/** The newest licenses the actor's department issued, masked. @throws LicenseError `scope-missing`, `department-missing` */
export async function recentLicenses(
  parts: LicenseParts,
  actor: Actor,
  limit = 50,
): Promise<readonly LicenseSummary[]> {
  requireScope(actor, 'licenses:read', 'licenses:write');
  const found = await findLicenses(
    parts.database.reader,
    parts,
    { issuer: departmentOf(actor) },
    Math.min(limit, 200),
  );
  return found.map((license) => summaryOf(license, parts.clock()));
}

/** Most licenses of one answer. */
const MAX_FOUND = 200;

/**
 * Licenses of a holder that the actor's department issued or supervises, masked. The search is on record.
 * @throws LicenseError `scope-missing`, `department-missing`, `purpose-missing`, `holder-invalid`
 */
export async function searchByHolder(
  parts: LicenseParts,
  reading: Reading,
  holder: Pick<HolderInput, 'kind' | 'code'>,
): Promise<readonly LicenseSummary[]> {
  requireScope(reading.actor, 'licenses:read', 'licenses:search');
  const department = departmentOf(reading.actor);
  checkPurpose(reading.purpose);
  const visible = await licensesHeldBy(parts, holder, { visibleTo: department });
  await note(parts, reading, 'license.searched', 'licenses', visible.length);
  return visible.map((license) => summaryOf(license, parts.clock()));
}

/**
 * A holder's own licenses, from every department: with the own name in full, and the own number masked, since a list
 * is what others see over a shoulder. @throws LicenseError `holder-invalid`
 */
export async function licensesOfHolder(
  parts: LicenseParts,
  reading: HolderReading,
): Promise<readonly LicenseSummary[]> {
  const own = await licensesHeldBy(parts, reading.holder);
  await note(parts, reading, 'license.searched', 'own licenses', own.length);
  return own.map((license) => {
    const summary = summaryOf(license, parts.clock());
    return { ...summary, holder: { ...summary.holder, name: license.record['CZZT'] ?? '' } };
  });
}

/**
 * Newest versions of a holder's licenses, newest first. Its caller puts the reading on record.
 * @param which `visibleTo`: of those that this department issued or supervises; `limit`: 200 where not said
 * @throws LicenseError `holder-invalid`
 */
export async function licensesHeldBy(
  parts: LicenseParts,
  holder: Pick<HolderInput, 'kind' | 'code'>,
  { visibleTo, limit = MAX_FOUND }: { readonly visibleTo?: string; readonly limit?: number } = {},
): Promise<readonly StoredLicense[]> {
  let code: string;
  try {
    code = normaliseHolderCode(holder.kind, holder.code, parts.clock());
  } catch (cause) {
    throw new LicenseError('holder-invalid', 'The holder is not described correctly.', {
      cause,
      complaints: [{ field: 'holder.code', reason: 'Not a valid code of this kind of holder.' }],
    });
  }
  return findLicenses(
    parts.database.reader,
    parts,
    {
      holder: holderIndex(parts.index, holder.kind, code),
      ...(visibleTo === undefined ? {} : { visibleTo }),
    },
    limit,
  );
}
