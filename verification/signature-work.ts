// Signature checks within a bound: the cost is told by the key before the check is made.
import { FormatError } from '../formats/errors.ts';
import { foreignSignatureNameOf } from '../formats/x509/algorithm.ts';
import type {
  AlgorithmIdentifier,
  ForeignSignatureName,
  SubjectPublicKeyInfo,
} from '../formats/x509/algorithm.ts';
import { readDer } from '../formats/x509/der.ts';
import { bitString, oid, sequence } from '../formats/x509/der-writer.ts';
import type { SignatureVerifier, VerifiableAlgorithm } from './signature-verifier.ts';

/** An algorithm that is refused today and counted once; given by the caller with the instant it judges at. */
export interface HistoricalAlgorithm {
  /** Identifier of the signature algorithm, whose parameters must be absent. */
  readonly signature: string;
  readonly key: string;
  readonly name: string;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** What certificates, lists and OCSP answers have in common. */
export interface Signed {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/** Accepted signature algorithms; SHA-1 forms are refused by name. */
export function verifiableAlgorithm(name: ForeignSignatureName | null): VerifiableAlgorithm | null {
  return name === null || name === 'ES1' || name === 'RS1' ? null : name;
}

/** In units of one P-256 or RSA-2048 check, as measured with node:crypto. */
const costs: Partial<Record<NonNullable<SubjectPublicKeyInfo['keyType']>, number>> = {
  p256: 1,
  p384: 10,
  p521: 20,
  sm2: 4,
  ed25519: 2,
};

const rsaBits = { least: 2048, most: 16_384 };

/** Bit lengths of modulus and exponent; null where the key is malformed. */
export function rsaSizes(
  publicKey: Uint8Array,
): { readonly modulus: number; readonly exponent: number } | null {
  try {
    const [modulus, exponent] = readDer(publicKey, { maxBytes: 8192, maxDepth: 2 }, 'der-malformed', (top) =>
      top.sequence((fields) => [fields.integer(4096), fields.integer(4096)] as const),
    );
    const bits = (value: Uint8Array): number => {
      const start = value.findIndex((octet) => octet !== 0);
      return start < 0 ? 0 : (value.length - start) * 8 + 24 - Math.clz32(value[start] ?? 0);
    };
    return { modulus: bits(modulus), exponent: bits(exponent) };
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** Whether the key is of no kind, or no size, that is accepted: signatures by it are not checked. */
export function isRefusedKey(key: SubjectPublicKeyInfo | null): boolean {
  if (key === null) return false;
  if (key.keyType !== 'rsa' && key.keyType !== 'rsa-pss') return key.keyType === null;
  const modulus = rsaSizes(key.publicKey)?.modulus ?? 0;
  return modulus < rsaBits.least || modulus > rsaBits.most;
}

/** Null where a key can have made no such signature, which needs no check to know. */
function costOf(
  algorithm: VerifiableAlgorithm,
  signature: Uint8Array,
  key: SubjectPublicKeyInfo,
): number | null {
  const type = key.keyType;
  if (type === null) return null;
  const rsa = algorithm.startsWith('RS') || algorithm.startsWith('PS');
  if (rsa !== (type === 'rsa' || type === 'rsa-pss')) return null;
  if (!rsa) {
    const fits =
      algorithm === 'Ed25519'
        ? type === 'ed25519'
        : algorithm === 'SM2SM3'
          ? type === 'sm2'
          : /^p/.test(type);
    return fits ? (costs[type] ?? null) : null;
  }
  const sizes = rsaSizes(key.publicKey);
  if (sizes === null || sizes.modulus < rsaBits.least || sizes.modulus > rsaBits.most) return null;
  if (signature.length !== Math.ceil(sizes.modulus / 8)) return null;
  // Squarings by the length of the exponent, each by the square of the modulus.
  return (sizes.modulus / 2048) ** 2 * Math.max(1, sizes.exponent / 17);
}

/** A bound on checks shared by everything of one kind in one verification. */
export class SignatureWork {
  readonly #verifier: SignatureVerifier;
  readonly #historical: HistoricalAlgorithm | null;
  readonly #seen = new Set<SubjectPublicKeyInfo>();
  #left: number;
  #exhausted = false;

  constructor(verifier: SignatureVerifier, limit: number, historical: HistoricalAlgorithm | null = null) {
    this.#verifier = verifier;
    this.#left = limit;
    this.#historical = historical;
  }

  /** True once some check could not be paid for; what was not checked counts as not signed. */
  get exhausted(): boolean {
    return this.#exhausted;
  }

  /** Name of an algorithm that is not accepted; null where it is. */
  refused(algorithm: AlgorithmIdentifier): string | null {
    if (this.#isHistorical(algorithm)) return null;
    const name = foreignSignatureNameOf(algorithm);
    return verifiableAlgorithm(name) === null ? (name ?? algorithm.oid) : null;
  }

  /**
   * Whether the key made the signature.
   * @param inherited finds parameters for a key that has none of its own (RFC 5280 section 6.1.4 (e))
   */
  async holds(
    signed: Signed,
    key: SubjectPublicKeyInfo,
    inherited: () => Uint8Array | null,
  ): Promise<boolean> {
    const historical = this.#isHistorical(signed.signatureAlgorithm) ? this.#historical : null;
    if (historical !== null) {
      if (key.algorithm.oid !== historical.key || !this.#pay(4)) return false;
      return historical.verify(completed(key, inherited()), signed.tbs, signed.signature);
    }
    const algorithm = verifiableAlgorithm(foreignSignatureNameOf(signed.signatureAlgorithm));
    const cost = algorithm === null ? null : costOf(algorithm, signed.signature, key);
    // A key met for the first time must be read, which takes as long as a check.
    if (algorithm === null || cost === null || !this.#pay(this.#seen.has(key) ? cost : cost + 1))
      return false;
    this.#seen.add(key);
    return this.#verifier.verify(algorithm, key.der, signed.tbs, signed.signature);
  }

  #isHistorical(algorithm: AlgorithmIdentifier): boolean {
    return algorithm.oid === this.#historical?.signature && algorithm.parameters === null;
  }

  #pay(cost: number): boolean {
    if (cost > this.#left) {
      this.#exhausted = true;
      return false;
    }
    this.#left -= cost;
    return true;
  }
}

function completed(key: SubjectPublicKeyInfo, inherited: Uint8Array | null): Uint8Array {
  if (key.algorithm.parameters !== null || inherited === null) return key.der;
  return sequence(sequence(oid(key.algorithm.oid), inherited), bitString(key.publicKey));
}
