// The questions asked of a CMS file as a whole.
import { failed, indeterminate, passed, words } from '../check.ts';
import type { Check } from '../check.ts';
import type { CmsFileFacts } from '../facts-cms-file.ts';

const parsed = ({ problem }: CmsFileFacts): boolean => problem === null;

const places = {
  inside: words('签名数据中带有内容。', 'The content is inside.'),
  beside: words('内容由核验者另行提供。', 'The content was given beside it.'),
  both: words('所提供的内容与签名数据中的一致。', 'The content given is the one inside.'),
};

export const cmsFileChecks: readonly Check<CmsFileFacts>[] = [
  {
    id: 'cms.format',
    question: words('签名数据能否完整解析？', 'Can the signature data be read to the end?'),
    citation: 'RFC 5652 5.1; GB/T 35275 8',
    applies: () => true,
    evaluate: ({ problem }) =>
      problem === null
        ? passed('可以解析。', 'It can.')
        : failed('FORMAT_FAILURE', '签名数据无法解析。', `The signature data cannot be read: ${problem}`),
  },
  {
    id: 'cms.signers',
    question: words('是否有签名者？', 'Has anybody signed?'),
    citation: 'RFC 5652 5.1; ETSI EN 319 122-1 6.3',
    applies: parsed,
    evaluate: ({ signers }) =>
      signers.length === 0
        ? failed('FORMAT_FAILURE', '没有签名者。', 'Nobody has.')
        : passed(`签名者${signers.length}个。`, `Signers: ${signers.length}.`),
  },
  {
    id: 'cms.content',
    question: words('是否有签名所针对的内容？', 'Is the signed content at hand?'),
    citation: 'RFC 5652 5.2; ETSI EN 319 102-1 5.2.7.4',
    applies: parsed,
    evaluate: ({ content, contentsAgree }) => {
      if (content === 'missing')
        return indeterminate(
          'SIGNED_DATA_NOT_FOUND',
          '未提供签名所针对的内容。',
          'The content of the detached signature was not given.',
        );
      return contentsAgree
        ? passed(places[content].zh, places[content].en)
        : failed(
            'HASH_FAILURE',
            '所提供的内容与签名数据中的不一致。',
            'The content given is not the one inside.',
          );
    },
  },
];
