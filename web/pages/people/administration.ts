// The administrators' page: what waits for a second person, officers and roles, and asking.
import type { Words } from '../../../verification/report.ts';
import { actorElement, type ShownActor } from '../../actor.ts';
import { buttonForm, choice, field, postForm, scrollTable } from '../../form.ts';
import { html, type Html } from '../../html.ts';
import { renderPage, type Frame } from '../../layout.ts';
import { both, dayElement, say, timeElement } from '../../words.ts';
import { renderPlaces, type PeoplePlace } from './places.ts';

export interface RequestView {
  readonly id: string;
  readonly words: Words;
  readonly parameters: readonly Words[];
  readonly requestedBy: ShownActor;
  readonly subject: ShownActor | null;
  readonly purpose: string;
  readonly requestedAt: string;
  readonly expiresAt: string;
  /** What the reader may do about it: the asker takes it back, somebody else decides, others look. */
  readonly may: 'decide' | 'withdraw' | 'look';
}

export interface AdministrationPage {
  readonly places: readonly PeoplePlace[];
  readonly requests: readonly RequestView[];
  readonly officers: readonly {
    readonly account: string;
    /** Masked, unless of the reader's own department. */
    readonly name: string;
    readonly department: string;
    readonly roles: readonly Words[];
  }[];
  /** Empty for whoever only decides. */
  readonly kinds: readonly { readonly value: string; readonly words: Words }[];
  readonly roles: readonly { readonly value: string; readonly words: Words }[];
  readonly departments: readonly { readonly value: string; readonly words: Words }[];
}

/** `/office/administration`. */
export function renderAdministration(frame: Frame, page: AdministrationPage): string {
  return renderPage(frame, {
    title: { zh: '三员管理', en: 'Administration' },
    path: '/office/administration',
    body: html`${renderPlaces(page.places, '/office/administration')}
      <h1>${say('三员管理', 'Administration')}</h1>
      <p>
        ${say(
          '系统管理员、安全管理员、审计管理员互不兼任。变更权限须一人提出、另一人批准，任何人不得办理自己的事项。',
          'The three administrators are three persons. Rights change when one asks and another approves; nobody acts in a matter of their own.',
        )}
      </p>
      <section>
        <h2>${say('等待第二人', 'Waiting for a second person')}</h2>
        ${
          page.requests.length === 0
            ? html`<p class="empty">${say('没有待办。', 'Nothing waits.')}</p>`
            : page.requests.map((one) => request(frame, one))
        }
      </section>
      <section>
        <h2>${say('工作人员', 'Officers')}</h2>
        ${scrollTable(
          { zh: '工作人员', en: 'Officers' },
          [
            { zh: '姓名', en: 'Name' },
            { zh: '账户', en: 'Account' },
            { zh: '部门', en: 'Department' },
            { zh: '岗位', en: 'Roles' },
          ],
          page.officers.map((one) => [
            one.name,
            html`<code>${one.account}</code>`,
            one.department,
            one.roles.length === 0
              ? null
              : html`${one.roles.map((role, position) => html`${position === 0 ? '' : '；'}${both(role)}`)}`,
          ]),
        )}
      </section>
      ${page.kinds.length === 0 ? null : asking(frame, page)}`,
  });
}

function request(frame: Frame, one: RequestView): Html {
  const address = `/office/administration/${one.id}`;
  return html`<article class="card">
    <h3>${both(one.words)}</h3>
    ${one.subject === null ? null : html`<p class="status">${say('对象：', 'About:')} ${actorElement(one.subject)}</p>`}
    <p class="status">${say('提出人：', 'Asked by:')} ${actorElement(one.requestedBy)}</p>
    ${one.parameters.length === 0 ? null : html`<p class="status">${one.parameters.map((words) => both(words))}</p>`}
    <p class="status">${say('事由：', 'Purpose:')} ${one.purpose}</p>
    <p class="note status">
      ${timeElement(one.requestedAt)} · ${say('失效', 'lapses')} ${dayElement(one.expiresAt)}
    </p>
    ${
      one.may === 'look'
        ? null
        : one.may === 'withdraw'
          ? buttonForm(
              frame,
              `${address}/withdrawal`,
              { zh: '撤回', en: 'Take back' },
              { danger: true, about: one.id },
            )
          : html`<div class="actions">
                ${buttonForm(frame, `${address}/approval`, { zh: '批准', en: 'Approve' }, { about: one.id })}
              </div>
              ${postForm(frame, `${address}/rejection`, [
                field({
                  id: `reason-${one.id}`,
                  name: 'reason',
                  words: { zh: '不批准的理由', en: 'Reason to reject' },
                  maximum: 300,
                }),
                html`<button class="button danger" type="submit">${say('不批准', 'Reject')}</button>`,
              ])}`
    }
  </article>`;
}

function asking(frame: Frame, page: AdministrationPage): Html {
  const none = { value: '', words: { zh: '（不适用）', en: '(none)' } };
  return html`<section class="card">
    <h2>${say('提出申请', 'Ask')}</h2>
    ${postForm(frame, '/office/administration', [
      choice('kind', { zh: '事项', en: 'What' }, page.kinds),
      field({
        id: 'subject',
        words: { zh: '账户', en: 'Account' },
        hint: { zh: '权限类事项填写 acc_ 开头的账户编号', en: 'For rights: acc_…' },
        maximum: 40,
        optional: true,
      }),
      optionalChoice('role', { zh: '岗位', en: 'Role' }, [none, ...page.roles]),
      optionalChoice('department', { zh: '部门', en: 'Department' }, [none, ...page.departments]),
      field({
        id: 'detail',
        words: { zh: '对象', en: 'Object' },
        hint: {
          zh: '备份摘要、密钥操作、导出范围、信任列表或者应用的变更：照抄拒绝提示中的文字',
          en: 'Backup, key operation, what to export, change of the list or of a client: word for word as the refusal said',
        },
        maximum: 200,
        optional: true,
      }),
      field({ id: 'purpose', words: { zh: '事由', en: 'Purpose' }, maximum: 500 }),
      html`<button class="button" type="submit">${say('提交', 'Ask')}</button>`,
    ])}
  </section>`;
}

function optionalChoice(
  id: string,
  words: Words,
  options: readonly { readonly value: string; readonly words: Words }[],
): Html {
  return html`<label for="${id}">${both(words)}</label>
    <select id="${id}" name="${id}">
      ${options.map((option) => html`<option value="${option.value}">${option.words.zh} ${option.words.en}</option>`)}
    </select>`;
}
