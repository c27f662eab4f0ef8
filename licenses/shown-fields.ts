// What a verifier may ask to be shown of a license: the elements every license has, and the fields its type marks for it.
import { LicenseError } from './errors.ts';
import { maskedCode, maskedName } from './face.ts';
import type { LicenseRecord } from './record.ts';
import type { LicenseType } from './type.ts';

/** A field by its GB/T 36903 short name, with its words. */
export interface ShownField {
  readonly name: string;
  readonly label: string;
  readonly englishLabel: string;
}

/** A field with its value. */
export interface ShownLine extends ShownField {
  readonly value: string;
}

/** Most fields of one claim or copy. */
const MAX_FIELDS = 40;

const holderName: ShownField = { name: 'CZZT', label: '持证主体', englishLabel: 'Holder' };
const holderCode: ShownField = { name: 'CZZTDM', label: '持证主体代码', englishLabel: "Holder's code" };
const others: readonly ShownField[] = [
  { name: 'ZZBH', label: '证照编号', englishLabel: 'License number' },
  { name: 'ZZBS', label: '电子证照标识', englishLabel: 'License identifier' },
  { name: 'ZZBFRQ', label: '颁证日期', englishLabel: 'Issued' },
  { name: 'ZZYXQQSRQ', label: '有效期起始', englishLabel: 'Valid from' },
  { name: 'ZZYXQJZRQ', label: '有效期截止', englishLabel: 'Valid until' },
];

/** The holder's photo (ours; GB/T 36903 has no short name for it): what ties the license to who stands at the desk. */
export const PHOTO_FIELD = 'ZP';
const photo: ShownField = { name: PHOTO_FIELD, label: '照片', englishLabel: 'Photo' };

function ownFields(type: LicenseType, whose: 'verifier' | 'holder'): readonly ShownField[] {
  return type.fields.flatMap(({ name, label, englishLabel, kind, verifier }) =>
    // A list is an annex, not a line.
    kind === 'list' || (whose === 'verifier' && !verifier) ? [] : [{ name, label, englishLabel }],
  );
}

/** Everything a verifier may ask for, in the order it is shown. */
export function verifierFields(type: LicenseType): readonly ShownField[] {
  const code = type.verifierView?.holderCode === 'hidden' ? [] : [holderCode];
  const picture = type.photo !== undefined && type.verifierView?.photo !== false ? [photo] : [];
  return [holderName, ...code, ...picture, ...others, ...ownFields(type, 'verifier')];
}

/** Everything a holder may put into a copy. */
export function holderFields(type: LicenseType): readonly ShownField[] {
  return [holderName, holderCode, ...others, ...ownFields(type, 'holder')];
}

/**
 * The names, once each, in the order of `allowed`.
 * @throws LicenseError `fields-not-permitted` naming those that are not there to be asked for; none at all is refused too
 */
export function checkFields(allowed: readonly ShownField[], asked: readonly string[]): readonly string[] {
  if (asked.length === 0 || asked.length > MAX_FIELDS)
    throw new LicenseError('fields-not-permitted', `Name 1 to ${MAX_FIELDS} fields.`);
  const names = new Set(allowed.map(({ name }) => name));
  const refused = asked.filter((name) => !names.has(name));
  if (refused.length > 0) {
    const named = refused.slice(0, 5).map((name) => name.replaceAll(/[^A-Z0-9_]/g, '').slice(0, 24));
    throw new LicenseError(
      'fields-not-permitted',
      `The type does not let these fields be shown: ${named.join(', ')}.`,
    );
  }
  return allowed.flatMap(({ name }) => (asked.includes(name) ? [name] : []));
}

/** What a verifier sees of the asked fields: those the edition of this license lets be seen, the holder as the type says. */
export function shownToVerifier(
  type: LicenseType,
  record: LicenseRecord,
  asked: readonly string[],
): readonly ShownLine[] {
  const view = type.verifierView;
  const kind = record['CZZTDMLXDM'] === '111' ? 'resident' : 'enterprise';
  return linesOf(verifierFields(type), record, asked).map((line) => {
    if (line.name === 'CZZT' && view?.holderName === 'masked')
      return { ...line, value: maskedName(kind, line.value) };
    if (line.name === 'CZZTDM' && view?.holderCode === 'masked')
      return { ...line, value: maskedCode(kind, line.value) };
    return line;
  });
}

/** Lines of the asked fields that the record has. */
export function linesOf(
  fields: readonly ShownField[],
  record: LicenseRecord,
  asked: readonly string[],
): readonly ShownLine[] {
  return fields.flatMap((field) => {
    const value = record[field.name];
    return value === undefined || !asked.includes(field.name) ? [] : [{ ...field, value }];
  });
}
