// A license type in words, for people: its rules, and the fields of its face.
import { transitions } from '../licenses/license.ts';
import type { FaceField, LicenseType } from '../licenses/type.ts';
import type { Words } from '../verification/report.ts';

const holderWords = { enterprise: '企业', resident: '居民' } as const;
const kindWords: Readonly<Record<FaceField['kind'], Words>> = {
  text: { zh: '文字', en: 'text' },
  date: { zh: '日期', en: 'day' },
  choice: { zh: '选项', en: 'choice' },
  integer: { zh: '整数', en: 'whole number' },
  list: { zh: '列表', en: 'list' },
};

/** One rule in words. */
export interface RuleLine {
  readonly label: Words;
  readonly value: string;
}

function validityWords({ validity }: LicenseType): string {
  if (validity.kind === 'endless') return '长期';
  return validity.kind === 'years' ? `${validity.years}年` : `由颁证系统指定，最长${validity.maximumYears}年`;
}

/** What a type says beside its face and its pages; rules it has not are left out. */
export function ruleLines(type: LicenseType): readonly RuleLine[] {
  const { inspection, renewal, holders, photo, secondPerson = [], acceptance = [] } = type;
  const lines: readonly (readonly [string, string, string | null])[] = [
    ['证照类型代码', 'Type code', type.typeCode],
    ['定义机关', 'Defining authority', (type.definer ?? type.issuer).name],
    ['颁证机关', 'Issuing authority', type.issuer.name],
    ['监管部门', 'Supervising department', type.supervisor.name],
    ['持证主体', 'Holders', type.holderKinds.map((kind) => holderWords[kind]).join('、')],
    [
      '共同持证主体',
      'Several holders',
      holders === undefined ? null : `${holders.minimum}至${holders.maximum}人：${holders.roles.join('、')}`,
    ],
    ['有效期', 'Validity', validityWords(type)],
    ['延续', 'Renewal', renewal === undefined ? null : `届满前${renewal.daysBefore}日起，${renewal.basis}`],
    [
      '检查',
      'Inspection',
      inspection === undefined
        ? null
        : `${inspection.name}，每${inspection.everyMonths}个月（宽限${inspection.graceDays}日），${inspection.basis}`,
    ],
    [
      '照片',
      'Photo',
      photo === undefined
        ? null
        : `${photo.required ? '必需' : '可选'}，不小于 ${photo.minimumWidth} × ${photo.minimumHeight} 像素`,
    ],
    ['允许的印章', 'Seals', type.seals.join(' ')],
    ['事项', 'Matters', type.matters.join(' ')],
    [
      '须双人办理',
      'Second officer',
      secondPerson.length === 0 ? null : secondPerson.map((change) => transitions[change].words).join('、'),
    ],
    ['公开状态', 'Public status', type.publicStatus ? '是' : '否'],
    ['公开历史状态', 'Public history', type.statusHistory === true ? '是' : null],
    [
      '采信规则',
      'Acceptance rules',
      acceptance.length === 0 ? null : acceptance.map(({ id }) => id).join(' '),
    ],
    ['保存期类别', 'Retention class', type.retention ?? 'license-standard'],
  ];
  return lines.flatMap(([zh, en, value]) => (value === null ? [] : [{ label: { zh, en }, value }]));
}

/** One field in words. */
export interface FaceLine {
  readonly name: string;
  readonly label: Words;
  readonly kind: Words;
  readonly limit: number;
  readonly required: boolean;
  readonly inCode: boolean;
  readonly verifier: boolean;
}

/** The fields of the face, in order. */
export function faceLines({ fields }: LicenseType): readonly FaceLine[] {
  return fields.map((field) => ({
    name: field.name,
    label: { zh: field.label, en: field.englishLabel },
    kind: kindWords[field.kind],
    limit: field.maxLength,
    required: field.required,
    inCode: field.codeKey !== null,
    verifier: field.verifier,
  }));
}
