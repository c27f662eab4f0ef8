// A license as its code shows it: face, status with its time, and what is not proven.
import type { LicenseField, LicenseReport } from '../verification/report.ts';
import { html, type Html } from './html.ts';
import { both, dayElement, proofLimit, say, timeElement } from './words.ts';

function renderField(field: LicenseField): Html {
  return html`<div>
    <dt>${both(field.label)}</dt>
    <dd>${field.value}</dd>
  </div>`;
}

function renderStatus(license: LicenseReport): Html {
  if (license.status === null) {
    return html`<p class="status">
      ${say('当前状态：未查询到公开状态', 'Current status: no public status was obtained')}
    </p>`;
  }
  return html`<p class="status">
    ${say('当前状态', 'Current status')}: <strong>${both(license.status.words)}</strong>
    <span class="asof">${say('状态时间', 'as of')} ${timeElement(license.status.asOf)}</span>
  </p>`;
}

/** A license ends at the first instant it is no longer valid; people read the last day it is. */
function lastDay(end: string): string {
  const instant = new Date(end).getTime();
  return Number.isNaN(instant) ? end : new Date(instant - 1).toISOString();
}

/** The license section of a report: covered fields, uncovered ones named apart, 颁证机关 and the limit of the proof. */
export function renderLicense(license: LicenseReport): Html {
  const covered = license.fields.filter((field) => field.covered);
  const uncovered = license.fields.filter((field) => !field.covered);
  return html`<section class="card face">
    <h3>${license.typeName === null ? say('电子证照', 'E-license') : both(license.typeName)}</h3>
    ${renderStatus(license)}
    <dl class="facts">
      ${covered.map(renderField)}
      <div>
        <dt>${say('颁证机关', 'Issuing authority')}</dt>
        <dd>
          ${license.issuerName === null ? null : both(license.issuerName)} <code>${license.issuer}</code>
        </dd>
      </div>
      ${
        license.issuedAt === null
          ? null
          : html`<div>
              <dt>${say('颁证日期', 'Issued')}</dt>
              <dd>${dayElement(license.issuedAt)}</dd>
            </div>`
      }
      ${
        license.expiresAt === null
          ? null
          : html`<div>
              <dt>${say('有效期至', 'Valid until')}</dt>
              <dd>${dayElement(lastDay(license.expiresAt))}</dd>
            </div>`
      }
    </dl>
    ${
      uncovered.length === 0
        ? null
        : html`<h4>${say('以下内容不在码的签名范围内', 'Not covered by the code’s signature')}</h4>
            <ul class="uncovered">
              ${uncovered.map((field) => html`<li>${both(field.label)}</li>`)}
            </ul>`
    }
    <p class="limit">${both(proofLimit)}</p>
    <p class="note">${both(license.notCovered)}</p>
  </section>`;
}
