// Sets the rows of a list under their headings, as many as the box holds; an annex goes on with the others.
import type { LayoutBuilder } from './layout-builder.ts';
import { DEFAULT_MIN_SIZE } from './page-elements.ts';
import { ROW_NUMBER, type ListElement } from './template.ts';

/** A row: words by column. */
export type ListRow = Readonly<Record<string, string>>;

/** Rows of a list that stand on one page, and how high each is. */
export interface ListPart {
  readonly first: number;
  readonly rows: readonly { readonly row: ListRow; readonly height: number }[];
}

const RULE = 0.6;
const PADDING = { x: 1.6, y: 0.9 } as const;

interface PlacedColumn {
  readonly name: string;
  readonly label: string;
  readonly x: number;
  readonly width: number;
  readonly align: 'left' | 'centre' | 'right' | 'spread';
}

function columnsOf({ box, columns }: ListElement): readonly PlacedColumn[] {
  const shares = columns.reduce((sum, { share = 1 }) => sum + share, 0);
  let x = box.x;
  return columns.map(({ name, label, share = 1, align }) => {
    const width = (box.width * share) / shares;
    const placed = {
      name,
      label,
      x,
      width,
      align: align ?? (name === ROW_NUMBER ? 'centre' : 'left'),
    } as const;
    x += width;
    return placed;
  });
}

function styleOf({ size, minSize = DEFAULT_MIN_SIZE, weight = 'regular' }: ListElement) {
  return { size, minSize: Math.min(size, minSize), weight } as const;
}

function words(row: ListRow, name: string, number: number): string {
  return name === ROW_NUMBER ? String(number) : (row[name] ?? '');
}

function heightOfRow(builder: LayoutBuilder, element: ListElement, row: ListRow, number: number): number {
  const heights = columnsOf(element).map(({ name, width }) =>
    builder.heightOf(words(row, name, number), width - 2 * PADDING.x, styleOf(element)),
  );
  return Math.max(element.rowHeight, ...heights.map((height) => (height ?? 0) + 2 * PADDING.y));
}

/**
 * Shares the rows out to pages. A list that may not continue has one part; rows too many are complained of.
 * @returns at least one part, so that a list without rows still shows its headings
 */
export function partsOfList(
  builder: LayoutBuilder,
  element: ListElement,
  rows: readonly ListRow[],
): readonly ListPart[] {
  const room = element.box.height - element.rowHeight;
  const parts: ListPart[] = [];
  let part: { row: ListRow; height: number }[] = [];
  let used = 0;
  rows.forEach((row, index) => {
    const height = heightOfRow(builder, element, row, index + 1);
    if (height > room) builder.overflows(element.source, `Row ${index + 1} is higher than its page.`);
    // A thousandth of a millimetre is no overflow.
    if (used + height > room + 0.001 && part.length > 0) {
      parts.push({ first: index + 1 - part.length, rows: part });
      part = [];
      used = 0;
    }
    part.push({ row, height });
    used += height;
  });
  parts.push({ first: rows.length + 1 - part.length, rows: part });
  if (parts.length > 1 && element.continues !== true)
    builder.overflows(element.source, 'The list has more rows than its place.');
  return parts;
}

/** Sets one part with its headings. */
export function placeList(builder: LayoutBuilder, element: ListElement, part: ListPart): void {
  const { box, rowHeight, colour = 'black' } = element;
  const columns = columnsOf(element);
  const line = (
    y: number,
    height: number,
    weight: 'regular' | 'bold',
    say: (column: PlacedColumn) => string,
    heading: boolean,
  ): void => {
    builder.rule([box.x, y], [box.x + box.width, y], RULE, 'black');
    for (const column of columns) {
      builder.rule([column.x, y], [column.x, y + height], RULE, 'black');
      const inner = { x: column.x + PADDING.x, y: y + PADDING.y / 2, width: column.width - 2 * PADDING.x };
      builder.place(
        element.source,
        say(column),
        { ...inner, height: height - PADDING.y },
        { ...styleOf(element), weight, colour, align: heading ? 'centre' : column.align, middle: true },
      );
    }
    builder.rule([box.x + box.width, y], [box.x + box.width, y + height], RULE, 'black');
  };
  line(box.y, rowHeight, 'bold', ({ label }) => label, true);
  let y = box.y + rowHeight;
  part.rows.forEach(({ row, height }, index) => {
    line(y, height, styleOf(element).weight, ({ name }) => words(row, name, part.first + index), false);
    y += height;
  });
  builder.rule([box.x, y], [box.x + box.width, y], RULE, 'black');
}
