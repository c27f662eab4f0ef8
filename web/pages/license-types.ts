// The catalogue of license types, and the drafts of a department's type officers.
import type { Words } from '../../verification/report.ts';
import { postForm, scrollTable } from '../form.ts';
import { html, type Html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say, timeElement } from '../words.ts';

/** A state of a draft in words. */
const draftStateWords: Readonly<Record<string, Words>> = {
  draft: { zh: '起草中', en: 'draft' },
  submitted: { zh: '待审批', en: 'submitted' },
  approved: { zh: '已审批', en: 'approved' },
  published: { zh: '已发布', en: 'published' },
  discarded: { zh: '已放弃', en: 'given up' },
};

export interface LicenseTypesPage {
  readonly types: readonly {
    readonly code: string;
    readonly name: Words;
    readonly edition: number;
    readonly issuer: string;
    readonly holders: readonly ('enterprise' | 'resident')[];
    /** Whether this officer may start the next edition now. */
    readonly mayStart: boolean;
  }[];
  /** Null for officers who do not draft. */
  readonly drafts:
    | readonly {
        readonly id: string;
        readonly name: string;
        readonly edition: number;
        readonly state: string;
        readonly editedAt: string;
      }[]
    | null;
}

const holderWords = {
  enterprise: { zh: '企业', en: 'enterprises' },
  resident: { zh: '居民', en: 'residents' },
};

/** The chip of a draft's state. */
export function draftChip(state: string): Html {
  const look = state === 'approved' || state === 'published' ? 'passed' : 'warned';
  const words = draftStateWords[state] ?? { zh: state, en: state };
  return html`<span class="chip ${state === 'discarded' ? 'not-applicable' : look}">${both(words)}</span>`;
}

function typeCard(frame: Frame, type: LicenseTypesPage['types'][number]): Html {
  return html`<li class="card">
    <div class="line">
      <h3><a href="/license-types/${type.code}">${both(type.name)}</a></h3>
      <p>${say(`第${type.edition}版`, `edition ${type.edition}`)}</p>
    </div>
    <dl class="facts">
      <div>
        <dt>${say('颁证机关', 'Issuing authority')}</dt>
        <dd>${type.issuer}</dd>
      </div>
      <div>
        <dt>${say('持证主体', 'Holders')}</dt>
        <dd>${type.holders.map((kind) => html`${both(holderWords[kind])} `)}</dd>
      </div>
      <div>
        <dt>${say('类型代码', 'Code')}</dt>
        <dd><code>${type.code}</code></dd>
      </div>
    </dl>
    ${
      type.mayStart
        ? postForm(
            frame,
            '/license-type-drafts',
            html`<input type="hidden" name="type" value="${type.code}" />
              <button class="button" type="submit">
                ${say('起草下一版', 'Draft the next edition')}<span class="hidden-text">
                  ${type.name.zh}</span
                >
              </button>`,
          )
        : null
    }
  </li>`;
}

function draftsSection(frame: Frame, drafts: NonNullable<LicenseTypesPage['drafts']>): Html {
  const caption = { zh: '草稿', en: 'Drafts' };
  return html`<section>
    <h2>${both(caption)}</h2>
    ${scrollTable(
      caption,
      [
        { zh: '证照类型', en: 'Type' },
        { zh: '版次', en: 'Edition' },
        { zh: '状态', en: 'State' },
        { zh: '最近修改', en: 'Last edit' },
      ],
      drafts.map((draft) => [
        html`<a href="/license-type-drafts/${draft.id}">${draft.name}</a>`,
        String(draft.edition),
        draftChip(draft.state),
        timeElement(draft.editedAt),
      ]),
    )}
    <details class="card">
      <summary>${say('新增证照类型（导入定义）', 'A new type, from a definition')}</summary>
      ${postForm(
        frame,
        '/license-type-drafts',
        html`<label for="definition">${say('定义（JSON）', 'Definition, JSON')}</label>
          <p class="note">
            ${say('格式见', 'Its form:')} <a href="/api/v1/license-type-schema">JSON Schema</a>
          </p>
          <textarea
            id="definition"
            name="definition"
            rows="10"
            maxlength="60000"
            spellcheck="false"
            required
          ></textarea>
          <button class="button" type="submit">${say('开始起草', 'Start the draft')}</button>`,
      )}
    </details>
  </section>`;
}

/** `/license-types`. */
export function renderLicenseTypes(frame: Frame, page: LicenseTypesPage): string {
  return renderPage(frame, {
    title: { zh: '证照类型', en: 'License types' },
    path: '/license-types',
    body: html`<h1>${say('证照类型', 'License types')}</h1>
      <p class="lead">
        ${say(
          '每一版发布后不再改动；证照始终按颁发时的版次解释。',
          'A published edition never changes; a license is read by the edition it was issued under.',
        )}
      </p>
      ${page.drafts === null ? null : draftsSection(frame, page.drafts)}
      <section>
        <h2>${say('目录', 'Catalogue')}</h2>
        <ul class="cards">
          ${page.types.map((type) => typeCard(frame, type))}
        </ul>
      </section>`,
  });
}
