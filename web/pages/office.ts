// The officer's page: seals, recent stamps and licenses of the own department.
import type { Words } from '../../verification/report.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip, type LicenseSummary } from '../license-card.ts';
import { table } from '../table.ts';
import { both, dayElement, say, stampWord, timeElement } from '../words.ts';

interface OfficeSeal {
  readonly name: string;
  /** 14 digits. */
  readonly sealCode: string;
  /** Address of the seal's own page; null where there is none. */
  readonly page: string | null;
  /** Address of the seal's picture (SVG) on this site; null where there is none to show. */
  readonly picture: string | null;
  readonly state: { readonly words: Words; readonly inForce: boolean };
  /** ISO 8601. */
  readonly validUntil: string;
}

interface OfficeStamp {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly sealName: string;
  /** 实施编码. */
  readonly matter: string | null;
  /** Null where the matter is not known here. */
  readonly matterName: Words | null;
  readonly caseNumber: string | null;
  readonly documentUrl: string | null;
}

export interface OfficePage {
  readonly department: string;
  readonly seals: readonly OfficeSeal[];
  /** Newest first. */
  readonly stamps: readonly OfficeStamp[];
  readonly licenses: readonly LicenseSummary[];
}

function renderSeal(seal: OfficeSeal): Html {
  return html`<li class="card seal">
    ${
      seal.picture === null
        ? null
        : html`<img src="${seal.picture}" alt="${seal.name} 印模" width="132" height="132" loading="lazy" />`
    }
    <div>
      <h3>${seal.page === null ? seal.name : html`<a href="${seal.page}">${seal.name}</a>`}</h3>
      <p><code>${seal.sealCode}</code></p>
      <p>${stateChip(seal.state)}</p>
      <p>${say('有效至', 'valid until')} ${dayElement(seal.validUntil)}</p>
    </div>
  </li>`;
}

function stampRow(stamp: OfficeStamp): (Html | string | null)[] {
  return [
    timeElement(stamp.time),
    stamp.sealName,
    stamp.matterName === null
      ? stamp.matter
      : html`${both(stamp.matterName)}<br /><code>${stamp.matter}</code>`,
    stamp.caseNumber,
    stamp.documentUrl === null
      ? null
      : html`<a href="${stamp.documentUrl}"
          >${say('下载', 'PDF')}<span class="hidden-text"> ${stamp.id}</span></a
        >`,
  ];
}

function licenseRow(license: LicenseSummary): (Html | string | null)[] {
  return [
    html`<a href="/licenses/${encodeURIComponent(license.id)}">${license.number}</a>`,
    both(license.typeName),
    license.holder,
    dayElement(license.issued),
    stateChip(license.state),
  ];
}

/** `/office`. */
export function renderOffice(frame: Frame, page: OfficePage): string {
  return renderPage(frame, {
    title: { zh: '工作台', en: 'Office' },
    path: '/office',
    body: html`<h1>${page.department}</h1>
      <section>
        <h2>${say('电子印章', 'Seals')}</h2>
        <p>
          <a href="/seals"
            >${say('印章管理：申请、审批、授权', 'Seal office: applications, approvals, authorisations')}</a
          >
        </p>
        ${
          page.seals.length === 0
            ? html`<p class="empty">${say('本部门没有印章。', 'This department has no seal.')}</p>`
            : html`<ul class="cards">
                ${page.seals.map(renderSeal)}
              </ul>`
        }
      </section>
      <section>
        <h2>${both(stampWord)}</h2>
        ${table(
          stampWord,
          [
            { zh: '时间', en: 'Time' },
            { zh: '印章', en: 'Seal' },
            { zh: '事项', en: 'Matter' },
            { zh: '办件编号', en: 'Case' },
            { zh: '文件', en: 'File' },
          ],
          page.stamps.map(stampRow),
        )}
      </section>
      <section>
        <h2>${say('近期证照', 'Recent licenses')}</h2>
        <p><a href="/license-types">${say('证照类型目录', 'Catalogue of license types')}</a></p>
        <p>
          <a href="/office/licenses"
            >${say('证照窗口：查找、检查、变更、审批', 'License desk: find, inspect, change, decide')}</a
          >
        </p>
        ${table(
          { zh: '近期证照', en: 'Recent licenses' },
          [
            { zh: '证照编号', en: 'Number' },
            { zh: '类型', en: 'Type' },
            { zh: '持证主体', en: 'Holder' },
            { zh: '颁证日期', en: 'Issued' },
            { zh: '状态', en: 'Status' },
          ],
          page.licenses.map(licenseRow),
        )}
      </section>`,
  });
}
