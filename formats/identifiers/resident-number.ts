// Resident identity number 公民身份号码 (GB 11643-1999): division, birth date, sequence, check character.
import { FormatError } from '../errors.ts';

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECKS = '10X98765432';

/** What a resident number says of its bearer. */
export interface ResidentNumber {
  /** 18 characters, upper-case X. */
  readonly number: string;
  readonly division: string;
  /** `YYYY-MM-DD`. */
  readonly birthDate: string;
  readonly sex: 'male' | 'female';
}

/**
 * Appends the check character to 17 digits.
 * @throws FormatError `identifier-malformed` where these are not 17 digits.
 */
export function completeResidentNumber(body: string): string {
  if (!/^\d{17}$/.test(body))
    throw new FormatError('identifier-malformed', 'A resident number starts with 17 digits.');
  const sum = WEIGHTS.reduce((total, weight, position) => total + weight * Number(body.charAt(position)), 0);
  return body + CHECKS.charAt(sum % 11);
}

/**
 * Checks form, check character and that the birth date exists and is not after `today`.
 * @param text as typed: surrounding blanks and a lower-case x are accepted
 * @param today the day of judgement; dates compare in China Standard Time (UTC+8)
 * @throws FormatError `identifier-malformed`; the message never repeats the number.
 */
export function parseResidentNumber(text: string, today: Date): ResidentNumber {
  const number = text.trim().toUpperCase();
  if (!/^\d{17}[\dX]$/.test(number) || completeResidentNumber(number.slice(0, 17)) !== number) {
    throw new FormatError('identifier-malformed', 'Not a resident number, or its check character is wrong.');
  }
  const birthDate = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
  const instant = Date.parse(`${birthDate}T00:00:00Z`);
  const exists = !Number.isNaN(instant) && new Date(instant).toISOString().slice(0, 10) === birthDate;
  const beijingToday = new Date(today.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
  if (!exists || birthDate > beijingToday || birthDate < '1800-01-01') {
    throw new FormatError(
      'identifier-malformed',
      'The birth date inside the resident number does not exist or lies ahead.',
    );
  }
  const sex = Number(number.charAt(16)) % 2 === 1 ? 'male' : 'female';
  return { number, division: number.slice(0, 6), birthDate, sex };
}

/** The number as lists show it: `1201**********0012`. */
export function maskResidentNumber(number: string): string {
  return number.length < 8
    ? '*'.repeat(number.length)
    : number.slice(0, 4) + '*'.repeat(number.length - 8) + number.slice(-4);
}
