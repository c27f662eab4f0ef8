// What a later save may do to a page (ISO 32000-2 7.7.3.3): widgets of new fields, comments where they are permitted, an order of fields.
import { entry, integerOf, nameOf } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import { walkPages } from '../formats/pdf/pages.ts';
import { addedAnnotations } from './change-annotations.ts';
import { referredNumber } from './change-context.ts';
import type { ChangeContext } from './change-context.ts';
import type { ChangeLog } from './change-log.ts';
import { differingKeys } from './change-rules.ts';
import type { ChangeRules } from './change-rules.ts';
import type { Compared } from './pdf-objects.ts';

/** What other rules have found out. */
interface ToldBefore {
  /** Widgets of new fields, which may appear on pages. */
  readonly newWidgets: ReadonlySet<number>;
  /** Numbers that lead from pages and annotations into the structure; null where that did not grow. */
  readonly parentKeys: ReadonlySet<number> | null;
  readonly level: ChangeRules['level'];
}

export class PageChanges {
  readonly #context: ChangeContext;
  readonly #told: ToldBefore;
  readonly #log: ChangeLog;

  constructor(context: ChangeContext, told: ToldBefore, log: ChangeLog) {
    this.#context = context;
    this.#told = told;
    this.#log = log;
  }

  /** Tells, and settles, what is a page or its list of annotations among the changed objects. */
  async tell(changed: readonly Compared[]): Promise<void> {
    if (changed.length === 0) return;
    const pages = new Map<number, number>();
    const lists = new Map<number, number>();
    for await (const page of walkPages(this.#context.document, this.#context.before)) {
      pages.set(page.reference.number, page.index);
      const list = referredNumber(entry(page.dictionary, 'Annots'));
      if (list !== null) lists.set(list, page.index);
    }
    const allPages = new Set(pages.keys());
    for (const { number, before, after } of changed) {
      const [page, list] = [pages.get(number), lists.get(number)];
      if (page !== undefined) {
        this.#context.settle(number);
        await this.#page(page, before, after);
      } else if (list !== undefined && this.#context.onlyNamedBy(number, allPages)) {
        this.#context.settle(number);
        await this.#annotations(list, before, after);
      }
    }
  }

  /** The order of going through fields, and a number that leads to no element: neither says anything of what is on the page. */
  #isHarmless(key: string, before: PdfDictionary, after: PdfDictionary): boolean {
    if (key === 'Annots') return true;
    // DocMDP 1 permits no change at all, seen or not.
    if (this.#told.level === 1 || entry(before, key).kind !== 'null') return false;
    if (key === 'Tabs') return ['R', 'C', 'S'].includes(nameOf(entry(after, key)) ?? '');
    const number = key === 'StructParents' ? integerOf(entry(after, key)) : null;
    return number !== null && this.#told.parentKeys?.has(number) === false;
  }

  async #page(index: number, before: PdfObject, after: PdfObject): Promise<void> {
    // A page that is a stream too would be drawn by whoever else names it.
    const old = before.kind === 'dictionary' ? before : null;
    const now = after.kind === 'dictionary' ? after : null;
    const keys = old === null || now === null ? ['Contents'] : differingKeys(old, now);
    if (old === null || now === null || keys.some((key) => !this.#isHarmless(key, old, now))) {
      this.#log.page(index);
      return;
    }
    const { document } = this.#context;
    if (!keys.includes('Annots')) return;
    await this.#annotations(
      index,
      await document.get(old, 'Annots', this.#context.before),
      await document.get(now, 'Annots', this.#context.after),
    );
  }

  async #annotations(page: number, before: PdfObject, after: PdfObject): Promise<void> {
    const { document, after: newest, usedBefore } = this.#context;
    const { newWidgets, level } = this.#told;
    const added = await addedAnnotations(document, before, after, newest, newWidgets, usedBefore);
    if (added === 'none') return;
    // Only a certification that says so lets comments be added (DocMDP 3); an approval alone does not.
    if (added === 'forbidden' || level !== 3) this.#log.annotations(page);
    else this.#log.comments(page, added === 'covering');
  }
}
