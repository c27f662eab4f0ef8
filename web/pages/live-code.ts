// The page a live code opens on whatever telephone scans it: it shows nothing, and says why.
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say } from '../words.ts';

/** `/p`. What follows # stays on the device. */
export function renderLiveCodePage(frame: Frame): string {
  return renderPage(frame, {
    title: { zh: '亮证码', en: 'Live code' },
    path: '/p',
    islands: ['live-code'],
    body: html`<div class="narrow">
      <h1>${say('这是亮证码', 'This is a live code')}</h1>
      <p class="lead">
        ${say(
          '亮证码里没有个人信息，只能由登录的部门工作人员为受理中的办件核验，并须持证人在手机上同意。',
          'There is nothing personal in it. Only a signed-in officer can use it, for an open case, and the holder has to agree.',
        )}
      </p>
      <p class="limit">
        ${say(
          '请不要把亮证码发给别人或截图：码一分钟内更换，截图无效。',
          'Do not send it on and take no screenshot: it changes within a minute.',
        )}
      </p>
      <div class="actions">
        <a class="button" id="go-on" href="/verifier">${say('部门核验', 'For departments')}</a>
      </div>
    </div>`,
  });
}
