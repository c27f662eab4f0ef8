// Comma-separated values (RFC 4180), read strictly: a quote out of place refuses the text, with its line.
import { FormatError } from './errors.ts';

export interface CsvLimits {
  /** Rows, the header among them. */
  readonly rows: number;
  readonly columns: number;
  /** Characters of one cell. */
  readonly cell: number;
}

/** One row as it was read. */
export interface CsvRow {
  /** Line it begins on, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Rows in order; empty lines are left out. Lines end with LF or CRLF; a cell in quotes may hold both, commas and doubled quotes.
 * @throws FormatError `csv-malformed`: an open quote, text beside a quoted cell, a lone CR, too many rows or columns, a long cell
 */
export function* readCsv(text: string, limits: CsvLimits): Generator<CsvRow> {
  const reader = new CsvReader(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, limits);
  for (let row = reader.row(); row !== null; row = reader.row()) yield row;
}

class CsvReader {
  readonly #text: string;
  readonly #limits: CsvLimits;
  #at = 0;
  #line = 1;
  #rows = 0;

  constructor(text: string, limits: CsvLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  /** @returns null at the end */
  row(): CsvRow | null {
    while (this.#at < this.#text.length) {
      const line = this.#line;
      const cells = this.#cells();
      if (cells.length === 1 && cells[0] === '') continue;
      this.#rows += 1;
      if (this.#rows > this.#limits.rows) throw this.#malformed(`more than ${this.#limits.rows} rows`);
      return { line, cells };
    }
    return null;
  }

  #cells(): readonly string[] {
    const cells: string[] = [];
    for (;;) {
      cells.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#plain());
      if (cells.length > this.#limits.columns)
        throw this.#malformed(`more than ${this.#limits.columns} columns`);
      const next = this.#text[this.#at];
      if (next === ',') {
        this.#at += 1;
        continue;
      }
      this.#endOfLine(next);
      return cells;
    }
  }

  #endOfLine(next: string | undefined): void {
    if (next === undefined) return;
    if (next === '\r' && this.#text[this.#at + 1] === '\n') this.#at += 1;
    else if (next !== '\n') throw this.#malformed('text beside a quoted cell, or a lone carriage return');
    this.#at += 1;
    this.#line += 1;
  }

  #plain(): string {
    const start = this.#at;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at];
      if (character === ',' || character === '\n' || character === '\r') break;
      if (character === '"') throw this.#malformed('a quote inside a plain cell');
    }
    return this.#bounded(this.#text.slice(start, this.#at));
  }

  #quoted(): string {
    let value = '';
    this.#at += 1;
    for (;;) {
      const end = this.#text.indexOf('"', this.#at);
      if (end < 0) throw this.#malformed('a quote that is not closed');
      value = this.#bounded(value + this.#text.slice(this.#at, end));
      this.#at = end + 1;
      if (this.#text[this.#at] !== '"') break;
      value += '"';
      this.#at += 1;
    }
    this.#line += value.split('\n').length - 1;
    return value;
  }

  #bounded(value: string): string {
    if (value.length > this.#limits.cell)
      throw this.#malformed(`a cell of more than ${this.#limits.cell} characters`);
    return value;
  }

  #malformed(what: string): FormatError {
    return new FormatError('csv-malformed', `Line ${this.#line} of the CSV text: ${what}.`);
  }
}

/** One line, without its end: cells are quoted where they must be. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}
