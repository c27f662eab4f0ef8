// What a later save may do to the document security store (ISO 32000-2 12.8.4.3), and to pictures of fields that were filled in.
import { entry } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import { referredNumber } from './change-context.ts';
import type { ChangeContext } from './change-context.ts';
import { sameObject } from './pdf-objects.ts';

/**
 * The store's dictionaries and arrays may grow; its streams, once written, stay.
 * @param old the catalogue as signed, and `now` the newest; `root` its number
 * @returns whether anything of it changed
 */
export async function storeChange(
  old: PdfDictionary,
  now: PdfDictionary,
  root: number,
  context: ChangeContext,
): Promise<boolean> {
  const value = entry(old, 'DSS');
  const known = new Set([root]);
  const pending: PdfObject[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const number = referredNumber(next);
    if (number !== null) {
      if (known.has(number)) continue;
      known.add(number);
    }
    const object = await context.document.resolve(next, context.before);
    if (object.kind === 'array') pending.push(...object.items);
    if (object.kind === 'dictionary') pending.push(...object.entries.values());
  }
  let changed = !sameObject(value, entry(now, 'DSS'));
  for (const number of known) {
    const compared = context.compared.get(number);
    if (number === root || compared === undefined || !context.onlyNamedBy(number, known)) continue;
    if (compared.before.kind !== compared.after.kind || compared.before.kind === 'stream') continue;
    context.settle(number);
    changed = true;
  }
  return changed;
}

const maxAppearances = 1000;

/**
 * Appearances rewritten in place are explained by their field, where nothing else shows them.
 * @param own numbers of the field and its widgets
 */
export async function settleAppearances(
  appearances: PdfObject,
  own: ReadonlySet<number>,
  context: ChangeContext,
): Promise<void> {
  const known = new Set(own);
  const pending: PdfObject[] = [appearances];
  for (let next = pending.pop(); next !== undefined && known.size < maxAppearances; next = pending.pop()) {
    const number = referredNumber(next);
    if (number !== null && (known.has(number) || !context.onlyNamedBy(number, known))) continue;
    if (number !== null) {
      known.add(number);
      context.settle(number);
    }
    const object = await context.document.resolve(next, context.after);
    if (object.kind === 'dictionary') pending.push(...object.entries.values());
  }
}
