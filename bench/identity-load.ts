// A load generator in a thread of its own: posts one form again and again, as fast as it goes or at a steady rate.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly seconds: number;
  readonly parallel: number;
  /** Requests a second; null for as many as go. */
  readonly rate: number | null;
}

export interface LoadResult {
  readonly answered: number;
  readonly failed: number;
  readonly seconds: number;
  /** Milliseconds; at a steady rate counted from when a request was due, not from when it could be sent. */
  readonly p50: number;
  readonly p99: number;
}

/** Runs a load in another thread. */
export function runLoad(load: Load): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: load,
      execArgv: process.execArgv.some((each) => each.includes('tsx')) ? ['--import=tsx'] : [],
    });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/**
 * One connection that is kept, and one request on it at a time. node's own client costs as much as the service it measures,
 * on the same two cores: here a request is bytes written once, and of an answer only status and length are read.
 */
class Connection {
  readonly #socket: Socket;
  #answered: ((status: number) => void) | null = null;
  #received: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      const status = this.#complete();
      if (status !== null) this.#settle(status);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#settle(0));
  }

  /** @returns the status of the answer; 0 where the connection broke. */
  ask(bytes: Buffer): Promise<number> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) {
        resolve(0);
        return;
      }
      this.#answered = resolve;
      this.#socket.write(bytes);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #settle(status: number): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.(status);
  }

  /** @returns the status once the whole answer is there. */
  #complete(): number | null {
    const head = this.#received.indexOf('\r\n\r\n');
    if (head < 0) return null;
    const text = this.#received.toString('latin1', 0, head);
    const length = /^content-length: *(\d+)/im.exec(text)?.[1];
    if (length === undefined) throw new Error('The load reads answers with a length alone.');
    if (this.#received.length < head + 4 + Number(length)) return null;
    this.#received = Buffer.alloc(0);
    return Number(text.slice(9, 12));
  }
}

async function connection(url: URL): Promise<Connection> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  await once(socket, 'connect');
  return new Connection(socket);
}

function requestBytes(load: Load, url: URL): Buffer {
  const headers = { host: url.host, ...load.headers, 'content-length': Buffer.byteLength(load.body) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(
    `POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${load.body}`,
  );
}

async function run(load: Load): Promise<LoadResult> {
  const url = new URL(load.url);
  const bytes = requestBytes(load, url);
  const connections = await Promise.all(Array.from({ length: load.parallel }, () => connection(url)));
  const idle = [...connections];
  const waiting: ((free: Connection) => void)[] = [];
  const times: number[] = [];
  let failed = 0;
  const one = async (due: number): Promise<void> => {
    const mine = idle.pop() ?? (await new Promise<Connection>((resolve) => waiting.push(resolve)));
    if ((await mine.ask(bytes)) !== 200) failed += 1;
    times.push(performance.now() - due);
    const next = waiting.shift();
    if (next === undefined) idle.push(mine);
    else next(mine);
  };
  const started = performance.now();
  const end = started + load.seconds * 1000;
  if (load.rate === null) {
    await Promise.all(
      Array.from({ length: load.parallel }, async () => {
        while (performance.now() < end) await one(performance.now());
      }),
    );
  } else {
    const sent: Promise<void>[] = [];
    for (let at = 0; ; at += 1) {
      const due = started + (at * 1000) / load.rate;
      if (due > end) break;
      const pause = due - performance.now();
      if (pause > 1) await new Promise((done) => setTimeout(done, pause));
      sent.push(one(due));
    }
    await Promise.all(sent);
  }
  const seconds = (performance.now() - started) / 1000;
  for (const each of connections) each.end();
  times.sort((a, b) => a - b);
  const at = (part: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return { answered: times.length - failed, failed, seconds, p50: at(0.5), p99: at(0.99) };
}

if (!isMainThread) parentPort?.postMessage(await run(workerData as Load));
