// The questions about what a signature protects.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Finding } from '../check.ts';
import type { Agreement } from '../facts-cms.ts';
import type { ForeignSignatureName } from '../../formats/x509/algorithm.ts';
import type { SubIndication } from '../report.ts';
import { nameOfCertificate } from './path.ts';
import { hasAttributes, isPades, isSignature, isTimestamp, oneSigner } from './signature-kinds.ts';
import type { SignatureCheck } from './signature-kinds.ts';

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

/** As people know it: SM2 has no JOSE name. */
function nameOfAlgorithm(name: ForeignSignatureName): string {
  return name === 'SM2SM3' ? 'SM2 (SM3)' : name;
}

/** Whether content and signature are unchanged. */
export const integrityChecks: readonly SignatureCheck[] = [
  {
    id: 'signature.content-type',
    question: words('内容类型属性是否正确？', 'Is the content-type attribute right?'),
    citation: 'RFC 5652 11.1',
    applies: hasAttributes,
    evaluate: ({ facts }) =>
      attribute(facts.cms.contentType, 'FORMAT_FAILURE', '内容类型属性', 'content-type attribute'),
  },
  {
    id: 'signature.algorithms',
    question: words('签名算法是否仍可接受？', 'Are the algorithms still acceptable?'),
    citation: 'ETSI TS 119 312; GB/T 32918, GB/T 32905',
    applies: oneSigner,
    evaluate: ({ facts }) => {
      const { digestAlgorithm, signatureAlgorithm } = facts.cms;
      const bad =
        digestAlgorithm === null ||
        signatureAlgorithm === null ||
        ['ES1', 'RS1'].includes(signatureAlgorithm);
      return bad
        ? indeterminate(
            'CRYPTO_CONSTRAINTS_FAILURE',
            '摘要或签名算法不被接受。',
            'The digest or signature algorithm is not accepted.',
          )
        : passed(`${nameOfAlgorithm(signatureAlgorithm)}。`, `${nameOfAlgorithm(signatureAlgorithm)}.`);
    },
  },
  {
    id: 'signature.content',
    question: words('文件内容自签名后是否未被改动？', 'Is the signed content unchanged?'),
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
    question: words('是否附有签名者的证书？', "Does it carry the signer's certificate?"),
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
    question: words('签名是否绑定了签名者的证书？', "Is the signature bound to the signer's certificate?"),
    citation: 'RFC 5035; ETSI EN 319 122-1 5.2.2',
    applies: (judged) => hasAttributes(judged) && judged.facts.cms.certificate !== null,
    evaluate: (judged) => {
      const found = judged.facts.cms.signingCertificate;
      if (found === 'agrees') return passed('已绑定。', 'It is.');
      if (found === 'absent' && !isPades(judged) && isSignature(judged)) {
        return warned('未绑定签名者的证书（非PAdES签名）。', 'It is not (the signature is not PAdES).');
      }
      return indeterminate(
        'SIG_CONSTRAINTS_FAILURE',
        '签名未绑定其证书，或绑定的是另一证书。',
        'The signing-certificate attribute is absent, damaged or names another certificate.',
      );
    },
  },
  {
    id: 'signature.value',
    question: words('签名值是否正确？', 'Does the signature value hold?'),
    citation: 'RFC 5652 5.6; ETSI EN 319 102-1 5.2.7',
    applies: (judged) => hasAttributes(judged) && judged.facts.cms.certificate !== null,
    evaluate: ({ facts }) => {
      if (facts.cms.signature === 'valid') return passed('正确。', 'It holds.');
      return facts.cms.signature === 'invalid'
        ? failed(
            'SIG_CRYPTO_FAILURE',
            '签名值不正确：签名被改动或系伪造。',
            'It does not hold: the signature was changed or forged.',
          )
        : indeterminate('CRYPTO_CONSTRAINTS_FAILURE', '签名值无法核对。', 'It could not be checked.');
    },
  },
  {
    id: 'signature.signing-time',
    question: words(
      '是否遵守不写入自称时间属性的规定？',
      'Is the signing-time attribute left out, as PAdES demands?',
    ),
    citation: 'ETSI EN 319 142-1 6.3',
    applies: (judged) => isPades(judged) && hasAttributes(judged),
    evaluate: ({ facts }) =>
      facts.cms.signingTime === null
        ? passed('遵守。', 'It is.')
        : warned(
            '写入了自称时间属性，偏离基线的规定。',
            'It is not: the signature departs from the baseline.',
          ),
  },
];
