// API keys of approval systems: shown once, kept as a keyed hash, bound to one department and its scopes.
import type { BlindIndex } from '../crypto/blind-index.ts';
import type { Clock, RandomBytes } from '../crypto/clock.ts';
import type { Actor } from '../storage/actor.ts';
import type { AuditLog } from '../storage/audit-log.ts';
import type { Database } from '../storage/database.ts';
import { encodeBase64url } from '../formats/cose/base64url.ts';
import { requireDepartment } from './departments.ts';
import { IdentityError } from './errors.ts';
import { scopes as knownScopes, scopesNamed, type Principal, type Role, type Scope } from './principal.ts';
import { randomIdentifier } from './identifier.ts';

export interface ApiKeyDependencies {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly index: BlindIndex;
  readonly demonstration: boolean;
}

export interface CreatedApiKey {
  readonly id: string;
  /** `yx_` and 43 characters: 256 random bits. This is the only time it is seen. */
  readonly key: string;
  readonly department: string;
  readonly scopes: readonly Scope[];
}

const keyPattern = /^yx_[A-Za-z0-9_-]{43}$/;
/** How stale `last_used_at` may be: one write a minute per key, not one a request. */
const lastUsedGrain = 60_000;

/**
 * Makes a key for a department's system.
 * @throws IdentityError `department-not-found`, `scope-unknown`.
 */
export async function createApiKey(
  dependencies: ApiKeyDependencies,
  actor: Actor,
  request: { readonly department: string; readonly scopes: readonly string[]; readonly label: string },
): Promise<CreatedApiKey> {
  const department = await requireDepartment(dependencies.database, request.department);
  const scopes = scopesNamed(request.scopes);
  if (scopes.length === 0) throw new IdentityError('scope-unknown', 'A key needs at least one scope.');
  const key = `yx_${encodeBase64url(dependencies.random(32))}`;
  const id = randomIdentifier('key', dependencies.random);
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    await tx
      .insertInto('api_key')
      .values({
        id,
        department: department.creditCode,
        label: request.label.slice(0, 100),
        scopes: JSON.stringify(scopes),
        secret_mac: macOf(dependencies.index, key),
        demonstration: dependencies.demonstration ? 1 : 0,
        created_at: at.toISOString(),
        last_used_at: null,
        revoked_at: null,
      })
      .execute();
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'api-key.created',
      subject: id,
      details: { department: department.creditCode, scopes: scopes.join(' ') },
    });
  });
  return { id, key, department: department.creditCode, scopes };
}

/**
 * The principal behind a presented key.
 * @throws IdentityError `api-key-refused` for one that is malformed, unknown or revoked (all alike to the caller).
 */
export async function principalOfApiKey(
  dependencies: ApiKeyDependencies,
  presented: string,
): Promise<Principal> {
  const row = keyPattern.test(presented)
    ? await dependencies.database.reader
        .selectFrom('api_key')
        .select(['id', 'department', 'scopes', 'last_used_at', 'revoked_at', 'demonstration'])
        .where('secret_mac', '=', macOf(dependencies.index, presented))
        .executeTakeFirst()
    : undefined;
  if (
    row === undefined ||
    row.revoked_at !== null ||
    (row.demonstration === 1 && !dependencies.demonstration)
  ) {
    throw new IdentityError('api-key-refused', 'The API key is not valid.');
  }
  await noteUse(dependencies, row.id, row.last_used_at);
  const granted = JSON.parse(row.scopes) as readonly string[];
  return {
    id: `client:${row.id}`,
    kind: 'client',
    department: row.department,
    scopes: knownScopes.filter((scope) => granted.includes(scope)),
    roles: rolesOf(granted),
    level: 0,
    actingFor: null,
  };
}

/** What a system with these scopes is, in words. */
function rolesOf(granted: readonly string[]): readonly Role[] {
  const has = (...names: readonly Scope[]): boolean => names.some((name) => granted.includes(name));
  const roles: Role[] = [];
  if (granted.some((name) => !name.startsWith('ca:'))) roles.push('approval-system');
  if (has('ca:enrol')) roles.push('registration-authority');
  if (has('ca:operate', 'ca:approve')) roles.push('ca-officer');
  if (has('ca:read', 'ca:disclose')) roles.push('ca-auditor');
  return roles;
}

/**
 * Ends a key at once and for ever, and audits it.
 * @throws IdentityError `api-key-not-found`.
 */
export async function revokeApiKey(
  dependencies: ApiKeyDependencies,
  actor: Actor,
  id: string,
): Promise<void> {
  await dependencies.database.write(async (tx) => {
    const at = dependencies.clock();
    const revoked = await tx
      .updateTable('api_key')
      .set({ revoked_at: at.toISOString() })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning('department')
      .executeTakeFirst();
    if (revoked === undefined)
      throw new IdentityError('api-key-not-found', 'There is no such valid API key.');
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'api-key.revoked',
      subject: id,
      details: { department: revoked.department },
    });
  });
}

async function noteUse(dependencies: ApiKeyDependencies, id: string, lastUsed: string | null): Promise<void> {
  const now = dependencies.clock();
  if (lastUsed !== null && now.getTime() - Date.parse(lastUsed) < lastUsedGrain) return;
  await dependencies.database.write(async (tx) => {
    await tx.updateTable('api_key').set({ last_used_at: now.toISOString() }).where('id', '=', id).execute();
  });
}

function macOf(index: BlindIndex, key: string): string {
  return index.of('api-key', key);
}
