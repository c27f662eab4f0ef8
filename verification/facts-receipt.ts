// Gathering about another authority's receipt: what it says, whose listed key signed it, and what is true of the license now.
import type { JsonObject } from '../formats/cose/jws.ts';
import { parseJws } from '../formats/cose/jws.ts';
import { FormatError } from '../formats/errors.ts';
import { acceptanceRuleOf } from './acceptance.ts';
import type { AcceptanceRule } from './acceptance.ts';
import { gatherStatus, type StatusFacts, type StatusSources } from './facts-status.ts';
import { keysOfType } from './listed-keys.ts';
import { opensCommitment } from './holder.ts';
import { readJws } from './jws.ts';
import { RECEIPT_TYPE } from './receipt.ts';
import { readReceiptClaims, type ReceiptClaims } from './receipt-claims.ts';
import { sameOperator } from './recognised-lists.ts';
import type { ListedService, TrustedEntity, TrustList } from './trust-list.ts';

const receiptLimit = 64 * 1024;

/** What the one who relies on a receipt expects of it. */
export interface ReceiptExpectation {
  /** Own credit code. */
  readonly audience: string;
  readonly caseNumber: string;
  readonly matter: string;
  /** Credit code or resident number of the case's applicant; null where the thing verified has no holder. */
  readonly holder: string | null;
  /** `<digest>:<hex>` of the license's record where it is known from elsewhere; null where it is not. */
  readonly recordDigest: (license: string) => Promise<string | null>;
}

export interface ReceiptFacts {
  readonly expected: Omit<ReceiptExpectation, 'recordDigest'>;
  /** Null where the token is no receipt. */
  readonly claims: ReceiptClaims | null;
  /** The listed service whose key signed; null where none did. */
  readonly signer: ListedService | null;
  /** Who is named as the verifying department, as the signer's own operator lists it. */
  readonly issuer: TrustedEntity | null;
  /** Whether the commitment opens with the expected holder; null where either is absent. */
  readonly holderOpens: boolean | null;
  /** Who issued the license. */
  readonly authority: TrustedEntity | null;
  /** Of the license, now; null where the receipt is about no license. */
  readonly status: StatusFacts | null;
  /** What the license's record is known to be from elsewhere. */
  readonly recordDigest: string | null;
  /** Our operator's rule for the license and the matter; null where the receipt is about no license. */
  readonly acceptanceRule: AcceptanceRule | null;
  readonly trustList: TrustList | null;
}

/** Of several operators that list an authority our own knows it best, then the one whose receipt it is. */
function authorityOf(
  list: TrustList | null,
  creditCode: string,
  signer: ListedService | null,
): TrustedEntity | null {
  const named = list?.entities.filter(({ identifier }) => identifier === creditCode) ?? [];
  return (
    named.find(({ recognisedFrom }) => recognisedFrom === undefined) ??
    named.find((each) => signer !== null && sameOperator(each, signer.entity)) ??
    named[0] ??
    null
  );
}

/** The payload, unverified, so that a refusal can say what else does not hold. */
function unverifiedPayload(token: string): JsonObject | null {
  try {
    const { header, payload } = parseJws(token, receiptLimit);
    return header['typ'] === RECEIPT_TYPE ? payload : null;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** Never throws because of the token. */
export async function gatherReceipt(
  token: string,
  { recordDigest, ...expected }: ReceiptExpectation,
  sources: StatusSources,
): Promise<ReceiptFacts> {
  const { trustList = null, verifier } = sources;
  const keys = keysOfType(trustList, 'receipt');
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const jws = await readJws(token, RECEIPT_TYPE, publicKeys, verifier, receiptLimit);
  const payload = jws.outcome === 'verified' ? jws.payload : unverifiedPayload(token);
  const claims = payload === null ? null : readReceiptClaims(payload);
  const signer = jws.outcome === 'verified' ? (keys[jws.key]?.listed ?? null) : null;
  const license = claims?.result.license ?? null;
  const authority = license === null ? null : authorityOf(trustList, license.issuer, signer);
  const { holder } = expected;
  return {
    expected,
    claims,
    signer,
    issuer:
      trustList?.entities.find(
        (entity) =>
          entity.identifier === claims?.iss && signer !== null && sameOperator(entity, signer.entity),
      ) ?? null,
    holderOpens:
      claims === null || claims.holder === null || holder === null
        ? null
        : await opensCommitment(verifier, claims.holder.commitment, expected.audience, holder),
    authority,
    // Who is not believed makes nobody ask for anything.
    status:
      license === null || signer === null
        ? null
        : await gatherStatus(license.status, authority === null ? [] : [authority], sources),
    recordDigest: license === null || signer === null ? null : await recordDigest(license.id),
    acceptanceRule: license === null ? null : acceptanceRuleOf(trustList, expected.matter, license.type),
    trustList,
  };
}
