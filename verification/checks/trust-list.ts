// The question about the trust list that a file, a seal or a certificate is judged by.
import { indeterminate, passed, warned, words } from '../check.ts';
import type { Check, Finding } from '../check.ts';
import type { VerificationDependencies } from '../dependencies.ts';
import type { VerificationPolicy } from '../policy.ts';
import { isCurrent } from '../trust-list.ts';
import type { TrustList } from '../trust-list.ts';

/** The list, or why there is none where one was expected. */
export interface TrustListContext {
  readonly trustList: TrustList | null;
  readonly trustListProblem: string | null;
  /** True where the caller trusts certificates of his own beside it: without the list these answer alone. */
  readonly ownAnchors: boolean;
}

export function trustListContext(dependencies: VerificationDependencies): TrustListContext {
  return {
    trustList: dependencies.trustList ?? null,
    trustListProblem: dependencies.trustListProblem ?? null,
    ownAnchors: (dependencies.anchors ?? []).length > 0,
  };
}

function finding(
  { trustList, trustListProblem }: TrustListContext,
  policy: VerificationPolicy,
  time: Date,
): Finding {
  if (trustList === null) {
    const why = trustListProblem ?? 'unavailable';
    return indeterminate(
      'NO_CERTIFICATE_CHAIN_FOUND',
      `信任列表不可用(${why})。`,
      `The trust list cannot be used (${why}).`,
    );
  }
  return isCurrent(trustList, time, policy.clockSkewSeconds)
    ? passed(
        `信任列表第${trustList.sequence}期。`,
        `Trust list edition ${trustList.sequence}.`,
        trustList.issued,
        'trust-list',
      )
    : indeterminate(
        'TRY_LATER',
        '信任列表已过期。',
        'The trust list is out of date.',
        trustList.issued,
        'trust-list',
      );
}

/**
 * A list that cannot be used vouches for nobody (`anchorsOf`). Where the caller's own anchors are there it is no more than a
 * remark, as without the list nothing would be asked; where it alone was to be relied on, the answer is open.
 * @param id of the row
 */
export function trustListCheck<Context extends TrustListContext>(id: string): Check<Context> {
  return {
    id,
    question: words('信任列表是否现行有效？', 'Is the trust list current?'),
    citation: 'ETSI TS 119 602 6',
    applies: ({ trustList, trustListProblem }) => trustList !== null || trustListProblem !== null,
    evaluate: (context, policy, time) => {
      const answer = finding(context, policy, time);
      return context.ownAnchors && answer.outcome !== 'passed'
        ? warned(answer.finding.zh, answer.finding.en, answer.evidenceTime, answer.evidence)
        : answer;
    },
  };
}

/** The question as it is asked of everything but PDFs, which have it among their own. */
export const trustListChecks: readonly Check<TrustListContext>[] = [trustListCheck('input.trust-list')];
