// Verification receipt 核验回执: the claims a verifying department signs; bound to one audience, case and holder.
import { acceptanceBy } from './acceptance.ts';
import type { Acceptance, AcceptanceRule } from './acceptance.ts';
import { signJws } from './jws.ts';
import type { JwsSigner } from './jws.ts';
import { receiptPayload } from './receipt-claims.ts';
import type { ReceiptClaims, ReceiptHolder, ReceiptLicense } from './receipt-claims.ts';
import type { LicenseReport, Report } from './report.ts';

/** `typ` of the token. */
export const RECEIPT_TYPE = 'verification-receipt+jwt';

/** For whom and for what a receipt is made. */
export interface ReceiptRequest {
  /** Credit code of the verifying department, which signs. */
  readonly issuer: string;
  /** Credit code of the department that may rely on it. */
  readonly audience: string;
  readonly caseNumber: string;
  readonly matter: string;
  /** Committed to for this audience (`commitToHolder`); null where the thing verified has no holder, or none was named. */
  readonly holder: ReceiptHolder | null;
  /** Random, unique. */
  readonly id: string;
  /** Seconds for which it may be relied upon. */
  readonly lifetime: number;
  /** The issuer's rule for a license of this type and the matter; null where none fits. */
  readonly acceptanceRule: (typeCode: string) => AcceptanceRule | null;
}

/** A license without a type or a record could be recognised by nobody. */
function licenseOf(license: LicenseReport | null): ReceiptLicense | null {
  if (license === null || license.typeCode === null || license.recordDigest === null) return null;
  const { status, statusEntry } = license;
  return {
    id: license.licenseId,
    version: license.version ?? 0,
    type: license.typeCode,
    issuer: license.issuer,
    recordDigest: license.recordDigest,
    expires: license.expiresAt,
    status:
      status === null || statusEntry === null
        ? null
        : { list: statusEntry.list, index: statusEntry.index, value: status.value, asOf: status.asOf },
  };
}

function acceptanceOf(report: Report, { acceptanceRule }: ReceiptRequest): Acceptance | null {
  const license = licenseOf(report.license);
  const rule = license === null ? null : acceptanceRule(license.type);
  if (license === null || rule === null) return null;
  const { status } = license;
  return acceptanceBy(rule, {
    conclusion: report.conclusion,
    statusAsOf: status === null ? null : new Date(status.asOf),
    time: new Date(report.time),
  });
}

/** Claims of a receipt over a report. Pure: the time is the report's. */
export function receiptClaims(report: Report, request: ReceiptRequest): ReceiptClaims {
  const issued = Math.floor(Date.parse(report.time) / 1000);
  return {
    iss: request.issuer,
    aud: request.audience,
    jti: request.id,
    iat: issued,
    exp: issued + request.lifetime,
    case: request.caseNumber,
    matter: request.matter,
    holder: request.holder,
    result: {
      kind: report.kind,
      conclusion: report.conclusion,
      subIndication: report.subIndication,
      policy: report.policy,
      document: report.document,
      trustListSequence: report.trustList?.sequence ?? null,
      license: licenseOf(report.license),
    },
    basis: null,
    acceptance: acceptanceOf(report, request),
    // Grants and the public log are not there yet.
    grant: null,
    logIndex: null,
  };
}

/** @returns the receipt as a compact JWS. */
export function signReceipt(claims: ReceiptClaims, signer: JwsSigner): Promise<string> {
  return signJws(RECEIPT_TYPE, receiptPayload(claims), signer);
}
