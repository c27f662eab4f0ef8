// The questions asked of one signer of a CMS file, in the order of EN 319 102-1 clause 5.2.
import { sameBytes } from '../../formats/bytes.ts';
import { failed, indeterminate, lowered, passed, warned, words } from '../check.ts';
import type { Check, Finding } from '../check.ts';
import type { Agreement } from '../facts-cms.ts';
import type { JudgedCms } from '../judged-cms.ts';
import { reportQualification } from '../report.ts';
import { isRefusedKey, verifiableAlgorithm } from '../signature-work.ts';
import { archiveCheck } from './cms-archive.ts';
import { askedElsewhere, findingOfProblem, nameOfCertificate, revocationProblems } from './path.ts';
import { scopeCheck } from './scope.ts';

const hasAttributes = ({ facts }: JudgedCms): boolean =>
  (facts.cms.signer?.signedAttributes ?? null) !== null;
/** RFC 5652 section 5.3 has them DER; GB/T 35275 says nothing of their order. */
function inOrder({ facts: { cms } }: JudgedCms): boolean {
  const der = cms.signer?.signedAttributesDer ?? null;
  const sorted = cms.signer?.signedAttributesSorted ?? null;
  return der === null || sorted === null || sameBytes(der, sorted);
}
const hasCertificate = ({ facts }: JudgedCms): boolean => facts.cms.certificate !== null;

/** An attribute of a signer: absent and damaged are failures of form, unread is open. */
function attribute(found: Agreement, zh: string, en: string): Finding {
  if (found === 'agrees') return passed(`${zh}正确。`, `The ${en} is right.`);
  return found === 'unchecked'
    ? indeterminate('SIG_CONSTRAINTS_FAILURE', `${zh}无法核对。`, `The ${en} could not be checked.`)
    : failed(
        'FORMAT_FAILURE',
        `${zh}缺失、损坏或不符。`,
        `The ${en} is absent, damaged or differs (${found}).`,
      );
}

function contentFinding(judged: JudgedCms): Finding {
  const { cms } = judged.facts;
  const unchanged = passed('内容未被改动。', 'The content is unchanged.');
  const unknown = indeterminate(
    'SIGNED_DATA_NOT_FOUND',
    '没有可核对的内容。',
    'There is no content to check against.',
  );
  if (!hasAttributes(judged)) {
    if (cms.signature === 'valid') return unchanged;
    return cms.signature === 'invalid'
      ? failed(
          'SIG_CRYPTO_FAILURE',
          '内容或签名值被改动。',
          'The content or the signature value was changed.',
        )
      : isRefusedKey(cms.certificate?.certificate.subjectPublicKeyInfo ?? null)
        ? indeterminate('CRYPTO_CONSTRAINTS_FAILURE', '签名值无法核对。', 'It could not be checked.')
        : unknown;
  }
  switch (cms.messageDigest) {
    case 'agrees':
      return unchanged;
    case 'differs':
      return failed('HASH_FAILURE', '内容在签名后被改动。', 'The content was changed after it was signed.');
    case 'unchecked':
      return unknown;
    default:
      return failed(
        'FORMAT_FAILURE',
        '缺少内容摘要属性。',
        'The message-digest attribute is absent or cannot be read.',
      );
  }
}

const formChecks: readonly Check<JudgedCms>[] = [
  {
    id: 'signature.attributes',
    question: words('是否有受签名保护的属性？', 'Are there signed attributes?'),
    citation: 'RFC 5652 5.3; ETSI EN 319 122-1 6.3',
    applies: () => true,
    evaluate: (judged) => {
      if (!hasAttributes(judged))
        return warned(
          '没有，签名直接针对内容。',
          'There are none: the signature is over the content itself.',
        );
      return inOrder(judged)
        ? passed('有。', 'There are.')
        : warned('有，但未按DER规定的顺序排列。', 'There are, but not in the order that DER demands.');
    },
  },
  {
    id: 'signature.content-type',
    question: words('内容类型属性是否正确？', 'Is the content-type attribute right?'),
    citation: 'RFC 5652 11.1',
    applies: hasAttributes,
    evaluate: ({ facts }) => attribute(facts.cms.contentType, '内容类型属性', 'content-type attribute'),
  },
  {
    id: 'signature.algorithms',
    question: words('签名算法是否仍可接受？', 'Are the algorithms still acceptable?'),
    citation: 'ETSI TS 119 312; GB/T 32918, GB/T 32905',
    applies: () => true,
    evaluate: ({ facts }) => {
      const { digestAlgorithm, signatureAlgorithm } = facts.cms;
      return digestAlgorithm === null || verifiableAlgorithm(signatureAlgorithm) === null
        ? indeterminate(
            'CRYPTO_CONSTRAINTS_FAILURE',
            '摘要或签名算法不被接受。',
            'The digest or signature algorithm is not accepted.',
          )
        : passed(`${signatureAlgorithm ?? ''}。`, `${signatureAlgorithm ?? ''}.`);
    },
  },
  {
    id: 'signature.content',
    question: words('内容自签名后是否未被改动？', 'Is the signed content unchanged?'),
    citation: 'RFC 5652 5.4, 11.2; ETSI EN 319 102-1 5.2.7.4',
    applies: () => true,
    evaluate: contentFinding,
  },
  {
    id: 'signature.certificate',
    question: words('是否有签名者的证书？', "Is the signer's certificate at hand?"),
    citation: 'ETSI EN 319 122-1 6.3',
    applies: () => true,
    evaluate: ({ facts: { cms } }) =>
      cms.certificate === null
        ? indeterminate(
            'NO_SIGNING_CERTIFICATE_FOUND',
            '没有签名者的证书。',
            "The signer's certificate is not there.",
          )
        : passed(
            `签名者:${nameOfCertificate(cms.certificate.certificate)}。`,
            `Signer: ${nameOfCertificate(cms.certificate.certificate)}.`,
          ),
  },
  {
    id: 'signature.signing-certificate',
    question: words('签名是否绑定了签名者的证书？', "Is the signature bound to the signer's certificate?"),
    citation: 'RFC 5035; ETSI EN 319 122-1 5.2.2',
    applies: (judged) => hasAttributes(judged) && hasCertificate(judged),
    evaluate: ({ facts }) => {
      const found = facts.cms.signingCertificate;
      if (found === 'agrees') return passed('已绑定。', 'It is.');
      return found === 'absent'
        ? warned('未绑定签名者的证书（非CAdES签名）。', 'It is not (the signature is not CAdES).')
        : indeterminate(
            'SIG_CONSTRAINTS_FAILURE',
            '绑定属性损坏，或绑定的是另一证书。',
            'The signing-certificate attribute is damaged or names another certificate.',
          );
    },
  },
  {
    id: 'signature.value',
    question: words('签名值是否正确？', 'Does the signature value hold?'),
    citation: 'RFC 5652 5.6; ETSI EN 319 102-1 5.2.7',
    applies: hasCertificate,
    evaluate: ({ facts }) => {
      if (facts.cms.signature === 'valid') return passed('正确。', 'It holds.');
      return facts.cms.signature === 'invalid'
        ? failed(
            'SIG_CRYPTO_FAILURE',
            '签名值不正确：签名或内容被改动，或系伪造。',
            'It does not hold: signature or content was changed, or it is forged.',
          )
        : indeterminate('CRYPTO_CONSTRAINTS_FAILURE', '签名值无法核对。', 'It could not be checked.');
    },
  },
];

const trustChecks: readonly Check<JudgedCms>[] = [
  {
    id: 'signature.time-stamp',
    question: words(
      '签名时间是否有可信时间戳证明？',
      'Is the time of signing proven by a trusted time-stamp?',
    ),
    citation: 'RFC 3161; ETSI EN 319 102-1 5.4; ETSI EN 319 122-1 5.3',
    applies: (_judged, policy) => policy.timestamp !== 'ignored',
    evaluate: ({ tokens, archive }, policy) => {
      const all = [...tokens, ...archive.map(({ token }) => token)];
      const good = all.find((token) => token.valid);
      if (good !== undefined) return passed(good.finding.zh, good.finding.en, good.genTime, 'time-stamp');
      const reason = all[0]?.finding ?? words('没有时间戳。', 'There is no time-stamp.');
      const [zh, en] = [
        `签名时间未得到证明：${reason.zh}`,
        `The time of signing is not proven: ${reason.en}`,
      ];
      return policy.timestamp === 'required' ? indeterminate('NO_POE', zh, en) : warned(zh, en);
    },
  },
  archiveCheck,
  {
    id: 'signature.level',
    question: words('签名达到哪个CAdES基线级别？', 'Which CAdES baseline level does the signature have?'),
    citation: 'ETSI EN 319 122-1 6',
    applies: () => true,
    evaluate: ({ level, missing, proven }) => {
      if (level === 'none')
        return warned(
          `不是CAdES基线签名：${missing?.zh ?? '没有证书'}。`,
          `It is no CAdES baseline signature: ${missing?.en ?? 'there is no certificate'}.`,
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
      if (path?.kind === 'problem' && !askedElsewhere.has(path.problem.code))
        return findingOfProblem(path.problem, false);
      const instant = at.toISOString();
      return passed(`证书链成立(${instant})。`, `The path holds (${instant}).`, proven, 'certificate');
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
    evaluate: ({ path }) => {
      if (path === null) return indeterminate('TRY_LATER', '没有证书。', 'There is no certificate.');
      if (path.kind === 'problem') return findingOfProblem(path.problem, false);
      const later = path.statuses.find((status) => status.kind === 'revoked');
      if (later?.kind === 'revoked')
        return warned(
          '证书在签名之后才被吊销，不影响本签名。',
          'A certificate was revoked after the signature; that does not affect it.',
          later.thisUpdate,
          later.source ?? null,
        );
      if (path.statuses.some((status) => status.kind === 'unknown'))
        return warned('无法确认证书是否被吊销。', 'Whether a certificate is revoked is unknown.');
      const own = path.statuses[0];
      return own?.kind === 'good'
        ? passed('未被吊销。', 'They are not.', own.thisUpdate, own.source ?? null)
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
];

export const cmsSignerChecks: readonly Check<JudgedCms>[] = [...formChecks, ...trustChecks];
