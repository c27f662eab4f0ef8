// CMaps (ISO 32000-2, 9.7.5 and 9.10.3): which bytes make a code, which CID it is, which characters it stands for.
import { FormatError } from '../errors.ts';
import { ContentReader, type ContentValue } from './text-reader.ts';

/** What a CMap stream says. */
export interface CMap {
  /** Codes by their length in bytes: lowest and highest value of each byte. */
  readonly codespaces: readonly Codespace[];
  readonly cids: CodeTable<number>;
  readonly characters: CodeTable<string>;
  readonly vertical: boolean;
  /** Name of the CMap it builds on; null where none. */
  readonly base: string | null;
}

export interface Codespace {
  readonly low: Uint8Array;
  readonly high: Uint8Array;
}

/** Codes to values; a code is its number and how many bytes it has. */
class CodeTable<T> {
  readonly #single = new Map<number, T>();
  readonly #ranges: { readonly low: number; readonly high: number; readonly at: (offset: number) => T }[] =
    [];
  #sorted = true;

  get size(): number {
    return this.#single.size + this.#ranges.length;
  }

  set(code: number, length: number, value: T): void {
    this.#single.set(keyOf(code, length), value);
  }

  setRange(low: number, high: number, length: number, at: (offset: number) => T): void {
    this.#ranges.push({ low: keyOf(low, length), high: keyOf(high, length), at });
    this.#sorted = false;
  }

  get(code: number, length: number): T | null {
    const key = keyOf(code, length);
    const single = this.#single.get(key);
    if (single !== undefined) return single;
    if (!this.#sorted) {
      this.#ranges.sort((a, b) => a.low - b.low);
      this.#sorted = true;
    }
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.low ?? 0) > key) high = middle;
      else low = middle + 1;
    }
    const range = this.#ranges[low - 1];
    return range !== undefined && key <= range.high ? range.at(key - range.low) : null;
  }
}

function keyOf(code: number, length: number): number {
  return length * 0x1_0000_0000 + code;
}

/** Entries of one CMap; a font has 65,536 codes. */
const mostEntries = 200_000;
const mostCodespaces = 200;

/**
 * Reads a CMap. What makes no sense in it is passed over, as readers do: a character less is found, nothing worse.
 * @throws FormatError `pdf-limit` for more entries than a font can need
 */
export function readCMap(data: Uint8Array): CMap {
  const reader = new ContentReader(data);
  const codespaces: Codespace[] = [];
  const cids = new CodeTable<number>();
  const characters = new CodeTable<string>();
  let vertical = false;
  let base: string | null = null;
  for (let step = reader.next(); step !== null; step = reader.next()) {
    const { operator, operands } = step;
    if (cids.size + characters.size > mostEntries || codespaces.length > mostCodespaces) {
      throw new FormatError('pdf-limit', 'A character map of the PDF is too large.');
    }
    if (operator === 'usecmap') base = nameOf(operands.at(-1));
    else if (operator === 'def') {
      if (nameOf(operands.at(-2)) === 'WMode') vertical = operands.at(-1) === 1;
    } else if (operator === 'endcodespacerange') {
      pairs(operands, 2).forEach(([low, high]) => {
        if (low instanceof Uint8Array && high instanceof Uint8Array && low.length === high.length) {
          if (low.length >= 1 && low.length <= 4) codespaces.push({ low, high });
        }
      });
    } else if (operator === 'endcidchar' || operator === 'endbfchar') {
      pairs(operands, 2).forEach(([code, value]) => setSingle(cids, characters, code, value));
    } else if (operator === 'endcidrange' || operator === 'endbfrange') {
      pairs(operands, 3).forEach(([low, high, value]) => setRange(cids, characters, low, high, value));
    }
  }
  return { codespaces, cids, characters, vertical, base };
}

function setSingle(
  cids: CodeTable<number>,
  characters: CodeTable<string>,
  code: ContentValue | undefined,
  value: ContentValue | undefined,
): void {
  const key = codeOf(code);
  if (key === null) return;
  if (typeof value === 'number') cids.set(key.code, key.length, value);
  else if (value instanceof Uint8Array) characters.set(key.code, key.length, utf16(value));
}

function setRange(
  cids: CodeTable<number>,
  characters: CodeTable<string>,
  low: ContentValue | undefined,
  high: ContentValue | undefined,
  value: ContentValue | undefined,
): void {
  const [from, to] = [codeOf(low), codeOf(high)];
  if (from === null || to === null || from.length !== to.length || to.code < from.code) return;
  if (typeof value === 'number') cids.setRange(from.code, to.code, from.length, (offset) => value + offset);
  else if (value instanceof Uint8Array) {
    const text = utf16(value);
    characters.setRange(from.code, to.code, from.length, (offset) => counted(text, offset));
  } else if (Array.isArray(value)) {
    value.slice(0, to.code - from.code + 1).forEach((each, offset) => {
      if (each instanceof Uint8Array) characters.set(from.code + offset, from.length, utf16(each));
    });
  }
}

/** The last code unit counts on (9.10.3). */
function counted(text: string, offset: number): string {
  if (text === '') return '';
  const last = text.charCodeAt(text.length - 1);
  return text.slice(0, -1) + String.fromCharCode((last + offset) & 0xffff);
}

function codeOf(value: ContentValue | undefined): { readonly code: number; readonly length: number } | null {
  if (!(value instanceof Uint8Array) || value.length < 1 || value.length > 4) return null;
  return { code: value.reduce((sum, byte) => sum * 256 + byte, 0), length: value.length };
}

function utf16(bytes: Uint8Array): string {
  if (bytes.length === 1) return String.fromCharCode(bytes[0] ?? 0);
  let text = '';
  for (let i = 0; i + 1 < bytes.length && i < 64; i += 2) {
    text += String.fromCharCode(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  }
  return text;
}

function nameOf(value: ContentValue | undefined): string | null {
  return typeof value === 'object' && 'name' in value ? value.name : null;
}

function pairs(operands: readonly ContentValue[], size: number): (readonly ContentValue[])[] {
  const groups: ContentValue[][] = [];
  // From the end: what stands before `begin…` in the same statement is its count.
  for (let end = operands.length; end >= size; end -= size) groups.push(operands.slice(end - size, end));
  return groups;
}
