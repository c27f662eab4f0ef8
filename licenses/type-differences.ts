// What one edition of a license type says otherwise than another: for who has to approve it.
import { documentOf } from './type-document.ts';
import type { LicenseType } from './type.ts';

/** One place that differs; null where one of them says nothing there. */
export interface TypeDifference {
  /** `face.properties.KZ_ZS.maxLength` */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) {
    into.set(path, String(value));
    return;
  }
  for (const [key, item] of Object.entries(value)) flatten(item, path === '' ? key : `${path}.${key}`, into);
}

function placesOf(type: LicenseType): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  flatten(documentOf(type), '', places);
  return places;
}

/** Every place that differs but the number of the edition, in the order of the later one. */
export function differencesOf(before: LicenseType, after: LicenseType): readonly TypeDifference[] {
  const [old, now] = [placesOf(before), placesOf(after)];
  const paths = new Set([...now.keys(), ...old.keys()]);
  paths.delete('edition');
  return [...paths].flatMap((path) => {
    const difference = { path, before: old.get(path) ?? null, after: now.get(path) ?? null };
    return difference.before === difference.after ? [] : [difference];
  });
}
