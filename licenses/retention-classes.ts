// How long what belongs to licenses is kept, by class: the table an installation begins with. Officers change periods, not code.
import type { RetentionClass } from '../storage/retention.ts';
import type { RetentionClass as LicenseClass } from './type-rules.ts';

/** 机关文件材料归档范围和文书档案保管期限规定 (国家档案局令第8号): 永久, 30 years, 10 years. */
const archives = '机关文件材料归档范围和文书档案保管期限规定（国家档案局令第8号）';
const fromLicense = { zh: '证照失效之日', en: 'the day the license ended' };

export const licenseClasses: Readonly<Record<LicenseClass, RetentionClass>> = {
  'license-short': {
    name: 'license-short',
    zh: '证照（短期）',
    en: 'Licenses, short',
    from: fromLicense,
    period: 'P3Y',
    basis: '个人信息保护法第十九条：实现处理目的所必要的最短时间',
  },
  'license-standard': {
    name: 'license-standard',
    zh: '证照（一般）',
    en: 'Licenses',
    from: fromLicense,
    period: 'P10Y',
    basis: archives,
  },
  'license-long': {
    name: 'license-long',
    zh: '证照（长期）',
    en: 'Licenses, long',
    from: fromLicense,
    period: 'P30Y',
    basis: archives,
  },
};

/** What the life of licenses leaves beside them. */
export const besideClasses = {
  request: {
    name: 'license-request',
    zh: '证照变更申请内容',
    en: 'What a change of a license was asked for with',
    from: { zh: '申请办结之日', en: 'the day the request was over' },
    period: 'P3Y',
    basis: '个人信息保护法第十九条',
  },
  copy: {
    name: 'license-copy',
    zh: '加注件',
    en: 'Copies for a purpose',
    from: { zh: '加注件失效之日', en: 'the day the copy ended' },
    period: 'P3Y',
    basis: '个人信息保护法第十九条',
  },
  presentation: {
    name: 'presentation',
    zh: '亮证回执',
    en: 'Receipts of shown licenses',
    from: { zh: '亮证结束之日', en: 'the day it was shown' },
    period: 'P3Y',
    basis: '网络安全法第二十一条；个人信息保护法第十九条',
  },
  holderChange: {
    name: 'license-holder-change',
    zh: '持证主体变更',
    en: 'Holders renamed or merged',
    from: { zh: '登记之日', en: 'the day it was recorded' },
    period: 'P30Y',
    basis: archives,
  },
} as const satisfies Readonly<Record<string, RetentionClass>>;
