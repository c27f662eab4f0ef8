// Certificates and revocation data with which a signature can be judged from its file alone, gathered and proven to be enough.
import { createHash } from 'node:crypto';
import { sameBytes } from '../formats/bytes.ts';
import { signatureTimeStampsOf } from '../formats/cms/attributes.ts';
import { parseSignedData, type SignedData, type SignerInfo } from '../formats/cms/signed-data.ts';
import { parseTstInfo } from '../formats/cms/timestamp.ts';
import { FormatError } from '../formats/errors.ts';
import { parseSealSignature } from '../formats/eseal/signature.ts';
import type { RelatedData, ValidationData } from '../formats/pdf/security-store.ts';
import type { PdfSignature } from '../formats/pdf/signatures.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { nameText } from '../formats/x509/name.ts';
import { nodeOf } from '../verification/certificate-graph.ts';
import { gatherEvidence, type EvidenceSource, type GatheredEvidence } from '../verification/evidence.ts';
import { findPath } from '../verification/path.ts';
import type { PathProblem, PathPurpose, PathResult } from '../verification/path-model.ts';
import { revocationStatus } from '../verification/revocation.ts';
import type { RevocationTime } from '../verification/revocation-time.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import { SigningError } from './errors.ts';

/** What long-term data comes from. */
export interface LongTermParts {
  /** Certificates, DER, under which paths end; asked each time, since an authority may get a successor. */
  readonly anchors: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Certificates that may stand between, DER. */
  readonly certificates?: () => readonly Uint8Array[];
  /** What is answered is verified here. */
  readonly status: EvidenceSource;
  /** Milliseconds for all questions about one document. */
  readonly statusBudget: number;
}

/** A signer whose path must hold by the file alone. */
interface Leaf {
  readonly certificate: Uint8Array;
  readonly purpose: PathPurpose;
  /** The instant for which it must hold. */
  readonly at: Date;
}

/** One signature with everything of it that needs proof. */
export interface SignatureEvidence {
  readonly key: string;
  /**
   * Whether the level that is told is of this one. Others in the file, of people whose authorities nobody here may know, get
   * what can be had, and hold up nothing.
   */
  readonly required: boolean;
  readonly leaves: readonly Leaf[];
  /** Certificates that stand beside the signature already. */
  readonly carried: readonly Uint8Array[];
}

const skewSeconds = 300;
const freshnessSeconds = 7 * 24 * 3600;

/** What a signature, seal or document time-stamp of a file needs; null for one that cannot be read. */
export function evidenceOf(signature: PdfSignature, now: Date, required = true): SignatureEvidence | null {
  const { contents } = signature;
  if (contents === null) return null;
  const found =
    readOrNull(() => inCms(signature, contents.value, now)) ?? readOrNull(() => inSeal(contents.value, now));
  if (found === null) return null;
  const hash = createHash('sha1').update(contents.value).update(contents.padding);
  return { key: hash.digest('hex').toUpperCase(), required, ...found };
}

type Needs = Omit<SignatureEvidence, 'key' | 'required'>;

function inCms(signature: PdfSignature, value: Uint8Array, now: Date): Needs {
  const data = parseSignedData(value);
  const stamp = signature.type === 'DocTimeStamp' || signature.subFilter === 'ETSI.RFC3161';
  const tokens = provenBy(
    stamp
      ? [data]
      : signatureTimeStampsOf(data.signerInfos[0]?.unsignedAttributes ?? []).map((token) =>
          parseSignedData(token),
        ),
  );
  return {
    leaves: [...tokens.leaves, ...(stamp ? [] : leafOf(data, 'signature', tokens.earliest ?? now))],
    carried: [...data.certificates, ...tokens.carried],
  };
}

/** The use of a seal needs proof of its signer and of the seal's maker: verification asks for both at one instant. */
function inSeal(value: Uint8Array, now: Date): Needs {
  const { signerCertificate, timestamp, seal } = parseSealSignature(value);
  const tokenIn = (token: Uint8Array | null) => provenBy(token === null ? [] : [parseSignedData(token)]);
  const [use, making] = [tokenIn(timestamp), tokenIn(seal.timestamp)];
  const signers = [signerCertificate, seal.makerCertificate];
  // A time-stamp of the making proves nothing about the use.
  const at = use.earliest ?? now;
  return {
    leaves: [
      ...use.leaves,
      ...making.leaves,
      ...signers.map((certificate): Leaf => ({ certificate, purpose: 'signature', at })),
    ],
    carried: [...signers, ...use.carried, ...making.carried],
  };
}

/** Time-stamps: when the earliest is of, and whose paths they rest on. */
function provenBy(tokens: readonly SignedData[]): Needs & { readonly earliest: Date | null } {
  const leaves: Leaf[] = [];
  let earliest: Date | null = null;
  for (const token of tokens) {
    const { genTime } = parseTstInfo(token.eContent ?? new Uint8Array());
    if (earliest === null || genTime < earliest) earliest = genTime;
    leaves.push(...leafOf(token, 'timestamp', genTime));
  }
  return { leaves, earliest, carried: tokens.flatMap((token) => token.certificates) };
}

function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function leafOf(data: SignedData, purpose: PathPurpose, at: Date): readonly Leaf[] {
  const [signer] = data.signerInfos;
  const certificate = signer === undefined ? undefined : signerCertificate(signer, data.certificates);
  return certificate === undefined ? [] : [{ certificate, purpose, at }];
}

function signerCertificate(
  { signer }: SignerInfo,
  certificates: readonly Uint8Array[],
): Uint8Array | undefined {
  return certificates.find((der) => {
    const { issuer, serialNumber, subjectKeyIdentifier } = parseCertificate(der);
    return signer.kind === 'issuer-serial'
      ? sameBytes(issuer.der, signer.issuer.der) && sameBytes(serialNumber, signer.serialNumber)
      : subjectKeyIdentifier !== null && sameBytes(subjectKeyIdentifier, signer.keyIdentifier);
  });
}

/**
 * What the file must hold so that every given signature can be judged from it alone, held or not: of every required one, or a
 * refusal; of the others what is to be had.
 * @param held what the file holds already: only what that leaves open is asked for
 * @throws SigningError `status-unavailable` (nobody says whether a certificate holds, or not in time),
 *   `certificate-revoked`, `self-check-failed` (a path does not hold for another reason)
 */
export async function gatherValidationData(
  parts: LongTermParts,
  signatures: readonly SignatureEvidence[],
  held: ValidationData,
  now: Date,
): Promise<readonly RelatedData[]> {
  const input = {
    verifier: nodeSignatureVerifier,
    anchors: (await parts.anchors()).map((certificate) => ({
      certificate,
      service: null,
      qualification: 'unconfirmed' as const,
    })),
    certificates: [
      ...signatures.flatMap(({ carried }) => carried),
      ...held.certificates,
      ...(parts.certificates?.() ?? []),
    ],
    crls: held.crls,
    ocsps: held.ocsps,
  };
  const offline = await gatherEvidence({ ...input, source: null });
  const leaves = signatures.flatMap((each) => each.leaves);
  const open: Leaf[] = [];
  for (const leaf of leaves) if ((await pathOf(offline, leaf, now)).kind === 'problem') open.push(leaf);
  const answers = new Answers(parts.status, offline, latestOf(leaves, now), now);
  const all =
    open.length === 0
      ? offline
      : await withinBudget(gatherEvidence({ ...input, source: answers }), parts.statusBudget);
  const related: RelatedData[] = [];
  for (const signature of signatures) related.push(await dataOf(signature, all, answers, now));
  return related;
}

async function dataOf(
  { key, required, leaves, carried }: SignatureEvidence,
  evidence: GatheredEvidence,
  answers: Answers,
  now: Date,
): Promise<RelatedData> {
  const found: Record<keyof ValidationData, Uint8Array[]> = { certificates: [], crls: [], ocsps: [] };
  for (const leaf of leaves) {
    const result = await pathOf(evidence, leaf, now);
    if (result.kind === 'problem' && !required) continue;
    if (result.kind === 'problem') throw refusalOf(result.problem);
    for (const [at, node] of result.path.entries()) {
      const issuer = result.path[at + 1];
      // The anchor itself: whoever relies on it has it.
      if (issuer === undefined) break;
      const { der } = node.certificate;
      if (!carried.some((each) => sameBytes(each, der))) found.certificates.push(der);
      const answer = answers.given(der, issuer.certificate.der);
      found.crls.push(...(answer?.crls ?? []));
      found.ocsps.push(...(answer?.ocsps ?? []));
    }
  }
  return { key, ...found };
}

async function pathOf(evidence: GatheredEvidence, leaf: Leaf, now: Date): Promise<PathResult> {
  const node = await nodeOf(leaf.certificate, evidence.graph, nodeSignatureVerifier);
  if (node === null) throw new SigningError('self-check-failed', 'A certificate cannot be read.');
  return findPath(node, evidence.graph, evidence.revocation, {
    purpose: leaf.purpose,
    time: { at: leaf.at, now, skewSeconds, freshnessSeconds },
    revocation: 'required',
  });
}

function refusalOf({ code, certificate }: PathProblem): SigningError {
  const name = nameText(certificate.subject);
  if (code === 'revoked')
    return new SigningError('certificate-revoked', `The certificate of "${name}" is revoked.`);
  if (code === 'revocation-unknown')
    return new SigningError('status-unavailable', `Nobody says whether the certificate of "${name}" holds.`);
  return new SigningError('self-check-failed', `The path of "${name}" does not hold (${code}).`);
}

function latestOf(leaves: readonly Leaf[], now: Date): Date {
  return leaves.reduce((latest, { at }) => (at > latest ? at : latest), leaves[0]?.at ?? now);
}

type Answer = Awaited<ReturnType<EvidenceSource['revocation']>>;

/** Asks for what the file leaves open, once each, and remembers who was answered about whom. */
class Answers implements EvidenceSource {
  readonly #source: EvidenceSource;
  readonly #offline: GatheredEvidence;
  readonly #time: RevocationTime;
  readonly #given = new Map<string, Answer>();

  constructor(source: EvidenceSource, offline: GatheredEvidence, at: Date, now: Date) {
    this.#source = source;
    this.#offline = offline;
    this.#time = { at, now, skewSeconds, freshnessSeconds };
  }

  async revocation(
    request: Parameters<EvidenceSource['revocation']>[0],
  ): ReturnType<EvidenceSource['revocation']> {
    const { graph, revocation } = this.#offline;
    const node = await nodeOf(request.certificate, graph, nodeSignatureVerifier);
    const issuer = await nodeOf(request.issuer, graph, nodeSignatureVerifier);
    if (node !== null && issuer !== null) {
      const rules = { time: this.#time, maySign: () => false, conforming: false, counts: () => true };
      if (revocationStatus(node, issuer, revocation, rules).kind !== 'unknown')
        return { crls: [], ocsps: [] };
    }
    const answer = await this.#source.revocation(request);
    this.#given.set(pair(request.certificate, request.issuer), answer);
    return answer;
  }

  given(certificate: Uint8Array, issuer: Uint8Array): Answer | undefined {
    return this.#given.get(pair(certificate, issuer));
  }
}

function pair(certificate: Uint8Array, issuer: Uint8Array): string {
  return createHash('sha256').update(certificate).update(issuer).digest('hex');
}

async function withinBudget<T>(work: Promise<T>, budget: number): Promise<T> {
  const signal = AbortSignal.timeout(budget);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener(
      'abort',
      () =>
        reject(
          new SigningError('status-unavailable', `Certificate status was not answered within ${budget} ms.`),
        ),
      { once: true },
    );
  });
  work.catch(() => undefined);
  return Promise.race([work, late]);
}
