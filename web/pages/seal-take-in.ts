// The form for a seal that was made elsewhere: its SESeal, and the certificate whose key lies at a signing server.
import { html } from '../html.ts';
import { renderPage, type Frame } from '../layout.ts';
import { dayElement, say } from '../words.ts';

export interface TakeInPage {
  /** Certificates of licensed services that the department has here. */
  readonly credentials: readonly {
    readonly id: string;
    readonly authority: string;
    /** Hex. */
    readonly serial: string;
    /** Name of the signing server and of the key there; null for a key that is here. */
    readonly key: string | null;
    readonly validUntil: string | null;
  }[];
  readonly idempotencyKey: string;
}

/** `/seal-take-in`. */
export function renderTakeIn(frame: Frame, page: TakeInPage): string {
  const [first] = page.credentials;
  return renderPage(frame, {
    title: { zh: '接入外部印章', en: 'A seal made elsewhere' },
    path: '/seals',
    body: html`<p><a href="/seals">${say('印章管理', 'Seal office')}</a></p>
      <h1>${say('接入外部印章', 'A seal made elsewhere')}</h1>
      <p>
        ${say(
          '市级或国家电子印章系统制作的印章，经审批、备案后与本系统印章同样使用；密钥不离开签名服务器。',
          'A seal of the city’s or the nation’s system is used like our own once it is approved and filed; its key stays at the signing server.',
        )}
      </p>
      ${
        first === undefined
          ? html`<section class="card">
              <p class="empty">
                ${say(
                  '本部门尚无可用的外部证书。请先由证书管理员登记签名服务器并导入证书。',
                  'The department has no certificate from elsewhere. An officer of the CA sets up the signing server and brings the certificate first.',
                )}
              </p>
            </section>`
          : html`<section class="card">
              <form method="post" action="/seal-take-in" enctype="multipart/form-data">
                <input type="hidden" name="formToken" value="${frame.formToken ?? ''}" />
                <input type="hidden" name="idempotencyKey" value="${page.idempotencyKey}" />
                <label for="document">${say('印章数据文件（SESeal，.esl）', 'The seal: SESeal, .esl')}</label>
                <p><input id="document" name="document" type="file" accept=".esl,.der,.ses" required /></p>
                <fieldset>
                  <legend>${say('签名证书与签名服务器', 'Certificate and signing server')}</legend>
                  ${page.credentials.map(
                    ({ id, authority, serial, key, validUntil }) =>
                      html`<label class="option">
                        <input
                          type="radio"
                          name="credential"
                          value="${id}"
                          ${id === first.id ? html`checked` : null}
                          required
                        />
                        <span
                          >${authority}
                          <code class="long">${serial}</code>
                          ${key === null ? say('本地密钥', 'key here') : html`<code>${key}</code>`}
                          ${validUntil === null ? null : html`${say('有效至', 'valid until')} ${dayElement(validUntil)}`}</span
                        >
                      </label>`,
                  )}
                </fieldset>
                <label for="keepers">${say('保管人标识（空格分隔）', 'Keepers, blanks between')}</label>
                <input id="keepers" name="keepers" type="text" maxlength="2000" required />
                <label for="approvalsNeeded">${say('每次用印所需审批人数', 'Approvals a use needs')}</label>
                <input
                  id="approvalsNeeded"
                  name="approvalsNeeded"
                  type="number"
                  min="1"
                  max="9"
                  value="1"
                  required
                />
                <label for="purpose">${say('事由', 'Reason')}</label>
                <input id="purpose" name="purpose" type="text" minlength="2" maxlength="200" required />
                <p class="note">${say('须由另一人审批。', 'Another person decides.')}</p>
                <button class="button" type="submit">${say('申请', 'Apply')}</button>
              </form>
            </section>`
      }`,
  });
}
