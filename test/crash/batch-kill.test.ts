// kill -9 in the middle of a batch, again and again: every document is stamped once, or refused, and the batch ends.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import { openDatabase } from '../../storage/open.ts';
import { scale } from '../scale.ts';
import { samplePdf } from '../signing/seal-office.ts';
import { demonstrationDocuments } from '../storage/document-keys.ts';
import { serve, type Serving } from './serving.ts';

const documents = 60;

interface Batch {
  readonly id: string;
  readonly state: string;
  readonly done: number;
  readonly refused: number;
}

describe('a batch and kill -9', function () {
  this.timeout(300_000);

  it('stamps each document once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yinxin-batch-kill-'));
    let serving: Serving | null = null;
    try {
      serving = await serve(folder, {});
      const ask = async (
        path: string,
        init: RequestInit & { readonly key?: string } = {},
      ): Promise<unknown> => {
        assert.ok(serving !== null);
        const response = await fetch(`${serving.url}${path}`, {
          ...init,
          headers: {
            Authorization: `Bearer ${apiKey}`,
            ...(init.key === undefined ? {} : { 'Idempotency-Key': init.key }),
            ...(init.headers as Record<string, string> | undefined),
          },
        });
        assert.ok(response.ok, await response.clone().text());
        return response.json();
      };
      const apiKey = serving.apiKeys['approval-office'] ?? '';
      const digests: string[] = [];
      for (let i = 0; i < documents; i++) {
        const body = new Uint8Array(samplePdf(5000 + i, 2));
        const stored = await ask('/api/v1/documents', {
          method: 'POST',
          body,
          headers: { 'Content-Type': 'application/pdf' },
        });
        digests.push((stored as { digest: string }).digest);
      }
      const taken = (await ask('/api/v1/stamps/batches', {
        method: 'POST',
        key: 'kill',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          common: { seal: '12010500000001', matter: foodBusinessMatter.code, placement: { riding: {} } },
          documents: digests.map((document) => ({ document })),
        }),
      })) as Batch;
      for (let kill = 0; kill < scale(4); kill++) {
        await pause(60 + kill * 70);
        await serving.kill();
        serving = await serve(folder, {});
      }
      const read = (): Promise<Batch> => ask(`/api/v1/stamps/batches/${taken.id}`) as Promise<Batch>;
      // Another node's work is left alone for a while; a single one settles everything at its start.
      let end = await read();
      for (
        const until = Date.now() + 120_000;
        end.state === 'running' && Date.now() < until;
        end = await read()
      )
        await pause(100);
      assert.deepEqual([end.state, end.done, end.refused], ['completed', documents, 0]);
      await serving.kill();
      serving = null;
      const database = await openDatabase({ file: join(folder, 'yinxin.db') });
      try {
        const rows = await database.reader
          .selectFrom('stamp')
          .select(['state', 'idempotency_key', 'original_digest', 'result_digest'])
          .where('idempotency_key', 'like', `${taken.id}:%`)
          .execute();
        const completed = rows.filter(({ state }) => state === 'completed');
        assert.equal(completed.length, documents);
        assert.deepEqual(new Set(completed.map((row) => row.original_digest)), new Set(digests));
        assert.equal(new Set(rows.map((row) => row.idempotency_key)).size, rows.length, 'one stamp a key');
        assert.ok(
          rows.every(({ state }) => state !== 'intended'),
          'nothing is left in the middle',
        );
        const files = await demonstrationDocuments(folder);
        for (const { result_digest } of completed)
          assert.equal(await files.verify(result_digest ?? ''), 'intact');
      } finally {
        await database.close();
      }
    } finally {
      await serving?.kill();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
