// Who may read a license: the office that issued it, the one that supervises it, and its holder. Every reading leaves a row;
// offices see residents masked until they say why they need more.
import type { Actor } from '../storage/actor.ts';
import type { AuditAction } from '../storage/audit-log.ts';
import { eventsOf, type LicenseEvent } from './event-store.ts';
import type { CodeText } from './code-picture.ts';
import { LicenseError } from './errors.ts';
import { wordsOfRows } from './face-rows.ts';
import { normaliseHolderCode, type HolderInput } from './face.ts';
import { departmentOf, requireScope } from './guard.ts';
import { isHolder } from './holders.ts';
import { stateAt, stateWords, type LicenseState } from './license.ts';
import { isPersonal, maskedHolder, maskedNumber, maskedValue } from './mask.ts';
import { trustOf, type TrustLevel } from './original.ts';
import type { ListedLicense } from './listing.ts';
import type { LicenseParts } from './parts.ts';
import { holdsUnprintable, withoutResidentNumbers } from './plain-text.ts';
import { findLicense, type StoredLicense } from './store.ts';
import { licenseTypeEdition } from './type-register.ts';
import type { FaceField, HolderKind } from './type.ts';

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
  /** 可信等级: `A` where it was issued here. */
  readonly trust: TrustLevel;
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

/** A license with its face, for who may read it. */
export interface LicenseDetails extends LicenseSummary {
  /** Whether anything is masked: a department reveals it with a reason. */
  readonly masked: boolean;
  readonly face: readonly FaceLine[];
  readonly events: readonly LicenseEvent[];
  readonly recordHash: string;
  readonly document: { readonly digest: string; readonly size: number };
  readonly stampId: string;
  readonly code: CodeText;
}

/** As lists show a license. */
export function summaryOf(license: ListedLicense, now: Date): LicenseSummary {
  const { record, holderKind } = license;
  const state = stateAt(license.state, license.expiresAt, now);
  return {
    id: license.id,
    root: license.root,
    version: license.version,
    previous: license.previous,
    next: license.next,
    identifier: license.identifier,
    typeCode: license.typeCode,
    typeName: record['ZZLXMC'] ?? '',
    number: maskedNumber(holderKind, record['ZZBH'] ?? ''),
    holder: maskedHolder(holderKind, record['CZZT'] ?? '', record['CZZTDM'] ?? ''),
    issuer: { creditCode: license.issuer, name: record['ZZBFJG'] ?? '' },
    supervisor: { creditCode: license.supervisor, name: record['supervisor'] ?? '' },
    state,
    stateWords: stateWords[state],
    trust: trustOf(record),
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

/** Says to its own departments, and to nobody else, that there was one. @throws LicenseError `license-destroyed` */
async function refuseDestroyed(parts: LicenseParts, department: string, id: string): Promise<void> {
  const gone = await parts.database.reader
    .selectFrom('license')
    .select('id')
    .where('id', '=', id)
    .where('record', 'is', null)
    .where('state', 'not in', ['intended', 'abandoned'])
    .where((e) => e.or([e('issuer', '=', department), e('supervisor', '=', department)]))
    .executeTakeFirst();
  if (gone !== undefined) {
    throw new LicenseError(
      'license-destroyed',
      'The period of keeping of this license is over: what it said of persons was destroyed.',
    );
  }
}

/** A license the department issued or supervises. @throws LicenseError `license-not-found` (absent or foreign alike) */
async function visibleLicense(parts: LicenseParts, actor: Actor, id: string): Promise<StoredLicense> {
  requireScope(actor, 'licenses:read', 'licenses:write');
  const department = departmentOf(actor);
  const license = await findLicense(parts.database.reader, parts, id);
  if (license === null) await refuseDestroyed(parts, department, id);
  if (license === null || (license.issuer !== department && license.supervisor !== department)) {
    throw new LicenseError('license-not-found', 'There is no such license.');
  }
  return license;
}

/** A license of the holder's own. @throws LicenseError `license-not-found` */
export async function heldLicense(
  parts: LicenseParts,
  reading: HolderReading,
  id: string,
): Promise<StoredLicense> {
  const license = await findLicense(parts.database.reader, parts, id);
  const { kind } = reading.holder;
  const code = normaliseHolderCode(kind, reading.holder.code, parts.clock());
  if (license === null || !isHolder(license.record, kind, code)) {
    throw new LicenseError('license-not-found', 'There is no such license.');
  }
  return license;
}

async function detailsOf(
  parts: LicenseParts,
  license: StoredLicense,
  view: 'full' | 'masked',
): Promise<LicenseDetails> {
  const type = await licenseTypeEdition(parts.database.reader, license.typeCode, license.edition);
  const { record } = license;
  const hidden = (field: FaceField): boolean => view === 'masked' && isPersonal(field, license.holderKind);
  const face = type.fields.flatMap((field) => {
    const kept = record[field.name];
    if (kept === undefined) return [];
    const { name, label, englishLabel, kind } = field;
    const value = kind === 'list' ? wordsOfRows(kept) : kept;
    return [{ name, label, englishLabel, value: hidden(field) ? maskedValue(kind, value) : value }];
  });
  const whole = {
    number: record['ZZBH'] ?? '',
    holder: { kind: license.holderKind, name: record['CZZT'] ?? '', code: record['CZZTDM'] ?? '' },
  };
  return {
    ...summaryOf(license, parts.clock()),
    ...(view === 'full' ? whole : {}),
    masked:
      view === 'masked' &&
      (license.holderKind === 'resident' ||
        type.fields.some((f) => hidden(f) && record[f.name] !== undefined)),
    face,
    events: await eventsOf(parts, parts.database.reader, license.id),
    recordHash: license.recordHash,
    document: license.document,
    stampId: license.stampId,
    code: license.code,
  };
}

/**
 * A license as a department first sees it: residents, and fields that tell of a person, are masked. On record.
 * @throws LicenseError `scope-missing`, `department-missing`, `purpose-missing`, `license-not-found`, `license-destroyed`
 */
export async function readLicense(
  parts: LicenseParts,
  reading: Reading,
  id: string,
): Promise<LicenseDetails> {
  checkPurpose(reading.purpose);
  const license = await visibleLicense(parts, reading.actor, id);
  await note(parts, reading, 'license.read', license.id);
  return detailsOf(parts, license, 'masked');
}

/**
 * A license in full, for a department that says why. The disclosure and its reason are on record before it is answered, and
 * the holder sees them.
 * @throws LicenseError as `readLicense`
 */
export async function revealLicense(
  parts: LicenseParts,
  reading: Reading,
  id: string,
): Promise<LicenseDetails> {
  checkPurpose(reading.purpose);
  const license = await visibleLicense(parts, reading.actor, id);
  await note(parts, reading, 'license.disclosed', license.id);
  return detailsOf(parts, license, 'full');
}

/** All of it for the holder. @throws LicenseError `license-not-found`; FormatError for a code that is none */
export async function readOwnLicense(
  parts: LicenseParts,
  reading: HolderReading,
  id: string,
): Promise<LicenseDetails> {
  const license = await heldLicense(parts, reading, id);
  await note(parts, reading, 'license.disclosed', license.id);
  return detailsOf(parts, license, 'full');
}

/** The purpose of a reading whose caller named none. */
export const NOT_STATED = 'not stated';

/** The client that issued a license has its page from then: it owes no reason. @throws LicenseError `purpose-missing` */
async function requireStated(parts: LicenseParts, reading: Reading, license: StoredLicense): Promise<void> {
  if (reading.purpose !== NOT_STATED) return;
  const act = await parts.database.reader
    .selectFrom('license_act')
    .select('client')
    .where('id', '=', license.act)
    .executeTakeFirst();
  if (act?.client === reading.actor.id) return;
  throw new LicenseError(
    'purpose-missing',
    'The page says everything: a department names the purpose it reads it for.',
  );
}

/**
 * The sealed PDF of a license, for a department or (with `holder`) its holder; the disclosure is on record.
 * @throws LicenseError as `readLicense`; `purpose-missing` for a department that did not issue it and says no purpose
 */
export async function licenseDocument(
  parts: LicenseParts,
  reading: Reading | HolderReading,
  id: string,
): Promise<StoredLicense['document'] & { readonly identifier: string }> {
  const license =
    'holder' in reading
      ? await heldLicense(parts, reading, id)
      : await visibleLicense(parts, reading.actor, id);
  if (!('holder' in reading)) await requireStated(parts, reading, license);
  await note(parts, reading, 'document.disclosed', license.id);
  return { ...license.document, identifier: license.identifier };
}
