// Mandates: whom I may act for, what was offered to me, what I granted, and claiming an enterprise.
import type { Words } from '../../../verification/report.ts';
import { buttonForm, choice, field, postForm, scrollTable } from '../../form.ts';
import { html, type Html } from '../../html.ts';
import { renderPage, type Frame } from '../../layout.ts';
import { both, dayElement, say } from '../../words.ts';
import { renderPlaces, type PeoplePlace } from './places.ts';
import { capacityWords, mandateStateWords, wordsIn } from './words.ts';

export interface MandateView {
  readonly id: string;
  readonly enterprise: { readonly creditCode: string; readonly name: string };
  readonly capacity: string;
  /** Null for every matter. */
  readonly matters: readonly Words[] | null;
  readonly until: string;
  readonly mayGrant: readonly ('manager' | 'agent')[];
  readonly granted: readonly GrantedView[];
}

export interface GrantedView {
  readonly id: string;
  readonly agent: string;
  readonly capacity: string;
  readonly matters: readonly Words[] | null;
  readonly until: string;
  readonly state: string;
  readonly mayEnd: boolean;
}

export interface MandatesPage {
  readonly places: readonly PeoplePlace[];
  readonly mandates: readonly MandateView[];
  readonly offers: readonly {
    readonly id: string;
    readonly enterprise: { readonly creditCode: string; readonly name: string };
    readonly capacity: string;
    readonly matters: readonly Words[] | null;
    readonly until: string;
  }[];
  readonly known: readonly { readonly code: string; readonly words: Words }[];
}

/** `/my/mandates`. */
export function renderMandates(frame: Frame, page: MandatesPage): string {
  return renderPage(frame, {
    title: { zh: '代表企业办事', en: 'Acting for an enterprise' },
    path: '/my/mandates',
    body: html`${renderPlaces(page.places, '/my/mandates')}
      <h1>${say('代表企业办事', 'Acting for an enterprise')}</h1>
      ${page.offers.length === 0 ? null : offers(frame, page)} ${mandates(frame, page)} ${claiming(frame)}`,
  });
}

function offers(frame: Frame, page: MandatesPage): Html {
  return html`<section>
    <h2>${say('等待我接受', 'Waiting for me')}</h2>
    ${page.offers.map(
      (offer) =>
        html`<article class="card">
          <h3>${offer.enterprise.name}</h3>
          <p class="status">
            ${both(wordsIn(capacityWords, offer.capacity))} · ${matters(offer.matters)} ·
            ${say('至', 'until')} ${dayElement(offer.until)}
          </p>
          <div class="actions">
            ${buttonForm(frame, `/my/mandates/${offer.id}/acceptance`, { zh: '接受', en: 'Accept' }, { about: offer.enterprise.name })}
            ${buttonForm(frame, `/my/mandates/${offer.id}/refusal`, { zh: '拒绝', en: 'Refuse' }, { danger: true, about: offer.enterprise.name })}
          </div>
        </article>`,
    )}
  </section>`;
}

function mandates(frame: Frame, page: MandatesPage): Html {
  return html`<section>
    <h2>${say('我可以代表', 'I may act for')}</h2>
    ${
      page.mandates.length === 0
        ? html`<p class="empty">${say('目前没有。', 'Nobody at present.')}</p>`
        : page.mandates.map((mandate) => one(frame, page, mandate))
    }
  </section>`;
}

function one(frame: Frame, page: MandatesPage, mandate: MandateView): Html {
  return html`<article class="card">
    <div class="line">
      <h3>${mandate.enterprise.name}</h3>
      <span class="chip passed">${both(wordsIn(capacityWords, mandate.capacity))}</span>
    </div>
    <p><code>${mandate.enterprise.creditCode}</code></p>
    <p class="status">${matters(mandate.matters)} · ${say('至', 'until')} ${dayElement(mandate.until)}</p>
    ${mandate.mayGrant.length === 0 ? null : granting(frame, page, mandate)}
    ${buttonForm(frame, `/my/mandates/${mandate.id}/revocation`, { zh: '不再代表', en: 'Give it up' }, { danger: true, about: mandate.enterprise.name })}
  </article>`;
}

function granting(frame: Frame, page: MandatesPage, mandate: MandateView): Html {
  const suffix = mandate.id.slice(-6);
  const named = (name: string): string => `${name}-${suffix}`;
  return html`${scrollTable(
      { zh: '我授予的', en: 'Granted by me' },
      [
        { zh: '被授权人', en: 'To' },
        { zh: '身份', en: 'As' },
        { zh: '事项', en: 'Matters' },
        { zh: '期限', en: 'Until' },
        { zh: '状态', en: 'State' },
        { zh: '操作', en: 'Act' },
      ],
      mandate.granted.map((row) => [
        row.agent,
        html`${both(wordsIn(capacityWords, row.capacity))}`,
        html`${matters(row.matters)}`,
        dayElement(row.until),
        html`${both(wordsIn(mandateStateWords, row.state))}`,
        row.mayEnd
          ? buttonForm(
              frame,
              `/my/mandates/${row.id}/revocation`,
              { zh: '撤销', en: 'End' },
              { danger: true, about: row.agent },
            )
          : null,
      ]),
      { zh: '还没有授权给任何人。', en: 'Granted to nobody yet.' },
    )}
    <details>
      <summary>${say('授权给他人', 'Grant a mandate')}</summary>
      ${postForm(frame, '/my/mandates', [
        html`<input type="hidden" name="under" value="${mandate.id}" />`,
        field({ id: named('name'), name: 'name', words: { zh: '姓名', en: 'Name' }, maximum: 80 }),
        field({
          id: named('number'),
          name: 'number',
          words: { zh: '身份证号码', en: 'Resident number' },
          maximum: 20,
        }),
        choice(
          named('capacity'),
          { zh: '身份', en: 'As' },
          mandate.mayGrant.map((value) => ({ value, words: wordsIn(capacityWords, value) })),
          'capacity',
        ),
        choice(
          named('matter'),
          { zh: '事项', en: 'Matter' },
          [
            { value: '*', words: { zh: '全部事项', en: 'every matter' } },
            ...page.known.map(({ code, words }) => ({ value: code, words })),
          ],
          'matter',
        ),
        field({
          id: named('until'),
          name: 'until',
          words: { zh: '有效期至', en: 'Until' },
          type: 'date',
          maximum: 10,
        }),
        html`<button class="button" type="submit">${say('提出授权', 'Offer')}</button>`,
      ])}
    </details>`;
}

function claiming(frame: Frame): Html {
  return html`<section class="card">
    <h2>${say('我是法定代表人', 'I am the legal representative')}</h2>
    <p>
      ${say(
        '输入统一社会信用代码，本系统向法人库核对。登记的法定代表人变更后，原有授权立即全部终止。',
        'Type the unified social credit code; the register of legal persons is asked. When the register names somebody else, every mandate ends at once.',
      )}
    </p>
    ${postForm(frame, '/my/mandates/claims', [
      field({ id: 'creditCode', words: { zh: '统一社会信用代码', en: 'Credit code' }, maximum: 18 }),
      html`<button class="button" type="submit">${say('核对', 'Ask the register')}</button>`,
    ])}
  </section>`;
}

function matters(names: readonly Words[] | null): Html {
  if (names === null) return say('全部事项', 'every matter');
  return html`${names.map((words, position) => html`${position === 0 ? '' : '；'}${both(words)}`)}`;
}
