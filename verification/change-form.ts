// What a later save may do to the settings of a form (ISO 32000-2 12.7.3): add resources and a default that no old field draws with.
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormField } from '../formats/pdf/form.ts';
import { dictionaryOf, entry } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import { referredNumber } from './change-context.ts';
import type { ChangeContext } from './change-context.ts';
import { differingKeys } from './change-rules.ts';
import { sameObject } from './pdf-objects.ts';

/** A form as of one revision. */
export interface FormState {
  readonly revision: number;
  readonly form: PdfDictionary;
}

/** Rewritten with every signature, and judged where the fields are. */
const ownKeys: ReadonlySet<string> = new Set(['Fields', 'SigFlags']);

const maxAppearances = 2000;

/** Names of resources by category, followed as of a revision; null where it is none. */
async function resourcesOf(
  document: PdfDocument,
  { revision, form }: FormState,
): Promise<ReadonlyMap<string, PdfDictionary> | null> {
  const value = await document.resolve(entry(form, 'DR'), revision);
  if (value.kind === 'null') return new Map();
  const categories = new Map<string, PdfDictionary>();
  for (const [name, item] of dictionaryOf(value)?.entries ?? []) {
    // Procedure sets are obsolete and an array (14.2): nothing draws by them.
    if (name === 'ProcSet') continue;
    const category = dictionaryOf(await document.resolve(item, revision));
    if (category === null) return null;
    categories.set(name, category);
  }
  return dictionaryOf(value) === null ? null : categories;
}

async function hasOwnResources(
  document: PdfDocument,
  appearance: PdfObject,
  revision: number,
): Promise<boolean> {
  const value = await document.resolve(appearance, revision);
  if (value.kind === 'null') return true;
  if (value.kind === 'stream')
    return dictionaryOf(await document.resolve(entry(value.dictionary, 'Resources'), revision)) !== null;
  if (value.kind !== 'dictionary') return false;
  for (const state of value.entries.values())
    if (!(await hasOwnResources(document, state, revision))) return false;
  return true;
}

/** Whether every picture of a signature as it was then brings its own resources, so that the form's are nobody's. */
async function needNoResources(
  document: PdfDocument,
  fields: readonly FormField[],
  revision: number,
): Promise<boolean> {
  // A signature whose rectangle is empty shows nothing (12.7.5.5).
  const widgets = fields
    .flatMap((field) => field.widgets)
    .filter(({ rectangle: box }) => box === null || (box.right > box.left && box.top > box.bottom));
  if (fields.some(({ type }) => type !== 'Sig') || widgets.length > maxAppearances) return false;
  for (const { dictionary } of widgets) {
    const appearances = dictionaryOf(await document.resolve(entry(dictionary, 'AP'), revision));
    for (const appearance of appearances?.entries.values() ?? [])
      if (!(await hasOwnResources(document, appearance, revision))) return false;
  }
  return true;
}

/** Nothing is gone, and what has a name keeps it, but for pictures (/XObject) that nobody draws with. */
async function onlyGained(
  document: PdfDocument,
  before: FormState,
  after: FormState,
  unused: () => Promise<boolean>,
): Promise<boolean> {
  const [old, now] = [await resourcesOf(document, before), await resourcesOf(document, after)];
  if (old === null || now === null) return false;
  for (const [category, named] of old) {
    const later = now.get(category);
    if (later === undefined) return false;
    const kept = [...named.entries].every(([name, value]) => sameObject(value, entry(later, name)));
    if (!kept && !(category === 'XObject' && (await unused()))) return false;
  }
  return true;
}

/**
 * Whether the settings of a form changed at all, and whether they may have: some writers add a default appearance and fonts
 * whenever they add a signature, and put the picture of each new signature among the form's resources under one name.
 * @param fields the fields as of the earlier state
 */
export async function formSettingsChange(
  document: PdfDocument,
  fields: readonly FormField[],
  before: FormState,
  after: FormState,
): Promise<'none' | 'allowed' | 'forbidden'> {
  const keys = differingKeys(before.form, after.form).filter((key) => !ownKeys.has(key));
  const redrawn = entry(after.form, 'NeedAppearances');
  if (keys.some((key) => key !== 'DA' && key !== 'DR')) return 'forbidden';
  const unused = (): Promise<boolean> => needNoResources(document, fields, before.revision);
  const gained = await onlyGained(document, before, after, unused);
  if (keys.length === 0) return gained ? 'none' : 'forbidden';
  // A viewer told to draw the fields anew would draw them by what is new.
  if (redrawn.kind === 'boolean' && redrawn.value) return 'forbidden';
  if (keys.includes('DA') && entry(before.form, 'DA').kind !== 'null') return 'forbidden';
  return gained ? 'allowed' : 'forbidden';
}

/** The form's resources and their lists, rewritten in place where the form alone names them, are judged with its settings. */
export async function settleResources(
  form: PdfDictionary,
  owners: ReadonlySet<number>,
  context: ChangeContext,
): Promise<void> {
  const known = new Set(owners);
  const take = (object: PdfObject): void => {
    const number = referredNumber(object);
    const compared = number === null ? undefined : context.compared.get(number);
    if (number === null || !context.onlyNamedBy(number, known)) return;
    known.add(number);
    if (compared?.before.kind === 'dictionary' && compared.after.kind === 'dictionary')
      context.settle(number);
  };
  take(entry(form, 'DR'));
  const resources = dictionaryOf(await context.document.resolve(entry(form, 'DR'), context.before));
  for (const category of resources?.entries.values() ?? []) take(category);
}
