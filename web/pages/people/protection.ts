// The data protection officer's page: requests of persons with their deadlines, and the purposes in effect.
import type { Words } from '../../../verification/report.ts';
import { choice, field, longField, postForm, scrollTable } from '../../form.ts';
import { html, type Html } from '../../html.ts';
import { renderPage, type Frame } from '../../layout.ts';
import { both, dayElement, say } from '../../words.ts';
import { renderPlaces, type PeoplePlace } from './places.ts';
import { requestWords, wordsIn } from './words.ts';

export interface ProtectionPage {
  readonly places: readonly PeoplePlace[];
  readonly requests: readonly {
    readonly id: string;
    readonly kind: string;
    readonly words: string;
    readonly dueAt: string;
    readonly overdue: boolean;
  }[];
  readonly purposes: readonly {
    readonly id: string;
    readonly name: Words;
    readonly basis: Words;
    readonly version: number;
    readonly effectiveAt: string;
    readonly retentionDays: number;
  }[];
}

/** `/office/protection`. */
export function renderProtection(frame: Frame, page: ProtectionPage): string {
  return renderPage(frame, {
    title: { zh: '个人信息保护', en: 'Data protection' },
    path: '/office/protection',
    body: html`${renderPlaces(page.places, '/office/protection')}
      <h1>${say('个人信息保护', 'Data protection')}</h1>
      <section>
        <h2>${say('个人的申请', 'Requests of persons')}</h2>
        ${
          page.requests.length === 0
            ? html`<p class="empty">${say('没有待办。', 'Nothing waits.')}</p>`
            : page.requests.map((one) => request(frame, one))
        }
      </section>
      <section>
        <h2>${say('处理目的', 'Purposes')}</h2>
        ${scrollTable(
          { zh: '处理目的', en: 'Purposes' },
          [
            { zh: '目的', en: 'Purpose' },
            { zh: '依据', en: 'Basis' },
            { zh: '告知书', en: 'Notice' },
            { zh: '保存', en: 'Kept' },
          ],
          page.purposes.map((one) => [
            html`${both(one.name)}<br /><code>${one.id}</code>`,
            html`${both(one.basis)}`,
            html`${say(`第 ${one.version} 版`, `version ${one.version}`)} ${dayElement(one.effectiveAt)}`,
            html`${say(`${one.retentionDays} 天`, `${one.retentionDays} days`)}`,
          ]),
        )}
        <p class="note">
          ${say('新的目的通过接口 POST /api/v1/purposes 发布。', 'New purposes are published through POST /api/v1/purposes.')}
        </p>
      </section>
      ${page.purposes.length === 0 ? null : notice(frame, page)}`,
  });
}

/** What is carried out with the decision, for the kinds that have something. */
function effects(one: ProtectionPage['requests'][number]): readonly Html[] {
  if (one.kind === 'delete')
    return [
      html`<label class="option" for="erase-${one.id}">
        <input id="erase-${one.id}" name="erase" type="checkbox" value="yes" />
        <span
          >${say(
            '同时注销账户并立即删除全部个人信息（不可恢复）',
            'Close the account and erase everything personal now (for ever)',
          )}</span
        >
      </label>`,
    ];
  if (one.kind === 'correct')
    return [
      field({
        id: `name-${one.id}`,
        name: 'name',
        words: { zh: '更正后的姓名（不更正姓名的不填）', en: 'Corrected name, where it is the name' },
        hint: { zh: '提交时向人口库核对', en: 'The population register is asked' },
        maximum: 80,
        optional: true,
      }),
    ];
  return [];
}

/** The next version of a notice. */
function notice(frame: Frame, page: ProtectionPage): Html {
  return html`<section class="card">
    <h2>${say('发布告知书新版本', 'Publish the next version of a notice')}</h2>
    <p class="note">
      ${say(
        '旧版本原文保留。以同意为依据的，发布后须重新取得同意；使用该目的的应用在下次登录时重新询问。',
        'Former versions are kept word for word. Where consent is the basis everybody is asked anew; applications that use the purpose ask again at the next login.',
      )}
    </p>
    ${postForm(frame, '/office/protection/notices', [
      choice(
        'purpose',
        { zh: '处理目的', en: 'Purpose' },
        page.purposes.map(({ id, name }) => ({ value: id, words: name })),
      ),
      longField({ id: 'notice', words: { zh: '告知书（中文）', en: 'Notice, Chinese' }, maximum: 5000 }),
      longField({
        id: 'englishNotice',
        words: { zh: '告知书（英文）', en: 'Notice, English' },
        maximum: 5000,
      }),
      html`<button class="button" type="submit">${say('发布', 'Publish')}</button>`,
    ])}
  </section>`;
}

function request(frame: Frame, one: ProtectionPage['requests'][number]): Html {
  return html`<article class="card">
    <div class="line">
      <h3>${both(wordsIn(requestWords, one.kind))}</h3>
      <span class="chip ${one.overdue ? 'failed' : 'indeterminate'}"
        >${one.overdue ? say('已逾期', 'overdue') : say('办结期限', 'due')} ${dayElement(one.dueAt)}</span
      >
    </div>
    <p>${one.words}</p>
    ${postForm(frame, `/office/protection/${one.id}/decision`, [
      choice(
        `done-${one.id}`,
        { zh: '决定', en: 'Decision' },
        [
          { value: 'yes', words: { zh: '同意并已办理', en: 'done' } },
          { value: 'no', words: { zh: '不同意', en: 'refused' } },
        ],
        'done',
      ),
      field({ id: `answer-${one.id}`, name: 'answer', words: { zh: '答复', en: 'Answer' }, maximum: 1000 }),
      ...effects(one),
      html`<button class="button" type="submit">${say('答复', 'Answer')}</button>`,
    ])}
  </article>`;
}
