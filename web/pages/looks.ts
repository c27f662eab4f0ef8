// Who looked: what was shown at desks, and what departments read.
import type { Words } from '../../verification/report.ts';
import { fact, scrollTable } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say, timeElement } from '../words.ts';
import type { ShowingClaim, ShowingStatePage } from './showing.ts';

export interface LooksPage {
  readonly claims: readonly {
    readonly id: string;
    readonly state: ShowingStatePage['state'];
    readonly reason: string | null;
    readonly claim: ShowingClaim;
  }[];
  readonly readings: readonly {
    readonly at: string;
    readonly department: string | null;
    readonly what: string;
    readonly license: Words;
    readonly purpose: string | null;
  }[];
}

const ends: Readonly<Record<ShowingStatePage['state'], readonly [Words, string]>> = {
  delivered: [{ zh: '已出示', en: 'Shown' }, 'passed'],
  approved: [{ zh: '已同意', en: 'Agreed' }, 'passed'],
  claimed: [{ zh: '等待答复', en: 'Waiting for you' }, 'warned'],
  declined: [{ zh: '已拒绝', en: 'Declined' }, 'failed'],
  lapsed: [{ zh: '已超时', en: 'Too late' }, 'indeterminate'],
  shown: [{ zh: '亮证中', en: 'Being shown' }, 'not-applicable'],
  ended: [{ zh: '已结束', en: 'Over' }, 'not-applicable'],
};

const readWords: Readonly<Record<string, Words>> = {
  'license.read': { zh: '查看证照（脱敏）', en: 'Read the license, masked' },
  'license.disclosed': { zh: '查看完整信息', en: 'Read it in full' },
  'document.disclosed': { zh: '下载证照文件', en: 'Fetched the file' },
};

function claimCard({ id, state, claim }: LooksPage['claims'][number]): Html {
  const [words, chip] = ends[state];
  return html`<li class="card">
    <div class="line">
      <h3>${claim.department}</h3>
      <span class="chip ${chip}">${both(words)}</span>
    </div>
    <dl class="facts">
      ${fact({ zh: '时间', en: 'When' }, timeElement(claim.claimedAt))}
      ${fact({ zh: '事项', en: 'Matter' }, both(claim.matter))}
      ${fact({ zh: '办件编号', en: 'Case' }, html`<code>${claim.caseNumber}</code>`)}
      ${fact({ zh: '证照', en: 'License' }, both(claim.license))}
      ${fact({ zh: '要看的内容', en: 'Asked for' }, claim.fields.map((each) => each.zh).join('、'))}
    </dl>
    ${
      state === 'delivered'
        ? html`<p><a href="/my/showings/${id}/receipt">${say('核验回执', 'Receipt')}</a></p>`
        : null
    }
  </li>`;
}

/** `/my/license-looks`. */
export function renderLooks(frame: Frame, page: LooksPage): string {
  return renderPage(frame, {
    title: { zh: '谁看过我的证照', en: 'Who looked' },
    path: '/my',
    body: html`<h1>${say('谁看过我的证照', 'Who looked at my licenses')}</h1>
      <section>
        <h2>${say('亮证', 'Shown at desks')}</h2>
        ${
          page.claims.length === 0
            ? html`<p class="empty">
                ${say('还没有部门扫过您的亮证码。', 'No desk has scanned a code of yours.')}
              </p>`
            : html`<ul class="cards">
                ${page.claims.map(claimCard)}
              </ul>`
        }
      </section>
      <section>
        <h2>${say('部门查阅', 'Read by departments')}</h2>
        ${scrollTable(
          { zh: '部门查阅', en: 'Read by departments' },
          [
            { zh: '时间', en: 'When' },
            { zh: '部门', en: 'Department' },
            { zh: '证照', en: 'License' },
            { zh: '查阅', en: 'What' },
            { zh: '用途', en: 'What for' },
          ],
          page.readings.map((reading) => [
            timeElement(reading.at),
            reading.department ?? say('本系统', 'This system'),
            both(reading.license),
            both(readWords[reading.what] ?? { zh: reading.what, en: '' }),
            reading.purpose === 'not stated' || reading.purpose === null
              ? say('未说明', 'not stated')
              : reading.purpose,
          ]),
        )}
      </section>`,
  });
}
