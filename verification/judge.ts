// Judging: a pure function of facts, policy and time. No clock, no fetch, no file.
import { indeterminate, severity } from './check.ts';
import type { Check, Finding } from './check.ts';
import { weightOfRemark } from './policy.ts';
import type { VerificationPolicy } from './policy.ts';
import { isoTime } from './iso-time.ts';
import type { Conclusion, Row, SubIndication } from './report.ts';

/** Asks every check of a table; each leaves exactly one row. */
export function judge<Facts>(
  checks: readonly Check<Facts>[],
  facts: Facts,
  policy: VerificationPolicy,
  time: Date,
): readonly Row[] {
  return checks.map((check) => judgeOne(check, facts, policy, time));
}

/** What the policy makes of an answer: a remark may be forbidden or silenced; a failure or an open question stands. */
function weighed(id: string, answer: Finding, policy: VerificationPolicy): Finding | null {
  if (answer.outcome !== 'warned') return answer;
  const weight = weightOfRemark(policy, id);
  if (weight === 'ignored') return null;
  if (weight === 'warned') return answer;
  const { zh, en } = answer.finding;
  return indeterminate(
    'SIG_CONSTRAINTS_FAILURE',
    `${zh}（策略${policy.name}不接受）`,
    `${en} (Not accepted by policy ${policy.name}.)`,
    answer.evidenceTime,
    answer.evidence,
  );
}

function timeText(time: Date | null): string | null {
  return time === null ? null : isoTime(time);
}

function judgeOne<Facts>(check: Check<Facts>, facts: Facts, policy: VerificationPolicy, time: Date): Row {
  const answer = check.applies(facts, policy)
    ? weighed(check.id, check.evaluate(facts, policy, time), policy)
    : null;
  if (answer === null) {
    return {
      id: check.id,
      question: check.question,
      citation: check.citation,
      outcome: 'not-applicable',
      finding: { zh: '不适用', en: 'Not applicable' },
      subIndication: null,
      evidence: null,
      evidenceTime: null,
    };
  }
  return {
    id: check.id,
    question: check.question,
    citation: check.citation,
    outcome: answer.outcome,
    finding: answer.finding,
    subIndication: 'subIndication' in answer ? answer.subIndication : null,
    evidence: answer.evidence ?? null,
    evidenceTime: timeText(answer.evidenceTime ?? null),
  };
}

/** What the fold concludes from rows or from other conclusions. */
export interface Concluded {
  readonly conclusion: Conclusion;
  readonly subIndication: SubIndication | null;
  /** The row that decided; null when everything passed or nothing was asked. */
  readonly decidedBy: Row | null;
}

/**
 * The one fold (EN 319 102-1 5.1.3): failed beats indeterminate beats passed; the first row of the worst outcome names the
 * reason. Nothing asked, or nothing that passed, is never a yes.
 */
export function conclude(rows: readonly Row[]): Concluded {
  let worst: Row | null = null;
  for (const row of rows) {
    if (worst === null || severity[row.outcome] > severity[worst.outcome]) worst = row;
  }
  if (worst === null || worst.outcome === 'not-applicable') {
    return { conclusion: 'INDETERMINATE', subIndication: 'SIGNED_DATA_NOT_FOUND', decidedBy: null };
  }
  if (worst.outcome === 'failed') {
    return { conclusion: 'TOTAL-FAILED', subIndication: worst.subIndication, decidedBy: worst };
  }
  if (worst.outcome === 'indeterminate') {
    return { conclusion: 'INDETERMINATE', subIndication: worst.subIndication, decidedBy: worst };
  }
  return { conclusion: 'TOTAL-PASSED', subIndication: null, decidedBy: null };
}
