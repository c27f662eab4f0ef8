// Time-stamps of another authority under its own policy: asked for, and handed on only where they answer what was asked.
import { createHash } from 'node:crypto';
import { CryptoError } from '../crypto/errors.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { sameBytes } from '../formats/bytes.ts';
import { contentTypeOf, messageDigestOf, signingCertificateOf } from '../formats/cms/attributes.ts';
import { parseSignedData, type SignedData, type SignerInfo } from '../formats/cms/signed-data.ts';
import {
  encodeTimestampResponse,
  parseTimestampResponse,
  parseTstInfo,
  type TimestampFailure,
  type TimestampRequest,
  type TstInfo,
} from '../formats/cms/timestamp.ts';
import { FormatError } from '../formats/errors.ts';
import { digestOf, signerSignatureNameOf } from '../formats/x509/algorithm.ts';
import { parseCertificate } from '../formats/x509/certificate.ts';
import { OID } from '../formats/x509/oid.ts';

/**
 * Port: the way to another time-stamping authority.
 * Promises: resolves with the answer's bytes as received (at most 64 kB), rejects where there was none within its time.
 * Judges nothing.
 */
export interface ExternalTimestamps {
  /** @param request DER `TimeStampReq` @returns DER `TimeStampResp` */
  respond(request: Uint8Array): Promise<Uint8Array>;
}

/** Farthest the other authority's clock may stand from ours, milliseconds. */
const CLOCK_TOLERANCE = 5 * 60 * 1000;

class NotAnAnswer extends Error {}

function refusal(failure: TimestampFailure, text: string): Uint8Array {
  return encodeTimestampResponse({ failure, text });
}

/**
 * Asks the authority behind a policy.
 * @param now - to see that its time can be now
 * @returns its answer unchanged where a token answers the request; otherwise a refusal that says why: the authority's own
 *   failInfo, `timeNotAvailable` where it did not answer, `systemFailure` where what it answered does not hold.
 */
export async function respondExternally(
  service: ExternalTimestamps,
  request: TimestampRequest,
  requestDer: Uint8Array,
  now: Date,
): Promise<Uint8Array> {
  let answer: Uint8Array;
  try {
    answer = await service.respond(requestDer);
  } catch {
    return refusal('timeNotAvailable', 'The authority of this policy does not answer.');
  }
  try {
    const { token, failures } = parseTimestampResponse(answer);
    if (token === null) {
      return refusal(failures[0] ?? 'systemFailure', 'The authority of this policy refused the request.');
    }
    checkToken(token, request, now);
    return answer;
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof CryptoError || error instanceof NotAnAnswer)) {
      throw error;
    }
    return refusal('systemFailure', 'The authority of this policy gave an answer that does not hold.');
  }
}

function checkToken(token: Uint8Array, request: TimestampRequest, now: Date): void {
  const signedData = parseSignedData(token);
  const [signer, ...more] = signedData.signerInfos;
  const { eContent, eContentType } = signedData;
  if (signer === undefined || more.length > 0 || eContent === null || eContentType !== OID.tstInfo) {
    throw new NotAnAnswer('The token is none.');
  }
  checkAnswers(parseTstInfo(eContent), request, now);
  checkSigned(signedData, signer, eContent, request.certificateRequested);
}

/** RFC 3161 section 2.2: what the requester must find the same. */
function checkAnswers(info: TstInfo, request: TimestampRequest, now: Date): void {
  const { nonce } = request;
  const answers =
    info.policy === request.policy &&
    digestOf(info.messageImprint.algorithm)?.name === digestOf(request.messageImprint.algorithm)?.name &&
    sameBytes(info.messageImprint.hashedMessage, request.messageImprint.hashedMessage) &&
    (nonce === null ? info.nonce === null : info.nonce !== null && sameBytes(info.nonce, nonce)) &&
    Math.abs(info.genTime.getTime() - now.getTime()) <= CLOCK_TOLERANCE;
  if (!answers) throw new NotAnAnswer('The token answers something else.');
}

/** The signature holds by the certificate that came along; who issued that is the relying party's matter. */
function checkSigned(
  { certificates }: SignedData,
  signer: SignerInfo,
  eContent: Uint8Array,
  certificateRequested: boolean,
): void {
  const { signedAttributes, signedAttributesDer: message, signature } = signer;
  const digest = digestOf(signer.digestAlgorithm)?.name;
  const named = signingCertificateOf(signedAttributes ?? []);
  if (
    signedAttributes === null ||
    message === null ||
    digest === undefined ||
    digest === 'sha1' ||
    named === null
  ) {
    throw new NotAnAnswer('The token does not name its signer.');
  }
  const digestIn = (name: string, bytes: Uint8Array): Uint8Array => createHash(name).update(bytes).digest();
  const messageDigest = messageDigestOf(signedAttributes);
  if (
    contentTypeOf(signedAttributes) !== OID.tstInfo ||
    messageDigest === null ||
    !sameBytes(messageDigest, digestIn(digest, eContent))
  ) {
    throw new NotAnAnswer('The token is not over its own content.');
  }
  const { digestAlgorithm, certificateDigest } = named;
  const own = certificates.find(
    (der) => digestAlgorithm !== null && sameBytes(digestIn(digestAlgorithm, der), certificateDigest),
  );
  if (own === undefined) {
    if (certificateRequested) throw new NotAnAnswer('The token does not carry its certificate.');
    return;
  }
  const algorithm = signerSignatureNameOf(signer.signatureAlgorithm, signer.digestAlgorithm);
  const { subjectPublicKeyInfo } = parseCertificate(own);
  const check = { pairing: 'x509', publicKey: subjectPublicKeyInfo.der, message, signature } as const;
  if (algorithm === null || !verifySignature({ algorithm, ...check })) {
    throw new NotAnAnswer('The signature of the token does not hold.');
  }
}
