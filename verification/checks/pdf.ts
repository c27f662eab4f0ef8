// The questions asked of a PDF as a whole.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Check } from '../check.ts';
import type { PdfFacts } from '../facts-pdf.ts';
import { trustListCheck } from './trust-list.ts';
import type { TrustListContext } from './trust-list.ts';

/** A PDF with the list it is judged against. */
export interface PdfContext extends TrustListContext {
  readonly facts: PdfFacts;
}

const readable = ({ facts }: PdfContext): boolean => facts.problem === null;

export const pdfChecks: readonly Check<PdfContext>[] = [
  {
    id: 'pdf.readable',
    question: words('文件是否为完整可读的PDF?', 'Is the file a complete, readable PDF?'),
    citation: 'ISO 32000-2 7.5',
    applies: () => true,
    evaluate: ({ facts: { problem } }) => {
      if (problem === null) return passed('可读。', 'It is.');
      if (problem.code === 'pdf-encrypted')
        return indeterminate(
          'SIGNED_DATA_NOT_FOUND',
          '文件已加密，未给出密码，无法验证。',
          'The file is encrypted, and without its password it cannot be verified.',
        );
      if (problem.code === 'pdf-password')
        return indeterminate(
          'SIGNED_DATA_NOT_FOUND',
          '文件已加密，给出的密码不正确，无法验证。',
          'The file is encrypted and the password given does not open it (pdf-password).',
        );
      if (problem.code === 'pdf-limit' || problem.code === 'pdf-unsupported') {
        return indeterminate(
          'SIGNED_DATA_NOT_FOUND',
          '文件超出可处理的范围。',
          `The file is beyond what can be handled: ${problem.message}`,
        );
      }
      return failed(
        'FORMAT_FAILURE',
        '文件损坏、被截断或结构不正确。',
        `The file is damaged, truncated or malformed: ${problem.message}`,
      );
    },
  },
  {
    id: 'pdf.encryption',
    question: words('加密的文件是否以密码打开？', 'Was the encrypted file opened with its password?'),
    citation: 'ISO 32000-2 7.6',
    applies: ({ facts }) => facts.problem === null && facts.encryption !== null,
    evaluate: ({ facts: { encryption } }) =>
      encryption?.role === 'owner'
        ? passed('已以所有者密码打开。', 'It was, with the owner’s.')
        : passed('已以用户密码打开。', 'It was, with the user’s.'),
  },
  {
    // For readers that can ask for it: the file is not open, and a password would open it.
    id: 'pdf.password',
    question: words('打开文件所需的密码是否已给出？', 'Was the password given that opens the file?'),
    citation: 'ISO 32000-2 7.6.4',
    applies: ({ facts: { problem } }) =>
      problem?.code === 'pdf-encrypted' || problem?.code === 'pdf-password',
    evaluate: ({ facts: { problem } }) =>
      problem?.code === 'pdf-password'
        ? indeterminate('SIGNED_DATA_NOT_FOUND', '给出的密码不正确。', 'The password given does not open it.')
        : indeterminate('SIGNED_DATA_NOT_FOUND', '未给出密码。', 'None was given.'),
  },
  {
    id: 'pdf.signed',
    question: words('文件中是否有签名？', 'Does the file hold a signature?'),
    citation: 'ISO 32000-2 12.8',
    applies: readable,
    evaluate: ({ facts }) =>
      facts.signatures.length > 0
        ? passed(`有${facts.signatures.length}个签名。`, `It holds ${facts.signatures.length}.`)
        : failed(
            'FORMAT_FAILURE',
            '文件没有签名，不能证明其真实性。',
            'The file is not signed: nothing proves that it is genuine.',
          ),
  },
  {
    id: 'pdf.removed',
    question: words('先前的签名是否都还在？', 'Are all earlier signatures still there?'),
    citation: 'ISO 32000-2 12.8.2',
    applies: readable,
    evaluate: ({ facts: { removed } }) =>
      removed.length === 0
        ? passed('都在。', 'They are.')
        : failed(
            'FORMAT_FAILURE',
            `签名被移除:${removed.join('、')}。`,
            `Signatures were removed: ${removed.join(', ')}.`,
          ),
  },
  {
    id: 'pdf.disguised',
    question: words(
      '是否没有伪装成其他表单域的签名？',
      'Is no signature disguised as another kind of field?',
    ),
    citation: 'ISO 32000-2 12.7.5.5',
    applies: readable,
    evaluate: ({ facts: { disguised } }) =>
      disguised.length === 0
        ? passed('没有。', 'None is.')
        : failed(
            'FORMAT_FAILURE',
            `表单域类型被篡改:${disguised.join('、')}。`,
            `Fields hold signatures without being signature fields: ${disguised.join(', ')}.`,
          ),
  },
  {
    id: 'pdf.trailing',
    question: words('最后一个版本之后是否没有多余的字节？', 'Is nothing appended behind the last revision?'),
    citation: 'ISO 32000-2 7.5.5; ETSI EN 319 142-1 5.5',
    applies: (context) => readable(context) && context.facts.signatures.length > 0,
    evaluate: ({ facts: { trailing } }) => {
      if (trailing === 'none') return passed('没有。', 'Nothing is.');
      if (trailing === 'space')
        return warned('文件末尾有多余的空白。', 'White space follows the end of the file.');
      return trailing === 'data'
        ? failed(
            'FORMAT_FAILURE',
            '文件末尾有不属于任何版本、未受签名保护的内容。',
            'Content that belongs to no revision and is covered by no signature follows the end of the file.',
          )
        : failed('FORMAT_FAILURE', '文件末尾不完整。', 'The end of the file is not complete.');
    },
  },
  {
    id: 'pdf.header',
    question: words('文件头之前是否没有多余的字节？', 'Does the file begin with its header?'),
    citation: 'ISO 32000-2 7.5.2',
    applies: readable,
    evaluate: ({ facts }) =>
      facts.bytesBeforeHeader === 0
        ? passed('是。', 'It does.')
        : warned(
            `文件头之前有${facts.bytesBeforeHeader}个字节。`,
            `${facts.bytesBeforeHeader} bytes stand before it.`,
          ),
  },
  trustListCheck('pdf.trust-list'),
];
