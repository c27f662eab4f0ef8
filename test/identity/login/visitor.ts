// A person at the login page without scripts: pages visited, forms sent, redirects followed, as a browser would.
import type { Services } from '../../../api/services.ts';
import { sessionCookieOf } from '../../../api/guard.ts';
import { Browser, type Seen } from '../provider/browser.ts';

export class Visitor {
  readonly browser = new Browser();
  readonly #service: { readonly url: string; readonly services: Services };
  /** The page that is open. */
  page: Seen | null = null;

  constructor(service: { readonly url: string; readonly services: Services }) {
    this.#service = service;
  }

  /** The service is reached where it listens; it calls itself by its own name. */
  here(address: string): string {
    return address.replace(this.#service.services.address, this.#service.url);
  }

  get text(): string {
    return this.page?.text ?? '';
  }

  get uid(): string {
    return new URL(this.page?.url ?? 'http://x/').pathname.split('/')[2] ?? '';
  }

  get token(): string {
    return /name="formToken" value="([^"]+)"/.exec(this.text)?.[1] ?? '';
  }

  get session(): string | null {
    const name = sessionCookieOf(this.#service.services.address);
    return this.browser.cookie(new URL(this.#service.url).host, name);
  }

  /** Visits and follows redirects, ending on a page. */
  async go(path: string): Promise<Seen> {
    let seen = await this.browser.visit(this.here(new URL(path, this.#service.url).href));
    for (let hop = 0; hop < 20 && seen.location !== null; hop += 1) {
      seen = await this.browser.visit(this.here(seen.location));
    }
    this.page = seen;
    return seen;
  }

  /** Sends a form of the open interaction and follows what comes of it. @param origin what the browser says of the page */
  async step(name: string, fields: Readonly<Record<string, string>> = {}, origin?: string): Promise<Seen> {
    return this.send(`/interaction/${this.uid}/${name}`, { formToken: this.token, ...fields }, origin);
  }

  /** Sends any form. */
  async send(path: string, fields: Readonly<Record<string, string>>, origin?: string): Promise<Seen> {
    let seen = await this.browser.post(
      `${this.#service.url}${path}`,
      fields,
      origin ?? this.#service.services.address,
    );
    for (let hop = 0; hop < 20 && seen.location !== null; hop += 1) {
      seen = await this.browser.visit(this.here(seen.location));
    }
    this.page = seen;
    return seen;
  }

  /** Signs in as a sample account and chooses oneself. */
  async demonstrate(account: string, path = '/sign-in'): Promise<void> {
    await this.go(path);
    await this.step('demonstration', { account });
    if (this.text.includes('/acting"')) await this.step('acting', { actingFor: '' });
  }
}
