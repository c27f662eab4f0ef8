// Signing and verifying compact JWS, ES256 and ES384 only; nothing in a header ever chooses the key.
import { toBase64 } from '../formats/bytes.ts';
import { encodeJws, jwsSigningInput, parseJws } from '../formats/cose/jws.ts';
import type { JsonObject } from '../formats/cose/jws.ts';
import { FormatError } from '../formats/errors.ts';
import { derToRaw, rawToDer } from '../formats/x509/ecdsa-signature.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

/** What signs: structurally a `SigningKey` of crypto/ with its certificate beside it. */
export interface JwsSigner {
  readonly algorithm: 'ES256' | 'ES384';
  /** DER; goes into `x5c` for people and tools, never for our own trust. */
  readonly certificate?: Uint8Array;
  readonly keyId?: string;
  /** Signs (hashing included); @returns DER `SEQUENCE { r, s }`. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

const scalarLength = { ES256: 32, ES384: 48 } as const;

/** @returns a compact JWS over `payload` with `typ` = `type`. */
export async function signJws(type: string, payload: JsonObject, signer: JwsSigner): Promise<string> {
  const header = {
    alg: signer.algorithm,
    typ: type,
    ...(signer.keyId === undefined ? {} : { kid: signer.keyId }),
    ...(signer.certificate === undefined ? {} : { x5c: [toBase64(signer.certificate)] }),
  };
  const input = jwsSigningInput(header, payload);
  const signature = await signer.sign(new TextEncoder().encode(input));
  return encodeJws(input, derToRaw(signature, scalarLength[signer.algorithm]));
}

/** What came of reading a JWS. */
export type ReadJws =
  | { readonly outcome: 'verified'; readonly payload: JsonObject; readonly key: number }
  | { readonly outcome: 'malformed' | 'unsigned' };

/**
 * Reads a compact JWS of the given `typ` and verifies it with the given keys.
 * @param keys SubjectPublicKeyInfo DER; each is tried
 * @returns `malformed` where it is no such token, `unsigned` where no key made the signature; else the payload and the
 *   index of the key. Never throws because of the token.
 */
export async function readJws(
  token: string,
  type: string,
  keys: readonly Uint8Array[],
  verifier: SignatureVerifier,
  maxLength: number,
): Promise<ReadJws> {
  try {
    const jws = parseJws(token, maxLength);
    const algorithm = jws.header['alg'];
    if (algorithm !== 'ES256' && algorithm !== 'ES384') return { outcome: 'malformed' };
    if (jws.header['typ'] !== type || jws.signature.length !== 2 * scalarLength[algorithm]) {
      return { outcome: 'malformed' };
    }
    const signature = rawToDer(jws.signature);
    for (const [index, key] of keys.entries()) {
      if (await verifier.verify(algorithm, key, jws.signingInput, signature)) {
        return { outcome: 'verified', payload: jws.payload, key: index };
      }
    }
    return { outcome: 'unsigned' };
  } catch (error) {
    if (error instanceof FormatError) return { outcome: 'malformed' };
    throw error;
  }
}
