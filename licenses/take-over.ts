// Takes over a license that was issued before: on paper, or as a file of another system; and what was kept of its original.
import type { Actor } from '../storage/actor.ts';
import { note, readLicense, type Reading } from './access.ts';
import { LicenseError } from './errors.ts';
import { issueLicense, type IssueRequest } from './issue.ts';
import { findOriginal, type StoredOriginal } from './original-store.ts';
import type { OriginalInput } from './original.ts';
import type { LicenseParts } from './parts.ts';
import { recordCipherOf } from './record-keys.ts';
import type { StoredLicense } from './store.ts';

export interface TakeOverRequest extends IssueRequest {
  readonly actor: Actor;
  readonly original: OriginalInput;
}

/**
 * Takes a license over: recorded, identified, coded, drawn, stamped as one that is issued, and marked on every page, in the
 * code, in the record and in every answer as no original, with its level of trust. Repeating the key answers the stored one.
 * @throws LicenseError as `issueLicense`, and the codes of `checkOriginal`
 */
export function takeOverLicense(parts: LicenseParts, request: TakeOverRequest): Promise<StoredLicense> {
  return issueLicense(parts, request);
}

/**
 * What was kept of a license's original; on record as a reading.
 * @throws LicenseError as `readLicense`, and `original-not-found` for a license that was issued here
 */
export async function readOriginal(
  parts: LicenseParts,
  reading: Reading,
  license: string,
): Promise<StoredOriginal> {
  await readLicense(parts, reading, license);
  const { reader } = parts.database;
  const original = await findOriginal(reader, await recordCipherOf(reader, parts, license), license);
  if (original === null)
    throw new LicenseError(
      'original-not-found',
      'This license was issued here: it has no original elsewhere.',
    );
  return original;
}

/**
 * The original's file; a row of its own says that it was given out.
 * @throws LicenseError as `readOriginal`; `original-not-found` where none was kept
 */
export async function originalDocument(
  parts: LicenseParts,
  reading: Reading,
  license: string,
): Promise<NonNullable<StoredOriginal['document']>> {
  const { document } = await readOriginal(parts, reading, license);
  if (document === null) throw new LicenseError('original-not-found', 'No file of the original was kept.');
  await note(parts, reading, 'document.disclosed', license);
  return document;
}
