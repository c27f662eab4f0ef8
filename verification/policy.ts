// Verification policies as versioned data: what is required, what only warns, what is not asked.
import { VerificationError } from './errors.ts';

/** How much an absent thing weighs. `required` makes the answer indeterminate, never passed. */
type Weight = 'required' | 'warned' | 'ignored';

export interface VerificationPolicy {
  readonly id: string;
  /** Rises with every change of meaning; a report names it. */
  readonly version: string;
  readonly name: 'portal' | 'archive' | 'strict';
  /** A valid signature time-stamp. */
  readonly timestamp: Weight;
  /** Fresh status of the signer's certificate and of every CA below the anchor. */
  readonly revocation: Weight;
  /** Status of the license behind a code. */
  readonly licenseStatus: Weight;
  /** Seconds by which clocks may differ. */
  readonly clockSkewSeconds: number;
  /** Oldest acceptable OCSP answer or status list without an end of its own, in seconds. */
  readonly freshnessSeconds: number;
}

const portal: VerificationPolicy = {
  id: 'urn:yinxin:verification-policy:portal',
  version: '1',
  name: 'portal',
  timestamp: 'warned',
  revocation: 'required',
  licenseStatus: 'required',
  clockSkewSeconds: 300,
  freshnessSeconds: 7 * 86_400,
};

const policies: readonly VerificationPolicy[] = [
  portal,
  { ...portal, id: 'urn:yinxin:verification-policy:archive', name: 'archive', timestamp: 'required' },
  {
    ...portal,
    id: 'urn:yinxin:verification-policy:strict',
    name: 'strict',
    timestamp: 'required',
    clockSkewSeconds: 60,
    freshnessSeconds: 86_400,
  },
];

/** The policy used where none is named. */
export const portalPolicy = portal;

/** @throws VerificationError `policy-unknown`. */
export function policyNamed(name: string): VerificationPolicy {
  const found = policies.find((policy) => policy.name === name);
  if (found === undefined) {
    throw new VerificationError(
      'policy-unknown',
      `There is no verification policy named ${JSON.stringify(name)}.`,
    );
  }
  return found;
}
