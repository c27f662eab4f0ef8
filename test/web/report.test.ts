// A report as markup: the word first, every row present, nothing of the data as markup.
import assert from 'node:assert/strict';
import { renderReport } from '../../web/report.ts';
import { verdictOf } from '../../web/verdict.ts';
import type { Conclusion, Report, SubIndication } from '../../verification/report.ts';
import { failedReport, passedReport, unsureReport } from './sample-reports.ts';

function code(
  conclusion: Conclusion,
  subIndication: SubIndication | null,
  status: number | null = null,
): Report {
  const license = unsureReport.license;
  assert.ok(license !== null);
  return {
    ...unsureReport,
    conclusion,
    subIndication,
    license: {
      ...license,
      status:
        status === null
          ? null
          : { value: status, words: { zh: '状', en: 'status' }, asOf: '2026-11-22T05:00:00Z' },
    },
  };
}

describe('web/report', () => {
  it('has one word for every conclusion', () => {
    const words: readonly [Report, string, string][] = [
      [code('TOTAL-PASSED', null, 0), '有效', 'good'],
      [code('TOTAL-FAILED', 'REVOKED', 1), '已失效', 'bad'],
      [code('TOTAL-FAILED', 'REVOKED', 2), '暂停使用', 'bad'],
      [code('TOTAL-FAILED', 'REVOKED', 3), '已被替代', 'bad'],
      [code('TOTAL-FAILED', 'EXPIRED'), '已失效', 'bad'],
      [code('TOTAL-FAILED', 'NOT_YET_VALID'), '尚未生效', 'bad'],
      [code('TOTAL-FAILED', 'SIG_CRYPTO_FAILURE'), '核验不通过', 'bad'],
      [code('INDETERMINATE', 'TRY_LATER'), '无法确认', 'unsure'],
      [passedReport, '核验通过', 'good'],
      [failedReport, '核验不通过', 'bad'],
      [{ ...failedReport, subIndication: 'REVOKED' }, '核验不通过', 'bad'],
    ];
    for (const [report, word, tone] of words) {
      const verdict = verdictOf(report);
      assert.deepEqual([verdict.word.zh, verdict.tone], [word, tone]);
      assert.ok(renderReport(report).text.includes(word));
    }
  });

  it('leaves out no row and no fact, and escapes what signers wrote', () => {
    const text = renderReport(failedReport).text;
    for (const signature of failedReport.signatures)
      for (const row of signature.rows) {
        assert.ok(text.includes(row.question.zh), row.id);
        assert.ok(text.includes(row.citation), row.id);
      }
    assert.ok(text.includes('准予行政许可决定 &lt;b&gt;&amp;&lt;/b&gt;'));
    assert.ok(!text.includes('<b>'));
    assert.ok(text.includes('第 1 页内容被改动') && text.includes('不允许'));
    assert.ok(text.includes('11120105000123457H') && !text.includes('NTRCN-'));
    assert.ok(text.includes('TOTAL-FAILED / HASH_FAILURE'));
    assert.ok(text.includes('2026年11月22日 13:06:06（北京时间）'));
  });

  it('keeps what the code does not cover apart from what it does, and says what is not proven', () => {
    const text = renderReport(unsureReport).text;
    const apart = text.indexOf('以下内容不在码的签名范围内');
    assert.ok(text.indexOf('天津演示甲餐饮有限公司') < apart && text.indexOf('经营场所') > apart);
    assert.ok(text.includes('内容真实；不证明持有人身份'));
    assert.ok(text.includes('未查询到公开状态'));
    assert.ok(text.includes('>2031年11月22日</time>'), 'the last day, not the first one after it');
  });
});
