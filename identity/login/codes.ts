// One-time codes sent to a telephone: six digits, five minutes, five tries, one use, bound to what they were asked for.
import { timingSafeEqual } from 'node:crypto';
import { randomIdentifier } from '../identifier.ts';
import type { LoginParts } from './parts.ts';

/** ASVS 5.0 6.5.5 allows ten minutes. */
export const codeSeconds = 5 * 60;
const tries = 5;

export interface CodeRequest {
  /** What the code is for: one for a login confirms no enrolment. */
  readonly purpose: 'login' | 'enrol-telephone';
  /** The interaction or session that alone may bring it back. */
  readonly boundTo: string;
  /** Null for a number nobody enrolled: the code is made all the same, matches nothing, and nobody can tell. */
  readonly account: string | null;
  readonly authenticator: string | null;
  /** The number to be enrolled, encrypted with the code; null at a login. */
  readonly target: string | null;
}

export interface CodeMatch {
  readonly account: string;
  readonly authenticator: string | null;
  readonly target: string | null;
}

/** Makes a code; the ones before it for the same purpose and interaction end. @returns the digits, to be sent. */
export async function makeCode(parts: LoginParts, request: CodeRequest): Promise<string> {
  const code = sixDigits(parts);
  const id = randomIdentifier('otc', parts.random);
  const now = parts.clock();
  await parts.database.write(async (tx) => {
    await tx
      .updateTable('one_time_code')
      .set({ consumed_at: now.toISOString() })
      .where('bound_to', '=', request.boundTo)
      .where('purpose', '=', request.purpose)
      .where('consumed_at', 'is', null)
      .execute();
    await tx
      .insertInto('one_time_code')
      .values({
        id,
        purpose: request.purpose,
        bound_to: request.boundTo,
        account: request.account,
        authenticator: request.authenticator,
        code_mac: macOf(parts, id, code),
        target_cipher: request.target === null ? null : parts.cipher.seal(placeOf(id), request.target),
        tries_left: tries,
        created_at: now.toISOString(),
        expires_at: new Date(now.getTime() + codeSeconds * 1000).toISOString(),
        consumed_at: null,
      })
      .execute();
  });
  return code;
}

/**
 * Takes a code back: a wrong one costs a try, the right one is consumed, once, on every node.
 * @returns null where it is wrong, used, out of tries, expired, or of another interaction.
 */
export async function takeCode(
  parts: LoginParts,
  asked: { readonly purpose: CodeRequest['purpose']; readonly boundTo: string; readonly code: string },
): Promise<CodeMatch | null> {
  const now = parts.clock().toISOString();
  const row = await parts.database.write(async (tx) => {
    const tried = await tx
      .updateTable('one_time_code')
      .set((column) => ({ tries_left: column('tries_left', '-', 1) }))
      .where('bound_to', '=', asked.boundTo)
      .where('purpose', '=', asked.purpose)
      .where('consumed_at', 'is', null)
      .where('tries_left', '>', 0)
      .where('expires_at', '>', now)
      .returning(['id', 'account', 'authenticator', 'code_mac', 'target_cipher'])
      .executeTakeFirst();
    if (tried === undefined) return null;
    const given = Buffer.from(macOf(parts, tried.id, asked.code));
    const wanted = Buffer.from(tried.code_mac);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted) || tried.account === null)
      return null;
    const consumed = await tx
      .updateTable('one_time_code')
      .set({ consumed_at: now })
      .where('id', '=', tried.id)
      .where('consumed_at', 'is', null)
      .executeTakeFirst();
    return consumed.numUpdatedRows === 1n ? { ...tried, account: tried.account } : null;
  });
  if (row === null) return null;
  return {
    account: row.account,
    authenticator: row.authenticator,
    target: row.target_cipher === null ? null : parts.cipher.open(placeOf(row.id), row.target_cipher),
  };
}

/** 000000 … 999999, each as likely: what lies above the last whole million is thrown away. */
function sixDigits(parts: LoginParts): string {
  for (;;) {
    const [a = 0, b = 0, c = 0] = parts.random(3);
    const value = (a << 16) | (b << 8) | c;
    if (value < 16_000_000) return String(value % 1_000_000).padStart(6, '0');
  }
}

function macOf(parts: LoginParts, id: string, code: string): string {
  return parts.index.of('one-time-code', `${id} ${code.slice(0, 20)}`);
}

function placeOf(id: string): { readonly table: string; readonly column: string; readonly row: string } {
  return { table: 'one_time_code', column: 'target_cipher', row: id };
}
