// Certificates and revocation data from everywhere, brought into one graph: what came along, what was given, what a port answers.
import { urisOf } from '../formats/x509/extensions.ts';
import { OID } from '../formats/x509/oid.ts';
import { buildCertificateGraph, leadsToAnchor } from './certificate-graph.ts';
import type { CertificateGraph, CertificateNode, TrustAnchor } from './certificate-graph.ts';
import { certificatesInOcsp, gatherRevocation } from './revocation.ts';
import type { RevocationEvidence } from './revocation.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import type { HistoricalAlgorithm } from './signature-work.ts';

/**
 * Port: status of certificates from outside the document. An absent answer is an empty one; what is answered is verified
 * here, so the source needs no trust.
 */
export interface EvidenceSource {
  /** Called once per certificate below an anchor; `urls` come from the certificate and may be ignored. */
  revocation(request: {
    readonly certificate: Uint8Array;
    readonly issuer: Uint8Array;
    readonly crlUrls: readonly string[];
    readonly ocspUrls: readonly string[];
  }): Promise<{ readonly crls: readonly Uint8Array[]; readonly ocsps: readonly Uint8Array[] }>;
}

export interface EvidenceInput {
  readonly verifier: SignatureVerifier;
  readonly anchors: readonly TrustAnchor[];
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocsps: readonly Uint8Array[];
  readonly source: EvidenceSource | null;
  /** An algorithm that counts for the instant judged at; never set where documents are judged. */
  readonly historical?: HistoricalAlgorithm | null;
}

export interface GatheredEvidence {
  readonly graph: CertificateGraph;
  readonly revocation: RevocationEvidence;
}

/** Questions put to the port for one verification. */
const maxQuestions = 64;

/** Pairs of certificate and issuer on the way to some anchor. */
function* questions(graph: CertificateGraph): Generator<readonly [CertificateNode, CertificateNode]> {
  for (const node of graph.nodes.values()) {
    if (node.anchors.length > 0) continue;
    for (const issuer of node.issuers) if (leadsToAnchor(issuer)) yield [node, issuer];
  }
}

async function ask(
  source: EvidenceSource,
  graph: CertificateGraph,
): Promise<{ readonly crls: readonly Uint8Array[]; readonly ocsps: readonly Uint8Array[] }> {
  const crls: Uint8Array[] = [];
  const ocsps: Uint8Array[] = [];
  let asked = 0;
  for (const [node, issuer] of questions(graph)) {
    asked += 1;
    if (asked > maxQuestions) break;
    const { certificate } = node;
    const answer = await source.revocation({
      certificate: certificate.der,
      issuer: issuer.certificate.der,
      crlUrls: (certificate.crlDistributionPoints ?? []).flatMap((point) => urisOf(point.fullName)),
      ocspUrls: urisOf(
        (certificate.authorityInfoAccess ?? []).flatMap((access) =>
          access.method === OID.ocsp ? [access.location] : [],
        ),
      ),
    });
    crls.push(...answer.crls);
    ocsps.push(...answer.ocsps);
  }
  return { crls, ocsps };
}

/** Builds the graph, asks the port for what lies on the way to an anchor, and verifies all evidence. */
export async function gatherEvidence(input: EvidenceInput): Promise<GatheredEvidence> {
  const carried = [...input.certificates, ...certificatesInOcsp(input.ocsps)];
  const historical = input.historical ?? null;
  const first = await buildCertificateGraph(carried, input.anchors, input.verifier, historical);
  const answered = input.source === null ? { crls: [], ocsps: [] } : await ask(input.source, first);
  const responders = certificatesInOcsp(answered.ocsps);
  const graph =
    responders.length === 0
      ? first
      : await buildCertificateGraph([...carried, ...responders], input.anchors, input.verifier, historical);
  const revocation = await gatherRevocation(
    // What a document carries along comes last: however much it is, it must not crowd out what others say.
    [...answered.crls, ...input.crls],
    [...answered.ocsps, ...input.ocsps],
    graph,
    input.verifier,
    historical,
  );
  return { graph, revocation };
}
