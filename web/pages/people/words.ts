// Names of levels, ways, purposes and events, for people.
import type { Words } from '../../../verification/report.ts';

export const rungWords: Readonly<Record<number, Words>> = {
  0: { zh: '未核验', en: 'none' },
  1: { zh: '一级（自行申报）', en: 'Level 1 (self-asserted)' },
  2: { zh: '二级（姓名号码比对）', en: 'Level 2 (name and number matched)' },
  3: { zh: '三级（本人与证件核验）', en: 'Level 3 (person and document)' },
  4: { zh: '四级（窗口或数字证书）', en: 'Level 4 (window or certificate)' },
};

export const methodWords: Readonly<Record<string, Words>> = {
  'self-asserted': { zh: '自行申报', en: 'self-asserted' },
  register: { zh: '与人口库比对', en: 'population register' },
  wangzheng: { zh: '出示网证', en: '网证 shown' },
  certificate: { zh: '数字证书登记', en: 'certificate registration' },
  window: { zh: '窗口核验', en: 'service window' },
  upstream: { zh: '上级平台认证', en: 'upstream platform' },
};

export const authenticationWords: Readonly<Record<string, Words>> = {
  'password-with-code': { zh: '密码加动态验证码', en: 'password with a one-time code' },
  passkey: { zh: '通行密钥（手机或电脑的指纹、面容或锁屏密码）', en: 'passkey of your phone or computer' },
  'soft-certificate': { zh: '数字证书文件', en: 'certificate in a file' },
  'hardware-certificate': { zh: '智能密码钥匙中的数字证书', en: 'certificate on a hardware key' },
};

export const capacityWords: Readonly<Record<string, Words>> = {
  'legal-representative': { zh: '法定代表人', en: 'legal representative' },
  manager: { zh: '管理人', en: 'manager' },
  agent: { zh: '经办人', en: 'agent' },
};

export const mandateStateWords: Readonly<Record<string, Words>> = {
  offered: { zh: '待接受', en: 'offered' },
  active: { zh: '有效', en: 'in force' },
  refused: { zh: '已拒绝', en: 'refused' },
  ended: { zh: '已终止', en: 'ended' },
};

export const requestWords: Readonly<Record<string, Words>> = {
  correct: { zh: '更正', en: 'correct' },
  delete: { zh: '删除', en: 'delete' },
  restrict: { zh: '限制或者拒绝处理', en: 'restrict' },
  explain: { zh: '说明处理规则', en: 'explain' },
  open: { zh: '办理中', en: 'open' },
  done: { zh: '已办结', en: 'done' },
  refused: { zh: '未同意', en: 'refused' },
};

export const caseWords: Readonly<Record<string, Words>> = {
  proofing: { zh: '实名核验', en: 'proofing' },
  recovery: { zh: '找回登录方式', en: 'recovery' },
  merge: { zh: '合并账户', en: 'merging' },
  guardianship: { zh: '登记监护人', en: 'guardian' },
};

/** Words of a table, or the name itself. */
export function wordsIn(table: Readonly<Record<string, Words>>, name: string): Words {
  return table[name] ?? { zh: name, en: '' };
}
