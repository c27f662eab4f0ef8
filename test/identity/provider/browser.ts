// A browser as the protocol needs one: cookies by host and path, redirects followed one at a time, nothing else.

interface Cookie {
  readonly value: string;
  readonly path: string;
}

export interface Seen {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Absolute address of a redirect, or null. */
  readonly location: string | null;
}

export class Browser {
  readonly #cookies = new Map<string, Map<string, Cookie>>();
  /** Every address visited, in order. */
  readonly trail: string[] = [];

  async visit(address: string, init: RequestInit = {}): Promise<Seen> {
    const url = new URL(address);
    this.trail.push(url.href);
    const cookie = this.#cookieHeader(url);
    const response = await fetch(url, {
      redirect: 'manual',
      ...init,
      headers: {
        accept: 'text/html',
        'user-agent': 'Mozilla/5.0 test',
        ...(cookie === '' ? {} : { cookie }),
        ...(init.headers as Record<string, string> | undefined),
      },
    });
    for (const line of response.headers.getSetCookie()) this.#take(url, line);
    const location = response.headers.get('location');
    return {
      url: url.href,
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: location === null ? null : new URL(location, url).href,
    };
  }

  /** @param origin what the browser says of the page with the form; its own address's unless given */
  post(address: string, fields: Readonly<Record<string, string>>, origin?: string): Promise<Seen> {
    return this.visit(address, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: origin ?? new URL(address).origin,
      },
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** Follows redirects until one leaves for `stop`, or none is left. */
  async follow(address: string, stop: (url: string) => boolean): Promise<Seen> {
    let seen = await this.visit(address);
    for (let hops = 0; hops < 20; hops += 1) {
      if (seen.location === null || stop(seen.location)) return seen;
      seen = await this.visit(seen.location);
    }
    throw new Error(`Too many redirects: ${this.trail.slice(-5).join(' → ')}`);
  }

  cookie(host: string, name: string): string | null {
    return this.#cookies.get(host)?.get(name)?.value ?? null;
  }

  setCookie(host: string, name: string, value: string): void {
    this.#jar(host).set(name, { value, path: '/' });
  }

  clear(): void {
    this.#cookies.clear();
  }

  #jar(host: string): Map<string, Cookie> {
    const jar = this.#cookies.get(host) ?? new Map<string, Cookie>();
    this.#cookies.set(host, jar);
    return jar;
  }

  #cookieHeader(url: URL): string {
    return [...this.#jar(url.host)]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  #take(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const path = attributes.find((part) => part.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
    const expires = attributes.find((part) => part.toLowerCase().startsWith('expires='))?.slice(8);
    const gone = expires !== undefined && Date.parse(expires) <= Date.now();
    if (gone) this.#jar(url.host).delete(name);
    else this.#jar(url.host).set(name, { value: pair.slice(at + 1), path });
  }
}
