// Copies for a purpose as their holder reads them, fetches them, and takes them back.
import type { Reader } from '../storage/database.ts';
import { note, type HolderReading } from './access.ts';
import { copyOf, copyRows, endCopyIn, type LicenseCopy } from './copy-store.ts';
import { LicenseError } from './errors.ts';
import { normaliseHolderCode } from './face.ts';
import type { LicenseParts } from './parts.ts';
import { holderIndex } from './store.ts';

function indexOf(parts: LicenseParts, { holder }: HolderReading): string {
  return holderIndex(parts.index, holder.kind, normaliseHolderCode(holder.kind, holder.code, parts.clock()));
}

/** The holder's copies, the newest first. */
export async function copiesOfHolder(
  parts: LicenseParts,
  reading: HolderReading,
  limit = 50,
): Promise<readonly LicenseCopy[]> {
  const rows = await copyRows(parts.database.reader, indexOf(parts, reading), Math.min(limit, 200));
  return rows.flatMap((row) => copyOf(row) ?? []);
}

/** One of the holder's copies. @throws LicenseError `copy-not-found` */
async function ownCopy(parts: LicenseParts, reading: HolderReading, id: string): Promise<LicenseCopy> {
  const row = await parts.database.reader
    .selectFrom('license_copy')
    .selectAll()
    .where('id', '=', id)
    .where('holder_index', '=', indexOf(parts, reading))
    .executeTakeFirst();
  const copy = row === undefined ? null : copyOf(row);
  if (copy === null) throw new LicenseError('copy-not-found', 'There is no such copy.');
  return copy;
}

/** Its sealed PDF; the disclosure is on record. @throws LicenseError `copy-not-found` */
export async function copyDocument(
  parts: LicenseParts,
  reading: HolderReading,
  id: string,
): Promise<LicenseCopy['document'] & { readonly identifier: string }> {
  const copy = await ownCopy(parts, reading, id);
  await note(parts, reading, 'document.disclosed', copy.license);
  return { ...copy.document, identifier: copy.grantNumber };
}

/** Takes a copy back: its code is out of force at once. @throws LicenseError `copy-not-found` (absent, or taken back before) */
export async function endCopy(parts: LicenseParts, reading: HolderReading, id: string): Promise<void> {
  const ending = { id, holderIndex: indexOf(parts, reading), now: parts.clock() };
  const ended = await parts.database.write((tx) => endCopyIn(tx, parts, reading.actor, ending));
  if (!ended) throw new LicenseError('copy-not-found', 'There is no such copy in force.');
}

/** Whether a stamp sealed a copy: its page is the holder's to give out, and not that of the office whose seal it carries. */
export async function sealsCopy(db: Reader, stampId: string): Promise<boolean> {
  const row = await db
    .selectFrom('license_copy')
    .select('id')
    .where('stamp', '=', stampId)
    .executeTakeFirst();
  return row !== undefined;
}
