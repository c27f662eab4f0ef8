// Stamps beside the hash of the file and one bare signature, in the same run: time, memory, bytes added, batches.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { stampFile, type StampingSetup } from '../bin/stamp-files.ts';
import { keyIdOf } from '../crypto/algorithms.ts';
import { localSigningKey } from '../crypto/key-engine.ts';
import { makePkcs12 } from '../crypto/pkcs12.ts';
import type { SigningKey } from '../crypto/signing-key.ts';
import { startSm2 } from '../crypto/sm2.ts';
import { bytesSource } from '../formats/pdf/source.ts';
import { placeholderCapacity } from '../signing/finish.ts';
import { prepareSignature } from '../signing/prepare.ts';
import { sealAppearance } from '../signing/seal-picture/seal-appearance.ts';
import { signBytes } from '../signing/sign-bytes.ts';
import { makeParty, makePki, makeRsaKey, makeSm2Key, type TestKey } from '../test/verification/pki.ts';
import { measure, type Measure } from './measure.ts';
import { runBatch, type BatchWork, type SliceRate } from './stamp-batch.ts';
import { writeLargeFile, writeManyObjects } from './stamp-files.ts';
import { unstampedPdf } from './verification-files.ts';

const rounds = 5;
const sliceMilliseconds = 100;

interface Signer {
  readonly key: SigningKey;
  readonly test: TestKey;
}

function signerOf(test: TestKey, algorithm: 'RS256' | 'SM2SM3'): Signer {
  const pki = makePki();
  const party = makeParty({ commonName: 'Bench', issuer: pki.sealCa, key: test });
  const key = localSigningKey(
    {
      id: keyIdOf(test.spki, algorithm),
      purpose: 'seal',
      chain: [party.certificate, pki.sealCa.certificate],
    },
    {
      algorithm,
      privateKey: test.privateKey,
      publicKey: test.spki,
      random: (length) => new Uint8Array(randomBytes(length)),
    },
  );
  return { key, test };
}

function setupFor(key: SigningKey, folder: string): StampingSetup {
  return {
    key,
    timestamps: null,
    timestampBudget: 1000,
    longTerm: null,
    level: 'B-B',
    lower: false,
    options: { name: 'Bench', level: 'B-B', signer: { chain: key.chain } },
    eseal: null,
    folder,
    now: () => new Date(),
  };
}

const minimum = (values: readonly number[]): number => Math.min(...values);
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function timed(work: () => Promise<unknown> | undefined): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Stamping to a new file beside `openssl dgst` of it and one bare signature, turn by turn: minimum and median of five. */
async function* compareFile(
  what: string,
  path: string,
  signer: Signer,
  folder: string,
): AsyncGenerator<Measure> {
  const sm2 = signer.key.algorithm === 'SM2SM3';
  const output = join(folder, basename(path));
  const setup = setupFor(signer.key, folder);
  const message = Buffer.alloc(180, 7);
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    rmSync(output, { force: true });
    const hash = await timed(() => {
      execFileSync('openssl', ['dgst', sm2 ? '-sm3' : '-sha256', path]);
      bareSignature(signer, message);
      return undefined;
    });
    const stamp = await timed(async () => {
      const outcome = await stampFile(path, setup);
      if (!outcome.stamped) throw new Error(`${what}: ${outcome.code}: ${outcome.reason}`);
    });
    // The first of each warms the disk's cache.
    if (round < 0) continue;
    ours.push(stamp);
    theirs.push(hash);
  }
  rmSync(output, { force: true });
  const limit = `openssl dgst ${sm2 ? '-sm3' : '-sha256'} and one signature`;
  yield measure(`stamp, ${what}, least of ${rounds}`, minimum(ours), 'ms', limit, minimum(theirs));
  yield measure(`stamp, ${what}, median of ${rounds}`, median(ours), 'ms', limit, median(theirs));
}

function bareSignature({ test }: Signer, message: Uint8Array): void {
  if (test.algorithm !== 'SM2SM3') {
    sign('sha256', message, test.privateKey);
    return;
  }
  const running = startSm2({
    privateKey: test.privateKey,
    publicKey: test.spki,
    random: (length) => new Uint8Array(randomBytes(length)),
  });
  running.update(message);
  running.finish();
}

/** Most memory that `yinxin stamp`, compiled, needs for a file. */
function memoryOf(path: string, folder: string, key: readonly string[]): number {
  // Not `resourceUsage`: before it became another program the process was a copy of this one, and that counts there.
  const read = "require('node:fs').readFileSync('/proc/self/status','utf8')";
  const tell = `process.on('exit',()=>process.stderr.write(/VmHWM:.*/.exec(${read})[0]))`;
  const first = join(folder, 'tell.cjs');
  writeFileSync(first, tell);
  const command = fileURLToPath(new URL('../dist/bin/yinxin.js', import.meta.url));
  const output = join(folder, 'memory');
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--require', first, command, 'stamp', path, '--out-dir', output, ...key],
    { encoding: 'utf8' },
  );
  rmSync(output, { recursive: true, force: true });
  const kilobytes = Number(/VmHWM:\s*(\d+)/.exec(stderr)?.[1]);
  if (status !== 0 || !Number.isFinite(kilobytes)) throw new Error(`yinxin stamp failed: ${stderr}`);
  return kilobytes / 1024;
}

/** Documents a second of one worker, and of two at once: slice by slice in turn, the quickest slice of each. */
async function workerRates(work: BatchWork): Promise<{ readonly one: SliceRate; readonly two: SliceRate }> {
  const workers = [1, 2].map(
    () =>
      new Worker(new URL('./stamp-batch.ts', import.meta.url), {
        workerData: work,
        execArgv: ['--import=tsx'],
      }),
  );
  // A worker that fails ends the bench with its error: nobody listens for it here.
  const answer = (worker: Worker): Promise<unknown> =>
    new Promise((resolve) => {
      worker.once('message', resolve);
    });
  const slice = async (some: readonly Worker[]): Promise<SliceRate> => {
    const answers = some.map(answer);
    for (const worker of some) worker.postMessage(sliceMilliseconds);
    const rates = (await Promise.all(answers)) as readonly SliceRate[];
    return {
      byClock: rates.reduce((sum, { byClock }) => sum + byClock, 0),
      byProcessor: rates.reduce((sum, { byProcessor }) => sum + byProcessor, 0),
    };
  };
  try {
    await Promise.all(workers.map(answer));
    let [one, two]: SliceRate[] = [];
    for (let spent = 0; spent < 2 * work.milliseconds; spent += 2 * sliceMilliseconds) {
      one = better(one, await slice(workers.slice(0, 1)));
      two = better(two, await slice(workers));
    }
    if (one === undefined || two === undefined) throw new Error('There was no time for a slice.');
    return { one, two };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function better(a: SliceRate | undefined, b: SliceRate): SliceRate {
  return {
    byClock: Math.max(a?.byClock ?? 0, b.byClock),
    byProcessor: Math.max(a?.byProcessor ?? 0, b.byProcessor),
  };
}

async function* measureBatch(seconds: number, signer: Signer, pdf: Uint8Array): AsyncGenerator<Measure> {
  const privateKey: KeyObject = signer.test.privateKey;
  const work: BatchWork = {
    pdf,
    pkcs8: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
    spki: signer.test.spki,
    chain: signer.key.chain,
    milliseconds: seconds * 1000,
  };
  const { documents, bare } = await runBatch(work);
  yield measure('stamp beyond its signature, 20 kB', 1000 / documents - 1000 / bare, 'ms', 'permitted', 0.8);
  yield measure('batch of stamps, 20 kB, one thread', documents, 'PDFs/s', 'raw RSA-2048 signature', bare);
  const { one, two } = await workerRates(work);
  const workers = 'batch of stamps, 20 kB, two workers';
  yield measure(workers, two.byClock, 'PDFs/s', 'one worker', one.byClock);
  // On a machine that is busy otherwise the clock says little: what each was given of the processors tells them apart.
  const [both, single] = [two.byProcessor, one.byProcessor];
  yield measure(`${workers}, by processor time`, both, 'PDFs/s', 'one worker', single);
}

async function* measureSizes({ key }: Signer, pdf: Uint8Array): AsyncGenerator<Measure> {
  const parts = { key, timestamps: null, timestampBudget: 1000, longTerm: null };
  const time = new Date();
  const invisible = await signBytes(pdf, parts, { level: 'B-B', lower: false, options: { time } });
  const added = invisible.document.length - pdf.length;
  yield measure('added by an invisible B-B stamp, two certificates', added, 'bytes', 'permitted', 7168);
  const appearance = sealAppearance({
    kind: 'official',
    name: '天津市河北区政务服务办公室',
    purpose: null,
    code: '12010500000001',
    centre: null,
    demonstration: true,
  });
  const contentsCapacity = placeholderCapacity({ chain: key.chain, timestampSize: 0 });
  const size = async (visible: boolean): Promise<number> => {
    const { before, after } = await prepareSignature(bytesSource(pdf), {
      time,
      contentsCapacity,
      ...(visible
        ? {
            visible: {
              page: 1,
              placement: { centreX: 100, centreY: 100, width: 42, height: 42 },
              appearance,
            },
          }
        : {}),
    });
    return before.length + after.length;
  };
  yield measure(
    'added by a vector seal of 42 mm',
    (await size(true)) - (await size(false)),
    'bytes',
    'permitted',
    6144,
  );
}

export async function* measureStamps(seconds: number, folder: string): AsyncGenerator<Measure> {
  const signer = signerOf(makeRsaKey(), 'RS256');
  const small = await unstampedPdf(20_000);
  yield* measureSizes(signer, small);
  yield* measureBatch(seconds, signer, small);
  const out = join(folder, 'stamped');
  mkdirSync(out);
  const path = (name: string): string => join(folder, name);
  writeLargeFile(path('20.pdf'), 20e6);
  writeLargeFile(path('100.pdf'), 100e6);
  writeManyObjects(path('objects.pdf'), 140_000);
  yield* compareFile('20 MB', path('20.pdf'), signer, out);
  yield* compareFile('100 MB', path('100.pdf'), signer, out);
  yield* compareFile('140,000 objects', path('objects.pdf'), signer, out);
  const gm = signerOf(makeSm2Key(), 'SM2SM3');
  yield* compareFile('20 MB by SM2', path('20.pdf'), gm, out);
  yield* compareFile('100 MB by SM2', path('100.pdf'), gm, out);
  const key = await keyArguments(signer, folder);
  for (const [what, name, bytes] of [
    ['20 MB', '20.pdf', 0],
    ['100 MB', '100.pdf', 0],
    ['2 GB', 'huge.pdf', 2e9],
  ] as const) {
    if (bytes > 0) writeLargeFile(path(name), bytes);
    yield measure(`memory of a stamp, ${what}`, memoryOf(path(name), folder, key), 'MB', 'permitted', 120);
  }
}

async function keyArguments({ key, test }: Signer, folder: string): Promise<readonly string[]> {
  const [p12, passphrase] = [join(folder, 'key.p12'), join(folder, 'passphrase')];
  const bytes = await makePkcs12({
    privateKey: new Uint8Array(test.privateKey.export({ format: 'der', type: 'pkcs8' })),
    chain: key.chain,
    friendlyName: 'Bench',
    password: 'a passphrase',
    random: (length) => new Uint8Array(randomBytes(length)),
  });
  writeFileSync(p12, bytes);
  writeFileSync(passphrase, 'a passphrase\n', { mode: 0o600 });
  return ['--p12', p12, '--passphrase-file', passphrase];
}
