// The index inside an archive time-stamp of CAdES: what it covers, each by hash (ETSI EN 319 122-1 clause 5.5.2).
import { FormatError } from '../errors.ts';
import { encodeDigestAlgorithm, readAlgorithm } from '../x509/algorithm.ts';
import type { AlgorithmIdentifier, DigestName } from '../x509/algorithm.ts';
import { TAG, readDer } from '../x509/der.ts';
import type { DerReader } from '../x509/der.ts';
import { octetString, oid, sequence } from '../x509/der-writer.ts';
import { OID } from '../x509/oid.ts';
import { encodeAttribute } from './attributes.ts';
import type { CmsAttribute } from './attributes.ts';

export interface AtsHashIndex {
  /**
   * 3 = each attribute value by its own hash, after its type's identifier (EN 319 122-1); 1 = each whole attribute by one
   * (ETSI TS 101 733).
   */
  readonly version: 1 | 3;
  /** The value as it stands: the time-stamp is over it. */
  readonly der: Uint8Array;
  /** Null where left out, which version 1 may and then means SHA-256. */
  readonly algorithm: AlgorithmIdentifier | null;
  readonly certificates: readonly Uint8Array[];
  readonly revocation: readonly Uint8Array[];
  readonly unsignedAttributes: readonly Uint8Array[];
}

const LIMITS = { maxBytes: 1 << 20, maxDepth: 6 } as const;
const CODE = 'cms-malformed';
const MAX_HASHES = 4096;

function readHashes(reader: DerReader): readonly Uint8Array[] {
  const hashes = reader.sequence((list) => list.every((each) => each.octetString()));
  if (hashes.length > MAX_HASHES) throw reader.refusal('An ats-hash-index holds too many hashes.');
  return hashes;
}

function readIndex(der: Uint8Array, version: 1 | 3): AtsHashIndex {
  return readDer(der, LIMITS, CODE, (top) =>
    top.sequence((fields) => {
      // Both begin with a SEQUENCE; only that of an algorithm begins with an identifier.
      const first = fields.element(TAG.sequence);
      const named = first.content[0] === TAG.oid;
      if (!named && version === 3) throw fields.refusal('An ats-hash-index-v3 names no algorithm.');
      return {
        version,
        der,
        algorithm: named ? readAlgorithm(fields.over(first.bytes)) : null,
        certificates: readHashes(named ? fields : fields.over(first.bytes)),
        revocation: readHashes(fields),
        unsignedAttributes: readHashes(fields),
      };
    }),
  );
}

/**
 * The index of an archive time-stamp token, from the unsigned attributes of the token's own signer.
 * @returns null where there is none of a version that is read here
 * @throws FormatError `cms-malformed` also for two of them, `der-…`, `trailing-bytes`.
 */
export function atsHashIndexOf(unsignedAttributes: readonly CmsAttribute[]): AtsHashIndex | null {
  const found = unsignedAttributes.flatMap(({ type, values }) => {
    if (type !== OID.atsHashIndexV3 && type !== OID.atsHashIndex) return [];
    return values.map((value) => ({ value, version: type === OID.atsHashIndex ? 1 : 3 }) as const);
  });
  const [only, ...more] = found;
  if (only === undefined) return null;
  if (more.length > 0) throw new FormatError(CODE, 'A token holds more than one ats-hash-index.');
  return readIndex(only.value, only.version);
}

/** The value of ats-hash-index-v3. */
export function encodeAtsHashIndexV3(index: {
  readonly algorithm: DigestName;
  readonly certificates: readonly Uint8Array[];
  readonly revocation: readonly Uint8Array[];
  readonly unsignedAttributes: readonly Uint8Array[];
}): Uint8Array {
  const list = (hashes: readonly Uint8Array[]): Uint8Array => sequence(...hashes.map(octetString));
  return sequence(
    encodeDigestAlgorithm(index.algorithm),
    list(index.certificates),
    list(index.revocation),
    list(index.unsignedAttributes),
  );
}

/** What version 3 hashes of one value of an unsigned attribute: the type's identifier and the value, as they stand. */
export function indexedAttributeValue(type: string, value: Uint8Array): readonly Uint8Array[] {
  return [oid(type), value];
}

/** archive-time-stamp-v3 with one token, for `unsignedAttributes` of `encodeSignedData`. */
export function encodeArchiveTimeStamp(token: Uint8Array): Uint8Array {
  return encodeAttribute(OID.archiveTimeStampV3, [token]);
}
