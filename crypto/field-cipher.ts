// Personal data at rest: a data key per value, wrapped by the master key, both bound to the place where the value lies.
import { createSecretKey, type KeyObject } from 'node:crypto';
import { boxOverhead, isBoxCipher, openBox, sealBox, type BoxCipher } from './aead.ts';
import type { RandomBytes } from './clock.ts';
import { CryptoError } from './errors.ts';
import type { MasterKey } from './master-key.ts';
import { fixedMasterKeys, type MasterKeys } from './master-keys.ts';

const DATA_KEY = 32;

/** Where a value lies. The ciphertext opens there only: it cannot be moved to another row or column. */
export interface FieldPlace {
  readonly table: string;
  readonly column: string;
  /** Primary key of the row. */
  readonly row: string;
}

export interface FieldCipher {
  /** @returns `<cipher>:<master key id>:<base64url>` of the UTF-8 of `plaintext`. */
  seal(place: FieldPlace, plaintext: string): string;
  /** @throws CryptoError `ciphertext-damaged` (changed, cut or moved), `master-key-unknown`. */
  open(place: FieldPlace, ciphertext: string): string;
}

/** What a value is bound to. */
export function surroundings(place: FieldPlace): string {
  // JSON, not joined text: a name that contains the separator must not look like another place.
  return JSON.stringify([place.table, place.column, place.row]);
}

export interface FieldCipherOptions {
  /** The newest seals; older ones still open what they sealed. A list is newest first. */
  readonly masterKeys: MasterKeys | readonly [MasterKey, ...MasterKey[]];
  readonly random: RandomBytes;
  /** The suite's: what seals; a ciphertext is opened by the cipher it names. */
  readonly cipher?: BoxCipher;
}

/** The keys given, as a ring. */
export function ringOf(masterKeys: FieldCipherOptions['masterKeys']): MasterKeys {
  return 'find' in masterKeys && 'current' in masterKeys ? masterKeys : fixedMasterKeys(masterKeys);
}

/**
 * The keys that wrap for one use, derived once of each master key.
 * @throws CryptoError `master-key-unknown`, of what it returns
 */
export function wrappingKeys(ring: MasterKeys, use: string): (id: string) => KeyObject {
  const known = new Map<string, KeyObject>();
  return (id) => {
    let key = known.get(id);
    if (key === undefined) {
      const master = ring.find(id);
      if (master === null) {
        throw new CryptoError(
          'master-key-unknown',
          'The value was encrypted under a master key that is not here.',
        );
      }
      key = createSecretKey(master.derive(use));
      known.set(id, key);
    }
    return key;
  };
}

/** Encryption under the master keys. */
export function createFieldCipher(options: FieldCipherOptions): FieldCipher {
  const { random, cipher = 'aes-256-gcm' } = options;
  const ring = ringOf(options.masterKeys);
  const wrappingKey = wrappingKeys(ring, 'field cipher');
  const damaged = (): CryptoError =>
    new CryptoError('ciphertext-damaged', 'The encrypted value was changed, or belongs to another place.');

  return {
    seal: (place, plaintext) => {
      const aad = surroundings(place);
      const dataKey = random(DATA_KEY);
      const { id } = ring.current;
      const wrapped = sealBox(wrappingKey(id), `wrap ${aad}`, dataKey, random, cipher);
      const box = sealBox(dataKey, aad, Buffer.from(plaintext, 'utf8'), random, cipher);
      return `${cipher}:${id}:${Buffer.concat([wrapped, box]).toString('base64url')}`;
    },
    open: (place, ciphertext) => {
      const match = /^([a-z0-9-]{1,40}):([0-9a-f]{16}):([A-Za-z0-9_-]+)$/.exec(ciphertext);
      const [, name = '', id, text] = match ?? [];
      if (!isBoxCipher(name) || id === undefined || text === undefined) throw damaged();
      const bytes = Buffer.from(text, 'base64url');
      // One value, one text: base64url with stray bits in its last character is not what was written.
      if (bytes.toString('base64url') !== text) throw damaged();
      const aad = surroundings(place);
      const wrapped = DATA_KEY + boxOverhead(name);
      const dataKey = openBox(wrappingKey(id), `wrap ${aad}`, bytes.subarray(0, wrapped), name);
      if (dataKey === null) throw damaged();
      const plaintext = openBox(dataKey, aad, bytes.subarray(wrapped), name);
      if (plaintext === null) throw damaged();
      return Buffer.from(plaintext).toString('utf8');
    },
  };
}
