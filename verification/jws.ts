// Compact JWS (RFC 7515), ES256 and ES384 only, strict; nothing in a header chooses the key.
import { derToRaw, rawToDer } from '../formats/x509/ecdsa-signature.ts';
import { fromBase64Url, toBase64, toBase64Url } from './base64.ts';
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

/** A parsed, not yet verified JWS. */
export interface UnverifiedJws {
  readonly algorithm: 'ES256' | 'ES384';
  readonly type: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly signingInput: Uint8Array;
  /** r‖s. */
  readonly signature: Uint8Array;
}

const allowedHeaders = new Set(['alg', 'typ', 'kid', 'x5c', 'x5t#S256', 'cty', 'iat']);
const scalarLength = { ES256: 32, ES384: 48 } as const;

export async function signJws(type: string, payload: object, signer: JwsSigner): Promise<string> {
  const header = {
    alg: signer.algorithm,
    typ: type,
    ...(signer.keyId === undefined ? {} : { kid: signer.keyId }),
    ...(signer.certificate === undefined ? {} : { x5c: [toBase64(signer.certificate)] }),
  };
  const text = new TextEncoder();
  const encode = (value: object): string => toBase64Url(text.encode(JSON.stringify(value)));
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = derToRaw(await signer.sign(text.encode(input)), scalarLength[signer.algorithm]);
  return `${input}.${toBase64Url(signature)}`;
}

function jsonObject(bytes: Uint8Array | null): Record<string, unknown> | null {
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** @returns null for whatever is not a well-formed compact JWS with an accepted algorithm. */
export function parseJws(text: string): UnverifiedJws | null {
  const [head, body, tail, ...more] = text.split('.');
  if (head === undefined || body === undefined || tail === undefined || more.length > 0) return null;
  const header = jsonObject(fromBase64Url(head));
  const payload = jsonObject(fromBase64Url(body));
  const signature = fromBase64Url(tail);
  if (header === null || payload === null || signature === null) return null;
  // RFC 7515 4.1.11: what is critical and unknown refuses; here everything unknown does.
  if (Object.keys(header).some((name) => !allowedHeaders.has(name))) return null;
  const algorithm = header['alg'];
  if (algorithm !== 'ES256' && algorithm !== 'ES384') return null;
  if (signature.length !== 2 * scalarLength[algorithm]) return null;
  const type = header['typ'];
  return {
    algorithm,
    type: typeof type === 'string' ? type : null,
    payload,
    signingInput: new TextEncoder().encode(`${head}.${body}`),
    signature,
  };
}

/** True when one of the given keys (SubjectPublicKeyInfo DER) made the signature. */
export async function verifyJws(
  jws: UnverifiedJws,
  keys: readonly Uint8Array[],
  verifier: SignatureVerifier,
): Promise<boolean> {
  const signature = rawToDer(jws.signature);
  for (const key of keys) {
    if (await verifier.verify(jws.algorithm, key, jws.signingInput, signature)) return true;
  }
  return false;
}
