// Text that may be cut into a seal: plain, composed, without blanks or marks that nobody sees.
import { SigningError } from '../errors.ts';

/** @throws SigningError `seal-input-invalid` */
export function checkPrintable(text: string, what: string): void {
  if (/[\p{C}\p{Z}]/u.test(text)) {
    throw invalidPicture(`The ${what} of a seal holds a blank or a control character.`);
  }
  if (text !== text.normalize('NFC')) {
    throw invalidPicture(`The ${what} of a seal is not in Unicode normalisation form C.`);
  }
}

export function invalidPicture(message: string): SigningError {
  return new SigningError('seal-input-invalid', message);
}
