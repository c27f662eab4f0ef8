// Browsers in which a person logged in before. They prove nothing; attempts from them are counted apart.
import { encodeBase64url } from '../../formats/cose/base64url.ts';
import type { LoginParts } from './parts.ts';
import { notePersonally } from './notices.ts';

/** Half a year without a login, and a browser is unknown again. */
export const deviceSeconds = 180 * 24 * 3600;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** Whether a cookie is of a browser in which this account logged in before. */
export async function isKnownDevice(
  parts: LoginParts,
  token: string | null,
  account: string | null,
): Promise<boolean> {
  if (token === null || account === null || !tokenPattern.test(token)) return false;
  const row = await parts.database.reader
    .selectFrom('login_device')
    .select('expires_at')
    .where('token_mac', '=', macOf(parts, token, account))
    .executeTakeFirst();
  return row !== undefined && row.expires_at > parts.clock().toISOString();
}

/**
 * Remembers the browser after a whole login, and tells the person of a new one where there were others before.
 * @returns the cookie's value: the one that was there, or a fresh one.
 */
export async function rememberDevice(
  parts: LoginParts,
  token: string | null,
  account: string,
): Promise<string> {
  const value = token !== null && tokenPattern.test(token) ? token : encodeBase64url(parts.random(32));
  const mac = macOf(parts, value, account);
  const now = parts.clock();
  const expires = new Date(now.getTime() + deviceSeconds * 1000).toISOString();
  await parts.database.write(async (tx) => {
    const known = await tx
      .updateTable('login_device')
      .set({ expires_at: expires })
      .where('token_mac', '=', mac)
      .executeTakeFirst();
    if (known.numUpdatedRows > 0n) return;
    const others = await tx
      .selectFrom('login_device')
      .select('token_mac')
      .where('account', '=', account)
      .limit(1)
      .executeTakeFirst();
    await tx
      .insertInto('login_device')
      .values({ token_mac: mac, account, created_at: now.toISOString(), expires_at: expires })
      .onConflict((conflict) => conflict.column('token_mac').doNothing())
      .execute();
    if (others !== undefined) {
      await notePersonally(parts, tx, { account, kind: 'new-browser', subject: '' });
    }
  });
  return value;
}

/** Several people may use one browser: each account has its own digest of the one cookie. */
function macOf(parts: LoginParts, token: string, account: string): string {
  return parts.index.of('login-device', `${account} ${token}`);
}
