// The questions asked of the record and the code that a license's PDF carries.
import { failed, indeterminate, passed, words } from '../check.ts';
import type { Check } from '../check.ts';
import type { LicenseFacts } from '../license-record.ts';

const hasCode = (facts: LicenseFacts | null): boolean => (facts?.code?.claims ?? null) !== null;

/** By the code where there is one, since its signature says so. */
function issuerOf(facts: LicenseFacts | null): string | null {
  return facts?.code?.claims?.issuer ?? facts?.record?.['ZZBFJGDM'] ?? null;
}

/** Null = the PDF is no license. */
export const licenseChecks: readonly Check<LicenseFacts | null>[] = [
  {
    id: 'license.record',
    question: words('电子证照的数据记录能否读取？', 'Can the record of the license be read?'),
    citation: 'GB/T 36903; GB/T 36905',
    applies: (facts) => facts?.hasRecord === true,
    evaluate: (facts) => {
      const record = facts?.record ?? null;
      if (record === null) {
        return indeterminate(
          'SIGNED_DATA_NOT_FOUND',
          '附带的数据记录无法识别。',
          'The attached record is not one that is known.',
        );
      }
      const identifier = record['ZZBS'] ?? '';
      return passed(`证照标识：${identifier}。`, `License identifier: ${identifier}.`);
    },
  },
  {
    id: 'license.code',
    question: words(
      '电子证照是否附有可核验状态的证照码？',
      'Does the license carry the code by which its status is known?',
    ),
    citation: 'GB/T 36903',
    applies: (facts) => facts?.hasRecord === true,
    evaluate: (facts) =>
      (facts?.code ?? null) === null
        ? indeterminate(
            'TRY_LATER',
            '未附证照码，无法确认证照状态。',
            'It carries no code; whether the license is in force is unknown.',
          )
        : passed('附有证照码。', 'It does.'),
  },
  {
    id: 'license.digest',
    question: words('数据记录与二维码是否一致？', 'Do the record and the code belong together?'),
    citation: 'RFC 9052; GB/T 36903',
    applies: (facts) => hasCode(facts) && facts?.hasRecord === true,
    evaluate: (facts) =>
      facts?.digestAgrees === true
        ? passed('一致。', 'They do.')
        : failed(
            'HASH_FAILURE',
            '数据记录与二维码不一致。',
            'The record is not the one that the code was made for.',
          ),
  },
  {
    id: 'license.fields',
    question: words('数据记录与二维码的各字段是否一致？', 'Do the fields of record and code agree?'),
    citation: 'GB/T 36903',
    applies: (facts) => hasCode(facts) && (facts?.record ?? null) !== null,
    evaluate: (facts) => {
      const differing = (facts?.fields ?? []).filter((field) => !field.agrees).map((field) => field.name);
      return differing.length === 0
        ? passed(
            `核对${facts?.fields.length ?? 0}个字段，全部一致。`,
            `All ${facts?.fields.length ?? 0} fields compared agree.`,
          )
        : failed(
            'HASH_FAILURE',
            `字段不一致：${differing.join('、')}。`,
            `Fields differ: ${differing.join(', ')}.`,
          );
    },
  },
  {
    id: 'license.seal',
    question: words('盖章单位是否为颁证机关？', 'Is it sealed by the authority that issued it?'),
    citation: 'GB/T 36903; GB/T 36906; ETSI EN 319 412-1 5.1.4',
    applies: (facts) => issuerOf(facts) !== null,
    evaluate: (facts) => {
      const issuer = issuerOf(facts) ?? '';
      return facts?.sealedBy.includes(issuer) === true
        ? passed('由颁证机关盖章。', 'It is.')
        : indeterminate(
            'CHAIN_CONSTRAINTS_FAILURE',
            `没有颁证机关（${issuer}）的签章。`,
            `There is no signature of the issuing authority (${issuer}).`,
          );
    },
  },
  {
    id: 'license.seal-scope',
    question: words(
      '盖章所依的机构可否用于此类证照？',
      'May the authority behind the seal vouch for licenses of this type?',
    ),
    citation: 'GB/T 36902; ETSI TS 119 602',
    applies: (facts) =>
      (facts?.sealScope ?? null) !== null && facts?.sealedBy.includes(issuerOf(facts) ?? '') === true,
    evaluate: (facts) =>
      facts?.sealScope === true
        ? passed('可以。', 'It may.')
        : indeterminate(
            'CHAIN_CONSTRAINTS_FAILURE',
            '信任列表未认可该机构用于此类证照。',
            'The trust list does not recognise the authority for licenses of this type.',
          ),
  },
  {
    id: 'license.holder',
    question: words('持证主体是否为所查的主体？', 'Is it the license of the holder asked about?'),
    citation: 'GB/T 36903 (CZZTDM)',
    applies: (facts) => (facts?.ofHolder ?? null) !== null,
    evaluate: (facts) => {
      if (facts?.ofHolder === 'yes') return passed('是。', 'It is.');
      return facts?.ofHolder === 'no'
        ? failed('SIG_CONSTRAINTS_FAILURE', '持证主体是另一主体。', 'It is the license of another holder.')
        : indeterminate(
            'SIGNED_DATA_NOT_FOUND',
            '没有可读的数据记录，无法确认持证主体。',
            'There is no record that could be read; whose license it is remains unknown.',
          );
    },
  },
];
