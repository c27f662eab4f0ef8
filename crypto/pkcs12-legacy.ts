// PKCS #12 files of old encryption (RC2, Triple DES), opened once to bring a key in: on a thread that may be stopped.
import { Worker } from 'node:worker_threads';
import { FormatError } from '../formats/errors.ts';
import { PKCS12_MAX_BYTES } from '../formats/pkcs12/pfx.ts';
import { CryptoError } from './errors.ts';
import type { Pkcs12Content } from './pkcs12-content.ts';
import type { LegacyReply, LegacyTask } from './pkcs12-legacy-worker.ts';

const LIMITS = { milliseconds: 20_000, heapMegabytes: 192 };

/** One file at a time, whoever asks: a thread each would be a way to keep every core busy. */
let last: Promise<unknown> = Promise.resolve();

/** The worker's answer, or a refusal where it took too long or too much. */
async function runWorker(task: LegacyTask, milliseconds: number): Promise<LegacyReply> {
  const entry = import.meta.url.endsWith('.ts') ? './pkcs12-legacy-worker.ts' : './pkcs12-legacy-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), {
    workerData: task,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: LIMITS.heapMegabytes },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<LegacyReply>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('The time is used up.')), milliseconds);
      worker.on('message', resolve);
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('The thread ended without an answer.')));
    });
  } catch (cause) {
    throw new CryptoError('pkcs12-limit', 'The file took more work than opening one is given.', { cause });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/**
 * Opens a file encrypted with RC2 or Triple DES, as `openPkcs12` opens a modern one; SHA-1 in its MAC protects nothing
 * against a forger, so what it holds is judged like anything else that comes from outside.
 * @param limit - milliseconds; the file is given up after them
 * @throws FormatError `pkcs12-malformed` and others of the reader; CryptoError `pkcs12-password`, `pkcs12-limit`,
 *   `pkcs12-unsupported`, `passphrase-invalid`.
 */
export async function openLegacyPkcs12(
  bytes: Uint8Array,
  password: string,
  limit: number = LIMITS.milliseconds,
): Promise<Pkcs12Content> {
  if (bytes.length > PKCS12_MAX_BYTES) {
    throw new CryptoError('pkcs12-limit', `The file is larger than ${PKCS12_MAX_BYTES} bytes.`);
  }
  const running = last.then(() => runWorker({ bytes, password }, limit));
  last = running.catch(() => undefined);
  const reply = await running;
  if (reply.kind === 'opened') return reply.content;
  if (reply.kind === 'malformed') throw new FormatError(reply.code, reply.message);
  throw new CryptoError(reply.code, reply.message);
}
