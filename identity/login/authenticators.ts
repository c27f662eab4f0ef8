// Rows of authenticators: enrolled, found, used and ended; the only file that knows their columns.
import type { Selectable } from 'kysely';
import type { Actor } from '../../storage/actor.ts';
import type { Reader, Writer } from '../../storage/database.ts';
import type { AuthenticatorTable } from '../../storage/schema/login.ts';
import { IdentityError } from '../errors.ts';
import { randomIdentifier } from '../identifier.ts';
import type { Rung } from '../levels.ts';
import { notePersonally } from './notices.ts';
import type { LoginParts } from './parts.ts';

export type AuthenticatorKind = AuthenticatorTable['kind'];

export interface Authenticator {
  /** `aut_…` */
  readonly id: string;
  readonly account: string;
  readonly kind: AuthenticatorKind;
  readonly label: string;
  readonly aal: Rung;
  readonly deviceBound: boolean;
  readonly attested: boolean;
  readonly enrolledRung: Rung;
  readonly publicPart: Readonly<Record<string, unknown>>;
  /** Encrypted; `openSecret` opens it. */
  readonly secretCipher: string | null;
  readonly counter: number;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** What is enrolled. */
export interface NewAuthenticator {
  readonly account: string;
  readonly kind: AuthenticatorKind;
  /** 1 to 60 characters; what its holder calls it. */
  readonly label: string;
  readonly aal: Rung;
  readonly deviceBound: boolean;
  readonly attested: boolean;
  /** The account's proofing rung now; it never lifts the account above it. */
  readonly rung: Rung | 0;
  readonly lookup: string | null;
  readonly publicPart: Readonly<Record<string, unknown>>;
  readonly secret: string | null;
  readonly counter?: number;
}

/** More would be somebody's programme enrolling. */
const mostPerAccount = 20;
const labelPattern = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,60}$/u;

function authenticatorOf(row: Selectable<AuthenticatorTable>): Authenticator {
  return {
    id: row.id,
    account: row.account,
    kind: row.kind,
    label: row.label,
    aal: row.aal as Rung,
    deviceBound: row.device_bound === 1,
    attested: row.attested === 1,
    // Before any proofing an account stands on rung 1.
    enrolledRung: (row.enrolled_rung === 0 ? 1 : row.enrolled_rung) as Rung,
    publicPart: JSON.parse(row.public_part) as Record<string, unknown>,
    secretCipher: row.secret_cipher,
    counter: Number(row.counter),
    createdAt: new Date(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : new Date(row.last_used_at),
  };
}

const placeOf = (id: string) => ({ table: 'authenticator', column: 'secret_cipher', row: id });

/** The secret in clear, for the moment of its use. @throws CryptoError; IdentityError where there is none. */
export function openSecret(parts: LoginParts, authenticator: Authenticator): string {
  if (authenticator.secretCipher === null) {
    throw new IdentityError('authenticator-not-found', 'This authenticator has no secret.');
  }
  return parts.cipher.open(placeOf(authenticator.id), authenticator.secretCipher);
}

/**
 * Enrols an authenticator, in the caller's write: row, audit row and a notice for its holder.
 * @returns its identifier.
 * @throws IdentityError `authenticator-exists` (no more than 20, and each found by one thing once).
 */
export async function enrolAuthenticator(
  parts: LoginParts,
  tx: Writer,
  actor: Pick<Actor, 'id' | 'department'>,
  added: NewAuthenticator,
): Promise<string> {
  if (!labelPattern.test(added.label)) {
    throw new IdentityError('authenticator-exists', 'A label has 1 to 60 characters.');
  }
  const { count } = await tx
    .selectFrom('authenticator')
    .select((row) => row.fn.countAll<number | string>().as('count'))
    .where('account', '=', added.account)
    .where('state', '=', 'active')
    .executeTakeFirstOrThrow();
  if (Number(count) >= mostPerAccount) {
    throw new IdentityError(
      'authenticator-exists',
      `An account has at most ${mostPerAccount} authenticators.`,
    );
  }
  const id = randomIdentifier('aut', parts.random);
  const at = parts.clock();
  const inserted = await tx
    .insertInto('authenticator')
    .values({
      id,
      account: added.account,
      kind: added.kind,
      label: added.label,
      aal: added.aal,
      device_bound: added.deviceBound ? 1 : 0,
      attested: added.attested ? 1 : 0,
      enrolled_rung: added.rung,
      lookup: added.lookup,
      public_part: JSON.stringify(added.publicPart),
      secret_cipher: added.secret === null ? null : parts.cipher.seal(placeOf(id), added.secret),
      counter: added.counter ?? 0,
      state: 'active',
      created_at: at.toISOString(),
      last_used_at: null,
      ended_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) {
    throw new IdentityError('authenticator-exists', 'This is enrolled already.');
  }
  await parts.audit.append(tx, {
    at,
    actor,
    action: 'authenticator.enrolled',
    subject: id,
    details: { account: added.account, kind: added.kind, rung: String(added.rung) },
  });
  await notePersonally(parts, tx, { account: added.account, kind: `enrolled-${added.kind}`, subject: id });
  return id;
}

/** The active authenticators of an account, oldest first. */
export async function authenticatorsOf(
  reader: Reader | Writer,
  account: string,
  kind?: AuthenticatorKind,
): Promise<readonly Authenticator[]> {
  let query = reader
    .selectFrom('authenticator')
    .selectAll()
    .where('account', '=', account)
    .where('state', '=', 'active');
  if (kind !== undefined) query = query.where('kind', '=', kind);
  const rows = await query.orderBy('created_at').orderBy('id').execute();
  return rows.map(authenticatorOf);
}

/** The active authenticator found by `lookup`, or null. */
export async function authenticatorByLookup(reader: Reader, lookup: string): Promise<Authenticator | null> {
  const row = await reader
    .selectFrom('authenticator')
    .selectAll()
    .where('lookup', '=', lookup)
    .where('state', '=', 'active')
    .executeTakeFirst();
  return row === undefined ? null : authenticatorOf(row);
}

/**
 * Records a use. With `counter` the use is refused unless it lies above every one before: of two at the same time with
 * one value, one wins.
 * @returns whether this use counts: the authenticator is still active and its counter was below.
 */
export async function useAuthenticator(tx: Writer, id: string, at: Date, counter?: number): Promise<boolean> {
  let update = tx
    .updateTable('authenticator')
    .set({ last_used_at: at.toISOString(), ...(counter === undefined ? {} : { counter }) })
    .where('id', '=', id)
    .where('state', '=', 'active');
  if (counter !== undefined) update = update.where('counter', '<', counter);
  return (await update.executeTakeFirst()).numUpdatedRows === 1n;
}

/**
 * Ends an authenticator for ever, in the caller's write.
 * @throws IdentityError `authenticator-not-found` also where it is another account's.
 */
export async function endAuthenticator(
  parts: LoginParts,
  tx: Writer,
  actor: Pick<Actor, 'id' | 'department'>,
  ending: { readonly account: string; readonly id: string; readonly reason: string },
): Promise<AuthenticatorKind> {
  const at = parts.clock();
  const ended = await tx
    .updateTable('authenticator')
    .set({ state: 'ended', ended_at: at.toISOString(), secret_cipher: null })
    .where('id', '=', ending.id)
    .where('account', '=', ending.account)
    .where('state', '=', 'active')
    .returning('kind')
    .executeTakeFirst();
  if (ended === undefined) {
    throw new IdentityError('authenticator-not-found', 'There is no such authenticator.');
  }
  await parts.audit.append(tx, {
    at,
    actor,
    action: 'authenticator.ended',
    subject: ending.id,
    details: { account: ending.account, kind: ended.kind, reason: ending.reason },
  });
  await notePersonally(parts, tx, {
    account: ending.account,
    kind: `ended-${ended.kind}`,
    subject: ending.id,
  });
  return ended.kind;
}
