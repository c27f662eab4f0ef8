// The audit administrators' page: a purpose first, then the rows; the reader's own doings are not among them.
import { actorElement, type ShownActor } from '../../actor.ts';
import { field, scrollTable } from '../../form.ts';
import { html, type Html } from '../../html.ts';
import { renderPage, type Frame } from '../../layout.ts';
import { both, say, timeElement } from '../../words.ts';
import { renderPlaces, type PeoplePlace } from './places.ts';
import { eventWords } from './event-words.ts';

export interface AuditPage {
  readonly places: readonly PeoplePlace[];
  /** Null before a purpose was said: nothing is read yet. */
  readonly rows:
    | readonly {
        readonly at: string;
        readonly actor: ShownActor;
        readonly department: string | null;
        readonly action: string;
        readonly subject: string;
        readonly details: string;
      }[]
    | null;
}

/** `/office/audit`. */
export function renderAudit(frame: Frame, page: AuditPage): string {
  return renderPage(frame, {
    title: { zh: '审计', en: 'Audit' },
    path: '/office/audit',
    body: html`${renderPlaces(page.places, '/office/audit')}
      <h1>${say('审计', 'Audit')}</h1>
      <section class="card">
        <p>
          ${say(
            '审计记录只增不改。查阅须写明目的，查阅本身也被记录；您自己的操作由其他审计管理员查阅。',
            'The audit only grows. Say what you read it for: the reading is recorded too. Your own doings are for another administrator.',
          )}
        </p>
        <form method="get" action="/office/audit">
          ${field({ id: 'purpose', words: { zh: '查阅目的', en: 'Purpose' }, maximum: 200 })}
          ${field({ id: 'request', words: { zh: '对象编号（可不填）', en: 'Subject, or empty' }, maximum: 100, optional: true })}
          <button class="button" type="submit">${say('查阅', 'Read')}</button>
        </form>
      </section>
      ${page.rows === null ? null : rows(page.rows)}`,
  });
}

function rows(list: NonNullable<AuditPage['rows']>): Html {
  return scrollTable(
    { zh: '审计记录', en: 'Audit rows' },
    [
      { zh: '时间', en: 'Time' },
      { zh: '操作者', en: 'Actor' },
      { zh: '部门', en: 'Department' },
      { zh: '事件', en: 'Event' },
      { zh: '对象', en: 'Subject' },
      { zh: '详情', en: 'Details' },
    ],
    list.map((row) => [
      timeElement(row.at),
      actorElement(row.actor),
      row.department,
      html`${both(eventWords(row.action))}`,
      html`<code>${row.subject}</code>`,
      row.details,
    ]),
  );
}
