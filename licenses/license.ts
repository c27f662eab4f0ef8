// The life of a license: its states, and every legal transition in one table.
import { STATUS } from '../formats/qr/labels.ts';
import { LicenseError } from './errors.ts';
import type { HolderKind } from './type.ts';

/** States as people know them; `expired` comes from the calendar and is never stored. */
export type LicenseState =
  | 'issued'
  | 'suspended'
  | 'withdrawn'
  | 'annulled'
  | 'revoked'
  | 'cancelled'
  | 'superseded'
  | 'merged'
  | 'expired';

/** What can happen to a license after it was issued. */
export type LicenseChange =
  | 'suspend'
  | 'restore'
  | 'withdraw'
  | 'annul'
  | 'revoke'
  | 'cancel'
  | 'change'
  | 'renew'
  | 'reissue'
  | 'supersede'
  | 'merge'
  | 'expire';

interface Transition {
  readonly from: readonly LicenseState[];
  readonly to: LicenseState;
  readonly words: string;
  /** Where the law speaks of it. */
  readonly citation: string;
  /** Whether it may take effect before it is decided, back to the day of issue. */
  readonly retroactive: boolean;
}

/** 撤回, 撤销, 吊销 and 注销 are four things; 注销 also follows the other three and expiry (行政许可法 art. 70). */
export const transitions: Readonly<Record<LicenseChange, Transition>> = {
  suspend: { from: ['issued'], to: 'suspended', words: '暂停', citation: '证照类型规则', retroactive: false },
  restore: { from: ['suspended'], to: 'issued', words: '恢复', citation: '证照类型规则', retroactive: false },
  withdraw: {
    from: ['issued', 'suspended'],
    to: 'withdrawn',
    words: '撤回',
    citation: '行政许可法第八条',
    retroactive: false,
  },
  annul: {
    from: ['issued', 'suspended', 'expired'],
    to: 'annulled',
    words: '撤销',
    citation: '行政许可法第六十九条',
    retroactive: true,
  },
  revoke: {
    from: ['issued', 'suspended'],
    to: 'revoked',
    words: '吊销',
    citation: '行政处罚法第九条',
    retroactive: false,
  },
  cancel: {
    from: ['issued', 'suspended', 'withdrawn', 'annulled', 'revoked', 'expired'],
    to: 'cancelled',
    words: '注销',
    citation: '行政许可法第七十条',
    retroactive: false,
  },
  change: {
    from: ['issued'],
    to: 'superseded',
    words: '变更',
    citation: '行政许可法第四十九条',
    retroactive: false,
  },
  renew: {
    from: ['issued', 'expired'],
    to: 'superseded',
    words: '延续',
    citation: '行政许可法第五十条',
    retroactive: false,
  },
  reissue: {
    from: ['issued', 'suspended'],
    to: 'superseded',
    words: '遗失补发',
    citation: '证照类型规则',
    retroactive: false,
  },
  merge: {
    from: ['issued', 'suspended'],
    to: 'merged',
    words: '并入他证',
    citation: '国办发〔2017〕41号（多证合一）',
    retroactive: false,
  },
  supersede: {
    from: ['issued', 'suspended', 'expired'],
    to: 'superseded',
    words: '换发',
    citation: 'GB/T 36904-2018',
    retroactive: false,
  },
  expire: {
    from: ['issued', 'suspended'],
    to: 'expired',
    words: '届满',
    citation: '行政许可法第七十条',
    retroactive: false,
  },
};

/** Changes that issue the next version of the license; the version before it keeps its page and its record. */
export const successions = ['change', 'renew', 'reissue', 'supersede'] as const;
export type Succession = (typeof successions)[number];

/** Changes an office may make by `changeStatus`; the others issue a version, or come from the calendar. */
export const officeChanges = ['suspend', 'restore', 'withdraw', 'annul', 'revoke', 'cancel'] as const;
export type OfficeChange = (typeof officeChanges)[number];

/** Chinese word for a state. */
export const stateWords: Readonly<Record<LicenseState, string>> = {
  issued: '有效',
  suspended: '暂停使用',
  withdrawn: '已撤回',
  annulled: '已撤销',
  revoked: '已吊销',
  cancelled: '已注销',
  superseded: '已换发',
  merged: '已并入他证',
  expired: '已届满',
};

/** @throws LicenseError `transition-not-allowed` where the law knows no such step from this state. */
export function nextState(from: LicenseState, change: LicenseChange): LicenseState {
  const transition = transitions[change];
  if (!transition.from.includes(from)) {
    throw new LicenseError(
      'transition-not-allowed',
      `A license that is ${from} cannot be changed by "${change}".`,
    );
  }
  return transition.to;
}

/** The state at an instant: the calendar ends what is in force. */
export function stateAt(stored: LicenseState, expiresAt: Date | null, now: Date): LicenseState {
  const ends = expiresAt !== null && expiresAt <= now;
  return ends && transitions.expire.from.includes(stored) ? 'expired' : stored;
}

/**
 * The public status value. Of residents' licenses only 0, 1 and 2 are published: why one ended is nobody's business.
 * @param stored the state as recorded; expiry is told by the code itself
 */
export function statusValue(stored: LicenseState, holderKind: HolderKind, holdersWish: boolean): number {
  switch (stored) {
    case 'issued':
    case 'expired':
      return STATUS.valid;
    case 'suspended':
      return STATUS.suspended;
    case 'superseded':
    case 'merged':
      return holderKind === 'resident' ? STATUS.outOfForce : STATUS.superseded;
    case 'cancelled':
      return holdersWish && holderKind !== 'resident' ? STATUS.cancelledAtHoldersWish : STATUS.outOfForce;
    default:
      return STATUS.outOfForce;
  }
}
