// Relying on another authority's receipt instead of the document: gather, judge, and what we then say ourselves.
import { acceptanceBy } from './acceptance.ts';
import type { Acceptance } from './acceptance.ts';
import type { CodeDependencies } from './code.ts';
import { receiptChecks } from './checks/receipt.ts';
import { gatherReceipt, type ReceiptExpectation, type ReceiptFacts } from './facts-receipt.ts';
import { conclude, judge } from './judge.ts';
import { portalPolicy } from './policy.ts';
import type { ReceiptClaims, ReceiptHolder, ReceiptLicense } from './receipt-claims.ts';
import type { Conclusion, Row, SubIndication } from './report.ts';

/** What came of it. */
export interface Recognition {
  readonly conclusion: Conclusion;
  readonly subIndication: SubIndication | null;
  /** What decided against it; null where nothing did. */
  readonly decidedBy: Row | null;
  readonly rows: readonly Row[];
  /** What the receipt says; null where it could not be read, and to be relied upon only when `conclusion` is TOTAL-PASSED. */
  readonly claims: ReceiptClaims | null;
  /** Its license with the status as it is now. */
  readonly license: ReceiptLicense | null;
  /** What our rule says of it now; null where it is about no license. */
  readonly acceptance: Acceptance | null;
}

function licenseNow({ claims, status }: ReceiptFacts): ReceiptLicense | null {
  const license = claims?.result.license ?? null;
  if (license === null || license.status === null || status?.kind !== 'read') return license;
  const { value, issuedAt } = status;
  return { ...license, status: { ...license.status, value, asOf: issuedAt.toISOString() } };
}

function acceptanceNow({ claims, status, acceptanceRule }: ReceiptFacts, time: Date): Acceptance | null {
  if (claims === null || acceptanceRule === null) return null;
  const statusAsOf = status?.kind === 'read' ? status.issuedAt : null;
  return acceptanceBy(acceptanceRule, { conclusion: claims.result.conclusion, statusAsOf, time });
}

/**
 * Judges a receipt for one audience, case, matter and holder, and asks anew for the license's status. The document itself
 * is not needed. Never throws because of the token.
 */
export async function recogniseReceipt(
  token: string,
  expected: ReceiptExpectation,
  dependencies: CodeDependencies,
): Promise<Recognition> {
  const { time, policy = portalPolicy } = dependencies;
  const facts = await gatherReceipt(token, expected, dependencies);
  const rows = judge(receiptChecks, facts, policy, time);
  return {
    ...conclude(rows),
    rows,
    claims: facts.claims,
    license: licenseNow(facts),
    acceptance: acceptanceNow(facts, time),
  };
}

/** For whom the receipt of a recognition is made. */
export interface RecognitionReceipt {
  readonly issuer: string;
  readonly audience: string;
  readonly holder: ReceiptHolder | null;
  readonly id: string;
  readonly lifetime: number;
  readonly time: Date;
  readonly policy: { readonly id: string; readonly version: string };
  readonly trustListSequence: number | null;
}

/**
 * What the recognising department says in turn: the result as it was recognised, with the status of now. It lives no
 * longer than what it rests upon, so that handing receipts on renews nothing.
 */
export function recognitionClaims(
  claims: ReceiptClaims,
  { license, acceptance }: Pick<Recognition, 'license' | 'acceptance'>,
  made: RecognitionReceipt,
): ReceiptClaims {
  const issued = Math.floor(made.time.getTime() / 1000);
  return {
    iss: made.issuer,
    aud: made.audience,
    jti: made.id,
    iat: issued,
    exp: Math.min(issued + made.lifetime, claims.exp),
    case: claims.case,
    matter: claims.matter,
    holder: made.holder,
    result: {
      ...claims.result,
      policy: made.policy,
      trustListSequence: made.trustListSequence,
      license,
    },
    basis: { iss: claims.iss, jti: claims.jti },
    acceptance,
    grant: null,
    logIndex: null,
  };
}
