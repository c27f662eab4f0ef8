// The proofing desk: the first officer writes down what was seen, the second looks again.
import type { Words } from '../../../verification/report.ts';
import { buttonForm, choice, fact, field, postForm, scrollTable, tick } from '../../form.ts';
import { html, type Html } from '../../html.ts';
import { renderPage, type Frame } from '../../layout.ts';
import { both, dayElement, say, timeElement } from '../../words.ts';
import { renderPlaces, type PeoplePlace } from './places.ts';
import { caseWords, wordsIn } from './words.ts';

export interface DeskPage {
  readonly places: readonly PeoplePlace[];
  readonly mayPropose: boolean;
  readonly mayConfirm: boolean;
  readonly documentTypes: readonly { readonly value: string; readonly words: Words }[];
  readonly cases: readonly {
    readonly id: string;
    readonly kind: string;
    readonly name: string;
    readonly number: string;
    readonly proposedAt: string;
    readonly own: boolean;
  }[];
}

export interface CasePage {
  readonly places: readonly PeoplePlace[];
  readonly id: string;
  readonly kind: string;
  readonly document: Words;
  readonly number: string;
  readonly name: string;
  readonly birthDate: string | null;
  readonly expires: string | null;
  readonly reader: 'chip' | 'eye';
  readonly reference: string;
  readonly wanghao: boolean;
  /** The other document of a merge. */
  readonly also: {
    readonly document: Words;
    readonly number: string;
    readonly name: string;
    readonly birthDate: string | null;
    readonly expires: string | null;
  } | null;
  readonly proposedAt: string;
}

const kinds = ['proofing', 'merge', 'recovery', 'guardianship'] as const;

/** `/office/proofing`. */
export function renderDesk(frame: Frame, page: DeskPage): string {
  return renderPage(frame, {
    title: { zh: '窗口核验', en: 'Proofing desk' },
    path: '/office/proofing',
    body: html`${renderPlaces(page.places, '/office/proofing')}
      <h1>${say('窗口核验', 'Proofing desk')}</h1>
      <section>
        <h2>${say('等待复核', 'Waiting for the second look')}</h2>
        ${scrollTable(
          { zh: '等待复核', en: 'Waiting' },
          [
            { zh: '时间', en: 'Time' },
            { zh: '事项', en: 'Case' },
            { zh: '姓名', en: 'Name' },
            { zh: '号码', en: 'Number' },
            { zh: '复核', en: 'Second look' },
          ],
          page.cases.map((one) => [
            timeElement(one.proposedAt),
            html`${both(wordsIn(caseWords, one.kind))}`,
            one.name,
            html`<code>${one.number}</code>`,
            page.mayConfirm && !one.own
              ? html`<a href="/office/proofing/${one.id}"
                  >${say('复核', 'Look')}<span class="hidden-text"> ${one.id}</span></a
                >`
              : html`${say('由他人复核', 'by another officer')}`,
          ]),
        )}
      </section>
      ${page.mayPropose ? proposal(frame, page) : null}`,
  });
}

function proposal(frame: Frame, page: DeskPage): Html {
  return html`<section class="card">
    <h2>${say('登记核验', 'Propose')}</h2>
    <p class="note">
      ${say('只登记证件上的文字。不拍照，不采集人脸。', 'Write down what the document says. No picture is taken, no face is kept.')}
    </p>
    ${postForm(frame, '/office/proofing', [
      choice(
        'kind',
        { zh: '事项', en: 'Case' },
        kinds.map((value) => ({ value, words: wordsIn(caseWords, value) })),
      ),
      choice('type', { zh: '证件类型', en: 'Document' }, page.documentTypes),
      field({ id: 'name', words: { zh: '姓名', en: 'Name' }, maximum: 80 }),
      field({ id: 'number', words: { zh: '证件号码', en: 'Number' }, maximum: 40 }),
      field({
        id: 'expires',
        words: { zh: '证件有效期至（长期有效的不填）', en: 'Document expires' },
        type: 'date',
        maximum: 10,
        optional: true,
      }),
      field({
        id: 'birthDate',
        words: { zh: '出生日期（号码中已有的不填）', en: 'Birth date, where the number does not tell it' },
        type: 'date',
        maximum: 10,
        optional: true,
      }),
      choice('reader', { zh: '证件核验', en: 'How checked' }, [
        { value: 'chip', words: { zh: '读卡器核验芯片', en: 'chip, by a reader' } },
        { value: 'eye', words: { zh: '目视比对', en: 'by eye' } },
      ]),
      field({
        id: 'reference',
        words: { zh: '窗口登记簿编号', en: 'Reference in the window’s book' },
        maximum: 60,
      }),
      field({
        id: 'showing',
        words: { zh: '网证代码', en: 'Code of the 网证' },
        hint: {
          zh: '与网号合并时必填，由本人用手机出示',
          en: 'Needed for merging with a 网号; shown by the person’s phone',
        },
        maximum: 100,
        optional: true,
      }),
      field({
        id: 'about',
        words: { zh: '找回编号或者监护人账户', en: 'Recovery, or account of the guardian' },
        hint: {
          zh: '找回登录方式、登记监护人时必填',
          en: 'Needed for recovery and guardians: rcv_… or acc_…',
        },
        maximum: 60,
        optional: true,
      }),
      otherDocument(page),
      tick('livePerson', {
        zh: '我已当面比对本人与证件',
        en: 'I compared the person standing here with the document',
      }),
      html`<button class="button" type="submit">${say('提交复核', 'Propose')}</button>`,
    ])}
  </section>`;
}

/** For merging two documents of one person: the account of this one is joined into that of the document above. */
function otherDocument(page: DeskPage): Html {
  return html`<details class="more">
    <summary>${say('合并两个证件的账户', 'Merge the accounts of two documents')}</summary>
    <p class="note">
      ${say(
        '另一证件的账户并入上面证件的账户，两个证件都保留在历史中。',
        'The account of the other document is joined into that of the document above; both stay in the history.',
      )}
    </p>
    ${choice('alsoType', { zh: '另一证件类型', en: 'Other document' }, page.documentTypes)}
    ${field({
      id: 'alsoName',
      words: { zh: '另一证件上的姓名', en: 'Name on it' },
      maximum: 80,
      optional: true,
    })}
    ${field({
      id: 'alsoNumber',
      words: { zh: '另一证件号码', en: 'Number of it' },
      maximum: 40,
      optional: true,
    })}
    ${field({
      id: 'alsoExpires',
      words: { zh: '另一证件有效期至', en: 'It expires' },
      type: 'date',
      maximum: 10,
      optional: true,
    })}
    ${field({
      id: 'alsoBirthDate',
      words: { zh: '出生日期（号码中已有的不填）', en: 'Birth date, where the number does not tell it' },
      type: 'date',
      maximum: 10,
      optional: true,
    })}
  </details>`;
}

/** The other document, told like the first one. */
function otherFacts(also: NonNullable<CasePage['also']>): Html {
  return html`${fact(also.document, html`<code>${also.number}</code> ${also.name}`)}
  ${also.birthDate === null ? null : fact({ zh: '该证件出生日期', en: 'Born, by it' }, dayElement(also.birthDate))}
  ${fact(
    { zh: '该证件有效期至', en: 'It expires' },
    also.expires === null ? html`${say('长期', 'no end')}` : dayElement(also.expires),
  )}`;
}

/** `/office/proofing/{id}`. */
export function renderCase(frame: Frame, page: CasePage): string {
  const back = { zh: '复核', en: 'Second look' };
  return renderPage(frame, {
    title: back,
    path: '/office/proofing',
    body: html`${renderPlaces(page.places, '/office/proofing')}
      <h1>${both(back)}：${both(wordsIn(caseWords, page.kind))}</h1>
      <section class="card">
        <dl class="facts">
          ${fact({ zh: '姓名', en: 'Name' }, page.name)}
          ${fact(page.document, html`<code>${page.number}</code>`)}
          ${page.birthDate === null ? null : fact({ zh: '出生日期', en: 'Born' }, dayElement(page.birthDate))}
          ${fact(
            { zh: '证件有效期至', en: 'Document expires' },
            page.expires === null ? html`${say('长期', 'no end')}` : dayElement(page.expires),
          )}
          ${fact(
            { zh: '证件核验', en: 'How checked' },
            page.reader === 'chip'
              ? html`${say('读卡器核验芯片', 'chip, by a reader')}`
              : html`${say('目视比对', 'by eye')}`,
          )}
          ${page.also === null ? null : otherFacts(page.also)}
          ${page.wanghao ? fact({ zh: '网证', en: '网证' }, html`${say('已出示', 'shown')}`) : null}
          ${fact({ zh: '窗口登记簿编号', en: 'Reference' }, page.reference)}
          ${fact({ zh: '登记时间', en: 'Proposed' }, timeElement(page.proposedAt))}
        </dl>
        <p class="note">
          ${say('您的这次查看已经记录。确认时向人口库核对。', 'Your reading is recorded. Confirming asks the population register.')}
        </p>
        <div class="actions">
          ${buttonForm(frame, `/office/proofing/${page.id}/confirmation`, { zh: '核对并确认', en: 'Check and confirm' })}
        </div>
      </section>
      <section class="card">
        <h2>${say('退回', 'Reject')}</h2>
        ${postForm(frame, `/office/proofing/${page.id}/rejection`, [
          field({ id: 'reason', words: { zh: '理由', en: 'Reason' }, maximum: 300 }),
          html`<button class="button danger" type="submit">${say('退回', 'Reject')}</button>`,
        ])}
      </section>`,
  });
}
