// Objects out of bytes (ISO 32000-2, 7.2 and 7.3): a strict reader over one window of the file.
import type { FileSpan, PdfObject, PdfString } from './objects.ts';
import { FormatError } from '../errors.ts';
import { pdfName, pdfNull, pdfReference } from './objects.ts';

/** Thrown where a token runs over the end of a window that is not the end of the file; the caller reads more. */
export class WindowEnd extends Error {}

const regular = 0;
const white = 1;
const delimiter = 2;
const characterClass = new Uint8Array(256);
for (const code of [0, 9, 10, 12, 13, 32]) characterClass[code] = white;
for (const character of '()<>[]{}/%') characterClass[character.charCodeAt(0)] = delimiter;

const hexValue = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  hexValue[digit.charCodeAt(0)] = value;
  hexValue[digit.toUpperCase().charCodeAt(0)] = value;
}

const [lf, cr, space, hash, percent] = [10, 13, 32, 35, 37];
const [parenOpen, parenClose, slash, less, greater] = [40, 41, 47, 60, 62];
const [bracketOpen, backslash, bracketClose] = [91, 92, 93];

export interface LexerOptions {
  /** Offset of the window's first byte in the file; null inside an object stream, where tokens have no file place. */
  readonly base: number | null;
  /** Whether the window reaches the end of the file (or of the object stream). */
  readonly complete: boolean;
  /** Nesting allowed in one object. */
  readonly depth: number;
}

/** Reads objects and keywords one after another from `position`. Every refusal is a FormatError `pdf-malformed` or `pdf-limit`. */
export class Lexer {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #options: LexerOptions;

  constructor(bytes: Uint8Array, position: number, options: LexerOptions) {
    this.#bytes = bytes;
    this.position = position;
    this.#options = options;
  }

  /** Skips white space and comments (7.2.3, 7.2.4). */
  skipSpace(): void {
    for (;;) {
      const code = this.#bytes[this.position];
      if (code === undefined) return;
      if (code === percent) {
        while (this.position < this.#bytes.length && !this.#atLineEnd()) this.position++;
      } else if (characterClass[code] === white) this.position++;
      else return;
    }
  }

  /** The next object. A word that is no object (`endobj`, `xref`, junk) is refused. */
  readObject(depth = 0): PdfObject {
    if (depth > this.#options.depth) throw new FormatError('pdf-limit', 'An object is nested too deeply.');
    this.skipSpace();
    const code = this.#peek();
    switch (code) {
      case slash:
        return pdfName(this.#readName());
      case parenOpen:
        return this.#readLiteral();
      case bracketOpen:
        return this.#readArray(depth);
      case less:
        this.#need(2);
        return this.#bytes[this.position + 1] === less ? this.#readDictionary(depth) : this.#readHex();
      default:
        if (characterClass[code] === delimiter) throw this.#malformed('an unexpected delimiter');
        return this.#readWordObject();
    }
  }

  /** The next run of regular characters, for keywords between objects; empty where a delimiter or the end stands. */
  readWord(): string {
    this.skipSpace();
    const start = this.position;
    let end = start;
    while (end < this.#bytes.length && characterClass[this.#bytes[end] ?? 0] === regular) end++;
    if (end === this.#bytes.length && !this.#options.complete) throw new WindowEnd();
    this.position = end;
    let word = '';
    for (let at = start; at < end && at < start + 40; at++) word += String.fromCharCode(this.#bytes[at] ?? 0);
    return word;
  }

  /** Where the data of a stream start: after `stream` comes CR LF or LF, never CR alone (7.3.8.1). */
  readStreamStart(): number {
    this.#need(2);
    const first = this.#bytes[this.position];
    if (first === cr && this.#bytes[this.position + 1] === lf) this.position += 2;
    else if (first === lf) this.position += 1;
    else throw this.#malformed('a stream keyword without its line end');
    return this.position;
  }

  #readWordObject(): PdfObject {
    const number = this.#readNumber();
    if (number !== null) return number;
    const word = this.readWord();
    if (word === 'true' || word === 'false') return { kind: 'boolean', value: word === 'true' };
    if (word === 'null') return pdfNull;
    throw this.#malformed('a word where an object belongs');
  }

  /** A number, or a reference when an integer, an integer and `R` follow one another (7.3.10). */
  #readNumber(): PdfObject | null {
    const start = this.position;
    const word = this.#numberWord();
    if (word === '') return null;
    if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(word)) {
      this.position = start;
      return null;
    }
    const value = Number(word);
    if (word.includes('.')) return { kind: 'real', value };
    if (!Number.isSafeInteger(value)) throw this.#malformed('an integer out of range');
    if (word.charCodeAt(0) >= 48) {
      const reference = this.#readReferenceTail(value);
      if (reference !== null) return reference;
    }
    return { kind: 'integer', value };
  }

  #readReferenceTail(number: number): PdfObject | null {
    const start = this.position;
    this.skipSpace();
    const generation = this.#numberWord();
    if (/^\d{1,5}$/.test(generation)) {
      this.skipSpace();
      const after = this.#bytes[this.position + 1];
      if (this.#bytes[this.position] === 82 && (after === undefined || characterClass[after] !== regular)) {
        if (after === undefined && !this.#options.complete) throw new WindowEnd();
        this.position += 1;
        return pdfReference(number, Number(generation));
      }
      if (this.position === this.#bytes.length && !this.#options.complete) throw new WindowEnd();
    }
    this.position = start;
    return null;
  }

  #numberWord(): string {
    const start = this.position;
    let end = start;
    let text = '';
    for (;;) {
      const code = this.#bytes[end];
      if (code === undefined) {
        if (!this.#options.complete) throw new WindowEnd();
        break;
      }
      if (characterClass[code] !== regular) break;
      const numeric = (code >= 48 && code <= 57) || code === 43 || code === 45 || code === 46;
      if (!numeric || end - start > 40) return '';
      text += String.fromCharCode(code);
      end++;
    }
    this.position = end;
    return text;
  }

  #readName(): string {
    this.position++;
    let text = '';
    for (;;) {
      const code = this.#bytes[this.position];
      if (code === undefined) {
        if (!this.#options.complete) throw new WindowEnd();
        return text;
      }
      if (characterClass[code] !== regular) return text;
      this.position++;
      const high = code === hash ? hexValue[this.#bytes[this.position] ?? 0] : undefined;
      const low = code === hash ? hexValue[this.#bytes[this.position + 1] ?? 0] : undefined;
      if (code === hash && !this.#options.complete) this.#need(2);
      if (high !== undefined && low !== undefined && high >= 0 && low >= 0) {
        text += String.fromCharCode(high * 16 + low);
        this.position += 2;
      } else text += String.fromCharCode(code);
    }
  }

  #readArray(depth: number): PdfObject {
    const start = this.position;
    this.position++;
    const items: PdfObject[] = [];
    for (;;) {
      this.skipSpace();
      if (this.#peek() === bracketClose) break;
      items.push(this.readObject(depth + 1));
    }
    this.position++;
    return { kind: 'array', items, ...this.#span(start) };
  }

  #readDictionary(depth: number): PdfObject {
    this.position += 2;
    const entries = new Map<string, PdfObject>();
    const duplicateKeys: string[] = [];
    for (;;) {
      this.skipSpace();
      const code = this.#peek();
      if (code === greater) {
        this.#need(2);
        if (this.#bytes[this.position + 1] !== greater) throw this.#malformed('a dictionary with a single >');
        this.position += 2;
        return { kind: 'dictionary', entries, duplicateKeys };
      }
      if (code !== slash) throw this.#malformed('a dictionary key that is no name');
      const key = this.#readName();
      if (entries.has(key)) duplicateKeys.push(key);
      entries.set(key, this.readObject(depth + 1));
    }
  }

  #readHex(): PdfString {
    const start = this.position;
    this.position++;
    const close = this.#bytes.indexOf(greater, this.position);
    if (close < 0 && !this.#options.complete) throw new WindowEnd();
    if (close < 0) throw this.#malformed('a hexadecimal string without its end');
    const bytes = new Uint8Array((close - this.position + 1) >> 1);
    let digits = 0;
    for (; this.position < close; this.position++) {
      const code = this.#bytes[this.position] ?? 0;
      if (characterClass[code] === white) continue;
      const value = hexValue[code] ?? -1;
      if (value < 0) throw this.#malformed('a hexadecimal string with a foreign character');
      // An odd last digit counts as if 0 followed (7.3.4.3).
      bytes[digits >> 1] = (bytes[digits >> 1] ?? 0) | (digits % 2 === 0 ? value << 4 : value);
      digits++;
    }
    this.position = close + 1;
    return { kind: 'string', bytes: bytes.subarray(0, (digits + 1) >> 1), hex: true, ...this.#span(start) };
  }

  #readLiteral(): PdfString {
    const start = this.position;
    this.position++;
    const bytes: number[] = [];
    let open = 1;
    for (;;) {
      const code = this.#peek();
      this.position++;
      if (code === backslash) {
        this.#readEscape(bytes);
        continue;
      }
      if (code === parenOpen) open++;
      if (code === parenClose && --open === 0) break;
      if (code === cr) {
        // Any line end inside a literal string reads as LF (7.3.4.2).
        bytes.push(lf);
        if (this.#peek() === lf) this.position++;
      } else bytes.push(code);
    }
    return { kind: 'string', bytes: Uint8Array.from(bytes), hex: false, ...this.#span(start) };
  }

  #readEscape(bytes: number[]): void {
    const code = this.#peek();
    this.position++;
    const plain = 'nrtbf'.indexOf(String.fromCharCode(code));
    if (plain >= 0) bytes.push([lf, cr, 9, 8, 12][plain] ?? space);
    else if (code === cr) {
      if (this.#peek() === lf) this.position++;
    } else if (code >= 48 && code <= 55) {
      let value = code - 48;
      for (let count = 1; count < 3; count++) {
        const digit = this.#peek();
        if (digit < 48 || digit > 55) break;
        value = value * 8 + digit - 48;
        this.position++;
      }
      bytes.push(value & 255);
    } else if (code !== lf) bytes.push(code);
  }

  #span(start: number): { span?: FileSpan } {
    const { base } = this.#options;
    return base === null ? {} : { span: { start: base + start, end: base + this.position } };
  }

  #atLineEnd(): boolean {
    const code = this.#bytes[this.position];
    return code === lf || code === cr;
  }

  /** The byte at the position, which must exist. */
  #peek(): number {
    const code = this.#bytes[this.position];
    if (code !== undefined) return code;
    if (!this.#options.complete) throw new WindowEnd();
    throw this.#malformed('the end of the data inside an object');
  }

  #need(count: number): void {
    if (this.position + count <= this.#bytes.length) return;
    if (!this.#options.complete) throw new WindowEnd();
    throw this.#malformed('the end of the data inside an object');
  }

  #malformed(what: string): FormatError {
    const { base } = this.#options;
    const place = base === null ? 'in an object stream' : `near byte ${base + this.position}`;
    return new FormatError('pdf-malformed', `The PDF holds ${what} (${place}).`);
  }
}
