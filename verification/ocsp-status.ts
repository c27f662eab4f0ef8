// What OCSP answers say of one certificate (RFC 6960): who may answer, about whom, and for when.
import { sameBytes, toHex } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import type { Certificate } from '../formats/x509/certificate.ts';
import { readExtension } from '../formats/x509/extensions.ts';
import { readGeneralizedTime } from '../formats/x509/time.ts';
import { digestOf } from '../formats/x509/algorithm.ts';
import type { BasicOcspResponse, OcspSingleResponse } from '../formats/x509/ocsp.ts';
import { OID } from '../formats/x509/oid.ts';
import type { CertificateGraph, CertificateNode } from './certificate-graph.ts';
import { nameKey } from './names.ts';
import { revocationHolds, speaksFor } from './revocation-time.ts';
import type { RevocationStatus, RevocationTime } from './revocation-time.ts';
import type { DigestAlgorithm, SignatureVerifier } from './signature-verifier.ts';

/** An answer, the certificates whose keys made its signature, and which certificates its CertIDs truly name. */
export interface VerifiedOcsp {
  readonly response: BasicOcspResponse;
  readonly signers: readonly CertificateNode[];
  /** Per certificate fingerprint and issuer fingerprint joined by `/`; one response may answer several times. */
  readonly about: ReadonlyMap<string, readonly OcspSingleResponse[]>;
  /** Lower-case hex SHA-256 of the response. */
  readonly digest: string;
  /** The earliest instant at which it provably existed; absent where nothing proves one before now. */
  readonly existed?: Date;
}

/** Answers looked at within one response. */
const maxSingles = 200;
/** Comparisons of CertIDs with certificates in one verification. */
const maxComparisons = 20_000;

/** Digests of names and keys made once for all answers. */
export class CertIds {
  readonly #graph: CertificateGraph;
  readonly #verifier: SignatureVerifier;
  readonly #digests = new Map<Uint8Array, Map<string, Uint8Array>>();
  readonly #bySerial = new Map<string, CertificateNode[]>();
  #comparisons = 0;
  #byKeyHash: Map<string, CertificateNode[]> | null = null;

  constructor(graph: CertificateGraph, verifier: SignatureVerifier) {
    this.#graph = graph;
    this.#verifier = verifier;
    for (const node of graph.nodes.values()) {
      const same = this.#bySerial.get(node.certificate.serialHex);
      if (same === undefined) this.#bySerial.set(node.certificate.serialHex, [node]);
      else same.push(node);
    }
  }

  async #digest(hash: DigestAlgorithm | 'sha1', bytes: Uint8Array): Promise<Uint8Array> {
    const known = this.#digests.get(bytes) ?? new Map<string, Uint8Array>();
    this.#digests.set(bytes, known);
    const digest = known.get(hash) ?? (await this.#verifier.digest(hash, bytes));
    known.set(hash, digest);
    return digest;
  }

  /** Certificates that the response names as its responder's. */
  async responders({ responder }: BasicOcspResponse): Promise<readonly CertificateNode[]> {
    if (responder.kind === 'name') return this.#graph.bySubject.get(nameKey(responder.name)) ?? [];
    if (this.#byKeyHash === null) {
      this.#byKeyHash = new Map();
      for (const node of this.#graph.nodes.values()) {
        const hash = toHex(await this.#digest('sha1', node.certificate.subjectPublicKeyInfo.publicKey));
        this.#byKeyHash.set(hash, [...(this.#byKeyHash.get(hash) ?? []), node]);
      }
    }
    return this.#byKeyHash.get(toHex(responder.keyHash)) ?? [];
  }

  /** RFC 6960 section 4.1.1: the CertID is made again from the issuer's certificate with the hash it names. */
  async named(response: BasicOcspResponse): Promise<ReadonlyMap<string, readonly OcspSingleResponse[]>> {
    const about = new Map<string, OcspSingleResponse[]>();
    for (const single of response.responses.slice(0, maxSingles)) {
      const hash = digestOf(single.certId.hashAlgorithm)?.name;
      if (hash === undefined || hash === 'sha224') continue;
      for (const node of this.#bySerial.get(single.certId.serialHex) ?? []) {
        for (const issuer of node.issuers) {
          this.#comparisons += 1;
          if (this.#comparisons > maxComparisons) return about;
          const name = await this.#digest(hash, node.certificate.issuer.der);
          const key = await this.#digest(hash, issuer.certificate.subjectPublicKeyInfo.publicKey);
          const same =
            sameBytes(name, single.certId.issuerNameHash) && sameBytes(key, single.certId.issuerKeyHash);
          const pair = `${node.fingerprint}/${issuer.fingerprint}`;
          if (same) about.set(pair, [...(about.get(pair) ?? []), single]);
        }
      }
    }
    return about;
  }
}

/** Of the answers about one certificate in one response: every revocation, else the newest alone. */
function heaviest(answers: readonly OcspSingleResponse[]): readonly OcspSingleResponse[] {
  const revocations = answers.filter(({ status }) => status.kind === 'revoked');
  if (revocations.length > 0) return revocations;
  return answers.toSorted((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime()).slice(0, 1);
}

/** What a responder's certificate may say critically. */
const understood: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.certificatePolicies,
  OID.subjectAltName,
  OID.crlDistributionPoints,
  OID.ocspNoCheck,
]);

/** RFC 6960 section 4.2.2.2: the CA itself, or a responder certified by the same key with OCSPSigning and nocheck. */
function authorised(signer: CertificateNode, issuer: CertificateNode, producedAt: Date): boolean {
  const key = issuer.certificate.subjectPublicKeyInfo.der;
  const { certificate } = signer;
  if (sameBytes(certificate.subjectPublicKeyInfo.der, key)) return true;
  const byIssuer = signer.issuers.some((node) => sameBytes(node.certificate.subjectPublicKeyInfo.der, key));
  const within = producedAt >= certificate.notBefore && producedAt <= certificate.notAfter;
  const unread = [...certificate.extensions.values()].some(
    ({ oid, critical }) => critical && !understood.has(oid),
  );
  return (
    byIssuer &&
    within &&
    !unread &&
    certificate.extendedKeyUsage?.includes(OID.ocspSigning) === true &&
    certificate.keyUsage?.has('digitalSignature') !== false &&
    certificate.extensions.has(OID.ocspNoCheck)
  );
}

/**
 * A responder may forget a certificate once it has expired, unless it says how far back it remembers (RFC 6960 section 4.4.4).
 * @throws FormatError where the cutoff cannot be read
 */
function remembersExpired(
  { thisUpdate, extensions }: OcspSingleResponse,
  { notAfter }: Certificate,
): boolean {
  if (thisUpdate.getTime() <= notAfter.getTime()) return true;
  const cutoff = readExtension(extensions, OID.ocspArchiveCutoff, 'ocsp-malformed', (inner) =>
    readGeneralizedTime(inner, false),
  );
  return cutoff !== null && cutoff.getTime() <= notAfter.getTime();
}

const useless: RevocationStatus = { kind: 'unknown', offered: true };

function statusOf(
  { status, thisUpdate, nextUpdate, extensions }: OcspSingleResponse,
  remembers: () => boolean,
  time: RevocationTime,
): RevocationStatus {
  if ([...extensions.values()].some(({ critical }) => critical)) return useless;
  const speaks = speaksFor(thisUpdate, nextUpdate, time);
  if (status.kind === 'revoked') {
    const { at, reason } = status;
    if (!speaks && !revocationHolds(thisUpdate, reason, time)) return useless;
    return { kind: 'revoked', at, reason, invalidityDate: null, thisUpdate };
  }
  if (!speaks || status.kind !== 'good') return useless;
  try {
    return remembers() ? { kind: 'good', thisUpdate } : useless;
  } catch (error) {
    if (error instanceof FormatError) return useless;
    throw error;
  }
}

/** What one response says: every revocation in it, else one status; `offered` where it is about this certificate and could not be used. */
export function statusByOcsp(
  evidence: VerifiedOcsp,
  node: CertificateNode,
  issuer: CertificateNode,
  time: RevocationTime,
): readonly RevocationStatus[] {
  const answers = evidence.about.get(`${node.fingerprint}/${issuer.fingerprint}`) ?? [];
  if (answers.length === 0) return [{ kind: 'unknown' }];
  const { producedAt, extensions } = evidence.response;
  if (
    !evidence.signers.some((signer) => authorised(signer, issuer, producedAt)) ||
    [...extensions.values()].some(({ critical }) => critical) ||
    producedAt.getTime() > time.now.getTime() + time.skewSeconds * 1000
  )
    return [useless];
  return heaviest(answers).map((single) =>
    statusOf(single, () => remembersExpired(single, node.certificate), time),
  );
}
