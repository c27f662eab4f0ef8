// Finding a person by number without storing the number: a keyed digest, so that a stolen database cannot be searched.
import { createSecretKey, type KeyObject } from 'node:crypto';
import { labelledMac } from './algorithms.ts';
import type { MasterKey } from './master-key.ts';

export interface BlindIndex {
  /**
   * @param purpose what is indexed where, e.g. `license.holder`: equal values under different purposes do not match.
   * @param value normalised by the caller (upper-case X, 18 digits, no spaces): equality is of these very characters.
   * @returns `hmac-sha256:<hex>`, `hmac-sm3:<hex>` in the suite gm.
   */
  of(purpose: string, value: string): string;
}

/** @param digest - the suite's */
export function createBlindIndex(masterKey: MasterKey, digest: 'sha256' | 'sm3' = 'sha256'): BlindIndex {
  const keys = new Map<string, KeyObject>();
  return {
    of: (purpose, value) => {
      let key = keys.get(purpose);
      if (key === undefined) {
        key = createSecretKey(masterKey.derive(`blind index ${purpose}`));
        keys.set(purpose, key);
      }
      return labelledMac(digest, key, value);
    },
  };
}
