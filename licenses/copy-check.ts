// What is asked of a copy for a purpose, and everything of it that can be refused before anything is written.
import { toHex } from '../formats/bytes.ts';
import { sealWithCode } from '../signing/seal-register.ts';
import type { HolderReading } from './access.ts';
import { makeCopyRecord, type CopyPurpose } from './copy-record.ts';
import { LicenseError } from './errors.ts';
import { beijingDay, endOfTerm } from './face.ts';
import { stateAt } from './license.ts';
import type { LicenseParts } from './parts.ts';
import type { LicenseRecord } from './record.ts';
import { checkFields, holderFields } from './shown-fields.ts';
import type { StoredLicense } from './store.ts';
import { licenseTypeEdition } from './type-register.ts';
import type { LicenseType } from './type.ts';

/** Days a copy is good at most: what is needed for longer is granted again. */
export const LONGEST_DAYS = 180;
/** Copies of one license in a day: each is a sealed page that is kept, and an entry of a status list. */
export const MOST_A_DAY = 50;
/** Rows that a page has room for. */
const MAX_COPY_FIELDS = 12;
export interface CopyRequest extends HolderReading {
  readonly idempotencyKey: string;
  readonly license: string;
  /** For whom and for what. */
  readonly grant: CopyPurpose;
  /** Short names. */
  readonly fields: readonly string[];
}

/** A copy between intention and completion. */
export interface CopyInHand {
  readonly id: string;
  readonly type: LicenseType;
  readonly license: StoredLicense;
  readonly record: LicenseRecord;
  readonly fields: readonly string[];
  readonly sealId: string;
  readonly grantNumber: string;
  readonly madeAt: Date;
}

/** @throws LicenseError `copy-invalid`, `fields-not-permitted`, `seal-not-permitted` */
export async function checkCopy(
  parts: LicenseParts,
  request: CopyRequest,
  license: StoredLicense,
): Promise<CopyInHand> {
  const now = parts.clock();
  const state = stateAt(license.state, license.expiresAt, now);
  if (state !== 'issued')
    throw new LicenseError('copy-invalid', `A license that is ${state} is not copied for use.`);
  checkPurposeOf(request.grant, license, now);
  const type = await licenseTypeEdition(parts.database.reader, license.typeCode, license.edition);
  const fields = checkFields(holderFields(type), request.fields);
  if (fields.length > MAX_COPY_FIELDS)
    throw new LicenseError('copy-invalid', `A copy has room for ${MAX_COPY_FIELDS} fields.`);
  const grantNumber = newGrantNumber(parts, now);
  const record = makeCopyRecord({
    type,
    license,
    purpose: request.grant,
    grantNumber,
    fields,
    madeOn: beijingDay(now),
    codeId: parts.random(16),
    random: parts.random,
  });
  return {
    id: `cpy_${toHex(parts.random(16))}`,
    type,
    license,
    record,
    fields,
    sealId: await sealFor(parts, type),
    grantNumber,
    madeAt: now,
  };
}

function checkPurposeOf(purpose: CopyPurpose, license: StoredLicense, now: Date): void {
  const refuse = (message: string): never => {
    throw new LicenseError('copy-invalid', message);
  };
  if (!/^[0-9A-Z]{18}$/.test(purpose.department)) refuse('The department is named by its credit code.');
  if (!/^[\x21-\x7e]{1,40}$/.test(purpose.matter)) refuse('The matter is named by its implementation code.');
  const words = [purpose.departmentName, purpose.matterName];
  if (words.some((each) => each.trim() === '' || Array.from(each).length > 40))
    refuse('Department and matter are said in 1 to 40 characters each.');
  const end = /^\d{4}-\d{2}-\d{2}$/.test(purpose.until)
    ? endOfTerm({ from: purpose.until, until: purpose.until })
    : null;
  if (end === null || Number.isNaN(end.getTime()) || end <= now)
    return refuse('The last day is a day from today on.');
  if (end.getTime() - now.getTime() > (LONGEST_DAYS + 1) * 86_400_000)
    refuse(`A copy is good for at most ${LONGEST_DAYS} days.`);
  if (license.expiresAt !== null && end > license.expiresAt) refuse('A copy ends no later than its license.');
}

/** `SQ`, the day, and twelve random digits. */
function newGrantNumber(parts: Pick<LicenseParts, 'random'>, now: Date): string {
  let value = 0n;
  for (const byte of parts.random(8)) value = value * 256n + BigInt(byte);
  const digits = (value % 1_000_000_000_000n).toString().padStart(12, '0');
  return `SQ${beijingDay(now).replaceAll('-', '')}${digits}`;
}

/** The seal for copies where the type names one, else the first of its seals that can be used. */
async function sealFor(parts: LicenseParts, type: LicenseType): Promise<string> {
  for (const code of type.seals) {
    const seal = await sealWithCode(parts.database.reader, code);
    if (seal?.state === 'valid' && seal.department === type.issuer.creditCode) return seal.id;
  }
  throw new LicenseError('seal-not-permitted', 'No seal of the issuing authority can be used now.');
}
