// From template and values to placed words: every refusal of a page happens here, before anything is drawn.
import { modulePoints, POINTS_PER_DOT, QUIET_ZONE } from './code-picture.ts';
import { LicenseError, type Complaint } from './errors.ts';
import type { PageFonts } from './page-fonts.ts';
import { fitText, LINE_HEIGHT } from './page-text.ts';
import type {
  Alignment,
  Box,
  CodeElement,
  FieldElement,
  FontWeight,
  PageTemplate,
  TableElement,
  TemplateColour,
  TextElement,
} from './template.ts';

/** What a page shows: a plain value that crosses to the worker. */
export interface PageContent {
  readonly template: PageTemplate;
  /** Printed words by short name. */
  readonly values: Readonly<Record<string, string>>;
  /** `样章` on everything a demonstration makes; null on real licenses. */
  readonly mark: string | null;
  /** Host printed beside the code. */
  readonly host: string;
}

/** One line of text, placed. Points from the lower left corner of the page. */
interface PlacedText {
  readonly text: string;
  readonly x: number;
  /** Baseline. */
  readonly y: number;
  readonly size: number;
  readonly weight: FontWeight;
  readonly colour: TemplateColour;
}

/** A straight line in points. */
interface PlacedRule {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly thickness: number;
  readonly colour: TemplateColour;
}

/** A page ready to draw. */
export interface PageLayout {
  readonly width: number;
  readonly height: number;
  readonly texts: readonly PlacedText[];
  readonly rules: readonly PlacedRule[];
  /** Upper left corner of the symbol with its quiet zone, on whole printer dots. */
  readonly code: { readonly x: number; readonly y: number };
}

const POINTS_PER_MM = 72 / 25.4;
/** Share of the em above the baseline in Noto Serif SC's ideographic box. */
const ASCENT = 0.88;
const DEFAULT_MIN_SIZE = 8;
/** Words beside every code; the second line because a code proves content and not the bearer. */
const CODE_WORDS = { title: '扫码核验', caution: '内容真实；不证明持有人身份' } as const;
/** Modules across the largest symbol a page makes room for (version 20). */
const ROOM_FOR_MODULES = 97;

class LayoutBuilder {
  readonly texts: PlacedText[] = [];
  readonly rules: PlacedRule[] = [];
  readonly #missing: Complaint[] = [];
  readonly #overflow: Complaint[] = [];
  readonly #content: PageContent;
  readonly #fonts: PageFonts;
  readonly #height: number;

  constructor(content: PageContent, fonts: PageFonts) {
    this.#content = content;
    this.#fonts = fonts;
    this.#height = content.template.page.height * POINTS_PER_MM;
  }

  value(source: string): string {
    return this.#content.values[source] ?? '';
  }

  /** Sets one text into a box given in millimetres. */
  place(
    field: string,
    text: string,
    box: Box,
    style: {
      size: number;
      minSize: number;
      weight: FontWeight;
      colour: TemplateColour;
      align: Alignment;
      middle: boolean;
    },
  ): void {
    if (text === '') return;
    const font = this.#fonts[style.weight];
    const missing = font.missing(text);
    if (missing.length > 0) {
      const named = missing.map(
        (character) => `${character} (U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()})`,
      );
      this.#missing.push({ field, reason: `The font has no glyph for ${named.join(', ')}.` });
      return;
    }
    const width = box.width * POINTS_PER_MM;
    const height = box.height * POINTS_PER_MM;
    const fitted = fitText(text, { width, height }, style, (line) => font.measure(line));
    if (fitted === null) {
      this.#overflow.push({
        field,
        reason: `The text is too long for its place, even at ${style.minSize} points.`,
      });
      return;
    }
    const lineHeight = fitted.size * LINE_HEIGHT;
    const slack = style.middle ? Math.max(0, (height - lineHeight * fitted.lines.length) / 2) : 0;
    fitted.lines.forEach((line, index) => {
      const top = box.y * POINTS_PER_MM + slack + index * lineHeight + (lineHeight - fitted.size) / 2;
      const y = this.#height - top - fitted.size * ASCENT;
      this.#line(line, box.x * POINTS_PER_MM, y, width, fitted.size, style);
    });
  }

  #line(
    line: string,
    left: number,
    y: number,
    width: number,
    size: number,
    style: { readonly weight: FontWeight; readonly colour: TemplateColour; readonly align: Alignment },
  ): void {
    const { weight, colour, align } = style;
    const measure = (text: string): number => this.#fonts[weight].measure(text) * size;
    const used = measure(line);
    const characters = Array.from(line);
    if (align === 'spread' && characters.length > 1 && used < width) {
      const gap = (width - used) / (characters.length - 1);
      let x = left;
      for (const character of characters) {
        this.texts.push({ text: character, x, y, size, weight, colour });
        x += measure(character) + gap;
      }
      return;
    }
    const x = align === 'centre' ? left + (width - used) / 2 : align === 'right' ? left + width - used : left;
    this.texts.push({ text: line, x, y, size, weight, colour });
  }

  rule(
    from: readonly [number, number],
    to: readonly [number, number],
    thickness: number,
    colour: TemplateColour,
  ): void {
    const point = ([x, y]: readonly [number, number]): readonly [number, number] => [
      x * POINTS_PER_MM,
      this.#height - y * POINTS_PER_MM,
    ];
    this.rules.push({ from: point(from), to: point(to), thickness, colour });
  }

  /** @throws LicenseError `glyph-missing`, then `text-overflow`: every refused field is named. */
  finish(): void {
    if (this.#missing.length > 0) {
      throw new LicenseError(
        'glyph-missing',
        this.#missing.map(({ field, reason }) => `${field}: ${reason}`).join(' '),
        {
          complaints: this.#missing,
        },
      );
    }
    if (this.#overflow.length > 0) {
      throw new LicenseError(
        'text-overflow',
        this.#overflow.map(({ field, reason }) => `${field}: ${reason}`).join(' '),
        {
          complaints: this.#overflow,
        },
      );
    }
  }
}

function placeText(builder: LayoutBuilder, element: TextElement): void {
  const { size, weight = 'regular', colour = 'black', align = 'left' } = element;
  builder.place('template', element.text, element.box, {
    size,
    minSize: size,
    weight,
    colour,
    align,
    middle: true,
  });
}

function placeField(builder: LayoutBuilder, element: FieldElement): void {
  const {
    size,
    weight = 'regular',
    colour = 'black',
    align = 'left',
    box,
    minSize = DEFAULT_MIN_SIZE,
  } = element;
  const labelWidth = element.label === null ? 0 : (element.labelWidth ?? 0);
  const single = (size * LINE_HEIGHT * 25.4) / 72;
  const middle = box.height < single * 1.6;
  if (element.label !== null) {
    const labelBox = { ...box, width: labelWidth, height: middle ? box.height : single };
    builder.place(element.source, element.label, labelBox, {
      size,
      minSize: size,
      weight: 'regular',
      colour: 'black',
      align: 'spread',
      middle,
    });
  }
  const gap = element.label === null ? 0 : 2.5;
  const valueBox = { ...box, x: box.x + labelWidth + gap, width: box.width - labelWidth - gap };
  builder.place(element.source, builder.value(element.source), valueBox, {
    size,
    minSize,
    weight,
    colour,
    align,
    middle,
  });
}

function placeTable(builder: LayoutBuilder, element: TableElement): void {
  const {
    box,
    size,
    weight = 'regular',
    colour = 'black',
    align = 'left',
    minSize = DEFAULT_MIN_SIZE,
    labelWidth,
  } = element;
  const right = box.x + box.width;
  const bottom = box.y + box.height;
  const shares = element.rows.reduce((sum, row) => sum + (row.share ?? 1), 0);
  let y = box.y;
  for (const row of element.rows) {
    const height = (box.height * (row.share ?? 1)) / shares;
    builder.rule([box.x, y], [right, y], 0.6, 'black');
    const cellShares = row.cells.reduce((sum, cell) => sum + (cell.share ?? 1), 0);
    let x = box.x;
    for (const cell of row.cells) {
      const width = (box.width * (cell.share ?? 1)) / cellShares;
      builder.rule([x, y], [x, y + height], 0.6, 'black');
      builder.rule([x + labelWidth, y], [x + labelWidth, y + height], 0.6, 'black');
      const inner = { y: y + 0.8, height: height - 1.6 };
      builder.place(
        cell.source,
        cell.label,
        { ...inner, x: x + 1.5, width: labelWidth - 3 },
        {
          size,
          minSize,
          weight: 'regular',
          colour: 'black',
          align: 'centre',
          middle: true,
        },
      );
      builder.place(
        cell.source,
        builder.value(cell.source),
        { ...inner, x: x + labelWidth + 2, width: width - labelWidth - 4 },
        {
          size,
          minSize,
          weight,
          colour,
          align,
          middle: true,
        },
      );
      x += width;
    }
    y += height;
  }
  builder.rule([box.x, bottom], [right, bottom], 0.6, 'black');
  builder.rule([right, box.y], [right, bottom], 0.6, 'black');
}

function placeCode(builder: LayoutBuilder, element: CodeElement, host: string, side: number): void {
  const x = element.x + side + 1;
  const width = element.wordsWidth;
  const style = { minSize: 5, colour: 'black', align: 'left', middle: false } as const;
  const bottom = element.y + side;
  builder.place(
    'code',
    CODE_WORDS.title,
    { x, y: bottom - 19, width, height: 6 },
    { ...style, size: 10, weight: 'bold' },
  );
  builder.place(
    'code',
    host,
    { x, y: bottom - 13, width, height: 4 },
    { ...style, size: 8, weight: 'regular' },
  );
  builder.place(
    'code',
    CODE_WORDS.caution,
    { x, y: bottom - 8.5, width, height: 7 },
    { ...style, size: 7, weight: 'regular' },
  );
}

/**
 * Places every word of a page.
 * @param modules modules a side of the code; while it is not known yet, room for the largest is assumed
 * @throws LicenseError `glyph-missing`, `text-overflow`, each naming its fields
 */
export function layoutPage(
  content: PageContent,
  fonts: PageFonts,
  modules: number = ROOM_FOR_MODULES,
): PageLayout {
  const { template } = content;
  const builder = new LayoutBuilder(content, fonts);
  const codeSide = ((modules + 2 * QUIET_ZONE) * modulePoints(modules)) / POINTS_PER_MM;
  const onDots = (millimetres: number): number =>
    Math.round((millimetres * POINTS_PER_MM) / POINTS_PER_DOT) * POINTS_PER_DOT;
  let code = { x: 0, y: 0 };
  for (const element of template.elements) {
    switch (element.kind) {
      case 'text':
        placeText(builder, element);
        break;
      case 'field':
        placeField(builder, element);
        break;
      case 'table':
        placeTable(builder, element);
        break;
      case 'rule': {
        const { from, to } = element;
        builder.rule([from.x, from.y], [to.x, to.y], element.thickness, element.colour ?? 'black');
        break;
      }
      case 'code':
        code = { x: onDots(element.x), y: onDots(template.page.height - element.y) };
        placeCode(builder, element, content.host, codeSide);
        break;
      case 'seal':
        break;
    }
  }
  if (content.mark !== null) {
    const box = { x: template.page.width - 42, y: 13, width: 26, height: 9 };
    builder.place('mark', content.mark, box, {
      size: 16,
      minSize: 8,
      weight: 'bold',
      colour: 'red',
      align: 'centre',
      middle: true,
    });
  }
  builder.finish();
  return {
    width: template.page.width * POINTS_PER_MM,
    height: template.page.height * POINTS_PER_MM,
    texts: builder.texts,
    rules: builder.rules,
    code,
  };
}
