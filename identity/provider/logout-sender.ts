// Sends what waits in the logout queue (OpenID Connect Back-Channel Logout 1.0): a fresh token for each attempt.
import type { Provider } from 'oidc-provider';
import { SignJWT, importJWK } from 'jose';
import { clientById } from './client-register.ts';
import { extensionOf, sectorOf } from './client.ts';
import { keySet } from './keys.ts';
import { settleLogout, takeDueLogouts, type DueLogout } from './logout-queue.ts';
import { registeredNetworks } from './outbound.ts';
import { pairwiseSubject } from './pairwise.ts';
import type { ProviderParts } from './parts.ts';

const timeout = 5000;
const limit = 16 * 1024;
const event = 'http://schemas.openid.net/event/backchannel-logout';

/** Sends everything that is due. @returns how many were taken. */
export async function sendLogouts(parts: ProviderParts, provider: Provider): Promise<number> {
  const due = await takeDueLogouts(parts);
  await Promise.all(due.map((message) => sendOne(parts, provider, message)));
  return due.length;
}

async function sendOne(parts: ProviderParts, provider: Provider, message: DueLogout): Promise<void> {
  let error: string | null;
  try {
    error = await attempt(parts, provider, message);
  } catch (cause) {
    error = cause instanceof Error ? cause.message : 'failed';
  }
  await settleLogout(parts, message, error);
}

/** @returns null where the client accepted it (2.8: 200, and 204 is common), else what was wrong. */
async function attempt(parts: ProviderParts, provider: Provider, message: DueLogout): Promise<string | null> {
  const client = await provider.Client.find(message.client);
  const url = client === undefined ? null : extensionOf(client).settings.backchannelLogoutUri;
  // A client that is gone or has no address any more waits for nothing.
  if (client === undefined || url === null) return null;
  const networks = await registeredNetworks(parts.database, new URL(url).href);
  if (networks === null) return 'the address is not registered';
  const token = await logoutToken(parts, message);
  const answer = await parts.outbound({
    url: new URL(url),
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ logout_token: token }).toString(),
    networks,
    timeout,
    limit,
  });
  return answer.status === 200 || answer.status === 204 ? null : `answered ${answer.status}`;
}

/** 2.4: typed, with an identifier of its own, for one client, good for two minutes, and never with a nonce. */
async function logoutToken(parts: ProviderParts, message: DueLogout): Promise<string> {
  const [jwk] = (await keySet(parts)).keys;
  const client = await clientById(parts, message.client);
  if (jwk === undefined || client === null) throw new Error('There is no key to sign with.');
  const subject =
    client.settings.subject === 'public'
      ? message.account
      : pairwiseSubject(parts, sectorOf(client.id, client.settings), message.account);
  const now = Math.floor(parts.clock().getTime() / 1000);
  return new SignJWT({ events: { [event]: {} }, ...(message.sid === null ? {} : { sid: message.sid }) })
    .setProtectedHeader({ alg: 'ES256', typ: 'logout+jwt', kid: jwk.kid ?? '' })
    .setIssuer(parts.issuer)
    .setSubject(subject)
    .setAudience(client.id)
    .setIssuedAt(now)
    .setExpirationTime(now + 120)
    .setJti(`${message.id}-${message.attempts + 1}`)
    .sign(await importJWK(jwk as Parameters<typeof importJWK>[0], 'ES256'));
}
