// The questions asked of one signature in a PDF.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Check, Finding } from '../check.ts';
import type { Agreement } from '../facts-cms.ts';
import type { JudgedSignature } from '../judged-signature.ts';
import { reportQualification } from '../report.ts';
import type { SubIndication } from '../report.ts';
import { findingOfProblem, nameOfCertificate, revocationProblems } from './path.ts';

type SignatureCheck = Check<JudgedSignature>;

const acceptedSubFilters = ['ETSI.CAdES.detached', 'adbe.pkcs7.detached'];
const isPades = ({ facts }: JudgedSignature): boolean => facts.signature.subFilter === 'ETSI.CAdES.detached';
const parsed = ({ facts }: JudgedSignature): boolean => facts.cms.signedData !== null;
const oneSigner = ({ facts }: JudgedSignature): boolean => facts.cms.signer !== null;
const hasAttributes = ({ facts }: JudgedSignature): boolean =>
  (facts.cms.signer?.signedAttributes ?? null) !== null;
const isSignature = ({ facts }: JudgedSignature): boolean => facts.type === 'signature';
const isTimestamp = ({ facts }: JudgedSignature): boolean => facts.type === 'document-time-stamp';

function attribute(found: Agreement, sub: SubIndication, zh: string, en: string): Finding {
  if (found === 'agrees') return passed(`${zh}正确。`, `The ${en} is right.`);
  const states: Record<Exclude<Agreement, 'agrees'>, readonly [string, string]> = {
    differs: ['不符', 'differs'],
    absent: ['缺失', 'is absent'],
    malformed: ['无法解析或重复', 'cannot be read or stands twice'],
    unchecked: ['无法核对', 'could not be checked'],
  };
  const [zhState, enState] = states[found];
  // A check that could not run is not a check that failed.
  return found === 'unchecked'
    ? indeterminate('SIG_CONSTRAINTS_FAILURE', `${zh}${zhState}。`, `The ${en} ${enState}.`)
    : failed(sub, `${zh}${zhState}。`, `The ${en} ${enState}.`);
}

const coverageWords: Record<string, readonly [string, string]> = {
  'dictionary-unreadable': ['签名字典无法读取', 'the signature dictionary cannot be read'],
  'duplicate-keys': ['签名字典有重复的键', 'the signature dictionary has a key twice'],
  'byte-range-missing': ['缺少ByteRange', '/ByteRange is missing'],
  'byte-range-malformed': ['ByteRange格式错误', '/ByteRange is malformed'],
  'contents-missing': ['缺少签名值(Contents)', '/Contents is missing'],
  'contents-not-hexadecimal': ['签名值(Contents)不是十六进制串', '/Contents is no hexadecimal string'],
  'contents-without-place': ['签名值不在文件字节中', '/Contents has no place in the bytes of the file'],
  'offsets-shifted': ['文件头之前有多余字节,偏移不可信', 'bytes before the header shift every offset'],
  'not-from-start': ['签名未从文件开头覆盖', 'the signature does not begin at the first byte'],
  'gap-not-contents': ['签名范围的空隙与签名值不符', 'the gap of the signature is not exactly its /Contents'],
  'past-end-of-file': [
    '签名范围超出文件(文件被截断)',
    'the signature reaches beyond the end of the file (truncated)',
  ],
  'not-at-revision-end': ['签名范围未到任何版本的末尾', 'the signature ends at the end of no revision'],
};

const format: readonly SignatureCheck[] = [
  {
    id: 'signature.type',
    question: words('签名采用受支持的格式吗?', 'Is the signature of a supported kind?'),
    citation: 'ETSI EN 319 142-1 6.3; ISO 32000-2 12.8.3',
    applies: () => true,
    evaluate: ({ facts }) => {
      const { subFilter } = facts.signature;
      const known =
        facts.type === 'document-time-stamp'
          ? subFilter === 'ETSI.RFC3161'
          : acceptedSubFilters.includes(subFilter ?? '');
      return known
        ? passed(`${subFilter ?? ''}`, `${subFilter ?? ''}`)
        : failed(
            'FORMAT_FAILURE',
            '签名字典缺损或格式(SubFilter)不受支持。',
            'The signature dictionary is damaged or its /SubFilter is not supported.',
          );
    },
  },
  {
    id: 'signature.coverage',
    question: words(
      '签名是否覆盖了当时的整个文件?',
      'Does the signature cover the whole file as it was signed?',
    ),
    citation: 'ISO 32000-2 12.8.1; ETSI EN 319 142-1 5.5',
    applies: () => true,
    evaluate: ({ facts }) => {
      const { kind, problem } = facts.signature.coverage;
      if (problem === null) {
        return kind === 'whole-file'
          ? passed('覆盖整个文件。', 'It covers the whole file.')
          : passed(
              '覆盖签名时的整个文件,其后另有增加。',
              'It covers the whole file as signed; something was added later.',
            );
      }
      const [zh, en] = coverageWords[problem] ?? [problem, problem];
      return failed(
        'FORMAT_FAILURE',
        `签名覆盖范围不正确:${zh}。`,
        `The signature does not cover what it must: ${en}.`,
      );
    },
  },
  {
    id: 'signature.place',
    question: words(
      '签名字典是否就在其签署的版本中?',
      'Was the signature dictionary written no later than what it signs?',
    ),
    citation: 'ISO 32000-2 12.8.1',
    applies: ({ facts }) => facts.signature.coverage.problem === null,
    evaluate: ({ facts }) => {
      const { writtenIn, coverage } = facts.signature;
      return writtenIn === null || writtenIn <= (coverage.revision ?? -1)
        ? passed('在其签署的版本中。', 'It is.')
        : failed(
            'FORMAT_FAILURE',
            '签名字典在签名之后被重写。',
            'The signature dictionary was rewritten after the signature.',
          );
    },
  },
  {
    id: 'signature.padding',
    question: words('签名值之后是否只有填充?', 'Is there nothing but padding behind the signature value?'),
    citation: 'ISO 32000-2 12.8.1',
    applies: ({ facts }) => facts.signature.contents !== null,
    evaluate: ({ facts }) =>
      facts.signature.contents?.paddingIsZero === true
        ? passed('只有填充。', 'Nothing but padding.')
        : failed('FORMAT_FAILURE', '签名值之后藏有数据。', 'Data is hidden behind the signature value.'),
  },
  {
    id: 'signature.cms',
    question: words('签名数据能否完整解析?', 'Can the signature data be read to the end?'),
    citation: 'RFC 5652 5.1',
    applies: () => true,
    evaluate: ({ facts }) =>
      facts.cms.problem === null
        ? passed('可以解析。', 'It can.')
        : failed(
            'FORMAT_FAILURE',
            '签名数据无法解析。',
            `The signature data cannot be read: ${facts.cms.problem}`,
          ),
  },
  {
    id: 'signature.signers',
    question: words('是否恰有一个签名者?', 'Is there exactly one signer?'),
    citation: 'ETSI EN 319 142-1 6.3 (k); ISO 32000-2 12.8.3.3',
    applies: parsed,
    evaluate: ({ facts }) =>
      facts.cms.signerCount === 1
        ? passed('一个签名者。', 'One signer.')
        : failed(
            'FORMAT_FAILURE',
            `有${facts.cms.signerCount}个签名者。`,
            `There are ${facts.cms.signerCount} signers.`,
          ),
  },
  {
    id: 'signature.detached',
    question: words('签名数据中是否没有夹带内容?', 'Is the signature detached?'),
    citation: 'ISO 32000-2 12.8.3.3.1',
    applies: (judged) => parsed(judged) && isSignature(judged),
    evaluate: ({ facts }) =>
      facts.cms.signedData?.eContent === null
        ? passed('没有夹带内容。', 'It is.')
        : failed('FORMAT_FAILURE', '签名数据夹带了内容。', 'The signature data carries content of its own.'),
  },
  {
    id: 'signature.attributes',
    question: words('是否有受签名保护的属性?', 'Are there signed attributes?'),
    citation: 'RFC 5652 5.3; ETSI EN 319 122-1 6.3',
    applies: oneSigner,
    evaluate: (judged) => {
      if (hasAttributes(judged)) return passed('有。', 'There are.');
      return isPades(judged) || isTimestamp(judged)
        ? failed('FORMAT_FAILURE', '没有受签名保护的属性。', 'There are no signed attributes.')
        : indeterminate(
            'SIG_CONSTRAINTS_FAILURE',
            '没有受签名保护的属性。',
            'There are no signed attributes.',
          );
    },
  },
];

const integrity: readonly SignatureCheck[] = [
  {
    id: 'signature.content-type',
    question: words('内容类型属性是否正确?', 'Is the content-type attribute right?'),
    citation: 'RFC 5652 11.1',
    applies: hasAttributes,
    evaluate: ({ facts }) =>
      attribute(facts.cms.contentType, 'FORMAT_FAILURE', '内容类型属性', 'content-type attribute'),
  },
  {
    id: 'signature.algorithms',
    question: words('签名算法是否仍可接受?', 'Are the algorithms still acceptable?'),
    citation: 'ETSI TS 119 312; GB/T 38540',
    applies: oneSigner,
    evaluate: ({ facts }) => {
      const { digestAlgorithm, signatureAlgorithm } = facts.cms;
      const bad =
        digestAlgorithm === null ||
        signatureAlgorithm === null ||
        ['ES1', 'RS1', 'SM2SM3'].includes(signatureAlgorithm);
      return bad
        ? indeterminate(
            'CRYPTO_CONSTRAINTS_FAILURE',
            '摘要或签名算法不被接受。',
            'The digest or signature algorithm is not accepted.',
          )
        : passed(`${signatureAlgorithm}。`, `${signatureAlgorithm}.`);
    },
  },
  {
    id: 'signature.content',
    question: words('文件内容自签名后是否未被改动?', 'Is the signed content unchanged?'),
    citation: 'RFC 5652 11.2; ETSI EN 319 102-1 5.2.7.4',
    applies: (judged) =>
      isTimestamp(judged) ? judged.facts.timestamps[0]?.info !== null : hasAttributes(judged),
    evaluate: ({ facts }) => {
      const found =
        facts.type === 'signature' ? facts.cms.messageDigest : (facts.timestamps[0]?.imprint ?? 'unchecked');
      if (found === 'agrees') return passed('内容未被改动。', 'The content is unchanged.');
      if (found === 'differs')
        return failed(
          'HASH_FAILURE',
          '文件内容在签名后被改动。',
          'The content was changed after it was signed.',
        );
      if (found === 'unchecked')
        return indeterminate(
          'SIGNED_DATA_NOT_FOUND',
          '无法确定签名所针对的内容。',
          'What the signature is over could not be determined.',
        );
      return failed(
        'FORMAT_FAILURE',
        '缺少内容摘要属性。',
        'The message-digest attribute is absent or cannot be read.',
      );
    },
  },
  {
    id: 'signature.certificate',
    question: words('是否附有签名者的证书?', "Does it carry the signer's certificate?"),
    citation: 'ETSI EN 319 142-1 6.3 (a)',
    applies: oneSigner,
    evaluate: ({ facts }) =>
      facts.cms.certificate === null
        ? indeterminate(
            'NO_SIGNING_CERTIFICATE_FOUND',
            '未附签名者的证书。',
            "The signer's certificate is not in it.",
          )
        : passed(
            `签名者:${nameOfCertificate(facts.cms.certificate.certificate)}。`,
            `Signer: ${nameOfCertificate(facts.cms.certificate.certificate)}.`,
          ),
  },
  {
    id: 'signature.signing-certificate',
    question: words('签名是否绑定了签名者的证书?', "Is the signature bound to the signer's certificate?"),
    citation: 'RFC 5035; ETSI EN 319 122-1 5.2.2',
    applies: (judged) => hasAttributes(judged) && judged.facts.cms.certificate !== null,
    evaluate: (judged) => {
      const found = judged.facts.cms.signingCertificate;
      if (found === 'agrees') return passed('已绑定。', 'It is.');
      if (found === 'absent' && !isPades(judged) && isSignature(judged)) {
        return warned('未绑定签名者的证书(非PAdES签名)。', 'It is not (the signature is not PAdES).');
      }
      return indeterminate(
        'SIG_CONSTRAINTS_FAILURE',
        '签名未绑定其证书,或绑定的是另一证书。',
        'The signing-certificate attribute is absent, damaged or names another certificate.',
      );
    },
  },
  {
    id: 'signature.value',
    question: words('签名值是否正确?', 'Does the signature value hold?'),
    citation: 'RFC 5652 5.6; ETSI EN 319 102-1 5.2.7',
    applies: (judged) => hasAttributes(judged) && judged.facts.cms.certificate !== null,
    evaluate: ({ facts }) => {
      if (facts.cms.signature === 'valid') return passed('正确。', 'It holds.');
      return facts.cms.signature === 'invalid'
        ? failed(
            'SIG_CRYPTO_FAILURE',
            '签名值不正确:签名被改动或系伪造。',
            'It does not hold: the signature was changed or forged.',
          )
        : indeterminate('CRYPTO_CONSTRAINTS_FAILURE', '签名值无法核对。', 'It could not be checked.');
    },
  },
  {
    id: 'signature.signing-time',
    question: words(
      '是否遵守不写入自称时间属性的规定?',
      'Is the signing-time attribute left out, as PAdES demands?',
    ),
    citation: 'ETSI EN 319 142-1 6.3',
    applies: (judged) => isPades(judged) && hasAttributes(judged),
    evaluate: ({ facts }) =>
      facts.cms.signingTime === null
        ? passed('遵守。', 'It is.')
        : warned('写入了自称时间属性,不是基线签名。', 'It is not: the signature is not a baseline one.'),
  },
];

const timeAndTrust: readonly SignatureCheck[] = [
  {
    id: 'signature.time-stamp',
    question: words(
      '签名时间是否有可信时间戳证明?',
      'Is the time of signing proven by a trusted time-stamp?',
    ),
    citation: 'RFC 3161; ETSI EN 319 102-1 5.4; ETSI EN 319 142-1 6.3',
    applies: (judged, policy) => isTimestamp(judged) || policy.timestamp !== 'ignored',
    evaluate: (judged, policy) => {
      const good = judged.tokens.find((token) => token.valid);
      if (good !== undefined) return passed(good.finding.zh, good.finding.en, good.genTime);
      const bad = judged.tokens[0];
      const reason = bad?.finding ?? words('没有时间戳。', 'There is no time-stamp.');
      if (isTimestamp(judged)) return indeterminate('SIG_CONSTRAINTS_FAILURE', reason.zh, reason.en);
      if (judged.proven !== null)
        return passed('由其后的文档时间戳证明。', 'A later document time-stamp proves it.', judged.proven);
      return policy.timestamp === 'required'
        ? indeterminate(
            'NO_POE',
            `签名时间未得到证明:${reason.zh}`,
            `The time of signing is not proven: ${reason.en}`,
          )
        : warned(`签名时间未得到证明:${reason.zh}`, `The time of signing is not proven: ${reason.en}`);
    },
  },
  {
    id: 'certificate.path',
    question: words(
      '签名证书是否由受信任的机构签发并当时有效?',
      "Does the signer's certificate lead to a trusted authority, and was it valid?",
    ),
    citation: 'RFC 5280 6; ETSI EN 319 102-1 5.2.6',
    applies: ({ path }) => path !== null,
    evaluate: ({ path, proven }, _policy, time) => {
      if (path === null)
        return indeterminate('NO_SIGNING_CERTIFICATE_FOUND', '没有证书。', 'There is no certificate.');
      if (path.kind === 'problem' && !revocationProblems.has(path.problem.code))
        return findingOfProblem(path.problem, proven !== null);
      const at = (proven ?? time).toISOString();
      return passed(`证书链成立(${at})。`, `The path holds (${at}).`, proven);
    },
  },
  {
    id: 'certificate.revocation',
    question: words('证书是否未被吊销?', 'Are the certificates not revoked?'),
    citation: 'RFC 5280 6.3; RFC 6960; ETSI EN 319 102-1 5.2.5',
    applies: ({ path }, policy) =>
      path !== null &&
      policy.revocation !== 'ignored' &&
      (path.kind === 'valid' || revocationProblems.has(path.problem.code)),
    evaluate: ({ path, proven }, policy) => {
      if (path === null) return indeterminate('TRY_LATER', '没有证书。', 'There is no certificate.');
      if (path.kind === 'problem') return findingOfProblem(path.problem, proven !== null);
      const later = path.statuses.find((status) => status.kind === 'revoked');
      if (later?.kind === 'revoked') {
        return warned(
          '证书在签名之后才被吊销,不影响本签名。',
          'A certificate was revoked after the signature; that does not affect it.',
          later.thisUpdate,
        );
      }
      const unknown = path.statuses.some((status) => status.kind === 'unknown');
      if (unknown)
        return warned(
          `无法确认证书是否被吊销(策略${policy.name}允许)。`,
          `Whether a certificate is revoked is unknown (allowed by policy ${policy.name}).`,
        );
      const newest = path.statuses[0];
      return passed('未被吊销。', 'They are not.', newest?.kind === 'good' ? newest.thisUpdate : null);
    },
  },
  {
    id: 'certificate.qualification',
    question: words(
      '证书是否由依法设立的电子认证服务机构签发?',
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
    question: words('签名之后的改动是否都是允许的?', 'Is everything done after the signature allowed?'),
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
      return changes.length === 0
        ? passed('签名之后没有改动。', 'Nothing was changed.')
        : passed(
            `签名之后的改动均被允许:${changes.map((change) => change.words.zh).join('')}`,
            `All of it is allowed: ${changes.map((change) => change.words.en).join(' ')}`,
          );
    },
  },
];

/** In the order of EN 319 102-1 5.2: format, integrity, then time and trust. */
export const signatureChecks: readonly SignatureCheck[] = [...format, ...integrity, ...timeAndTrust];
