// The questions about the form of a signature.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import { hasAttributes, isPades, isSignature, isTimestamp, oneSigner, parsed } from './signature-kinds.ts';
import type { SignatureCheck } from './signature-kinds.ts';

const acceptedSubFilters = ['ETSI.CAdES.detached', 'adbe.pkcs7.detached'];
const coverageWords: Record<string, readonly [string, string]> = {
  'dictionary-unreadable': ['签名字典无法读取', 'the signature dictionary cannot be read'],
  'duplicate-keys': ['签名字典有重复的键', 'the signature dictionary has a key twice'],
  'byte-range-missing': ['缺少ByteRange', '/ByteRange is missing'],
  'byte-range-malformed': ['ByteRange格式错误', '/ByteRange is malformed'],
  'contents-missing': ['缺少签名值(Contents)', '/Contents is missing'],
  'contents-not-hexadecimal': ['签名值(Contents)不是十六进制串', '/Contents is no hexadecimal string'],
  'contents-without-place': ['签名值不在文件字节中', '/Contents has no place in the bytes of the file'],
  'offsets-shifted': ['文件头之前有多余字节，偏移不可信', 'bytes before the header shift every offset'],
  'not-from-start': ['签名未从文件开头覆盖', 'the signature does not begin at the first byte'],
  'gap-not-contents': ['签名范围的空隙与签名值不符', 'the gap of the signature is not exactly its /Contents'],
  'past-end-of-file': [
    '签名范围超出文件（文件被截断）',
    'the signature reaches beyond the end of the file (truncated)',
  ],
  'not-at-revision-end': ['签名范围未到任何版本的末尾', 'the signature ends at the end of no revision'],
};

/** Whether the signature is whole, of a known kind and in its place. */
export const formatChecks: readonly SignatureCheck[] = [
  {
    id: 'signature.type',
    question: words('签名采用受支持的格式吗？', 'Is the signature of a supported kind?'),
    citation: 'ETSI EN 319 142-1 6.3; ISO 32000-2 12.8.3',
    applies: () => true,
    evaluate: ({ facts }) => {
      const { subFilter } = facts.signature;
      const known =
        facts.type === 'document-time-stamp'
          ? subFilter === 'ETSI.RFC3161'
          : acceptedSubFilters.includes(subFilter ?? '');
      return known
        ? passed(subFilter ?? '', subFilter ?? '')
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
      '签名是否覆盖了当时的整个文件？',
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
              '覆盖签名时的整个文件，其后另有增加。',
              'It covers the whole file as signed; something was added later.',
            );
      }
      const [zh, en] = coverageWords[problem] ?? [problem, problem];
      return failed(
        'FORMAT_FAILURE',
        `签名覆盖范围不正确：${zh}。`,
        `The signature does not cover what it must: ${en}.`,
      );
    },
  },
  {
    id: 'signature.place',
    question: words(
      '签名字典是否就在其签署的版本中？',
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
    question: words('签名值之后是否只有填充？', 'Is there nothing but padding behind the signature value?'),
    citation: 'ISO 32000-2 12.8.1',
    applies: ({ facts }) => facts.signature.contents !== null,
    evaluate: ({ facts }) =>
      facts.signature.contents?.paddingIsZero === true
        ? passed('只有填充。', 'Nothing but padding.')
        : failed('FORMAT_FAILURE', '签名值之后藏有数据。', 'Data is hidden behind the signature value.'),
  },
  {
    id: 'signature.cms',
    question: words('签名数据能否完整解析？', 'Can the signature data be read to the end?'),
    citation: 'RFC 5652 5.1; ISO 32000-2 12.8.3.3.1; ETSI EN 319 142-1 5.3',
    applies: () => true,
    evaluate: ({ facts: { cms } }) => {
      if (cms.problem !== null)
        return failed(
          'FORMAT_FAILURE',
          '签名数据无法解析。',
          `The signature data cannot be read: ${cms.problem}`,
        );
      return cms.isDer
        ? passed('可以解析。', 'It can.')
        : warned('可以解析，但未按规定采用DER编码。', 'It can, but it is not DER, as it must be.');
    },
  },
  {
    id: 'signature.signers',
    question: words('是否恰有一个签名者？', 'Is there exactly one signer?'),
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
    question: words('签名数据中是否没有夹带内容？', 'Is the signature detached?'),
    citation: 'ISO 32000-2 12.8.3.3.1',
    applies: (judged) => parsed(judged) && isSignature(judged),
    evaluate: ({ facts }) =>
      facts.cms.signedData?.eContent === null
        ? passed('没有夹带内容。', 'It is.')
        : failed('FORMAT_FAILURE', '签名数据夹带了内容。', 'The signature data carries content of its own.'),
  },
  {
    id: 'signature.attributes',
    question: words('是否有受签名保护的属性？', 'Are there signed attributes?'),
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
