// What a seal picture says: the data it is drawn from, kept with the seal and checked once.
import { SigningError } from '../errors.ts';

/** The two round government seals drawn here (国发〔1999〕25号; geometry: customary 42 mm and 40 mm). */
export interface SealPictureDescription {
  /** `official` 法定名称章: 42 mm with a star. `special-purpose` 专用章: 40 mm with its purpose in a straight line. */
  readonly kind: 'official' | 'special-purpose';
  /** Statutory name of the unit, 4 to 30 characters, set from left to right along the ring. */
  readonly name: string;
  /** Purpose in a straight line, 2 to 12 characters, e.g. 行政许可专用章; null for an official seal. */
  readonly purpose: string | null;
  /** 14-digit seal code along the lower edge. */
  readonly code: string;
  /** What stands in the middle. Null: a star for an official seal, nothing for a special-purpose one. */
  readonly centre: 'star' | 'none' | null;
  /** Draws 演示样章 into the picture, so that no copy of it can pass for a real organ's seal. */
  readonly demonstration: boolean;
}

/** Diameter in millimetres. */
export function diameterOf(description: SealPictureDescription): number {
  return description.kind === 'official' ? 42 : 40;
}

/**
 * Refuses what cannot be drawn well.
 * @throws SigningError `name-too-long` (over 30 or 12 characters), `seal-input-invalid` (anything else)
 */
export function checkDescription(description: SealPictureDescription): void {
  const name = Array.from(description.name);
  if (name.length > 30)
    throw new SigningError('name-too-long', 'A seal takes a name of at most 30 characters.');
  if (name.length < 4) throw invalid('A seal takes a name of at least 4 characters.');
  checkPrintable(description.name, 'name');
  if (description.kind === 'special-purpose') {
    const purpose = Array.from(description.purpose ?? '');
    if (purpose.length > 12)
      throw new SigningError('name-too-long', 'A seal takes a purpose of at most 12 characters.');
    if (purpose.length < 2) throw invalid('A special-purpose seal needs a purpose of at least 2 characters.');
    checkPrintable(description.purpose ?? '', 'purpose');
  } else if (description.purpose !== null) {
    throw invalid('An official seal carries no purpose.');
  }
  if (!/^\d{14}$/.test(description.code)) throw invalid('A seal code is 14 digits.');
}

function checkPrintable(text: string, what: string): void {
  if (/[\p{C}\p{Z}]/u.test(text))
    throw invalid(`The ${what} of a seal holds a blank or a control character.`);
  if (text !== text.normalize('NFC'))
    throw invalid(`The ${what} of a seal is not in Unicode normalisation form C.`);
}

function invalid(message: string): SigningError {
  return new SigningError('seal-input-invalid', message);
}
