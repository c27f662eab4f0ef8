// Signing and verifying compact JWS, ES256, ES384 and SM2 only; nothing in a header ever chooses the key.
import { toBase64 } from '../formats/bytes.ts';
import { encodeJws, jwsSigningInput, parseJws } from '../formats/cose/jws.ts';
import type { JsonObject } from '../formats/cose/jws.ts';
import { FormatError } from '../formats/errors.ts';
import { derToRaw, rawToDer } from '../formats/x509/ecdsa-signature.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

/**
 * Values of `alg`. `SM2SM3` is a private name (RFC 7515 section 4.1.1; nothing is registered for SM2): SM2 with SM3 under
 * the identifier 1234567812345678, the signature r‖s of 32 bytes each, as with ES256.
 */
export type JwsAlgorithm = 'ES256' | 'ES384' | 'SM2SM3';

const scalarLength = { ES256: 32, ES384: 48, SM2SM3: 32 } as const;

/** @returns null for what tokens of ours are not signed with. */
export function jwsAlgorithm(name: unknown): JwsAlgorithm | null {
  return name === 'ES256' || name === 'ES384' || name === 'SM2SM3' ? name : null;
}

/** What signs: structurally a `SigningKey` of crypto/ with its certificate beside it. */
export interface JwsSigner {
  readonly algorithm: JwsAlgorithm;
  /** DER; goes into `x5c` for people and tools, never for our own trust. */
  readonly certificate?: Uint8Array;
  readonly keyId?: string;
  /** Signs (hashing included); @returns DER `SEQUENCE { r, s }`. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

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
    const algorithm = jwsAlgorithm(jws.header['alg']);
    if (algorithm === null) return { outcome: 'malformed' };
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
