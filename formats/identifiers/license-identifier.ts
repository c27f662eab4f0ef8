// Electronic license identifier 电子证照标识 (GB/T 36904-2018), check character by ISO 7064 MOD 37,36.
import { FormatError } from '../errors.ts';
import { isUscc } from './uscc.ts';

const ROOT = '1.2.156.3005.2.';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The four segments between the root and the check character. */
export interface LicenseIdentifier {
  /** 21 characters: credit code of the authority that defines the type, and three digits. */
  readonly typeCode: string;
  /** Credit code of the issuing authority; old identifiers carry a six-digit division instead. */
  readonly issuerCode: string;
  /** 1–40 upper-case letters and digits. */
  readonly serial: string;
  /** `001` first, raised at each re-issue or change. */
  readonly version: string;
}

/**
 * ISO 7064 MOD 37,36 over letters and digits.
 * @returns the check character of `text`
 * @throws FormatError `identifier-malformed` on a character outside 0–9 A–Z.
 */
export function mod3736(text: string): string {
  let p = 36;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0)
      throw new FormatError('identifier-malformed', 'Check characters are made over 0–9 and A–Z only.');
    const sum = (p + value) % 36;
    p = (2 * (sum === 0 ? 36 : sum)) % 37;
  }
  return ALPHABET.charAt((37 - p) % 36);
}

/** Whether `code` is a credit code followed by three digits (21 characters). */
export function isTypeCode(code: string): boolean {
  return /^.{18}\d{3}$/.test(code) && isUscc(code.slice(0, 18));
}

/**
 * Writes the identifier with its check character.
 * @throws FormatError `identifier-malformed` on any segment the standard does not allow.
 */
export function formatLicenseIdentifier(parts: LicenseIdentifier): string {
  if (!isTypeCode(parts.typeCode))
    throw new FormatError('identifier-malformed', 'The license type code is a credit code and three digits.');
  if (!isUscc(parts.issuerCode))
    throw new FormatError('identifier-malformed', 'The issuing authority is named by its credit code.');
  if (!/^[0-9A-Z]{1,40}$/.test(parts.serial)) {
    throw new FormatError('identifier-malformed', 'The serial is 1 to 40 upper-case letters and digits.');
  }
  if (!/^\d{3}$/.test(parts.version) || parts.version === '000') {
    throw new FormatError('identifier-malformed', 'The version is three digits from 001.');
  }
  const segments = [parts.typeCode, parts.issuerCode, parts.serial, parts.version];
  return `${ROOT}${segments.join('.')}.${mod3736(segments.join(''))}`;
}

/**
 * Reads an identifier. A wrong check character is told, not refused, because identifiers made with an older letter
 * mapping are in circulation; who reads decides.
 * @throws FormatError `identifier-malformed` where the segments themselves are wrong.
 */
export function parseLicenseIdentifier(text: string): LicenseIdentifier & { readonly checkMatches: boolean } {
  const match =
    /^1\.2\.156\.3005\.2\.([0-9A-Z]{18}\d{3})\.([0-9A-Z]{18}|\d{6})\.([0-9A-Z]{1,40})\.(\d{3})\.([0-9A-Z])$/.exec(
      text,
    );
  const [, typeCode, issuerCode, serial, version, check] = match ?? [];
  if (typeCode === undefined || issuerCode === undefined || serial === undefined || version === undefined) {
    throw new FormatError('identifier-malformed', 'Not a license identifier of GB/T 36904.');
  }
  return {
    typeCode,
    issuerCode,
    serial,
    version,
    checkMatches: mod3736(typeCode + issuerCode + serial + version) === check,
  };
}
