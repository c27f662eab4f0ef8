// Time-stamp authority (RFC 3161, RFC 5816, EN 319 421 and 422): a digest in, a signed token with the time out.
import { createHash } from 'node:crypto';
import type { RandomBytes } from '../crypto/clock.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { encodeSignedAttributes } from '../formats/cms/attributes.ts';
import { encodeSignedData } from '../formats/cms/signed-data.ts';
import {
  encodeTimestampResponse,
  encodeTstInfo,
  parseTimestampRequest,
  type TimestampFailure,
  type TimestampRequest,
} from '../formats/cms/timestamp.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf } from '../formats/x509/algorithm.ts';
import { OID } from '../formats/x509/oid.ts';
import { PRIVATE_OID } from '../formats/x509/private-oid.ts';
import { SampledSigner } from './checked-signing.ts';
import { CaError } from './errors.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { CaParts } from './parts.ts';
import { TimestampClock } from './timestamp-clock.ts';

/** Milliseconds; EN 319 421 clause 7.7.2 asks for one second or better. */
const ACCURACY = 1000;

interface Refusal {
  readonly failure: TimestampFailure;
  readonly text: string;
}

function judge(request: TimestampRequest): Refusal | null {
  const digest = digestOf(request.messageImprint.algorithm);
  // EN 319 422 clause 4.1.3: no new tokens over broken digests.
  if (digest === null || !['sha256', 'sha384', 'sha512'].includes(digest.name)) {
    return { failure: 'badAlg', text: 'The digest must be SHA-256, SHA-384 or SHA-512.' };
  }
  if (request.messageImprint.hashedMessage.length !== digest.size) {
    return { failure: 'badDataFormat', text: 'The digest has a wrong length for its algorithm.' };
  }
  if (request.policy !== null && request.policy !== PRIVATE_OID.timestampPolicy) {
    return { failure: 'unacceptedPolicy', text: 'The policy is not offered here.' };
  }
  if (request.extensions.size > 0) {
    return { failure: 'unacceptedExtension', text: 'No extension is supported.' };
  }
  return null;
}

export class TimestampAuthority {
  readonly #random: RandomBytes;
  readonly #hierarchy: Hierarchy;
  readonly #clock: TimestampClock;
  readonly #signer = new SampledSigner();

  constructor(parts: Pick<CaParts, 'database' | 'clock' | 'random'>, hierarchy: Hierarchy) {
    this.#random = parts.random;
    this.#hierarchy = hierarchy;
    this.#clock = new TimestampClock(parts);
  }

  /**
   * Answers one request. A refusal is an answer too, with its reason (PKIFailureInfo).
   * @returns TimeStampResp DER for `application/timestamp-reply`.
   * @throws CaError `self-check-failed`; StorageError where the clock's mark cannot be stored.
   */
  async respond(requestDer: Uint8Array): Promise<Uint8Array> {
    let request: TimestampRequest;
    try {
      request = parseTimestampRequest(requestDer);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return encodeTimestampResponse({ failure: 'badDataFormat', text: 'The request is not well formed.' });
    }
    const refusal = judge(request);
    if (refusal !== null) return encodeTimestampResponse(refusal);
    const time = await this.#clock.next();
    if (time === null) {
      const text = 'The clock is behind a time-stamp already issued.';
      return encodeTimestampResponse({ failure: 'timeNotAvailable', text });
    }
    return encodeTimestampResponse({ token: await this.#token(request, time) });
  }

  async #token(request: TimestampRequest, time: Date): Promise<Uint8Array> {
    const key: SigningKey = this.#hierarchy.serviceKey('timestamp');
    const [certificate] = key.chain;
    if (certificate === undefined || key.algorithm !== 'ES256') {
      throw new CaError(
        'hierarchy-damaged',
        'The time-stamping key has no certificate or a foreign algorithm.',
      );
    }
    const tstInfo = encodeTstInfo({
      policy: PRIVATE_OID.timestampPolicy,
      messageImprint: request.messageImprint.der,
      // 128 random bits under a leading 1: unique across keys and restarts without a counter to lose.
      serialNumber: Uint8Array.of(1, ...this.#random(16)),
      genTime: time,
      accuracy: ACCURACY,
      nonce: request.nonce,
    });
    const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
    const signedAttributes = encodeSignedAttributes({
      contentType: OID.tstInfo,
      messageDigest: sha256(tstInfo),
      signingCertificate: { digestAlgorithm: 'sha256', certificateDigest: sha256(certificate) },
    });
    return encodeSignedData({
      digestAlgorithm: 'sha256',
      signedAttributes,
      signatureAlgorithm: 'ES256',
      signature: await this.#signer.sign(key, signedAttributes),
      signerCertificate: certificate,
      certificates: request.certificateRequested ? key.chain : [],
      eContent: { type: OID.tstInfo, content: tstInfo },
    });
  }
}
