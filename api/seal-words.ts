// Words for what becomes of seals, Chinese first.
import type { SealState } from '../signing/seal.ts';
import type { Words } from '../verification/report.ts';

export const sealStateWords: Readonly<Record<SealState, Words>> = {
  made: { zh: '待备案', en: 'to be filed' },
  valid: { zh: '有效', en: 'in force' },
  frozen: { zh: '冻结', en: 'frozen' },
  lost: { zh: '挂失', en: 'reported lost' },
  cancelled: { zh: '注销', en: 'cancelled' },
};
