// AlgorithmIdentifier: which digests and signatures have a name here, with the only parameters each may carry.
import { sameBytes } from '../bytes.ts';
import { FormatError } from '../errors.ts';
import { TAG, readDer, type DerReader } from './der.ts';
import { explicit, integer, nullValue, oid, sequence } from './der-writer.ts';
import { OID } from './oid.ts';

export interface AlgorithmIdentifier {
  readonly oid: string;
  /** The parameters as they stand, null where absent. */
  readonly parameters: Uint8Array | null;
  readonly der: Uint8Array;
}

export type DigestName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'sm3';

/** Signature algorithms by their JOSE names (RS1 and ES1 name the SHA-1 forms, so that they can be refused by name). */
export type SignatureName =
  | 'ES1'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'RS1'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'Ed25519'
  | 'SM2SM3';

/** RSASSA-PSS whose salt is not as long as the digest, with its length in octets: OpenSSL's default is the longest possible. */
export type SaltedPss = `PS${256 | 384 | 512}:${number}`;

/** What others may have signed with: a judge takes every salt, and who makes or takes in certificates here does not. */
export type ForeignSignatureName = SignatureName | SaltedPss;

const DIGESTS: Readonly<Record<string, { readonly name: DigestName; readonly size: number }>> = {
  [OID.sha1]: { name: 'sha1', size: 20 },
  [OID.sha224]: { name: 'sha224', size: 28 },
  [OID.sha256]: { name: 'sha256', size: 32 },
  [OID.sha384]: { name: 'sha384', size: 48 },
  [OID.sha512]: { name: 'sha512', size: 64 },
  [OID.sm3]: { name: 'sm3', size: 32 },
};

type Parameters = 'absent' | 'null' | 'null-or-absent';
const SIGNATURES: Readonly<
  Record<string, { readonly name: SignatureName; readonly parameters: Parameters }>
> = {
  [OID.ecdsaWithSha1]: { name: 'ES1', parameters: 'absent' },
  [OID.ecdsaWithSha256]: { name: 'ES256', parameters: 'absent' }, // RFC 5758 section 3.2
  [OID.ecdsaWithSha384]: { name: 'ES384', parameters: 'absent' },
  [OID.ecdsaWithSha512]: { name: 'ES512', parameters: 'absent' },
  [OID.ed25519]: { name: 'Ed25519', parameters: 'absent' }, // RFC 8410 section 3
  [OID.sha1WithRsa]: { name: 'RS1', parameters: 'null-or-absent' },
  [OID.sha256WithRsa]: { name: 'RS256', parameters: 'null-or-absent' }, // RFC 4055 section 5: both must be accepted
  [OID.sha384WithRsa]: { name: 'RS384', parameters: 'null-or-absent' },
  [OID.sha512WithRsa]: { name: 'RS512', parameters: 'null-or-absent' },
  [OID.sm2WithSm3]: { name: 'SM2SM3', parameters: 'null-or-absent' },
};

export function readAlgorithm(reader: DerReader): AlgorithmIdentifier {
  const { bytes, content } = reader.element(TAG.sequence);
  const inner = reader.over(content);
  const identifier = inner.oid();
  const parameters = inner.peek() === null ? null : inner.element().bytes;
  inner.end();
  return { oid: identifier, parameters, der: bytes };
}

function parametersFit(parameters: Uint8Array | null, rule: Parameters): boolean {
  if (parameters === null) return rule !== 'null';
  return rule !== 'absent' && sameBytes(parameters, nullValue());
}

/** Name and size in bytes of a digest algorithm; null where unknown or with foreign parameters (RFC 5754 section 2). */
export function digestOf(
  algorithm: AlgorithmIdentifier,
): { readonly name: DigestName; readonly size: number } | null {
  const digest = DIGESTS[algorithm.oid];
  return digest !== undefined && parametersFit(algorithm.parameters, 'null-or-absent') ? digest : null;
}

/** AlgorithmIdentifier of a digest, parameters absent (RFC 5754 section 2). */
export function encodeDigestAlgorithm(name: DigestName): Uint8Array {
  const found = Object.entries(DIGESTS).find(([, digest]) => digest.name === name);
  if (found === undefined) throw new FormatError('value-out-of-range', `No digest is named "${name}".`);
  return sequence(oid(found[0]));
}

const PSS_NAMES: Readonly<Partial<Record<DigestName, 'PS256' | 'PS384' | 'PS512'>>> = {
  sha256: 'PS256',
  sha384: 'PS384',
  sha512: 'PS512',
};

/** RFC 4055 section 3.1: where none is said. */
const DEFAULT_SALT = 20;
/** No key of 16,384 bits has room for more. */
const MAX_SALT = 2048;

/**
 * RSASSA-PSS with the same digest in both places and trailer 1 (RFC 4055 section 3.1), otherwise null; a salt that is not as
 * long as the digest stands in the name.
 */
function pssName(parameters: Uint8Array): ForeignSignatureName | null {
  return readDer(parameters, { maxBytes: 256, maxDepth: 6 }, 'der-malformed', (reader) =>
    reader.sequence((params) => {
      const hash = params.optional(0xa0, readAlgorithm);
      const mask = params.optional(0xa1, (mgf) =>
        mgf.sequence((inner) => ({ oid: inner.oid(), hash: readAlgorithm(inner) })),
      );
      const salt = params.optional(0xa2, (inner) => inner.smallInteger());
      const trailer = params.optional(0xa3, (inner) => inner.smallInteger());
      const digest = hash === null ? null : digestOf(hash);
      const maskDigest = mask?.oid === OID.mgf1 ? digestOf(mask.hash) : null;
      if (digest === null || maskDigest?.name !== digest.name) return null;
      if ((trailer !== null && trailer !== 1) || (salt ?? 0) > MAX_SALT) return null;
      const name = PSS_NAMES[digest.name] ?? null;
      const length = salt ?? DEFAULT_SALT;
      return name === null || length === digest.size ? name : (`${name}:${length}` as const);
    }),
  );
}

function unsalted(name: ForeignSignatureName | null): SignatureName | null {
  return name === null || name.includes(':') ? null : (name as SignatureName);
}

/** Name of a signature algorithm; null where unknown or where its parameters are not the ones used here. */
export function signatureNameOf(algorithm: AlgorithmIdentifier): SignatureName | null {
  return unsalted(foreignSignatureNameOf(algorithm));
}

/** Name of a signature algorithm, with whatever salt; null where unknown or where its parameters are not allowed. */
export function foreignSignatureNameOf(algorithm: AlgorithmIdentifier): ForeignSignatureName | null {
  if (algorithm.oid === OID.rsassaPss) {
    if (algorithm.parameters === null) return null;
    try {
      return pssName(algorithm.parameters);
    } catch (error) {
      if (error instanceof FormatError) return null;
      throw error;
    }
  }
  const known = SIGNATURES[algorithm.oid];
  return known !== undefined && parametersFit(algorithm.parameters, known.parameters) ? known.name : null;
}

/**
 * Name of the algorithm of a SignerInfo, whose signature field may name the bare key type (RFC 5754 sections 3.2 and 3.3:
 * rsaEncryption, and seen in the field id-ecPublicKey) with the digest beside it; null where unknown or contradictory.
 */
export function foreignSignerSignatureNameOf(
  signature: AlgorithmIdentifier,
  digest: AlgorithmIdentifier,
): ForeignSignatureName | null {
  const digestName = digestOf(digest)?.name;
  if (digestName === undefined) return null;
  const suffix = { sha1: '1', sha224: null, sha256: '256', sha384: '384', sha512: '512', sm3: null }[
    digestName
  ];
  const bare = { [OID.rsaEncryption]: 'RS', [OID.ecPublicKey]: 'ES' }[signature.oid];
  if (bare !== undefined) {
    if (bare === 'RS' && !parametersFit(signature.parameters, 'null-or-absent')) return null;
    const named = Object.values(SIGNATURES).find(({ name }) => name === `${bare}${suffix ?? ''}`);
    return suffix === null ? null : (named?.name ?? null);
  }
  // GB/T 35275 signers name the curve's algorithm and leave the digest to the field beside it.
  if ([OID.sm2Signature, OID.sm2Curve].some((named) => named === signature.oid))
    return digestName === 'sm3' && parametersFit(signature.parameters, 'null-or-absent') ? 'SM2SM3' : null;
  const name = foreignSignatureNameOf(signature);
  if (name === null || name === 'Ed25519') return name;
  if (name === 'SM2SM3') return digestName === 'sm3' ? name : null;
  return suffix !== null && name.slice(2, 5) === suffix ? name : null;
}

/** The same with the parameters used here only. */
export function signerSignatureNameOf(
  signature: AlgorithmIdentifier,
  digest: AlgorithmIdentifier,
): SignatureName | null {
  return unsalted(foreignSignerSignatureNameOf(signature, digest));
}

/** Signature algorithms that this system itself signs with. */
export type WrittenSignatureName = 'ES256' | 'ES384' | 'RS256' | 'PS256' | 'Ed25519' | 'SM2SM3';

const WRITTEN_OIDS: Readonly<Record<WrittenSignatureName, string>> = {
  ES256: OID.ecdsaWithSha256,
  ES384: OID.ecdsaWithSha384,
  RS256: OID.sha256WithRsa,
  PS256: OID.rsassaPss,
  Ed25519: OID.ed25519,
  SM2SM3: OID.sm2WithSm3,
};

/** RSASSA-PSS-params with SHA-256 in both places and a salt of its length (RFC 4055 section 3.1); trailer by DEFAULT. */
function encodePssParameters(): Uint8Array {
  const sha256 = sequence(oid(OID.sha256), nullValue());
  return sequence(
    explicit(0, sha256),
    explicit(1, sequence(oid(OID.mgf1), sha256)),
    explicit(2, integer(32)),
  );
}

const writtenAlgorithms = new Map<WrittenSignatureName, Uint8Array>();

/** AlgorithmIdentifier of a signature algorithm that this system itself signs with. */
export function encodeSignatureAlgorithm(name: WrittenSignatureName): Uint8Array {
  const known = writtenAlgorithms.get(name);
  if (known !== undefined) return known;
  const written = newSignatureAlgorithm(name);
  writtenAlgorithms.set(name, written);
  return written;
}

function newSignatureAlgorithm(name: WrittenSignatureName): Uint8Array {
  const identifier = oid(WRITTEN_OIDS[name]);
  // RFC 4055 section 5: NULL stands in the PKCS#1 v1.5 forms; RFC 5758, RFC 8410 and GB/T 20518 leave it out.
  if (name === 'RS256') return sequence(identifier, nullValue());
  return name === 'PS256' ? sequence(identifier, encodePssParameters()) : sequence(identifier);
}

export type KeyType = 'rsa' | 'rsa-pss' | 'p256' | 'p384' | 'p521' | 'sm2' | 'ed25519';

export interface SubjectPublicKeyInfo {
  readonly der: Uint8Array;
  readonly algorithm: AlgorithmIdentifier;
  /** Content of the BIT STRING: what key identifiers are digests of. */
  readonly publicKey: Uint8Array;
  /** Null where the key type or curve is unknown. */
  readonly keyType: KeyType | null;
}

const CURVES: Readonly<Record<string, KeyType>> = {
  [OID.p256]: 'p256',
  [OID.p384]: 'p384',
  [OID.p521]: 'p521',
  [OID.sm2Curve]: 'sm2',
};

function keyTypeOf({ oid: type, parameters }: AlgorithmIdentifier): KeyType | null {
  if (type === OID.rsaEncryption) return 'rsa';
  if (type === OID.rsassaPss) return 'rsa-pss';
  if (type === OID.ed25519) return 'ed25519';
  if (type !== OID.ecPublicKey || parameters?.[0] !== TAG.oid) return null;
  const curve = readDer(parameters, { maxBytes: 64, maxDepth: 0 }, 'der-malformed', (reader) => reader.oid());
  return CURVES[curve] ?? null;
}

export function readSubjectPublicKeyInfo(reader: DerReader): SubjectPublicKeyInfo {
  const { bytes, content } = reader.element(TAG.sequence);
  const inner = reader.over(content);
  const algorithm = readAlgorithm(inner);
  const publicKey = inner.bitStringOctets();
  inner.end();
  return { der: bytes, algorithm, publicKey, keyType: keyTypeOf(algorithm) };
}

/** Reads a SubjectPublicKeyInfo that stands alone. @throws FormatError `der-malformed` and the reader's other codes. */
export function parseSubjectPublicKeyInfo(der: Uint8Array): SubjectPublicKeyInfo {
  return readDer(der, { maxBytes: 8192, maxDepth: 8 }, 'der-malformed', readSubjectPublicKeyInfo);
}
