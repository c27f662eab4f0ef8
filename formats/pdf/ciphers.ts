// What opening an encrypted PDF needs of cryptography, given by argument; RC4, which platforms no longer offer, is here.

/** Ciphers and digests of the standard security handler (ISO 32000-2, 7.6). */
export interface PdfCiphers {
  /** @throws Error where the platform forbids MD5; such a file then cannot be opened. */
  readonly md5: (bytes: Uint8Array) => Uint8Array;
  readonly sha2: (bits: 256 | 384 | 512, bytes: Uint8Array) => Uint8Array;
  /** AES-CBC with a key of 16 or 32 bytes over whole blocks, without padding. */
  readonly encryptCbc: (key: Uint8Array, iv: Uint8Array, blocks: Uint8Array) => Uint8Array;
  readonly decryptCbc: (key: Uint8Array, iv: Uint8Array, blocks: Uint8Array) => Uint8Array;
}

/** RC4, the same in both directions. Only to read what others wrote long ago: nothing is protected with it here. */
export function rc4(key: Uint8Array, data: Uint8Array): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, at) => at);
  const at = (index: number): number => state[index & 255] ?? 0;
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 255;
    [state[i], state[j]] = [at(j), at(i)];
  }
  const result = new Uint8Array(data.length);
  for (let position = 0, i = 0, j = 0; position < data.length; position++) {
    i = (i + 1) & 255;
    const a = at(i);
    j = (j + a) & 255;
    const b = at(j);
    state[i] = b;
    state[j] = a;
    result[position] = (data[position] ?? 0) ^ at(a + b);
  }
  return result;
}
