// One word for a report: what a clerk reads first.
import { STATUS } from '../formats/qr/labels.ts';
import type { Report, SubIndication, Words } from '../verification/report.ts';

export type Tone = 'good' | 'bad' | 'unsure';

export interface Verdict {
  readonly word: Words;
  readonly tone: Tone;
}

/** Reasons that say of a license code: it was genuine and is no longer in force. */
const outOfForce: readonly (SubIndication | null)[] = ['REVOKED', 'EXPIRED'];

const expired: Words = { zh: '已失效', en: 'No longer in force' };
/** States that have a word of their own. */
const stateWords: ReadonlyMap<number, Words> = new Map([
  [STATUS.suspended, { zh: '暂停使用', en: 'Suspended' }],
  [STATUS.superseded, { zh: '已被替代', en: 'Superseded' }],
]);

/** 有效, 已失效, 暂停使用, 已被替代, 未生效, 核验不通过 or 无法确认 for a code; 通过, 不通过 or 无法确认 for a document. */
export function verdictOf(report: Report): Verdict {
  if (report.conclusion === 'INDETERMINATE') {
    return { word: { zh: '无法确认', en: 'Cannot be confirmed' }, tone: 'unsure' };
  }
  const code = report.kind === 'license-code';
  if (report.conclusion === 'TOTAL-PASSED') {
    return {
      word: code ? { zh: '有效', en: 'Valid' } : { zh: '核验通过', en: 'Verification passed' },
      tone: 'good',
    };
  }
  if (code && outOfForce.includes(report.subIndication)) {
    return {
      word: stateWords.get(report.license?.status?.value ?? STATUS.outOfForce) ?? expired,
      tone: 'bad',
    };
  }
  if (code && report.subIndication === 'NOT_YET_VALID') {
    return { word: { zh: '尚未生效', en: 'Not yet in force' }, tone: 'bad' };
  }
  return { word: { zh: '核验不通过', en: 'Verification failed' }, tone: 'bad' };
}
