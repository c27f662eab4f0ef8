// Whom to act for: oneself, or an enterprise by a mandate.
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { both, dayElement, say } from '../words.ts';
import type { Words } from '../../verification/report.ts';
import { problemNotice, stepForm, type InteractionPage, type InteractionProblem } from './interaction.ts';

export interface ActingChoice {
  /** `rep_…` */
  readonly id: string;
  readonly enterprise: string;
  readonly creditCode: string;
  readonly capacity: Words;
  /** What it covers, in words. */
  readonly scope: Words;
  /** Instant at which it ends; null without an end. */
  readonly until: string | null;
}

export interface ActingPage extends InteractionPage {
  readonly choices: readonly ActingChoice[];
  readonly problem: InteractionProblem | null;
}

/** After the login, or alone when the client asks to switch. */
export function renderActing(frame: Frame, page: ActingPage): string {
  return renderPage(frame, {
    title: { zh: '选择办事身份', en: 'Whom to act for' },
    path: '/interaction',
    plain: true,
    body: html`<div class="narrow">
      <h1>${say('选择办事身份', 'Whom do you act for?')}</h1>
      <p class="lead">
        ${say(
          '所做的事将同时记在您和企业名下。',
          'What you do is recorded under your name and that of the enterprise.',
        )}
      </p>
      ${problemNotice(page.problem)}
      ${stepForm(
        page,
        'acting',
        html`<button class="choice" type="submit" name="actingFor" value="">
            <strong>${say('本人', 'Myself')}</strong>
            <span>${say('办理个人事项', 'personal matters')}</span>
          </button>
          ${page.choices.map(
            (choice) =>
              html`<button class="choice" type="submit" name="actingFor" value="${choice.id}">
                <strong>${choice.enterprise}</strong>
                <span>${both(choice.capacity)}</span>
                <span class="note">${choice.creditCode} · ${both(choice.scope)}</span>
                ${
                  choice.until === null
                    ? null
                    : html`<span class="note">${say('有效至', 'until')} ${dayElement(choice.until)}</span>`
                }
              </button>`,
          )}`,
      )}
    </div>`,
  });
}
