// Unified social credit code 统一社会信用代码 (GB 32100-2015): 18 characters, the last one a check character.
import { FormatError } from '../errors.ts';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const BODY = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}$/;

/**
 * Appends the check character to the first 17 characters (upper case).
 * @throws FormatError `identifier-malformed` where the body is not 2 + 6 digits + 9 characters of the code's alphabet.
 */
export function completeUscc(body: string): string {
  if (!BODY.test(body)) {
    throw new FormatError(
      'identifier-malformed',
      'A credit code starts with 17 characters of GB 32100 (no I, O, S, V, Z).',
    );
  }
  // Weights are 3^(i−1) mod 31 (GB 32100-2015, annex A).
  let sum = 0;
  let weight = 1;
  for (const character of body) {
    sum += ALPHABET.indexOf(character) * weight;
    weight = (weight * 3) % 31;
  }
  return body + ALPHABET.charAt((31 - (sum % 31)) % 31);
}

/** Whether `code` is 18 characters with the right check character. Never throws. */
export function isUscc(code: string): boolean {
  return code.length === 18 && BODY.test(code.slice(0, 17)) && completeUscc(code.slice(0, 17)) === code;
}

/**
 * Trims and upper-cases what a person typed, and checks it.
 * @returns the 18 characters as they are stored and compared.
 * @throws FormatError `identifier-malformed`
 */
export function parseUscc(text: string): string {
  const code = text.trim().toUpperCase();
  if (!isUscc(code))
    throw new FormatError(
      'identifier-malformed',
      'Not a unified social credit code, or its check character is wrong.',
    );
  return code;
}

/** The six-digit administrative division inside a credit code. */
export function divisionOfUscc(code: string): string {
  return parseUscc(code).slice(2, 8);
}
