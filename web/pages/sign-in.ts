// Demonstration sign-in: choose a made-up person or officer. Replaced by the identity work; never served in production.
import { html, ownPath } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, say } from '../words.ts';
import type { Words } from '../../verification/report.ts';

interface SignInChoice {
  /** What the form sends back as `choice`. */
  readonly id: string;
  readonly name: string;
  /** Department of an officer, or what a holder is. */
  readonly detail: Words;
  readonly kind: 'holder' | 'officer';
}

export interface SignInPage {
  readonly choices: readonly SignInChoice[];
  /** Where to go afterwards; anything but a path of this site becomes `/`. */
  readonly returnTo: string;
  readonly formToken: string;
}

/** `/sign-in`. */
export function renderSignIn(frame: Frame, page: SignInPage): string {
  const group = (kind: SignInChoice['kind'], title: Words) =>
    html`<fieldset>
      <legend>${both(title)}</legend>
      ${page.choices
        .filter((choice) => choice.kind === kind)
        .map(
          (choice) =>
            html`<button class="choice" type="submit" name="choice" value="${choice.id}">
              <strong>${choice.name}</strong> <span>${both(choice.detail)}</span>
            </button>`,
        )}
    </fieldset>`;
  return renderPage(frame, {
    title: { zh: '演示登录', en: 'Demonstration sign-in' },
    path: '/sign-in',
    body: html`<h1>${say('演示登录', 'Demonstration sign-in')}</h1>
      <p class="lead">
        ${say(
          '此处不验证身份，只用于演示。请选择一个虚构的人。',
          'Nothing is checked here: it serves the demonstration only. Choose a made-up person.',
        )}
      </p>
      <form method="post" action="/sign-in" class="choices">
        <input type="hidden" name="formToken" value="${page.formToken}" />
        <input type="hidden" name="returnTo" value="${ownPath(page.returnTo)}" />
        ${group('holder', { zh: '持证人', en: 'Holders' })}
        ${group('officer', { zh: '部门工作人员', en: 'Officers' })}
      </form>`,
  });
}
