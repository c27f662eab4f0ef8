// Page template: a small declarative layout in millimetres. Data only, so a type officer can edit it; checked in template-check.ts.

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

/** A ruled table of a list's rows under a row of headings, for annexes. */
export interface ListElement extends Lettering {
  readonly kind: 'list';
  readonly box: Box;
  /** A field of kind `list`, or `CZZTLB`: every holder. */
  readonly source: string;
  /** Columns in order; widths are shares of the box. `XH` is the number of the row. */
  readonly columns: readonly {
    readonly name: string;
    readonly label: string;
    readonly share?: number;
    readonly align?: Alignment;
  }[];
  /** Millimetres for a row of one line, and for the headings. */
  readonly rowHeight: number;
  readonly minSize?: number;
  /** Whether the page is drawn again for rows that did not fit; otherwise they are refused. */
  readonly continues?: boolean;
}

/** The holder's photo, as large as the box allows, in its middle. */
export interface PhotoElement {
  readonly kind: 'photo';
  readonly box: Box;
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
export interface SealElement {
  readonly kind: 'seal';
  /** Centre of the seal. */
  readonly x: number;
  readonly y: number;
}

/** A straight line. */
export interface RuleElement {
  readonly kind: 'rule';
  readonly from: { readonly x: number; readonly y: number };
  readonly to: { readonly x: number; readonly y: number };
  /** Points. */
  readonly thickness: number;
  readonly colour?: TemplateColour;
}

export type TemplateElement =
  | TextElement
  | FieldElement
  | TableElement
  | ListElement
  | PhotoElement
  | CodeElement
  | SealElement
  | RuleElement;

/** One page. */
export interface TemplatePage {
  /** Millimetres; A4 upright is 210 × 297. */
  readonly page: { readonly width: number; readonly height: number };
  /** Frame round the page: woven lines in the given colour, or none. */
  readonly border: { readonly style: 'woven' | 'double' | 'none'; readonly colour: TemplateColour };
  readonly elements: readonly TemplateElement[];
}

/** 骑缝章 over the pages, in the same signature as the seal on its seat. */
export interface RidingSeal {
  readonly edge: 'left' | 'right';
  /** Millimetres from the top to the seal's middle; the middle of the page where absent. */
  readonly position?: number;
}

/** The pages of a license: the license itself first, then its annexes 附页. */
export interface PageTemplate {
  readonly pages: readonly TemplatePage[];
  readonly riding?: RidingSeal;
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
  /** Names of every holder after the first, joined by 、 (ours). */
  'GTCZZT',
  /** `第2页 共3页` (ours). */
  'YM',
  /** Supervising department 监管部门 (ours; GB/T 36903 has no short name for it). */
  'JGBM',
] as const;

/** The list of all holders that every license has (ours), and its columns. */
export const HOLDERS_LIST = 'CZZTLB';
export const HOLDERS_COLUMNS = ['CZZT', 'CZZTDM', 'JS', 'FE'] as const;
/** The column of every list that counts its rows. */
export const ROW_NUMBER = 'XH';
