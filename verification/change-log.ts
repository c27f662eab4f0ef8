// Changes after a signature in words that a clerk understands.
import type { Change } from './report.ts';

/** Collects what was found, each with its words. */
export class ChangeLog {
  readonly #changes: Change[] = [];

  get changes(): readonly Change[] {
    return this.#changes;
  }

  tell(kind: Change['kind'], allowed: boolean, zh: string, en: string): void {
    this.#changes.push({ kind, allowed, words: { zh, en } });
  }

  forbid(kind: Change['kind'], zh: string, en: string): void {
    this.tell(kind, false, zh, en);
  }

  tooMany(): void {
    this.forbid(
      'structure-changed',
      '签名后改动的对象过多，无法分析。',
      'Too many objects were touched after the signature to analyse.',
    );
  }

  catalogueReplaced(): void {
    this.forbid(
      'structure-changed',
      '签名后整个文档目录被替换。',
      'The catalogue was replaced after the signature.',
    );
  }

  catalogueKey(key: string): void {
    this.forbid(
      'structure-changed',
      `签名后文档目录中的 /${key} 被修改。`,
      `/${key} of the catalogue was changed after the signature.`,
    );
  }

  validationData(): void {
    this.tell(
      'validation-data-added',
      true,
      '签名后增加了验证数据（证书、吊销信息）。',
      'Validation data (certificates, revocation data) was added after the signature.',
    );
  }

  metadata(allowed: boolean): void {
    this.tell(
      'metadata-changed',
      allowed,
      '签名后文件属性（元数据）被修改。',
      'Document information or metadata was changed after the signature.',
    );
  }

  formSettings(allowed: boolean): void {
    if (allowed)
      this.tell(
        'form-changed',
        true,
        '签名后表单增加了资源（字体等），不影响已有内容。',
        'Resources (fonts and the like) were added to the form after the signature; nothing that was there is drawn by them.',
      );
    else this.forbid('form-changed', '签名后表单设置被修改。', 'The form was changed after the signature.');
  }

  structureElements(): void {
    this.tell(
      'structure-changed',
      true,
      '签名后为新增的签名域补充了结构标记。',
      'Structure elements for new fields were added after the signature.',
    );
  }

  sameNames(): void {
    this.forbid(
      'form-changed',
      '签名后出现同名的表单域。',
      'Two form fields of one name appeared after the signature.',
    );
  }

  field(name: string, what: 'added' | 'changed' | 'removed'): void {
    const zh = { added: '增加了', changed: '修改了', removed: '删除了' }[what];
    this.forbid(
      'form-changed',
      `签名后${zh}表单域“${name}”。`,
      `Form field "${name}" was ${what} after the signature.`,
    );
  }

  /** @param page first page 0, null where it shows nowhere */
  filled(name: string, page: number | null, allowed: boolean): void {
    const zh = page === null ? '签名后' : `签名后在第${page + 1}页`;
    const en = page === null ? '' : ` on page ${page + 1}`;
    this.tell(
      'form-filled',
      allowed,
      `${zh}填写了表单域“${name}”。`,
      `Form field "${name}"${en} was filled in after the signature.`,
    );
  }

  /** Comments a certification permits. @param covering whether they may lie over what was signed */
  comments(page: number, covering: boolean): void {
    this.tell(
      covering ? 'content-covered' : 'annotation-added',
      true,
      covering
        ? `签名后在第${page + 1}页增加了可能遮盖原文的批注，须人工查看。`
        : `签名后在第${page + 1}页增加了批注。`,
      covering
        ? `Annotations that may cover the content were added to page ${page + 1} after the signature; a person must look.`
        : `Comments were added to page ${page + 1} after the signature.`,
    );
  }

  wrongSignature(name: string): void {
    this.forbid(
      'form-changed',
      `签名域“${name}”中放入了不允许的签名（旧签名或认证签名）。`,
      `Signature field "${name}" holds a signature that may not be there (an old one, or a certification).`,
    );
  }

  /** @param page first page 0, null where it shows nowhere */
  signature(name: string, page: number | null, allowed: boolean): void {
    const zh = page === null ? '其后' : `第${page + 1}页后`;
    const en = page === null ? '' : ` on page ${page + 1}`;
    this.tell(
      'signature-added',
      allowed,
      `${zh}增加了一个签名（${name}）。`,
      `A signature (${name}) was added${en}.`,
    );
  }

  /** A permitted signature whose picture is larger than any seal (sneaky signature attack). */
  curtain(name: string, page: number | null): void {
    const zh = page === null ? '原文' : `第${page + 1}页`;
    const en = page === null ? 'the content' : `page ${page + 1}`;
    this.tell(
      'content-covered',
      true,
      `签名“${name}”的图样过大，可能遮盖${zh}的内容，须人工查看。`,
      `The picture of signature "${name}" is larger than any seal and may cover ${en}; a person must look.`,
    );
  }

  timeStamp(): void {
    this.tell(
      'time-stamp-added',
      true,
      '签名后增加了文档时间戳。',
      'A document time-stamp was added after the signature.',
    );
  }

  emptyField(name: string, allowed: boolean): void {
    this.tell(
      'signature-field-added',
      allowed,
      `签名后增加了空白签名域“${name}”。`,
      `An empty signature field "${name}" was added after the signature.`,
    );
  }

  page(index: number): void {
    this.forbid(
      'page-content-changed',
      `签名后第${index + 1}页的内容被修改。`,
      `Page ${index + 1} was changed after the signature.`,
    );
  }

  annotations(index: number): void {
    this.forbid(
      'annotation-changed',
      `签名后第${index + 1}页的批注被增加、修改或删除。`,
      `Annotations of page ${index + 1} were added, changed or removed after the signature.`,
    );
  }

  object(number: number, what: 'supplied' | 'drawn' | 'removed' | 'changed'): void {
    const said = {
      supplied: [
        `签名后补入了原文引用而当时不存在的对象（${number}）。`,
        `Object ${number}, named but absent when signed, was supplied later.`,
      ],
      drawn: [
        `签名后文字、图片或字体被修改（对象${number}）。`,
        `Text, a picture or a font was changed after the signature (object ${number}).`,
      ],
      removed: [`签名后对象${number}被删除。`, `Object ${number} was removed after the signature.`],
      changed: [
        `签名后文档结构被修改（对象${number}）。`,
        `The structure was changed after the signature (object ${number}).`,
      ],
    } as const;
    const [zh, en] = said[what];
    this.forbid(what === 'drawn' ? 'page-content-changed' : 'structure-changed', zh, en);
  }
}
