// Which certificate's signature verifies with which other's key: the part of path building that needs no time.
import { toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { signatureNameOf } from '../formats/x509/algorithm.ts';
import type { SignatureName } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { nameKey } from './names.ts';
import type { Qualification } from './report.ts';
import type { SignatureVerifier, VerifiableAlgorithm } from './signature-verifier.ts';
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
/** Signature checks in units of one P-256 or RSA-2048 check; keeps the worst case well under a second. */
const workLimit = 2000;
const costs: Partial<Record<SignatureName, number>> = { ES384: 10, ES512: 20, SM2SM3: 4 };

/** Accepted signature algorithms; SHA-1 forms are refused by name. */
export function verifiableAlgorithm(name: SignatureName | null): VerifiableAlgorithm | null {
  return name === null || name === 'ES1' || name === 'RS1' ? null : name;
}

/** The node being filled: links are found after all nodes exist. */
interface OpenNode extends CertificateNode {
  readonly issuers: CertificateNode[];
}

async function readNodes(
  ders: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
  verifier: SignatureVerifier,
): Promise<Map<string, OpenNode>> {
  const nodes = new Map<string, OpenNode>();
  for (const der of [...ders, ...anchors.map((anchor) => anchor.certificate)]) {
    if (nodes.size >= maxCertificates) break;
    const fingerprint = toHex(await verifier.digest('sha256', der));
    if (nodes.has(fingerprint)) continue;
    try {
      const certificate = parseCertificate(der);
      const name = signatureNameOf(certificate.signatureAlgorithm);
      nodes.set(fingerprint, {
        certificate,
        fingerprint,
        refusedAlgorithm:
          verifiableAlgorithm(name) === null ? (name ?? certificate.signatureAlgorithm.oid) : null,
        issuers: [],
        anchors: [],
      });
    } catch (error) {
      // What cannot be read cannot help; the signer's own certificate is asked for by its own check.
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return nodes;
}

/**
 * Verifies the links among certificates, the given ones first, within a bound on work.
 * @param ders every certificate at hand, DER; unreadable ones are passed over
 */
export async function buildCertificateGraph(
  ders: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
  verifier: SignatureVerifier,
): Promise<CertificateGraph> {
  const open = await readNodes(ders, anchors, verifier);
  const nodes = new Map<string, OpenNode>();
  const bySubject = new Map<string, OpenNode[]>();
  const anchorsOf = new Map<string, TrustAnchor[]>();
  for (const anchor of anchors) {
    const fingerprint = toHex(await verifier.digest('sha256', anchor.certificate));
    anchorsOf.set(fingerprint, [...(anchorsOf.get(fingerprint) ?? []), anchor]);
  }
  for (const [fingerprint, node] of open) {
    const complete = { ...node, anchors: anchorsOf.get(fingerprint) ?? [] };
    nodes.set(fingerprint, complete);
    const key = nameKey(node.certificate.subject);
    bySubject.set(key, [...(bySubject.get(key) ?? []), complete]);
  }
  let work = 0;
  let exhausted = false;
  for (const node of nodes.values()) {
    const { certificate } = node;
    const algorithm = verifiableAlgorithm(signatureNameOf(certificate.signatureAlgorithm));
    if (algorithm === null) continue;
    for (const candidate of bySubject.get(nameKey(certificate.issuer)) ?? []) {
      if (candidate === node) continue;
      const cost = costs[algorithm] ?? 1;
      if (work + cost > workLimit) {
        exhausted = true;
        continue;
      }
      work += cost;
      const key = candidate.certificate.subjectPublicKeyInfo.der;
      if (await verifier.verify(algorithm, key, certificate.tbs, certificate.signature))
        node.issuers.push(candidate);
    }
  }
  return { nodes, bySubject, exhausted };
}
