// Revocation: evidence read and its signers found; then what CRLs and OCSP answers say together of one certificate.
import { toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { parseCrl } from '../formats/x509/crl.ts';
import { parseOcspResponse } from '../formats/x509/ocsp.ts';
import { signedBy } from './certificate-graph.ts';
import type { CertificateGraph, CertificateNode } from './certificate-graph.ts';
import { indexOf } from './crl-entries.ts';
import { statusByCrls } from './crl-status.ts';
import type { CrlRules, VerifiedCrl } from './crl-status.ts';
import { nameKey } from './names.ts';
import { CertIds, statusByOcsp } from './ocsp-status.ts';
import type { VerifiedOcsp } from './ocsp-status.ts';
import { isLoss, revokedSince } from './revocation-time.ts';
import type { Revocation, RevocationSource, RevocationStatus } from './revocation-time.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import { SignatureWork } from './signature-work.ts';
import type { HistoricalAlgorithm, Signed } from './signature-work.ts';

export interface RevocationEvidence {
  readonly crls: readonly VerifiedCrl[];
  readonly ocsps: readonly VerifiedOcsp[];
}

/** How evidence is read, and which revocations count for what is judged. */
export interface RevocationRules extends CrlRules {
  readonly counts: (revocation: Revocation) => boolean;
}

const maxEvidence = 200;
/** In units of one P-256 or RSA-2048 check. */
const workLimit = 800;

function tryParse<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    // Evidence that cannot be read says nothing.
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** Certificates that OCSP answers carry along; they belong into the graph before it is built. */
export function certificatesInOcsp(ders: readonly Uint8Array[]): readonly Uint8Array[] {
  return ders
    .slice(0, maxEvidence)
    .flatMap((der) => tryParse(() => parseOcspResponse(der))?.basic?.certificates ?? []);
}

/** Reads evidence and finds who signed it; unreadable evidence is dropped, which leaves the status unknown. */
export async function gatherRevocation(
  crls: readonly Uint8Array[],
  ocsps: readonly Uint8Array[],
  graph: CertificateGraph,
  verifier: SignatureVerifier,
  historical: HistoricalAlgorithm | null = null,
): Promise<RevocationEvidence> {
  const work = new SignatureWork(verifier, workLimit, historical);
  const signersOf = async (
    signed: Signed,
    candidates: readonly CertificateNode[],
  ): Promise<readonly CertificateNode[]> => {
    const signers: CertificateNode[] = [];
    for (const node of candidates)
      if (await signedBy(signed, node, graph.bySubject, work)) signers.push(node);
    return signers;
  };
  const verifiedCrls: VerifiedCrl[] = [];
  const seen = new Set<string>();
  for (const der of crls.slice(0, maxEvidence)) {
    const digest = toHex(await verifier.digest('sha256', der));
    const list = seen.has(digest) ? null : tryParse(() => parseCrl(der));
    seen.add(digest);
    if (list === null) continue;
    const signers = await signersOf(list, graph.bySubject.get(nameKey(list.issuer)) ?? []);
    if (signers.length > 0 && tryParse(() => indexOf(list)) === null) continue;
    verifiedCrls.push({ list, signers, digest });
  }
  const verifiedOcsps: VerifiedOcsp[] = [];
  const ids = new CertIds(graph, verifier);
  for (const der of ocsps.slice(0, maxEvidence)) {
    const response = tryParse(() => parseOcspResponse(der))?.basic;
    if (response === undefined || response === null) continue;
    const signers = await signersOf(response, await ids.responders(response));
    const digest = toHex(await verifier.digest('sha256', der));
    verifiedOcsps.push({ response, signers, about: await ids.named(response), digest });
  }
  return { crls: verifiedCrls, ocsps: verifiedOcsps };
}

function saidBy(source: RevocationSource, status: RevocationStatus): RevocationStatus {
  return status.kind === 'unknown' ? status : { ...status, source };
}

/** The newest good answer that was known by the instant asked about; null where there is none. */
function newestGood(
  answers: readonly RevocationStatus[],
  by: number,
): Extract<RevocationStatus, { kind: 'good' }> | null {
  return answers.reduce<Extract<RevocationStatus, { kind: 'good' }> | null>((newest, answer) => {
    if (answer.kind !== 'good' || answer.thisUpdate.getTime() > by) return newest;
    return newest === null || answer.thisUpdate > newest.thisUpdate ? answer : newest;
  }, null);
}

/** What makes one of several revocations of a certificate weigh more, the heaviest reason first. */
function heavierFirst(counts: (revocation: Revocation) => boolean) {
  const scales: readonly ((revocation: Revocation) => boolean)[] = [
    counts,
    isLoss,
    ({ reason }) => reason !== 'certificateHold',
  ];
  return (a: Revocation, b: Revocation): number => {
    const heavier = scales.find((scale) => scale(a) !== scale(b));
    if (heavier !== undefined) return heavier(a) ? -1 : 1;
    return revokedSince(a) - revokedSince(b);
  };
}

/**
 * Everything the evidence says together. Evidence counts until the end it names itself (EN 319 102-1 5.2.5, RFC 5280 section
 * 6.3.3 (a)). A revocation lasts, whoever says good before or after it; a hold (certificateHold) ends where something newer says
 * good, be it a list or an OCSP answer; of several good answers the newest is told. Of several revocations that one is told which
 * `counts` for what is judged, then one by which the key may be in other hands, then one for good, then the earliest. Nothing
 * usable is unknown.
 */
export function revocationStatus(
  node: CertificateNode,
  issuer: CertificateNode,
  evidence: RevocationEvidence,
  rules: RevocationRules,
): RevocationStatus {
  const answers = [
    ...statusByCrls(evidence.crls, node.certificate, issuer, rules).map((status) => saidBy('crl', status)),
    ...evidence.ocsps.flatMap((ocsp) =>
      statusByOcsp(ocsp, node, issuer, rules.time).map((status) => saidBy('ocsp', status)),
    ),
  ];
  const known = newestGood(answers, rules.time.at.getTime() + rules.time.skewSeconds * 1000);
  const revoked = answers.filter(
    (answer): answer is Revocation =>
      answer.kind === 'revoked' &&
      (answer.reason !== 'certificateHold' || known === null || known.thisUpdate <= answer.thisUpdate),
  );
  const [worst] = revoked.toSorted(heavierFirst(rules.counts));
  return (
    worst ??
    newestGood(answers, Infinity) ?? {
      kind: 'unknown',
      offered: answers.some((answer) => answer.kind === 'unknown' && answer.offered === true),
    }
  );
}
