// Words of the seal office: what is applied for, what becomes of it, on what a use rests.
import type { Words } from '../verification/report.ts';

export const applicationWords: Readonly<Record<string, Words>> = {
  make: { zh: '制作新章', en: 'New seal' },
  'take-in': { zh: '接入外部印章', en: 'Seal made elsewhere' },
  change: { zh: '变更', en: 'Change' },
  renew: { zh: '续期', en: 'Renewal' },
  keepers: { zh: '变更保管人', en: 'Keepers' },
  release: { zh: '解冻', en: 'Release' },
  cancel: { zh: '注销', en: 'Cancellation' },
  authorise: { zh: '用印授权书', en: 'Authorisation' },
  automatic: { zh: '自动核发事项', en: 'Automatic matter' },
};

export const applicationStateWords: Readonly<Record<string, Words>> = {
  requested: { zh: '待审批', en: 'to be decided' },
  approved: { zh: '办理中', en: 'under way' },
  rejected: { zh: '不同意', en: 'rejected' },
  executed: { zh: '已办结', en: 'done' },
  failed: { zh: '未能办理', en: 'failed' },
  expired: { zh: '已过期', en: 'expired' },
};

export const authorisationStateWords: Readonly<Record<string, Words>> = {
  'in-force': { zh: '有效', en: 'in force' },
  'not-yet': { zh: '未生效', en: 'not yet' },
  expired: { zh: '已到期', en: 'expired' },
  revoked: { zh: '已撤销', en: 'revoked' },
  'used-up': { zh: '次数用完', en: 'used up' },
  'ended-by-renewal': { zh: '因续期终止', en: 'ended by renewal' },
};

export const basisWords: Readonly<Record<string, Words>> = {
  approved: { zh: '审批', en: 'approved' },
  automatic: { zh: '自动核发', en: 'automatic' },
  license: { zh: '制证', en: 'license page' },
};

export const outcomeWords: Readonly<Record<string, Words>> = {
  intended: { zh: '进行中', en: 'under way' },
  completed: { zh: '已完成', en: 'completed' },
  abandoned: { zh: '已放弃', en: 'given up' },
};

/** Words of a key; the key itself where there are none. */
export function wordsOf(words: Readonly<Record<string, Words>>, key: string): Words {
  return words[key] ?? { zh: key, en: key };
}
