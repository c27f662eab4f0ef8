// Sets the elements of a template: words, fields, tables, the code with its words.
import type { LayoutBuilder } from './layout-builder.ts';
import { LINE_HEIGHT } from './page-text.ts';
import type { CodeElement, FieldElement, TableElement, TextElement } from './template.ts';

/** Points below which a value is not shrunk where the template does not say. */
export const DEFAULT_MIN_SIZE = 8;
/** Words beside every code; the second line because a code proves content and not the bearer. */
const CODE_WORDS = { title: '扫码核验', caution: '内容真实；不证明持有人身份' } as const;

/** Sets fixed words. */
export function placeText(builder: LayoutBuilder, element: TextElement): void {
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

/** Sets the element. */
export function placeField(builder: LayoutBuilder, element: FieldElement): void {
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

/** Sets the element. */
export function placeTable(builder: LayoutBuilder, element: TableElement): void {
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

/** Sets the element. */
export function placeCode(builder: LayoutBuilder, element: CodeElement, host: string, side: number): void {
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
