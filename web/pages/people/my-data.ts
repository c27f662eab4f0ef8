// "My data": who I am here, purposes and consents, my rights, and closing the account.
import type { Words } from '../../../verification/report.ts';
import { buttonForm, choice, fact, field, postForm, tick } from '../../form.ts';
import { html, type Html } from '../../html.ts';
import { renderPage, type Frame } from '../../layout.ts';
import { both, dayElement, say, timeElement } from '../../words.ts';
import { renderPlaces, type PeoplePlace } from './places.ts';
import { requestWords, rungWords, wordsIn } from './words.ts';

export interface PurposeView {
  readonly id: string;
  readonly name: Words;
  readonly basis: Words;
  readonly sensitive: boolean;
  readonly categories: readonly string[];
  readonly retention: string;
  readonly recipients: readonly { readonly name: string; readonly use: string; readonly contact: string }[];
  readonly notice: Words;
  readonly version: number;
  /** `none` where the purpose does not rest on consent. */
  readonly consent: 'none' | 'given' | 'open' | 'outdated';
}

export interface MyDataPage {
  readonly places: readonly PeoplePlace[];
  /** Whose data: the own person's, or a ward's. */
  readonly person: string;
  readonly ward: boolean;
  readonly name: string;
  readonly document: Words | null;
  readonly number: string;
  readonly wanghao: string | null;
  readonly level: number;
  readonly account: string | null;
  readonly wards: readonly { readonly person: string; readonly name: string }[];
  readonly purposes: readonly PurposeView[];
  readonly requests: readonly {
    readonly kind: string;
    readonly words: string;
    readonly state: string;
    readonly openedAt: string;
    readonly dueAt: string;
    readonly answer: string | null;
  }[];
}

/** `/my/data`, and `/my/wards/{id}`. */
export function renderMyData(frame: Frame, page: MyDataPage): string {
  const title = page.ward ? { zh: '被监护人的信息', en: 'Ward’s data' } : { zh: '我的信息', en: 'My data' };
  return renderPage(frame, {
    title,
    path: '/my/data',
    body: html`${renderPlaces(page.places, '/my/data')}
      <h1>${both(title)}</h1>
      ${identity(page)} ${purposes(frame, page)} ${rights(frame, page)} ${page.ward ? null : closing(frame)}`,
  });
}

function identity(page: MyDataPage): Html {
  return html`<section class="card">
    <h2>${say('身份', 'Identity')}</h2>
    <dl class="facts">
      ${fact({ zh: '姓名', en: 'Name' }, page.name)}
      ${page.document === null ? null : fact(page.document, html`<code>${page.number}</code>`)}
      ${page.wanghao === null ? null : fact({ zh: '网号', en: '网号' }, html`<code>${page.wanghao}</code>`)}
      ${page.ward ? null : fact({ zh: '实名等级', en: 'Level' }, html`${both(wordsIn(rungWords, String(page.level)))}`)}
      ${page.account === null ? null : fact({ zh: '账户', en: 'Account' }, html`<code>${page.account}</code>`)}
    </dl>
    <p class="note">
      ${say(
        '证件号码加密保存，这里只显示一部分。本系统没有您的照片，也不采集人脸。',
        'Numbers are encrypted and shown in part. We hold no picture of you and take none.',
      )}
    </p>
    <p class="actions">
      <a class="button" href="/my/people/${page.person}/copy"
        >${say('下载全部信息', 'Download everything')}</a
      >
      ${page.ward ? null : html`<a href="/my/level">${say('提高实名等级', 'Raise my level')}</a>`}
    </p>
    ${
      page.wards.length === 0
        ? null
        : html`<h3>${say('我监护的未成年人', 'Children in my care')}</h3>
            <ul>
              ${page.wards.map((ward) => html`<li><a href="/my/wards/${ward.person}">${ward.name}</a></li>`)}
            </ul>`
    }
  </section>`;
}

function purposes(frame: Frame, page: MyDataPage): Html {
  return html`<section>
    <h2>${say('用来做什么', 'What it is used for')}</h2>
    ${page.purposes.map((purpose) => onePurpose(frame, page, purpose))}
  </section>`;
}

function onePurpose(frame: Frame, page: MyDataPage, purpose: PurposeView): Html {
  return html`<article class="card">
    <div class="line">
      <h3>${both(purpose.name)}</h3>
      ${consentChip(purpose)}
    </div>
    <p>${both(purpose.notice)}</p>
    <details>
      <summary>${say('依据、信息、期限、接收方', 'Basis, data, term, recipients')}</summary>
      <dl class="facts">
        ${fact({ zh: '依据', en: 'Legal basis' }, html`${both(purpose.basis)}`)}
        ${fact({ zh: '信息', en: 'Data' }, purpose.categories.join('、'))}
        ${fact({ zh: '保存期限', en: 'Kept' }, purpose.retention)}
        ${fact(
          { zh: '提供给', en: 'Given to' },
          purpose.recipients.length === 0
            ? html`${say('不向其他机构提供', 'nobody else')}`
            : purpose.recipients.map((one) => `${one.name}（${one.use}，${one.contact}）`).join('；'),
        )}
      </dl>
    </details>
    ${consentForm(frame, page, purpose)}
  </article>`;
}

function consentChip(purpose: PurposeView): Html {
  switch (purpose.consent) {
    case 'none':
      return html`<span class="chip not-applicable">${say('无需同意', 'no consent needed')}</span>`;
    case 'given':
      return html`<span class="chip passed">${say('已同意', 'consented')}</span>`;
    case 'open':
      return html`<span class="chip indeterminate">${say('未同意', 'not consented')}</span>`;
    case 'outdated':
      return html`<span class="chip indeterminate">${say('告知书有新版本', 'the notice changed')}</span>`;
  }
}

function consentForm(frame: Frame, page: MyDataPage, purpose: PurposeView): Html | null {
  if (purpose.consent === 'none') return null;
  const values = { purpose: purpose.id, version: String(purpose.version) };
  if (purpose.consent === 'given') {
    const words = { zh: '撤回同意', en: 'Withdraw' };
    return buttonForm(frame, `/my/people/${page.person}/consent-withdrawals`, words, {
      values,
      about: purpose.name.zh,
    });
  }
  const words = { zh: '我已阅读并单独同意', en: 'I have read it and consent' };
  return buttonForm(frame, `/my/people/${page.person}/consents`, words, { values, about: purpose.name.zh });
}

function rights(frame: Frame, page: MyDataPage): Html {
  const kinds = ['correct', 'delete', 'restrict', 'explain'] as const;
  return html`<section class="card">
    <h2>${say('我的权利', 'My rights')}</h2>
    ${
      page.requests.length === 0
        ? null
        : html`<ul class="rows">
            ${page.requests.map(
              (one) =>
                html`<li>
                  <p class="line">
                    <strong>${both(wordsIn(requestWords, one.kind))}</strong>
                    <span class="chip ${one.state === 'done' ? 'passed' : 'indeterminate'}"
                      >${both(wordsIn(requestWords, one.state))}</span
                    >
                  </p>
                  <p>${one.words}</p>
                  <p class="note">
                    ${timeElement(one.openedAt)} · ${say('办结期限', 'due')} ${dayElement(one.dueAt)}
                  </p>
                  ${one.answer === null ? null : html`<p>${say('答复', 'Answer')}：${one.answer}</p>`}
                </li>`,
            )}
          </ul>`
    }
    ${postForm(frame, `/my/people/${page.person}/requests`, [
      choice(
        'kind',
        { zh: '我要求', en: 'I ask to' },
        kinds.map((value) => ({ value, words: wordsIn(requestWords, value) })),
      ),
      field({ id: 'words', words: { zh: '具体内容', en: 'What exactly' }, maximum: 1000 }),
      html`<button class="button" type="submit">${say('提出申请', 'Ask')}</button>`,
    ])}
  </section>`;
}

function closing(frame: Frame): Html {
  return html`<section class="card">
    <h2>${say('注销账户', 'Close the account')}</h2>
    <p>
      ${say(
        '注销后不能再登录，授权全部终止；信息在保存期限届满后删除。证照本身不受影响。',
        'You cannot sign in any more and mandates end; data is erased after its retention. Licenses themselves stay.',
      )}
    </p>
    ${postForm(frame, '/my/closure', [
      tick('close', { zh: '我确认注销', en: 'I want to close it' }),
      html`<button class="button danger" type="submit">${say('注销账户', 'Close')}</button>`,
    ])}
  </section>`;
}
