// Asks for a time-stamp and hands it on only after every check a relying party would make.
import { hash } from 'node:crypto';
import type { DigestName } from '../crypto/algorithms.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import { CryptoError } from '../crypto/errors.ts';
import type { Suite } from '../crypto/suite.ts';
import { verifyRemembered } from '../crypto/remembered-signatures.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes, toHex } from '../formats/bytes.ts';
import { contentTypeOf, messageDigestOf, signingCertificateOf } from '../formats/cms/attributes.ts';
import { parseSignedData, type SignedData, type SignerInfo } from '../formats/cms/signed-data.ts';
import {
  encodeTimestampRequest,
  parseTimestampResponse,
  parseTstInfo,
  type TstInfo,
} from '../formats/cms/timestamp.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf, signatureNameOf, signerSignatureNameOf } from '../formats/x509/algorithm.ts';
import { parseCertificate, type Certificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';
import { SigningError } from './errors.ts';
import type { TimestampService } from './timestamp-service.ts';

/** A token that was checked. */
export interface Timestamp {
  /** DER ContentInfo of the token, as it goes into the unsigned attribute. */
  readonly token: Uint8Array;
  /** genTime of the token. */
  readonly time: Date;
  /** Lower-case hex. */
  readonly serialNumber: string;
}

/** What a stamp asks for its time. */
export interface TimestampClient {
  /** What tokens are asked for over: the suite's digest. */
  readonly digest: Suite['digest'];
  /** Bytes to leave free for a token: the largest seen, or a guess before the first. */
  tokenSize(): number;
  /**
   * @param digest of the bytes to be stamped, by the client's algorithm, 32 bytes
   * @param budget milliseconds the whole exchange may take
   * @throws SigningError `timestamp-unavailable` (none in time), `timestamp-invalid` (an answer that does not hold)
   */
  timestamp(digest: Uint8Array, budget: number): Promise<Timestamp>;
}

export interface TimestampClientParts {
  readonly service: TimestampService;
  readonly random: RandomBytes;
  readonly clock: Clock;
  /** Default SHA-256. */
  readonly digest?: Suite['digest'];
  /**
   * DER certificates of the issuing CAs whose time-stamping certificates are taken; a token carries no other CA's. Asked
   * each time: an authority may get a successor. Null: tokens of anybody are taken, and whoever relies on one decides whom he
   * trusts.
   */
  readonly issuers: () => readonly Uint8Array[] | null;
}

/** Room for a token before one was seen: a signer's and a CA's certificate with everything around them. */
const firstGuess = 4096;
/** Farthest the authority's clock may stand from ours, milliseconds. */
const clockTolerance = 5 * 60 * 1000;

/** @returns a client that asks `service` and believes nothing it says before checking it. */
export function timestampClient(parts: TimestampClientParts): TimestampClient {
  const { digest: algorithm = 'sha256' } = parts;
  let largest = 0;
  return {
    digest: algorithm,
    tokenSize: () => (largest === 0 ? firstGuess : largest),
    async timestamp(digest, budget) {
      const nonce = parts.random(16);
      const request = encodeTimestampRequest({
        digestAlgorithm: algorithm,
        digest,
        nonce,
        certificateRequested: true,
      });
      const response = await exchange(parts.service, request, budget);
      try {
        const issuers = parts.issuers()?.map((der) => parseCertificate(der)) ?? null;
        const timestamp = checkResponse(response, { algorithm, digest, nonce, issuers, now: parts.clock() });
        largest = Math.max(largest, timestamp.token.length);
        return timestamp;
      } catch (cause) {
        if (!(cause instanceof FormatError || cause instanceof CryptoError)) throw cause;
        throw new SigningError(
          'timestamp-invalid',
          'The time-stamp service answered with a token that cannot be checked.',
          { cause },
        );
      }
    },
  };
}

async function exchange(service: TimestampService, request: Uint8Array, budget: number): Promise<Uint8Array> {
  const running = new AbortController();
  const { signal } = running;
  // Ended with the answer: a thousand stamps would leave a thousand timers for the rest of their budgets.
  const timer = setTimeout(() => running.abort(), budget);
  try {
    // The race holds the budget against a service that overhears the signal.
    return await Promise.race([service.respond(request, signal), aborted(signal)]);
  } catch (cause) {
    const why = signal.aborted ? `did not answer within ${budget} ms` : 'could not be reached';
    throw new SigningError('timestamp-unavailable', `The time-stamp service ${why}.`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('time budget used up')), { once: true });
  });
}

interface Expected {
  readonly algorithm: Suite['digest'];
  readonly digest: Uint8Array;
  readonly nonce: Uint8Array;
  readonly issuers: readonly Certificate[] | null;
  readonly now: Date;
}

function checkResponse(response: Uint8Array, expected: Expected): Timestamp {
  const { status, token } = parseTimestampResponse(response);
  if (token === null) {
    throw new SigningError(
      'timestamp-unavailable',
      `The time-stamp service refused the request (status ${status}).`,
    );
  }
  const signedData = parseSignedData(token);
  const info = tstInfoOf(signedData);
  checkAnswersRequest(info, expected);
  const signer = onlySigner(signedData);
  const certificate = signerCertificate(signedData, signer, expected.issuers === null);
  checkCertificate(certificate, info, expected.issuers);
  checkSignature(signedData, signer, certificate);
  if (expected.issuers !== null) checkUnsigned(signedData, signer, [certificate, ...expected.issuers]);
  return { token, time: info.genTime, serialNumber: toHex(info.serialNumber) };
}

function tstInfoOf(signedData: SignedData): TstInfo {
  if (signedData.eContentType !== OID.tstInfo || signedData.eContent === null) {
    throw invalid('The token holds no TSTInfo.');
  }
  return parseTstInfo(signedData.eContent);
}

/** RFC 3161 §2.2: imprint and nonce are those of the request, the time is one that can be now. */
function checkAnswersRequest(info: TstInfo, expected: Expected): void {
  if (digestOf(info.messageImprint.algorithm)?.name !== expected.algorithm)
    throw invalid('The token names another digest algorithm.');
  if (!sameBytes(info.messageImprint.hashedMessage, expected.digest))
    throw invalid('The token is over another digest.');
  if (info.nonce === null || !sameBytes(magnitude(info.nonce), magnitude(expected.nonce))) {
    throw invalid('The token answers another request.');
  }
  if (Math.abs(info.genTime.getTime() - expected.now.getTime()) > clockTolerance) {
    throw invalid('The time of the token is more than five minutes from ours.');
  }
}

/** RFC 3161 §2.4.2: a token has one signature, the authority's. */
function onlySigner(signedData: SignedData): SignerInfo {
  const [signer, ...more] = signedData.signerInfos;
  if (signer === undefined || more.length > 0) throw invalid('The token does not have exactly one signer.');
  return signer;
}

/** What no signature covers is what our own authorities write, since it is going to stand in the document. */
function checkUnsigned(signedData: SignedData, signer: SignerInfo, known: readonly Certificate[]): void {
  const [digestAlgorithm, ...more] = signedData.digestAlgorithms;
  const sound =
    signedData.version === 3 &&
    digestAlgorithm !== undefined &&
    more.length === 0 &&
    sameBytes(digestAlgorithm.der, signer.digestAlgorithm.der) &&
    signedData.passedOver === 0 &&
    signedData.crls.length === 0 &&
    signedData.ocspResponses.length === 0 &&
    signer.unsignedAttributes.length === 0 &&
    signedData.certificates.every((der) => known.some((each) => sameBytes(each.der, der)));
  if (!sound) throw invalid('The token carries something besides its signature that is not known here.');
}

/** The certificate that the signed attribute names by digest (RFC 5816 §2.2), and that issuer and serial name too. */
function signerCertificate(signedData: SignedData, signer: SignerInfo, anybody: boolean): Certificate {
  const named = signingCertificateOf(signer.signedAttributes ?? []);
  const algorithm = named?.digestAlgorithm ?? null;
  // Others still name their certificate by SHA-1 (RFC 3161 as it was first written); ours do not.
  const old = anybody && named?.version === 1 && algorithm === 'sha1';
  if (named === null || algorithm === null || !(old || (named.version === 2 && isHash(algorithm)))) {
    throw invalid('The token does not name its signer by a usable signing-certificate-v2.');
  }
  const der = signedData.certificates.find((each) =>
    sameBytes(hash(algorithm, each, 'buffer'), named.certificateDigest),
  );
  if (der === undefined) throw invalid('The token does not carry the certificate of its signer.');
  const certificate = parseCertificate(der);
  const { signer: identifier } = signer;
  if (
    identifier.kind !== 'issuer-serial' ||
    !sameBytes(identifier.issuer.der, certificate.issuer.der) ||
    !sameBytes(identifier.serialNumber, certificate.serialNumber)
  ) {
    throw invalid('The token names two different signers.');
  }
  return certificate;
}

/** RFC 3161 §2.3: one purpose, time-stamping, marked critical; issued by a CA we take, valid at the stamped time. */
function checkCertificate(
  certificate: Certificate,
  info: TstInfo,
  issuers: readonly Certificate[] | null,
): void {
  const usages = certificate.extendedKeyUsage ?? [];
  const critical = certificate.extensions.get(OID.extendedKeyUsage)?.critical === true;
  if (usages.length !== 1 || usages[0] !== OID.timeStamping || !critical) {
    throw invalid('The signer of the token is not certified for time-stamping alone.');
  }
  if (info.genTime < certificate.notBefore || info.genTime > certificate.notAfter) {
    throw invalid('The certificate of the time-stamp service was not valid at the stamped time.');
  }
  if (issuers === null) return;
  const algorithm = signatureNameOf(certificate.signatureAlgorithm);
  const issued = issuers.some(
    (issuer) =>
      sameBytes(issuer.subject.der, certificate.issuer.der) &&
      algorithm !== null &&
      verifyRemembered({
        algorithm,
        pairing: 'x509',
        publicKey: issuer.subjectPublicKeyInfo.der,
        message: certificate.tbs,
        signature: certificate.signature,
      }),
  );
  if (!issued)
    throw invalid('The certificate of the time-stamp service comes from an authority that is not ours.');
}

function checkSignature(signedData: SignedData, signer: SignerInfo, certificate: Certificate): void {
  const { signedAttributes, signedAttributesDer } = signer;
  const digest = digestOf(signer.digestAlgorithm)?.name;
  const algorithm = signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm);
  if (signedAttributes === null || signedAttributesDer === null || signedData.eContent === null) {
    throw invalid('The token has no signed attributes.');
  }
  if (digest === undefined || !isHash(digest) || algorithm === null) {
    throw invalid('The token is signed with an algorithm that is not taken.');
  }
  const messageDigest = messageDigestOf(signedAttributes);
  if (
    contentTypeOf(signedAttributes) !== OID.tstInfo ||
    messageDigest === null ||
    !sameBytes(messageDigest, hash(digest, signedData.eContent, 'buffer')) ||
    !verifySignature({
      algorithm,
      pairing: 'x509',
      publicKey: certificate.subjectPublicKeyInfo.der,
      message: signedAttributesDer,
      signature: signer.signature,
    })
  ) {
    throw invalid('The signature of the token does not hold.');
  }
}

function isHash(name: string): name is DigestName {
  return name === 'sha256' || name === 'sha384' || name === 'sha512' || name === 'sm3';
}

/** An unsigned integer's bytes without leading zeros. */
function magnitude(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((octet) => octet !== 0);
  return first === -1 ? new Uint8Array(0) : bytes.subarray(first);
}

function invalid(message: string): SigningError {
  return new SigningError('timestamp-invalid', message);
}
