// What restricts the changes after one signature, and which keys of a field may change for which reason.
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormField, Widget } from '../formats/pdf/form.ts';
import { entry } from '../formats/pdf/objects.ts';
import type { PdfDictionary } from '../formats/pdf/objects.ts';
import type { PdfSignature } from '../formats/pdf/signatures.ts';
import { lockOfField, strictestLevel } from '../formats/pdf/transforms.ts';
import type { FieldLock, ModificationLevel } from '../formats/pdf/transforms.ts';
import { sameEntry, sameObject } from './pdf-objects.ts';

/** What restricts later changes. */
export interface ChangeRules {
  /** The narrowest DocMDP level of the document; null where nothing restricts. */
  readonly level: ModificationLevel | null;
  readonly locks: readonly FieldLock[];
}

/**
 * What one signature and those before it forbid: a lock put on by a later signature restricts only what comes after that
 * one, and is asked when that one is judged.
 */
export async function rulesAsOf(
  document: PdfDocument,
  signatures: readonly PdfSignature[],
  revision: number,
): Promise<ChangeRules> {
  // A signature that covers nothing properly has no place in time, and what it forbids is forbidden throughout.
  const inForce = signatures.filter(({ coverage }) => (coverage.revision ?? -1) <= revision);
  const locks: FieldLock[] = [];
  for (const { field, transforms } of inForce) {
    const own = await lockOfField(document, field.dictionary);
    locks.push(...transforms.fieldMdp, ...(own === null ? [] : [own]));
  }
  return { level: await strictestLevel(document, inForce), locks };
}

export function differingKeys(before: PdfDictionary, after: PdfDictionary): string[] {
  const keys = new Set([...before.entries.keys(), ...after.entries.keys()]);
  return [...keys].filter((key) => !sameEntry(key, entry(before, key), entry(after, key)));
}

/** ISO 32000-2 table 256: a lock on a name holds the fields below it, and not those whose names begin alike. */
export function isLocked(name: string, locks: readonly FieldLock[]): boolean {
  return locks.some((lock) => {
    const named = lock.fields.some((field) => name === field || name.startsWith(`${field}.`));
    return lock.action === 'All' || (lock.action === 'Include' ? named : !named);
  });
}

/** In square points: 100 mm by 100 mm, where the largest seal of all has 60 mm. What is larger is put there to hide something. */
export const largestSeal = 283 * 283;

/**
 * Whether a field shows anything: by a picture, or by a background and a border (/MK, 12.5.6.19), with which some readers draw
 * those that have no picture.
 */
export function hasPicture({ dictionary }: Widget): boolean {
  const looks = entry(dictionary, 'MK');
  const plain = looks.kind === 'null' || (looks.kind === 'dictionary' && looks.entries.size === 0);
  return entry(dictionary, 'AP').kind !== 'null' || !plain;
}

/** Area in square points of the largest picture a field shows; 0 where it shows none. */
export function pictureArea({ widgets }: FormField): number {
  return widgets.reduce((largest, widget) => {
    const { rectangle: box } = widget;
    if (box === null || !hasPicture(widget)) return largest;
    return Math.max(largest, (box.right - box.left) * (box.top - box.bottom));
  }, 0);
}

/** Keys a form field may gain or change when it is signed. */
const signingKeys: ReadonlySet<string> = new Set(['V', 'AP', 'M', 'F']);
/** Keys that filling in touches: the value, how it shows, and for lists what is chosen. */
const fillingKeys: ReadonlySet<string> = new Set(['V', 'AP', 'AS', 'M', 'I', 'RV']);

/** Field and widgets are the same objects, and nothing but the given keys differs in any of them. */
function onlyKeys(before: FormField, after: FormField, keys: ReadonlySet<string>): boolean {
  const [old, now] = [before.reference, after.reference];
  if (old === null || now === null || !sameObject(old, now) || before.type !== after.type) return false;
  if (before.widgets.length !== after.widgets.length) return false;
  const within = (a: PdfDictionary, b: PdfDictionary): boolean =>
    differingKeys(a, b).every((key) => keys.has(key));
  return (
    within(before.dictionary, after.dictionary) &&
    before.widgets.every((widget, at) => {
      const other = after.widgets[at];
      return (
        other !== undefined &&
        widget.reference !== null &&
        other.reference !== null &&
        sameObject(widget.reference, other.reference) &&
        within(widget.dictionary, other.dictionary)
      );
    })
  );
}

/** An empty signature field got its signature. */
export function wasSigned(before: FormField, after: FormField): boolean {
  return (
    before.type === 'Sig' &&
    before.value.kind === 'null' &&
    after.value.kind !== 'null' &&
    onlyKeys(before, after, signingKeys)
  );
}

/**
 * A field was filled in: its value changed, and its appearance with it. An appearance that changes alone shows something
 * else than the value says (shadow attack on forms) and is no filling in.
 */
export function wasFilledIn(before: FormField, after: FormField): boolean {
  return (
    ['Tx', 'Ch', 'Btn'].includes(before.type ?? '') &&
    !sameObject(before.value, after.value) &&
    ['string', 'name', 'array', 'null'].includes(after.value.kind) &&
    onlyKeys(before, after, fillingKeys)
  );
}
