// SM3 (GB/T 32905) in plain arithmetic, for pages: WebCrypto has none. No Node here.

const BLOCK = 64;
/** GB/T 32905 clause 4.1. */
const INITIAL = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
];

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** The two permutations of clause 4.4. */
const p0 = (word: number): number => word ^ rotate(word, 9) ^ rotate(word, 17);
const p1 = (word: number): number => word ^ rotate(word, 15) ^ rotate(word, 23);

/** T_j rotated by j (clauses 4.2 and 5.3.3). */
const CONSTANTS = Int32Array.from({ length: 64 }, (_, j) => rotate(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));

/** Message expansion, clause 5.3.2. */
function expand(words: Int32Array, block: DataView, position: number): void {
  const at = (j: number): number => words[j] ?? 0;
  for (let j = 0; j < 16; j++) words[j] = block.getInt32(position + 4 * j);
  for (let j = 16; j < 68; j++) {
    words[j] = p1(at(j - 16) ^ at(j - 9) ^ rotate(at(j - 3), 15)) ^ rotate(at(j - 13), 7) ^ at(j - 6);
  }
}

/** Compression, clause 5.3.3. */
function compress(state: Int32Array, words: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let j = 0; j < 64; j++) {
    const turned = rotate(a, 12);
    const ss1 = rotate((turned + e + (CONSTANTS[j] ?? 0)) | 0, 7);
    const word = words[j] ?? 0;
    const ff = j < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = j < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + (ss1 ^ turned) + (word ^ (words[j + 4] ?? 0))) | 0;
    const tt2 = (gg + h + ss1 + word) | 0;
    [d, c, b, a] = [c, rotate(b, 9), a, tt1];
    [h, g, f, e] = [g, rotate(f, 19), e, p0(tt2)];
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) ^ word;
}

/** @returns the digest of `message`, 32 bytes. */
export function sm3Portable(message: Uint8Array): Uint8Array {
  // Clause 5.2: a bit 1, zeros, and the length in bits as 64 bits.
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK) * BLOCK);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  const state = Int32Array.from(INITIAL);
  const words = new Int32Array(68);
  for (let position = 0; position < padded.length; position += BLOCK) {
    expand(words, view, position);
    compress(state, words);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (const [index, word] of state.entries()) digest.setInt32(4 * index, word);
  return new Uint8Array(digest.buffer);
}
