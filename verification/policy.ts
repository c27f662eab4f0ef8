// Verification policies as versioned data: which rows are required, which only warn, which are not asked.
import { VerificationError } from './errors.ts';
import { archive } from './policies/archive.ts';
import { portal } from './policies/portal.ts';
import { strict } from './policies/strict.ts';
import type { PolicyData, Weight } from './policy-data.ts';

/** A policy as it is applied. A caller's own may leave out rows (every remark stays one) and words. */
export interface VerificationPolicy
  extends
    Omit<PolicyData, 'title' | 'purpose' | 'rows'>,
    Partial<Pick<PolicyData, 'title' | 'purpose' | 'rows'>> {
  /** A valid signature time-stamp: row `signature.time-stamp`. */
  readonly timestamp: Weight;
  /** Fresh status of the signer's certificate and of every CA below the anchor: row `certificate.revocation`. */
  readonly revocation: Weight;
  /** Status of the license behind a code: row `code.status`. */
  readonly licenseStatus: Weight;
}

/** Rows whose checks weigh absent evidence themselves. */
const evidenceRows = {
  timestamp: 'signature.time-stamp',
  revocation: 'certificate.revocation',
  licenseStatus: 'code.status',
} as const;

/** A policy of written data, ours or a caller's own. Evidence it does not speak of is required. */
export function policyOf(data: PolicyData): VerificationPolicy {
  const weight = (row: string): Weight => data.rows[row] ?? 'required';
  return {
    ...data,
    timestamp: weight(evidenceRows.timestamp),
    revocation: weight(evidenceRows.revocation),
    licenseStatus: weight(evidenceRows.licenseStatus),
  };
}

/** What a policy makes of a remark on a row; rows that weigh their evidence themselves have done so already. */
export function weightOfRemark(policy: VerificationPolicy, row: string): Weight {
  const own = Object.values(evidenceRows).some((each) => each === row);
  return own ? 'warned' : (policy.rows?.[row] ?? 'warned');
}

/** Every policy there is, as data. */
export const policyData: readonly PolicyData[] = [portal, archive, strict];

/** The policy used where none is named. */
export const portalPolicy: VerificationPolicy = policyOf(portal);

/** @throws VerificationError `policy-unknown`. */
export function policyNamed(name: string): VerificationPolicy {
  const found = policyData.find((policy) => policy.name === name);
  if (found === undefined) {
    const known = policyData.map((policy) => policy.name).join(', ');
    throw new VerificationError(
      'policy-unknown',
      `There is no verification policy named ${JSON.stringify(name)}; there are ${known}.`,
    );
  }
  return policyOf(found);
}
