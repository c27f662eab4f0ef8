// Uses of a seal: lines for the seal's own page, and the page with every one of them for its owner.
import type { Words } from '../../verification/report.ts';
import { actorElement, actorList, type ShownActor } from '../actor.ts';
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { stateChip } from '../license-card.ts';
import { basisWords, outcomeWords, wordsOf } from '../seal-words.ts';
import type { Cells } from '../table.ts';
import { fact } from '../form.ts';
import { both, say, timeElement } from '../words.ts';
import type { SealCard } from './seal-office.ts';

export interface SealUseLine {
  readonly stamp: string;
  readonly time: string;
  readonly outcome: string;
  readonly basis: string;
  readonly requester: ShownActor;
  /** The keeper, or the authorisation. */
  readonly releasedBy: ShownActor;
  readonly approvers: readonly ShownActor[];
  readonly matter: string | null;
  readonly caseNumber: string | null;
  readonly sm2: boolean;
}

/** A use with everything that is on record of it. */
export interface WholeSealUse extends SealUseLine {
  /** Labelled digest of the document as it came. */
  readonly digest: string;
  /** Of the sealed one; null for a use that came to nothing. */
  readonly resultDigest: string | null;
  readonly edition: number;
  readonly certificate: string;
  readonly sm2Certificate: string | null;
  /** The seal's state at that second, and since when. */
  readonly stateWords: Words;
  readonly stateSince: string;
  readonly approvals: readonly { readonly person: ShownActor; readonly level: number; readonly at: string }[];
}

export interface SealUsesPage {
  readonly seal: SealCard;
  readonly uses: readonly WholeSealUse[];
  /** Address of those before; null where there are none. */
  readonly older: string | null;
}

export const useHead: readonly Words[] = [
  { zh: '时间', en: 'Time' },
  { zh: '结果', en: 'Outcome' },
  { zh: '依据', en: 'Basis' },
  { zh: '申请人', en: 'Requester' },
  { zh: '审批人', en: 'Approvers' },
  { zh: '保管人/授权书', en: 'Released by' },
  { zh: '办件', en: 'Case' },
];

export function useCells(use: SealUseLine): Cells {
  return [
    timeElement(use.time),
    html`${both(wordsOf(outcomeWords, use.outcome))}${use.sm2 ? html`<br />SM2` : null}`,
    both(wordsOf(basisWords, use.basis)),
    actorElement(use.requester),
    use.approvers.length === 0 ? null : actorList(use.approvers),
    actorElement(use.releasedBy),
    html`${use.caseNumber ?? '–'}${use.matter === null ? null : html`<br /><code>${use.matter}</code>`}`,
  ];
}

/** `/seals/:code/uses`. */
export function renderSealUses(frame: Frame, page: SealUsesPage): string {
  const { seal } = page;
  return renderPage(frame, {
    title: { zh: `用印记录：${seal.name}`, en: `Uses: ${seal.code}` },
    path: '/seals',
    body: html`<p>
        <a href="/seals">${say('印章管理', 'Seal office')}</a> ›
        <a href="/seals/${seal.code}">${seal.name}</a>
      </p>
      <div class="line">
        <h1>${say('用印记录', 'Uses')}</h1>
        ${stateChip(seal.state)}
      </div>
      ${page.uses.length === 0 ? html`<p class="empty">${say('暂无记录。', 'Nothing yet.')}</p>` : null}
      ${page.uses.map(
        (use) =>
          html`<section class="card">
            <h2>${timeElement(use.time)} ${both(wordsOf(outcomeWords, use.outcome))}</h2>
            <dl class="facts">
              ${fact({ zh: '依据', en: 'Basis' }, both(wordsOf(basisWords, use.basis)))}
              ${fact({ zh: '申请人', en: 'Requester' }, actorElement(use.requester))}
              ${
                use.approvals.length === 0
                  ? null
                  : fact(
                      { zh: '审批', en: 'Approvals' },
                      html`${use.approvals.map(
                        ({ person, level, at }) =>
                          html`<span class="row">${actorElement(person)} ${level} ${timeElement(at)}</span> `,
                      )}`,
                    )
              }
              ${fact({ zh: '保管人/授权书', en: 'Released by' }, actorElement(use.releasedBy))}
              ${
                use.caseNumber === null && use.matter === null
                  ? null
                  : fact(
                      { zh: '办件', en: 'Case' },
                      html`${use.caseNumber ?? '–'} <code>${use.matter ?? ''}</code>`,
                    )
              }
              ${fact({ zh: '当时状态', en: 'State then' }, html`${both(use.stateWords)} ${timeElement(use.stateSince)}`)}
              ${fact(
                { zh: '证书', en: 'Certificate' },
                html`<code class="long">${use.certificate}</code>
                  ${say(`第${use.edition}版`, `edition ${use.edition}`)}`,
              )}
              ${use.sm2Certificate === null ? null : fact({ zh: '国密证书', en: 'SM2 certificate' }, html`<code class="long">${use.sm2Certificate}</code>`)}
              ${fact({ zh: '原文摘要', en: 'Digest of the document' }, html`<code class="long">${use.digest}</code>`)}
              ${use.resultDigest === null ? null : fact({ zh: '签章后摘要', en: 'Digest of the sealed one' }, html`<code class="long">${use.resultDigest}</code>`)}
              ${fact({ zh: '签章编号', en: 'Stamp' }, html`<code class="long">${use.stamp}</code>`)}
            </dl>
          </section>`,
      )}
      ${page.older === null ? null : html`<p><a class="button" href="${page.older}">${say('更早的记录', 'Older')}</a></p>`}`,
  });
}
