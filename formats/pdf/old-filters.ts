// The filters of before FlateDecode (ISO 32000-2, 7.4.2 to 7.4.5): hexadecimal, base 85, run lengths, LZW.
import { FormatError } from '../errors.ts';

/** @returns null for a filter that is none of these. @throws FormatError `pdf-limit` over `maximum` bytes, `pdf-malformed` */
export function decodeOldFilter(
  name: string,
  data: Uint8Array,
  maximum: number,
  earlyChange: boolean,
): Uint8Array | null {
  const out = new Grown(maximum);
  switch (name) {
    case 'ASCIIHexDecode':
    case 'AHx':
      hexadecimal(data, out);
      break;
    case 'ASCII85Decode':
    case 'A85':
      base85(data, out);
      break;
    case 'RunLengthDecode':
    case 'RL':
      runLengths(data, out);
      break;
    case 'LZWDecode':
    case 'LZW':
      lzw(data, out, earlyChange);
      break;
    default:
      return null;
  }
  return out.bytes();
}

/** Bytes that become more, up to a bound. */
class Grown {
  #bytes = new Uint8Array(1024);
  #length = 0;
  readonly #maximum: number;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  push(byte: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = byte;
  }

  append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#maximum) throw new FormatError('pdf-limit', 'A stream inflates to too much.');
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const isWhite = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || code === 0;

function hexadecimal(data: Uint8Array, out: Grown): void {
  let high = -1;
  for (const code of data) {
    if (code === 0x3e) break;
    if (isWhite(code)) continue;
    const digit = parseInt(String.fromCharCode(code), 16);
    if (Number.isNaN(digit)) throw malformed();
    if (high < 0) high = digit;
    else {
      out.push(high * 16 + digit);
      high = -1;
    }
  }
  if (high >= 0) out.push(high * 16);
}

function base85(data: Uint8Array, out: Grown): void {
  let group: number[] = [];
  const flush = (): void => {
    const { length } = group;
    if (length === 0) return;
    if (length === 1) throw malformed();
    const value = [...group, 84, 84, 84, 84].slice(0, 5).reduce((sum, digit) => sum * 85 + digit, 0);
    if (value > 0xffff_ffff) throw malformed();
    for (let i = 0; i < length - 1; i++) out.push(Math.floor(value / 256 ** (3 - i)) & 255);
    group = [];
  };
  for (const code of data) {
    if (code === 0x7e) break;
    if (isWhite(code)) continue;
    if (code === 0x7a && group.length === 0) {
      for (let i = 0; i < 4; i++) out.push(0);
      continue;
    }
    if (code < 33 || code > 117) throw malformed();
    group.push(code - 33);
    if (group.length === 5) flush();
  }
  flush();
}

function runLengths(data: Uint8Array, out: Grown): void {
  for (let at = 0; at < data.length;) {
    const length = data[at++] ?? 128;
    if (length === 128) return;
    if (length < 128) {
      out.append(data.subarray(at, at + length + 1));
      at += length + 1;
    } else {
      const byte = data[at++];
      if (byte === undefined) throw malformed();
      for (let i = 0; i < 257 - length; i++) out.push(byte);
    }
  }
}

const [clearTable, endOfData] = [256, 257];

function lzw(data: Uint8Array, out: Grown, earlyChange: boolean): void {
  const early = earlyChange ? 1 : 0;
  let table: Uint8Array[] = [];
  const clear = (): void => {
    table = Array.from({ length: 258 }, (_, code) => (code < 256 ? Uint8Array.of(code) : new Uint8Array()));
  };
  clear();
  let before = null as Uint8Array | null;
  let [bits, held] = [0, 0];
  for (const byte of data) {
    held = (held << 8) | byte;
    bits += 8;
    const width =
      table.length + early >= 2048
        ? 12
        : table.length + early >= 1024
          ? 11
          : table.length + early >= 512
            ? 10
            : 9;
    if (bits < width) continue;
    const code = (held >> (bits - width)) & ((1 << width) - 1);
    bits -= width;
    held &= (1 << bits) - 1;
    if (code === endOfData) return;
    if (code === clearTable) {
      clear();
      before = null;
      continue;
    }
    const known = table[code];
    if (before !== null) {
      const longer = withFirst(before, known ?? before);
      if (known === undefined && code !== table.length) throw malformed();
      if (table.length < 4096) table.push(longer);
      before = known ?? longer;
    } else if (known === undefined) throw malformed();
    else before = known;
    out.append(before);
  }
}

/** `head` and the first byte of `next`. */
function withFirst(head: Uint8Array, next: Uint8Array): Uint8Array {
  const longer = new Uint8Array(head.length + 1);
  longer.set(head);
  longer[head.length] = next[0] ?? 0;
  return longer;
}

function malformed(): FormatError {
  return new FormatError('pdf-malformed', 'An encoded stream is damaged.');
}
