// The questions asked of one use of a seal, in the order of GB/T 38540 clause 7.3; the seal itself is asked apart.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Check } from '../check.ts';
import type { JudgedSealSignature } from '../judged-seal.ts';
import { reportQualification } from '../report.ts';
import {
  algorithmFinding,
  asksRevocation,
  certificateFinding,
  checkable,
  pathFinding,
  revocationFinding,
  standardOf,
  valueFinding,
} from './seal-findings.ts';
import { scopeCheck } from './scope.ts';
import { originalChecks } from './seal-original.ts';
import { sealTimeChecks } from './seal-time.ts';

const signer = words('签章人', 'signer');

const valueChecks: readonly Check<JudgedSealSignature>[] = [
  {
    id: 'seal-signature.format',
    question: words('签章数据格式是否正确？', 'Is the signature well formed?'),
    citation: 'GB/T 38540 7.1, 7.3 a); GM/T 0031',
    applies: () => true,
    evaluate: ({ facts: { signature } }) => {
      const standard = standardOf[signature.version];
      return passed(`${standard}签章。`, `A signature of ${standard}.`);
    },
  },
  {
    id: 'seal-signature.certificate',
    question: words('签章人证书能否解析？', "Can the signer's certificate be read?"),
    citation: 'GB/T 38540 7.1; GB/T 20518',
    applies: () => true,
    evaluate: ({ facts }) => certificateFinding(facts.signer, signer),
  },
  {
    id: 'seal-signature.algorithm',
    question: words(
      '签名算法是否为标准所采用并与签章人证书相符？',
      "Is the signature algorithm of the standard, and does it fit the signer's certificate?",
    ),
    citation: 'GB/T 38540 7.1; GM/T 0031-2025; GB/T 33560',
    applies: ({ facts }) => facts.signer.certificate !== null,
    evaluate: ({ facts }) => algorithmFinding(facts.signer, facts.signature.version),
  },
  {
    id: 'seal-signature.value',
    question: words('签名值格式是否正确？', 'Has the signature value a form that counts?'),
    citation: 'GB/T 38540 7.1; GB/T 35276 7.3',
    applies: ({ facts }) => facts.signer.accepted !== null,
    evaluate: ({ facts }) => valueFinding(facts.signer),
  },
  {
    id: 'seal-signature.signature',
    question: words('签章的签名是否有效？', 'Does the signature hold?'),
    citation: 'GB/T 38540 7.3 b); GM/T 0031',
    applies: ({ facts }) => checkable(facts.signer),
    evaluate: ({ facts }) =>
      facts.signer.signature === 'valid'
        ? passed('有效，签章数据未被改动。', 'It does: what was signed is unchanged.')
        : failed(
            'SIG_CRYPTO_FAILURE',
            '签名无效：签章数据被改动或并非由该签章人签署。',
            'It does not: what was signed was changed or is not of this signer.',
          ),
  },
  {
    id: 'seal-signature.listed',
    question: words('签章人证书是否在印章的证书列表中？', "Is the signer's certificate in the seal's list?"),
    citation: 'GB/T 38540 7.2, 7.3; GM/T 0031',
    applies: () => true,
    evaluate: ({ facts }) => {
      switch (facts.listing) {
        case 'listed':
          return passed('在列表中。', 'It is.');
        case 'renewed':
          return failed(
            'CHAIN_CONSTRAINTS_FAILURE',
            '不在列表中：列表中是该签章人的另一张证书；更换证书后印章须重新制作。',
            'It is not: the list has another certificate of this signer. A seal must be made anew when the certificate is renewed.',
          );
        case 'not-listed':
          return failed(
            'CHAIN_CONSTRAINTS_FAILURE',
            '不在列表中：该签章人无权使用此印章。',
            'It is not: this signer may not use the seal.',
          );
        case 'unknown-digest':
          return indeterminate(
            'CRYPTO_CONSTRAINTS_FAILURE',
            '列表使用的杂凑算法无法识别。',
            'The list uses a digest that is not known.',
          );
      }
    },
  },
];

const certificateChecks: readonly Check<JudgedSealSignature>[] = [
  {
    id: 'certificate.path',
    question: words(
      '签章人证书是否由受信任的机构签发、用途相符并在签章时有效？',
      "Does the signer's certificate lead to a trusted authority, fit and valid when it was used?",
    ),
    citation: 'GB/T 38540 7.3; GM/T 0031; RFC 5280 6',
    applies: ({ path }) => path !== null,
    evaluate: ({ path, claimed }, _policy, time) => pathFinding(path, claimed ?? time, signer),
  },
  {
    id: 'certificate.revocation',
    question: words(
      '签章人证书在签章时是否未被吊销？',
      "Was the signer's certificate not revoked when it was used?",
    ),
    citation: 'GB/T 38540 7.3; GM/T 0031; RFC 5280 6.3; RFC 6960',
    applies: ({ path }, policy) => asksRevocation(path, policy),
    evaluate: ({ path, proven }, policy) => revocationFinding(path, proven, signer, policy),
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

export const sealSignatureChecks: readonly Check<JudgedSealSignature>[] = [
  ...valueChecks,
  ...sealTimeChecks,
  ...certificateChecks,
  ...originalChecks,
];
