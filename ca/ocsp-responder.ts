// OCSP (RFC 6960): answers from the certificate rows, signed by a responder that the authority delegated.
import { createHash } from 'node:crypto';
import { sameBytes } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf, encodeSignatureAlgorithm, parseSubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import {
  encodeOcspFailure,
  encodeOcspResponse,
  encodeTbsOcspResponse,
  parseOcspRequest,
  type CertId,
  type OcspCertStatus,
  type OcspRequest,
} from '../formats/x509/ocsp.ts';
import { SampledSigner } from './checked-signing.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { Authority, CaParts } from './parts.ts';
import { findCertificate } from './store.ts';

/** How long an answer may be kept: revocations show within this time everywhere. */
const LIFE = 60 * 60 * 1000;

/** How a serial that was never issued is answered, so that a forged one is found out (RFC 6960 section 2.2). */
const NEVER_ISSUED: OcspCertStatus = { kind: 'revoked', at: new Date(0), reason: 'certificateHold' };

function isAbout({ certificate }: Authority, id: CertId): boolean {
  const algorithm = digestOf(id.hashAlgorithm)?.name;
  // SHA-1 is what clients send (RFC 5019 section 2.1.1); it names the issuer here and protects nothing.
  if (algorithm !== 'sha1' && algorithm !== 'sha256') return false;
  const hash = (bytes: Uint8Array): Uint8Array => createHash(algorithm).update(bytes).digest();
  return (
    sameBytes(id.issuerNameHash, hash(certificate.subject.der)) &&
    sameBytes(id.issuerKeyHash, hash(certificate.subjectPublicKeyInfo.publicKey))
  );
}

export class OcspResponder {
  readonly #parts: Pick<CaParts, 'database' | 'clock'>;
  readonly #hierarchy: Hierarchy;
  readonly #signer = new SampledSigner();

  constructor(parts: Pick<CaParts, 'database' | 'clock'>, hierarchy: Hierarchy) {
    this.#parts = parts;
    this.#hierarchy = hierarchy;
  }

  /**
   * Answers one request (POST body, or the decoded last part of a GET path).
   * @param authority - an issuing authority's name as in the URL.
   * @returns OCSPResponse DER: signed, or unsigned `malformedRequest` and `unauthorized` (certificates of others).
   * @throws CaError `authority-not-found`, `self-check-failed`; StorageError.
   */
  async respond(authority: string, requestDer: Uint8Array): Promise<Uint8Array> {
    const issuer = this.#hierarchy.authority(authority);
    const key = this.#hierarchy.responderKey(authority);
    let request: OcspRequest;
    try {
      request = parseOcspRequest(requestDer);
    } catch (error) {
      if (error instanceof FormatError) return encodeOcspFailure('malformedRequest');
      throw error;
    }
    if (!request.requests.every((id) => isAbout(issuer, id))) return encodeOcspFailure('unauthorized');
    const thisUpdate = this.#parts.clock();
    const nextUpdate = new Date(thisUpdate.getTime() + LIFE);
    const statuses = await Promise.all(request.requests.map((id) => this.#status(issuer, id)));
    const tbs = encodeTbsOcspResponse({
      responderKeyHash: createHash('sha1')
        .update(parseSubjectPublicKeyInfo(key.publicKey).publicKey)
        .digest(),
      producedAt: thisUpdate,
      responses: request.requests.map((id, at) => ({
        certId: id.der,
        status: statuses[at] ?? NEVER_ISSUED,
        thisUpdate,
        nextUpdate,
      })),
      nonce: request.nonce,
      extendedRevoke: statuses.includes(NEVER_ISSUED),
    });
    const signature = await this.#signer.sign(key, tbs);
    // The responder's own certificate is enough: the client has the authority's.
    return encodeOcspResponse(tbs, encodeSignatureAlgorithm(key.algorithm), signature, key.chain.slice(0, 1));
  }

  async #status(issuer: Authority, id: CertId): Promise<OcspCertStatus> {
    const found = await findCertificate(this.#parts.database.reader, id.serialHex);
    if (found?.authority !== issuer.name) return NEVER_ISSUED;
    if (found.state === 'issued' || found.revokedAt === null) return { kind: 'good' };
    const reason = found.reason === 'unspecified' ? null : found.reason;
    return { kind: 'revoked', at: found.revokedAt, reason };
  }
}
