// A batch of small documents signed in one thread, and how fast the bare signatures would be there: as a worker, or called.
import { randomBytes, sign } from 'node:crypto';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { keyIdOf } from '../crypto/algorithms.ts';
import { importPrivateKey, localSigningKey } from '../crypto/key-engine.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { signBytes } from '../signing/sign-bytes.ts';

export interface BatchWork {
  readonly pdf: Uint8Array;
  readonly pkcs8: Uint8Array;
  readonly spki: Uint8Array;
  readonly chain: readonly Uint8Array[];
  readonly milliseconds: number;
}

export interface BatchRate {
  /** Documents, and bare RSA signatures, a second; of the quickest slice. */
  readonly documents: number;
  readonly bare: number;
}

/** RSA with SHA-256, signing in this thread. */
export function batchKey({ pkcs8, spki, chain }: Omit<BatchWork, 'pdf' | 'milliseconds'>): SigningKey {
  return localSigningKey(
    { id: keyIdOf(spki, 'RS256'), purpose: 'seal', chain },
    {
      algorithm: 'RS256',
      privateKey: importPrivateKey(pkcs8),
      publicKey: spki,
      random: (length) => new Uint8Array(randomBytes(length)),
      inThread: true,
    },
  );
}

/** Documents a second over the whole time: what a batch takes, others on the machine included. */
export async function runBatch(work: BatchWork): Promise<BatchRate> {
  const key = batchKey(work);
  const privateKey = importPrivateKey(work.pkcs8);
  const message = Buffer.alloc(180, 7);
  const parts = { key, timestamps: null, timestampBudget: 1000, longTerm: null };
  const time = new Date();
  const document = (): Promise<unknown> =>
    signBytes(work.pdf, parts, { level: 'B-B', lower: false, options: { time, name: 'Bench' } });
  for (let warm = 0; warm < 300; warm++) await document();
  const slice = 12;
  let [documents, bare] = [0, 0];
  const end = performance.now() + work.milliseconds;
  while (performance.now() < end) {
    let started = performance.now();
    for (let at = 0; at < slice; at++) await document();
    documents = Math.max(documents, (slice / (performance.now() - started)) * 1000);
    started = performance.now();
    for (let at = 0; at < slice; at++) sign('sha256', message, privateKey);
    bare = Math.max(bare, (slice / (performance.now() - started)) * 1000);
  }
  return { documents, bare };
}

/** Of one slice: documents a second by the clock, and by what this thread was given of a processor. */
export interface SliceRate {
  readonly byClock: number;
  readonly byProcessor: number;
}

/** Answers each message, a number of milliseconds, with the rate at which documents were signed in so long. */
async function serveSlices(work: Omit<BatchWork, 'milliseconds'>): Promise<void> {
  const parts = { key: batchKey(work), timestamps: null, timestampBudget: 1000, longTerm: null };
  const order = { level: 'B-B', lower: false, options: { time: new Date(), name: 'Bench' } } as const;
  for (let warm = 0; warm < 500; warm++) await signBytes(work.pdf, parts, order);
  parentPort?.on('message', (milliseconds: number) => {
    const run = async (): Promise<void> => {
      const [started, before] = [performance.now(), process.threadCpuUsage()];
      let count = 0;
      while (performance.now() - started < milliseconds) {
        await signBytes(work.pdf, parts, order);
        count += 1;
      }
      const { user, system } = process.threadCpuUsage(before);
      const rate: SliceRate = {
        byClock: (count / (performance.now() - started)) * 1000,
        byProcessor: (count / (user + system)) * 1e6,
      };
      parentPort?.postMessage(rate);
    };
    void run();
  });
  parentPort?.postMessage('warm');
}

if (!isMainThread) await serveSlices(workerData as BatchWork);
