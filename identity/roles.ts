// Roles of officers: what each may do, and which exclude each other.
import { departmentScopes, type Scope } from './principal.ts';

/** 三员: each is held by nobody who holds another one, nor any other role. */
export const administrativeRoles = [
  'system-administrator',
  'security-administrator',
  'audit-administrator',
] as const;

/** Roles of an officer of a department. */
export const officerRoles = [
  ...administrativeRoles,
  'case-officer',
  'window-officer',
  'window-supervisor',
  'data-protection-officer',
  'seal-applicant',
  'seal-administrator',
  'document-approver',
  'type-officer',
  'ca-officer',
] as const;

export type OfficerRole = (typeof officerRoles)[number];

export interface RoleRow {
  readonly zh: string;
  readonly en: string;
  readonly does: string;
  readonly scopes: readonly Scope[];
}

/** The roles in words, and the scopes that come with them. */
export const roleTable: Readonly<Record<OfficerRole, RoleRow>> = {
  'system-administrator': {
    zh: '系统管理员',
    en: 'System administrator',
    does: 'appoints officers, asks for role grants, restores and key work',
    scopes: ['identity:administer'],
  },
  'security-administrator': {
    zh: '安全管理员',
    en: 'Security administrator',
    does: 'decides what a system administrator asked for, locks accounts',
    scopes: ['identity:administer'],
  },
  'audit-administrator': {
    zh: '审计管理员',
    en: 'Audit administrator',
    does: 'reads the audit, never of own doings alone, and changes nothing',
    scopes: ['identity:audit'],
  },
  'case-officer': {
    zh: '业务人员',
    en: 'Case officer',
    does: 'works on cases of the department',
    scopes: departmentScopes,
  },
  'window-officer': {
    zh: '窗口核验员',
    en: 'Window officer',
    does: 'sees persons and their documents, and proposes',
    scopes: ['identity:proof'],
  },
  'window-supervisor': {
    zh: '窗口复核员',
    en: 'Window supervisor',
    does: 'takes the second look',
    scopes: ['identity:proof'],
  },
  'data-protection-officer': {
    zh: '个人信息保护负责人',
    en: 'Data protection officer',
    does: 'publishes purposes and notices, decides requests of persons',
    scopes: ['identity:protect'],
  },
  'seal-applicant': {
    zh: '印章经办人',
    en: 'Seal applicant',
    does: 'applies for seals of the department and for what becomes of them',
    scopes: ['seals:read', 'seals:apply', 'stamps:read'],
  },
  'seal-administrator': {
    zh: '印章管理员',
    en: 'Seal administrator',
    does: 'decides what was applied for, files and looks after the register',
    scopes: ['seals:read', 'seals:approve', 'seals:administer'],
  },
  'document-approver': {
    zh: '用印审批人',
    en: 'Approver of documents',
    does: 'approves the stamping of a document, by its digest',
    scopes: ['stamps:approve', 'stamps:read', 'seals:read'],
  },
  'type-officer': {
    zh: '证照类型管理员',
    en: 'Officer of license types',
    does: 'drafts the license types of the department, and decides what another one drafted',
    scopes: ['licenses:types'],
  },
  'ca-officer': {
    zh: '证书管理员',
    en: 'CA officer',
    does: 'suspends and revokes certificates, asks for what needs two officers, and decides what another one asked for',
    scopes: ['ca:operate', 'ca:approve', 'ca:read'],
  },
};

/** @returns the role of that name, or null. */
export function roleNamed(name: string): OfficerRole | null {
  return officerRoles.find((role) => role === name) ?? null;
}

export function isAdministrative(role: OfficerRole): boolean {
  return administrativeRoles.some((administrative) => administrative === role);
}

/**
 * Roles that one account must not hold together.
 * @returns the first of `held` that excludes `wanted`, or null
 */
export function conflictOf(wanted: OfficerRole, held: readonly OfficerRole[]): OfficerRole | null {
  return (
    held.find((other) => other !== wanted && (isAdministrative(wanted) || isAdministrative(other))) ?? null
  );
}

/** Scopes of all roles together. */
export function scopesOfRoles(roles: readonly OfficerRole[]): readonly Scope[] {
  return [...new Set(roles.flatMap((role) => roleTable[role].scopes))];
}
