// Signs in as a sample account the way a browser does: at the provider, through the login page, back with a session.
import type { Services } from '../../api/services.ts';
import { sessionCookieOf } from '../../api/guard.ts';
import { Browser } from '../identity/provider/browser.ts';

/**
 * @param key of a sample account: `holder-1`, `enterprise-1`, `officer-civil-affairs` …
 * @returns the cookie header of a session of our own pages.
 */
export async function signInAs(
  service: { readonly url: string; readonly services: Services },
  key: string,
): Promise<string> {
  const { address, signIn } = service.services;
  const sample = signIn.accounts.find((known) => known.key === key);
  if (sample?.account === undefined) throw new Error(`There is no sample account ${key}.`);
  const browser = new Browser();
  // The service is reached where it listens; cookies and addresses are those it is known by.
  const here = (url: string): string => url.replace(address, service.url);
  const own = `${new URL(address).host}`;
  let seen = await browser.visit(here(`${address}/sign-in`));
  for (let step = 0; step < 20; step += 1) {
    if (seen.location !== null) {
      const next = here(seen.location);
      if (/\/(my|office)$/.test(new URL(next).pathname)) break;
      seen = await browser.visit(next);
      continue;
    }
    const token = /name="formToken" value="([^"]+)"/.exec(seen.text)?.[1] ?? '';
    const path = new URL(seen.url).pathname.split('/').slice(0, 3).join('/');
    if (seen.text.includes('/demonstration"')) {
      seen = await browser.post(
        `${service.url}${path}/demonstration`,
        { formToken: token, account: sample.account },
        address,
      );
    } else if (seen.text.includes('/acting"')) {
      const actingFor = choiceOf(seen.text, sample.principal.actingFor);
      seen = await browser.post(`${service.url}${path}/acting`, { formToken: token, actingFor }, address);
    } else throw new Error(`The sign-in stopped at ${seen.url}: ${seen.status}\n${seen.text.slice(0, 2000)}`);
  }
  const name = sessionCookieOf(address);
  const value = browser.cookie(new URL(service.url).host, name) ?? browser.cookie(own, name);
  if (value === null) throw new Error('No session came of the sign-in.');
  return `${name}=${value}`;
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
