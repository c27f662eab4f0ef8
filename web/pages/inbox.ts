// The demonstration's telephones: what would have been sent, newest first.
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say, timeElement } from '../words.ts';

export interface InboxMessage {
  /** ISO 8601. */
  readonly at: string;
  /** Masked. */
  readonly telephone: string;
  readonly text: string;
}

/** `/development/inbox`, in the demonstration only. */
export function renderInbox(frame: Frame, messages: readonly InboxMessage[]): string {
  return renderPage(frame, {
    title: { zh: '演示短信', en: 'Text messages of the demonstration' },
    path: '/development/inbox',
    body: html`<h1>${say('演示短信', 'Text messages of the demonstration')}</h1>
      <p class="lead">
        ${say(
          '演示系统不发送短信，内容显示在这里，保存一天。',
          'The demonstration sends no text messages; they are shown here and kept for a day.',
        )}
      </p>
      ${
        messages.length === 0
          ? html`<p class="empty">${say('还没有短信。', 'No messages yet.')}</p>`
          : html`<ul class="rows">
              ${messages.map(
                (message) =>
                  html`<li class="card">
                    <p class="note">${message.telephone} · ${timeElement(message.at)}</p>
                    <p>${message.text}</p>
                  </li>`,
              )}
            </ul>`
      }`,
  });
}
