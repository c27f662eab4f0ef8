// Words for people: Chinese first, English beside it; times as people in Beijing read them.
import type { Words } from '../verification/report.ts';
import { html, type Html } from './html.ts';

/** Both languages, each marked with its own; a name that has no English form stands once. */
export function both(words: Words): Html {
  if (words.en === '' || words.en === words.zh) return html`<span lang="zh-CN">${words.zh}</span>`;
  return html`<span lang="zh-CN">${words.zh}</span> <span class="en" lang="en">${words.en}</span>`;
}

/** Shorthand for words in both languages. */
export function say(zh: string, en: string): Html {
  return both({ zh, en });
}

/** @param iso an instant, ISO 8601. @returns e.g. 2026年11月22日 13:06:07, Beijing time, or the text itself if it is no instant. */
function beijingTime(iso: string): string {
  const instant = new Date(iso).getTime();
  if (Number.isNaN(instant)) return iso;
  const [day = '', clock = ''] = new Date(instant + 8 * 3_600_000).toISOString().split('T');
  const [year = '', month = '', date = ''] = day.split('-');
  return `${year}年${String(Number(month))}月${String(Number(date))}日 ${clock.slice(0, 8)}`;
}

/** An instant as a `time` element; the zone is said. */
export function timeElement(iso: string): Html {
  return html`<time datetime="${iso}">${beijingTime(iso)}（北京时间）</time>`;
}

/** A day as a `time` element. @param iso yyyy-MM-dd or an instant. */
export function dayElement(iso: string): Html {
  const text = /^\d{4}-\d{2}-\d{2}$/.test(iso) ? beijingTime(`${iso}T00:00:00+08:00`) : beijingTime(iso);
  return html`<time datetime="${iso}">${text.split(' ')[0]}</time>`;
}

/** What every code and every license page must say: content is proven, the bearer is not. */
export const proofLimit: Words = {
  zh: '内容真实；不证明持有人身份',
  en: 'The content is genuine; this does not prove who holds it.',
};

/**
 * A stamp is 电子签章 where the SM2 seal of GB/T 38540 stands in the file, 可视数字签名 where a PAdES signature with a picture
 * stands alone.
 */
export const stampWord: Words = { zh: '近期用印', en: 'Recent uses of seals' };
