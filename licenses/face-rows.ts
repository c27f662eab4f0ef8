// Lists of a face: rows of columns, checked, and as the one text that a record keeps of them.
import { plainTextProblem } from './plain-text.ts';
import type { FaceField } from './type.ts';

/** A row: words by the short name of the column. */
export type FaceRow = Readonly<Record<string, string>>;

const LONGEST_TEXT = 200_000;

/** @returns why the rows do not fit their field, naming row and column; null where they do */
export function rowsProblem(field: FaceField, rows: readonly FaceRow[]): string | null {
  const columns = new Map((field.columns ?? []).map((column) => [column.name, column]));
  if (rows.length > field.maxLength) return `It has more than ${field.maxLength} rows.`;
  if (field.required && rows.length === 0) return 'It has no row.';
  for (const [index, row] of rows.entries()) {
    const unknown = Object.keys(row).find((name) => !columns.has(name));
    if (unknown !== undefined) return `Row ${index + 1}: there is no column ${unknown.slice(0, 20)}.`;
    for (const { name, required, maxLength } of columns.values()) {
      const value = Object.hasOwn(row, name) ? row[name] : undefined;
      if (value === undefined && required) return `Row ${index + 1}, ${name}: It is missing.`;
      const problem = value === undefined ? null : plainTextProblem(value, maxLength);
      if (problem !== null) return `Row ${index + 1}, ${name}: ${problem}`;
    }
  }
  return null;
}

/** The text of checked rows: columns in the order of the type. */
export function textOfRows(field: Pick<FaceField, 'columns'>, rows: readonly FaceRow[]): string {
  const names = (field.columns ?? []).map(({ name }) => name);
  return JSON.stringify(
    rows.map((row) =>
      Object.fromEntries(names.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]]))),
    ),
  );
}

/** @returns the rows of a text as `textOfRows` writes it; null where it is none */
export function rowsOfText(text: string): readonly FaceRow[] | null {
  if (text.length > LONGEST_TEXT) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return Array.isArray(value) && value.every(isRow) ? value : null;
}

function isRow(value: unknown): value is FaceRow {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === 'string')
  );
}

/** Rows as one line of words, for lists and pages: `内科 呼吸内科专业；外科`. */
export function wordsOfRows(text: string): string {
  return (rowsOfText(text) ?? []).map((row) => Object.values(row).join(' ')).join('；');
}
