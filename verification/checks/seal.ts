// The questions asked of a seal, in the order of GB/T 38540 clause 6.3.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Check, Finding } from '../check.ts';
import type { JudgedSeal } from '../judged-seal.ts';
import {
  algorithmFinding,
  asksRevocation,
  certificateFinding,
  checkable,
  pathFinding,
  revocationFinding,
  standardOf,
  tokenFinding,
  valueFinding,
} from './seal-findings.ts';
import { scopeCheck } from './scope.ts';
import { sealLifeChecks } from './seal-life.ts';

const maker = words('制章人', 'maker');

/** GM/T 0031-2025: a token that is there must hold, and the seal was not made after it. */
function timeStampFinding({ token, facts }: JudgedSeal, skew: number): Finding {
  const { timestamp, seal } = facts;
  if (token === null || timestamp === null)
    return indeterminate('SIG_CONSTRAINTS_FAILURE', '没有时间戳。', 'There is no time-stamp.');
  const made = seal.information.property.createDate.getTime();
  const stamped = token.genTime?.getTime() ?? made;
  return token.valid && made > stamped + skew
    ? failed(
        'TIMESTAMP_ORDER_FAILURE',
        '制作日期晚于印章时间戳的时间。',
        'The seal says that it was made after its time-stamp.',
        token.genTime,
        'time-stamp',
      )
    : tokenFinding(timestamp, token);
}

/** Signature, maker and time-stamp of the seal. */
const madeChecks: readonly Check<JudgedSeal>[] = [
  {
    id: 'seal.format',
    question: words('印章格式是否正确？', 'Is the seal well formed?'),
    citation: 'GB/T 38540 6.1, 6.3 a); GM/T 0031',
    applies: () => true,
    evaluate: ({ facts: { seal } }) => {
      const { id, property } = seal.information;
      const standard = standardOf[seal.version];
      return passed(
        `${standard}印章“${property.name}”，标识${id}。`,
        `Seal "${property.name}" of ${standard}, identifier ${id}.`,
      );
    },
  },
  {
    id: 'seal.maker-certificate',
    question: words('制章人证书能否解析？', "Can the maker's certificate be read?"),
    citation: 'GB/T 38540 6.1; GB/T 20518',
    applies: () => true,
    evaluate: ({ facts }) => certificateFinding(facts.maker, maker),
  },
  {
    id: 'seal.algorithm',
    question: words(
      '印章的签名算法是否为标准所采用并与制章人证书相符？',
      "Is the seal's signature algorithm of the standard, and does it fit the maker's certificate?",
    ),
    citation: 'GB/T 38540 6.1; GB/T 33560; GB/T 35276',
    applies: ({ facts }) => facts.maker.certificate !== null,
    evaluate: ({ facts }) => algorithmFinding(facts.maker, facts.seal.version),
  },
  {
    id: 'seal.signature-value',
    question: words('印章的签名值格式是否正确？', "Has the seal's signature value a form that counts?"),
    citation: 'GB/T 38540 6.1; GB/T 35276 7.3',
    applies: ({ facts }) => facts.maker.accepted !== null,
    evaluate: ({ facts }) => valueFinding(facts.maker),
  },
  {
    id: 'seal.signature',
    question: words('印章的制章签名是否有效？', "Does the maker's signature over the seal hold?"),
    citation: 'GB/T 38540 6.3 b); GM/T 0031',
    applies: ({ facts }) => checkable(facts.maker),
    evaluate: ({ facts }) =>
      facts.maker.signature === 'valid'
        ? passed('有效，印章信息未被改动。', 'It does: the seal is as it was made.')
        : failed(
            'SIG_CRYPTO_FAILURE',
            '制章签名无效：印章信息被改动或并非由该制章人制作。',
            'It does not: the seal was changed or is not of this maker.',
          ),
  },
  {
    id: 'seal.maker-path',
    question: words(
      '制章人证书是否由受信任的机构签发、用途相符并在有效期内？',
      "Does the maker's certificate lead to a trusted authority, fit and valid?",
    ),
    citation: 'GB/T 38540 6.3 c); GM/T 0031; RFC 5280 6',
    applies: ({ makerPath }) => makerPath !== null,
    evaluate: ({ makerPath, judgedAtMaking, at, facts }, _policy, time) => {
      const { seal } = facts;
      const made = seal.information.property.createDate;
      const instant = judgedAtMaking ? made : seal.version === 5 ? time : at;
      const finding = pathFinding(makerPath, instant, maker);
      return finding.outcome === 'passed' && judgedAtMaking
        ? warned(
            `制章人证书目前已过期或被吊销，但在制章时(${made.toISOString()})有效。`,
            `The maker's certificate is expired or revoked today and was good when the seal was made (${made.toISOString()}).`,
          )
        : finding;
    },
  },
  {
    id: 'seal.maker-revocation',
    question: words('制章人证书是否未被吊销？', "Is the maker's certificate not revoked?"),
    citation: 'GB/T 38540 6.3 c); GM/T 0031; RFC 5280 6.3; RFC 6960',
    applies: ({ makerPath }, policy) => asksRevocation(makerPath, policy),
    evaluate: ({ makerPath, proven }, policy) => revocationFinding(makerPath, proven, maker, policy),
  },
  scopeCheck('seal.maker-scope', ({ makerPath }) => makerPath),
  {
    id: 'seal.time-stamp',
    question: words('印章的时间戳是否有效？', "Does the seal's time-stamp hold?"),
    citation: 'GM/T 0031-2025; GB/T 20520; RFC 3161',
    applies: ({ token }) => token !== null,
    evaluate: (judged, policy) => {
      const finding = timeStampFinding(judged, policy.clockSkewSeconds * 1000);
      // Around a seal by itself nobody signed: whoever hands it in could leave the token away and be no worse off.
      return judged.used || finding.outcome === 'passed'
        ? finding
        : warned(finding.finding.zh, finding.finding.en, finding.evidenceTime, finding.evidence);
    },
  },
];

export const sealChecks: readonly Check<JudgedSeal>[] = [...madeChecks, ...sealLifeChecks];
