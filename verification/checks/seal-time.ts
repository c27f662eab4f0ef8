// The questions about when a seal was used: the time stated, and the time-stamp that proves it.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Check, Finding } from '../check.ts';
import { orderOfTimes as order } from '../judged-seal.ts';
import type { JudgedSealSignature } from '../judged-seal.ts';
import type { Words } from '../report.ts';

function statedFinding({ claimed, timeToken, facts }: JudgedSealSignature, skew: number, now: Date): Finding {
  if (claimed === null)
    return failed('FORMAT_FAILURE', '没有可用的签章时间。', 'There is no usable time of signing.');
  const instant = claimed.toISOString();
  const future = order(claimed, now, skew);
  if (future === 'after')
    return failed(
      'NOT_YET_VALID',
      `签章时间(${instant})晚于验证时间。`,
      `The time of signing (${instant}) lies after the time of verification.`,
    );
  if (future === 'zone')
    return warned(
      `签章时间(${instant})晚于验证时间不超过八小时，可能以北京时间书写。`,
      `The time of signing (${instant}) lies up to eight hours ahead; it may be written in Beijing time.`,
    );
  if (facts.signature.signingTime.kind === 'local')
    return warned(
      `签章时间未注明时区，按北京时间计为${instant}。`,
      `The time of signing names no zone; as Beijing time it is ${instant}.`,
    );
  if (timeToken !== null && !timeToken.valid)
    return warned(
      `签章时间(${instant})取自未通过验证的时间戳：${timeToken.finding.zh}`,
      `The time of signing (${instant}) comes from a time-stamp that does not hold: ${timeToken.finding.en}`,
    );
  return passed(`${instant}。`, `${instant}.`);
}

export const sealTimeChecks: readonly Check<JudgedSealSignature>[] = [
  {
    id: 'seal-signature.time',
    question: words('签章时间是否合理？', 'Is the time of signing a possible one?'),
    citation: 'GB/T 38540 7.1, 7.3; GM/T 0031',
    applies: () => true,
    evaluate: (judged, policy, time) => statedFinding(judged, policy.clockSkewSeconds * 1000, time),
  },
  {
    id: 'signature.time-stamp',
    question: words(
      '签章时间是否有可信时间戳证明？',
      'Is the time of signing proven by a trusted time-stamp?',
    ),
    citation: 'GB/T 38540 7.1, 7.3; GB/T 20520; RFC 3161',
    applies: ({ token }, policy) => token !== null || policy.timestamp !== 'ignored',
    evaluate: ({ token, claimed, proven }, policy) => {
      const absent = words('没有时间戳。', 'There is no time-stamp.');
      // Nobody signed the token along, and most seals have none: one that does not hold proves nothing, and whoever hands
      // the signature in could have left it away. It counts as absent, with its reason told.
      const unproven = ({ zh, en }: Words): Finding =>
        policy.timestamp === 'required'
          ? indeterminate('NO_POE', `签章时间未得到证明：${zh}`, `The time of signing is not proven: ${en}`)
          : warned(`签章时间未得到证明：${zh}`, `The time of signing is not proven: ${en}`);
      if (token?.valid !== true || token.genTime === null || claimed === null)
        return unproven(token?.finding ?? absent);
      if (proven === null)
        return unproven(
          words(
            `签章时间晚于其时间戳的时间(${token.genTime.toISOString()})。`,
            `the time of signing lies after its time-stamp (${token.genTime.toISOString()}).`,
          ),
        );
      return order(claimed, token.genTime, policy.clockSkewSeconds * 1000) === 'before'
        ? passed(token.finding.zh, token.finding.en, token.genTime, 'time-stamp')
        : warned(
            '签章时间晚于时间戳不超过八小时，可能以北京时间书写。',
            'The time of signing lies up to eight hours after its time-stamp; it may be written in Beijing time.',
            token.genTime,
            'time-stamp',
          );
    },
  },
];
