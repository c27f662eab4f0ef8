// SVG as text into elements: the little XML that drawings need, and a refusal of everything else in XML.
import { SigningError } from '../errors.ts';

export interface SvgElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly SvgElement[];
}

const largestFile = 1024 * 1024;
const mostElements = 10_000;
const deepest = 32;

/** Whose text is not shown, so that it may stand in them and is thrown away. */
const describing: ReadonlySet<string> = new Set(['title', 'desc']);

const attributePattern = /([A-Za-z_][\w.-]*(?::[\w.-]+)?)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')\s*/y;
const namePattern = /([A-Za-z_][\w.-]*(?::[\w.-]+)?)\s*/y;

/**
 * Elements and attributes only. Refused: document types, entities of one's own, processing instructions, CDATA, text that
 * shows, names with a prefix (so xlink, and editors' own data), anything not well formed.
 * @throws SigningError `picture-refused`
 */
export function readSvgElements(text: string): SvgElement {
  if (text.length > largestFile) throw refusedSvg(`it is larger than ${largestFile} characters`);
  let position = 0;
  let count = 0;
  const at = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match !== null) position += match[0].length;
    return match;
  };
  const skipBetween = (): void => {
    for (;;) {
      while (/\s/.test(text.charAt(position))) position++;
      if (!text.startsWith('<!--', position)) return;
      const end = text.indexOf('-->', position + 4);
      if (end < 0) throw refusedSvg('a comment does not end');
      position = end + 3;
    }
  };
  const readElement = (depth: number): SvgElement => {
    if (depth > deepest) throw refusedSvg('it is nested too deeply');
    if (++count > mostElements) throw refusedSvg('it has too many elements');
    if (text.charAt(position) !== '<') throw refusedSvg('it is not well formed');
    if (text.charAt(position + 1) === '!')
      throw refusedSvg('a document type, entity or CDATA section stands in it');
    if (text.charAt(position + 1) === '?') throw refusedSvg('a processing instruction stands in it');
    position++;
    const name = at(namePattern)?.[1];
    if (name === undefined) throw refusedSvg('it is not well formed');
    if (name.includes(':')) throw refusedSvg(`the element ${short(name)} is not of SVG`);
    const attributes = readAttributes();
    if (text.startsWith('/>', position)) {
      position += 2;
      return { name, attributes, children: [] };
    }
    if (text.charAt(position) !== '>') throw refusedSvg('it is not well formed');
    position++;
    const children = describing.has(name) ? withoutText(name) : readChildren(depth);
    const close = `</${name}`;
    if (!text.startsWith(close, position)) throw refusedSvg(`the element ${short(name)} does not end`);
    position += close.length;
    while (/\s/.test(text.charAt(position))) position++;
    if (text.charAt(position) !== '>') throw refusedSvg('it is not well formed');
    position++;
    return { name, attributes, children };
  };
  const readAttributes = (): Map<string, string> => {
    const attributes = new Map<string, string>();
    for (let match = at(attributePattern); match !== null; match = at(attributePattern)) {
      const name = match[1] ?? '';
      if (attributes.has(name)) throw refusedSvg(`the attribute ${short(name)} stands twice`);
      attributes.set(name, unescaped(match[2] ?? match[3] ?? ''));
    }
    return attributes;
  };
  const readChildren = (depth: number): SvgElement[] => {
    const children: SvgElement[] = [];
    for (;;) {
      skipBetween();
      if (text.startsWith('</', position)) return children;
      if (position >= text.length) throw refusedSvg('it ends inside an element');
      if (text.charAt(position) !== '<') throw refusedSvg('text stands in it that would be shown');
      children.push(readElement(depth + 1));
    }
  };
  const withoutText = (name: string): readonly SvgElement[] => {
    const end = text.indexOf('<', position);
    if (end < 0 || !text.startsWith(`</${name}`, end))
      throw refusedSvg(`the element ${short(name)} does not end`);
    position = end;
    return [];
  };
  if (text.charCodeAt(0) === 0xfeff) position++;
  at(
    /<\?xml\s+version\s*=\s*["']1\.\d["'](\s+encoding\s*=\s*["'][Uu][Tt][Ff]-8["'])?(\s+standalone\s*=\s*["'](yes|no)["'])?\s*\?>/y,
  );
  skipBetween();
  const root = readElement(0);
  skipBetween();
  if (position !== text.length) throw refusedSvg('something follows its end');
  return root;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five entities of XML and characters by number; any other entity is refused. */
function unescaped(value: string): string {
  return value.replace(/&([^;&]{0,10});?/g, (all, name: string) => {
    const known = entities[name];
    if (known !== undefined && all.endsWith(';')) return known;
    const number = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const code =
      number === null ? NaN : parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 10 : 16);
    if (!(code >= 32 && code <= 0x10ffff)) throw refusedSvg('an entity stands in it');
    return String.fromCodePoint(code);
  });
}

/** The refusal of an SVG, saying what stands in the way. */
export function refusedSvg(why: string): SigningError {
  return new SigningError('picture-refused', `The SVG is refused: ${why}.`);
}

/** What a stranger wrote, fit for a message. */
export function short(text: string): string {
  return text.replace(/[^\w:.-]/g, '?').slice(0, 40);
}
