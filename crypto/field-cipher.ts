// Personal data at rest: a data key per value, wrapped by the master key, both bound to the place where the value lies.
import { createSecretKey, type KeyObject } from 'node:crypto';
import { boxOverhead, isBoxCipher, openBox, sealBox, type BoxCipher } from './aead.ts';
import type { RandomBytes } from './clock.ts';
import { CryptoError } from './errors.ts';
import type { MasterKey } from './master-key.ts';

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

function surroundings(place: FieldPlace): string {
  // JSON, not joined text: a name that contains the separator must not look like another place.
  return JSON.stringify([place.table, place.column, place.row]);
}

/**
 * @param options.masterKeys the first one seals; older ones still open what they sealed
 * @param options.cipher the suite's: what seals; a ciphertext is opened by the cipher it names
 */
export function createFieldCipher(options: {
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
  readonly random: RandomBytes;
  readonly cipher?: BoxCipher;
}): FieldCipher {
  const { random, masterKeys, cipher = 'aes-256-gcm' } = options;
  const [current] = masterKeys;
  const wrapping = new Map(masterKeys.map((key) => [key.id, createSecretKey(key.derive('field cipher'))]));
  const wrappingKey = (id: string): KeyObject => {
    const key = wrapping.get(id);
    if (key === undefined) {
      throw new CryptoError(
        'master-key-unknown',
        'The value was encrypted under a master key that is not here.',
      );
    }
    return key;
  };
  const damaged = (): CryptoError =>
    new CryptoError('ciphertext-damaged', 'The encrypted value was changed, or belongs to another place.');

  return {
    seal: (place, plaintext) => {
      const aad = surroundings(place);
      const dataKey = random(DATA_KEY);
      const wrapped = sealBox(wrappingKey(current.id), `wrap ${aad}`, dataKey, random, cipher);
      const box = sealBox(dataKey, aad, Buffer.from(plaintext, 'utf8'), random, cipher);
      return `${cipher}:${current.id}:${Buffer.concat([wrapped, box]).toString('base64url')}`;
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
