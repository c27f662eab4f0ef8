// What a later save may do to the settings of a form (ISO 32000-2 12.7.3): add resources and a default that no old field draws with.
import type { PdfDocument } from '../formats/pdf/document.ts';
import type { FormField, Widget } from '../formats/pdf/form.ts';
import { FormatError } from '../formats/errors.ts';
import { dictionaryOf, entry } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject, PdfStream } from '../formats/pdf/objects.ts';
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
const nothing: PdfDictionary = { kind: 'dictionary', entries: new Map(), duplicateKeys: [] };

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

/** Whether a stream without resources of its own could draw with another's. */
type Judge = (stream: PdfStream) => Promise<boolean>;

async function bringsItsOwn(
  document: PdfDocument,
  appearance: PdfObject,
  revision: number,
  otherwise: Judge,
): Promise<boolean> {
  const value = await document.resolve(appearance, revision);
  if (value.kind === 'null') return true;
  if (value.kind === 'stream') {
    const own = dictionaryOf(await document.resolve(entry(value.dictionary, 'Resources'), revision));
    return own !== null || (await otherwise(value));
  }
  if (value.kind !== 'dictionary') return false;
  for (const state of value.entries.values())
    if (!(await bringsItsOwn(document, state, revision, otherwise))) return false;
  return true;
}

/** Whether a picture without resources names none: what it draws is the same whatever the form holds. */
async function namesNothing(document: PdfDocument, stream: PdfStream, revision: number): Promise<boolean> {
  try {
    return !(await document.streamData(stream, revision)).includes(0x2f);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** A field whose rectangle is empty shows nothing (12.7.5.5). */
const isSeen = ({ rectangle: box }: Widget): boolean =>
  box === null || (box.right > box.left && box.top > box.bottom);

/**
 * Whether every field as it was then shows without the form's settings. A text without a picture is drawn by them; a signature
 * without one is not drawn at all.
 * @param otherwise asked of pictures that have no resources of their own
 */
async function needNoSettings(
  document: PdfDocument,
  fields: readonly FormField[],
  revision: number,
  otherwise: Judge,
): Promise<boolean> {
  const seen = fields.map(({ type, widgets }) => ({ type, widgets: widgets.filter(isSeen) }));
  if (seen.reduce((sum, { widgets }) => sum + widgets.length, 0) > maxAppearances) return false;
  for (const { type, widgets } of seen)
    for (const { dictionary } of widgets) {
      const appearances = dictionaryOf(await document.resolve(entry(dictionary, 'AP'), revision));
      if (type !== 'Sig' && entry(appearances ?? nothing, 'N').kind === 'null') return false;
      for (const appearance of appearances?.entries.values() ?? [])
        if (!(await bringsItsOwn(document, appearance, revision, otherwise))) return false;
    }
  return true;
}

/** `gained`: nothing is gone, and what has a name keeps it, but for pictures (/XObject) that nobody draws with. */
async function resourcesChange(
  document: PdfDocument,
  before: FormState,
  after: FormState,
  unused: () => Promise<boolean>,
): Promise<'none' | 'gained' | 'lost'> {
  const [old, now] = [await resourcesOf(document, before), await resourcesOf(document, after)];
  if (old === null || now === null) return 'lost';
  for (const [category, named] of old) {
    const later = now.get(category);
    if (later === undefined) return 'lost';
    const kept = [...named.entries].every(([name, value]) => sameObject(value, entry(later, name)));
    if (!kept && !(category === 'XObject' && (await unused()))) return 'lost';
  }
  const same = [...now].every(([category, named]) => sameObject(named, old.get(category) ?? nothing));
  return same ? 'none' : 'gained';
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
  if (keys.some((key) => key !== 'DA' && key !== 'DR')) return 'forbidden';
  const needNone = (otherwise: Judge): Promise<boolean> =>
    needNoSettings(document, fields, before.revision, otherwise);
  const change = await resourcesChange(
    document,
    before,
    after,
    async () => fields.every(({ type }) => type === 'Sig') && (await needNone(() => Promise.resolve(false))),
  );
  if (change === 'lost') return 'forbidden';
  if (change === 'none' && keys.length === 0) return 'none';
  // A viewer told to draw the fields anew would draw them by what is new.
  const redrawn = await document.resolve(entry(after.form, 'NeedAppearances'), after.revision);
  if (redrawn.kind !== 'null' && !(redrawn.kind === 'boolean' && !redrawn.value)) return 'forbidden';
  if (keys.includes('DA') && entry(before.form, 'DA').kind !== 'null') return 'forbidden';
  const allowed = await needNone((stream) => namesNothing(document, stream, before.revision));
  return allowed ? 'allowed' : 'forbidden';
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
