// Gathering about a CMS signature that stands by itself, beside its content or around it. Never judges.
import { sameBytes, toBase64, toHex } from '../formats/bytes.ts';
import type { SignedData, SignerInfo } from '../formats/cms/signed-data.ts';
import type { CertificateGraph } from './certificate-graph.ts';
import { digestOfContent } from './detached-content.ts';
import type { DetachedContent } from './detached-content.ts';
import { FormatError } from '../formats/errors.ts';
import { derLength } from '../formats/x509/der.ts';
import { OID } from '../formats/x509/oid.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { unsignedValues } from './archived-parts.ts';
import type { Carrier } from './archived-parts.ts';
import { gatherEvidence } from './evidence.ts';
import type { EvidenceInput } from './evidence.ts';
import { gatherArchiveStamps } from './facts-archive.ts';
import type { ArchiveStampFacts } from './facts-archive.ts';
import { gatherCms, readSignedData, signatureValueOf } from './facts-cms.ts';
import type { CmsFacts } from './facts-cms.ts';
import { gatherTimestamp } from './facts-timestamp.ts';
import type { TimestampFacts } from './facts-timestamp.ts';
import { certificatesInOcsp } from './revocation.ts';
import type { RevocationEvidence } from './revocation.ts';
import type { DigestAlgorithm, SignatureVerifier, StartDigest } from './signature-verifier.ts';
import { isRefusedKey, verifiableAlgorithm } from './signature-work.ts';

/** A signature-time-stamp, and which value of the signer's unsigned attributes it is, counted through. */
export interface PlacedTimestamp extends TimestampFacts {
  readonly at: number;
}

/** One signer of a CMS file. */
export interface CmsSignerFacts {
  readonly id: string;
  readonly cms: CmsFacts;
  readonly timestamps: readonly PlacedTimestamp[];
  readonly archive: readonly ArchiveStampFacts[];
}

export interface CmsFileFacts {
  /** Why the bytes are no SignedData; null when they are. */
  readonly problem: string | null;
  /** Where the signed content is: `inside`, `beside` (given by the caller), `both`, or nowhere to be had. */
  readonly content: 'inside' | 'beside' | 'both' | 'missing';
  /** With `both`: whether they are the same bytes. */
  readonly contentsAgree: boolean;
  readonly signers: readonly CmsSignerFacts[];
  readonly graph: CertificateGraph;
  readonly evidence: RevocationEvidence;
  /** Lower-case hex SHA-256 of each certificate, list and answer in the file: whether it proves its certificates without help. */
  readonly carried: ReadonlySet<string>;
}

export interface CmsFileSources extends EvidenceInput {
  readonly startDigest: StartDigest;
  /** The content of a detached signature; null where none was given. */
  readonly content: DetachedContent | null;
}

/** A signature without signed attributes is over the content itself, which must then be in memory. */
const maxDirectContent = 64 * 1024 * 1024;
const maxTokens = 10;

/** Each digest of the content is computed once, whoever asks. */
function contentDigests(
  inside: Uint8Array | null,
  { verifier, startDigest, content }: CmsFileSources,
): (algorithm: DigestAlgorithm) => Promise<Uint8Array | null> {
  const known = new Map<DigestAlgorithm, Promise<Uint8Array | null>>();
  return (algorithm) => {
    const found = known.get(algorithm);
    if (found !== undefined) return found;
    // What is inside is what was signed; that it belongs to what was given is a question of its own.
    const made =
      inside === null
        ? digestOfContent(content, algorithm, startDigest)
        : Promise.resolve(verifier.digest(algorithm, inside));
    known.set(algorithm, made);
    return made;
  };
}

async function readWhole(source: ByteSource): Promise<Uint8Array | null> {
  return source.size > maxDirectContent ? null : source.read(0, source.size);
}

/** RFC 5652 section 5.4: without signed attributes the signature is over the content octets. */
async function directSignature(
  signer: SignerInfo,
  facts: CmsFacts,
  inside: Uint8Array | null,
  { verifier, content }: CmsFileSources,
): Promise<CmsFacts> {
  const algorithm = verifiableAlgorithm(facts.signatureAlgorithm);
  const source = content?.kind === 'bytes' ? content.source : null;
  if (signer.signedAttributes !== null || algorithm === null || facts.certificate === null) return facts;
  const message = inside ?? (source === null ? null : await readWhole(source));
  if (message === null) return facts;
  const value = signatureValueOf(signer, algorithm);
  if (isRefusedKey(facts.certificate.certificate.subjectPublicKeyInfo)) return facts;
  for (const certificate of facts.candidates) {
    const key = certificate.certificate.subjectPublicKeyInfo.der;
    if (await verifier.verify(algorithm, key, message, value))
      return { ...facts, certificate, signature: 'valid' };
  }
  return { ...facts, signature: 'invalid' };
}

async function gatherSigner(
  at: number,
  signer: SignerInfo,
  { signedData, isDer }: { readonly signedData: SignedData; readonly isDer: boolean },
  digest: (algorithm: DigestAlgorithm) => Promise<Uint8Array | null>,
  graph: CertificateGraph,
  sources: CmsFileSources,
): Promise<CmsSignerFacts> {
  const { verifier } = sources;
  const content = { contentType: signedData.eContentType, digest };
  const own: SignedData = { ...signedData, signerInfos: [signer] };
  const cms = await gatherCms({ signedData: own, problem: null, isDer }, content, graph, verifier);
  const timestamps: PlacedTimestamp[] = [];
  const stamped = async (algorithm: DigestAlgorithm): Promise<Uint8Array> =>
    verifier.digest(algorithm, signer.signature);
  for (const [place, { type, value }] of valuesOf(signer).entries()) {
    if (type !== OID.signatureTimeStamp || timestamps.length >= maxTokens) continue;
    const token = await gatherTimestamp(value, stamped, graph, verifier, signedData.certificates);
    timestamps.push({ ...token, at: place });
  }
  return {
    id: `#${at + 1}`,
    cms: await directSignature(signer, cms, signedData.eContent, sources),
    timestamps,
    archive: await gatherArchiveStamps(signer, signedData, digest, graph, verifier),
  };
}

/** Every value of the unsigned attributes, in order. */
function valuesOf({
  unsignedAttributes,
}: SignerInfo): readonly { readonly type: string; readonly value: Uint8Array }[] {
  return unsignedAttributes.flatMap(({ type, values }) => values.map((value) => ({ type, value })));
}

/** The signature itself and what its unsigned attributes hold: each may carry certificates and their status. */
function carriers(signedData: SignedData | null): readonly Carrier[] {
  if (signedData === null) return [];
  return [
    signedData,
    ...signedData.signerInfos.flatMap((signer) => unsignedValues(signer).flatMap(({ carried }) => carried)),
  ];
}

/** The digest itself, or its base64 text, which some readers put there. */
function isDigest(inside: Uint8Array, digest: Uint8Array | null): boolean {
  if (digest === null) return false;
  return sameBytes(inside, digest) || sameBytes(inside, new TextEncoder().encode(toBase64(digest)));
}

/** Whether the content inside is the one given; true where there are not two. */
async function contentsAgree(signedData: SignedData | null, sources: CmsFileSources): Promise<boolean> {
  const { content, verifier, startDigest } = sources;
  const inside = signedData?.eContent ?? null;
  if (inside === null || content === null) return true;
  // GB/T 35275 as used for documents holds the SM3 of the original in its place. Elsewhere that would let thirty-two bytes
  // signed for another reason, such as a login's challenge, pass for a signature on a document.
  if (signedData?.syntax === 'gm' && isDigest(inside, await digestOfContent(content, 'sm3', startDigest)))
    return true;
  const algorithm = content.kind === 'digest' ? content.algorithm : 'sha256';
  const given = await digestOfContent(content, algorithm, startDigest);
  return given !== null && sameBytes(given, await verifier.digest(algorithm, inside));
}

/** A signature cut out of a PDF is followed by the zeros that filled its place: they say nothing. */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  try {
    const whole = bytes.subarray(0, derLength(bytes));
    return bytes.subarray(whole.length).every((octet) => octet === 0) ? whole : bytes;
  } catch (error) {
    // Refused with its reason where it is read.
    if (error instanceof FormatError) return bytes;
    throw error;
  }
}

/** Certificates and status data that are named, in all: those of the signature itself first. */
const maxCarried = 4096;

async function namesOf(
  ders: readonly Uint8Array[],
  verifier: SignatureVerifier,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const der of ders.slice(0, maxCarried)) names.add(toHex(await verifier.digest('sha256', der)));
  return names;
}

/** Gathers everything there is to know about a CMS file. Never throws for its bytes. */
export async function gatherCmsFile(der: Uint8Array, sources: CmsFileSources): Promise<CmsFileFacts> {
  const { signedData, problem, isDer } = readSignedData(withoutPadding(der));
  const carrying = carriers(signedData);
  const carried = {
    certificates: carrying.flatMap(({ certificates }) => certificates),
    crls: carrying.flatMap(({ crls }) => crls),
    ocsps: carrying.flatMap(({ ocspResponses }) => ocspResponses),
  };
  const { graph, revocation } = await gatherEvidence({
    ...sources,
    certificates: [...carried.certificates, ...sources.certificates],
    crls: [...sources.crls, ...carried.crls],
    ocsps: [...sources.ocsps, ...carried.ocsps],
  });
  const inside = signedData?.eContent ?? null;
  const digest = contentDigests(inside, sources);
  const signers: CmsSignerFacts[] = [];
  if (signedData !== null) {
    // RFC 5652 lets the certificates come from elsewhere.
    const all = { ...signedData, certificates: [...carried.certificates, ...sources.certificates] };
    for (const [at, signer] of signedData.signerInfos.entries())
      signers.push(await gatherSigner(at, signer, { signedData: all, isDer }, digest, graph, sources));
  }
  const given = sources.content !== null;
  return {
    problem,
    content: inside === null ? (given ? 'beside' : 'missing') : given ? 'both' : 'inside',
    contentsAgree: await contentsAgree(signedData, sources),
    signers,
    graph,
    evidence: revocation,
    carried: await namesOf(
      [...carried.certificates, ...certificatesInOcsp(carried.ocsps), ...carried.crls, ...carried.ocsps],
      sources.verifier,
    ),
  };
}
