// The provider's signing keys: one waits, one signs, former ones verify. Rotated while serving, on every node.
import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import type { JWK } from 'oidc-provider';
import type { Actor } from '../../storage/actor.ts';
import type { AuditLog } from '../../storage/audit-log.ts';
import type { Writer } from '../../storage/database.ts';
import { IdentityError } from '../errors.ts';
import type { RecordDependencies } from './records.ts';

export interface KeyDependencies extends RecordDependencies {
  readonly audit: AuditLog;
}

/** How long a key that no longer signs is still published: longer than anything it signed is valid. */
const previousHours = 26;
/** A key signs for so long before its successor takes over by itself. */
const currentDays = 90;

/** The keys as one set, in the order the library signs with: the first one that fits. */
export interface KeySet {
  /** Rises with every change. */
  readonly change: number;
  readonly keys: readonly JWK[];
}

/** A key as administrators see it. */
export interface ProviderKey {
  readonly kid: string;
  readonly state: 'next' | 'current' | 'previous' | 'retired' | 'revoked';
  readonly algorithm: string;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
  readonly endedAt: Date | null;
}

interface NewKey {
  readonly kid: string;
  readonly publicJwk: string;
  readonly privateJwk: string;
}

const generate = promisify(generateKeyPair);
const published = ['current', 'next', 'previous'] as const;

/** Makes the first keys where there are none. Two nodes that start at once agree on one pair. */
export async function ensureKeys(dependencies: KeyDependencies, actor: Actor): Promise<void> {
  const known = await keysOf(dependencies, ['current']);
  if (known.length > 0) return;
  const [current, next] = [await newKey(), await newKey()];
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    const others = await tx
      .selectFrom('oidc_key')
      .select('kid')
      .where('state', 'in', ['current', 'next'])
      .execute();
    if (others.length > 0) return;
    // Locked: on PostgreSQL the second node waits here, and then finds the first one's keys.
    await countChange(tx);
    const again = await tx.selectFrom('oidc_key').select('kid').where('state', '=', 'current').execute();
    if (again.length > 0) return;
    await insertKey(tx, dependencies, { key: current, state: 'current', at });
    await insertKey(tx, dependencies, { key: next, state: 'next', at });
    for (const { kid } of [current, next])
      await dependencies.audit.append(tx, {
        at,
        actor,
        action: 'provider-key.made',
        subject: kid,
        details: {},
      });
  });
}

/**
 * Rotates: the waiting key signs from now on, the signing one is kept for verification, a new one waits.
 * What was signed before stays valid, and nobody is logged out.
 * @param alongside what else happens in the same write, or refuses it
 */
export async function rotateKeys(
  dependencies: KeyDependencies,
  actor: Actor,
  alongside: (tx: Writer) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const next = await newKey();
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    await alongside(tx);
    await countChange(tx);
    await tx
      .updateTable('oidc_key')
      .set({ state: 'previous', ended_at: at.toISOString() })
      .where('state', '=', 'current')
      .execute();
    const activated = await tx
      .updateTable('oidc_key')
      .set({ state: 'current', activated_at: at.toISOString() })
      .where('state', '=', 'next')
      .returning('kid')
      .executeTakeFirstOrThrow();
    await insertKey(tx, dependencies, { key: next, state: 'next', at });
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'provider-key.activated',
      subject: activated.kid,
      details: {},
    });
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'provider-key.made',
      subject: next.kid,
      details: {},
    });
  });
}

/**
 * The emergency: a key that may be known to others is published no more, and what it signed no longer holds.
 * Where it was the signing one the waiting one takes over; sessions and opaque tokens stand, they rest on no key.
 * @throws IdentityError `provider-key-not-found` for one that is not published.
 */
export async function revokeKey(dependencies: KeyDependencies, actor: Actor, kid: string): Promise<void> {
  const replacement = await newKey();
  const at = dependencies.clock();
  await dependencies.database.write(async (tx) => {
    await countChange(tx);
    const row = await tx
      .selectFrom('oidc_key')
      .select('state')
      .where('kid', '=', kid)
      .where('state', 'in', published)
      .executeTakeFirst();
    if (row === undefined) throw new IdentityError('provider-key-not-found', 'No such key is published.');
    await tx
      .updateTable('oidc_key')
      .set({ state: 'revoked', private_cipher: null, ended_at: at.toISOString() })
      .where('kid', '=', kid)
      .execute();
    if (row.state === 'current') {
      await tx
        .updateTable('oidc_key')
        .set({ state: 'current', activated_at: at.toISOString() })
        .where('state', '=', 'next')
        .execute();
    }
    if (row.state !== 'previous') await insertKey(tx, dependencies, { key: replacement, state: 'next', at });
    await dependencies.audit.append(tx, {
      at,
      actor,
      action: 'provider-key.revoked',
      subject: kid,
      details: { was: row.state },
    });
  });
}

/** Retires former keys whose time has passed and rotates a signing key that is old. @returns whether anything changed. */
export async function maintainKeys(dependencies: KeyDependencies, actor: Actor): Promise<boolean> {
  const now = dependencies.clock();
  const ended = new Date(now.getTime() - previousHours * 3_600_000).toISOString();
  const old = new Date(now.getTime() - currentDays * 86_400_000).toISOString();
  const retired = await dependencies.database.write(async (tx) => {
    const rows = await tx
      .updateTable('oidc_key')
      .set({ state: 'retired', private_cipher: null })
      .where('state', '=', 'previous')
      .where('ended_at', '<=', ended)
      .returning('kid')
      .execute();
    if (rows.length > 0) await countChange(tx);
    for (const { kid } of rows)
      await dependencies.audit.append(tx, {
        at: now,
        actor,
        action: 'provider-key.retired',
        subject: kid,
        details: {},
      });
    return rows.length > 0;
  });
  const current = await dependencies.database.reader
    .selectFrom('oidc_key')
    .select('activated_at')
    .where('state', '=', 'current')
    .executeTakeFirst();
  const since = current?.activated_at ?? null;
  if (since === null || since > old) return retired;
  await rotateKeys(dependencies, actor);
  return true;
}

/** The number of the last change: what every node compares with the set it serves. */
export async function keyChange(dependencies: Pick<RecordDependencies, 'database'>): Promise<number> {
  const row = await dependencies.database.reader
    .selectFrom('oidc_key_change')
    .select('change')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  return row.change;
}

/** Everything that is published, private halves included, the signing one first. */
export async function keySet(dependencies: KeyDependencies): Promise<KeySet> {
  // The counter first: a rotation in between is then only noticed once more.
  const change = await keyChange(dependencies);
  const rows = await dependencies.database.reader
    .selectFrom('oidc_key')
    .select(['kid', 'state', 'private_cipher'])
    .where('state', 'in', published)
    .orderBy('created_at', 'desc')
    .execute();
  const ordered = published.flatMap((state) => rows.filter((row) => row.state === state));
  const keys = ordered.flatMap(({ kid, private_cipher: box }) =>
    box === null ? [] : [JSON.parse(dependencies.cipher.open(keyPlace(kid), box)) as JWK],
  );
  return { change, keys };
}

/** Keys in some states, newest first. */
export async function keysOf(
  dependencies: Pick<RecordDependencies, 'database'>,
  states: readonly ProviderKey['state'][],
): Promise<readonly ProviderKey[]> {
  const rows = await dependencies.database.reader
    .selectFrom('oidc_key')
    .select(['kid', 'state', 'algorithm', 'created_at', 'activated_at', 'ended_at'])
    .where('state', 'in', states)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    kid: row.kid,
    state: row.state,
    algorithm: row.algorithm,
    createdAt: new Date(row.created_at),
    activatedAt: row.activated_at === null ? null : new Date(row.activated_at),
    endedAt: row.ended_at === null ? null : new Date(row.ended_at),
  }));
}

/** ES256 in either suite: JOSE has no registered SM2 (RFC 7518), and other people's libraries check these tokens. */
async function newKey(): Promise<NewKey> {
  const { privateKey } = await generate('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  const key = createPrivateKey({ key: privateKey, type: 'pkcs8', format: 'der' });
  const publicJwk = createPublicKey(key).export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(publicJwk);
  const shared = { kid, use: 'sig', alg: 'ES256' };
  return {
    kid,
    publicJwk: JSON.stringify({ ...publicJwk, ...shared }),
    privateJwk: JSON.stringify({ ...key.export({ format: 'jwk' }), ...shared }),
  };
}

async function insertKey(
  tx: Writer,
  dependencies: KeyDependencies,
  made: { readonly key: NewKey; readonly state: 'current' | 'next'; readonly at: Date },
): Promise<void> {
  const { key, state, at } = made;
  await tx
    .insertInto('oidc_key')
    .values({
      kid: key.kid,
      state,
      algorithm: 'ES256',
      public_jwk: key.publicJwk,
      private_cipher: dependencies.cipher.seal(keyPlace(key.kid), key.privateJwk),
      created_at: at.toISOString(),
      activated_at: state === 'current' ? at.toISOString() : null,
      ended_at: null,
    })
    .execute();
}

/** Counts a change and, on PostgreSQL, holds the row so that changes come one after another. */
async function countChange(tx: Writer): Promise<void> {
  await tx
    .updateTable('oidc_key_change')
    .set((row) => ({ change: row('change', '+', 1) }))
    .where('id', '=', 1)
    .execute();
}

function keyPlace(kid: string): { table: string; column: string; row: string } {
  return { table: 'oidc_key', column: 'private', row: kid };
}
