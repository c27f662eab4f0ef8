// Operators with their operands, out of a content stream or a CMap (ISO 32000-2, 7.8.2): forgiving, since pages are.

/** A number, a string, a name, an array; dictionaries count as an empty array, what else there is as 0. */
export type ContentValue = number | Uint8Array | { readonly name: string } | readonly ContentValue[];

export interface ContentStep {
  readonly operator: string;
  readonly operands: readonly ContentValue[];
}

/** Operands before one operator: a CMap's blocks have 100 rows of three, arrays of TJ count as one. */
const mostOperands = 4096;
const deepest = 32;
const longestWord = 64;

const [white, delimiter] = [1, 2];
const kinds = new Uint8Array(256);
for (const code of [0, 9, 10, 12, 13, 32]) kinds[code] = white;
for (const character of '()<>[]{}/%') kinds[character.charCodeAt(0)] = delimiter;

export class ContentReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next operator; null at the end. Inline images are passed over and told as `EI`. */
  next(): ContentStep | null {
    let operands: ContentValue[] = [];
    for (;;) {
      this.#skipSpace();
      const code = this.#bytes[this.#at];
      if (code === undefined) return null;
      const value = this.#value(0);
      if (value === null) {
        const operator = this.#word();
        if (operator === '') {
          // A delimiter that closes nothing.
          this.#at++;
          continue;
        }
        if (operator === 'ID') this.#skipInlineImage();
        // `begin…` announces rows: what counts are the operands behind it.
        if (operator.startsWith('begin')) operands = [];
        else return { operator: operator === 'ID' ? 'EI' : operator, operands };
      } else if (operands.length < mostOperands) operands.push(value);
    }
  }

  /** An operand; null where an operator or something unexpected stands. */
  #value(depth: number): ContentValue | null {
    const code = this.#bytes[this.#at] ?? 0;
    if (code === 0x28) return this.#literal();
    if (code === 0x2f) return { name: this.#name() };
    if (code === 0x3c) return this.#bytes[this.#at + 1] === 0x3c ? this.#dictionary(depth) : this.#hex();
    if (code === 0x5b) return this.#array(depth);
    const isNumber = (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e;
    return isNumber ? this.#number() : null;
  }

  #skipSpace(): void {
    for (; this.#at < this.#bytes.length; this.#at++) {
      const code = this.#bytes[this.#at] ?? 0;
      if (code === 0x25) {
        while (this.#at < this.#bytes.length && this.#bytes[this.#at] !== 10 && this.#bytes[this.#at] !== 13)
          this.#at++;
      } else if (kinds[code] !== white) return;
    }
  }

  #word(): string {
    const start = this.#at;
    while (this.#at < this.#bytes.length && kinds[this.#bytes[this.#at] ?? 0] === 0) this.#at++;
    const [length, bytes] = [this.#at - start, this.#bytes];
    // Operators are one to three letters long, and most of what a page holds are they and numbers.
    if (length === 1) return String.fromCharCode(bytes[start] ?? 0);
    if (length === 2) return String.fromCharCode(bytes[start] ?? 0, bytes[start + 1] ?? 0);
    return String.fromCharCode(...bytes.subarray(start, Math.min(this.#at, start + longestWord)));
  }

  #number(): number {
    return this.#plainNumber() ?? this.#oddNumber();
  }

  /** Sign, up to nine digits, a point, up to six more: exact in whole numbers. Null where it is written otherwise. */
  #plainNumber(): number | null {
    const bytes = this.#bytes;
    let at = this.#at;
    const negative = bytes[at] === 0x2d;
    if (negative) at++;
    const first = at;
    let value = 0;
    let scale = 0;
    for (; at - first < 16; at++) {
      const code = bytes[at] ?? 0x20;
      if (code >= 0x30 && code <= 0x39) {
        value = value * 10 + code - 0x30;
        scale *= 10;
      } else if (code === 0x2e && scale === 0) scale = 1;
      else if (kinds[code] === 0) return null;
      else break;
    }
    // Beyond sixteen characters, and without a digit, the other way counts.
    if (at === first || at - first >= 16 || (scale === 1 && at - first === 1)) return null;
    this.#at = at;
    const size = scale > 1 ? value / scale : value;
    return negative ? -size : size;
  }

  #oddNumber(): number {
    const word = this.#word();
    const value = Number(word);
    if (Number.isFinite(value)) return value;
    // Doubled signs and the like: the digits that are there.
    return Number(/-?\d+\.?\d*|-?\.\d+/.exec(word)?.[0] ?? '0');
  }

  #name(): string {
    this.#at++;
    const word = this.#word();
    return word.replace(/#([0-9a-fA-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }

  #array(depth: number): readonly ContentValue[] {
    this.#at++;
    const items: ContentValue[] = [];
    for (;;) {
      this.#skipSpace();
      const code = this.#bytes[this.#at];
      if (code === undefined) return items;
      if (code === 0x5d) {
        this.#at++;
        return items;
      }
      const value = depth < deepest ? this.#value(depth + 1) : null;
      if (value !== null) items.push(value);
      else if (this.#word() === '') this.#at++;
    }
  }

  /** Only property lists and the like: passed over. */
  #dictionary(depth: number): readonly ContentValue[] {
    this.#at += 2;
    for (;;) {
      this.#skipSpace();
      const code = this.#bytes[this.#at];
      if (code === undefined) return [];
      if (code === 0x3e) {
        this.#at += this.#bytes[this.#at + 1] === 0x3e ? 2 : 1;
        return [];
      }
      const value = depth < deepest ? this.#value(depth + 1) : null;
      if (value === null && this.#word() === '') this.#at++;
    }
  }

  #hex(): Uint8Array {
    this.#at++;
    const out: number[] = [];
    let high = -1;
    for (; this.#at < this.#bytes.length; this.#at++) {
      const code = this.#bytes[this.#at] ?? 0;
      if (code === 0x3e) {
        this.#at++;
        break;
      }
      const digit = code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
      if (digit < 0 || digit > 15) continue;
      if (high < 0) high = digit;
      else {
        out.push(high * 16 + digit);
        high = -1;
      }
    }
    if (high >= 0) out.push(high * 16);
    return Uint8Array.from(out);
  }

  #literal(): Uint8Array {
    this.#at++;
    const out: number[] = [];
    let open = 1;
    while (this.#at < this.#bytes.length) {
      const code = this.#bytes[this.#at++] ?? 0;
      if (code === 0x5c) this.#escape(out);
      else if (code === 0x28) {
        open++;
        out.push(code);
      } else if (code === 0x29) {
        if (--open === 0) break;
        out.push(code);
      } else out.push(code);
    }
    return Uint8Array.from(out);
  }

  #escape(out: number[]): void {
    const code = this.#bytes[this.#at++] ?? 0;
    const plain = 'nrtbf'.indexOf(String.fromCharCode(code));
    if (plain >= 0) out.push([10, 13, 9, 8, 12][plain] ?? 32);
    else if (code === 13) {
      if (this.#bytes[this.#at] === 10) this.#at++;
    } else if (code >= 0x30 && code <= 0x37) {
      let value = code - 0x30;
      for (let count = 1; count < 3; count++) {
        const digit = this.#bytes[this.#at] ?? 0;
        if (digit < 0x30 || digit > 0x37) break;
        value = value * 8 + digit - 0x30;
        this.#at++;
      }
      out.push(value & 255);
    } else if (code !== 10) out.push(code);
  }

  /** From `ID` to an `EI` that stands alone; its dictionary was read as operands (8.9.7). */
  #skipInlineImage(): void {
    for (let at = this.#at + 1; at + 1 < this.#bytes.length; at++) {
      if (this.#bytes[at] !== 0x45 || this.#bytes[at + 1] !== 0x49) continue;
      const [before, after] = [this.#bytes[at - 1] ?? 0, this.#bytes[at + 2]];
      if (kinds[before] !== white || (after !== undefined && kinds[after] !== white)) continue;
      if (!this.#looksLikeContent(at + 2)) continue;
      this.#at = at + 2;
      return;
    }
    this.#at = this.#bytes.length;
  }

  /** Picture data may hold `EI` too; behind the real one stands text. */
  #looksLikeContent(from: number): boolean {
    return this.#bytes
      .subarray(from, from + 12)
      .every((code) => (code >= 32 && code < 127) || kinds[code] === white);
  }
}
