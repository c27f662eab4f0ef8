// Verification in worker threads: hostile files hold up nobody, run out of time, and leave the pool working.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ApiError } from '../../api/errors.ts';
import { verificationFacts } from '../../api/verification-facts.ts';
import { createVerificationPool, type VerificationPoolOptions } from '../../api/verification-pool.ts';
import { chunkKey, ChunkWriter } from '../../storage/sealed-chunks.ts';
import { startService, type Harness } from './harness.ts';
import { decisionPdf, stamp } from './samples.ts';

/** A PDF whose form is one array of `count` empty arrays: two bytes each, and an object each once read. */
function hostilePdf(count: number): Uint8Array {
  const objects = [
    '<</Type/Catalog/Pages 2 0 R/AcroForm 3 0 R>>',
    '<</Type/Pages/Kids[]/Count 0>>',
    `<</Fields[${'[]'.repeat(count)}]>>`,
  ];
  let text = '%PDF-1.7\n';
  let table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const [at, object] of objects.entries()) {
    table += `${String(text.length).padStart(10, '0')} 00000 n \n`;
    text += `${at + 1} 0 obj\n${object}\nendobj\n`;
  }
  const end = `${table}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF\n`;
  return new TextEncoder().encode(text + end);
}

const refusedAs =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof ApiError && error.code === code;

describe('verification of uploads in worker threads', function () {
  this.timeout(120_000);
  let service: Harness;
  let sealed: Uint8Array;
  before(async () => {
    service = await startService();
    const response = await stamp(service);
    const { digest } = (response.body as { document: { digest: string } }).document;
    sealed = (await service.services.documents.readAll(digest, 10_000_000)) ?? new Uint8Array();
  });
  after(() => service.stop());

  const limits: VerificationPoolOptions = {
    workers: 1,
    queueLimit: 10,
    timeLimit: 60_000,
    memoryLimit: 1024,
  };

  it('answers others while a hostile file is read', async () => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    const body = new Blob([new Uint8Array(hostilePdf(1_500_000))]);
    const post = (): Promise<Response> =>
      fetch(`${service.url}/api/v1/verifications`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/pdf' },
        body,
      });
    delay.enable();
    const started = performance.now();
    const response = await post();
    const took = performance.now() - started;
    delay.disable();
    assert.equal(response.status, 200);
    // On the main thread the loop stands still for nearly all of the time.
    assert.ok(delay.max / 1e6 < took / 2, `blocked ${delay.max / 1e6} ms of ${took} ms`);
  });

  it('verifies from memory and from a file alike, asking for revocation lists', async () => {
    const pool = createVerificationPool(limits);
    const folder = mkdtempSync(join(tmpdir(), 'yinxin-pool-'));
    try {
      const path = join(folder, 'sealed.pdf');
      const key = randomBytes(32);
      const file = await open(path, 'w');
      const chunks = new ChunkWriter(file, 0, chunkKey('aes-256-gcm', key), randomBytes);
      await chunks.write(sealed);
      await chunks.end();
      await file.close();
      const facts = await verificationFacts(service.services);
      const fromMemory = await pool.verify({ bytes: sealed }, facts);
      const fromFile = await pool.verify({ path, size: sealed.length, cipher: 'aes-256-gcm', key }, facts);
      assert.equal(fromMemory.conclusion, 'TOTAL-PASSED');
      assert.deepEqual(fromFile, fromMemory);
    } finally {
      await pool.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('gives a file up whose facts never come, and goes on with the next', async () => {
    const pool = createVerificationPool({ ...limits, timeLimit: 3000 });
    try {
      const facts = await verificationFacts(service.services);
      const silent = { ...facts, evidence: { revocation: () => new Promise<never>(() => undefined) } };
      await assert.rejects(pool.verify({ bytes: sealed }, silent), refusedAs('verification-too-costly'));
      const { conclusion } = await pool.verify({ bytes: sealed }, facts);
      assert.equal(conclusion, 'TOTAL-PASSED');
    } finally {
      await pool.close();
    }
  });

  it('gives a file up that takes too long to read, wherever its thread is', async () => {
    const pool = createVerificationPool({ ...limits, timeLimit: 200 });
    try {
      const facts = await verificationFacts(service.services);
      await assert.rejects(
        pool.verify({ bytes: hostilePdf(3_900_000) }, facts),
        refusedAs('verification-too-costly'),
      );
    } finally {
      await pool.close();
    }
  });

  it('tells the refusal of a source of facts, and goes on with the next', async () => {
    const pool = createVerificationPool(limits);
    try {
      const facts = await verificationFacts(service.services);
      const refusal = new ApiError('internal', 'No list today.');
      const failing = { ...facts, evidence: { revocation: () => Promise.reject(refusal) } };
      await assert.rejects(pool.verify({ bytes: sealed }, failing), (error) => error === refusal);
      assert.equal((await pool.verify({ bytes: sealed }, facts)).conclusion, 'TOTAL-PASSED');
    } finally {
      await pool.close();
    }
  });

  it('refuses when too many files wait, and when it is closed', async () => {
    const pool = createVerificationPool({ ...limits, queueLimit: 1 });
    const facts = await verificationFacts(service.services);
    const { pdf } = await decisionPdf();
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => pool.verify({ bytes: pdf }, facts)));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected'],
    );
    const running = pool.verify({ bytes: pdf }, facts);
    const refused = assert.rejects(running, refusedAs('verification-busy'));
    await pool.close();
    await refused;
    await assert.rejects(pool.verify({ bytes: pdf }, facts), refusedAs('verification-busy'));
  });
});
