// The key behind a seal: in our own store, or wherever the credential of a foreign seal says it lies.
import type { KeyStore, SigningKey } from '../crypto/signing-key.ts';
import { SigningError } from './errors.ts';
import type { SealObject } from './seal-edition.ts';
import type { Seal } from './seal.ts';

export interface SealKeyParts {
  readonly keys: KeyStore;
  /**
   * Port: the key of a credential from another authority, with its chain. Absent where there are none.
   * Promises: refuses a credential that is retired, out of its term, or revoked as far as its authority said.
   */
  readonly foreignKey?: (credential: string) => Promise<SigningKey>;
}

/** @throws SigningError `seal-not-valid` (its credential is not to be had here); CaError, CryptoError of the place it lies in */
export function openSealKey(
  parts: SealKeyParts,
  seal: Pick<Seal, 'keyId' | 'chain' | 'foreignCredential'>,
): Promise<SigningKey> {
  if (seal.foreignCredential === null) return parts.keys.open(seal.keyId, 'seal', seal.chain);
  return openForeign(parts, seal.foreignCredential);
}

/** The SM2 key that the seal object lists. @throws as `openSealKey` */
export function openObjectKey(
  parts: SealKeyParts,
  seal: Pick<Seal, 'foreignCredential'>,
  object: SealObject,
): Promise<SigningKey> {
  if (seal.foreignCredential === null) return parts.keys.open(object.keyId, 'seal', object.chain);
  return openForeign(parts, seal.foreignCredential);
}

async function openForeign({ foreignKey }: SealKeyParts, credential: string): Promise<SigningKey> {
  if (foreignKey === undefined)
    throw new SigningError(
      'seal-not-valid',
      'The key of this seal lies with a credential that is not reached here.',
    );
  return foreignKey(credential);
}
