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

/** `text` with every resident number in it masked: what goes into records that are kept for ever. */
export function withoutResidentNumbers(text: string, today: Date): string {
  return text.replace(NUMBER_LIKE, (number) =>
    isResidentNumber(number, today) ? maskResidentNumber(number) : number,
  );
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
