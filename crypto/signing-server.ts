// Port: a signing server of a department's own, and its keys as handles. What it answers is believed only after verification.
import { constants, createHash, createPublicKey, createVerify } from 'node:crypto';
import { joinBytes } from '../formats/bytes.ts';
import { digest, keyIdOf, signingAlgorithm, type DigestName } from './algorithms.ts';
import { CryptoError } from './errors.ts';
import type { SignatureAlgorithm, SigningKey } from './signing-key.ts';
import { verifySignature } from './verify-signature.ts';

/** What is to be signed: a digest where the algorithm signs one, the whole message where it hashes by itself (SM2 with its Z, Ed25519). */
export type SigningInput =
  { readonly message: Uint8Array } | { readonly digest: DigestName; readonly value: Uint8Array };

/**
 * Promises: answers within the adapter's own time limit or throws CryptoError `signing-server-failed`. Signatures come as
 * X.509 carries them. Nothing here is trusted: callers verify.
 */
export interface SigningServer {
  /** As the deployment names it. */
  readonly name: string;
  publicKey(key: string): Promise<{ readonly algorithm: SignatureAlgorithm; readonly publicKey: Uint8Array }>;
  sign(key: string, input: SigningInput): Promise<Uint8Array>;
}

export interface ServerKey {
  /** Its name at the server. */
  readonly name: string;
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo DER, as it was when the key was taken in: another key under the same name signs nothing. */
  readonly publicKey: Uint8Array;
  readonly chain: readonly Uint8Array[];
}

function wrong(): CryptoError {
  return new CryptoError(
    'signing-server-failed',
    'The signing server gave a signature that is not the key’s; it is withheld.',
  );
}

/** A key at a signing server as a handle for sealing. Its signatures are verified before they leave. */
export function signingServerKey(server: SigningServer, key: ServerKey): SigningKey {
  const { name, algorithm, publicKey } = key;
  const whole = algorithm === 'SM2SM3' || algorithm === 'Ed25519';
  const { digest: digestName } = signingAlgorithm(algorithm);
  const sign = async (message: Uint8Array): Promise<Uint8Array> => {
    const input = whole ? { message } : { digest: digestName, value: digest(digestName, message) };
    const signature = await server.sign(name, input);
    if (!verifySignature({ algorithm, publicKey, message, signature })) throw wrong();
    return signature;
  };
  return {
    id: keyIdOf(publicKey, algorithm),
    purpose: 'seal',
    algorithm,
    publicKey,
    chain: [...key.chain],
    sign,
    signPieces: async (pieces) => {
      if (whole) {
        const all: Uint8Array[] = [];
        for await (const piece of pieces) all.push(new Uint8Array(piece));
        return sign(joinBytes(all));
      }
      const hash = createHash(digestName);
      const verifier = createVerify(digestName);
      for await (const piece of pieces) {
        hash.update(piece);
        verifier.update(piece);
      }
      const signature = await server.sign(name, { digest: digestName, value: hash.digest() });
      if (!verifier.verify(verificationKey(algorithm, publicKey), signature)) throw wrong();
      return signature;
    },
  };
}

function verificationKey(
  algorithm: SignatureAlgorithm,
  publicKey: Uint8Array,
): Parameters<ReturnType<typeof createVerify>['verify']>[0] {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  return algorithm === 'PS256'
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key };
}
