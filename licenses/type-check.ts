// Checks a license type once, so that everything after can rely on it.
import { isTypeCode } from '../formats/identifiers/license-identifier.ts';
import { isUscc } from '../formats/identifiers/uscc.ts';
import { FACE } from '../formats/qr/labels.ts';
import type { AcceptanceRule } from '../verification/acceptance.ts';
import { LicenseError } from './errors.ts';
import { checkPattern } from './pattern.ts';
import { checkTemplate } from './template-check.ts';
import { retentionClasses, type TypeRules } from './type-rules.ts';
import { decidedChanges } from './license.ts';
import type { FaceField, LicenseType, ListColumn } from './type.ts';

function refuse(message: string): never {
  throw new LicenseError('type-invalid', message);
}

function whole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function unique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}

/** Words that are printed and read: not empty, one line, bounded. */
function checkWords(words: string, what: string, most = 60): void {
  if (
    words.trim() === '' ||
    words !== words.trim() ||
    Array.from(words).length > most ||
    /\p{Cc}/u.test(words)
  )
    refuse(`${what} is 1 to ${most} characters.`);
}

function checkColumns(field: FaceField, columns: readonly ListColumn[]): void {
  if (columns.length < 1 || columns.length > 10) refuse(`${field.name}: a list has 1 to 10 columns.`);
  for (const column of columns) {
    if (!/^[A-Z][A-Z0-9]{0,19}$/.test(column.name)) refuse(`${field.name}: a column is named in capitals.`);
    checkWords(column.label, `${field.name}: the name of a column`);
    checkWords(column.englishLabel, `${field.name}: the name of a column`);
    if (!whole(column.maxLength, 1, 200)) refuse(`${field.name}: the length limit of a column is 1 to 200.`);
  }
  if (!unique(columns.map(({ name }) => name))) refuse(`${field.name}: its columns have different names.`);
}

function checkField(field: FaceField): void {
  if (!/^KZ_[A-Z0-9]{1,20}$/.test(field.name))
    refuse('A field name is KZ_ and capital letters (GB/T 36903).');
  checkWords(field.label, `${field.name}: the label`);
  checkWords(field.englishLabel, `${field.name}: the label`);
  if (!whole(field.maxLength, 1, 500)) refuse(`${field.name}: the length limit is 1 to 500.`);
  const { choices = [] } = field;
  if ((field.kind === 'choice') !== choices.length > 0 || choices.length > 200 || !unique(choices))
    refuse(`${field.name}: a choice has its values, each once.`);
  for (const choice of choices) checkWords(choice, `${field.name}: a value`, 500);
  if (field.pattern !== undefined) {
    if (field.kind !== 'text') refuse(`${field.name}: only a text has a pattern.`);
    checkPattern(field.pattern);
  }
  if ((field.kind === 'list') !== (field.columns !== undefined)) refuse(`${field.name}: a list has columns.`);
  if (field.columns !== undefined) checkColumns(field, field.columns);
  if (field.codeKey === null) return;
  if (!whole(field.codeKey, FACE.firstOwn, 255)) refuse(`${field.name}: keys in the code are 16 to 255.`);
  if (field.kind === 'list') refuse(`${field.name}: a list stays out of the code.`);
}

function checkAcceptance({ id, version, matters, statusAgeSeconds }: AcceptanceRule): void {
  if (!/^[\x21-\x7e]{1,200}$/.test(id) || !/^[\x21-\x7e]{1,20}$/.test(version))
    refuse('An acceptance rule has an identifier and a version without spaces.');
  if (matters.length === 0 || !matters.every((matter) => /^[0-9A-Z]{0,40}\*?$/.test(matter) && matter !== ''))
    refuse('An acceptance rule names matters, whole or by their beginning and *.');
  if (!Number.isInteger(statusAgeSeconds) || statusAgeSeconds < 1)
    refuse('An acceptance rule bounds the age of the status in whole seconds.');
}

function checkHoldersRule({ minimum, maximum, roles }: NonNullable<TypeRules['holders']>): void {
  if (!whole(minimum, 1, 20) || !whole(maximum, minimum, 20)) refuse('A license has 1 to 20 holders.');
  if (roles.length < 1 || roles.length > 20 || !unique(roles))
    refuse('Holders have 1 to 20 different roles.');
  for (const role of roles) checkWords(role, 'A role of holders', 20);
}

function checkRules({ inspection, renewal, holders, photo, retention, secondPerson }: TypeRules): void {
  if (inspection !== undefined) {
    const { name, englishName, everyMonths, graceDays, outcomes, basis } = inspection;
    checkWords(name, 'The name of an inspection', 20);
    checkWords(englishName, 'The name of an inspection');
    checkWords(basis, 'The basis of an inspection', 200);
    if (!whole(everyMonths, 1, 120) || !whole(graceDays, 0, 365))
      refuse('An inspection comes every 1 to 120 months, and is overdue after 0 to 365 days.');
    if (outcomes.length < 1 || outcomes.length > 10 || !unique(outcomes))
      refuse('An inspection has 1 to 10 different outcomes.');
    for (const outcome of outcomes) checkWords(outcome, 'An outcome', 20);
  }
  if (renewal !== undefined) {
    if (!whole(renewal.daysBefore, 1, 730)) refuse('A renewal may be asked for 1 to 730 days ahead.');
    checkWords(renewal.basis, 'The basis of a renewal', 200);
  }
  if (holders !== undefined) checkHoldersRule(holders);
  if (photo !== undefined && !(whole(photo.minimumWidth, 1, 2000) && whole(photo.minimumHeight, 1, 2000)))
    refuse('A photo measures 1 to 2,000 pixels a side at least.');
  if (retention !== undefined && !retentionClasses.includes(retention))
    refuse('There is no such retention class.');
  for (const change of secondPerson ?? [])
    if (!decidedChanges.includes(change)) refuse('A second person approves a change that somebody decides.');
}

function checkValidity({ validity }: LicenseType): void {
  if (validity.kind === 'years' && !whole(validity.years, 1, 100)) refuse('A term is 1 to 100 years.');
  if (validity.kind === 'given' && !whole(validity.maximumYears, 1, 100)) refuse('A term is 1 to 100 years.');
}

function checkNames(type: LicenseType): void {
  if (!isTypeCode(type.typeCode))
    refuse('A type code is the credit code of the defining authority and three digits.');
  if (!whole(type.edition, 1, 9999)) refuse('Editions count from 1.');
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(type.key)) refuse('The key is a lower-case slug.');
  checkWords(type.name, 'The name of a type');
  checkWords(type.englishName, 'The name of a type', 100);
  if (type.mark !== null) checkWords(type.mark, 'The mark of a type', 4);
  if (!isUscc(type.issuer.creditCode) || !isUscc(type.supervisor.creditCode))
    refuse('Issuing authority and supervising department are named by credit codes.');
  for (const { name } of [type.issuer, type.supervisor]) checkWords(name, 'The name of a department', 100);
  const definer = type.definer ?? type.issuer;
  checkWords(definer.name, 'The name of a department', 100);
  if (type.definer !== undefined && !type.typeCode.startsWith(definer.creditCode))
    refuse('A type code begins with the credit code of the defining authority.');
}

/**
 * Checks a definition once, so that everything after can rely on it.
 * @returns the same definition
 * @throws LicenseError `type-invalid`, `template-invalid`
 */
export function checkLicenseType(type: LicenseType): LicenseType {
  checkNames(type);
  if (type.matters.length > 50 || !type.matters.every((matter) => /^[\x21-\x7e]{1,40}$/.test(matter)))
    refuse('A type names up to 50 matters by their implementation codes.');
  if (type.holderKinds.length === 0 || !unique(type.holderKinds)) refuse('A type names who can hold it.');
  if (type.fields.length > 60) refuse('A face has at most 60 fields.');
  const residents = type.holderKinds.includes('resident');
  // Every scanning app reads a code: of a resident it says a masked name and a commitment, nothing else.
  if (residents && type.fields.some((field) => field.codeKey !== null))
    refuse('A type for residents puts none of its own fields into the code.');
  if (type.statusHistory === true && (residents || !type.publicStatus))
    refuse('Earlier states are public only where the state is, and never of residents.');
  if (type.seals.length === 0) refuse('A type names the seals that may stamp it.');
  if (type.seals.length > 20 || !type.seals.every((seal) => /^\d{14}$/.test(seal)))
    refuse('A seal is named by its 14 digits.');
  checkWords(type.number.label, 'The label of the number', 20);
  checkPattern(type.number.pattern);
  checkValidity(type);
  type.fields.forEach(checkField);
  type.acceptance?.forEach(checkAcceptance);
  checkRules(type);
  const keys = type.fields.flatMap((field) => (field.codeKey === null ? [] : [field.codeKey]));
  if (!unique(type.fields.map((field) => field.name)) || !unique(keys))
    refuse('Field names and code keys are unique.');
  checkTemplate(type.template, type);
  return type;
}
