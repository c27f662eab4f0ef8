// Demonstration only: the sample accounts that the login page offers to choose from, without any proof.
import type { Principal } from './principal.ts';

/** A sample account. Its key is not personal; names shown are the fixtures'. */
export interface DemonstrationAccount {
  readonly key: string;
  readonly name: string;
  /** What a session of it is, once signed in at the provider. */
  readonly principal: Principal;
  /** `acc_…` of the person behind it. */
  readonly account?: string;
}

/** Empty outside the demonstration. */
export interface SampleAccounts {
  readonly accounts: readonly DemonstrationAccount[];
}
