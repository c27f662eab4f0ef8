// The first page: what one can do here.
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { say } from '../words.ts';

/** `/`. */
export function renderHome(frame: Frame): string {
  return renderPage(frame, {
    title: { zh: '首页', en: 'Home' },
    path: '/',
    body: html`<div class="hero">
        <h1>${say('一份真的文件，谁都能核对', 'A genuine document anyone can check')}</h1>
        <p class="lead">
          ${say(
            '上传盖章的 PDF，或扫描证照上的二维码，立即得到核验结论和理由。',
            'Upload a sealed PDF or scan the code on a license: the verdict and its reasons come at once.',
          )}
        </p>
        <p class="actions">
          <a class="button" href="/verify">${say('核验文件或证照码', 'Verify a file or a code')}</a>
        </p>
      </div>
      <ul class="tiles">
        <li>
          <h2>${say('持证人', 'Holders')}</h2>
          <p>${say('查看并下载自己的电子证照。', 'See and download your e-licenses.')}</p>
          <a href="/my">${say('我的证照', 'My licenses')}</a>
        </li>
        <li>
          <h2>${say('部门工作人员', 'Officers')}</h2>
          <p>
            ${say('查看本部门的印章、盖章记录和证照。', 'See your department’s seals, stamps and licenses.')}
          </p>
          <a href="/office">${say('工作台', 'Office')}</a>
        </li>
        <li>
          <h2>${say('业务系统', 'Systems')}</h2>
          <p>${say('通过接口盖章、颁发证照、核验。', 'Stamp, issue and verify through the interface.')}</p>
          <a href="/docs">${say('接口说明', 'API reference')}</a>
        </li>
      </ul>`,
  });
}
