// A load generator in a thread of its own: posts one form again and again, as fast as it goes or at a steady rate.
import { Agent, request } from 'node:http';
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

async function run(load: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.parallel });
  const url = new URL(load.url);
  const times: number[] = [];
  let failed = 0;
  const once = (due: number): Promise<void> =>
    new Promise((done) => {
      const sending = request(
        url,
        {
          method: 'POST',
          agent,
          headers: { ...load.headers, 'content-length': Buffer.byteLength(load.body) },
        },
        (response) => {
          response.resume();
          response.once('end', () => {
            if (response.statusCode !== 200) failed += 1;
            times.push(performance.now() - due);
            done();
          });
        },
      );
      sending.once('error', () => {
        failed += 1;
        done();
      });
      sending.end(load.body);
    });
  const started = performance.now();
  const end = started + load.seconds * 1000;
  if (load.rate === null) {
    await Promise.all(
      Array.from({ length: load.parallel }, async () => {
        while (performance.now() < end) await once(performance.now());
      }),
    );
  } else {
    const waiting: Promise<void>[] = [];
    for (let at = 0; ; at += 1) {
      const due = started + (at * 1000) / load.rate;
      if (due > end) break;
      const pause = due - performance.now();
      if (pause > 1) await new Promise((done) => setTimeout(done, pause));
      waiting.push(once(due));
    }
    await Promise.all(waiting);
  }
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (part: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return { answered: times.length - failed, failed, seconds, p50: at(0.5), p99: at(0.99) };
}

if (!isMainThread) parentPort?.postMessage(await run(workerData as Load));
