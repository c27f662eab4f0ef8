// Organization codes (GB 11714-1997), alone on old papers and inside every genuine credit code as characters 9 to 17.
import { FormatError } from '../errors.ts';

const WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2] as const;

/**
 * @param body eight digits or capital letters
 * @returns with its check character: 0–9 or X
 * @throws FormatError `identifier-malformed`
 */
export function completeOrganizationCode(body: string): string {
  if (!/^[0-9A-Z]{8}$/.test(body))
    throw new FormatError(
      'identifier-malformed',
      'An organization code begins with eight digits or capital letters.',
    );
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * parseInt(body.charAt(at), 36), 0);
  const check = 11 - (sum % 11);
  return body + (check === 10 ? 'X' : check === 11 ? '0' : String(check));
}

/**
 * Whether characters 9 to 17 of a credit code are an organization code of their own. Made-up codes are often none; a real
 * one that is none deserves a second look, and no more: GB 32100 does not demand it.
 * @param creditCode 18 characters, checked before
 */
export function holdsOrganizationCode(creditCode: string): boolean {
  const inner = creditCode.slice(8, 17);
  return inner.length === 9 && completeOrganizationCode(inner.slice(0, 8)) === inner;
}
