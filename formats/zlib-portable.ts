// zlib data inflated in plain arithmetic (RFC 1950, RFC 1951), for pages, whose own inflater cannot answer at once. No Node here.

/** Extra bits and bases of lengths 257 to 285 and of distances 0 to 29 (RFC 1951 section 3.2.5). */
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
/** The order in which the lengths of code lengths are written (section 3.2.7). */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const maxBits = 15;

function basesOf(extra: readonly number[], first: number): readonly number[] {
  const bases: number[] = [];
  let base = first;
  for (const bits of extra) {
    bases.push(base);
    base += 1 << bits;
  }
  return bases;
}

// 285 stands for 258 alone, which 284 could reach as well.
const lengthBase = [...basesOf(lengthExtra.slice(0, -1), 3), 258];
const distanceBase = basesOf(distanceExtra, 1);

function damaged(): Error {
  return new Error('The zlib data is damaged.');
}

/** A canonical Huffman code (section 3.2.2): how many symbols each length has, and the symbols in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: Uint8Array): Code {
  const counts = new Uint16Array(maxBits + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  let left = 1;
  const offsets = new Uint16Array(maxBits + 2);
  for (let bits = 1; bits <= maxBits; bits++) {
    left = left * 2 - (counts[bits] ?? 0);
    if (left < 0) throw damaged();
    offsets[bits + 1] = (offsets[bits] ?? 0) + (counts[bits] ?? 0);
  }
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) {
    if (length === 0) continue;
    const at = offsets[length] ?? 0;
    symbols[at] = symbol;
    offsets[length] = at + 1;
  }
  return { counts, symbols };
}

const fixed = {
  literals: codeOf(
    Uint8Array.from({ length: 288 }, (_, at) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : 8)),
  ),
  distances: codeOf(new Uint8Array(30).fill(5)),
};

/** Bits from the least significant on, and the output with its bound. */
class Inflater {
  readonly #data: Uint8Array;
  readonly #maximum: number;
  #at: number;
  #bits = 0;
  #held = 0;
  #out = new Uint8Array(1024);
  #size = 0;

  constructor(data: Uint8Array, start: number, maximum: number) {
    this.#data = data;
    this.#at = start;
    this.#maximum = maximum;
  }

  /** Offset of the first whole byte not yet used. */
  get position(): number {
    return this.#at - (this.#held >> 3);
  }

  get output(): Uint8Array {
    return this.#out.subarray(0, this.#size);
  }

  bits(count: number): number {
    while (this.#held < count) {
      const byte = this.#data[this.#at++];
      if (byte === undefined) throw damaged();
      this.#bits |= byte << this.#held;
      this.#held += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#held -= count;
    return value;
  }

  symbol({ counts, symbols }: Code): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= maxBits; length++) {
      code |= this.bits(1);
      const count = counts[length] ?? 0;
      if (code - count < first) return symbols[index + code - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw damaged();
  }

  put(byte: number): void {
    if (this.#size >= this.#maximum) throw new RangeError('The zlib data inflates to more than it may.');
    if (this.#size === this.#out.length) {
      const grown = new Uint8Array(this.#out.length * 2);
      grown.set(this.#out);
      this.#out = grown;
    }
    this.#out[this.#size++] = byte;
  }

  copy(length: number, distance: number): void {
    if (distance > this.#size) throw damaged();
    for (let i = 0; i < length; i++) this.put(this.#out[this.#size - distance] ?? 0);
  }

  /** Section 3.2.4. */
  stored(): void {
    this.#at = this.position;
    [this.#bits, this.#held] = [0, 0];
    const length = this.bits(16);
    if ((this.bits(16) ^ 0xffff) !== length) throw damaged();
    for (let i = 0; i < length; i++) this.put(this.bits(8));
  }

  compressed(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.put(symbol);
        continue;
      }
      const length = lengthBase[symbol - 257];
      if (length === undefined) throw damaged();
      const whole = length + this.bits(lengthExtra[symbol - 257] ?? 0);
      const far = this.symbol(distances);
      const distance = distanceBase[far];
      if (distance === undefined) throw damaged();
      this.copy(whole, distance + this.bits(distanceExtra[far] ?? 0));
    }
  }

  /** Section 3.2.7. */
  dynamic(): void {
    const [literals, distances, written] = [this.bits(5) + 257, this.bits(5) + 1, this.bits(4) + 4];
    if (literals > 286 || distances > 30) throw damaged();
    const short = new Uint8Array(19);
    for (const place of lengthOrder.slice(0, written)) short[place] = this.bits(3);
    const code = codeOf(short);
    const lengths = new Uint8Array(literals + distances);
    for (let at = 0; at < lengths.length;) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths[at++] = symbol;
        continue;
      }
      if (symbol === 16 && at === 0) throw damaged();
      const value = symbol === 16 ? (lengths[at - 1] ?? 0) : 0;
      const times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      if (at + times > lengths.length) throw damaged();
      lengths.fill(value, at, at + times);
      at += times;
    }
    if (lengths[256] === 0) throw damaged();
    this.compressed(codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals)));
  }
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/**
 * Inflates zlib data as `inflateSync` of node:zlib does; what follows the data is passed over.
 * @throws RangeError where more than `maxOutputLength` bytes come out; Error where the data is damaged
 */
export function inflateSync(
  data: Uint8Array,
  { maxOutputLength }: { readonly maxOutputLength: number },
): Uint8Array {
  const [method = 0, flags = 0] = data;
  if ((method & 15) !== 8 || method >> 4 > 7 || ((method << 8) | flags) % 31 !== 0 || (flags & 32) !== 0)
    throw damaged();
  const inflater = new Inflater(data, 2, maxOutputLength);
  for (let last = false; !last;) {
    last = inflater.bits(1) === 1;
    const type = inflater.bits(2);
    if (type === 0) inflater.stored();
    else if (type === 1) inflater.compressed(fixed.literals, fixed.distances);
    else if (type === 2) inflater.dynamic();
    else throw damaged();
  }
  const at = inflater.position;
  if (data.length < at + 4) throw damaged();
  const check = new DataView(data.buffer, data.byteOffset + at, 4).getUint32(0);
  if (adler32(inflater.output) !== check) throw damaged();
  return inflater.output;
}
