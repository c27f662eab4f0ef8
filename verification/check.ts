// The shape of a check: one question with its citation, asked of gathered facts.
import type { VerificationPolicy } from './policy.ts';
import type { Evidence, Outcome, SubIndication, Words } from './report.ts';

/** What answered, and the instant it speaks for; both left out where the bytes alone answer. */
interface Answered {
  readonly evidence?: Evidence | null;
  readonly evidenceTime?: Date | null;
}

/** What a check answers. A failed or indeterminate answer names its EN 319 102-1 sub-indication. */
export type Finding =
  | ({ readonly outcome: 'passed' | 'warned'; readonly finding: Words } & Answered)
  | ({
      readonly outcome: 'failed' | 'indeterminate';
      readonly finding: Words;
      readonly subIndication: SubIndication;
    } & Answered);

/** One row of a table of checks; pure, synchronous and total. */
export interface Check<Facts> {
  readonly id: string;
  readonly question: Words;
  readonly citation: string;
  /** False gives a `not-applicable` row, so that nothing asked goes untold. */
  applies(facts: Facts, policy: VerificationPolicy): boolean;
  evaluate(facts: Facts, policy: VerificationPolicy, time: Date): Finding;
}

/** Shorthand for two-language words. */
export function words(zh: string, en: string): Words {
  return { zh, en };
}

/** A sentence's first letter in the middle of another. */
export function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

export function passed(
  zh: string,
  en: string,
  evidenceTime: Date | null = null,
  evidence: Evidence | null = null,
): Finding {
  return { outcome: 'passed', finding: { zh, en }, evidenceTime, evidence };
}

export function warned(
  zh: string,
  en: string,
  evidenceTime: Date | null = null,
  evidence: Evidence | null = null,
): Finding {
  return { outcome: 'warned', finding: { zh, en }, evidenceTime, evidence };
}

export function failed(
  subIndication: SubIndication,
  zh: string,
  en: string,
  evidenceTime: Date | null = null,
  evidence: Evidence | null = null,
): Finding {
  return { outcome: 'failed', subIndication, finding: { zh, en }, evidenceTime, evidence };
}

export function indeterminate(
  subIndication: SubIndication,
  zh: string,
  en: string,
  evidenceTime: Date | null = null,
  evidence: Evidence | null = null,
): Finding {
  return { outcome: 'indeterminate', subIndication, finding: { zh, en }, evidenceTime, evidence };
}

/** Order of the fold: the greatest wins. */
export const severity: Record<Outcome, number> = {
  'not-applicable': 0,
  passed: 1,
  warned: 2,
  indeterminate: 3,
  failed: 4,
};
