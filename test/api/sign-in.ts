// Signs in as a sample account the way a browser does: at the provider, through the login page, back with a session.
import type { Services } from '../../api/services.ts';
import { sessionCookieOf } from '../../api/guard.ts';
import { Browser, type Seen } from '../identity/provider/browser.ts';

interface Signing {
  readonly url: string;
  readonly services: Services;
}

/**
 * @param key of a sample account: `holder-1`, `enterprise-1`, `officer-civil-affairs` …
 * @returns the cookie header of a session of our own pages.
 */
export async function signInAs(service: Signing, key: string): Promise<string> {
  const { browser, address } = await loggedInAs(service, key);
  await browser.visit(address);
  const name = sessionCookieOf(service.services.address);
  const value = browser.cookie(new URL(service.url).host, name);
  if (value === null) throw new Error('No session came of the sign-in.');
  return `${name}=${value}`;
}

/** As `signInAs`, up to the address that the provider sends the browser back to. */
export async function loggedInAs(
  service: Signing,
  key: string,
): Promise<{ readonly browser: Browser; readonly address: string }> {
  const { address, signIn } = service.services;
  const sample = signIn.accounts.find((known) => known.key === key);
  if (sample?.account === undefined) throw new Error(`There is no sample account ${key}.`);
  const browser = new Browser();
  // The service is reached where it listens; what it says of itself is its address.
  const here = (url: string): string => url.replace(address, service.url);
  let seen = await browser.visit(`${service.url}/sign-in`);
  for (let step = 0; step < 20; step += 1) {
    if (seen.location !== null) {
      const next = here(seen.location);
      if (new URL(next).pathname === '/sign-in/return') return { browser, address: next };
      seen = await browser.visit(next);
      continue;
    }
    const formToken = /name="formToken" value="([^"]+)"/.exec(seen.text)?.[1] ?? '';
    const path = new URL(seen.url).pathname.split('/').slice(0, 3).join('/');
    const send = (part: string, fields: Record<string, string>): Promise<Seen> =>
      browser.post(`${service.url}${path}/${part}`, { formToken, ...fields }, address);
    if (seen.text.includes('/demonstration"')) {
      seen = await send('demonstration', { account: sample.account });
    } else if (seen.text.includes('/acting"')) {
      seen = await send('acting', { actingFor: choiceOf(seen.text, sample.principal.actingFor) });
    } else throw new Error(`The sign-in stopped at ${seen.url}: ${seen.status}\n${seen.text.slice(0, 2000)}`);
  }
  throw new Error('The sign-in came to no end.');
}

/** The value of the button for an enterprise, or for oneself. */
function choiceOf(page: string, creditCode: string | null): string {
  if (creditCode === null) return '';
  for (const [, value = '', text = ''] of page.matchAll(
    /name="actingFor" value="([^"]*)">([\s\S]*?)<\/button>/g,
  ))
    if (text.includes(creditCode)) return value;
  throw new Error(`Nobody can act for ${creditCode}.`);
}
