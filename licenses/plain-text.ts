// Words that people give: without characters that print nothing or turn text round, and without a resident's number on record.
import { FormatError } from '../formats/errors.ts';
import { maskResidentNumber, parseResidentNumber } from '../formats/identifiers/resident-number.ts';

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;
const NUMBER_LIKE = /(?<![\dXx])\d{17}[\dXx](?![\dXx])/g;

/** Whether `text` holds a control, invisible, reordering or unassigned character, or half of a surrogate pair. */
export function holdsUnprintable(text: string): boolean {
  return UNPRINTABLE.test(text);
}

/** The same for words of several lines: line ends are fine. */
export function linesHoldUnprintable(text: string): boolean {
  return UNPRINTABLE.test(text.replace(/\r?\n/g, ''));
}

/** @returns why `value` is no line of printable words of at most `maxLength` characters (code points); null where it is */
export function plainTextProblem(value: string, maxLength: number): string | null {
  if (value.trim() === '') return 'It is empty.';
  if (value !== value.trim()) return 'It begins or ends with a blank.';
  if (Array.from(value).length > maxLength) return `It has more than ${maxLength} characters.`;
  return holdsUnprintable(value) ? 'It holds a control or invisible character.' : null;
}

/** `text` with every resident number in it masked: what goes into records that are kept for ever. */
export function withoutResidentNumbers(text: string, today: Date): string {
  return text.replace(NUMBER_LIKE, (number) =>
    isResidentNumber(number, today) ? maskResidentNumber(number) : number,
  );
}

/** Whether 17 digits and a last character stand in `text` as a resident's number does. */
export function isResidentNumberLike(text: string): boolean {
  return text.search(NUMBER_LIKE) >= 0;
}

function isResidentNumber(number: string, today: Date): boolean {
  try {
    parseResidentNumber(number, today);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
