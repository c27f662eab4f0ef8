// OCSP (RFC 6960, 5019, 9654): answers signed by a responder that the authority delegated, made once and kept until they
// change or are half through their life.
import { createHash } from 'node:crypto';
import type { SigningKey } from '../crypto/signing-key.ts';
import { sameBytes } from '../formats/bytes.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf, encodeSignatureAlgorithm, parseSubjectPublicKeyInfo } from '../formats/x509/algorithm.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import {
  encodeOcspFailure,
  encodeOcspResponse,
  encodeTbsOcspResponse,
  parseOcspRequest,
  type CertId,
  type OcspCertStatus,
  type OcspRequest,
} from '../formats/x509/ocsp.ts';
import { OID } from '../formats/x509/oid.ts';
import { SampledSigner } from './checked-signing.ts';
import type { Hierarchy } from './hierarchy.ts';
import { OcspCache } from './ocsp-cache.ts';
import type { CaParts } from './parts.ts';
import { statusesOf, type IssuedStatus } from './revocation-store.ts';

/** From thisUpdate to nextUpdate: how long a client may believe an answer it keeps. */
const LIFE = 60 * 60 * 1000;
/** Longest nonce returned (RFC 9654 section 2.1); a longer one is left unanswered. */
const NONCE_LIMIT = 32;
const REQUEST_LIMIT = 1 << 14;

/** How a serial that was never issued is answered, so that a forged one is found out (RFC 6960 section 2.2). */
const NEVER_ISSUED: OcspCertStatus = { kind: 'revoked', at: new Date(0), reason: 'certificateHold' };
const GOOD: OcspCertStatus = { kind: 'good' };

export interface OcspAnswer {
  readonly der: Uint8Array;
  /** What a cache on the way may be told (RFC 5019 section 6); null where nobody may keep the answer. */
  readonly cacheable: {
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
    readonly entityTag: string;
  } | null;
}

/** An authority as CertIDs name it. */
interface NamedIssuer {
  readonly certificate: Certificate;
  readonly hashes: Readonly<
    Record<'sha1' | 'sha256', { readonly name: Uint8Array; readonly key: Uint8Array }>
  >;
}

/** What a responder key puts on every answer. */
interface Responder {
  readonly keyHash: Uint8Array;
  readonly algorithm: Uint8Array;
  /** Its own certificate is enough: the client has the authority's. */
  readonly certificates: readonly Uint8Array[];
  readonly notAfter: number;
}

function namedIssuer(certificate: Certificate): NamedIssuer {
  const hashesBy = (algorithm: string): { readonly name: Uint8Array; readonly key: Uint8Array } => ({
    name: createHash(algorithm).update(certificate.subject.der).digest(),
    key: createHash(algorithm).update(certificate.subjectPublicKeyInfo.publicKey).digest(),
  });
  return { certificate, hashes: { sha1: hashesBy('sha1'), sha256: hashesBy('sha256') } };
}

function isAbout({ hashes }: NamedIssuer, id: CertId): boolean {
  const algorithm = digestOf(id.hashAlgorithm)?.name;
  // SHA-1 is what clients send (RFC 5019 section 2.1.1); it names the issuer here and protects nothing.
  if (algorithm !== 'sha1' && algorithm !== 'sha256') return false;
  const { name, key } = hashes[algorithm];
  return sameBytes(id.issuerNameHash, name) && sameBytes(id.issuerKeyHash, key);
}

function responderOf(key: SigningKey): Responder {
  const certificates = key.chain.slice(0, 1);
  const [own] = certificates;
  return {
    keyHash: createHash('sha1').update(parseSubjectPublicKeyInfo(key.publicKey).publicKey).digest(),
    algorithm: encodeSignatureAlgorithm(key.algorithm),
    certificates,
    notAfter: own === undefined ? Infinity : parseCertificate(own).notAfter.getTime(),
  };
}

function statusOf(issued: IssuedStatus | undefined, authority: string): OcspCertStatus {
  if (issued?.authority !== authority) return NEVER_ISSUED;
  const { revocation } = issued;
  if (revocation === null || revocation.state === 'released') return GOOD;
  const { reason, revokedAt } = revocation;
  return { kind: 'revoked', at: revokedAt, reason: reason === 'unspecified' ? null : reason };
}

/** @returns null where the bytes are no request, or ask for something critical that is not understood. */
function readRequest(der: Uint8Array): OcspRequest | null {
  try {
    const request = parseOcspRequest(der);
    const strange = [...request.extensions.values()].some(
      ({ oid, critical }) => critical && oid !== OID.ocspNonce,
    );
    return strange ? null : request;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function failure(status: 'malformedRequest' | 'unauthorized' | 'tryLater'): OcspAnswer {
  return { der: encodeOcspFailure(status), cacheable: null };
}

export class OcspResponder {
  readonly #parts: Pick<CaParts, 'database' | 'clock'>;
  readonly #hierarchy: Pick<Hierarchy, 'authority' | 'responderKey'>;
  readonly #signAtOnce: () => boolean;
  readonly #signer = new SampledSigner();
  readonly #cache: OcspCache;
  readonly #issuers = new Map<string, NamedIssuer>();
  readonly #responders = new WeakMap<SigningKey, Responder>();

  /**
   * @param signAtOnce - asked before an answer is signed that nobody will use again (for a nonce, or about a serial never
   *   issued): false is answered as tryLater.
   */
  constructor(
    parts: Pick<CaParts, 'database' | 'clock'>,
    hierarchy: Pick<Hierarchy, 'authority' | 'responderKey'>,
    signAtOnce: () => boolean = () => true,
  ) {
    this.#parts = parts;
    this.#hierarchy = hierarchy;
    this.#signAtOnce = signAtOnce;
    this.#cache = new OcspCache(parts.database, parts.clock);
  }

  /** As `answer`, the bytes alone. */
  async respond(authority: string, requestDer: Uint8Array): Promise<Uint8Array> {
    return (await this.answer(authority, requestDer)).der;
  }

  /**
   * Answers one request (POST body, or the decoded last part of a GET path).
   * @param authority - an issuing authority's name as in the URL.
   * @returns OCSPResponse DER: signed, or unsigned `malformedRequest`, `unauthorized` (certificates of others) and
   *   `tryLater`.
   * @throws CaError `authority-not-found`, `self-check-failed`; StorageError.
   */
  async answer(authority: string, requestDer: Uint8Array): Promise<OcspAnswer> {
    const key = this.#hierarchy.responderKey(authority);
    if (requestDer.length > REQUEST_LIMIT) return failure('malformedRequest');
    const settled = this.#cache.settled();
    if (settled !== null) await settled;
    const name = Buffer.from(requestDer.buffer, requestDer.byteOffset, requestDer.length).toString('latin1');
    const kept = this.#cache.answer(name);
    if (
      kept?.authority === authority &&
      kept.keyId === key.id &&
      this.#parts.clock().getTime() < kept.useUntil
    ) {
      return { der: kept.der, cacheable: kept };
    }
    const request = readRequest(requestDer);
    if (request === null) return failure('malformedRequest');
    const issuer = this.#issuer(authority);
    if (!request.requests.every((id) => isAbout(issuer, id))) return failure('unauthorized');
    return this.#make(authority, key, request, name);
  }

  async #make(
    authority: string,
    key: SigningKey,
    { requests, nonce }: OcspRequest,
    name: string,
  ): Promise<OcspAnswer> {
    if (nonce !== null && !this.#signAtOnce()) return failure('tryLater');
    const { epoch } = this.#cache;
    const statuses = await this.#statuses(authority, requests, epoch);
    const unknown = statuses.includes(NEVER_ISSUED);
    if (unknown && nonce === null && !this.#signAtOnce()) return failure('tryLater');
    const responder = this.#responder(key);
    const now = this.#parts.clock().getTime();
    const thisUpdate = new Date(now);
    const nextUpdate = new Date(Math.min(now + LIFE, responder.notAfter));
    const tbs = encodeTbsOcspResponse({
      responderKeyHash: responder.keyHash,
      producedAt: thisUpdate,
      responses: requests.map((id, at) => ({
        certId: id.der,
        status: statuses[at] ?? NEVER_ISSUED,
        thisUpdate,
        nextUpdate,
      })),
      nonce: nonce !== null && nonce.length <= NONCE_LIMIT ? nonce : null,
      extendedRevoke: unknown,
    });
    const signature = await this.#signer.sign(key, tbs);
    const der = encodeOcspResponse(tbs, responder.algorithm, signature, responder.certificates);
    // A serial never issued may be issued later, which is no change that caches hear of.
    if (nonce !== null || unknown) return { der, cacheable: null };
    const kept = {
      authority,
      serials: requests.map(({ serialHex }) => serialHex),
      keyId: key.id,
      useUntil: (now + nextUpdate.getTime()) / 2,
      der,
      thisUpdate,
      nextUpdate,
      entityTag: `"${createHash('sha256').update(der).digest('base64url').slice(0, 22)}"`,
    };
    this.#cache.keepAnswer(name, kept, epoch);
    return { der, cacheable: kept };
  }

  async #statuses(
    authority: string,
    requests: readonly CertId[],
    epoch: number,
  ): Promise<readonly OcspCertStatus[]> {
    const known = requests.map(({ serialHex }) => this.#cache.status(authority, serialHex));
    if (!known.includes(undefined)) return known.map((status) => status ?? NEVER_ISSUED);
    const serials = requests.map(({ serialHex }) => serialHex);
    const found = await statusesOf(this.#parts.database.reader, serials);
    return serials.map((serial) => {
      const status = statusOf(found.get(serial), authority);
      if (status !== NEVER_ISSUED) this.#cache.keepStatus(authority, serial, status, epoch);
      return status;
    });
  }

  #issuer(authority: string): NamedIssuer {
    const { certificate } = this.#hierarchy.authority(authority);
    const known = this.#issuers.get(authority);
    if (known?.certificate === certificate) return known;
    const made = namedIssuer(certificate);
    this.#issuers.set(authority, made);
    return made;
  }

  #responder(key: SigningKey): Responder {
    const known = this.#responders.get(key);
    if (known !== undefined) return known;
    const made = responderOf(key);
    this.#responders.set(key, made);
    return made;
  }
}
