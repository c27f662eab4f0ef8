// COSE_Sign1 (RFC 9052 §4.2), untagged, with exactly two protected headers: algorithm and key identifier.
import { FormatError } from '../errors.ts';
import { CODE_LIMITS, decodeCbor, encodeByteStrings, encodeCbor, type CborLimits } from './cbor.ts';

const HEADER_ALG = 1;
const HEADER_KID = 4;
/** A key is named by the first 8 bytes of a digest over its SubjectPublicKeyInfo: SHA-256 for ES256, SM3 for SM2. */
const KEY_ID_LENGTH = 8;
/** ES256 and SM2 alike: r ‖ s, 32 bytes each. */
const SIGNATURE_LENGTH = 64;

/** An array of four, the first of them the context: how every Sig_structure begins. */
const SIGN1_START = Uint8Array.of(0x84, ...encodeCbor('Signature1'));

/** COSE algorithm identifiers: ES256 is IANA's, SM2-with-SM3 lies in the private-use range. */
const COSE_ALGORITHMS = { ES256: -7, SM2SM3: -65601 } as const;
export type CoseAlgorithm = keyof typeof COSE_ALGORITHMS;

/** A COSE_Sign1 taken apart. Nothing in it is verified. */
export interface Sign1 {
  readonly algorithm: CoseAlgorithm;
  /** 8 bytes; a hint which keys to try, never a reason to trust one. */
  readonly keyId: Uint8Array;
  /** The protected header as its bytes stand in the message. */
  readonly protectedHeader: Uint8Array;
  readonly payload: Uint8Array;
  /** Raw r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
}

/** First 8 bytes of a digest over a SubjectPublicKeyInfo. @throws FormatError `cose-malformed` on fewer than 8 bytes. */
export function keyIdOf(publicKeyDigest: Uint8Array): Uint8Array {
  if (publicKeyDigest.length < KEY_ID_LENGTH)
    throw new FormatError('cose-malformed', 'A key digest is too short.');
  return new Uint8Array(publicKeyDigest.subarray(0, KEY_ID_LENGTH));
}

/** The bytes of the protected header {1: alg, 4: kid}. */
export function encodeProtectedHeader(algorithm: CoseAlgorithm, keyId: Uint8Array): Uint8Array {
  if (keyId.length !== KEY_ID_LENGTH) throw new FormatError('cose-malformed', 'A key identifier is 8 bytes.');
  return encodeCbor(
    new Map<number, number | Uint8Array>([
      [HEADER_ALG, COSE_ALGORITHMS[algorithm]],
      [HEADER_KID, keyId],
    ]),
  );
}

const NO_EXTERNAL_DATA = new Uint8Array();

/** The Sig_structure that is signed (RFC 9052 §4.4): context "Signature1", protected header, external data, payload. */
export function sign1Input(
  protectedHeader: Uint8Array,
  payload: Uint8Array,
  externalData: Uint8Array = NO_EXTERNAL_DATA,
): Uint8Array {
  return encodeByteStrings(SIGN1_START, [protectedHeader, externalData, payload]);
}

/** Writes the untagged four-element array; the unprotected header is empty. @throws FormatError `cose-malformed` */
export function encodeSign1(parts: Pick<Sign1, 'protectedHeader' | 'payload' | 'signature'>): Uint8Array {
  if (parts.signature.length !== SIGNATURE_LENGTH)
    throw new FormatError('cose-malformed', 'A signature is 64 bytes r‖s.');
  return encodeCbor([parts.protectedHeader, new Map<number, number>(), parts.payload, parts.signature]);
}

/**
 * Reads an untagged COSE_Sign1.
 * @throws FormatError `cbor-malformed`, `trailing-bytes`, `cose-malformed` on any header beyond alg and kid, an unknown
 * algorithm, a non-empty unprotected header, or a signature that is not 64 bytes.
 */
export function decodeSign1(bytes: Uint8Array, limits: CborLimits = CODE_LIMITS): Sign1 {
  const message = decodeCbor(bytes, limits);
  if (!Array.isArray(message) || message.length !== 4)
    throw new FormatError('cose-malformed', 'Not a COSE_Sign1 array.');
  const [protectedHeader, unprotected, payload, signature] = message as readonly unknown[];
  if (!(unprotected instanceof Map) || unprotected.size !== 0) {
    throw new FormatError('cose-malformed', 'The unprotected header must be an empty map.');
  }
  if (!(protectedHeader instanceof Uint8Array) || !(payload instanceof Uint8Array)) {
    throw new FormatError('cose-malformed', 'Protected header and payload must be byte strings.');
  }
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_LENGTH) {
    throw new FormatError('cose-malformed', 'A signature is 64 bytes r‖s.');
  }
  const header = decodeCbor(protectedHeader, limits);
  if (!(header instanceof Map) || header.size !== 2) {
    throw new FormatError(
      'cose-malformed',
      'The protected header must hold algorithm and key identifier, nothing else.',
    );
  }
  const keyId: unknown = header.get(HEADER_KID);
  if (!(keyId instanceof Uint8Array) || keyId.length !== KEY_ID_LENGTH) {
    throw new FormatError('cose-malformed', 'A key identifier is 8 bytes.');
  }
  return { algorithm: algorithmNamed(header.get(HEADER_ALG)), keyId, protectedHeader, payload, signature };
}

function algorithmNamed(identifier: unknown): CoseAlgorithm {
  if (identifier === COSE_ALGORITHMS.ES256) return 'ES256';
  if (identifier === COSE_ALGORITHMS.SM2SM3) return 'SM2SM3';
  throw new FormatError('cose-malformed', 'The signature algorithm is not one that codes may use.');
}
