// The life of a license: its states, and every legal transition in one table.
import { STATUS } from '../formats/qr/labels.ts';
import { LicenseError } from './errors.ts';
import type { HolderKind } from './holder-kind.ts';

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

/** How a license comes to be: applied for and decided, or taken over from the time of paper. */
export type LicenseBirth = 'issue' | 'import';

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

/** What stands among a license's events and leaves its state as it is. */
export type LicenseNote =
  | 'inspect'
  | 'inspection-overdue'
  | 'countermand'
  | 'absorb'
  | 'holder-renamed'
  | 'holder-merged'
  | 'holder-renumbered';

/** Everything an event can be. */
export type EventKind = LicenseChange | LicenseNote;

interface Transition {
  /** `intended` is what was applied for and is not issued yet. */
  readonly from: readonly (LicenseState | 'intended')[];
  readonly to: LicenseState;
  readonly words: string;
  readonly english: string;
  /** Where the law speaks of it. */
  readonly citation: string;
  /** Whether it may take effect before it is decided, back to the day of issue. */
  readonly retroactive: boolean;
}

type Row = readonly [
  from: Transition['from'],
  to: LicenseState,
  words: string,
  english: string,
  citation: string,
];

function row([from, to, words, english, citation]: Row, retroactive = false): Transition {
  return { from, to, words, english, citation, retroactive };
}

const inForce = ['issued', 'suspended'] as const;
const byType = '证照类型规则';

/** 撤回, 撤销, 吊销 and 注销 are four things; 注销 also follows the other three and expiry (行政许可法 art. 70). */
export const transitions: Readonly<Record<LicenseBirth | LicenseChange, Transition>> = {
  issue: row([['intended'], 'issued', '颁发', 'Issued', '行政许可法第三十八条']),
  import: row([['intended'], 'issued', '存量证照补录', 'Taken over', '国务院令第716号第十条']),
  suspend: row([['issued'], 'suspended', '暂停', 'Suspend', byType]),
  restore: row([['suspended'], 'issued', '恢复', 'Restore', byType]),
  withdraw: row([inForce, 'withdrawn', '撤回', 'Withdraw', '行政许可法第八条']),
  annul: row([[...inForce, 'expired'], 'annulled', '撤销', 'Annul', '行政许可法第六十九条'], true),
  revoke: row([inForce, 'revoked', '吊销', 'Revoke as a penalty', '行政处罚法第九条']),
  cancel: row([
    [...inForce, 'withdrawn', 'annulled', 'revoked', 'expired'],
    'cancelled',
    '注销',
    'Cancel',
    '行政许可法第七十条',
  ]),
  change: row([['issued'], 'superseded', '变更', 'Change', '行政许可法第四十九条']),
  renew: row([['issued', 'expired'], 'superseded', '延续', 'Renew', '行政许可法第五十条']),
  reissue: row([inForce, 'superseded', '遗失补发', 'Re-issue after loss', byType]),
  supersede: row([[...inForce, 'expired'], 'superseded', '换发', 'Replace', 'GB/T 36904-2018']),
  merge: row([inForce, 'merged', '并入他证', 'Merge into another', '国办发〔2017〕41号（多证合一）']),
  expire: row([inForce, 'expired', '届满', 'Expired', '行政许可法第七十条']),
};

/** Words for what leaves the state as it is. */
const noteWords: Readonly<Record<LicenseNote, { readonly zh: string; readonly en: string }>> = {
  inspect: { zh: '检查（校验）', en: 'Inspected' },
  'inspection-overdue': { zh: '逾期未检', en: 'Inspection overdue' },
  countermand: { zh: '撤回未生效的决定', en: 'Decision taken back before its day' },
  absorb: { zh: '并入其他证照', en: 'Took in other licenses' },
  'holder-renamed': { zh: '持证主体更名', en: 'Holder renamed' },
  'holder-merged': { zh: '持证主体合并', en: 'Holder merged into another' },
  'holder-renumbered': { zh: '持证主体代码变更', en: 'Holder has another number' },
};

/** @returns the words for an event, or what it is called where an older program does not know it */
export function eventWords(kind: string): { readonly zh: string; readonly en: string } {
  const change = Object.entries(transitions).find(([name]) => name === kind)?.[1];
  if (change !== undefined) return { zh: change.words, en: change.english };
  const note = Object.entries(noteWords).find(([name]) => name === kind)?.[1];
  return note ?? { zh: kind, en: kind };
}

/** Whether an event may change the state of a license. */
export function isChange(kind: string): kind is LicenseChange {
  return kind in transitions && kind !== 'issue' && kind !== 'import';
}

/** Changes that issue the next version of the license; the version before it keeps its page and its record. */
export const successions = ['change', 'renew', 'reissue', 'supersede'] as const;
export type Succession = (typeof successions)[number];

/** Changes an office may make by `changeStatus`; the others issue a version, or come from the calendar. */
export const officeChanges = ['suspend', 'restore', 'withdraw', 'annul', 'revoke', 'cancel'] as const;
export type OfficeChange = (typeof officeChanges)[number];

/** Changes that somebody decides, so that a second person can: no license is there to ask for its issue, none asks the calendar. */
export const decidedChanges = [...officeChanges, ...successions, 'merge'] as const;
export type DecidedChange = (typeof decidedChanges)[number];

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

/** States in which a license no longer counts, whatever the calendar says. */
export function isOver(state: LicenseState): boolean {
  return !inForce.some((each) => each === state) && state !== 'expired';
}

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
 * @param overdue whether an inspection that the type demands was not recorded in time
 */
export function statusValue(
  stored: LicenseState,
  holderKind: HolderKind,
  holdersWish: boolean,
  overdue = false,
): number {
  switch (stored) {
    case 'issued':
    case 'expired':
      return overdue && holderKind !== 'resident' ? STATUS.inspectionOverdue : STATUS.valid;
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
