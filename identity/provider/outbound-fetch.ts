// The library's fetch: keys in our register are answered from there, registered addresses through the outbound port, and nothing else.
import { keyAddress } from './client.ts';
import { clientById } from './client-register.ts';
import { registeredNetworks } from './outbound.ts';
import type { ProviderParts } from './parts.ts';

const timeout = 2500;
const limit = 256 * 1024;

/** What the library calls for client keys and notifications. It rejects for an address that no client registered. */
export function providerFetch(
  parts: ProviderParts,
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.href.startsWith(keyAddress)) return ownKeys(parts, url);
    const networks = await registeredNetworks(parts.database, url.href);
    if (networks === null) throw new Error('No client registered this address.');
    const answer = await parts.outbound({
      url,
      method: init?.method === 'POST' ? 'POST' : 'GET',
      headers: Object.fromEntries(new Headers(init?.headers).entries()),
      body: bodyText(init?.body),
      networks,
      timeout,
      limit,
    });
    const empty = answer.status === 204 || answer.status === 304;
    return new Response(empty ? null : answer.body, {
      status: answer.status,
      headers: answer.type === '' ? {} : { 'content-type': answer.type },
    });
  };
}

async function ownKeys(parts: ProviderParts, url: URL): Promise<Response> {
  const client = await clientById(parts, decodeURIComponent(url.pathname.slice(1)));
  const keys = client?.settings.jwks ?? null;
  return keys === null ? new Response(null, { status: 404 }) : Response.json(keys);
}

function bodyText(body: RequestInit['body']): string | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new Error('Only text is sent.');
}
