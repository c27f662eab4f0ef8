// Verification receipt 核验回执: the claims a verifying department signs; bound to one audience, case and holder.
import type { JsonObject } from '../formats/cose/jws.ts';
import { readJws, signJws } from './jws.ts';
import type { JwsSigner } from './jws.ts';
import type { Report } from './report.ts';
import { VerificationError } from './errors.ts';
import type { SignatureVerifier } from './signature-verifier.ts';

/** `typ` of the token. */
const RECEIPT_TYPE = 'verification-receipt+jwt';

const receiptLimit = 64 * 1024;

/** For whom and for what a receipt is made. */
export interface ReceiptRequest {
  /** Credit code of the verifying department, which signs. */
  readonly issuer: string;
  /** Credit code of the department that may rely on it. */
  readonly audience: string;
  readonly caseNumber: string;
  readonly matter: string;
  /** Commitment to the holder keyed for this audience; null where the thing verified has no holder. */
  readonly holder: string | null;
  /** Random, unique. */
  readonly id: string;
  /** Seconds for which it may be relied upon. */
  readonly lifetime: number;
}

/** Claims of a receipt over a report. Pure: the time is the report's. */
export function receiptClaims(report: Report, request: ReceiptRequest): JsonObject {
  const issued = Math.floor(Date.parse(report.time) / 1000);
  return {
    iss: request.issuer,
    aud: request.audience,
    jti: request.id,
    iat: issued,
    exp: issued + request.lifetime,
    case: request.caseNumber,
    matter: request.matter,
    ...(request.holder === null ? {} : { holder: request.holder }),
    result: {
      kind: report.kind,
      conclusion: report.conclusion,
      subIndication: report.subIndication,
      policy: report.policy,
      document: report.document,
      trustListSequence: report.trustList?.sequence ?? null,
      ...(report.license === null
        ? {}
        : {
            license: report.license.licenseId,
            licenseVersion: report.license.version,
            recordDigest: report.license.recordDigest,
            status:
              report.license.status === null
                ? null
                : { value: report.license.status.value, asOf: report.license.status.asOf },
          }),
    },
  };
}

/** @returns the receipt as a compact JWS. */
export function signReceipt(claims: JsonObject, signer: JwsSigner): Promise<string> {
  return signJws(RECEIPT_TYPE, claims, signer);
}

/** What the one who relies on a receipt expects of it. */
export interface ReceiptExpectation {
  readonly audience: string;
  readonly caseNumber: string;
  readonly holder: string | null;
  readonly time: Date;
}

/**
 * Reads a receipt made for exactly this audience, case and holder.
 * @param keys SubjectPublicKeyInfo DER of the keys a trust list names for receipts
 * @throws VerificationError `receipt-invalid`.
 */
export async function readReceipt(
  token: string,
  keys: readonly Uint8Array[],
  expected: ReceiptExpectation,
  verifier: SignatureVerifier,
): Promise<JsonObject> {
  const jws = await readJws(token, RECEIPT_TYPE, keys, verifier, receiptLimit);
  if (jws.outcome !== 'verified')
    throw new VerificationError('receipt-invalid', 'The receipt is not signed by a listed key.');
  const { aud, exp, iat, case: caseNumber, holder } = jws.payload;
  const now = expected.time.getTime() / 1000;
  if (typeof exp !== 'number' || typeof iat !== 'number' || exp <= now || iat > now + 300) {
    throw new VerificationError('receipt-invalid', 'The receipt is not valid at this time.');
  }
  if (aud !== expected.audience)
    throw new VerificationError('receipt-invalid', 'The receipt is for another audience.');
  if (caseNumber !== expected.caseNumber)
    throw new VerificationError('receipt-invalid', 'The receipt is for another case.');
  if ((holder ?? null) !== expected.holder)
    throw new VerificationError('receipt-invalid', 'The receipt is for another holder.');
  return jws.payload;
}
