// People logging in from a thread of their own: a browser each, with cookies, and redirects followed by hand.
import { performance } from 'node:perf_hooks';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

export interface LoginLoad {
  /** Where the service listens, and what it calls itself. */
  readonly localUrl: string;
  readonly address: string;
  /** Name of the session cookie: with it a login is over. */
  readonly cookie: string;
  readonly names: readonly string[];
  readonly password: string;
  /** Seconds of logging in with `parallel` people, or one login of each of `parallel` people at the same moment. */
  readonly seconds: number | null;
  readonly parallel: number;
}

export interface LoginLoadResult {
  readonly loggedIn: number;
  /** Who heard 429. */
  readonly refused: number;
  readonly failed: number;
  readonly seconds: number;
}

/** Runs a load in another thread. */
export function runLogins(load: LoginLoad): Promise<LoginLoadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: load,
      execArgv: process.execArgv.some((each) => each.includes('tsx')) ? ['--import=tsx'] : [],
    });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** One browser. */
class Visit {
  readonly #cookies = new Map<string, string>();
  readonly #load: LoginLoad;
  readonly #from = `198.18.${Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}`;

  constructor(load: LoginLoad) {
    this.#load = load;
  }

  /** Sends, and follows to the end: a page, or the moment the session is there. */
  async send(
    address: string,
    fields?: Readonly<Record<string, string>>,
  ): Promise<{ readonly url: string; readonly text: string; readonly status: number }> {
    const { localUrl, address: origin, cookie } = this.#load;
    let url = address;
    let body = fields;
    for (;;) {
      const response = await fetch(url.replace(origin, localUrl), {
        redirect: 'manual',
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          accept: 'text/html',
          'x-forwarded-for': this.#from,
          cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin }),
        },
        ...(body === undefined ? {} : { body: new URLSearchParams(body) }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (name !== undefined && value !== undefined) this.#cookies.set(name, value);
      }
      const location = response.headers.get('location');
      const text = await response.text();
      if (location === null) return { url, text, status: response.status };
      url = new URL(location, url).href;
      body = undefined;
      if (this.#cookies.has(cookie)) return { url, text, status: 200 };
    }
  }

  /** Opens the login page. @returns what sends name and password, and the status of where that led. */
  async open(): Promise<(name: string) => Promise<number>> {
    const { address, password } = this.#load;
    const page = await this.send(`${address}/sign-in`);
    const formToken = /name="formToken" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const step = `${address}${new URL(page.url).pathname}/password`;
    return async (name) => {
      const end = await this.send(step, { formToken, name, password });
      return end.status === 200 && !this.#cookies.has(this.#load.cookie) ? 0 : end.status;
    };
  }
}

async function run(load: LoginLoad): Promise<LoginLoadResult> {
  const { names, parallel, seconds } = load;
  const ends: number[] = [];
  let next = 0;
  const name = (): string => names[(next += 1) % names.length] ?? '';
  let began = performance.now();
  if (seconds === null) {
    const opened = await Promise.all(Array.from({ length: parallel }, () => new Visit(load).open()));
    began = performance.now();
    ends.push(...(await Promise.all(opened.map((enter) => enter(name())))));
  } else {
    const end = began + seconds * 1000;
    await Promise.all(
      Array.from({ length: parallel }, async () => {
        while (performance.now() < end) ends.push(await (await new Visit(load).open())(name()));
      }),
    );
  }
  const loggedIn = ends.filter((status) => status === 200).length;
  const refused = ends.filter((status) => status === 429).length;
  return {
    loggedIn,
    refused,
    failed: ends.length - loggedIn - refused,
    seconds: (performance.now() - began) / 1000,
  };
}

if (!isMainThread) {
  void run(workerData as LoginLoad).then((result) => parentPort?.postMessage(result));
}
