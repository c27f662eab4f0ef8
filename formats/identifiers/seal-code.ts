// Code of an electronic government seal 电子印章编码: 14 digits, six of them the administrative division.
import { FormatError } from '../errors.ts';

/** A seal code taken apart. */
export interface SealCode {
  /** Six digits, e.g. `120105`. */
  readonly division: string;
  /** 0 … 99 999 999. */
  readonly serial: number;
}

/**
 * @returns 14 digits: division, then the serial filled with zeros to eight digits.
 * @throws FormatError `identifier-malformed`
 */
export function formatSealCode(parts: SealCode): string {
  if (!/^[1-9]\d{5}$/.test(parts.division))
    throw new FormatError('identifier-malformed', 'A division is six digits.');
  if (!Number.isInteger(parts.serial) || parts.serial < 0 || parts.serial > 99_999_999) {
    throw new FormatError('identifier-malformed', 'A seal serial has at most eight digits.');
  }
  return parts.division + String(parts.serial).padStart(8, '0');
}

/** @throws FormatError `identifier-malformed` where the text is not 14 digits with a division in front. */
export function parseSealCode(text: string): SealCode {
  if (!/^[1-9]\d{13}$/.test(text)) throw new FormatError('identifier-malformed', 'A seal code is 14 digits.');
  return { division: text.slice(0, 6), serial: Number(text.slice(6)) };
}
