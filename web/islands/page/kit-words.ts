// What the offline reader says of itself: whether it works without a network, and how old what it knows is.
import type { OfflineKit } from '../../../verification/offline-kit.ts';
import type { RefreshedKit } from '../../../verification/offline-refresh.ts';
import type { Words } from '../../../verification/report.ts';
import { html, type Html } from '../../html.ts';
import { both, say } from '../../words.ts';

/** How far the pages themselves are kept. */
export type Kept = 'preparing' | 'kept' | 'insecure' | 'failed';

export interface KitState {
  readonly kit: OfflineKit;
  readonly pages: Kept;
  /** Null before the first attempt of this visit. */
  readonly last: Pick<RefreshedKit, 'trustListProblem' | 'unconfirmed'> | null;
  readonly refreshing: boolean;
  /** Whether a newer build of the page waits. */
  readonly newer: boolean;
}

const pageWords: Readonly<Record<Kept, Words>> = {
  preparing: { zh: '正在下载本页，以便断网使用…', en: 'Fetching this page for use without a network…' },
  kept: { zh: '断网可用', en: 'Works without a network' },
  insecure: {
    zh: '当前连接不是安全连接（HTTPS），浏览器不允许离线核验',
    en: 'This connection is not secure (HTTPS): the browser allows no offline verification',
  },
  failed: {
    zh: '浏览器没有保存本页，断网时无法使用',
    en: 'The browser did not keep this page; it needs the network',
  },
};

const hour = 3_600_000;

function timeOf(at: Date): Html {
  const text = at.toLocaleString('zh-CN', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    timeZone: 'Asia/Shanghai',
  });
  return html`<time datetime="${at.toISOString()}">${text}</time>`;
}

function oldest(kit: OfflineKit): Date | null {
  const times = kit.statusLists.map(({ confirmedAt }) => confirmedAt.getTime());
  return times.length === 0 ? null : new Date(Math.min(...times));
}

function problemOf({ last, kit }: KitState): Words | null {
  const problem = last?.trustListProblem ?? null;
  if (problem === null)
    return (last?.unconfirmed ?? []).length > 0
      ? { zh: '部分状态列表没有更新成功。', en: 'Some status lists could not be brought up to date.' }
      : null;
  if (problem === 'unavailable')
    return kit.trustList === null
      ? {
          zh: '连接不上服务器，还没有下载过密钥。',
          en: 'The server cannot be reached, and no keys were fetched yet.',
        }
      : { zh: '现在没有网络，使用已下载的内容。', en: 'There is no network now; what was fetched is used.' };
  return {
    zh: `服务器给出的信任列表没有通过校验（${problem}），保留原来的内容。`,
    en: `The trust list the server gave does not hold (${problem}); what was kept before is used.`,
  };
}

/** Whether the page's own keys should be offered again: only where the kept ones do not fit any more. */
function offersReset({ last }: KitState): boolean {
  return (
    last?.trustListProblem === 'trust-list-signature' || last?.trustListProblem === 'trust-list-rollback'
  );
}

/** The panel above the reader. @param now the clock of the device */
export function kitPanel(state: KitState, now: Date): Html {
  const { kit, pages, refreshing, newer } = state;
  const status = oldest(kit);
  const problem = problemOf(state);
  const stale = status !== null && now.getTime() - status.getTime() > 12 * hour;
  return html`<p class="status">
      <span class="chip ${pages === 'kept' ? 'passed' : 'indeterminate'}">${both(pageWords[pages])}</span>
      ${stale ? html`<span class="chip failed">${say('状态已过期', 'Status out of date')}</span>` : null}
    </p>
    <dl class="facts">
      <div>
        <dt>${say('信任列表', 'Trust list')}</dt>
        <dd>
          ${
            kit.trustList === null
              ? say('尚未下载', 'Not fetched yet')
              : html`${say(`第${kit.trustList.sequence}期`, `Edition ${kit.trustList.sequence}`)},
                ${timeOf(kit.trustList.confirmedAt)}`
          }
        </dd>
      </div>
      <div>
        <dt>${say('状态列表', 'Status lists')}</dt>
        <dd>
          ${
            status === null
              ? say('尚未下载', 'Not fetched yet')
              : html`${say(`${kit.statusLists.length}份`, `${kit.statusLists.length}`)}, ${timeOf(status)}`
          }
        </dd>
      </div>
    </dl>
    ${problem === null ? null : html`<p class="note">${both(problem)}</p>`}
    <div class="actions">
      <button class="button quiet" type="button" data-do="refresh" ${refreshing ? 'disabled' : ''}>
        ${refreshing ? say('正在更新…', 'Updating…') : say('立即更新', 'Update now')}
      </button>
      ${
        offersReset(state)
          ? html`<button class="button danger" type="button" data-do="reset">
              ${say('放弃原有密钥，重新取得', 'Give up the kept keys and fetch them anew')}
            </button>`
          : null
      }
      ${
        newer
          ? html`<button class="button" type="button" data-do="take-over">
              ${say('本页有新版本，点此启用', 'A newer version of this page is here: use it')}
            </button>`
          : null
      }
    </div>`;
}
