// Page template: a small declarative layout in millimetres. Data only, so a type officer can edit it.
import { LicenseError } from './errors.ts';

/** Colours of official pages; DeviceRGB under the sRGB output intent. */
export type TemplateColour = 'black' | 'grey' | 'red' | 'gold' | 'blue' | 'green';
export type FontWeight = 'regular' | 'bold';
export type Alignment = 'left' | 'centre' | 'right' | 'spread';

/** A rectangle in millimetres, measured from the upper left corner of the page. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Lettering {
  /** Points. */
  readonly size: number;
  readonly weight?: FontWeight;
  readonly colour?: TemplateColour;
  readonly align?: Alignment;
}

/** Fixed words. */
export interface TextElement extends Lettering {
  readonly kind: 'text';
  readonly box: Box;
  readonly text: string;
}

/** One element of the license with its label in front: `经营场所：天津市…`. */
export interface FieldElement extends Lettering {
  readonly kind: 'field';
  readonly box: Box;
  /** Label as printed; null prints the value alone. */
  readonly label: string | null;
  /** Millimetres for the label; it is spread over them. */
  readonly labelWidth?: number;
  /** Short name: a shared element (`ZZBH`, `CZZT`, `ZZBFRQ` …) or a field of the type (`KZ_…`). */
  readonly source: string;
  /** Points below which a value is not shrunk; then it wraps, then it is refused. Default 8. */
  readonly minSize?: number;
}

/** A ruled table of labels and values, read row by row. */
export interface TableElement extends Lettering {
  readonly kind: 'table';
  readonly box: Box;
  /** Rows from the top; heights are shares of the box. */
  readonly rows: readonly {
    readonly share?: number;
    readonly cells: readonly { readonly label: string; readonly source: string; readonly share?: number }[];
  }[];
  /** Millimetres for each label column. */
  readonly labelWidth: number;
  readonly minSize?: number;
}

/** The printed code with its words beside or under it. */
export interface CodeElement {
  readonly kind: 'code';
  /** Upper left corner of the symbol with its quiet zone. */
  readonly x: number;
  readonly y: number;
  /** Millimetres for the official host and the caution, printed right of the symbol. */
  readonly wordsWidth: number;
}

/** Where the department's seal is stamped; nothing is drawn there by the page. */
interface SealElement {
  readonly kind: 'seal';
  /** Centre of the seal. */
  readonly x: number;
  readonly y: number;
}

/** A straight line. */
interface RuleElement {
  readonly kind: 'rule';
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
  /** Points. */
  readonly thickness: number;
  readonly colour?: TemplateColour;
}

type TemplateElement = TextElement | FieldElement | TableElement | CodeElement | SealElement | RuleElement;

/** One page. */
export interface PageTemplate {
  /** Millimetres; A4 upright is 210 × 297. */
  readonly page: { readonly width: number; readonly height: number };
  /** Frame round the page: woven lines in the given colour, or none. */
  readonly border: { readonly style: 'woven' | 'double' | 'none'; readonly colour: TemplateColour };
  readonly elements: readonly TemplateElement[];
}

/** Elements of GB/T 36903 that every license has, filled by Yinxin itself. */
export const SHARED_SOURCES = [
  'ZZMC',
  'ZZLXDM',
  'ZZBH',
  'ZZBS',
  'ZZBFJG',
  'ZZBFJGDM',
  'ZZBFRQ',
  'CZZT',
  'CZZTDM',
  'CZZTDMLX',
  'CZZTDMLXDM',
  'ZZYXQQSRQ',
  'ZZYXQJZRQ',
  /** Words for the whole term: `2026年11月22日至2031年11月21日` or `长期`. */
  'ZZYXQ',
  /** Supervising department 监管部门 (ours; GB/T 36903 has no short name for it). */
  'JGBM',
] as const;

function insidePage(template: PageTemplate, box: Box): boolean {
  return (
    box.x >= 0 &&
    box.y >= 0 &&
    box.width > 0 &&
    box.height > 0 &&
    box.x + box.width <= template.page.width &&
    box.y + box.height <= template.page.height
  );
}

/**
 * Checks that a template can be drawn: elements on the page, sources known, exactly one code and one seal place.
 * @param sources short names a field may name
 * @throws LicenseError `template-invalid`
 */
export function checkTemplate(template: PageTemplate, sources: ReadonlySet<string>): void {
  const refuse = (message: string): never => {
    throw new LicenseError('template-invalid', message);
  };
  const { width, height } = template.page;
  if (!(width >= 50 && width <= 600 && height >= 50 && height <= 600))
    refuse('A page measures 50 to 600 mm a side.');
  if (template.elements.length > 200) refuse('A template has at most 200 elements.');
  for (const kind of ['code', 'seal'] as const) {
    if (template.elements.filter((element) => element.kind === kind).length !== 1)
      refuse(`A template has exactly one ${kind} place.`);
  }
  for (const element of template.elements) {
    if ('box' in element && !insidePage(template, element.box))
      refuse(`A ${element.kind} lies outside the page.`);
    if ('size' in element && !(element.size >= 4 && element.size <= 100))
      refuse('Type sizes are 4 to 100 points.');
    const named =
      element.kind === 'field'
        ? [element.source]
        : element.kind === 'table'
          ? element.rows.flatMap((row) => row.cells.map((cell) => cell.source))
          : [];
    for (const source of named)
      if (!sources.has(source)) refuse(`The template names an unknown element: ${source}.`);
  }
}
