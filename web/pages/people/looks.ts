// "Who looked": what others and the person themselves did with the data, newest first.
import type { Words } from '../../../verification/report.ts';
import { scrollTable } from '../../form.ts';
import { html } from '../../html.ts';
import { renderPage, type Frame } from '../../layout.ts';
import { both, say, timeElement } from '../../words.ts';
import { renderPlaces, type PeoplePlace } from './places.ts';
import { eventWords } from './event-words.ts';

export interface LooksPage {
  readonly places: readonly PeoplePlace[];
  readonly looks: readonly {
    readonly at: string;
    readonly who: Words;
    readonly action: string;
    /** What for, where it was said. */
    readonly purpose: string | null;
  }[];
}

/** `/my/looks`. */
export function renderLooks(frame: Frame, page: LooksPage): string {
  return renderPage(frame, {
    title: { zh: '谁看过我的信息', en: 'Who looked' },
    path: '/my/looks',
    body: html`${renderPlaces(page.places, '/my/looks')}
      <h1>${say('谁看过我的信息', 'Who looked')}</h1>
      <p>
        ${say(
          '每一次查看和变更都有不可更改的记录。有疑问的，可以在“我的信息”中申请说明。',
          'Every reading and change leaves a record that cannot be altered. Ask for an explanation under “My data”.',
        )}
      </p>
      ${scrollTable(
        { zh: '查看记录', en: 'Record' },
        [
          { zh: '时间', en: 'Time' },
          { zh: '谁', en: 'Who' },
          { zh: '做了什么', en: 'What' },
          { zh: '目的', en: 'What for' },
        ],
        page.looks.map((one) => [
          timeElement(one.at),
          html`${both(one.who)}`,
          html`${both(eventWords(one.action))}`,
          one.purpose,
        ]),
      )}`,
  });
}
