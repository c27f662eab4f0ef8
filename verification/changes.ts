// What was done to a PDF after a signature, and whether it may: everything not understood is forbidden.
import { dictionaryOf, entry, nameOf, pdfNull } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { readFields } from '../formats/pdf/form.ts';
import type { FormField, Widget } from '../formats/pdf/form.ts';
import { readTransforms } from '../formats/pdf/transforms.ts';
import { findWidgetPages } from '../formats/pdf/widget-pages.ts';
import { isDrawnWith } from './change-drawn.ts';
import { referredNumber } from './change-context.ts';
import type { ChangeContext } from './change-context.ts';
import { formSettingsChange, settleResources } from './change-form.ts';
import { structureChange } from './change-structure.ts';
import { ChangeLog } from './change-log.ts';
import { PageChanges } from './change-pages.ts';
import { settleAppearances, storeChange } from './change-store.ts';
import {
  differingKeys,
  hasPicture,
  isLocked,
  largestSeal,
  pictureArea,
  wasFilledIn,
  wasSigned,
} from './change-rules.ts';
import type { ChangeRules } from './change-rules.ts';
import { compareObject, referrersAsOf, sameObject } from './pdf-objects.ts';
import { scanReferrers } from './reference-scan.ts';
import type { Compared, Referrers } from './pdf-objects.ts';
import type { Change } from './report.ts';

/** Finds who names the given objects as of the signed revision. */
type FindReferrers = (wanted: ReadonlySet<number>) => Promise<Referrers | null>;

const maxTouched = 500_000;
/** Up to here a walk over the objects costs nothing worth saving. */
const fewObjects = 2_000;
/** A walk spends on one object what a scan spends on so many bytes. */
const bytesPerObject = 40_000;

/** Keys of the catalogue that have a rule of their own, or say nothing that shows. */
const judgedElsewhere: ReadonlySet<string> = new Set([
  'AcroForm',
  'DSS',
  'Metadata',
  'Extensions',
  'Version',
  'StructTreeRoot',
]);

class ChangeAnalysis {
  readonly #document: PdfDocument;
  readonly #revision: number;
  readonly #newest: number;
  readonly #rules: ChangeRules;
  readonly #log = new ChangeLog();
  /** Numbers whose change has been explained (or already told as forbidden). */
  readonly #settled = new Set<number>();
  /** Widgets that may appear on pages. */
  readonly #newWidgets = new Set<number>();
  /** Numbers that lead from pages and annotations into the structure; null where that did not grow. */
  #parentKeys: ReadonlySet<number> | null = null;
  readonly #compared = new Map<number, Compared>();
  readonly #findReferrers: FindReferrers;
  #referrers: Referrers = new Map();

  constructor(document: PdfDocument, revision: number, rules: ChangeRules, find: FindReferrers) {
    this.#findReferrers = find;
    this.#document = document;
    this.#revision = revision;
    this.#newest = document.newest.index;
    this.#rules = rules;
  }

  /** @returns null where referrers could not be found in the way asked for. */
  async run(): Promise<readonly Change[] | null> {
    await this.#compareTouched();
    if (this.#compared.size === 0) return this.#log.changes;
    const root = referredNumber(entry(this.#document.trailer(this.#revision), 'Root'));
    const wanted = new Set([...this.#compared.keys(), ...(root === null ? [] : [root])]);
    const referrers = await this.#findReferrers(wanted);
    if (referrers === null) return null;
    this.#referrers = referrers;
    await this.#catalogue();
    await this.#fields();
    await this.#structure();
    this.#information();
    await this.#pages();
    this.#remaining();
    return this.#log.changes;
  }

  async #compareTouched(): Promise<void> {
    const touched = new Set<number>();
    for (const revision of this.#document.revisions.slice(this.#revision + 1)) {
      for (const { section, hidden } of revision.sections) {
        for (const part of [section, hidden]) {
          for (const number of part?.numbers() ?? []) {
            touched.add(number);
            if (touched.size > maxTouched) {
              this.#log.tooMany();
              return;
            }
          }
        }
      }
    }
    touched.delete(0);
    for (const number of touched) {
      const compared = await compareObject(this.#document, number, this.#revision, this.#newest);
      if (compared !== null) this.#compared.set(number, compared);
    }
  }

  get #context(): ChangeContext {
    return {
      document: this.#document,
      before: this.#revision,
      after: this.#newest,
      compared: this.#compared,
      usedBefore: (number) => this.#referrers.has(number),
      onlyNamedBy: (number, allowed) => this.#onlyNamedBy(number, allowed),
      isDrawnWith: (number) => this.#isDrawnWith(number),
      settle: (number) => void this.#settled.add(number),
    };
  }

  #onlyNamedBy(number: number, allowed: ReadonlySet<number>): boolean {
    return [...(this.#referrers.get(number) ?? [])].every((from) => allowed.has(from));
  }

  #isDrawnWith(number: number): Promise<boolean> {
    return isDrawnWith(this.#document, number, this.#referrers.get(number) ?? [], this.#revision);
  }

  async #catalogue(): Promise<void> {
    const [before, after] = [this.#document.trailer(this.#revision), this.#document.trailer(this.#newest)];
    const root = referredNumber(entry(before, 'Root'));
    if (root === null || root !== referredNumber(entry(after, 'Root'))) {
      this.#log.catalogueReplaced();
      return;
    }
    this.#settled.add(root);
    if (await this.#isDrawnWith(root)) this.#log.object(root, 'drawn');
    const old = await this.#document.catalogue(this.#revision);
    const now = await this.#document.catalogue(this.#newest);
    for (const key of differingKeys(old, now)) {
      if (judgedElsewhere.has(key)) continue;
      this.#log.catalogueKey(key);
    }
    if (await storeChange(old, now, root, this.#context)) this.#log.validationData();
    this.#metadata(old, now, root);
    await this.#form(old, now, root);
    const extensions = referredNumber(entry(old, 'Extensions'));
    if (extensions !== null && this.#onlyNamedBy(extensions, new Set([root]))) this.#settled.add(extensions);
  }

  #metadata(old: PdfDictionary, now: PdfDictionary, root: number): void {
    const number = referredNumber(entry(old, 'Metadata'));
    const rewritten =
      number !== null && this.#compared.has(number) && this.#onlyNamedBy(number, new Set([root]));
    if (rewritten) this.#settled.add(number);
    if (!rewritten && sameObject(entry(old, 'Metadata'), entry(now, 'Metadata'))) return;
    this.#log.metadata(this.#rules.level !== 1);
  }

  #information(): void {
    const [before, after] = [this.#document.trailer(this.#revision), this.#document.trailer(this.#newest)];
    const number = referredNumber(entry(before, 'Info'));
    const changed = !sameObject(entry(before, 'Info'), entry(after, 'Info'));
    const compared = number === null ? undefined : this.#compared.get(number);
    if (number !== null && compared !== undefined && this.#onlyNamedBy(number, new Set([0])))
      this.#settled.add(number);
    else if (!changed) return;
    this.#log.metadata(this.#rules.level !== 1);
  }

  async #form(old: PdfDictionary, now: PdfDictionary, root: number): Promise<void> {
    const form = entry(old, 'AcroForm');
    const before = dictionaryOf(await this.#document.resolve(form, this.#revision));
    const after = dictionaryOf(await this.#document.resolve(entry(now, 'AcroForm'), this.#newest));
    if (before === null) return;
    const number = referredNumber(form);
    const owner = number ?? root;
    if (number !== null && this.#onlyNamedBy(number, new Set([root]))) this.#settled.add(number);
    const fields = referredNumber(entry(before, 'Fields'));
    if (fields !== null && this.#onlyNamedBy(fields, new Set([owner]))) this.#settled.add(fields);
    if (after === null) {
      this.#log.formSettings(false);
      return;
    }
    const settings = await formSettingsChange(
      this.#document,
      await readFields(this.#document, this.#revision),
      { revision: this.#revision, form: before },
      { revision: this.#newest, form: after },
    );
    if (settings !== 'none') this.#log.formSettings(settings === 'allowed');
    await settleResources(before, new Set([owner]), this.#context);
  }

  /** Elements for new fields, which Acrobat and others add to tagged files (14.7). */
  async #structure(): Promise<void> {
    const [old, now] = [
      await this.#document.catalogue(this.#revision),
      await this.#document.catalogue(this.#newest),
    ];
    const { verdict, parentKeys } = await structureChange(
      entry(old, 'StructTreeRoot'),
      entry(now, 'StructTreeRoot'),
      this.#newWidgets,
      this.#context,
    );
    this.#parentKeys = verdict === 'grown' ? parentKeys : null;
    if (verdict === 'grown') this.#log.structureElements();
    else if (
      verdict === 'forbidden' &&
      !sameObject(entry(old, 'StructTreeRoot'), entry(now, 'StructTreeRoot'))
    )
      this.#log.catalogueKey('StructTreeRoot');
  }

  async #fields(): Promise<void> {
    const before = await readFields(this.#document, this.#revision);
    const after = await readFields(this.#document, this.#newest);
    const old = new Map(before.map((field) => [field.fullName, field]));
    const now = new Map(after.map((field) => [field.fullName, field]));
    if (now.size !== after.length) {
      this.#log.sameNames();
    }
    for (const field of before) {
      if (!now.has(field.fullName)) {
        this.#log.field(field.fullName, 'removed');
      }
    }
    for (const field of after) {
      const earlier = old.get(field.fullName);
      if (earlier === undefined) await this.#newField(field);
      else await this.#oldField(earlier, field);
    }
  }

  async #pageOf(widgets: readonly Widget[]): Promise<number | null> {
    const [page] = await findWidgetPages(this.#document, widgets.slice(0, 1), this.#newest);
    return page ?? null;
  }

  /** What a signature newly put into a field is; null where its value may not stand there. */
  async #newValue(value: PdfObject): Promise<'signature-added' | 'time-stamp-added' | null> {
    const number = referredNumber(value);
    const dictionary = dictionaryOf(await this.#document.resolve(value, this.#newest));
    // A value that was there before is somebody's old signature put to a new use (pdf-facts 2.6).
    if (dictionary === null || (number !== null && this.#referrers.has(number))) return null;
    if (number !== null && (await this.#document.locate(number, this.#revision))?.entry.type === 'offset')
      return null;
    if ((await readTransforms(this.#document, dictionary, this.#newest)).docMdp !== null) return null;
    return nameOf(entry(dictionary, 'Type')) === 'DocTimeStamp' ? 'time-stamp-added' : 'signature-added';
  }

  async #tellSigned(field: FormField): Promise<void> {
    const kind = await this.#newValue(field.value);
    const page = await this.#pageOf(field.widgets);
    if (kind === null) {
      this.#log.wrongSignature(field.fullName);
    } else if (kind === 'time-stamp-added' && pictureArea(field) === 0) {
      this.#log.timeStamp();
    } else {
      const allowed = this.#rules.level !== 1 && !isLocked(field.fullName, this.#rules.locks);
      this.#log.signature(field.fullName, page, allowed);
      if (allowed && pictureArea(field) > largestSeal) this.#log.curtain(field.fullName, page);
    }
  }

  async #newField(field: FormField): Promise<void> {
    const numbers = [field.reference, ...field.widgets.map((widget) => widget.reference)].flatMap(
      (reference) => (reference === null ? [] : [reference.number]),
    );
    const reused = numbers.some((number) => this.#referrers.has(number));
    if (field.type !== 'Sig' || reused || numbers.length === 0) {
      this.#log.field(field.fullName, 'added');
      return;
    }
    for (const number of numbers) this.#newWidgets.add(number);
    if (field.value.kind !== 'null') {
      await this.#tellSigned(field);
      return;
    }
    // An unsigned field may not bring a picture of its own (signature field as a curtain over content).
    const bare = !field.widgets.some(hasPicture);
    this.#log.emptyField(field.fullName, bare && this.#rules.level !== 1);
  }

  async #oldField(before: FormField, after: FormField): Promise<void> {
    const [old, now] = [
      referredNumber(before.reference ?? pdfNull),
      referredNumber(after.reference ?? pdfNull),
    ];
    const changed =
      old !== now ||
      !sameObject(before.dictionary, after.dictionary) ||
      !sameObject(before.value, after.value) ||
      before.widgets.some(
        (widget) => widget.reference !== null && this.#compared.has(widget.reference.number),
      );
    if (!changed) return;
    const numbers = [old, ...before.widgets.map((widget) => widget.reference?.number ?? null)];
    for (const number of numbers) if (number !== null) this.#settled.add(number);
    if (await this.#mayShowElsewhere(numbers)) this.#log.field(after.fullName, 'changed');
    else if (wasSigned(before, after)) {
      await this.#settlePictures(after, numbers);
      await this.#tellSigned(after);
    } else if (this.#rules.level !== null && wasFilledIn(before, after))
      await this.#tellFilled(after, numbers);
    else this.#log.field(after.fullName, 'changed');
  }

  /** A field that is a stream may be drawn by a page; its data is not among the keys that are compared. So may what its keys name. */
  async #mayShowElsewhere(numbers: readonly (number | null)[]): Promise<boolean> {
    for (const number of numbers) {
      const compared = number === null ? undefined : this.#compared.get(number);
      if (number === null || compared === undefined) continue;
      if (compared.before.kind === 'stream' || compared.after.kind === 'stream') return true;
      if (await this.#isDrawnWith(number)) return true;
    }
    return false;
  }

  /** A field that was signed or filled in may have its picture rewritten in place. */
  async #settlePictures(field: FormField, numbers: readonly (number | null)[]): Promise<void> {
    const own = new Set(numbers.flatMap((number) => number ?? []));
    for (const { dictionary } of field.widgets)
      await settleAppearances(entry(dictionary, 'AP'), own, this.#context);
  }

  /** ISO 32000-2 table 257: a certification lets fields be filled in from level 2 on; a plain approval says nothing of it. */
  async #tellFilled(field: FormField, numbers: readonly (number | null)[]): Promise<void> {
    await this.#settlePictures(field, numbers);
    const allowed = this.#rules.level !== 1 && !isLocked(field.fullName, this.#rules.locks);
    this.#log.filled(field.fullName, await this.#pageOf(field.widgets), allowed);
  }

  async #pages(): Promise<void> {
    const unsettled = [...this.#compared.values()].filter(
      ({ number, before }) => !this.#settled.has(number) && before.kind !== 'null',
    );
    const told = { newWidgets: this.#newWidgets, parentKeys: this.#parentKeys, level: this.#rules.level };
    await new PageChanges(this.#context, told, this.#log).tell(unsettled);
  }

  /** Whatever no rule above explained. */
  #remaining(): void {
    for (const { number, before, after } of this.#compared.values()) {
      if (this.#settled.has(number)) continue;
      const type = nameOf(
        entry(dictionaryOf(before) ?? { kind: 'dictionary', entries: new Map(), duplicateKeys: [] }, 'Type'),
      );
      // A container is named by the cross-reference table alone; changing it changes what lies in it.
      const used = this.#referrers.has(number) || type === 'ObjStm';
      if (!used) continue;
      if (before.kind === 'null') {
        this.#log.object(number, 'supplied');
      } else if (before.kind === 'stream' || after.kind === 'stream') {
        this.#log.object(number, 'drawn');
      } else if (after.kind === 'null') {
        this.#log.object(number, 'removed');
      } else {
        this.#log.object(number, 'changed');
      }
    }
  }
}

/**
 * Everything that differs between the revision a signature covers and the newest one, in words, and whether it may.
 * @param revision the revision the signature covers
 * @throws FormatError where the file cannot be read to the end: then nothing is known, and nothing may be called fine.
 */
export async function changesAfter(
  document: PdfDocument,
  revision: number,
  rules: ChangeRules,
): Promise<readonly Change[]> {
  if (revision >= document.newest.index) return [];
  const walk: FindReferrers = () => referrersAsOf(document, revision);
  const scan: FindReferrers = (wanted) => scanReferrers(document, revision, wanted);
  const size = document.revisions[revision]?.endWithSpace ?? document.source.size;
  const many = document.nextObjectNumber > fewObjects && document.nextObjectNumber * bytesPerObject > size;
  if (many) {
    const found = await new ChangeAnalysis(document, revision, rules, scan).run();
    // The scan sees more uses than there are, so what it lets pass the walk would; what it refuses the walk decides.
    if (found?.every(({ allowed }) => allowed) === true) return found;
  }
  return (await new ChangeAnalysis(document, revision, rules, walk).run()) ?? [];
}
