// Who stands behind a request: an actor with roles, a level and, perhaps, somebody acted for.
import type { Actor } from '../storage/actor.ts';
import { IdentityError } from './errors.ts';

/** Everything that can be permitted. */
export const scopes = [
  'seals:read',
  /** Apply for a seal of the department, its change, or an authorisation; stop a seal at once. */
  'seals:apply',
  /** Decide what another person applied for. */
  'seals:approve',
  /** The administration of seals: every department's applications, and filing. */
  'seals:administer',
  /** Approve one document for stamping (用印审批). */
  'stamps:approve',
  'stamps:write',
  'stamps:read',
  'licenses:write',
  'licenses:read',
  'licenses:search',
  'licenses:status',
  /** Type officers: draft, submit, decide and publish editions of license types. */
  'licenses:types',
  /** Claim live codes that holders show at a desk. */
  'licenses:present',
  /** Take over licenses of before: paper, or files of another system. */
  'licenses:import',
  'cases:write',
  'cases:read',
  'verifications:write',
  'licenses:own',
  /** Registration authorities: enrol, renew, and end what they enrolled. */
  'ca:enrol',
  /** CA officers: revoke, suspend, ask for what needs a second officer. */
  'ca:operate',
  /** CA officers: approve what another officer asked for. */
  'ca:approve',
  /** Auditors of the CA. */
  'ca:read',
  /** Whom a pseudonym stands for. */
  'ca:disclose',
  /** A person's own data, level and mandates. */
  'identity:own',
  /** Officers at a window: proof persons. */
  'identity:proof',
  /** System and security administrators: officers, roles, requests of two persons. */
  'identity:administer',
  /** Audit administrators. */
  'identity:audit',
  /** Data protection officers: purposes, notices, requests of persons. */
  'identity:protect',
] as const;

export type Scope = (typeof scopes)[number];

/** What persons do, and no system does for them. */
const personal: ReadonlySet<Scope> = new Set([
  'licenses:own',
  'licenses:types',
  'seals:apply',
  'seals:approve',
  'seals:administer',
  'stamps:approve',
]);

/**
 * What a department's approval system is given: everything but reading one's own licenses as a holder, what persons decide
 * about seals, the CA's work, and people.
 */
export const departmentScopes: readonly Scope[] = scopes.filter(
  (scope) => !personal.has(scope) && !scope.startsWith('ca:') && !scope.startsWith('identity:'),
);

export type Role =
  'approval-system' | 'officer' | 'holder' | 'registration-authority' | 'ca-officer' | 'ca-auditor';

/** 实名等级 1..4; 0 for a system, which proves no person. */
export type Level = 0 | 1 | 2 | 3 | 4;

export interface Principal extends Actor {
  readonly scopes: readonly Scope[];
  readonly roles: readonly Role[];
  readonly level: Level;
  /** The enterprise a person acts for, by its unified social credit code; null for oneself. */
  readonly actingFor: string | null;
}

/** @throws IdentityError `scope-unknown`. */
export function scopesNamed(names: readonly string[]): readonly Scope[] {
  return [...new Set(names)].map((name) => {
    const scope = scopes.find((known) => known === name);
    if (scope === undefined) {
      throw new IdentityError(
        'scope-unknown',
        `There is no scope ${JSON.stringify(name)}; known are ${scopes.join(', ')}.`,
      );
    }
    return scope;
  });
}
