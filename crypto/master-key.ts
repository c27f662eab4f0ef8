// The key over personal data at rest: it encrypts nothing itself, every use gets a key of its own derived from it.
import { hkdfSync } from 'node:crypto';

const SIZE = 32;

export class MasterKey {
  /** Names this key in ciphertexts; tells nothing about it. */
  readonly id: string;
  readonly #secret: Uint8Array;
  readonly #digest: 'sha256' | 'sm3';

  /**
   * @param secret 32 random bytes, kept by key-files.ts
   * @param digest the suite's, under which keys are derived
   */
  constructor(secret: Uint8Array, digest: 'sha256' | 'sm3' = 'sha256') {
    this.#secret = secret;
    this.#digest = digest;
    this.id = Buffer.from(this.derive('key id')).subarray(0, 8).toString('hex');
  }

  /** 32 bytes for one use (HKDF, RFC 5869, over the suite's HMAC); keys of different uses tell nothing about each other. */
  derive(use: string): Uint8Array {
    return new Uint8Array(hkdfSync(this.#digest, this.#secret, new Uint8Array(0), `yinxin ${use}`, SIZE));
  }
}
