// The pages about people, as a second row of navigation: a person's own, and an officer's desks.
import type { Words } from '../../../verification/report.ts';
import { html, type Html } from '../../html.ts';
import { both } from '../../words.ts';

export interface PeoplePlace {
  readonly path: string;
  readonly words: Words;
}

export const ownPlaces: readonly PeoplePlace[] = [
  { path: '/my/data', words: { zh: '我的信息', en: 'My data' } },
  { path: '/my/level', words: { zh: '实名等级', en: 'Level' } },
  { path: '/my/looks', words: { zh: '谁看过', en: 'Who looked' } },
  { path: '/my/mandates', words: { zh: '代表企业', en: 'Mandates' } },
  { path: '/my/sessions', words: { zh: '登录与授权', en: 'Sign-ins' } },
];

export const deskPlaces = {
  proofing: { path: '/office/proofing', words: { zh: '窗口核验', en: 'Proofing desk' } },
  administration: { path: '/office/administration', words: { zh: '三员管理', en: 'Administration' } },
  audit: { path: '/office/audit', words: { zh: '审计', en: 'Audit' } },
  types: { path: '/license-types', words: { zh: '证照类型', en: 'License types' } },
  protection: { path: '/office/protection', words: { zh: '个人信息保护', en: 'Data protection' } },
} as const satisfies Record<string, PeoplePlace>;

/** @param here - path of the page itself */
export function renderPlaces(places: readonly PeoplePlace[], here: string): Html {
  return html`<nav class="rooms" aria-label="人员 People">
    <ul>
      ${places.map(
        (place) =>
          html`<li>
            <a href="${place.path}" ${place.path === here ? html`aria-current="page"` : null}
              >${both(place.words)}</a
            >
          </li>`,
      )}
    </ul>
  </nav>`;
}
