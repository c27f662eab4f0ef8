// What of a license is shown masked: the holder of a resident's license, and fields that tell of a person.
import { maskedCode, maskedName } from './face.ts';
import type { HolderKind } from './holder-kind.ts';
import type { FaceField } from './type.ts';

/** Whether a field tells of a person: as the type says, or every one of a resident's license. */
export function isPersonal(field: FaceField, holder: HolderKind): boolean {
  return field.personal ?? holder === 'resident';
}

/** Words that show that there is something, and what kind of thing, without saying it. */
export function maskedValue(kind: FaceField['kind'], value: string): string {
  if (value === '') return '';
  if (kind === 'list') return '［…］';
  if (kind !== 'text') return '***';
  const [first = '*', ...rest] = Array.from(value);
  // Never longer than it needs: the length of an address is a hint by itself.
  return rest.length === 0 ? '*' : `${first}${'*'.repeat(Math.min(rest.length, 6))}`;
}

/** The printed number of a license as others see it. */
export function maskedNumber(holder: HolderKind, number: string): string {
  return holder === 'resident' ? `****${number.slice(-4)}` : number;
}

/** A holder as others see it. */
export function maskedHolder(
  kind: HolderKind,
  name: string,
  code: string,
): { readonly kind: HolderKind; readonly name: string; readonly code: string } {
  return { kind, name: maskedName(kind, name), code: maskedCode(kind, code) };
}
