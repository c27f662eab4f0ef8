// Revocation: what CRLs and OCSP answers say of one certificate, after their signatures, scopes and dates were looked at.
import { sameBytes, toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf, signatureNameOf } from '../formats/x509/algorithm.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { parseCrl } from '../formats/x509/crl.ts';
import type { CertificateList, RevocationReason } from '../formats/x509/crl.ts';
import { readExtension, urisOf } from '../formats/x509/extensions.ts';
import { parseOcspResponse } from '../formats/x509/ocsp.ts';
import type { BasicOcspResponse, OcspSingleResponse } from '../formats/x509/ocsp.ts';
import { OID } from '../formats/x509/oid.ts';
import { readGeneralizedTime } from '../formats/x509/time.ts';
import { verifiableAlgorithm } from './certificate-graph.ts';
import type { CertificateGraph, CertificateNode } from './certificate-graph.ts';
import { nameKey } from './names.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

/** A list and the certificates whose keys made its signature. */
interface VerifiedCrl {
  readonly list: CertificateList;
  readonly signers: readonly CertificateNode[];
}

/** An answer, the certificates whose keys made its signature, and which certificates its CertIDs truly name. */
interface VerifiedOcsp {
  readonly response: BasicOcspResponse;
  readonly signers: readonly CertificateNode[];
  /** Per certificate fingerprint and issuer fingerprint joined by `/`. */
  readonly about: ReadonlyMap<string, OcspSingleResponse>;
}

export interface RevocationEvidence {
  readonly crls: readonly VerifiedCrl[];
  readonly ocsps: readonly VerifiedOcsp[];
}

const maxEvidence = 200;

function tryParse<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    // Evidence that cannot be read says nothing.
    if (error instanceof FormatError) return null;
    throw error;
  }
}

async function signersOf(
  signed: Pick<CertificateList, 'tbs' | 'signatureAlgorithm' | 'signature'>,
  candidates: Iterable<CertificateNode>,
  verifier: SignatureVerifier,
): Promise<readonly CertificateNode[]> {
  const algorithm = verifiableAlgorithm(signatureNameOf(signed.signatureAlgorithm));
  const signers: CertificateNode[] = [];
  if (algorithm === null) return signers;
  for (const node of candidates) {
    const key = node.certificate.subjectPublicKeyInfo.der;
    if (await verifier.verify(algorithm, key, signed.tbs, signed.signature)) signers.push(node);
  }
  return signers;
}

async function responderNodes(
  response: BasicOcspResponse,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<readonly CertificateNode[]> {
  const { responder } = response;
  if (responder.kind === 'name') return graph.bySubject.get(nameKey(responder.name)) ?? [];
  const found: CertificateNode[] = [];
  for (const node of graph.nodes.values()) {
    const hash = await verifier.digest('sha1', node.certificate.subjectPublicKeyInfo.publicKey);
    if (sameBytes(hash, responder.keyHash)) found.push(node);
  }
  return found;
}

/** RFC 6960 section 4.1.1: the CertID is made again from the issuer's certificate with the hash it names. */
async function certIdsNamed(
  response: BasicOcspResponse,
  graph: CertificateGraph,
  verifier: SignatureVerifier,
): Promise<ReadonlyMap<string, OcspSingleResponse>> {
  const about = new Map<string, OcspSingleResponse>();
  for (const single of response.responses.slice(0, maxEvidence)) {
    const hash = digestOf(single.certId.hashAlgorithm)?.name;
    if (hash === undefined || hash === 'sha224') continue;
    for (const node of graph.nodes.values()) {
      if (node.certificate.serialHex !== single.certId.serialHex) continue;
      for (const issuer of node.issuers) {
        const name = await verifier.digest(hash, node.certificate.issuer.der);
        const key = await verifier.digest(hash, issuer.certificate.subjectPublicKeyInfo.publicKey);
        const same =
          sameBytes(name, single.certId.issuerNameHash) && sameBytes(key, single.certId.issuerKeyHash);
        if (same) about.set(`${node.fingerprint}/${issuer.fingerprint}`, single);
      }
    }
  }
  return about;
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
): Promise<RevocationEvidence> {
  const verifiedCrls: VerifiedCrl[] = [];
  const seen = new Set<string>();
  for (const der of crls.slice(0, maxEvidence)) {
    const digest = toHex(await verifier.digest('sha256', der));
    const list = seen.has(digest) ? null : tryParse(() => parseCrl(der));
    seen.add(digest);
    if (list === null) continue;
    const candidates = graph.bySubject.get(nameKey(list.issuer)) ?? [];
    verifiedCrls.push({ list, signers: await signersOf(list, candidates, verifier) });
  }
  const verifiedOcsps: VerifiedOcsp[] = [];
  for (const der of ocsps.slice(0, maxEvidence)) {
    const response = tryParse(() => parseOcspResponse(der))?.basic;
    if (response === undefined || response === null) continue;
    const signers = await signersOf(response, await responderNodes(response, graph, verifier), verifier);
    verifiedOcsps.push({ response, signers, about: await certIdsNamed(response, graph, verifier) });
  }
  return { crls: verifiedCrls, ocsps: verifiedOcsps };
}

/** What is known of one certificate. */
export type RevocationStatus =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'good'; readonly thisUpdate: Date }
  | {
      readonly kind: 'revoked';
      readonly at: Date;
      readonly reason: RevocationReason | null;
      readonly invalidityDate: Date | null;
      readonly thisUpdate: Date;
    };

/** For which instant evidence must speak. */
export interface RevocationTime {
  /** The instant the certificate's state matters: proof of existence, or the time of verification. */
  readonly at: Date;
  /** The time of verification: nothing may come from after it. */
  readonly now: Date;
  readonly skewSeconds: number;
  /** For evidence that names no end of its own. */
  readonly freshnessSeconds: number;
}

/** A revocation, once made, lasts; only a hold may have ended since the evidence was made. */
function revocationHolds(thisUpdate: Date, reason: RevocationReason | null, time: RevocationTime): boolean {
  return reason !== 'certificateHold' && thisUpdate.getTime() <= time.now.getTime() + time.skewSeconds * 1000;
}

function speaksFor(thisUpdate: Date, nextUpdate: Date | null, time: RevocationTime): boolean {
  const skew = time.skewSeconds * 1000;
  const ends = nextUpdate?.getTime() ?? thisUpdate.getTime() + time.freshnessSeconds * 1000;
  return (
    thisUpdate.getTime() <= time.now.getTime() + skew &&
    ends >= thisUpdate.getTime() &&
    ends + skew >= time.at.getTime()
  );
}

const understoodCrlExtensions: ReadonlySet<string> = new Set([
  OID.issuingDistributionPoint,
  OID.authorityKeyIdentifier,
  OID.crlNumber,
  OID.deltaCrlIndicator,
  OID.expiredCertsOnCrl,
]);

const understoodEntryExtensions: ReadonlySet<string> = new Set([OID.reasonCode, OID.invalidityDate]);

/** RFC 5280 section 6.3.3 (b): whether the list speaks for this certificate, for every reason. */
function inScope(list: CertificateList, certificate: Certificate): boolean {
  const scope = list.issuingDistributionPoint;
  if (
    [...list.extensions.values()].some(({ oid, critical }) => critical && !understoodCrlExtensions.has(oid))
  )
    return false;
  if (nameKey(list.issuer) !== nameKey(certificate.issuer)) return false;
  if (scope === null) return true;
  const isCa = certificate.basicConstraints?.ca === true;
  if (scope.indirectCrl || scope.onlySomeReasons !== null || scope.onlyContainsAttributeCerts) return false;
  if ((scope.onlyContainsUserCerts && isCa) || (scope.onlyContainsCaCerts && !isCa)) return false;
  if (scope.name === null) return true;
  if (scope.name.fullName === null) return false;
  const published = new Set([
    ...urisOf(scope.name.fullName),
    ...scope.name.fullName.flatMap((name) => (name.kind === 'directory' ? [nameKey(name.name)] : [])),
  ]);
  const points = certificate.crlDistributionPoints ?? [];
  return points.some(
    (point) =>
      point.reasons === null &&
      point.crlIssuer === null &&
      (point.fullName ?? []).some((name) =>
        name.kind === 'uri'
          ? published.has(name.value)
          : name.kind === 'directory' && published.has(nameKey(name.name)),
      ),
  );
}

/** A list may drop entries once a certificate has expired, unless it says that it keeps them (RFC 5280 section 3.3). */
function keepsExpired(list: CertificateList, certificate: Certificate): boolean {
  if (list.thisUpdate.getTime() <= certificate.notAfter.getTime()) return true;
  const since = readExtension(list.extensions, OID.expiredCertsOnCrl, 'crl-malformed', (inner) =>
    readGeneralizedTime(inner, false),
  );
  return since !== null && since.getTime() <= certificate.notAfter.getTime();
}

/** Whether a certificate may sign lists for the given issuer though its key is another (RFC 5280 section 6.3.3 (f)). */
export type CrlSignerRule = (signer: CertificateNode) => boolean;

function byCrl(
  { list, signers }: VerifiedCrl,
  certificate: Certificate,
  issuer: CertificateNode,
  time: RevocationTime,
  mayAlsoSign: CrlSignerRule,
): RevocationStatus {
  const key = issuer.certificate.subjectPublicKeyInfo.der;
  if (!inScope(list, certificate)) return { kind: 'unknown' };
  const signed = signers.some(
    (signer) =>
      signer.certificate.keyUsage?.has('cRLSign') !== false &&
      (sameBytes(signer.certificate.subjectPublicKeyInfo.der, key) || mayAlsoSign(signer)),
  );
  if (!signed) return { kind: 'unknown' };
  const speaks = speaksFor(list.thisUpdate, list.nextUpdate, time);
  const unread = list.revoked.some(({ extensions }) =>
    [...extensions.values()].some(({ oid, critical }) => critical && !understoodEntryExtensions.has(oid)),
  );
  // RFC 5280 section 5.3: an unknown critical entry extension makes the list unusable for what it does not name.
  const entry = list.revoked.find(({ serialHex }) => serialHex === certificate.serialHex);
  if (entry !== undefined && entry.reason !== 'removeFromCRL') {
    if (!speaks && !revocationHolds(list.thisUpdate, entry.reason, time)) return { kind: 'unknown' };
    return {
      kind: 'revoked',
      at: entry.revocationDate,
      reason: entry.reason,
      invalidityDate: entry.invalidityDate,
      thisUpdate: list.thisUpdate,
    };
  }
  // What a delta list does not name is told by the full list it builds on.
  if (list.deltaBase !== null) return { kind: 'unknown' };
  return unread || !speaks || !keepsExpired(list, certificate)
    ? { kind: 'unknown' }
    : { kind: 'good', thisUpdate: list.thisUpdate };
}

/** RFC 6960 section 4.2.2.2: the CA itself, or a responder certified by the same key with OCSPSigning and nocheck. */
function authorised(signer: CertificateNode, issuer: CertificateNode, producedAt: Date): boolean {
  const key = issuer.certificate.subjectPublicKeyInfo.der;
  const { certificate } = signer;
  if (sameBytes(certificate.subjectPublicKeyInfo.der, key)) return true;
  const byIssuer = signer.issuers.some((node) => sameBytes(node.certificate.subjectPublicKeyInfo.der, key));
  const within = producedAt >= certificate.notBefore && producedAt <= certificate.notAfter;
  return (
    byIssuer &&
    within &&
    certificate.extendedKeyUsage?.includes(OID.ocspSigning) === true &&
    certificate.keyUsage?.has('digitalSignature') !== false &&
    certificate.extensions.has(OID.ocspNoCheck)
  );
}

function byOcsp(
  evidence: VerifiedOcsp,
  node: CertificateNode,
  issuer: CertificateNode,
  time: RevocationTime,
): RevocationStatus {
  const single = evidence.about.get(`${node.fingerprint}/${issuer.fingerprint}`);
  const { producedAt, extensions } = evidence.response;
  if (single === undefined || !evidence.signers.some((signer) => authorised(signer, issuer, producedAt)))
    return { kind: 'unknown' };
  if ([...extensions.values(), ...single.extensions.values()].some(({ critical }) => critical))
    return { kind: 'unknown' };
  if (producedAt.getTime() > time.now.getTime() + time.skewSeconds * 1000) return { kind: 'unknown' };
  const speaks = speaksFor(single.thisUpdate, single.nextUpdate, time);
  if (single.status.kind === 'revoked') {
    const { at, reason } = single.status;
    if (!speaks && !revocationHolds(single.thisUpdate, reason, time)) return { kind: 'unknown' };
    return { kind: 'revoked', at, reason, invalidityDate: null, thisUpdate: single.thisUpdate };
  }
  const expired = single.thisUpdate.getTime() > node.certificate.notAfter.getTime();
  return speaks && single.status.kind === 'good' && !expired
    ? { kind: 'good', thisUpdate: single.thisUpdate }
    : { kind: 'unknown' };
}

/** Everything the evidence says together: revoked anywhere beats good anywhere; nothing usable is unknown. */
export function revocationStatus(
  node: CertificateNode,
  issuer: CertificateNode,
  evidence: RevocationEvidence,
  time: RevocationTime,
  mayAlsoSign: CrlSignerRule,
): RevocationStatus {
  const answers = [
    ...evidence.crls.map((crl) => byCrl(crl, node.certificate, issuer, time, mayAlsoSign)),
    ...evidence.ocsps.map((ocsp) => byOcsp(ocsp, node, issuer, time)),
  ];
  const revoked = answers.find((answer) => answer.kind === 'revoked');
  if (revoked !== undefined) return revoked;
  let newest: RevocationStatus = { kind: 'unknown' };
  for (const answer of answers) {
    if (answer.kind === 'good' && (newest.kind !== 'good' || answer.thisUpdate > newest.thisUpdate))
      newest = answer;
  }
  return newest;
}
