// Gathering about one CMS signature: attributes, digest, signer and signature value, each told apart. Never judges.
import { sameBytes } from '../formats/bytes.ts';
import {
  contentTypeOf,
  messageDigestOf,
  signingCertificateOf,
  signingTimeOf,
} from '../formats/cms/attributes.ts';
import { familiarContentType, parseSignedData } from '../formats/cms/signed-data.ts';
import type { SignedData, SignerInfo } from '../formats/cms/signed-data.ts';
import { FormatError } from '../formats/errors.ts';
import { berToDer } from '../formats/x509/ber.ts';
import { digestOf, foreignSignerSignatureNameOf } from '../formats/x509/algorithm.ts';
import type { ForeignSignatureName } from '../formats/x509/algorithm.ts';
import { sm2ValueToDer } from '../formats/x509/ecdsa-signature.ts';
import { isRefusedKey, verifiableAlgorithm } from './signature-work.ts';
import { leadsToAnchor } from './certificate-graph.ts';
import type { CertificateGraph, CertificateNode } from './certificate-graph.ts';
import type { DigestAlgorithm, SignatureVerifier, VerifiableAlgorithm } from './signature-verifier.ts';

/** `absent` and `malformed` are not `differs`: reasons are told apart. */
export type Agreement = 'agrees' | 'differs' | 'absent' | 'malformed' | 'unchecked';

export interface CmsFacts {
  /** Why the bytes are no SignedData; null when they are. */
  readonly problem: string | null;
  readonly signedData: SignedData | null;
  /** Whether it came as DER, which RFC 5652 does not ask of the whole and PDF does. */
  readonly isDer: boolean;
  readonly signerCount: number;
  /** The only signer; null where there are none or several. */
  readonly signer: SignerInfo | null;
  /** Null where the digest is not one that may still be used. */
  readonly digestAlgorithm: DigestAlgorithm | null;
  /** The name where known, also of refused algorithms. */
  readonly signatureAlgorithm: ForeignSignatureName | null;
  readonly contentType: Agreement;
  readonly messageDigest: Agreement;
  /** Whether signing-certificate-v2 (or an accepted older one) names the signer's certificate. */
  readonly signingCertificate: Agreement;
  readonly signingTime: Date | null;
  readonly certificate: CertificateNode | null;
  /** Every certificate at hand that the signer may mean, the likeliest first. */
  readonly candidates: readonly CertificateNode[];
  readonly signature: 'valid' | 'invalid' | 'unchecked';
}

/** @returns null where the digest must not be used any more. */
export function acceptedDigest(name: string | undefined): DigestAlgorithm | null {
  return name === 'sha256' || name === 'sha384' || name === 'sha512' || name === 'sm3' ? name : null;
}

/** A SignedData or why there is none. */
export interface ReadSignedData {
  readonly signedData: SignedData | null;
  readonly problem: string | null;
  /** False where only BER, which was made DER, could be read. */
  readonly isDer: boolean;
}

const berLimits = { maxBytes: 1 << 24, maxDepth: 40 } as const;

function tryRead(read: () => SignedData, isDer: boolean): ReadSignedData {
  try {
    return { signedData: read(), problem: null, isDer };
  } catch (error) {
    if (error instanceof FormatError)
      return { signedData: null, problem: `${error.code}: ${error.message}`, isDer };
    throw error;
  }
}

/**
 * RFC 5652 lets everything but the signed attributes come as BER, and has those hashed as DER however they came (section
 * 5.4): what DER alone refuses is read once more as DER made of it. Where DER is demanded, that it is none is told.
 */
export function readSignedData(bytes: Uint8Array): ReadSignedData {
  const strict = tryRead(() => parseSignedData(bytes), true);
  if (strict.signedData !== null) return strict;
  const lenient = tryRead(() => parseSignedData(berToDer(bytes, berLimits), 'ber'), false);
  return lenient.signedData === null ? strict : lenient;
}

/** Digest the signer chose, before anything is verified; null where there is no single signer or it may not be used. */
function digestNeeded(signedData: SignedData | null): DigestAlgorithm | null {
  const [signer, ...more] = signedData?.signerInfos ?? [];
  return signer === undefined || more.length > 0
    ? null
    : acceptedDigest(digestOf(signer.digestAlgorithm)?.name);
}

function reading<T>(read: () => T): T | 'malformed' {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return 'malformed';
    throw error;
  }
}

function agreement<T>(found: T | null | 'malformed', same: (value: T) => boolean): Agreement {
  if (found === null) return 'absent';
  if (found === 'malformed') return 'malformed';
  return same(found) ? 'agrees' : 'differs';
}

/** A certificate that may be the signer's, and whether the signature binds it. */
interface Candidate {
  readonly node: CertificateNode;
  readonly bound: Agreement;
}

/** Signature checks made to tell namesakes apart. */
const maxNamesakes = 16;

/**
 * The certificates a SignerInfo names, among those the signature carries. Issuer and serial number, or a key identifier, are
 * what anybody can write into a certificate of his own and put beside a signature, where nothing is signed: the one that the
 * signature itself binds comes first, then those that lead to an anchor.
 */
async function signerCandidates(
  signer: SignerInfo,
  carried: readonly Uint8Array[],
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<readonly Candidate[]> {
  const found: CertificateNode[] = [];
  for (const node of graph.nodes.values()) {
    const { certificate } = node;
    const named =
      signer.signer.kind === 'issuer-serial'
        ? sameBytes(signer.signer.issuer.der, certificate.issuer.der) &&
          sameBytes(signer.signer.serialNumber, certificate.serialNumber)
        : certificate.subjectKeyIdentifier !== null &&
          sameBytes(signer.signer.keyIdentifier, certificate.subjectKeyIdentifier);
    if (named && carried.some((der) => sameBytes(der, certificate.der))) found.push(node);
  }
  const candidates: Candidate[] = [];
  for (const node of found) candidates.push({ node, bound: await essAgreement(signer, node, verifier) });
  if (candidates.length < 2) return candidates;
  const rank = ({ node, bound }: Candidate): number => (bound === 'agrees' ? 0 : leadsToAnchor(node) ? 1 : 2);
  return candidates.toSorted((a, b) => rank(a) - rank(b)).slice(0, maxNamesakes);
}

async function essAgreement(
  signer: SignerInfo,
  node: CertificateNode | null,
  verifier: SignatureVerifier,
): Promise<Agreement> {
  const named = reading(() => signingCertificateOf(signer.signedAttributes ?? []));
  if (named === null || named === 'malformed') return named ?? 'absent';
  const algorithm =
    named.digestAlgorithm === 'sha1' ? 'sha1' : acceptedDigest(named.digestAlgorithm ?? undefined);
  if (node === null || algorithm === null) return 'unchecked';
  const digest = await verifier.digest(algorithm, node.certificate.der);
  return sameBytes(digest, named.certificateDigest) ? 'agrees' : 'differs';
}

/** Who signed, by the first candidate with whose key the value holds; else the first there is. */
async function signerOf(
  signer: SignerInfo,
  algorithm: VerifiableAlgorithm | null,
  candidates: readonly Candidate[],
  messages: readonly Uint8Array[],
  verifier: SignatureVerifier,
): Promise<Pick<CmsFacts, 'certificate' | 'signature' | 'signingCertificate'>> {
  const [first] = candidates;
  const unchecked = {
    certificate: first?.node ?? null,
    signingCertificate: first?.bound ?? (await essAgreement(signer, null, verifier)),
    signature: 'unchecked',
  } as const;
  if (algorithm === null || first === undefined) return unchecked;
  const value = signatureValueOf(signer, algorithm);
  for (const { node, bound } of candidates) {
    const key = node.certificate.subjectPublicKeyInfo.der;
    for (const message of messages)
      if (await verifier.verify(algorithm, key, message, value))
        return { certificate: node, signingCertificate: bound, signature: 'valid' };
  }
  // A key too weak to be asked says neither yes nor no (EN 319 102-1 5.2.8: a constraint on cryptography, not a forgery).
  if (isRefusedKey(first.node.certificate.subjectPublicKeyInfo)) return unchecked;
  // Neither bound by the signature nor vouched for nor its maker's: a stranger's; the signer's own is not at hand.
  return first.bound === 'differs' && !leadsToAnchor(first.node)
    ? { ...unchecked, certificate: null }
    : { ...unchecked, signature: 'invalid' };
}

/** What the signature may be over: the attributes as they stand, and in DER's order where that is another. */
function signedForms({ signedAttributesSorted: sorted }: SignerInfo, der: Uint8Array): readonly Uint8Array[] {
  return sorted === null || sameBytes(sorted, der) ? [der] : [der, sorted];
}

/** The value as the verifier takes it: GB/T 35275 signers write r‖s bare as well; what is neither form stays and fails. */
export function signatureValueOf({ signature }: SignerInfo, algorithm: VerifiableAlgorithm): Uint8Array {
  return algorithm === 'SM2SM3' ? (sm2ValueToDer(signature) ?? signature) : signature;
}

/** What the signature must be over. */
export interface SignedContent {
  /** OID that the content-type attribute and eContentType must name. */
  readonly contentType: string;
  /** Digest of the content by the algorithm the signer chose; null where the content could not be determined. */
  digest(algorithm: DigestAlgorithm): Promise<Uint8Array | null>;
}

/** Checks one parsed SignedData against its content; every part gets its own answer. */
export async function gatherCms(
  read: ReadSignedData,
  content: SignedContent,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<CmsFacts> {
  const { signedData, problem, isDer } = read;
  const [only, ...more] = signedData?.signerInfos ?? [];
  const nothing: CmsFacts = {
    problem,
    signedData,
    isDer,
    signerCount: signedData?.signerInfos.length ?? 0,
    signer: null,
    digestAlgorithm: null,
    signatureAlgorithm: null,
    contentType: 'unchecked',
    messageDigest: 'unchecked',
    signingCertificate: 'unchecked',
    signingTime: null,
    certificate: null,
    candidates: [],
    signature: 'unchecked',
  };
  if (signedData === null || only === undefined || more.length > 0) return nothing;
  const attributes = only.signedAttributes;
  const digestAlgorithm = digestNeeded(signedData);
  const signatureAlgorithm = foreignSignerSignatureNameOf(only.signatureAlgorithm, only.digestAlgorithm);
  const candidates = await signerCandidates(only, signedData.certificates, graph, verifier);
  const digest = digestAlgorithm === null ? null : await content.digest(digestAlgorithm);
  const accepted = verifiableAlgorithm(signatureAlgorithm);
  const facts = {
    ...nothing,
    signer: only,
    digestAlgorithm,
    signatureAlgorithm,
    certificate: candidates[0]?.node ?? null,
    candidates: candidates.map(({ node }) => node),
  };
  // Without signed attributes the signature is over the content itself, which is at hand as a digest only: it is not
  // looked at, and both profiles we accept demand the attributes.
  if (attributes === null || only.signedAttributesDer === null) return facts;
  const signingTime = reading(() => signingTimeOf(attributes));
  return {
    ...facts,
    contentType: agreement(
      reading(() => contentTypeOf(attributes)),
      (type) =>
        [type, signedData.eContentType].every(
          (each) => familiarContentType(each) === familiarContentType(content.contentType),
        ),
    ),
    messageDigest:
      digest === null
        ? 'unchecked'
        : agreement(
            reading(() => messageDigestOf(attributes)),
            (value) => sameBytes(value, digest),
          ),
    signingTime: signingTime === 'malformed' ? null : signingTime,
    ...(await signerOf(only, accepted, candidates, signedForms(only, only.signedAttributesDer), verifier)),
  };
}
