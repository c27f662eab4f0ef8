// Which certificate's signature verifies with which other's key: the part of path building that needs no time.
import { sameBytes, toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { nameKey } from './names.ts';
import type { Qualification } from './report.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import { SignatureWork } from './signature-work.ts';
import type { HistoricalAlgorithm, Signed } from './signature-work.ts';
import type { TrustedService } from './trust-list.ts';

/** A certificate somebody vouches for. */
export interface TrustAnchor {
  readonly certificate: Uint8Array;
  /** The listed service it stands for; null where the caller gave the certificate. */
  readonly service: TrustedService | null;
  readonly qualification: Extract<Qualification, 'licensed' | 'internal' | 'unconfirmed'>;
}

export interface CertificateNode {
  readonly certificate: Certificate;
  /** Lower-case hex SHA-256 of the certificate. */
  readonly fingerprint: string;
  /** Why its signature could not be looked at, by name; null where the algorithm is accepted. */
  readonly refusedAlgorithm: string | null;
  /** Certificates whose subject is this one's issuer and whose key made its signature. */
  readonly issuers: readonly CertificateNode[];
  /** Of anchors: whether the key they hold out made their signature, or may have: where the names agree it is not looked at. */
  readonly selfSigned: boolean;
  /** Anchors with this very certificate. */
  readonly anchors: readonly TrustAnchor[];
}

export interface CertificateGraph {
  /** By fingerprint. */
  readonly nodes: ReadonlyMap<string, CertificateNode>;
  /** By `nameKey` of the subject. */
  readonly bySubject: ReadonlyMap<string, readonly CertificateNode[]>;
  /** True where the bound on signature checks was met before every link had been tried. */
  readonly exhausted: boolean;
}

const maxCertificates = 1000;
/** In units of one P-256 or RSA-2048 check; keeps the worst case well under a second. */
const workLimit = 800;

/** The node being filled: links are found after all nodes exist. */
interface OpenNode extends CertificateNode {
  readonly issuers: OpenNode[];
}

/** Of certificates met before: the ones that come often are the same values each time. */
const fingerprints = new WeakMap<Certificate, string>();

/** Lower-case hex SHA-256 of the whole certificate. */
async function fingerprintOf(
  certificate: Certificate,
  verifier: Pick<SignatureVerifier, 'digest'>,
): Promise<string> {
  const known = fingerprints.get(certificate);
  if (known !== undefined) return known;
  const fingerprint = toHex(await verifier.digest('sha256', certificate.der));
  fingerprints.set(certificate, fingerprint);
  return fingerprint;
}

/** Whether some chain of signatures goes from a certificate to an anchor, fit or not. */
export function leadsToAnchor(start: CertificateNode): boolean {
  const seen = new Set([start]);
  for (const node of seen) {
    if (node.anchors.length > 0) return true;
    for (const issuer of node.issuers) seen.add(issuer);
  }
  return false;
}

/** The certificate; null where it cannot be read. */
function readable(der: Uint8Array): Certificate | null {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** The node of a certificate in the graph; null where it cannot be read or came too late to have one. */
export async function nodeOf(
  der: Uint8Array,
  graph: CertificateGraph,
  verifier: Pick<SignatureVerifier, 'digest'>,
): Promise<CertificateNode | null> {
  const certificate = readable(der);
  return certificate === null ? null : (graph.nodes.get(await fingerprintOf(certificate, verifier)) ?? null);
}

async function isSelfSigned(certificate: Certificate, work: SignatureWork): Promise<boolean> {
  if (nameKey(certificate.subject) === nameKey(certificate.issuer)) return true;
  return work.holds(certificate, certificate.subjectPublicKeyInfo, () => null);
}

async function readNodes(
  ders: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
  verifier: SignatureVerifier,
  work: SignatureWork,
): Promise<Map<string, OpenNode>> {
  const anchorsOf = new Map<string, TrustAnchor[]>();
  for (const anchor of anchors) {
    const certificate = readable(anchor.certificate);
    if (certificate === null) continue;
    const fingerprint = await fingerprintOf(certificate, verifier);
    anchorsOf.set(fingerprint, [...(anchorsOf.get(fingerprint) ?? []), anchor]);
  }
  const nodes = new Map<string, OpenNode>();
  for (const der of [...ders, ...anchors.map((anchor) => anchor.certificate)]) {
    if (nodes.size >= maxCertificates) break;
    const certificate = readable(der);
    // What cannot be read cannot help; the signer's own certificate is asked for by its own check.
    if (certificate === null) continue;
    const fingerprint = await fingerprintOf(certificate, verifier);
    if (nodes.has(fingerprint)) continue;
    const own = anchorsOf.has(fingerprint);
    nodes.set(fingerprint, {
      selfSigned: own && (await isSelfSigned(certificate, work)),
      certificate,
      fingerprint,
      refusedAlgorithm: work.refused(certificate.signatureAlgorithm),
      issuers: [],
      anchors: anchorsOf.get(fingerprint) ?? [],
    });
  }
  return nodes;
}

/** Nodes by `nameKey` of the subject. */
type BySubject = ReadonlyMap<string, readonly CertificateNode[]>;

/** Answers of `inheritedParameters`; null also while one is being looked for, so that a loop inherits nothing. */
const inherited = new WeakMap<CertificateNode, Uint8Array | null>();

/** Parameters a key without its own takes from its issuer's (RFC 5280 section 6.1.4 (e)); null unless all candidates agree. */
function inheritedParameters(node: CertificateNode, bySubject: BySubject): Uint8Array | null {
  const { certificate } = node;
  const { algorithm } = certificate.subjectPublicKeyInfo;
  if (algorithm.parameters !== null) return algorithm.parameters;
  const known = inherited.get(node);
  if (known !== undefined) return known;
  inherited.set(node, null);
  let agreed: Uint8Array | null = null;
  for (const issuer of bySubject.get(nameKey(certificate.issuer)) ?? []) {
    if (issuer === node || issuer.certificate.subjectPublicKeyInfo.algorithm.oid !== algorithm.oid) continue;
    const parameters = inheritedParameters(issuer, bySubject);
    if (parameters === null || (agreed !== null && !sameBytes(agreed, parameters))) return null;
    agreed = parameters;
  }
  inherited.set(node, agreed);
  return agreed;
}

/** Whether the key of `node` made the signature. */
export function signedBy(
  signed: Signed,
  node: CertificateNode,
  bySubject: BySubject,
  work: SignatureWork,
): Promise<boolean> {
  return work.holds(signed, node.certificate.subjectPublicKeyInfo, () =>
    inheritedParameters(node, bySubject),
  );
}

/** Candidates told apart by their key identifiers: a hint who signed, never a proof (RFC 4158 section 3.5.12). */
class Candidates {
  readonly #all: readonly OpenNode[];
  readonly #byKey = new Map<string, OpenNode[]>();

  constructor(nodes: readonly OpenNode[]) {
    this.#all = nodes;
    for (const node of nodes) {
      const key = toHex(node.certificate.subjectKeyIdentifier ?? new Uint8Array());
      const same = this.#byKey.get(key);
      if (same === undefined) this.#byKey.set(key, [node]);
      else same.push(node);
    }
  }

  /** Those whose identifier is the one named, or who have none; everybody where none is named. */
  likely({ authorityKeyIdentifier }: Certificate): readonly OpenNode[] {
    const wanted = authorityKeyIdentifier?.keyIdentifier ?? null;
    if (wanted === null) return this.#all;
    return [...(this.#byKey.get(toHex(wanted)) ?? []), ...(this.#byKey.get('') ?? [])];
  }

  unlikely(certificate: Certificate): readonly OpenNode[] {
    if ((certificate.authorityKeyIdentifier?.keyIdentifier ?? null) === null) return [];
    const likely = new Set(this.likely(certificate));
    if (likely.size === this.#all.length) return [];
    return this.#all.filter((node) => !likely.has(node));
  }
}

/**
 * Verifies the links among certificates, the given ones first and likely issuers before unlikely ones, within a bound on work.
 * @param ders every certificate at hand, DER; unreadable ones are passed over
 */
export async function buildCertificateGraph(
  ders: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
  verifier: SignatureVerifier,
  historical: HistoricalAlgorithm | null = null,
): Promise<CertificateGraph> {
  const work = new SignatureWork(verifier, workLimit, historical);
  const nodes = await readNodes(ders, anchors, verifier, work);
  const bySubject = new Map<string, OpenNode[]>();
  for (const node of nodes.values()) {
    const key = nameKey(node.certificate.subject);
    const same = bySubject.get(key);
    if (same === undefined) bySubject.set(key, [node]);
    else same.push(node);
  }
  const candidates = new Map([...bySubject].map(([key, same]) => [key, new Candidates(same)]));
  const link = async (node: OpenNode, among: readonly OpenNode[]): Promise<void> => {
    for (const candidate of among) {
      if (candidate !== node && (await signedBy(node.certificate, candidate, bySubject, work)))
        node.issuers.push(candidate);
    }
  };
  // A thousand certificates of one name must not use up the work before the likely issuers were tried, nor before those
  // above the first certificates were followed up.
  const linked = new Set<OpenNode>();
  for (const start of nodes.values()) {
    const open = [start];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (linked.has(node)) continue;
      linked.add(node);
      await link(node, candidates.get(nameKey(node.certificate.issuer))?.likely(node.certificate) ?? []);
      open.push(...node.issuers);
    }
  }
  for (const node of nodes.values()) {
    if (work.exhausted) break;
    await link(node, candidates.get(nameKey(node.certificate.issuer))?.unlikely(node.certificate) ?? []);
  }
  return { nodes, bySubject, exhausted: work.exhausted };
}
