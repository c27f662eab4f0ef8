// The questions about what a seal says of itself: dates, picture, additions, and its state in the register of seals.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Check, Finding } from '../check.ts';
import type { JudgedSeal } from '../judged-seal.ts';
import type { VerificationPolicy } from '../policy.ts';
import { lostAfter, sealStateAt } from '../seal-status.ts';
import type { SealState } from '../seal-status.ts';

/** Types of the standards, and OFD, which vendors use for vector impressions. */
const pictureTypes: ReadonlySet<string> = new Set(['ofd', 'png', 'gif', 'bmp', 'jpg', 'jpeg', 'svg']);

const stateWords: Record<SealState, readonly [zh: string, en: string]> = {
  valid: ['有效', 'valid'],
  frozen: ['已冻结', 'frozen'],
  cancelled: ['已注销', 'cancelled'],
  lost: ['已挂失', 'reported lost'],
};

function statusFinding({ facts, at, used, proven }: JudgedSeal, policy: VerificationPolicy): Finding {
  const { status } = facts;
  if (status === 'not-asked')
    return warned(
      '未核查印章状态（是否冻结、注销或挂失）。',
      'Unchecked: whether the seal is frozen, cancelled or lost was not asked.',
    );
  if (status === null)
    return indeterminate('TRY_LATER', '无法取得印章状态。', 'The status of the seal could not be had.');
  const tolerance = (policy.clockSkewSeconds + policy.freshnessSeconds) * 1000;
  const state = sealStateAt(status, at);
  if (state === null || status.asOf.getTime() + tolerance < at.getTime())
    return indeterminate(
      'TRY_LATER',
      `印章状态信息不涉及${at.toISOString()}。`,
      `The status of the seal does not speak for ${at.toISOString()}.`,
      status.asOf,
      'status-list',
    );
  const when = used ? words('用印时', 'when it was used') : words('目前', 'now');
  const [zh, en] = stateWords[state.state];
  if (state.state !== 'valid')
    return failed(
      'REVOKED',
      `印章${when.zh}${zh}(自${state.since.toISOString()})。`,
      `The seal is ${en} ${when.en} (since ${state.since.toISOString()}).`,
      status.asOf,
      'status-list',
    );
  const lost = lostAfter(status, at);
  if (lost !== null && (proven === null || proven >= lost.since))
    return indeterminate(
      'REVOKED_NO_POE',
      `印章其后挂失(${lost.since.toISOString()})，且没有时间戳证明用印在此之前。`,
      `The seal was reported lost later (${lost.since.toISOString()}), and no time-stamp proves that it was used before.`,
      status.asOf,
      'status-list',
    );
  const today = sealStateAt(status, status.asOf);
  if (today !== null && today.state !== 'valid' && today.since > at) {
    const [laterZh, laterEn] = stateWords[today.state];
    return warned(
      `印章用印时有效，其后${laterZh}(${today.since.toISOString()})，不影响此前的签章。`,
      `The seal was valid when it was used and ${laterEn} later (${today.since.toISOString()}); earlier uses stand.`,
      status.asOf,
      'status-list',
    );
  }
  return passed(`印章${when.zh}有效。`, `The seal is valid ${when.en}.`, status.asOf, 'status-list');
}

export const sealLifeChecks: readonly Check<JudgedSeal>[] = [
  {
    id: 'seal.dates',
    question: words('印章的制作日期与有效期是否相符？', 'Do the dates of the seal agree with each other?'),
    citation: 'GM/T 0031-2025; GB/T 38540 6.1',
    applies: () => true,
    evaluate: ({ facts: { seal } }) => {
      const { createDate, validStart, validEnd } = seal.information.property;
      if (validStart > validEnd)
        return failed('FORMAT_FAILURE', '有效期的截止早于起始。', 'The validity ends before it begins.');
      if (createDate <= validEnd) return passed('相符。', 'They do.');
      return failed(
        'FORMAT_FAILURE',
        '制作日期晚于有效期的截止。',
        'The seal says that it was made after the end of its validity.',
      );
    },
  },
  {
    id: 'seal.validity',
    question: words('印章是否在有效期内？', 'Is the seal within its validity?'),
    citation: 'GB/T 38540 6.3 d), 7.3; GM/T 0031',
    applies: () => true,
    evaluate: ({ facts: { seal }, at, used }) => {
      const { validStart, validEnd } = seal.information.property;
      const when = used ? words('用印时', 'when it was used') : words('目前', 'now');
      if (at < validStart)
        return failed(
          'NOT_YET_VALID',
          `印章${when.zh}尚未生效(自${validStart.toISOString()})。`,
          `The seal is not yet valid ${when.en} (from ${validStart.toISOString()}).`,
        );
      // The last second belongs to the validity, as with certificates.
      return at.getTime() >= validEnd.getTime() + 1000
        ? failed(
            'EXPIRED',
            `印章${when.zh}已过有效期(至${validEnd.toISOString()})。`,
            `The seal is past its validity ${when.en} (until ${validEnd.toISOString()}).`,
          )
        : passed(`在有效期内(至${validEnd.toISOString()})。`, `It is (until ${validEnd.toISOString()}).`);
    },
  },
  {
    id: 'seal.picture',
    question: words('印章图像是否为标准所列的类型？', 'Is the picture of a type that the standards name?'),
    citation: 'GB/T 38540 6.1; GM/T 0031-2025',
    applies: () => true,
    evaluate: ({ facts: { seal } }) => {
      const { type, width, height } = seal.information.picture;
      return pictureTypes.has(type.toLowerCase())
        ? passed(`${type}，${width}×${height}毫米。`, `${type}, ${width}×${height} mm.`)
        : warned(`图像类型为“${type}”。`, `Its type is "${type}".`);
    },
  },
  {
    id: 'seal.extensions',
    question: words(
      '印章是否没有无法理解的关键扩展？',
      'Has the seal no critical extension that is not known?',
    ),
    citation: 'GB/T 38540 6.1',
    applies: ({ facts: { seal } }) => seal.information.extensions.length > 0,
    evaluate: ({ facts: { seal } }) => {
      const critical = seal.information.extensions.filter((extension) => extension.critical);
      // Vendors mark private data as critical; the standard names no extension that could be demanded.
      return critical.length === 0
        ? passed('没有。', 'It has none.')
        : warned(
            `有关键扩展${critical.map(({ oid }) => oid).join('、')}，其内容未被解读。`,
            `It has the critical extensions ${critical.map(({ oid }) => oid).join(', ')}, whose content was not looked into.`,
          );
    },
  },
  {
    id: 'seal.status',
    question: words('印章当时是否未被冻结、注销或挂失？', 'Was the seal not frozen, cancelled or lost?'),
    citation: 'GB/T 33481; 国家政务服务平台统一电子印章',
    applies: () => true,
    evaluate: (judged, policy) => statusFinding(judged, policy),
  },
];
