// Matter, case and officer of a change, as an office names them.
import { LicenseError } from './errors.ts';
import { isResidentNumberLike } from './plain-text.ts';

/** Names of an office's own: kept in clear, so nobody's name or number. */
export interface OfficeWords {
  readonly matter?: string;
  readonly caseNumber?: string;
  readonly officer?: string;
}

/** @throws LicenseError `change-invalid` */
export function checkOffice({ matter, caseNumber, officer }: OfficeWords): void {
  const invalid = (message: string): LicenseError => new LicenseError('change-invalid', message);
  if (matter !== undefined && !/^[\x21-\x7e]{1,40}$/.test(matter))
    throw invalid('A matter is named by its implementation code.');
  if (caseNumber !== undefined && !/^[\x21-\x7e]{1,64}$/.test(caseNumber))
    throw invalid('A case number is 1 to 64 visible ASCII characters.');
  if (officer !== undefined && (!/^[\x21-\x7e]{1,60}$/.test(officer) || isResidentNumberLike(officer)))
    throw invalid(
      'An officer is named by a staff number of 1 to 60 visible ASCII characters, not by the own one.',
    );
}
