// What an issuing system says about a license, checked against its type before anything is written.
import { FormatError } from '../formats/errors.ts';
import { maskResidentNumber, parseResidentNumber } from '../formats/identifiers/resident-number.ts';
import { parseUscc } from '../formats/identifiers/uscc.ts';
import { LicenseError, type Complaint } from './errors.ts';
import { rowsOfText, rowsProblem, textOfRows } from './face-rows.ts';
import { plainTextProblem } from './plain-text.ts';
import type { FaceField, HolderKind, LicenseType } from './type.ts';

/** Who holds it, as the request says. */
export interface HolderInput {
  readonly kind: HolderKind;
  readonly name: string;
  /** Credit code or resident number. */
  readonly code: string;
}

/** A holder whose code was checked. */
export interface Holder extends HolderInput {
  /** CZZTDMLXDM of GB/T 36903. */
  readonly codeType: '001' | '111';
  readonly codeTypeName: '统一社会信用代码' | '公民身份号码';
}

/** A face as a request gives it: texts by GB/T 36903 short name, rows of a list by column. */
export type FaceInput = Readonly<Record<string, string | readonly Readonly<Record<string, string>>[]>>;

/** Checked values by GB/T 36903 short name; of a list the JSON of its rows. */
export type Face = Readonly<Record<string, string>>;

/** First and last day a license is in force, `YYYY-MM-DD` in China Standard Time; no last day without end. */
export interface Term {
  readonly from: string;
  readonly until: string | null;
}

const MAX_NAME = 120;

/** Whether `text` is `YYYY-MM-DD` and that day exists. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const instant = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text);
}

function textProblem(field: FaceField, value: string): string | null {
  switch (field.kind) {
    case 'date':
      return isDay(value) ? null : 'It is not a day in the form YYYY-MM-DD.';
    case 'integer':
      return /^(0|[1-9]\d{0,14})$/.test(value) ? null : 'It is not a whole number.';
    case 'choice':
      return (field.choices ?? []).includes(value) ? null : 'It is not one of the allowed values.';
    case 'list':
      return 'It is not a list of rows.';
    case 'text': {
      const problem = plainTextProblem(value, field.maxLength);
      if (problem !== null || field.pattern === undefined) return problem;
      return new RegExp(`^(?:${field.pattern})$`, 'u').test(value)
        ? null
        : 'It does not have the form the type demands.';
    }
  }
}

function fieldProblem(field: FaceField, value: FaceInput[string]): string | null {
  if (typeof value !== 'string') {
    return field.kind === 'list' ? rowsProblem(field, value) : 'It is not a text.';
  }
  if (field.kind !== 'list') return textProblem(field, value);
  // As a record has it: the rows of a version before come in like this.
  const rows = rowsOfText(value);
  return rows === null ? textProblem(field, value) : rowsProblem(field, rows);
}

/**
 * Checks the face against its type.
 * @throws LicenseError `face-invalid` with every wrong, missing or unknown field
 */
export function checkFace(type: LicenseType, face: FaceInput): Face {
  const complaints: Complaint[] = [];
  const known = new Map(type.fields.map((field) => [field.name, field]));
  for (const name of Object.keys(face)) {
    if (!known.has(name))
      complaints.push({ field: name.slice(0, 40), reason: 'The type has no such field.' });
  }
  const checked: Record<string, string> = {};
  for (const field of type.fields) {
    const value = Object.hasOwn(face, field.name) ? face[field.name] : undefined;
    if (value === undefined) {
      if (field.required) complaints.push({ field: field.name, reason: 'It is missing.' });
      continue;
    }
    const problem = fieldProblem(field, value);
    if (problem !== null) complaints.push({ field: field.name, reason: problem });
    else checked[field.name] = typeof value === 'string' ? value : textOfRows(field, value);
  }
  refuseAny('face-invalid', 'The face does not fit the license type.', complaints);
  return checked;
}

/**
 * Checks kind, name and the check digits of the code.
 * @throws LicenseError `holder-invalid`; no message repeats a name or number
 */
export function checkHolder(type: LicenseType, holder: HolderInput, today: Date): Holder {
  const complaints: Complaint[] = [];
  if (!type.holderKinds.includes(holder.kind)) {
    complaints.push({ field: 'holder.kind', reason: 'The type does not allow this kind of holder.' });
  }
  const nameProblem = plainTextProblem(holder.name, MAX_NAME);
  if (nameProblem !== null) complaints.push({ field: 'holder.name', reason: nameProblem });
  let code = '';
  try {
    code = normaliseHolderCode(holder.kind, holder.code, today);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    complaints.push({ field: 'holder.code', reason: error.message });
  }
  refuseAny('holder-invalid', 'The holder is not described correctly.', complaints);
  return holder.kind === 'resident'
    ? { ...holder, code, codeType: '111', codeTypeName: '公民身份号码' }
    : { ...holder, code, codeType: '001', codeTypeName: '统一社会信用代码' };
}

/** The code as it is stored and indexed. @throws FormatError `identifier-malformed` */
export function normaliseHolderCode(kind: HolderKind, code: string, today: Date): string {
  return kind === 'resident' ? parseResidentNumber(code, today).number : parseUscc(code);
}

/** Checks the printed number against the type's pattern. @throws LicenseError `face-invalid` */
export function checkNumber(type: LicenseType, number: string): string {
  const fits = number.length <= 60 && new RegExp(`^(?:${type.number.pattern})$`, 'u').test(number);
  const reason =
    plainTextProblem(number, 60) ?? (fits ? null : 'It does not have the form the type demands.');
  refuseAny(
    'face-invalid',
    'The license number does not fit the type.',
    reason === null ? [] : [{ field: 'number', reason }],
  );
  return number;
}

function addYears(day: string, years: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  // 29 February ends on 28 February of a common year: day 0 of March.
  const moved = new Date(Date.UTC(year + years, month - 1, date));
  if (moved.getUTCMonth() !== month - 1) moved.setUTCDate(0);
  return moved.toISOString().slice(0, 10);
}

function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

/** The calendar day in China Standard Time (UTC+8, no summer time). */
export function beijingDay(instant: Date): string {
  return new Date(instant.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** First instant after the last day of a term. */
export function endOfTerm(term: Term): Date | null {
  return term.until === null ? null : new Date(Date.parse(`${term.until}T00:00:00+08:00`) + 86_400_000);
}

/** No license that is still in force is older. */
const FIRST_DAY = '1900-01-01';
/** Years ahead that a term may begin. */
const MOST_YEARS_AHEAD = 10;

/**
 * The term by the type's rule.
 * @param asked what the request says; `until` only where the type lets the issuing system say it
 * @throws LicenseError `validity-invalid`
 */
export function termOf(
  type: LicenseType,
  asked: { readonly from?: string; readonly until?: string },
  today: Date,
): Term {
  const refuse = (field: string, reason: string): never => {
    throw new LicenseError('validity-invalid', 'The validity does not fit the license type.', {
      complaints: [{ field, reason }],
    });
  };
  const from = asked.from ?? beijingDay(today);
  if (!isDay(from)) return refuse('validity.from', 'It is not a day in the form YYYY-MM-DD.');
  if (from < FIRST_DAY || from > addYears(beijingDay(today), MOST_YEARS_AHEAD))
    return refuse('validity.from', `It lies before 1900 or more than ${MOST_YEARS_AHEAD} years ahead.`);
  const rule = type.validity;
  if (rule.kind !== 'given') {
    if (asked.until !== undefined)
      return refuse('validity.until', 'The type itself says how long its licenses live.');
    return { from, until: rule.kind === 'endless' ? null : dayBefore(addYears(from, rule.years)) };
  }
  const { until } = asked;
  if (until === undefined || !isDay(until))
    return refuse('validity.until', 'It is missing or not a day in the form YYYY-MM-DD.');
  if (until < from || until < beijingDay(today))
    return refuse('validity.until', 'It lies before the first day or in the past.');
  if (until > addYears(from, rule.maximumYears))
    return refuse('validity.until', `It lies more than ${rule.maximumYears} years ahead.`);
  return { from, until };
}

/** A name as lists and codes show it: `王*`. Enterprises' names are public. */
export function maskedName(kind: HolderKind, name: string): string {
  if (kind === 'enterprise') return name;
  const [first = '*', ...rest] = Array.from(name);
  return first + '*'.repeat(Math.max(1, rest.length));
}

/** A holder's code as lists show it: `1201**********0012`. */
export function maskedCode(kind: HolderKind, code: string): string {
  return kind === 'enterprise' ? code : maskResidentNumber(code);
}

function refuseAny(
  code: 'face-invalid' | 'holder-invalid',
  message: string,
  complaints: readonly Complaint[],
): void {
  if (complaints.length > 0) throw new LicenseError(code, message, { complaints });
}
