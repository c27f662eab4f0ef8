// The shape of a policy as it is written down: one file of data each.
import type { Words } from './report.ts';

/** How much an absent thing weighs. `required` makes the answer indeterminate, never passed. */
export type Weight = 'required' | 'warned' | 'ignored';

/** A policy as it is written down, one file each. */
export interface PolicyData {
  readonly id: string;
  /** Rises with every change of meaning; a report names it. */
  readonly version: string;
  readonly name: 'portal' | 'archive' | 'strict';
  readonly title: Words;
  /** What the policy is for, for people who choose one. */
  readonly purpose: Words;
  /**
   * Rows and what becomes of a remark on them: `required` makes it indeterminate, `warned` leaves it, `ignored` silences it.
   * No policy weakens a failure or an open question: those stand whatever is written here. The three rows below that have a
   * field of their own also decide whether their evidence may be absent.
   */
  readonly rows: Readonly<Record<string, Weight>>;
  /** Seconds by which clocks may differ. */
  readonly clockSkewSeconds: number;
  /** Oldest acceptable OCSP answer or status list without an end of its own, in seconds. */
  readonly freshnessSeconds: number;
}
