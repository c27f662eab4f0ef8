// The seal office: seals, what waits for a second person, authorisations.
import type { Words } from '../../verification/report.ts';
import { actorElement, type ShownActor } from '../actor.ts';
import { postForm } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip } from '../license-card.ts';
import { applicationStateWords, applicationWords, authorisationStateWords, wordsOf } from '../seal-words.ts';
import { table, type Cells } from '../table.ts';
import { both, dayElement, say, timeElement } from '../words.ts';

export interface SealCard {
  readonly code: string;
  readonly name: string;
  readonly typeName: string;
  readonly owner: string;
  readonly picture: string;
  readonly state: { readonly words: Words; readonly inForce: boolean };
  readonly validUntil: string;
}

export interface ApplicationLine {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly purpose: string;
  readonly requestedBy: ShownActor;
  readonly requestedAt: string;
}

export interface AuthorisationLine {
  readonly id: string;
  readonly sealName: string;
  readonly state: string;
  /** Null: every matter. */
  readonly matters: readonly string[] | null;
  readonly used: number;
  readonly total: number | null;
  readonly validUntil: string | null;
}

export interface SealOfficePage {
  readonly seals: readonly SealCard[];
  readonly applications: readonly ApplicationLine[];
  readonly authorisations: readonly AuthorisationLine[];
  readonly automaticMatters: readonly { readonly code: string; readonly name: Words | null }[];
  readonly mayApply: boolean;
  readonly idempotencyKey: string;
}

function renderSeal(seal: SealCard): Html {
  return html`<li class="card seal">
    <img src="${seal.picture}" alt="${seal.name} 印模" width="132" height="132" loading="lazy" />
    <div>
      <h3><a href="/seals/${seal.code}">${seal.name}</a></h3>
      <p><code>${seal.code}</code></p>
      <p>${seal.typeName}</p>
      <p>${stateChip(seal.state)}</p>
      <p>${say('有效至', 'valid until')} ${dayElement(seal.validUntil)}</p>
    </div>
  </li>`;
}

/** One application in a list. */
function applicationCells(application: ApplicationLine): Cells {
  const done = application.state === 'executed' || application.state === 'requested';
  return [
    html`<a href="/seal-applications/${application.id}"
      >${both(wordsOf(applicationWords, application.kind))}</a
    >`,
    stateChip({ words: wordsOf(applicationStateWords, application.state), inForce: done }),
    application.purpose,
    actorElement(application.requestedBy),
    timeElement(application.requestedAt),
  ];
}

const applicationHead: readonly Words[] = [
  { zh: '申请', en: 'Application' },
  { zh: '状态', en: 'State' },
  { zh: '事由', en: 'Reason' },
  { zh: '申请人', en: 'Applicant' },
  { zh: '时间', en: 'Time' },
];

function authorisationCells(authorisation: AuthorisationLine): Cells {
  const { matters, total, validUntil, state } = authorisation;
  return [
    authorisation.sealName,
    stateChip({ words: wordsOf(authorisationStateWords, state), inForce: state === 'in-force' }),
    matters === null
      ? say('全部事项', 'every matter')
      : html`<code>${matters.slice(0, 3).join(' ')}${matters.length > 3 ? ' …' : ''}</code>`,
    `${authorisation.used}${total === null ? '' : ` / ${total}`}`,
    validUntil === null ? null : dayElement(validUntil),
  ];
}

/** One person ends an authorisation at once. */
function endForm(frame: Frame, { id, sealName, validUntil }: AuthorisationLine): Html {
  const field = `end-${id}`;
  return html`<details class="card">
    <summary>
      ${say('终止授权', 'End')}：${sealName}
      ${validUntil === null ? null : html`${say('截止', 'until')} ${dayElement(validUntil)}`}
    </summary>
    ${postForm(
      frame,
      `/seal-authorisations/${id}/end`,
      html`<label for="${field}">${say('事由', 'Reason')}</label>
        <input id="${field}" name="purpose" type="text" minlength="2" maxlength="200" required />
        <p class="note">
          ${say('即时生效，已完成的用印不受影响。', 'It takes effect at once; uses before it stay as they are.')}
        </p>
        <button class="button danger" type="submit">${say('终止', 'End')}</button>`,
    )}
  </details>`;
}

/** 自动核发: applied for by one person, decided by another. */
function automaticForm(frame: Frame, page: SealOfficePage): Html {
  return html`<section class="card">
    <h3>${say('申请自动核发', 'Apply')}</h3>
    ${postForm(
      frame,
      '/seal-applications',
      html`<input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />
        <input type="hidden" name="kind" value="automatic" />
        <label for="matter">${say('事项实施编码', 'Code of the matter')}</label>
        <input id="matter" name="matter" type="text" maxlength="31" required />
        <fieldset>
          <legend>${say('申请事项', 'For')}</legend>
          <label class="option">
            <input type="radio" name="automatic" value="yes" checked />
            <span>${say('标为自动核发，用印免审批', 'Its uses need no approval')}</span>
          </label>
          <label class="option">
            <input type="radio" name="automatic" value="no" />
            <span>${say('取消自动核发', 'They need one again')}</span>
          </label>
        </fieldset>
        <label for="automatic-reason">${say('事由', 'Reason')}</label>
        <input id="automatic-reason" name="purpose" type="text" minlength="2" maxlength="200" required />
        <p class="note">${say('须由另一人审批。', 'Another person decides.')}</p>
        <button class="button" type="submit">${say('申请', 'Apply')}</button>`,
    )}
  </section>`;
}

/** `/seals`. */
export function renderSealOffice(frame: Frame, page: SealOfficePage): string {
  return renderPage(frame, {
    title: { zh: '印章管理', en: 'Seal office' },
    path: '/seals',
    body: html`<div class="line">
        <h1>${say('印章管理', 'Seal office')}</h1>
        ${
          page.mayApply
            ? html`<div>
                <p><a class="button" href="/seal-application">${say('申请新章', 'Apply for a seal')}</a></p>
                <p><a class="button" href="/seal-artwork">${say('自带图样', 'Own artwork')}</a></p>
                <p><a class="button" href="/seal-take-in">${say('接入外部印章', 'Take one in')}</a></p>
              </div>`
            : null
        }
      </div>
      <section>
        <h2>${say('申请与审批', 'Applications')}</h2>
        ${table({ zh: '申请', en: 'Applications' }, applicationHead, page.applications.map(applicationCells))}
      </section>
      <section>
        <h2>${say('电子印章', 'Seals')}</h2>
        ${
          page.seals.length === 0
            ? html`<p class="empty">${say('没有印章。', 'There is no seal.')}</p>`
            : html`<ul class="cards">
                ${page.seals.map(renderSeal)}
              </ul>`
        }
      </section>
      <section>
        <h2>${say('用印授权书', 'Authorisations')}</h2>
        ${table(
          { zh: '用印授权书', en: 'Authorisations' },
          [
            { zh: '印章', en: 'Seal' },
            { zh: '状态', en: 'State' },
            { zh: '事项', en: 'Matters' },
            { zh: '已用/总数', en: 'Used of' },
            { zh: '截止', en: 'Until' },
          ],
          page.authorisations.map(authorisationCells),
        )}
        ${page.mayApply ? page.authorisations.filter(({ state }) => state === 'in-force').map((each) => endForm(frame, each)) : null}
      </section>
      <section>
        <h2>${say('自动核发事项', 'Matters issued automatically')}</h2>
        ${table(
          { zh: '自动核发事项', en: 'Matters issued automatically' },
          [
            { zh: '实施编码', en: 'Code' },
            { zh: '事项', en: 'Matter' },
          ],
          page.automaticMatters.map(({ code, name }) => [
            html`<code>${code}</code>`,
            name === null ? null : both(name),
          ]),
        )}
        ${page.mayApply ? automaticForm(frame, page) : null}
      </section>`,
  });
}
