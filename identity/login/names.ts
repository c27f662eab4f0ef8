// Names to log in under: chosen, or a telephone number; encrypted, and found by keyed digest.
import type { BlindIndex } from '../../crypto/blind-index.ts';
import type { Reader, Writer } from '../../storage/database.ts';
import { IdentityError } from '../errors.ts';
import type { LoginParts } from './parts.ts';

const chosenPattern = /^[\p{L}\p{N}][\p{L}\p{N}._-]{2,39}$/u;
/** Mainland mobile numbers; a foreign one stands with its country code and without signs. */
const telephonePattern = /^(1[3-9]\d{9}|00\d{8,15})$/;

/** One text for every way a name may be typed: compatibility forms, case and spaces around make no difference. */
function normalisedName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().slice(0, 200);
}

/** Digits only, or null where it is no telephone number. `+86` is left out, any other `+` becomes `00`. */
export function normalisedTelephone(text: string): string | null {
  const digits = text
    .normalize('NFKC')
    .replaceAll(/[\s()-]/g, '')
    .replace(/^(\+|00)86(?=1)/, '')
    .replace(/^\+/, '00');
  return telephonePattern.test(digits) ? digits : null;
}

/** `138****0001` */
export function maskedTelephone(telephone: string): string {
  return `${telephone.slice(0, 3)}****${telephone.slice(-4)}`;
}

/** The keyed digest that stands for a name as typed, whether anybody has it or not. */
export function nameIndex(index: BlindIndex, typed: string): string {
  return index.of('login-name', normalisedTelephone(typed) ?? normalisedName(typed));
}

/**
 * Gives an account a name to log in under, in the caller's write. Giving it again changes nothing.
 * @throws IdentityError `login-name-invalid` (3 to 40 letters, digits, `.`, `_`, `-`), `login-name-taken`.
 */
export async function addLoginName(
  parts: LoginParts,
  tx: Writer,
  account: string,
  typed: string,
): Promise<void> {
  const telephone = normalisedTelephone(typed);
  const name = telephone ?? normalisedName(typed);
  if (telephone === null && (!chosenPattern.test(name) || /^\d+$/.test(name))) {
    throw new IdentityError(
      'login-name-invalid',
      'A login name has 3 to 40 letters, digits, dots or dashes, and not digits alone.',
    );
  }
  const id = parts.index.of('login-name', name);
  const added = await tx
    .insertInto('login_name')
    .values({
      name_index: id,
      account,
      kind: telephone === null ? 'name' : 'phone',
      name_cipher: parts.cipher.seal({ table: 'login_name', column: 'name_cipher', row: id }, name),
      created_at: parts.clock().toISOString(),
    })
    .onConflict((conflict) => conflict.column('name_index').doNothing())
    .returning('account')
    .executeTakeFirst();
  if (added !== undefined) return;
  const holder = await tx
    .selectFrom('login_name')
    .select('account')
    .where('name_index', '=', id)
    .executeTakeFirst();
  if (holder?.account !== account) {
    throw new IdentityError('login-name-taken', 'This login name belongs to another account.');
  }
}

/** The account behind a keyed digest of a name, or null. */
export async function accountOfName(reader: Reader, index: string): Promise<string | null> {
  const row = await reader
    .selectFrom('login_name')
    .select('account')
    .where('name_index', '=', index)
    .executeTakeFirst();
  return row?.account ?? null;
}

/** Every name of an account, in clear: its holder's own page shows them. */
export async function namesOf(parts: LoginParts, account: string): Promise<readonly string[]> {
  const rows = await parts.database.reader
    .selectFrom('login_name')
    .select(['name_index', 'name_cipher'])
    .where('account', '=', account)
    .orderBy('created_at')
    .execute();
  return rows.map((row) =>
    parts.cipher.open({ table: 'login_name', column: 'name_cipher', row: row.name_index }, row.name_cipher),
  );
}
