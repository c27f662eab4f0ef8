// What needs two persons: who may ask, who may decide, and what each kind is told with.
import type { OfficerRole } from './roles.ts';

/** Everything that one person alone never does. */
export const twoPersonKinds = [
  'officer-appoint',
  'officer-end',
  'role-grant',
  'role-end',
  'restore',
  'master-key',
  'bulk-export',
  'trust-list',
  'client',
  'provider-key',
] as const;

export type TwoPersonKind = (typeof twoPersonKinds)[number];

export interface TwoPersonRule {
  readonly zh: string;
  readonly en: string;
  readonly asks: readonly OfficerRole[];
  readonly decides: readonly OfficerRole[];
  /** Names of the flat parameters; all are required, none is personal. */
  readonly parameters: readonly string[];
  /** `at-once`: the decision itself carries it out. `later`: a command or job takes the approval up, once. */
  readonly carriedOut: 'at-once' | 'later';
}

const rights = {
  asks: ['system-administrator'],
  decides: ['security-administrator'],
  carriedOut: 'at-once',
} as const;

const work = {
  asks: ['system-administrator', 'security-administrator'],
  decides: ['system-administrator', 'security-administrator'],
  carriedOut: 'later',
} as const;

export const twoPersonTable: Readonly<Record<TwoPersonKind, TwoPersonRule>> = {
  'officer-appoint': { zh: '任用工作人员', en: 'Appoint an officer', ...rights, parameters: ['department'] },
  'officer-end': { zh: '工作人员离岗', en: 'End an office', ...rights, parameters: [] },
  'role-grant': { zh: '授予岗位', en: 'Grant a role', ...rights, parameters: ['role'] },
  'role-end': { zh: '收回岗位', en: 'End a role', ...rights, parameters: ['role'] },
  restore: { zh: '恢复备份', en: 'Restore a backup', ...work, parameters: ['backup'] },
  'master-key': { zh: '主密钥操作', en: 'Work on the master key', ...work, parameters: ['operation'] },
  'bulk-export': { zh: '批量导出', en: 'Export in bulk', ...work, parameters: ['what'] },
  'trust-list': { zh: '变更信任列表', en: 'Change the trust list', ...work, parameters: ['change'] },
  client: {
    zh: '变更高权限应用',
    en: 'Let in or change a client that reaches far',
    ...work,
    parameters: ['change'],
  },
  'provider-key': {
    zh: '统一登录签名密钥操作',
    en: 'Work on the signing keys of single sign-on',
    ...work,
    parameters: ['operation'],
  },
};

/** Kinds whose subject is an officer's account. */
export function hasSubject(kind: TwoPersonKind): boolean {
  return twoPersonTable[kind].carriedOut === 'at-once';
}
