// Gathering about archive time-stamps of CAdES: what each index names, held against what is there (EN 319 122-1 5.5). Never judges.
import { joinBytes, toHex } from '../formats/bytes.ts';
import { atsHashIndexOf, indexedAttributeValue } from '../formats/cms/ats-hash-index.ts';
import type { AtsHashIndex } from '../formats/cms/ats-hash-index.ts';
import type { SignedData, SignerInfo } from '../formats/cms/signed-data.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf } from '../formats/x509/algorithm.ts';
import { oid } from '../formats/x509/der-writer.ts';
import { OID } from '../formats/x509/oid.ts';
import { archivedParts } from './archived-parts.ts';
import type { ArchivedPart } from './archived-parts.ts';
import type { CertificateGraph } from './certificate-graph.ts';
import { acceptedDigest, readSignedData } from './facts-cms.ts';
import { gatherTimestamp, tstInfoOf } from './facts-timestamp.ts';
import type { TimestampFacts } from './facts-timestamp.ts';
import type { DigestAlgorithm, SignatureVerifier } from './signature-verifier.ts';

/**
 * `unmatched`: it names something that is not there. `other-algorithm`: not that of the time-stamp, or none that may be used.
 * `content-unknown`: the signed content, or its digest by that algorithm, is not at hand. `too-much`: more than is looked into.
 */
export type IndexState =
  'agrees' | 'unmatched' | 'absent' | 'malformed' | 'other-algorithm' | 'content-unknown' | 'too-much';

export interface ArchiveStampFacts {
  /** Which value of the signer's unsigned attributes it is, counted through. */
  readonly at: number;
  readonly token: TimestampFacts;
  readonly index: IndexState;
  /** Values of unsigned attributes that it covers, by their place. */
  readonly attributes: ReadonlySet<number>;
  /** What it covers, wherever it stands: lower-case hex SHA-256 of each certificate, list and OCSP response. */
  readonly evidence: ReadonlySet<string>;
  /** How many members of each kind stand in the signature and are not covered. */
  readonly uncovered: {
    readonly certificates: number;
    readonly revocation: number;
    readonly attributes: number;
  };
}

/** One is added every few years. */
const maxStamps = 24;
/** Members of a signature that are hashed for its archive time-stamps. */
const maxParts = 4096;

type Digest = (algorithm: DigestAlgorithm) => Promise<Uint8Array | null>;

const nothing: Pick<ArchiveStampFacts, 'attributes' | 'evidence' | 'uncovered'> = {
  attributes: new Set(),
  evidence: new Set(),
  uncovered: { certificates: 0, revocation: 0, attributes: 0 },
};

/** Takes one of the hashes that are equal away; whether there was one. */
function take(left: Map<string, number>, hash: string): boolean {
  const count = left.get(hash) ?? 0;
  if (count === 0) return false;
  left.set(hash, count - 1);
  return true;
}

/** Hashes of the members by the index's algorithm, each computed once whichever time-stamp asks. */
class PartHashes {
  readonly #parts: readonly ArchivedPart[];
  readonly #verifier: SignatureVerifier;
  readonly #known = new Map<string, Promise<readonly string[]>>();

  constructor(parts: readonly ArchivedPart[], verifier: SignatureVerifier) {
    this.#parts = parts;
    this.#verifier = verifier;
  }

  by(algorithm: DigestAlgorithm, version: AtsHashIndex['version']): Promise<readonly string[]> {
    const key = `${algorithm} ${version}`;
    const found = this.#known.get(key) ?? this.#make(algorithm, version);
    this.#known.set(key, found);
    return found;
  }

  async #make(algorithm: DigestAlgorithm, version: AtsHashIndex['version']): Promise<readonly string[]> {
    const hashes: string[] = [];
    for (const { kind, type, bytes, attribute } of this.#parts) {
      const over =
        kind !== 'attributes'
          ? bytes
          : version === 3
            ? joinBytes([...indexedAttributeValue(type, bytes)])
            : attribute;
      hashes.push(toHex(await this.#verifier.digest(algorithm, over)));
    }
    return hashes;
  }
}

/**
 * Every hash of the index must be that of a member of its own: one that is there once answers for one hash only. What the
 * index does not name came later and is not covered.
 */
function hold(
  index: AtsHashIndex,
  hashes: readonly string[],
  parts: readonly ArchivedPart[],
  own: number,
): Pick<ArchiveStampFacts, 'index' | 'attributes' | 'evidence' | 'uncovered'> {
  const lists = { certificates: index.certificates, revocation: index.revocation };
  const left = new Map<string, Map<string, number>>();
  for (const [kind, list] of Object.entries({ ...lists, attributes: index.unsignedAttributes })) {
    const counted = new Map<string, number>();
    for (const hash of list) counted.set(toHex(hash), (counted.get(toHex(hash)) ?? 0) + 1);
    left.set(kind, counted);
  }
  const attributes = new Set<number>();
  const evidence = new Set<string>();
  const uncovered = { certificates: 0, revocation: 0, attributes: 0 };
  const wholes = new Map<Uint8Array, boolean>();
  for (const [at, part] of parts.entries()) {
    const counted = left.get(part.kind) ?? new Map<string, number>();
    const hash = hashes[at] ?? '';
    // Version 1 names a whole attribute once, however many values it has.
    const covered =
      part.kind === 'attributes' && index.version === 1
        ? (wholes.get(part.attribute) ?? take(counted, hash))
        : take(counted, hash);
    wholes.set(part.attribute, covered);
    if (!covered) {
      if (part.kind !== 'attributes' || part.place !== own) uncovered[part.kind] += 1;
      continue;
    }
    if (part.kind === 'attributes') attributes.add(part.place);
    for (const digest of part.carries) evidence.add(digest);
  }
  const agrees = [...left.values()].every((counted) => [...counted.values()].every((count) => count === 0));
  return agrees
    ? { index: 'agrees', attributes, evidence, uncovered }
    : { index: 'unmatched', ...nothing, uncovered };
}

interface Archived {
  readonly signer: SignerInfo;
  readonly signedData: SignedData;
  readonly parts: readonly ArchivedPart[];
  readonly hashes: PartHashes;
  /** Digest of the content that the signature is over. */
  readonly content: Digest;
  readonly graph: CertificateGraph;
  readonly verifier: SignatureVerifier;
}

function readIndexOf(token: SignedData | null): AtsHashIndex | 'absent' | 'malformed' {
  const [signer] = token?.signerInfos ?? [];
  try {
    return atsHashIndexOf(signer?.unsignedAttributes ?? []) ?? 'absent';
  } catch (error) {
    if (error instanceof FormatError) return 'malformed';
    throw error;
  }
}

/** Clause 5.5.2: the index is by the algorithm of the time-stamp's own imprint; null where it is not, or none that may be used. */
function algorithmOf(index: AtsHashIndex, token: SignedData | null): DigestAlgorithm | null {
  const info = tstInfoOf({ signedData: token });
  const stamped = info === null ? null : acceptedDigest(digestOf(info.messageImprint.algorithm)?.name);
  const indexed = index.algorithm === null ? 'sha256' : acceptedDigest(digestOf(index.algorithm)?.name);
  return stamped !== null && stamped === indexed ? stamped : null;
}

async function gatherStamp(
  part: Extract<ArchivedPart, { kind: 'attributes' }>,
  archived: Archived,
): Promise<ArchiveStampFacts> {
  const { signer, signedData, parts, hashes, content, graph, verifier } = archived;
  const read = readSignedData(part.bytes).signedData;
  const index = readIndexOf(read);
  const beside = signedData.certificates;
  const told = async (state: IndexState): Promise<ArchiveStampFacts> => ({
    at: part.place,
    token: await gatherTimestamp(part.bytes, () => Promise.resolve(null), graph, verifier, beside),
    index: state,
    ...nothing,
  });
  if (typeof index === 'string') return told(index);
  const algorithm = algorithmOf(index, read);
  if (algorithm === null) return told('other-algorithm');
  if (parts.length > maxParts) return told('too-much');
  const digest = await content(algorithm);
  if (digest === null) return told('content-unknown');
  // Clause 5.5.3, in its order.
  const over = joinBytes([oid(signedData.eContentType), digest, signer.signedFields, index.der]);
  const stamped = async (by: DigestAlgorithm): Promise<Uint8Array> => verifier.digest(by, over);
  return {
    at: part.place,
    token: await gatherTimestamp(part.bytes, stamped, graph, verifier, beside),
    ...hold(index, await hashes.by(algorithm, index.version), parts, part.place),
  };
}

/**
 * Every archive-time-stamp-v3 of one signer.
 * @param content digest of the signed content by an algorithm; null where it is not known
 */
export async function gatherArchiveStamps(
  signer: SignerInfo,
  signedData: SignedData,
  content: Digest,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<readonly ArchiveStampFacts[]> {
  if (!signer.unsignedAttributes.some(({ type }) => type === OID.archiveTimeStampV3)) return [];
  const parts = await archivedParts(signer, signedData, verifier, maxParts);
  const hashes = new PartHashes(parts, verifier);
  const stamps: ArchiveStampFacts[] = [];
  for (const part of parts) {
    if (part.kind !== 'attributes' || part.type !== OID.archiveTimeStampV3) continue;
    if (stamps.length >= maxStamps) break;
    stamps.push(await gatherStamp(part, { signer, signedData, parts, hashes, content, graph, verifier }));
  }
  return stamps;
}
