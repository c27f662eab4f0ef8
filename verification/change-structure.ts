// What a later save may do to the structure of a tagged PDF (ISO 32000-2 14.7): add elements for new form fields and nothing else.
import { dictionaryOf, entry, integerOf, nameOf, pdfNull } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import { referredNumber } from './change-context.ts';
import type { ChangeContext } from './change-context.ts';
import { differingKeys } from './change-rules.ts';
import { sameObject } from './pdf-objects.ts';

export interface StructureChange {
  readonly verdict: 'none' | 'grown' | 'forbidden';
  /** Keys of the new parent tree: what a page may not be given a number of. */
  readonly parentKeys: ReadonlySet<number>;
}

/** Elements that hold a field, and what they may stand in. None may say anything of what is on a page. */
const elementTypes: ReadonlySet<string> = new Set(['Form', 'Annot', 'Document']);
const elementKeys: ReadonlySet<string> = new Set(['Type', 'S', 'P', 'K', 'Pg', 'ID']);
const referenceKeys: ReadonlySet<string> = new Set(['Type', 'Obj', 'Pg']);
/** Tables 355 to 358: what an element, or a reference to something marked or to an object, consists of. */
const knownKeys: ReadonlySet<string> = new Set([
  ...['Type', 'S', 'P', 'ID', 'Ref', 'Pg', 'K', 'A', 'C', 'R', 'T', 'Lang', 'Alt', 'E', 'ActualText', 'AF'],
  ...['NS', 'PhoneticAlphabet', 'Phoneme', 'Stm', 'StmOwn', 'MCID', 'Obj'],
]);
const rootKeys: ReadonlySet<string> = new Set(['K', 'ParentTree', 'ParentTreeNextKey']);
const maxEntries = 100_000;
const maxDepth = 16;

class Structure {
  readonly #context: ChangeContext;
  readonly #newWidgets: ReadonlySet<number>;
  #left = maxEntries;
  readonly settled = new Set<number>();
  parentKeys: ReadonlySet<number> = new Set();

  constructor(newWidgets: ReadonlySet<number>, context: ChangeContext) {
    this.#newWidgets = newWidgets;
    this.#context = context;
  }

  async #children(kids: PdfObject, revision: number): Promise<readonly PdfObject[]> {
    const value = kids.kind === 'reference' ? await this.#context.document.resolve(kids, revision) : kids;
    if (value.kind === 'array') return value.items;
    return value.kind === 'null' ? [] : [kids];
  }

  /** A new element that holds new fields only, or the reference to one (OBJR, 14.7.5.3). */
  async #isNew(item: PdfObject, depth: number): Promise<boolean> {
    const { document, after } = this.#context;
    const number = referredNumber(item);
    this.#left -= 1;
    if (depth > maxDepth || this.#left < 0 || (number !== null && this.#context.usedBefore(number)))
      return false;
    const element = dictionaryOf(await document.resolve(item, after));
    if (element === null) return false;
    const keys = [...element.entries.keys()];
    if (nameOf(entry(element, 'Type')) === 'OBJR')
      return (
        keys.every((key) => referenceKeys.has(key)) &&
        this.#newWidgets.has(referredNumber(entry(element, 'Obj')) ?? -1)
      );
    if (!elementTypes.has(nameOf(entry(element, 'S')) ?? '')) return false;
    if (keys.some((key) => !elementKeys.has(key))) return false;
    const children = await this.#children(entry(element, 'K'), after);
    for (const child of children) if (!(await this.#isNew(child, depth + 1))) return false;
    return children.length > 0;
  }

  /** A child that can be nothing else: /K may also be a way to decode, a knockout group, or the name of something drawn. */
  async #wasChild(item: PdfObject, listed: boolean): Promise<boolean> {
    this.#left -= 1;
    if (this.#left < 0) return false;
    if (item.kind === 'integer') return listed && item.value >= 0;
    const value = await this.#context.document.resolve(item, this.#context.before);
    return value.kind === 'dictionary' && [...value.entries.keys()].every((key) => knownKeys.has(key));
  }

  /** What was there is there still, first and in its order; what follows is new and holds new fields only. */
  async #grown(before: PdfObject, after: PdfObject): Promise<boolean> {
    const old = await this.#children(before, this.#context.before);
    const now = await this.#children(after, this.#context.after);
    const kept = old.every((item, at) => sameObject(item, now[at] ?? pdfNull));
    if (!kept) return false;
    const listed = before.kind !== 'integer';
    for (const item of old) if (!(await this.#wasChild(item, listed))) return false;
    for (const item of now.slice(old.length)) if (!(await this.#isNew(item, 0))) return false;
    return true;
  }

  /** The entries of a number tree (7.9.7) and the objects it is made of; null where it is damaged or too large. */
  async #tree(
    node: PdfObject,
    revision: number,
  ): Promise<{ readonly entries: Map<number, PdfObject>; readonly nodes: Set<number> } | null> {
    const entries = new Map<number, PdfObject>();
    const nodes = new Set<number>();
    const pending: PdfObject[] = [node];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const number = referredNumber(next);
      if (number !== null && nodes.has(number)) return null;
      if (number !== null) nodes.add(number);
      const value = await this.#context.document.resolve(next, revision);
      if (value.kind === 'null' && pending.length === 0 && entries.size === 0) return { entries, nodes };
      // A stream would be drawn where the tree is used for something else.
      if (value.kind !== 'dictionary') return null;
      for (const key of ['Nums', 'Kids'] as const) {
        const list = entry(value, key);
        const listNumber = referredNumber(list);
        if (listNumber !== null) nodes.add(listNumber);
        const items = await this.#context.document.resolve(list, revision);
        if (items.kind === 'null') continue;
        if (items.kind !== 'array') return null;
        this.#left -= items.items.length;
        if (this.#left < 0) return null;
        if (key === 'Kids') pending.push(...items.items);
        else
          for (let at = 0; at + 1 < items.items.length; at += 2) {
            const index = integerOf(items.items[at] ?? pdfNull);
            if (index === null || entries.has(index)) return null;
            entries.set(index, items.items[at + 1] ?? pdfNull);
          }
      }
    }
    return { entries, nodes };
  }

  /** Every old entry leads to the same elements; every new one to a new element. */
  async #parentTree(before: PdfDictionary, after: PdfDictionary, owner: number | null): Promise<boolean> {
    const { document, compared } = this.#context;
    const old = await this.#tree(entry(before, 'ParentTree'), this.#context.before);
    const now = await this.#tree(entry(after, 'ParentTree'), this.#context.after);
    if (old === null || now === null) return false;
    this.parentKeys = new Set(now.entries.keys());
    for (const [key, value] of now.entries) {
      const earlier = old.entries.get(key);
      if (earlier === undefined) {
        if (!(await this.#isNew(value, 0))) return false;
      } else if (!sameObject(earlier, value)) {
        const was = await document.resolve(earlier, this.#context.before);
        const is = await document.resolve(value, this.#context.after);
        if (was.kind !== 'array' || !sameObject(was, is)) return false;
      }
    }
    if ([...old.entries.keys()].some((key) => !now.entries.has(key))) return false;
    const known = new Set([...old.nodes, ...(owner === null ? [] : [owner])]);
    for (const number of old.nodes)
      if (compared.has(number) && this.#context.onlyNamedBy(number, known)) this.settled.add(number);
    return true;
  }

  async root(before: PdfObject, after: PdfObject): Promise<boolean> {
    const { document, compared } = this.#context;
    const old = dictionaryOf(await document.resolve(before, this.#context.before));
    const now = dictionaryOf(await document.resolve(after, this.#context.after));
    if (old === null || now === null) return old === now;
    const keys = differingKeys(old, now);
    const number = referredNumber(before);
    const changed = (key: string): boolean => compared.has(referredNumber(entry(old, key)) ?? -1);
    const allowed = (key: string): boolean =>
      rootKeys.has(key) ||
      (key === 'RoleMap' &&
        entry(old, key).kind === 'null' &&
        dictionaryOf(entry(now, key))?.entries.size === 0);
    if (
      keys.some((key) => !allowed(key) && !(key === 'Type' && nameOf(entry(now, key)) === 'StructTreeRoot'))
    )
      return false;
    if ((keys.includes('K') || changed('K')) && !(await this.#grown(entry(old, 'K'), entry(now, 'K'))))
      return false;
    if (!(await this.#parentTree(old, now, number))) return false;
    if (number !== null && (await this.#context.isDrawnWith(number))) return false;
    if (number !== null) this.settled.add(number);
    return true;
  }

  /** Old elements that were given new children. */
  async elements(): Promise<boolean> {
    let all = true;
    for (const { number, before, after } of this.#context.compared.values()) {
      const [old, now] = [dictionaryOf(before), dictionaryOf(after)];
      if (old === null || now === null || before.kind === 'stream' || after.kind === 'stream') continue;
      if (nameOf(entry(old, 'Type')) !== 'StructElem') continue;
      const keys = differingKeys(old, now);
      if (keys.every((key) => key === 'K') && (await this.#grown(entry(old, 'K'), entry(now, 'K'))))
        this.settled.add(number);
      else all = false;
    }
    return all;
  }
}

/**
 * What became of the structure between the signed revision and the newest.
 * @param before the catalogue's /StructTreeRoot as signed, and `after` the newest
 * @param newWidgets widgets of fields that another rule has told already
 */
export async function structureChange(
  before: PdfObject,
  after: PdfObject,
  newWidgets: ReadonlySet<number>,
  context: ChangeContext,
): Promise<StructureChange> {
  const touched =
    !sameObject(before, after) ||
    [...context.compared.values()].some(({ before: old, number }) => {
      const dictionary = dictionaryOf(old);
      const type = dictionary === null ? null : nameOf(entry(dictionary, 'Type'));
      return type === 'StructElem' || type === 'StructTreeRoot' || number === referredNumber(before);
    });
  const structure = new Structure(newWidgets, context);
  if (!touched) return { verdict: 'none', parentKeys: structure.parentKeys };
  const grown = (await structure.root(before, after)) && (await structure.elements());
  // What is refused stays to be told one by one.
  if (grown) for (const number of structure.settled) context.settle(number);
  return { verdict: grown ? 'grown' : 'forbidden', parentKeys: structure.parentKeys };
}
