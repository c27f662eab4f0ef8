// The questions about time, certificates and later changes.
import { failed, indeterminate, lowered, passed, warned, words } from '../check.ts';
import { reportQualification } from '../report.ts';
import { askedElsewhere, findingOfProblem, revocationProblems } from './path.ts';
import { scopeCheck } from './scope.ts';
import { isSignature, isTimestamp } from './signature-kinds.ts';
import type { SignatureCheck } from './signature-kinds.ts';

/** When it was made, by whom, and what was done afterwards. */
export const trustChecks: readonly SignatureCheck[] = [
  {
    id: 'signature.time-stamp',
    question: words(
      '签名时间是否有可信时间戳证明？',
      'Is the time of signing proven by a trusted time-stamp?',
    ),
    citation: 'RFC 3161; ETSI EN 319 102-1 5.4; ETSI EN 319 142-1 6.3',
    applies: (judged, policy) => isTimestamp(judged) || policy.timestamp !== 'ignored',
    evaluate: (judged, policy) => {
      const good = judged.tokens.find((token) => token.valid);
      if (good !== undefined) return passed(good.finding.zh, good.finding.en, good.genTime, 'time-stamp');
      const bad = judged.tokens[0];
      const reason = bad?.finding ?? words('没有时间戳。', 'There is no time-stamp.');
      if (isTimestamp(judged)) return indeterminate('SIG_CONSTRAINTS_FAILURE', reason.zh, reason.en);
      if (judged.proven !== null)
        return passed(
          '由其后的文档时间戳证明。',
          'A later document time-stamp proves it.',
          judged.proven,
          'time-stamp',
        );
      return policy.timestamp === 'required'
        ? indeterminate(
            'NO_POE',
            `签名时间未得到证明：${reason.zh}`,
            `The time of signing is not proven: ${reason.en}`,
          )
        : warned(`签名时间未得到证明：${reason.zh}`, `The time of signing is not proven: ${reason.en}`);
    },
  },
  {
    id: 'signature.time-order',
    question: words('各时间戳的先后次序是否一致？', 'Are the time-stamps in order?'),
    citation: 'ETSI EN 319 102-1 5.5.4, 5.6.3',
    applies: ({ tokens, later, early }) =>
      later.length + early.length > 0 && tokens.some(({ valid }) => valid),
    evaluate: ({ early: [early] }) =>
      early === undefined
        ? passed('一致。', 'They are.')
        : warned(
            '后加的文档时间戳早于其保护的时间戳，不予采信。',
            'A document time-stamp is older than a time-stamp that it was put over; it counts for nothing.',
            early.token.genTime,
            'time-stamp',
          ),
  },
  {
    id: 'signature.level',
    question: words('签名达到哪个PAdES基线级别？', 'Which PAdES baseline level does the signature have?'),
    citation: 'ETSI EN 319 142-1 6',
    applies: isSignature,
    evaluate: ({ facts, level, missing, proven }) => {
      if (level !== 'none' && facts.cms.signingTime !== null)
        return warned(
          `${level}，但写入了基线禁止的自称时间属性${missing === null ? '' : `；未达更高级别的原因：${missing.zh}`}。`,
          `${level}, but for the signing-time attribute, which the baseline forbids${missing === null ? '' : `; not higher because ${lowered(missing.en)}`}.`,
          proven,
        );
      if (level === 'none')
        return warned(
          `不是PAdES基线签名：${missing?.zh ?? '没有证书'}。`,
          `It is no PAdES baseline signature: ${missing?.en ?? 'there is no certificate'}.`,
        );
      return missing === null
        ? passed(`${level}。`, `${level}.`, proven)
        : passed(
            `${level}；未达更高级别的原因：${missing.zh}。`,
            `${level}; not higher because ${lowered(missing.en)}.`,
            proven,
          );
    },
  },
  {
    id: 'certificate.path',
    question: words(
      '签名证书是否由受信任的机构签发并当时有效？',
      "Does the signer's certificate lead to a trusted authority, and was it valid?",
    ),
    citation: 'RFC 5280 6; ETSI EN 319 102-1 5.2.6',
    applies: ({ path }) => path !== null,
    evaluate: ({ path, proven, at }) => {
      if (path === null)
        return indeterminate('NO_SIGNING_CERTIFICATE_FOUND', '没有证书。', 'There is no certificate.');
      if (path.kind === 'problem' && !askedElsewhere.has(path.problem.code))
        return findingOfProblem(path.problem, false);
      const instant = at.toISOString();
      return passed(`证书链成立(${instant})。`, `The path holds (${instant}).`, proven);
    },
  },
  {
    id: 'certificate.revocation',
    question: words('证书是否未被吊销？', 'Are the certificates not revoked?'),
    citation: 'RFC 5280 6.3; RFC 6960; ETSI EN 319 102-1 5.2.5',
    applies: ({ path }, policy) =>
      path !== null &&
      policy.revocation !== 'ignored' &&
      (path.kind === 'valid' || revocationProblems.has(path.problem.code)),
    evaluate: ({ path }, policy) => {
      if (path === null) return indeterminate('TRY_LATER', '没有证书。', 'There is no certificate.');
      if (path.kind === 'problem') return findingOfProblem(path.problem, false);
      const later = path.statuses.find((status) => status.kind === 'revoked');
      if (later?.kind === 'revoked') {
        return warned(
          '证书在签名之后才被吊销，不影响本签名。',
          'A certificate was revoked after the signature; that does not affect it.',
          later.thisUpdate,
          later.source ?? null,
        );
      }
      const unknown = path.statuses.some((status) => status.kind === 'unknown');
      if (unknown)
        return warned(
          `无法确认证书是否被吊销(策略${policy.name}允许)。`,
          `Whether a certificate is revoked is unknown (allowed by policy ${policy.name}).`,
        );
      const newest = path.statuses[0];
      return newest?.kind === 'good'
        ? passed('未被吊销。', 'They are not.', newest.thisUpdate, newest.source ?? null)
        : passed('未被吊销。', 'They are not.');
    },
  },
  scopeCheck('certificate.scope', ({ path }) => path),
  {
    id: 'certificate.qualification',
    question: words(
      '证书是否由依法设立的电子认证服务机构签发？',
      'Is the certificate from a licensed electronic certification service?',
    ),
    citation: '电子签名法 16',
    applies: ({ path }) => path?.kind === 'valid',
    evaluate: ({ path }) => {
      const value = path?.kind === 'valid' ? path.anchor.qualification : 'none';
      const said = reportQualification(value).words;
      return value === 'licensed' ? passed(said.zh, said.en) : warned(said.zh, said.en);
    },
  },
  {
    id: 'signature.changes',
    question: words('签名之后的改动是否都是允许的？', 'Is everything done after the signature allowed?'),
    citation: 'ISO 32000-2 12.8.2.2; ETSI EN 319 102-1 5.2.7',
    applies: ({ facts }) => facts.signature.coverage.problem === null,
    evaluate: ({ facts }) => {
      const { changes } = facts;
      if (changes === null)
        return indeterminate(
          'FORMAT_FAILURE',
          '无法分析签名之后的改动。',
          'What was done after the signature could not be analysed.',
        );
      const forbidden = changes.filter((change) => !change.allowed);
      if (forbidden.length > 0) {
        const [zh, en] = [
          forbidden.map((change) => change.words.zh).join(''),
          forbidden.map((change) => change.words.en).join(' '),
        ];
        return failed(
          'FORMAT_FAILURE',
          `签名之后有不允许的改动:${zh}`,
          `Something was changed that may not be: ${en}`,
        );
      }
      const covered = changes.filter(({ kind }) => kind === 'content-covered');
      if (covered.length > 0)
        return indeterminate(
          'SIG_CONSTRAINTS_FAILURE',
          covered.map((change) => change.words.zh).join(''),
          covered.map((change) => change.words.en).join(' '),
        );
      return changes.length === 0
        ? passed('签名之后没有改动。', 'Nothing was changed.')
        : passed(
            `签名之后的改动均被允许:${changes.map((change) => change.words.zh).join('')}`,
            `All of it is allowed: ${changes.map((change) => change.words.en).join(' ')}`,
          );
    },
  },
];
