// Words of the license desk: what became of a change, of a request, and what an event or a request says.
import type { ChangeRequestDetails } from '../licenses/change-request.ts';
import type { VersionEvent } from '../licenses/versions.ts';
import type { Words } from '../verification/report.ts';
import { html, type Html } from '../web/html.ts';
import { dayElement, timeElement } from '../web/words.ts';
import { actorElement } from '../web/actor.ts';
import type { ActorsShown } from './shown-actors.ts';

/** What became of a change that was decided ahead of its day. */
export const dueWords: Readonly<Record<NonNullable<VersionEvent['due']>, Words>> = {
  waiting: { zh: '待生效', en: 'waits for its day' },
  applied: { zh: '已生效', en: 'in effect' },
  lapsed: { zh: '未生效', en: 'came to nothing' },
  countermanded: { zh: '已撤回', en: 'taken back' },
};

/** Colour of the chip that says it. */
export const dueChips = {
  waiting: 'indeterminate',
  applied: 'passed',
  lapsed: 'not-applicable',
  countermanded: 'not-applicable',
} as const satisfies Record<keyof typeof dueWords, string>;

/** How a change request stands. */
export const requestStateWords: Readonly<Record<ChangeRequestDetails['state'], Words>> = {
  waiting: { zh: '待审批', en: 'waits for a second person' },
  approved: { zh: '已同意，办理中', en: 'approved, being done' },
  executed: { zh: '已办理', en: 'done' },
  rejected: { zh: '不同意', en: 'rejected' },
  withdrawn: { zh: '已撤回', en: 'withdrawn' },
  lapsed: { zh: '已失效', en: 'lapsed' },
};

const detailWords: Readonly<Record<string, Words>> = {
  inspectedOn: { zh: '检查日期', en: 'Inspected on' },
  outcome: { zh: '结论', en: 'Outcome' },
  nextBy: { zh: '下次期限', en: 'Next by' },
  licenses: { zh: '并入的证照', en: 'Licenses taken in' },
  effective: { zh: '原定生效', en: 'Was to take effect' },
};

/** Facts of an event that have words. */
export function factsOfEvent(
  event: VersionEvent,
): readonly { readonly words: Words; readonly value: Html | string }[] {
  return Object.entries(event.details).flatMap(([name, value]) => {
    const words = detailWords[name];
    if (words === undefined) return [];
    return [{ words, value: /^\d{4}-\d{2}-\d{2}/.test(value) ? dayElement(value) : value }];
  });
}

/** Colour of the chip that says it. */
export const requestChips = {
  waiting: 'indeterminate',
  approved: 'indeterminate',
  executed: 'passed',
  rejected: 'not-applicable',
  withdrawn: 'not-applicable',
  lapsed: 'not-applicable',
} as const satisfies Record<keyof typeof requestStateWords, string>;

/** What a request asks for, line by line. */
export function factsOfAsked(
  request: ChangeRequestDetails,
  shown: ActorsShown,
): readonly { readonly label: Words; readonly value: Html | string }[] {
  const { asked } = request;
  const words = asked.kind === 'version' ? asked.succeeds : asked;
  const effectiveAt = 'effectiveAt' in words ? words.effectiveAt : undefined;
  const caseOf = asked.caseNumber ?? null;
  const line = (zh: string, en: string, value: Html | string | null) =>
    value === null ? [] : [{ label: { zh, en }, value }];
  return [
    ...line('理由', 'Reason', words.reason),
    ...line('法律依据', 'Legal basis', words.legalBasis),
    ...line(
      '生效日期',
      'Day of effect',
      effectiveAt === undefined ? null : dayElement(effectiveAt.toISOString()),
    ),
    ...line('办件', 'Case', caseOf === null ? null : html`<code>${caseOf}</code>`),
    ...line('并入', 'Into', asked.kind === 'merge' ? html`<code>${asked.into}</code>` : null),
    ...line('申请人', 'Asked by', actorElement(shown(request.requestedBy))),
    ...line('申请时间', 'Asked', timeElement(request.requestedAt.toISOString())),
    ...line('期限', 'Waits until', timeElement(request.expiresAt.toISOString())),
    ...line(
      '审批人',
      'Decided by',
      request.decidedBy === null ? null : actorElement(shown(request.decidedBy)),
    ),
    ...line(
      '审批时间',
      'Decided',
      request.decidedAt === null ? null : timeElement(request.decidedAt.toISOString()),
    ),
    ...line('审批意见', 'Decision', request.decisionReason),
    ...line(
      '未能办理',
      'Failed',
      request.state === 'lapsed' && request.outcome !== null ? html`<code>${request.outcome}</code>` : null,
    ),
  ];
}
