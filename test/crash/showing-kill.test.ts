// kill -9 while licenses are shown and copied: what was answered is kept, nothing is answered twice, nothing stays half made.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { settleCopies } from '../../licenses/copy.ts';
import { auditChain } from '../../storage/audit-chain.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import type { Reader } from '../../storage/database.ts';
import { openDatabase } from '../../storage/open.ts';
import { scale } from '../scale.ts';
import { demonstrationDocuments } from '../storage/document-keys.ts';
import { engines } from '../storage/engines.ts';

const kills = { sqlite: 4, postgresql: 2 };
const child = fileURLToPath(new URL('showing-child.ts', import.meta.url));

type Done =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: string; readonly receiptId: string }
  | { readonly kind: 'copy'; readonly id: string; readonly grant: string; readonly digest: string };

/** Runs the child until it has done a few things, and kills it at a chance moment after. */
async function untilKilled(folder: string, round: number, environment: NodeJS.ProcessEnv): Promise<Done[]> {
  const started = spawn(process.execPath, ['--import=tsx', child, folder, String(round)], {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: Buffer[] = [];
  started.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const done: Done[] = [];
  const gone = once(started, 'exit');
  const enough = 2 + Math.floor(Math.random() * 10);
  const lines = createInterface({ input: started.stdout });
  await Promise.race([
    gone.then(() => assert.fail(`the child ended by itself: ${Buffer.concat(complaints).toString()}`)),
    new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        done.push(JSON.parse(line) as Done);
        // Making a copy takes longer than an answer: in every other round one has to be done.
        const copied = round % 2 === 1 || done.some(({ kind }) => kind === 'copy');
        if (done.length >= enough && copied) resolve();
      });
    }),
  ]);
  await pause(Math.random() * 40);
  started.kill('SIGKILL');
  await gone;
  return done;
}

async function check(reader: Reader, dataFolder: string, done: readonly Done[]): Promise<void> {
  const showings = await reader.selectFrom('presentation').selectAll().execute();
  const copies = await reader.selectFrom('license_copy').selectAll().execute();
  const files = await demonstrationDocuments(dataFolder);
  for (const each of done) {
    if (each.kind === 'answer') {
      const row = showings.find(({ id }) => id === each.id);
      assert.deepEqual([row?.state, row?.receipt_id], ['delivered', each.receiptId]);
      assert.notEqual(row?.receipt, null);
    } else if (each.kind === 'copy') {
      const row = copies.find(({ id }) => id === each.id);
      assert.deepEqual(
        [row?.state, row?.grant_number, row?.document],
        ['completed', each.grant, each.digest],
      );
      assert.equal(await files.verify(each.digest), 'intact');
    }
  }
  // Delivered or not: never a receipt without an answer, nor an answer without its receipt and its audit row.
  const delivered = await reader
    .selectFrom('audit_log')
    .select('details')
    .where('action', '=', 'presentation.delivered')
    .execute();
  const receipts = delivered.map(({ details }) => (JSON.parse(details) as { receipt: string }).receipt);
  const kept = showings.flatMap(({ receipt_id: id }) => id ?? []);
  assert.deepEqual(receipts.sort(), kept.sort());
  for (const { state, receipt } of showings) assert.equal(state === 'delivered', receipt !== null);
  // The start after the last crash settled what it left: whole, or given up without personal data.
  for (const row of copies) {
    assert.notEqual(row.state, 'intended', row.id);
    assert.equal(row.state === 'completed', row.record !== null && row.stamp !== null, row.id);
  }
  const stamps = copies.flatMap(({ stamp }) => stamp ?? []);
  assert.equal(new Set(stamps).size, stamps.length);
  const verdict = await verifyAuditChain(reader);
  assert.ok(verdict.intact, JSON.stringify(verdict));
}

for (const engine of engines) {
  describe(`kill -9 of a service that shows and copies on ${engine.name}`, function () {
    this.timeout(600_000);
    before(function () {
      engine.require(this);
    });

    it('keeps what it answered, answers nothing twice, leaves nothing half made', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'yinxin-showing-'));
      const place = await engine.place();
      const environment =
        'url' in place.location ? { YINXIN_DATABASE_URL: place.location.url } : { YINXIN_DATABASE_URL: '' };
      try {
        const done: Done[] = [];
        const rounds = scale(kills[engine.name]);
        for (let round = 0; round < rounds; round += 1)
          done.push(...(await untilKilled(folder, round, environment)));
        const answers = done.filter(({ kind }) => kind === 'answer').length;
        const copies = done.filter(({ kind }) => kind === 'copy').length;
        assert.ok(answers >= 1 && copies >= 1, `${answers} answers, ${copies} copies`);
        const database = await openDatabase(
          'url' in place.location ? place.location : { file: join(folder, 'yinxin.db') },
        );
        try {
          // As the next start does, on PostgreSQL after the patience it has with other nodes.
          const audit = auditChain({ node: 'settling', digest: 'sha256' });
          await settleCopies({ database, audit, clock: () => new Date() }, new Date(Date.now() + 1000));
          await check(database.reader, folder, done);
        } finally {
          await database.close();
        }
      } finally {
        await place.remove();
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}
