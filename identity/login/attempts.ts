// Limits on guessing that slow the guesser and never shut a person out (ASVS 5.0 6.1.1): each attempt is counted before it is tried.
import type { Writer } from '../../storage/database.ts';
import { IdentityError } from '../errors.ts';
import type { LoginParts } from './parts.ts';

/** How attempts of one scope are slowed. */
export interface AttemptRule {
  readonly name: string;
  /** Failures in a row that cost nothing. */
  readonly free: number;
  /** Seconds after the first one beyond; doubled with each further one. */
  readonly firstDelay: number;
  readonly longestDelay: number;
  /** Seconds without an attempt after which the count starts again. */
  readonly memory: number;
}

/** What is counted: a rule, and what it is applied to. */
export interface AttemptScope {
  readonly rule: AttemptRule;
  readonly subject: string;
}

const rule = (
  name: string,
  free: number,
  firstDelay: number,
  longestDelay: number,
  memory: number,
): AttemptRule => ({ name, free, firstDelay, longestDelay, memory });

/** Every limit there is; docs/login.md tells them in words. */
export const attemptRules = {
  /** One name from one address: the delay that grows. */
  pair: rule('pair', 5, 2, 15 * 60, 24 * 3600),
  /** All names from one address. */
  address: rule('address', 100, 10, 15 * 60, 3600),
  /** One name from everywhere, browsers not known: the hard stop (NIST SP 800-63B: 100 in a row). */
  name: rule('name', 100, 3600, 3600, 7 * 24 * 3600),
  /** A browser in which the person logged in before has a count of its own, which no stranger can fill. */
  device: rule('device', 5, 2, 15 * 60, 24 * 3600),
  /** Codes to one telephone: one a minute at first, and few a day. */
  telephone: rule('telephone', 3, 60, 6 * 3600, 24 * 3600),
  /** Codes asked for from one address. */
  codeAddress: rule('code-address', 20, 60, 3600, 3600),
  /** Guesses of what a scanned picture carries, from one address. */
  scan: rule('scan', 20, 10, 900, 3600),
  /** Guesses of a device's code, from one address: eight letters of twenty leave 2.5 × 10^10 to try. */
  userCode: rule('user-code', 10, 10, 15 * 60, 3600),
  /** Answers to challenges that do not hold, from one address: keeps signature checks from being free. */
  challenge: rule('challenge', 60, 5, 300, 3600),
} as const satisfies Readonly<Record<string, AttemptRule>>;

type AttemptParts = Pick<LoginParts, 'database' | 'clock' | 'index'>;

/**
 * Counts one attempt in every scope, before it is tried: guesses sent at the same time are counted one after another.
 * @throws IdentityError `login-delayed` with `retryAfter`, where a scope must wait: then nothing is counted.
 */
export async function countAttempt(parts: AttemptParts, scopes: readonly AttemptScope[]): Promise<void> {
  const now = parts.clock();
  // In one order for everybody, so that two writes never wait for each other's rows.
  const rows = scopes
    .map((scope) => ({ ...scope, key: keyOf(parts, scope) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  await parts.database.write(async (tx) => {
    for (const row of rows) await countOne(tx, row, now);
  });
}

/** Forgets the failures of scopes after a success, in its write: whoever knows the secret owes nothing for earlier slips. */
export async function forgetAttemptsIn(
  tx: Writer,
  parts: AttemptParts,
  scopes: readonly AttemptScope[],
): Promise<void> {
  const keys = scopes.map((scope) => keyOf(parts, scope));
  await tx.deleteFrom('login_attempt').where('scope', 'in', keys).execute();
}

/** Gives one counted attempt back: an address is shared, so one success does not clear it. */
export function returnAttempt(parts: AttemptParts, scope: AttemptScope): Promise<void> {
  return parts.database.write((tx) => returnAttemptIn(tx, parts, scope));
}

/** As `returnAttempt`, inside another write. */
export async function returnAttemptIn(tx: Writer, parts: AttemptParts, scope: AttemptScope): Promise<void> {
  await tx
    .updateTable('login_attempt')
    .set((row) => ({ failures: row('failures', '-', 1) }))
    .where('scope', '=', keyOf(parts, scope))
    .where('failures', '>', 0)
    .execute();
}

async function countOne(
  tx: Writer,
  { rule: bound, key }: AttemptScope & { readonly key: string },
  now: Date,
): Promise<void> {
  const epoch = new Date(0).toISOString();
  await tx
    .insertInto('login_attempt')
    .values({ scope: key, failures: 0, last_at: epoch, blocked_until: epoch, forgotten_at: epoch })
    .onConflict((conflict) => conflict.column('scope').doNothing())
    .execute();
  const row = await tx
    .selectFrom('login_attempt')
    .select(['failures', 'blocked_until', 'forgotten_at'])
    .where('scope', '=', key)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const blocked = Date.parse(row.blocked_until) - now.getTime();
  if (blocked > 0) {
    throw new IdentityError('login-delayed', 'Too many attempts: wait before the next one.', {
      retryAfter: Math.max(1, Math.ceil(blocked / 1000)),
    });
  }
  const failures = (Date.parse(row.forgotten_at) <= now.getTime() ? 0 : row.failures) + 1;
  const delay = delayAfter(bound, failures);
  await tx
    .updateTable('login_attempt')
    .set({
      failures,
      last_at: now.toISOString(),
      // Nothing to wait for is no instant at all: another node's clock may lie a little behind ours.
      blocked_until: delay === 0 ? epoch : later(now, delay),
      forgotten_at: later(now, Math.max(bound.memory, delay)),
    })
    .where('scope', '=', key)
    .execute();
}

/** Seconds to wait after so many failures in a row. */
export function delayAfter(bound: AttemptRule, failures: number): number {
  const beyond = failures - bound.free;
  if (beyond < 0) return 0;
  return Math.min(bound.longestDelay, bound.firstDelay * 2 ** Math.min(beyond, 30));
}

function later(now: Date, seconds: number): string {
  return new Date(now.getTime() + seconds * 1000).toISOString();
}

function keyOf(parts: AttemptParts, { rule: bound, subject }: AttemptScope): string {
  return `${bound.name}:${parts.index.of(`login-attempt ${bound.name}`, subject)}`;
}
