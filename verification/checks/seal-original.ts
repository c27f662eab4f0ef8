// The questions about the original that a seal was used on.
import { failed, indeterminate, passed, warned, words } from '../check.ts';
import type { Check } from '../check.ts';
import type { JudgedSealSignature } from '../judged-seal.ts';

const digestSizes = { sha256: 32, sha384: 48, sha512: 64, sm3: 32 } as const;

export const originalChecks: readonly Check<JudgedSealSignature>[] = [
  {
    id: 'seal-signature.property',
    question: words('签章是否写明所保护的原文？', 'Does the signature name what it protects?'),
    citation: 'GB/T 38540 7.1; GM/T 0031-2025',
    applies: () => true,
    evaluate: ({ facts: { signature } }) => {
      const named = signature.propertyInformation;
      if (named !== '') return passed(`${named}。`, `${named}.`);
      const said = ['未写明。', 'It does not.'] as const;
      // GM/T 0031-2025 demands at least the range that is protected.
      return signature.version === 5 ? failed('FORMAT_FAILURE', ...said) : warned(...said);
    },
  },
  {
    id: 'seal-signature.digest',
    question: words(
      '原文杂凑值是否为签名算法所用的杂凑值？',
      'Is the digest of the original one of the algorithm?',
    ),
    citation: 'GB/T 38540 7.1, 7.2; GB/T 32905',
    applies: ({ facts }) => facts.digestAlgorithm !== null,
    evaluate: ({ facts }) => {
      const { digestAlgorithm, signature } = facts;
      const fits = digestAlgorithm !== null && signature.dataHash.length === digestSizes[digestAlgorithm];
      const bits = signature.dataHash.length * 8;
      return fits
        ? passed(`${bits}位。`, `${bits} bits.`)
        : failed(
            'FORMAT_FAILURE',
            `长度为${bits}位，与签名算法不符。`,
            `It has ${bits} bits, which the algorithm does not make.`,
          );
    },
  },
  {
    id: 'seal-signature.content',
    question: words('原文自签章后是否未被改动？', 'Is the original unchanged since the seal was used?'),
    citation: 'GB/T 38540 7.3; GM/T 0031',
    applies: () => true,
    evaluate: ({ facts }) => {
      switch (facts.content) {
        case 'agrees':
          return passed('原文未被改动。', 'It is.');
        case 'differs':
          return failed(
            'HASH_FAILURE',
            '原文与签章时不同。',
            'The original is not the one that the seal was used on.',
          );
        case 'absent':
        case 'malformed':
          return failed(
            'HASH_FAILURE',
            '原文杂凑值为空（全零），不是任何原文的杂凑值。',
            'The digest of the original was left blank (all zeros): it is of no original.',
          );
        case 'unchecked':
          return indeterminate(
            'SIGNED_DATA_NOT_FOUND',
            '未提供原文，无法核对。',
            'The original was not given; it could not be compared.',
          );
      }
    },
  },
];
