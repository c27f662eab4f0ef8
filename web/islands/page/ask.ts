// Asking the server from a page, and saying in words what came of it.
import type { Words } from '../../../verification/report.ts';
import { both } from '../../words.ts';

/** The server's answer to a script: whatever it is, or the problem in words. */
export type Answer =
  | { readonly kind: 'value'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: 'problem'; readonly words: Words };

const unreachable: Words = { zh: '连接不上服务器，请重试。', en: 'The server cannot be reached; try again.' };
const refused: Words = { zh: '没有成功，请刷新页面重试。', en: 'This did not work; load the page again.' };

/** Posts JSON to `address` on this service. */
export async function ask(address: string, body: object): Promise<Answer> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(body),
      cache: 'no-store',
    });
    const value = (await response.json()) as unknown;
    if (typeof value !== 'object' || value === null) return { kind: 'problem', words: refused };
    if (response.ok) return { kind: 'value', value: value as Record<string, unknown> };
    return { kind: 'problem', words: problemOf(value) };
  } catch {
    return { kind: 'problem', words: unreachable };
  }
}

/** Our steps answer `problem`, everything else RFC 9457's `title`. */
function problemOf(value: object): Words {
  const problem = 'problem' in value ? value.problem : null;
  if (
    typeof problem === 'object' &&
    problem !== null &&
    'zh' in problem &&
    typeof problem.zh === 'string' &&
    'en' in problem &&
    typeof problem.en === 'string'
  ) {
    return { zh: problem.zh, en: problem.en };
  }
  return 'title' in value && typeof value.title === 'string' ? { zh: value.title, en: '' } : refused;
}

/** Says something in a live region. */
export function tell(region: HTMLElement, words: Words): void {
  region.innerHTML = both(words).text;
}

/** Goes where an answer says, on this site or to the client. */
export function follow(value: Readonly<Record<string, unknown>>): boolean {
  const location = value['location'];
  if (typeof location !== 'string') return false;
  window.location.assign(location);
  return true;
}
