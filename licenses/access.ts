// Who may read a license: the office that issued it, the one that supervises it, and its holder. Every reading leaves a row.
import type { Actor } from '../storage/actor.ts';
import type { AuditAction } from '../storage/audit-log.ts';
import { eventsOf, type LicenseEvent } from './event-store.ts';
import type { CodeText } from './code-picture.ts';
import { LicenseError } from './errors.ts';
import { maskedCode, maskedName, normaliseHolderCode, type HolderInput } from './face.ts';
import { departmentOf, requireScope } from './guard.ts';
import { stateAt, stateWords, type LicenseState } from './license.ts';
import type { LicenseParts } from './parts.ts';
import { holdsUnprintable, withoutResidentNumbers } from './plain-text.ts';
import { findLicense, type StoredLicense } from './store.ts';
import { licenseTypeEdition } from './type-register.ts';
import type { HolderKind } from './type.ts';

/** A license as lists show it: residents are masked. */
export interface LicenseSummary {
  readonly id: string;
  readonly root: string;
  readonly version: number;
  readonly previous: string | null;
  readonly next: string | null;
  readonly identifier: string;
  readonly typeCode: string;
  readonly typeName: string;
  /** Printed number; of residents the last four characters. */
  readonly number: string;
  readonly holder: { readonly kind: HolderKind; readonly name: string; readonly code: string };
  readonly issuer: { readonly creditCode: string; readonly name: string };
  readonly supervisor: { readonly creditCode: string; readonly name: string };
  readonly state: LicenseState;
  readonly stateWords: string;
  readonly issuedAt: Date;
  readonly validFrom: string;
  readonly validUntil: string | null;
  readonly matter: string;
  readonly caseNumber: string | null;
}

/** One element of the face, with its label. */
interface FaceLine {
  readonly name: string;
  readonly label: string;
  readonly englishLabel: string;
  readonly value: string;
}

/** A license in full, for who may read it. */
export interface LicenseDetails extends LicenseSummary {
  readonly face: readonly FaceLine[];
  readonly events: readonly LicenseEvent[];
  readonly recordHash: string;
  readonly document: { readonly digest: string; readonly size: number };
  readonly stampId: string;
  readonly code: CodeText;
}

/** As lists show a license. */
export function summaryOf(license: StoredLicense, now: Date): LicenseSummary {
  const { record, holderKind } = license;
  const state = stateAt(license.state, license.expiresAt, now);
  const number = record['ZZBH'] ?? '';
  return {
    id: license.id,
    root: license.root,
    version: license.version,
    previous: license.previous,
    next: license.next,
    identifier: license.identifier,
    typeCode: license.typeCode,
    typeName: record['ZZLXMC'] ?? '',
    number: holderKind === 'resident' ? `****${number.slice(-4)}` : number,
    holder: {
      kind: holderKind,
      name: maskedName(holderKind, record['CZZT'] ?? ''),
      code: maskedCode(holderKind, record['CZZTDM'] ?? ''),
    },
    issuer: { creditCode: license.issuer, name: record['ZZBFJG'] ?? '' },
    supervisor: { creditCode: license.supervisor, name: record['supervisor'] ?? '' },
    state,
    stateWords: stateWords[state],
    issuedAt: license.issuedAt,
    validFrom: record['ZZYXQQSRQ'] ?? '',
    validUntil: record['ZZYXQJZRQ'] ?? null,
    matter: license.matter,
    caseNumber: license.caseNumber,
  };
}

/** Who reads, and why. */
export interface Reading {
  readonly actor: Actor;
  /** What it is for, 1 to 200 characters; goes into the audit row, so no names or numbers. */
  readonly purpose: string;
}

/** A holder whose identity the caller has proven (sign-in), reading what is theirs. */
export interface HolderReading extends Reading {
  readonly holder: Pick<HolderInput, 'kind' | 'code'>;
}

/** @throws LicenseError `purpose-missing` */
export function checkPurpose(purpose: string): string {
  if (purpose.trim() === '' || Array.from(purpose).length > 200 || holdsUnprintable(purpose)) {
    throw new LicenseError(
      'purpose-missing',
      'Reading personal data names its purpose in 1 to 200 printable characters.',
    );
  }
  return purpose;
}

/** One audit row: who read what, and what for. @throws LicenseError `purpose-missing` */
export async function note(
  parts: LicenseParts,
  reading: Reading,
  action: AuditAction,
  subject: string,
  found?: number,
): Promise<void> {
  const at = parts.clock();
  const purpose = withoutResidentNumbers(checkPurpose(reading.purpose), at);
  await parts.database.write((tx) =>
    parts.audit.append(tx, {
      at,
      actor: reading.actor,
      action,
      subject,
      details: { purpose, ...(found === undefined ? {} : { found: String(found) }) },
    }),
  );
}

/** A license the department issued or supervises. @throws LicenseError `license-not-found` (absent or foreign alike) */
async function visibleLicense(parts: LicenseParts, actor: Actor, id: string): Promise<StoredLicense> {
  requireScope(actor, 'licenses:read', 'licenses:write');
  const department = departmentOf(actor);
  const license = await findLicense(parts.database.reader, parts, id);
  if (license === null || (license.issuer !== department && license.supervisor !== department)) {
    throw new LicenseError('license-not-found', 'There is no such license.');
  }
  return license;
}

/** A license of the holder's own. @throws LicenseError `license-not-found` */
export async function heldLicense(parts: LicenseParts, reading: HolderReading, id: string): Promise<StoredLicense> {
  const license = await findLicense(parts.database.reader, parts, id);
  const { kind } = reading.holder;
  const code = normaliseHolderCode(kind, reading.holder.code, parts.clock());
  if (license?.holderKind !== kind || license.record['CZZTDM'] !== code) {
    throw new LicenseError('license-not-found', 'There is no such license.');
  }
  return license;
}

async function detailsOf(parts: LicenseParts, license: StoredLicense): Promise<LicenseDetails> {
  const type = await licenseTypeEdition(parts.database.reader, license.typeCode, license.edition);
  const { record } = license;
  const face = type.fields.flatMap((field) => {
    const value = record[field.name];
    return value === undefined
      ? []
      : [{ name: field.name, label: field.label, englishLabel: field.englishLabel, value }];
  });
  return {
    ...summaryOf(license, parts.clock()),
    number: record['ZZBH'] ?? '',
    holder: { kind: license.holderKind, name: record['CZZT'] ?? '', code: record['CZZTDM'] ?? '' },
    face,
    events: await eventsOf(parts, parts.database.reader, license.id),
    recordHash: license.recordHash,
    document: license.document,
    stampId: license.stampId,
    code: license.code,
  };
}

/**
 * A license in full, unmasked. The disclosure is on record before it is answered.
 * @throws LicenseError `scope-missing`, `department-missing`, `purpose-missing`, `license-not-found`
 */
export async function readLicense(
  parts: LicenseParts,
  reading: Reading,
  id: string,
): Promise<LicenseDetails> {
  checkPurpose(reading.purpose);
  const license = await visibleLicense(parts, reading.actor, id);
  await note(parts, reading, 'license.disclosed', license.id);
  return detailsOf(parts, license);
}

/** The same for the holder. @throws LicenseError `license-not-found`; FormatError for a code that is none */
export async function readOwnLicense(
  parts: LicenseParts,
  reading: HolderReading,
  id: string,
): Promise<LicenseDetails> {
  const license = await heldLicense(parts, reading, id);
  await note(parts, reading, 'license.disclosed', license.id);
  return detailsOf(parts, license);
}

/** The sealed PDF of a license, for a department or (with `holder`) its holder; the disclosure is on record. */
export async function licenseDocument(
  parts: LicenseParts,
  reading: Reading | HolderReading,
  id: string,
): Promise<StoredLicense['document'] & { readonly identifier: string }> {
  const license =
    'holder' in reading
      ? await heldLicense(parts, reading, id)
      : await visibleLicense(parts, reading.actor, id);
  await note(parts, reading, 'document.disclosed', license.id);
  return { ...license.document, identifier: license.identifier };
}
