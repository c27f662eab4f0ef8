// Identity documents 身份证件: which kinds there are, how their numbers are normalised and checked.
import { FormatError } from '../formats/errors.ts';
import { completeResidentNumber, parseResidentNumber } from '../formats/identifiers/resident-number.ts';
import { IdentityError } from './errors.ts';

/** Kinds of documents a person may be known by. */
export const documentTypes = [
  'resident-identity-card',
  'hong-kong-macao-permit',
  'taiwan-permit',
  'residence-permit',
  'foreign-permanent-resident-card',
  'passport',
] as const;

export type DocumentType = (typeof documentTypes)[number];

export const documentWords: Readonly<Record<DocumentType, { readonly zh: string; readonly en: string }>> = {
  'resident-identity-card': { zh: '居民身份证', en: 'Resident identity card' },
  'hong-kong-macao-permit': {
    zh: '港澳居民来往内地通行证',
    en: 'Mainland travel permit, Hong Kong and Macao',
  },
  'taiwan-permit': { zh: '台湾居民来往大陆通行证', en: 'Mainland travel permit, Taiwan' },
  'residence-permit': { zh: '港澳台居民居住证', en: 'Residence permit, Hong Kong, Macao and Taiwan' },
  'foreign-permanent-resident-card': { zh: '外国人永久居留身份证', en: 'Foreign permanent resident card' },
  passport: { zh: '护照', en: 'Passport' },
};

/** Document with a number as it is stored and compared. */
export interface IdentityDocument {
  readonly type: DocumentType;
  readonly number: string;
}

const patterns: Readonly<
  Record<Exclude<DocumentType, 'resident-identity-card' | 'residence-permit'>, RegExp>
> = {
  'hong-kong-macao-permit': /^[HM]\d{8}(?:\d{2})?$/,
  'taiwan-permit': /^\d{8}(?:\d{2})?$/,
  // Fifteen characters until 2023, eighteen digits beginning with 9 since.
  'foreign-permanent-resident-card': /^(?:[A-Z]{3}\d{12}|9\d{16}[\dX])$/,
  passport: /^[A-Z0-9]{5,15}$/,
};

/**
 * Normalises what was typed: no blanks, upper case, fifteen digits of the first generation brought to eighteen.
 * @throws IdentityError `person-number-invalid`; the message never repeats the number.
 */
export function documentOf(type: DocumentType, text: string, today: Date): IdentityDocument {
  const number = text.replace(/\s/g, '').toUpperCase();
  switch (type) {
    case 'resident-identity-card':
      return { type, number: residentNumber(number, today) };
    case 'residence-permit':
      // 81 Hong Kong, 82 Macao, 83 Taiwan; otherwise built as a resident number.
      if (!/^8[123]/.test(number)) throw invalid(type);
      return { type, number: residentNumber(number, today) };
    default:
      if (!patterns[type].test(number)) throw invalid(type);
      return { type, number };
  }
}

/** yyyy-MM-dd where the document's number tells it, otherwise null. */
export function birthDateOf(document: IdentityDocument, today: Date): string | null {
  return document.type === 'resident-identity-card' || document.type === 'residence-permit'
    ? parseResidentNumber(document.number, today).birthDate
    : null;
}

/** The purpose of the blind index of a document's number; resident cards keep the name they had first. */
export function indexPurposeOf(type: DocumentType): string {
  return type === 'resident-identity-card' ? 'person-number' : `person-number.${type}`;
}

/** Below this age a guardian decides about personal data (PIPL art. 31). */
export const guardedUntil = 14;

/** Full years at `today`, in China Standard Time. @param birthDate - yyyy-MM-dd */
export function ageAt(birthDate: string, today: Date): number {
  const day = new Date(today.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

function residentNumber(number: string, today: Date): string {
  try {
    const long = /^\d{15}$/.test(number)
      ? completeResidentNumber(`${number.slice(0, 6)}19${number.slice(6)}`)
      : number;
    return parseResidentNumber(long, today).number;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new IdentityError('person-number-invalid', 'The resident number is not valid.', { cause: error });
  }
}

function invalid(type: DocumentType): IdentityError {
  return new IdentityError('person-number-invalid', `The number is not one of the document type ${type}.`);
}
