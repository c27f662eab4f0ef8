// kill -9 at random moments: every acknowledged write is there, whole, once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import { openDocumentFiles } from '../../storage/documents-files.ts';
import { openDatabase, type DatabaseLocation } from '../../storage/open.ts';
import { scale } from '../scale.ts';
import { documentKeys } from './document-keys.ts';
import { engines } from './engines.ts';

/** Runs the writer until a kill at a random moment after it is ready; @returns what it acknowledged. */
async function runAndKill(location: DatabaseLocation, documents: string, run: number): Promise<string[]> {
  const child = spawn(
    process.execPath,
    [
      '--import=tsx',
      join(import.meta.dirname, 'crash-child.ts'),
      JSON.stringify(location),
      documents,
      String(run),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close');
  while (!output.startsWith('ready\n') && child.exitCode === null) await pause(5);
  // From before the first acknowledgement to well under load.
  await pause(Math.random() * 400);
  child.kill('SIGKILL');
  await ended;
  // A line without its end was cut by the kill: not acknowledged.
  return output.split('\n').slice(1, -1);
}

for (const engine of engines) {
  describe(`kill -9 on ${engine.name}`, function () {
    this.timeout(180_000);
    before(function () {
      engine.require(this);
    });

    it(`loses no acknowledged write, keeps no half one`, async () => {
      const { location, remove } = await engine.place();
      const folder = await mkdtemp(join(tmpdir(), 'yinxin-test-'));
      const acknowledged = new Map<string, string>();
      const runs = scale(engine.name === 'sqlite' ? 20 : 6);
      for (let run = 0; run < runs; run += 1) {
        for (const line of await runAndKill(location, folder, run)) {
          const [name = '', digest = ''] = line.split(' ');
          assert.ok(!acknowledged.has(name));
          acknowledged.set(name, digest);
        }
      }
      assert.ok(acknowledged.size > 0, `${acknowledged.size} writes`);

      const database = await openDatabase(location);
      const documents = await openDocumentFiles(folder, documentKeys());
      const rows = await database.reader.selectFrom('install_fact').selectAll().execute();
      const found = new Map(rows.map((row) => [row.name, row.value]));
      for (const [name, digest] of acknowledged) assert.equal(found.get(name), digest);
      for (const digest of found.values()) assert.equal(await documents.verify(digest), 'intact');
      for await (const digest of documents.list()) assert.equal(await documents.verify(digest), 'intact');
      // Change and audit row are one write: as many of one as of the other, and an unbroken chain.
      assert.deepEqual(await verifyAuditChain(database.reader), { intact: true, rows: rows.length });
      await database.close();
      await rm(folder, { recursive: true, force: true });
      await remove();
    });
  });
}
