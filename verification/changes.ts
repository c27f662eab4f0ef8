// What was done to a PDF after a signature, and whether it may: everything not understood is forbidden.
import { dictionaryOf, entry, nameOf, pdfNull } from '../formats/pdf/objects.ts';
import type { PdfDictionary, PdfObject } from '../formats/pdf/objects.ts';
import type { PdfDocument } from '../formats/pdf/document.ts';
import { readFields } from '../formats/pdf/form.ts';
import type { FormField, Widget } from '../formats/pdf/form.ts';
import { walkPages } from '../formats/pdf/pages.ts';
import { readTransforms } from '../formats/pdf/transforms.ts';
import type { FieldLock, ModificationLevel } from '../formats/pdf/transforms.ts';
import { findWidgetPages } from '../formats/pdf/widget-pages.ts';
import { compareObject, referrersAsOf, sameObject } from './pdf-objects.ts';
import type { Compared, Referrers } from './pdf-objects.ts';
import type { Change } from './report.ts';

/** What restricts later changes. */
export interface ChangeRules {
  /** The narrowest DocMDP level of the document; null where nothing restricts. */
  readonly level: ModificationLevel | null;
  readonly locks: readonly FieldLock[];
}

const maxTouched = 500_000;

/** Keys a form field may gain or change when it is signed. */
const signingKeys = new Set(['V', 'AP', 'M', 'F']);

function differingKeys(before: PdfDictionary, after: PdfDictionary): string[] {
  const keys = new Set([...before.entries.keys(), ...after.entries.keys()]);
  return [...keys].filter((key) => !sameObject(entry(before, key), entry(after, key)));
}

/** ISO 32000-2 table 256: a lock on a name holds the fields below it, and not those whose names begin alike. */
function isLocked(name: string, locks: readonly FieldLock[]): boolean {
  return locks.some((lock) => {
    const named = lock.fields.some((field) => name === field || name.startsWith(`${field}.`));
    return lock.action === 'All' || (lock.action === 'Include' ? named : !named);
  });
}

function numberOf(object: PdfObject): number | null {
  return object.kind === 'reference' ? object.number : null;
}

class ChangeAnalysis {
  readonly #document: PdfDocument;
  readonly #revision: number;
  readonly #newest: number;
  readonly #rules: ChangeRules;
  readonly #changes: Change[] = [];
  /** Numbers whose change has been explained (or already told as forbidden). */
  readonly #settled = new Set<number>();
  /** Widgets that may appear on pages. */
  readonly #newWidgets = new Set<number>();
  readonly #compared = new Map<number, Compared>();
  #referrers: Referrers = new Map();

  constructor(document: PdfDocument, revision: number, rules: ChangeRules) {
    this.#document = document;
    this.#revision = revision;
    this.#newest = document.newest.index;
    this.#rules = rules;
  }

  async run(): Promise<readonly Change[]> {
    await this.#compareTouched();
    if (this.#compared.size === 0) return this.#changes;
    this.#referrers = await referrersAsOf(this.#document, this.#revision);
    await this.#catalogue();
    await this.#fields();
    this.#information();
    await this.#pages();
    this.#remaining();
    return this.#changes;
  }

  #tell(kind: Change['kind'], allowed: boolean, zh: string, en: string): void {
    this.#changes.push({ kind, allowed, words: { zh, en } });
  }

  async #compareTouched(): Promise<void> {
    const touched = new Set<number>();
    for (const revision of this.#document.revisions.slice(this.#revision + 1)) {
      for (const { section, hidden } of revision.sections) {
        for (const part of [section, hidden]) {
          for (const number of part?.numbers() ?? []) {
            touched.add(number);
            if (touched.size > maxTouched) {
              this.#tell(
                'structure-changed',
                false,
                '签名后改动的对象过多,无法分析。',
                'Too many objects were touched after the signature to analyse.',
              );
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

  /** Whether an old object is named by nothing but the given ones: what is shared with a page may not change with another excuse. */
  #onlyNamedBy(number: number, allowed: ReadonlySet<number>): boolean {
    return [...(this.#referrers.get(number) ?? [])].every((from) => allowed.has(from));
  }

  async #catalogue(): Promise<void> {
    const [before, after] = [this.#document.trailer(this.#revision), this.#document.trailer(this.#newest)];
    const root = numberOf(entry(before, 'Root'));
    if (root === null || root !== numberOf(entry(after, 'Root'))) {
      this.#tell(
        'structure-changed',
        false,
        '签名后整个文档目录被替换。',
        'The catalogue was replaced after the signature.',
      );
      return;
    }
    this.#settled.add(root);
    const old = await this.#document.catalogue(this.#revision);
    const now = await this.#document.catalogue(this.#newest);
    for (const key of differingKeys(old, now)) {
      if (['AcroForm', 'DSS', 'Metadata', 'Extensions', 'Version'].includes(key)) continue;
      this.#tell(
        'structure-changed',
        false,
        `签名后文档目录中的 /${key} 被修改。`,
        `/${key} of the catalogue was changed after the signature.`,
      );
    }
    await this.#validationData(old, now, root);
    this.#metadata(old, root);
    await this.#form(old, now, root);
    const extensions = numberOf(entry(old, 'Extensions'));
    if (extensions !== null && this.#onlyNamedBy(extensions, new Set([root]))) this.#settled.add(extensions);
  }

  /** DSS (ISO 32000-2 12.8.4.3): its dictionaries and arrays may grow; its streams, once written, stay. */
  async #validationData(old: PdfDictionary, now: PdfDictionary, root: number): Promise<void> {
    const value = entry(old, 'DSS');
    const known = new Set([root]);
    const pending: PdfObject[] = [value];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const number = numberOf(next);
      if (number !== null) {
        if (known.has(number)) continue;
        known.add(number);
      }
      const object = await this.#document.resolve(next, this.#revision);
      if (object.kind === 'array') pending.push(...object.items);
      if (object.kind === 'dictionary') pending.push(...object.entries.values());
    }
    let changed = !sameObject(value, entry(now, 'DSS'));
    for (const number of known) {
      const compared = this.#compared.get(number);
      if (number === root || compared === undefined || !this.#onlyNamedBy(number, known)) continue;
      if (compared.before.kind !== compared.after.kind || compared.before.kind === 'stream') continue;
      this.#settled.add(number);
      changed = true;
    }
    if (changed)
      this.#tell(
        'validation-data-added',
        true,
        '签名后增加了验证数据(证书、吊销信息)。',
        'Validation data (certificates, revocation data) was added after the signature.',
      );
  }

  #metadata(old: PdfDictionary, root: number): void {
    const number = numberOf(entry(old, 'Metadata'));
    const compared = number === null ? undefined : this.#compared.get(number);
    if (number === null || compared === undefined || !this.#onlyNamedBy(number, new Set([root]))) return;
    this.#settled.add(number);
    this.#tell(
      'metadata-changed',
      this.#rules.level !== 1,
      '签名后文件属性(元数据)被修改。',
      'Metadata of the file was changed after the signature.',
    );
  }

  #information(): void {
    const [before, after] = [this.#document.trailer(this.#revision), this.#document.trailer(this.#newest)];
    const number = numberOf(entry(before, 'Info'));
    const changed = !sameObject(entry(before, 'Info'), entry(after, 'Info'));
    const compared = number === null ? undefined : this.#compared.get(number);
    if (number !== null && compared !== undefined && this.#onlyNamedBy(number, new Set([0])))
      this.#settled.add(number);
    else if (!changed) return;
    this.#tell(
      'metadata-changed',
      this.#rules.level !== 1,
      '签名后文件属性被修改。',
      'Document information was changed after the signature.',
    );
  }

  async #form(old: PdfDictionary, now: PdfDictionary, root: number): Promise<void> {
    const form = entry(old, 'AcroForm');
    const before = dictionaryOf(await this.#document.resolve(form, this.#revision));
    const after = dictionaryOf(await this.#document.resolve(entry(now, 'AcroForm'), this.#newest));
    if (before === null) return;
    const number = numberOf(form);
    const owner = number ?? root;
    if (number !== null && this.#onlyNamedBy(number, new Set([root]))) this.#settled.add(number);
    const fields = numberOf(entry(before, 'Fields'));
    if (fields !== null && this.#onlyNamedBy(fields, new Set([owner]))) this.#settled.add(fields);
    const keys =
      after === null
        ? ['Fields']
        : differingKeys(before, after).filter((key) => key !== 'Fields' && key !== 'SigFlags');
    if (after === null || keys.length > 0) {
      this.#tell(
        'form-changed',
        false,
        '签名后表单设置被修改。',
        'The form was changed after the signature.',
      );
    }
  }

  async #fields(): Promise<void> {
    const before = await readFields(this.#document, this.#revision);
    const after = await readFields(this.#document, this.#newest);
    const old = new Map(before.map((field) => [field.fullName, field]));
    const now = new Map(after.map((field) => [field.fullName, field]));
    if (now.size !== after.length) {
      this.#tell(
        'form-changed',
        false,
        '签名后出现同名的表单域。',
        'Two form fields of one name appeared after the signature.',
      );
    }
    for (const field of before) {
      if (!now.has(field.fullName)) {
        this.#tell(
          'form-changed',
          false,
          `签名后表单域“${field.fullName}”被删除。`,
          `Form field "${field.fullName}" was removed after the signature.`,
        );
      }
    }
    for (const field of after) {
      const earlier = old.get(field.fullName);
      if (earlier === undefined) await this.#newField(field);
      else await this.#oldField(earlier, field);
    }
  }

  async #placeOf(widgets: readonly Widget[]): Promise<{ readonly zh: string; readonly en: string }> {
    const [page] = await findWidgetPages(this.#document, widgets.slice(0, 1), this.#newest);
    return typeof page === 'number'
      ? { zh: `第${page + 1}页后`, en: ` on page ${page + 1}` }
      : { zh: '', en: '' };
  }

  /** What a signature newly put into a field is; null where its value may not stand there. */
  async #newValue(value: PdfObject): Promise<'signature-added' | 'time-stamp-added' | null> {
    const number = numberOf(value);
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
    const place = await this.#placeOf(field.widgets);
    if (kind === null) {
      this.#tell(
        'form-changed',
        false,
        `签名域“${field.fullName}”中放入了不允许的签名(旧签名或认证签名)。`,
        `Signature field "${field.fullName}" holds a signature that may not be there (an old one, or a certification).`,
      );
    } else if (kind === 'time-stamp-added') {
      this.#tell(
        kind,
        true,
        '签名后增加了文档时间戳。',
        'A document time-stamp was added after the signature.',
      );
    } else {
      const allowed = this.#rules.level !== 1 && !isLocked(field.fullName, this.#rules.locks);
      this.#tell(
        kind,
        allowed,
        `${place.zh}增加了一个签名(${field.fullName})。`,
        `A signature (${field.fullName}) was added${place.en}.`,
      );
    }
  }

  async #newField(field: FormField): Promise<void> {
    const numbers = [field.reference, ...field.widgets.map((widget) => widget.reference)].flatMap(
      (reference) => (reference === null ? [] : [reference.number]),
    );
    const reused = numbers.some((number) => this.#referrers.has(number));
    if (field.type !== 'Sig' || reused || numbers.length === 0) {
      this.#tell(
        'form-changed',
        false,
        `签名后增加了表单域“${field.fullName}”。`,
        `Form field "${field.fullName}" was added after the signature.`,
      );
      return;
    }
    for (const number of numbers) this.#newWidgets.add(number);
    if (field.value.kind !== 'null') {
      await this.#tellSigned(field);
      return;
    }
    // An unsigned field may not bring a picture of its own (signature field as a curtain over content).
    const bare = field.widgets.every((widget) => entry(widget.dictionary, 'AP').kind === 'null');
    this.#tell(
      'signature-field-added',
      bare && this.#rules.level !== 1,
      `签名后增加了空白签名域“${field.fullName}”。`,
      `An empty signature field "${field.fullName}" was added after the signature.`,
    );
  }

  async #oldField(before: FormField, after: FormField): Promise<void> {
    const [old, now] = [numberOf(before.reference ?? pdfNull), numberOf(after.reference ?? pdfNull)];
    const changed =
      old !== now ||
      !sameObject(before.dictionary, after.dictionary) ||
      !sameObject(before.value, after.value) ||
      before.widgets.some(
        (widget) => widget.reference !== null && this.#compared.has(widget.reference.number),
      );
    if (!changed) return;
    const keys = differingKeys(before.dictionary, after.dictionary);
    const signing =
      before.type === 'Sig' &&
      before.value.kind === 'null' &&
      after.value.kind !== 'null' &&
      old === now &&
      keys.every((key) => signingKeys.has(key));
    for (const number of [old, ...before.widgets.map((widget) => widget.reference?.number ?? null)]) {
      if (number !== null && (signing ? number === old : true)) this.#settled.add(number);
    }
    if (signing) await this.#tellSigned(after);
    else
      this.#tell(
        'form-changed',
        false,
        `签名后表单域“${after.fullName}”被修改。`,
        `Form field "${after.fullName}" was changed after the signature.`,
      );
  }

  #annotationsGrewRight(before: PdfObject, after: PdfObject): boolean {
    const old = before.kind === 'array' ? before.items : before.kind === 'null' ? [] : null;
    if (old === null || after.kind !== 'array') return false;
    const kept = old.every((item, at) => {
      const other = after.items[at];
      return other !== undefined && sameObject(item, other);
    });
    return (
      kept &&
      after.items
        .slice(old.length)
        .every((item) => item.kind === 'reference' && this.#newWidgets.has(item.number))
    );
  }

  async #pages(): Promise<void> {
    const unsettled = [...this.#compared.values()].filter(
      ({ number, before }) => !this.#settled.has(number) && before.kind !== 'null',
    );
    if (unsettled.length === 0) return;
    const pages = new Map<number, number>();
    const lists = new Map<number, number>();
    for await (const page of walkPages(this.#document, this.#revision)) {
      pages.set(page.reference.number, page.index);
      const list = numberOf(entry(page.dictionary, 'Annots'));
      if (list !== null) lists.set(list, page.index);
    }
    const allPages = new Set(pages.keys());
    for (const { number, before, after } of unsettled) {
      const [page, list] = [pages.get(number), lists.get(number)];
      if (page !== undefined) await this.#page(number, page, before, after);
      else if (list !== undefined && this.#onlyNamedBy(number, allPages))
        this.#annotations(number, list, before, after);
    }
  }

  async #page(number: number, index: number, before: PdfObject, after: PdfObject): Promise<void> {
    this.#settled.add(number);
    const [old, now] = [dictionaryOf(before), dictionaryOf(after)];
    const keys = old === null || now === null ? ['Contents'] : differingKeys(old, now);
    if (old === null || now === null || keys.some((key) => key !== 'Annots')) {
      this.#tell(
        'page-content-changed',
        false,
        `签名后第${index + 1}页的内容被修改。`,
        `Page ${index + 1} was changed after the signature.`,
      );
      return;
    }
    const lists = [
      await this.#document.get(old, 'Annots', this.#revision),
      await this.#document.get(now, 'Annots', this.#newest),
    ] as const;
    this.#tellAnnotations(index, this.#annotationsGrewRight(...lists));
  }

  #annotations(number: number, page: number, before: PdfObject, after: PdfObject): void {
    this.#settled.add(number);
    this.#tellAnnotations(page, this.#annotationsGrewRight(before, after));
  }

  #tellAnnotations(page: number, fine: boolean): void {
    if (fine) return;
    this.#tell(
      'annotation-changed',
      false,
      `签名后第${page + 1}页的批注被增加、修改或删除。`,
      `Annotations of page ${page + 1} were added, changed or removed after the signature.`,
    );
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
        this.#tell(
          'structure-changed',
          false,
          `签名后补入了原文引用而当时不存在的对象(${number})。`,
          `Object ${number}, named but absent when signed, was supplied later.`,
        );
      } else if (before.kind === 'stream' || after.kind === 'stream') {
        this.#tell(
          'page-content-changed',
          false,
          `签名后文字、图片或字体被修改(对象${number})。`,
          `Text, a picture or a font was changed after the signature (object ${number}).`,
        );
      } else if (after.kind === 'null') {
        this.#tell(
          'structure-changed',
          false,
          `签名后对象${number}被删除。`,
          `Object ${number} was removed after the signature.`,
        );
      } else {
        this.#tell(
          'structure-changed',
          false,
          `签名后文档结构被修改(对象${number})。`,
          `The structure was changed after the signature (object ${number}).`,
        );
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
  return new ChangeAnalysis(document, revision, rules).run();
}
