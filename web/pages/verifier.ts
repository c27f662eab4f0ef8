// The desk of a verifier: what to ask for, the number to compare, and the answer, once.
import type { Words } from '../../verification/report.ts';
import { buttonForm, choice, fact, field, postForm, scrollTable } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, dayElement, say, timeElement } from '../words.ts';
import type { ShowingClaim, ShowingStatePage } from './showing.ts';

interface Option {
  readonly value: string;
  readonly words: Words;
}

export interface VerifierPage {
  readonly types: readonly Option[];
  /** What is asked for; null while no type is chosen. */
  readonly asked: { readonly type: Option; readonly fields: readonly Option[] } | null;
  readonly cases: readonly { readonly caseNumber: string; readonly matter: Words }[];
  readonly matters: readonly Option[];
  readonly claims: readonly {
    readonly id: string;
    readonly state: ShowingStatePage['state'];
    readonly claim: ShowingClaim;
  }[];
}

const stateWords: Readonly<Record<ShowingStatePage['state'], readonly [Words, string]>> = {
  claimed: [{ zh: '等待持证人', en: 'Waiting for the holder' }, 'warned'],
  approved: [{ zh: '已同意，可查看', en: 'Agreed: ready' }, 'passed'],
  delivered: [{ zh: '已查看', en: 'Seen' }, 'passed'],
  declined: [{ zh: '持证人拒绝', en: 'Declined' }, 'failed'],
  lapsed: [{ zh: '已超时', en: 'Too late' }, 'indeterminate'],
  shown: [{ zh: '亮证中', en: 'Being shown' }, 'not-applicable'],
  ended: [{ zh: '已结束', en: 'Over' }, 'not-applicable'],
};

/** How a chip's outcome looks as a verdict. */
const kindOf: Readonly<Record<string, 'good' | 'bad' | 'unsure'>> = {
  passed: 'good',
  failed: 'bad',
};

function claimForm(frame: Frame, page: VerifierPage): Html {
  const { asked } = page;
  if (asked === null || page.cases.length === 0) return html``;
  return html`<section class="card">
    <h2>${say('核验', 'Verify')}：${both(asked.type.words)}</h2>
    ${postForm(
      frame,
      '/verifier/claims',
      html`<input type="hidden" name="type" value="${asked.type.value}" />
        ${choice(
          'case',
          { zh: '办件', en: 'Case' },
          page.cases.map(({ caseNumber, matter }) => ({
            value: caseNumber,
            words: { zh: `${caseNumber} ${matter.zh}`, en: '' },
          })),
        )}
        <fieldset>
          <legend>${say('办这件事要看的内容', 'What the matter needs')}</legend>
          ${asked.fields.map(
            ({ value, words }) =>
              html`<label class="option" for="field-${value}">
                <input id="field-${value}" name="field-${value}" type="checkbox" value="yes" />
                <span>${both(words)}</span>
              </label>`,
          )}
          <p class="note">
            ${say('只选必需的；持证人会看到您要看什么。', 'Only what is needed: the holder sees what you ask for.')}
          </p>
        </fieldset>
        ${field({
          id: 'code',
          words: { zh: '亮证码或十位数字', en: 'Live code, or ten digits' },
          maximum: 120,
          hint: {
            zh: '把光标放在这里，用扫码枪扫持证人的手机；或键入十位数字。',
            en: 'With the cursor here, scan the holder’s telephone; or type the ten digits.',
          },
        })}
        <p id="photo-row" hidden>
          <label for="photo">${say('或拍下持证人的屏幕', 'Or photograph the holder’s screen')}</label>
          <input id="photo" type="file" accept="image/*" capture="environment" />
        </p>
        <p id="photo-state" class="live" role="status"></p>
        <button class="button" type="submit">${say('请求出示', 'Ask')}</button>`,
    )}
  </section>`;
}

function caseForm(frame: Frame, page: VerifierPage): Html {
  return html`<details ${page.cases.length === 0 ? html`open` : null} class="card">
    <summary>${say('受理与办结', 'Open and close cases')}</summary>
    ${postForm(
      frame,
      '/verifier/cases',
      html`${field({ id: 'case-number', name: 'case', words: { zh: '办件编号', en: 'Case number' }, maximum: 64 })}
        ${choice('matter', { zh: '事项', en: 'Matter' }, page.matters)}
        <button class="button quiet" type="submit">${say('受理', 'Open')}</button>`,
    )}
    ${
      page.cases.length === 0
        ? null
        : html`<ul class="enrolled">
            ${page.cases.map(
              ({ caseNumber, matter }) =>
                html`<li>
                  <span><code>${caseNumber}</code> ${both(matter)}</span>
                  ${buttonForm(
                    frame,
                    `/verifier/cases/${encodeURIComponent(caseNumber)}/closing`,
                    { zh: '办结', en: 'Close' },
                    { about: caseNumber },
                  )}
                </li>`,
            )}
          </ul>`
    }
  </details>`;
}

/** `/verifier`. */
export function renderVerifier(frame: Frame, page: VerifierPage): string {
  return renderPage(frame, {
    title: { zh: '亮证核验', en: 'Verify a live code' },
    path: '/verifier',
    islands: ['claim-code'],
    body: html`<h1>${say('亮证核验', 'Verify a live code')}</h1>
      ${
        page.cases.length === 0
          ? html`<p class="empty">
              ${say('核验须有受理中的办件。', 'A case has to be open before a license is asked for.')}
            </p>`
          : null
      }
      <nav class="rooms" aria-label="证照类型 License types">
        <ul>
          ${page.types.map(
            ({ value, words }) =>
              html`<li>
                <a
                  href="/verifier?name=${encodeURIComponent(value)}"
                  ${page.asked?.type.value === value ? html`aria-current="page"` : null}
                  >${both(words)}</a
                >
              </li>`,
          )}
        </ul>
      </nav>
      ${claimForm(frame, page)} ${caseForm(frame, page)}
      <section>
        <h2>${say('我的请求', 'My claims')}</h2>
        ${scrollTable(
          { zh: '我的请求', en: 'My claims' },
          [
            { zh: '时间', en: 'When' },
            { zh: '办件', en: 'Case' },
            { zh: '证照', en: 'License' },
            { zh: '结果', en: 'Outcome' },
          ],
          page.claims.map(({ id, state, claim }) => {
            const [words, chip] = stateWords[state];
            return [
              timeElement(claim.claimedAt),
              html`<a href="/verifier/claims/${id}"><code>${claim.caseNumber}</code></a>`,
              both(claim.license),
              html`<span class="chip ${chip}">${both(words)}</span>`,
            ];
          }),
        )}
      </section>`,
  });
}

export interface ClaimPage {
  readonly id: string;
  readonly state: ShowingStatePage['state'];
  readonly matchNumber: number;
  readonly claim: ShowingClaim;
}

function asked(claim: ShowingClaim): Html {
  return html`<dl class="facts">
    ${fact({ zh: '证照', en: 'License' }, both(claim.license))}
    ${fact({ zh: '办件', en: 'Case' }, html`<code>${claim.caseNumber}</code> ${both(claim.matter)}`)}
    ${fact({ zh: '要看的内容', en: 'Asked for' }, claim.fields.map((each) => each.zh).join('、'))}
  </dl>`;
}

/** `/verifier/claims/:id`. */
export function renderClaim(frame: Frame, page: ClaimPage): string {
  const address = `/verifier/claims/${page.id}`;
  const [words, chip] = stateWords[page.state];
  const waiting = page.state === 'claimed' || page.state === 'approved';
  return renderPage(frame, {
    title: { zh: '亮证核验', en: 'Verify a live code' },
    path: '/verifier',
    ...(waiting ? { islands: ['claim-wait'] } : {}),
    body: html`<div class="narrow">
      ${
        waiting
          ? html`<h1>${both(words)}</h1>`
          : html`<div class="verdict ${kindOf[chip] ?? 'unsure'}">
              <span class="mark" aria-hidden="true">${page.state === 'delivered' ? '✓' : '✕'}</span>
              <div><h1 class="word">${both(words)}</h1></div>
            </div>`
      }
      ${
        waiting
          ? html`<div
              id="claim"
              class="card scan"
              data-address="${address}"
              data-token="${frame.formToken ?? ''}"
              data-seconds="${page.claim.seconds}"
            >
              <p>
                ${say(
                  '把屏幕转向持证人，请其在手机上点选这个数字',
                  'Turn the screen to the holder, who chooses this number on the telephone',
                )}
              </p>
              <p class="digits">${page.matchNumber}</p>
              <p id="claim-left" class="live" role="status"></p>
            </div>`
          : null
      }
      ${asked(page.claim)}
      ${
        waiting
          ? postForm(
              frame,
              `${address}/answer`,
              html`<button class="button wide" id="take" type="submit">
                ${say('查看（只能查看一次）', 'See it (once)')}
              </button>`,
            )
          : null
      }
      <div class="actions">
        ${
          page.state === 'delivered'
            ? html`<a class="button quiet" href="${address}/receipt">${say('下载核验回执', 'Receipt')}</a>`
            : null
        }
        <a href="/verifier">${say('返回', 'Back')}</a>
      </div>
    </div>`,
  });
}

export interface AnswerPage {
  readonly id: string;
  readonly typeName: Words;
  readonly issuer: string;
  readonly mark: string | null;
  readonly inForce: boolean;
  readonly stateWords: string;
  /** yyyy-MM-dd; null where it has no end. */
  readonly validUntil: string | null;
  readonly lines: readonly { readonly words: Words; readonly value: string }[];
  /** `data:` address of the holder's photo; null where none was asked for or there is none. */
  readonly photo: string | null;
  readonly at: string;
  readonly claim: ShowingClaim;
  readonly receiptId: string;
}

/** The answer, shown once. */
export function renderAnswer(frame: Frame, page: AnswerPage): string {
  return renderPage(frame, {
    title: { zh: '亮证核验结果', en: 'What was shown' },
    path: '/verifier',
    body: html`<div class="verdict ${page.inForce ? 'good' : 'bad'}">
        <span class="mark" aria-hidden="true">${page.inForce ? '✓' : '✕'}</span>
        <div>
          <h1 class="word">${page.stateWords}</h1>
          <p>
            ${both(page.typeName)}${page.mark === null ? null : html` <strong>${page.mark}</strong>`} ·
            ${page.issuer}
          </p>
          <p class="asof">${say('登记库实时状态', 'From the register, at')} ${timeElement(page.at)}</p>
        </div>
      </div>
      <section class="card face">
        <h2>${say('持证人同意出示的内容', 'What the holder agreed to show')}</h2>
        ${
          page.photo === null
            ? null
            : html`<img class="portrait" src="${page.photo}" alt="持证人照片 Photo of the holder" />`
        }
        <dl class="facts">
          ${page.lines.map(({ words, value }) => fact(words, value))}
          ${fact(
            { zh: '有效期至', en: 'Valid until' },
            page.validUntil === null ? say('长期', 'no end') : dayElement(page.validUntil),
          )}
        </dl>
      </section>
      <p class="limit">
        ${say(
          '本页只显示这一次，离开后不能再看。需要留存的，下载核验回执。',
          'This page is shown this once. For your file, keep the receipt.',
        )}
      </p>
      <div class="actions">
        <a class="button quiet" href="/verifier/claims/${page.id}/receipt">
          ${say('下载核验回执', 'Receipt')}
        </a>
        <code>${page.receiptId}</code>
        <a href="/verifier">${say('继续核验', 'Next')}</a>
      </div>`,
  });
}
