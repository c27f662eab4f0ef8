// Gathering about a CMS signature that stands by itself, beside its content or around it. Never judges.
import { sameBytes, toBase64 } from '../formats/bytes.ts';
import { signatureTimeStampsOf } from '../formats/cms/attributes.ts';
import type { SignedData, SignerInfo } from '../formats/cms/signed-data.ts';
import { digestOfContent } from './detached-content.ts';
import type { DetachedContent } from './detached-content.ts';
import { FormatError } from '../formats/errors.ts';
import { berToDer } from '../formats/x509/ber.ts';
import type { ByteSource } from '../formats/pdf/source.ts';
import { gatherEvidence } from './evidence.ts';
import type { EvidenceInput, GatheredEvidence } from './evidence.ts';
import { gatherCms, readSignedData, signatureValueOf } from './facts-cms.ts';
import type { CmsFacts } from './facts-cms.ts';
import { gatherTimestamp } from './facts-timestamp.ts';
import type { TimestampFacts } from './facts-timestamp.ts';
import { gatherRevocation } from './revocation.ts';
import type { RevocationEvidence } from './revocation.ts';
import type { DigestAlgorithm, StartDigest } from './signature-verifier.ts';
import { verifiableAlgorithm } from './signature-work.ts';

/** One signer of a CMS file. */
export interface CmsSignerFacts {
  readonly id: string;
  readonly cms: CmsFacts;
  readonly timestamps: readonly TimestampFacts[];
}

export interface CmsFileFacts {
  /** Why the bytes are no SignedData; null when they are. */
  readonly problem: string | null;
  /** Where the signed content is: `inside`, `beside` (given by the caller), `both`, or nowhere to be had. */
  readonly content: 'inside' | 'beside' | 'both' | 'missing';
  /** With `both`: whether they are the same bytes. */
  readonly contentsAgree: boolean;
  readonly signers: readonly CmsSignerFacts[];
  readonly graph: GatheredEvidence['graph'];
  readonly evidence: RevocationEvidence;
  /** What of the evidence the file itself carries: whether it proves its certificates without help. */
  readonly carriedEvidence: RevocationEvidence;
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
  signedData: SignedData,
  digest: (algorithm: DigestAlgorithm) => Promise<Uint8Array | null>,
  graph: GatheredEvidence['graph'],
  sources: CmsFileSources,
): Promise<CmsSignerFacts> {
  const { verifier } = sources;
  const own: SignedData = {
    ...signedData,
    signerInfos: [signer],
    // RFC 5652 lets the certificates come from elsewhere.
    certificates: [...signedData.certificates, ...sources.certificates],
  };
  const content = { contentType: signedData.eContentType, digest };
  const cms = await gatherCms({ signedData: own, problem: null }, content, graph, verifier);
  const timestamps: TimestampFacts[] = [];
  for (const token of signatureTimeStampsOf(signer.unsignedAttributes).slice(0, maxTokens)) {
    const stamped = async (algorithm: DigestAlgorithm): Promise<Uint8Array> =>
      verifier.digest(algorithm, signer.signature);
    timestamps.push(await gatherTimestamp(token, stamped, graph, verifier));
  }
  return {
    id: `#${at + 1}`,
    cms: await directSignature(signer, cms, signedData.eContent, sources),
    timestamps,
  };
}

/** The signature itself and the tokens in it: each may carry certificates and their status. */
function carriers(signedData: SignedData | null): readonly SignedData[] {
  if (signedData === null) return [];
  const tokens = signedData.signerInfos.flatMap((signer) =>
    signatureTimeStampsOf(signer.unsignedAttributes).slice(0, maxTokens),
  );
  return [
    signedData,
    ...tokens.flatMap((token) => {
      const read = readSignedData(token).signedData;
      return read === null ? [] : [read];
    }),
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

const berLimits = { maxBytes: 1 << 24, maxDepth: 40 } as const;

/**
 * RFC 5652 lets everything but the signed attributes come as BER, and has those hashed as DER however they came (section
 * 5.4): what DER alone refuses is read once more as DER made of it.
 */
function readEither(bytes: Uint8Array): ReturnType<typeof readSignedData> {
  const strict = readSignedData(bytes);
  if (strict.signedData !== null) return strict;
  try {
    const read = readSignedData(berToDer(bytes, berLimits));
    return read.signedData === null ? strict : read;
  } catch (error) {
    if (error instanceof FormatError) return strict;
    throw error;
  }
}

/** Gathers everything there is to know about a CMS file. Never throws for its bytes. */
export async function gatherCmsFile(der: Uint8Array, sources: CmsFileSources): Promise<CmsFileFacts> {
  const { signedData, problem } = readEither(der);
  const carrying = carriers(signedData);
  const carried = {
    crls: carrying.flatMap(({ crls }) => crls),
    ocsps: carrying.flatMap(({ ocspResponses }) => ocspResponses),
  };
  const { graph, revocation } = await gatherEvidence({
    ...sources,
    certificates: [...carrying.flatMap(({ certificates }) => certificates), ...sources.certificates],
    crls: [...sources.crls, ...carried.crls],
    ocsps: [...sources.ocsps, ...carried.ocsps],
  });
  const inside = signedData?.eContent ?? null;
  const digest = contentDigests(inside, sources);
  const signers: CmsSignerFacts[] = [];
  if (signedData !== null) {
    for (const [at, signer] of signedData.signerInfos.entries())
      signers.push(await gatherSigner(at, signer, signedData, digest, graph, sources));
  }
  const given = sources.content !== null;
  return {
    problem,
    content: inside === null ? (given ? 'beside' : 'missing') : given ? 'both' : 'inside',
    contentsAgree: await contentsAgree(signedData, sources),
    signers,
    graph,
    evidence: revocation,
    carriedEvidence: await gatherRevocation(carried.crls, carried.ocsps, graph, sources.verifier),
  };
}
