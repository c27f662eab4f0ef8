// A key that is opened when it signs and not before: the root's, whose store is away most of the time.
import { CryptoError } from '../crypto/errors.ts';
import type { KeyStore, SigningKey } from '../crypto/signing-key.ts';
import { signatureNameOf } from '../formats/x509/algorithm.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { isSignatureAlgorithm } from '../crypto/algorithms.ts';
import { CaError } from './errors.ts';
import type { CaParts } from './parts.ts';

function isMissing(error: unknown): boolean {
  return error instanceof CryptoError && error.code === 'key-not-found';
}

/** Opens a root's key where it lies: in the offline store, or beside the other keys in an installation of version 0.1. */
async function openRoot(parts: Pick<CaParts, 'keys' | 'rootKeys'>, id: string): Promise<SigningKey> {
  const offline = await parts.rootKeys();
  const stores: readonly KeyStore[] = offline === null ? [parts.keys] : [offline, parts.keys];
  for (const store of stores) {
    try {
      return await store.open(id, 'root-ca', []);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  throw new CaError('root-offline', 'The root key is not at hand: bring its store, and ask again.');
}

/**
 * The root's key as a handle. Nothing is opened before it signs, and nothing is kept open after.
 * @param certificate - the root's own, self-signed: says which algorithm the key signs with.
 * @throws CaError `hierarchy-damaged`; its `sign` throws `root-offline`, and what the store throws.
 */
export function offlineRootKey(
  parts: Pick<CaParts, 'keys' | 'rootKeys'>,
  id: string,
  certificate: Certificate,
): SigningKey {
  const algorithm = signatureNameOf(certificate.signatureAlgorithm);
  if (algorithm === null || !isSignatureAlgorithm(algorithm)) {
    throw new CaError('hierarchy-damaged', 'The root is signed by an algorithm that is not one of ours.');
  }
  return {
    id,
    purpose: 'root-ca',
    algorithm,
    publicKey: certificate.subjectPublicKeyInfo.der,
    chain: [],
    sign: async (message) => (await openRoot(parts, id)).sign(message),
    signPieces: async (pieces) => (await openRoot(parts, id)).signPieces(pieces),
  };
}

/** The store for a new root's key. @throws CaError `root-offline`. */
export async function requireRootStore(parts: Pick<CaParts, 'rootKeys'>): Promise<KeyStore> {
  const store = await parts.rootKeys();
  if (store === null)
    throw new CaError('root-offline', 'A root key is to be made, and the store of root keys is not at hand.');
  return store;
}
