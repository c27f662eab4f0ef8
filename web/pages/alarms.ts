// Alarms of showings, for who looks after personal data.
import type { Words } from '../../verification/report.ts';
import { buttonForm, scrollTable } from '../form.ts';
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say, timeElement } from '../words.ts';

export interface AlarmsPage {
  readonly alarms: readonly {
    readonly id: string;
    readonly kind: string;
    readonly at: string;
    readonly verifier: string;
    readonly department: string;
    readonly seenAt: string | null;
  }[];
  readonly mayDecide: boolean;
}

const kinds: Readonly<Record<string, Words>> = {
  declined: { zh: '持证人拒绝', en: 'Declined by the holder' },
  'other-number': { zh: '数字不一致', en: 'Another number' },
  lapsed: { zh: '无人答复', en: 'Not answered' },
  'wrong-codes': { zh: '同一数字码试错五次', en: 'Five wrong ends of ten digits' },
  limit: { zh: '错误码达到上限', en: 'Too many wrong codes' },
};

/** `/office/showing-alarms`. */
export function renderAlarms(frame: Frame, page: AlarmsPage): string {
  return renderPage(frame, {
    title: { zh: '亮证告警', en: 'Alarms of showings' },
    path: '/office',
    body: html`<h1>${say('亮证告警', 'Alarms of showings')}</h1>
      ${scrollTable(
        { zh: '亮证告警', en: 'Alarms of showings' },
        [
          { zh: '时间', en: 'When' },
          { zh: '情况', en: 'What' },
          { zh: '部门', en: 'Department' },
          { zh: '核验人', en: 'Verifier' },
          { zh: '核查', en: 'Looked into' },
        ],
        page.alarms.map((alarm) => [
          timeElement(alarm.at),
          both(kinds[alarm.kind] ?? { zh: alarm.kind, en: '' }),
          alarm.department,
          html`<code>${alarm.verifier}</code>`,
          alarm.seenAt !== null
            ? timeElement(alarm.seenAt)
            : page.mayDecide
              ? buttonForm(frame, `/office/showing-alarms/${alarm.id}/seen`, {
                  zh: '已核查',
                  en: 'Looked into',
                })
              : say('待核查', 'Waiting'),
        ]),
      )}`,
  });
}
