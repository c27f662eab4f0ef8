// The key over personal data at rest: it encrypts nothing itself, every use gets a key of its own derived from it.
import { hkdfSync } from 'node:crypto';

const SIZE = 32;

export class MasterKey {
  /** Names this key in ciphertexts; tells nothing about it. */
  readonly id: string;
  readonly #secret: Uint8Array;

  /** @param secret 32 random bytes, kept by key-files.ts. */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
    this.id = Buffer.from(this.derive('key id')).subarray(0, 8).toString('hex');
  }

  /** 32 bytes for one use (HKDF-SHA-256, RFC 5869); keys of different uses tell nothing about each other. */
  derive(use: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#secret, new Uint8Array(0), `yinxin ${use}`, SIZE));
  }
}
