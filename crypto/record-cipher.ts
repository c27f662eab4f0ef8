// A data key per record: what belongs to one record opens with its key, and nothing of it opens once that key is destroyed.
import { createSecretKey } from 'node:crypto';
import { isBoxCipher, openBox, sealBox, type BoxCipher } from './aead.ts';
import { CryptoError } from './errors.ts';
import {
  createFieldCipher,
  ringOf,
  surroundings,
  wrappingKeys,
  type FieldCipher,
  type FieldCipherOptions,
} from './field-cipher.ts';

const DATA_KEY = 32;
/** Stands where other values name their master key: this one hangs on its record's key. */
const SCHEME = 'record';

/** A record's key as it is kept, and the cipher it makes. */
export interface RecordKey {
  /** `<cipher>:<master key id>:<base64url>`: to be kept with the record, and destroyed with it. */
  readonly wrapped: string;
  readonly cipher: FieldCipher;
}

/**
 * Encryption under the master keys, and under keys of single records. A record's cipher seals
 * `<cipher>:record:<base64url>`, and opens what was sealed under a master key as well: values of a time before there
 * were record keys.
 */
export interface RecordCipher extends FieldCipher {
  /** @param record names the record for ever; its key opens under this name only */
  makeRecordKey(record: string): RecordKey;
  /** @throws CryptoError `ciphertext-damaged`, `master-key-unknown` */
  openRecordKey(record: string, wrapped: string): FieldCipher;
  /** The same data key, wrapped by the newest master key. @throws as `openRecordKey` */
  rewrapRecordKey(record: string, wrapped: string): string;
}

function damaged(): CryptoError {
  return new CryptoError(
    'ciphertext-damaged',
    'The encrypted value was changed, or belongs to another place.',
  );
}

interface Parsed {
  readonly cipher: BoxCipher;
  readonly key: string;
  readonly box: Uint8Array;
}

/** One value, one text: base64url with stray bits in its last character is not what was written. */
function parse(text: string): Parsed {
  const [, cipher = '', key = '', encoded = ''] =
    /^([a-z0-9-]{1,40}):([0-9a-f]{16}|record):([A-Za-z0-9_-]+)$/.exec(text) ?? [];
  const box = Buffer.from(encoded, 'base64url');
  if (!isBoxCipher(cipher) || box.toString('base64url') !== encoded) throw damaged();
  return { cipher, key, box };
}

function written(cipher: BoxCipher, key: string, box: Uint8Array): string {
  return `${cipher}:${key}:${Buffer.from(box).toString('base64url')}`;
}

/** Ciphers of an installation. */
export function createRecordCipher(options: FieldCipherOptions): RecordCipher {
  const { random, cipher = 'aes-256-gcm' } = options;
  const ring = ringOf(options.masterKeys);
  const fields = createFieldCipher(options);
  const wrappingKey = wrappingKeys(ring, 'record keys');
  const bound = (record: string): string => JSON.stringify(['record key', record]);

  const cipherOf = (dataKey: Uint8Array): FieldCipher => {
    const key = createSecretKey(dataKey);
    return {
      seal: (place, plaintext) =>
        written(
          cipher,
          SCHEME,
          sealBox(key, surroundings(place), Buffer.from(plaintext, 'utf8'), random, cipher),
        ),
      open: (place, ciphertext) => {
        const { cipher: name, key: scheme, box } = parse(ciphertext);
        if (scheme !== SCHEME) return fields.open(place, ciphertext);
        const plaintext = openBox(key, surroundings(place), box, name);
        if (plaintext === null) throw damaged();
        return Buffer.from(plaintext).toString('utf8');
      },
    };
  };
  const wrap = (record: string, dataKey: Uint8Array): string => {
    const { id } = ring.current;
    return written(cipher, id, sealBox(wrappingKey(id), bound(record), dataKey, random, cipher));
  };
  const unwrap = (record: string, wrapped: string): Uint8Array => {
    const { cipher: name, key, box } = parse(wrapped);
    if (key === SCHEME) throw damaged();
    const dataKey = openBox(wrappingKey(key), bound(record), box, name);
    if (dataKey?.length !== DATA_KEY) throw damaged();
    return dataKey;
  };

  return {
    ...fields,
    makeRecordKey: (record) => {
      const dataKey = random(DATA_KEY);
      return { wrapped: wrap(record, dataKey), cipher: cipherOf(dataKey) };
    },
    openRecordKey: (record, wrapped) => cipherOf(unwrap(record, wrapped)),
    rewrapRecordKey: (record, wrapped) => wrap(record, unwrap(record, wrapped)),
  };
}
