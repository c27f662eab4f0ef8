// What the verification interface answers: a report, or a problem (RFC 9457).
import type { Report, Words } from '../../../verification/report.ts';

/** An answer of the server, told apart. */
export type ServerAnswer =
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'problem'; readonly status: number; readonly title: Words };

const titles: Readonly<Record<number, Words>> = {
  0: { zh: '连接不上服务器', en: 'The server could not be reached' },
  413: { zh: '文件太大', en: 'The file is too large' },
  415: { zh: '不支持这种文件', en: 'This kind of file is not supported' },
  429: { zh: '请求太频繁，请稍后再试', en: 'Too many requests; please try again later' },
};

function titleOf(status: number): Words {
  return (
    titles[status] ??
    (status >= 500
      ? { zh: '系统出错了', en: 'Something went wrong on the server' }
      : { zh: '无法核验', en: 'This could not be verified' })
  );
}

function isReport(value: unknown): value is Report {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    value.format === 'yinxin-verification-report/1'
  );
}

/** Reads an answer. @param status HTTP status; 0 where there was no answer at all. */
export function readAnswer(status: number, text: string): ServerAnswer {
  if (status >= 200 && status < 300) {
    try {
      const value: unknown = JSON.parse(text);
      if (isReport(value)) return { kind: 'report', report: value };
    } catch {
      // Not JSON: something between here and the server answered.
      return { kind: 'problem', status: 502, title: titleOf(502) };
    }
  }
  return { kind: 'problem', status, title: titleOf(status >= 200 && status < 300 ? 502 : status) };
}
