// A verification report as markup: the verdict first, then signatures or license, then every question asked.
import type {
  Outcome,
  QualificationReport,
  Report,
  Row,
  SignatureReport,
  SignerReport,
  Words,
} from '../verification/report.ts';
import { html, type Html } from './html.ts';
import { renderLicense } from './license-report.ts';
import { both, say, timeElement } from './words.ts';
import { verdictOf, type Tone } from './verdict.ts';

const outcomeWords: Record<Outcome, Words> = {
  passed: { zh: '通过', en: 'passed' },
  warned: { zh: '提示', en: 'warning' },
  failed: { zh: '不通过', en: 'failed' },
  indeterminate: { zh: '无法确认', en: 'indeterminate' },
  'not-applicable': { zh: '不适用', en: 'not applicable' },
};

const kindWords: Record<Report['kind'], Words> = {
  pdf: { zh: 'PDF 文件', en: 'PDF document' },
  cms: { zh: '签名数据', en: 'CMS signature' },
  seal: { zh: '电子印章', en: 'Electronic seal' },
  'seal-signature': { zh: '电子签章', en: 'Use of an electronic seal' },
  certificate: { zh: '数字证书', en: 'Certificate' },
  'license-code': { zh: '电子证照码', en: 'License code' },
  unknown: { zh: '未能识别的文件', en: 'Not recognised' },
};

const coverageWords: Record<SignatureReport['coverage'], Words> = {
  'whole-file': { zh: '整个文件', en: 'the whole file' },
  'earlier-revision': {
    zh: '文件的较早版本（其后有追加内容，见下）',
    en: 'an earlier revision; what was added later is listed below',
  },
  unclear: { zh: '不明确', en: 'unclear' },
};

const levelWords: Record<SignatureReport['level'], Words> = {
  none: { zh: '不属于 PAdES 基线签名', en: 'not a PAdES baseline signature' },
  'B-B': { zh: '基本签名（PAdES B-B）', en: 'basic signature (PAdES B-B)' },
  'B-T': { zh: '带可信时间戳（PAdES B-T）', en: 'with trusted time-stamp (PAdES B-T)' },
  'B-LT': {
    zh: '带可信时间戳和验证数据（PAdES B-LT）',
    en: 'with trusted time-stamp and validation data (PAdES B-LT)',
  },
  'B-LTA': {
    zh: '带归档时间戳，可长期验证（PAdES B-LTA）',
    en: 'with archival time-stamp, for long-term validation (PAdES B-LTA)',
  },
};

const marks: Record<Tone, string> = { good: '✓', bad: '✕', unsure: '?' };

/** The coloured panel with the verdict in words; colour is never the only sign. */
function renderVerdict(report: Report): Html {
  const verdict = verdictOf(report);
  return html`<div class="verdict ${verdict.tone}">
    <span class="mark" aria-hidden="true">${marks[verdict.tone]}</span>
    <div>
      <h2 class="word">${both(verdict.word)}</h2>
      <p>${both(report.summary)}</p>
    </div>
  </div>`;
}

function fact(label: Words, value: Html | string | null): Html | null {
  if (value === null || value === '') return null;
  return html`<div>
    <dt>${both(label)}</dt>
    <dd>${value}</dd>
  </div>`;
}

function signerFacts(signer: SignerReport | null): (Html | null)[] {
  if (signer === null) return [];
  return [
    fact({ zh: '签名人', en: 'Signer' }, signer.commonName ?? signer.subject),
    fact({ zh: '单位', en: 'Organisation' }, signer.organization),
    fact({ zh: '统一社会信用代码', en: 'Credit code' }, creditCode(signer.organizationIdentifier)),
    fact({ zh: '证书颁发者', en: 'Certificate issuer' }, signer.issuer),
    fact({ zh: '证书序列号', en: 'Serial number' }, html`<code>${signer.serialNumber}</code>`),
  ];
}

/** `NTRCN-<18 characters>` (EN 319 412-1 clause 5.1.4) shows the code alone. */
function creditCode(identifier: string | null): string | null {
  return identifier === null ? null : identifier.replace(/^NTRCN-/, '');
}

function qualificationNote(qualification: QualificationReport): Html | null {
  return qualification.value === 'none' ? null : html`<p class="note">${both(qualification.words)}</p>`;
}

function renderChanges(signature: SignatureReport): Html | null {
  if (signature.changes.length === 0) return null;
  return html`<h4>${say('签名之后的改动', 'Changes after this signature')}</h4>
    <ul class="changes">
      ${signature.changes.map(
        (change) =>
          html`<li>
            <span class="chip ${change.allowed ? 'passed' : 'failed'}"
              >${change.allowed ? say('允许', 'allowed') : say('不允许', 'not allowed')}</span
            >
            ${both(change.words)}
          </li>`,
      )}
    </ul>`;
}

function renderSignature(signature: SignatureReport, index: number): Html {
  const number = String(index + 1);
  return html`<section class="card">
    <h3>
      ${
        signature.type === 'signature'
          ? say(`第 ${number} 个签名`, `Signature ${number}`)
          : say(`第 ${number} 个：文档时间戳`, `No. ${number}: document time-stamp`)
      }
    </h3>
    <dl class="facts">
      ${signerFacts(signature.signer)}
      ${fact({ zh: '签名类型', en: 'Level' }, both(levelWords[signature.level]))}
      ${fact({ zh: '覆盖范围', en: 'Covers' }, both(coverageWords[signature.coverage]))}
      ${fact(
        { zh: '可信时间', en: 'Proven time' },
        signature.provenTime === null
          ? say('没有可信时间戳', 'no trusted time-stamp')
          : timeElement(signature.provenTime),
      )}
      ${fact(
        { zh: '签名人自述时间', en: 'Claimed time' },
        signature.claimedTime === null ? null : timeElement(signature.claimedTime),
      )}
      ${fact({ zh: '事由', en: 'Reason' }, signature.reason)}
    </dl>
    ${qualificationNote(signature.qualification)} ${renderChanges(signature)} ${renderRows(signature.rows)}
  </section>`;
}

function renderRow(row: Row): Html {
  return html`<li class="row">
    <span class="chip ${row.outcome}">${both(outcomeWords[row.outcome])}</span>
    <div>
      <p class="question">${both(row.question)}</p>
      <p>${both(row.finding)}</p>
      <p class="cite">
        <span>${row.citation}</span>
        ${
          row.evidenceTime === null
            ? null
            : html`<span>${say('证据时间', 'evidence of')} ${timeElement(row.evidenceTime)}</span>`
        }
      </p>
    </div>
  </li>`;
}

/** Rows that need attention stand open; those passed or not applicable fold away, none is left out. */
function renderRows(rows: readonly Row[]): Html | null {
  if (rows.length === 0) return null;
  const quiet = rows.filter((row) => row.outcome === 'passed' || row.outcome === 'not-applicable');
  const loud = rows.filter((row) => !quiet.includes(row));
  return html`${
    loud.length === 0
      ? null
      : html`<ul class="rows">
          ${loud.map(renderRow)}
        </ul>`
  }
  ${
    quiet.length === 0
      ? null
      : html`<details>
          <summary>${say(`其余 ${quiet.length} 项检查`, `${quiet.length} further checks`)}</summary>
          <ul class="rows">
            ${quiet.map(renderRow)}
          </ul>
        </details>`
  }`;
}

function renderAbout(report: Report): Html {
  return html`<section class="about">
    <h3>${say('关于本报告', 'About this report')}</h3>
    <dl class="facts">
      ${fact({ zh: '核验对象', en: 'What was verified' }, both(kindWords[report.kind]))}
      ${fact({ zh: '核验时间', en: 'Judged for' }, timeElement(report.time))}
      ${fact(
        { zh: '结论代码', en: 'Conclusion' },
        html`<code
          >${report.conclusion}${report.subIndication === null ? '' : ` / ${report.subIndication}`}</code
        >`,
      )}
      ${fact({ zh: '策略', en: 'Policy' }, html`<code>${report.policy.id} ${report.policy.version}</code>`)}
      ${
        report.document === null
          ? null
          : fact({ zh: '文件摘要', en: 'Digest' }, html`<code>${report.document.digest}</code>`)
      }
      ${
        report.trustList === null
          ? null
          : fact(
              { zh: '信任列表', en: 'Trust list' },
              html`${say(`第 ${report.trustList.sequence} 版`, `edition ${report.trustList.sequence}`)}
              ${timeElement(report.trustList.issued)}`,
            )
      }
    </dl>
    ${report.signatures.length > 0 ? null : qualificationNote(report.qualification)}
  </section>`;
}

/** Whether a password would open the file that the report is about. */
export function asksPassword(report: Report): boolean {
  return report.rows.some(({ id, outcome }) => id === 'pdf.password' && outcome === 'indeterminate');
}

/** The whole report. */
export function renderReport(report: Report): Html {
  return html`<article class="report">
    ${renderVerdict(report)} ${report.license === null ? null : renderLicense(report.license)}
    ${report.signatures.map(renderSignature)} ${renderRows(report.rows)} ${renderAbout(report)}
  </article>`;
}
