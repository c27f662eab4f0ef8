// Gathering about a seal and about one use of it: parts, signature values, lists, digests, tokens, status. Never judges.
import { sameBytes } from '../formats/bytes.ts';
import { SealFormatError } from '../formats/eseal/parts.ts';
import type { SealPart } from '../formats/eseal/parts.ts';
import { parseSeal } from '../formats/eseal/seal.ts';
import type { Seal } from '../formats/eseal/seal.ts';
import type { CertificateDigest } from '../formats/eseal/seal-information.ts';
import { parseSealSignature } from '../formats/eseal/signature.ts';
import type { SealSignature } from '../formats/eseal/signature.ts';
import { FormatError } from '../formats/errors.ts';
import { OID } from '../formats/x509/oid.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { CertificateGraph } from './certificate-graph.ts';
import type { VerificationDependencies } from './dependencies.ts';
import { digestOfContent } from './detached-content.ts';
import { gatherEvidence } from './evidence.ts';
import type { GatheredEvidence } from './evidence.ts';
import { readSignedData } from './facts-cms.ts';
import type { Agreement } from './facts-cms.ts';
import { acceptedIdentifier, digestBeside, gatherSealValue } from './facts-seal-value.ts';
import type { SealValueFacts } from './facts-seal-value.ts';
import { gatherTimestamp } from './facts-timestamp.ts';
import type { TimestampFacts } from './facts-timestamp.ts';
import type { SealStatus } from './seal-status.ts';
import type { DigestAlgorithm, SignatureVerifier } from './signature-verifier.ts';
import { anchorsOf } from './anchors.ts';

/** Why the bytes are not what they were taken for, and which part of them. */
export interface SealProblem {
  readonly part: SealPart;
  readonly message: string;
}

export interface SealFacts {
  readonly seal: Seal;
  readonly maker: SealValueFacts;
  /** Over the maker's signature value; version 5 alone. */
  readonly timestamp: TimestampFacts | null;
  /** `not-asked`: there is no source; null: it did not answer. */
  readonly status: SealStatus | 'not-asked' | null;
}

/** Whether the signer's certificate stands in the seal's list; `renewed`: only an older one of the same name does. */
export type Listing = 'listed' | 'renewed' | 'not-listed' | 'unknown-digest';

export interface SealSignatureFacts {
  readonly signature: SealSignature;
  readonly seal: SealFacts;
  readonly signer: SealValueFacts;
  readonly listing: Listing;
  /** That `dataHash` must be of; null where the signature algorithm is not accepted. */
  readonly digestAlgorithm: DigestAlgorithm | null;
  /** Whether `dataHash` is the digest of the content given; `unchecked` where none was. */
  readonly content: Agreement;
  /** Over the signature value. */
  readonly timestamp: TimestampFacts | null;
  /** The token that version 1 may have in place of a time; its imprint agrees where it is of the same original. */
  readonly timeToken: TimestampFacts | null;
}

export interface GatheredSeal<T> extends GatheredEvidence {
  readonly facts: T;
}

/** Reads, or tells why not. */
function reading<T>(read: () => T): T | SealProblem {
  try {
    return read();
  } catch (error) {
    if (error instanceof SealFormatError) return { part: error.part, message: error.message };
    if (error instanceof FormatError) return { part: 'structure', message: error.message };
    throw error;
  }
}

function carriedIn(token: Uint8Array | null): readonly Uint8Array[] {
  return token === null ? [] : (readSignedData(token).signedData?.certificates ?? []);
}

function evidenceFor(
  carried: readonly Uint8Array[],
  dependencies: VerificationDependencies,
): Promise<GatheredEvidence> {
  return gatherEvidence({
    verifier: dependencies.verifier,
    anchors: anchorsOf(dependencies),
    certificates: [...carried, ...(dependencies.certificates ?? [])],
    crls: dependencies.crls ?? [],
    ocsps: dependencies.ocsps ?? [],
    source: dependencies.evidence ?? null,
  });
}

function timestampOver(
  token: Uint8Array | null,
  value: Uint8Array,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<TimestampFacts> | null {
  return token === null
    ? null
    : gatherTimestamp(token, async (algorithm) => verifier.digest(algorithm, value), graph, verifier);
}

async function sealFacts(
  seal: Seal,
  graph: CertificateGraph,
  { verifier, sealStatus }: Pick<VerificationDependencies, 'verifier' | 'sealStatus'>,
): Promise<SealFacts> {
  const { makerCertificate, signature, information } = seal;
  const maker = await gatherSealValue(
    {
      version: seal.version,
      certificate: makerCertificate,
      identifier: seal.signatureAlgorithm,
      signed: seal.signed,
      value: signature,
    },
    graph,
    verifier,
  );
  return {
    seal,
    maker,
    timestamp: await timestampOver(seal.timestamp, signature, graph, verifier),
    status:
      sealStatus === undefined
        ? 'not-asked'
        : await sealStatus.sealStatus({
            sealId: information.id,
            makerCertificate,
            signature,
            seal: seal.der,
          }),
  };
}

/** Reads a seal and everything around it. */
export async function gatherSeal(
  bytes: Uint8Array,
  dependencies: VerificationDependencies,
): Promise<GatheredSeal<SealFacts> | SealProblem> {
  const seal = reading(() => parseSeal(bytes));
  if ('part' in seal) return seal;
  const evidence = await evidenceFor([seal.makerCertificate, ...carriedIn(seal.timestamp)], dependencies);
  return { ...evidence, facts: await sealFacts(seal, evidence.graph, dependencies) };
}

/** GB/T 38540 leaves the text free: an identifier or a name. */
function digestNamed({ type }: CertificateDigest): DigestAlgorithm | null {
  const text = type.toLowerCase().replace(/[^a-z0-9.]/g, '');
  if (text === 'sm3' || text === OID.sm3) return 'sm3';
  return text === 'sha256' || text === OID.sha256 ? 'sha256' : null;
}

function subjectOf(der: Uint8Array): Uint8Array | null {
  try {
    return parseCertificate(der).subject.der;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

async function listingOf(signature: SealSignature, verifier: SignatureVerifier): Promise<Listing> {
  const { signers } = signature.seal.information.property;
  const own = signature.signerCertificate;
  if (signers.kind === 'certificates') {
    if (signers.certificates.some((listed) => sameBytes(listed, own))) return 'listed';
    const subject = subjectOf(own);
    const older = signers.certificates.map(subjectOf);
    return subject !== null && older.some((name) => name !== null && sameBytes(name, subject))
      ? 'renewed'
      : 'not-listed';
  }
  let unknown = false;
  for (const digest of signers.digests) {
    const algorithm = digestNamed(digest);
    if (algorithm === null) unknown = true;
    else if (sameBytes(await verifier.digest(algorithm, own), digest.value)) return 'listed';
  }
  return unknown ? 'unknown-digest' : 'not-listed';
}

/** Answers the digest of the original that a use is said to be over; null where there is none. */
export type OriginalDigest = (algorithm: DigestAlgorithm) => Promise<Uint8Array | null>;

async function contentAgreement(
  dataHash: Uint8Array,
  algorithm: DigestAlgorithm | null,
  original: OriginalDigest,
): Promise<Agreement> {
  // No original has this digest: it was left blank.
  if (dataHash.every((octet) => octet === 0)) return 'absent';
  const digest = algorithm === null ? null : await original(algorithm);
  if (digest === null) return 'unchecked';
  return sameBytes(digest, dataHash) ? 'agrees' : 'differs';
}

/** Reads the use of a seal, or tells why not. */
export function readSealUse(bytes: Uint8Array): SealSignature | SealProblem {
  return reading(() => parseSealSignature(bytes));
}

/** Certificates that a use of a seal carries: its signer's, the maker's, those of its time-stamps. */
export function certificatesInUse(use: SealSignature): readonly Uint8Array[] {
  return [use.signerCertificate, use.seal.makerCertificate, ...tokensOf(use).flatMap(carriedIn)];
}

function timeTokenOf({ signingTime }: SealSignature): Uint8Array | null {
  return signingTime.kind === 'token' ? signingTime.token : null;
}

function tokensOf(use: SealSignature): readonly (Uint8Array | null)[] {
  return [use.timestamp, use.seal.timestamp, timeTokenOf(use)];
}

/** The digest that `dataHash` must be of, by the algorithm that is named; null where that is none of seals. */
export function digestOfUse({ version, signatureAlgorithm }: SealSignature): DigestAlgorithm | null {
  const accepted = acceptedIdentifier(version, signatureAlgorithm);
  return accepted === null ? null : digestBeside(accepted);
}

/** Facts about one use, among certificates that were gathered before. */
export async function sealUseFacts(
  signature: SealSignature,
  graph: CertificateGraph,
  sources: Pick<VerificationDependencies, 'verifier' | 'sealStatus'>,
  original: OriginalDigest,
): Promise<SealSignatureFacts> {
  const { verifier } = sources;
  const signer = await gatherSealValue(
    {
      version: signature.version,
      certificate: signature.signerCertificate,
      identifier: signature.signatureAlgorithm,
      signed: signature.signed,
      value: signature.signature,
    },
    graph,
    verifier,
  );
  const digestAlgorithm = signer.accepted === null ? null : digestBeside(signer.accepted);
  const timeToken = timeTokenOf(signature);
  return {
    signature,
    seal: await sealFacts(signature.seal, graph, sources),
    signer,
    listing: await listingOf(signature, verifier),
    digestAlgorithm,
    content: await contentAgreement(signature.dataHash, digestAlgorithm, original),
    timestamp: await timestampOver(signature.timestamp, signature.signature, graph, verifier),
    timeToken:
      timeToken === null
        ? null
        : await gatherTimestamp(
            timeToken,
            // A token inside the signed part cannot be over the signature: it is over the original.
            (algorithm) => Promise.resolve(algorithm === digestAlgorithm ? signature.dataHash : null),
            graph,
            verifier,
          ),
  };
}

/** Reads the use of a seal and everything around it. */
export async function gatherSealSignature(
  bytes: Uint8Array,
  dependencies: VerificationDependencies,
): Promise<GatheredSeal<SealSignatureFacts> | SealProblem> {
  const signature = readSealUse(bytes);
  if ('part' in signature) return signature;
  const evidence = await evidenceFor(certificatesInUse(signature), dependencies);
  const { content, startDigest } = dependencies;
  return {
    ...evidence,
    facts: await sealUseFacts(signature, evidence.graph, dependencies, (algorithm) =>
      digestOfContent(content ?? null, algorithm, startDigest),
    ),
  };
}
