// kill -9 in the middle of a batch of licenses, again and again: every row is issued once, and the batch ends.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { enterprises } from '../../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../../fixtures/licenses.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import { openDatabase } from '../../storage/open.ts';
import { scale } from '../scale.ts';
import { demonstrationDocuments } from '../storage/document-keys.ts';
import { serve, type Serving } from './serving.ts';

const rows = 60;
const kills = 5;

interface Batch {
  readonly id: string;
  readonly state: string;
  readonly total: number;
  readonly done: number;
  readonly refused: number;
}

describe('a batch of licenses and kill -9', function () {
  this.timeout(300_000);

  it('issues each row once, also where the request itself was cut off and sent again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yinxin-license-batch-kill-'));
    let serving: Serving | null = null;
    try {
      serving = await serve(folder, {});
      const apiKey = serving.apiKeys['approval-office'] ?? '';
      const first = foodBusinessLicense(enterprises[0]!, 1);
      const lines = Array.from({ length: rows }, (_, index) => {
        const { type, number, holder, face } = foodBusinessLicense(
          enterprises[index % enterprises.length]!,
          5000 + index,
        );
        return JSON.stringify({ reference: `row ${index + 1}`, type: type.key, number, holder, face });
      }).join('\n');
      const ask = async (path: string, body?: string): Promise<unknown> => {
        assert.ok(serving !== null);
        const response = await fetch(`${serving.url}${path}`, {
          method: body === undefined ? 'GET' : 'POST',
          ...(body === undefined ? {} : { body }),
          headers: {
            Authorization: `Bearer ${apiKey}`,
            'Idempotency-Key': 'kill',
            'Content-Type': 'application/x-ndjson',
          },
        });
        assert.ok(response.ok, await response.clone().text());
        return response.json();
      };
      const submission = `/api/v1/licenses/batches?matter=${first.matter.code}`;
      const submit = async (): Promise<Batch> => (await ask(submission, lines)) as Batch;
      // The first time the process dies at some moment of taking it.
      const cut = submit().catch(() => null);
      await pause(Math.random() * 30);
      await serving.kill();
      await cut;
      serving = await serve(folder, {});
      const taken = await submit();
      assert.equal(taken.total, rows);
      for (let kill = 0; kill < scale(kills); kill++) {
        await pause(80 + Math.random() * 500);
        await serving.kill();
        serving = await serve(folder, {});
      }
      const until = Date.now() + 180_000;
      const read = async (): Promise<Batch> => (await ask(`/api/v1/licenses/batches/${taken.id}`)) as Batch;
      let end = await read();
      for (; end.state === 'running' && Date.now() < until; end = await read()) await pause(100);
      assert.deepEqual([end.state, end.done, end.refused], ['completed', rows, 0]);
      assert.equal((await submit()).id, taken.id);
      await serving.kill();
      serving = null;
      await checkRecords(folder, taken.id);
    } finally {
      await serving?.kill();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function checkRecords(folder: string, batch: string): Promise<void> {
  const database = await openDatabase({ file: join(folder, 'yinxin.db') });
  try {
    const { reader } = database;
    const items = await reader
      .selectFrom('license_batch_item')
      .selectAll()
      .where('batch', '=', batch)
      .orderBy('position')
      .execute();
    assert.deepEqual(
      items.map(({ position, reference, state }) => [position, reference, state]),
      Array.from({ length: rows }, (_, index) => [index + 1, `row ${index + 1}`, 'done']),
    );
    assert.ok(items.every(({ input_cipher }) => input_cipher === null));
    const acts = await reader
      .selectFrom('license_act')
      .innerJoin('license', 'license.act', 'license_act.id')
      .select([
        'license_act.state as act',
        'license.id',
        'license.state',
        'license.identifier',
        'license.document',
        'license.stamp',
        'license.status_list',
        'license.status_index',
        'license_act.idempotency_key as key',
      ])
      .where('license_act.idempotency_key', 'like', `${batch}:%`)
      .execute();
    assert.ok(
      acts.every(({ act }) => act !== 'intended'),
      'nothing is left in the middle',
    );
    const issued = acts.filter(({ act }) => act === 'completed');
    assert.deepEqual(issued.map(({ id }) => id).sort(), items.map(({ license }) => license ?? '').sort());
    assert.equal(new Set(issued.map(({ key }) => key.split(':')[1])).size, rows, 'one license a row');
    assert.ok(issued.every(({ state }) => state === 'issued'));
    for (const distinct of ['identifier', 'document', 'stamp'] as const)
      assert.equal(new Set(issued.map((each) => each[distinct])).size, rows, distinct);
    // What was sealed before its act was given up is out of force, should it ever appear.
    for (const given of acts.filter(({ act }) => act === 'abandoned')) {
      const entry = await reader
        .selectFrom('status_entry')
        .select('value')
        .where('list', '=', given.status_list ?? -1)
        .where('entry', '=', given.status_index ?? -1)
        .executeTakeFirst();
      assert.equal(entry?.value, 1);
    }
    const files = await demonstrationDocuments(folder);
    for (const { document } of issued) assert.equal(await files.verify(document ?? ''), 'intact');
    const chain = await verifyAuditChain(reader);
    assert.ok(chain.intact, JSON.stringify(chain));
  } finally {
    await database.close();
  }
}
