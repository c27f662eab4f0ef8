// What the disk says of documents: nothing, in no file of the data folder or of a backup, and what earlier versions left is put right.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import request from 'supertest';
import { openInstallation, realWorld } from '../../api/installation.ts';
import { readConfig } from '../../api/config.ts';
import { civilAffairs } from '../../fixtures/departments.ts';
import { journeyLicenses } from '../../fixtures/licenses.ts';
import { issueLicense } from '../../licenses/issue.ts';
import { backup, restore } from '../../storage/backup.ts';
import { documentPath } from '../../storage/documents-files.ts';
import { orderRotation, rotationStatus } from '../../storage/master-key-rotation.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, decisionPdf, stamp } from './samples.ts';

const marker = '刘样本 120105198001010012';
const { senior } = journeyLicenses(2026);

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/** Nothing of these may lie in any file: the marker of uploads, the holder of the license, and how a PDF begins. */
const tellTales: readonly (readonly [string, Buffer])[] = [
  ['the marker', Buffer.from(marker)],
  ['the number in the marker', Buffer.from('120105198001010012')],
  ['a PDF', Buffer.from('%PDF-1.')],
  ...Object.values(senior.holder)
    .filter((value) => typeof value === 'string' && value.length >= 3 && value !== 'resident')
    .flatMap((value): [string, Buffer][] => [
      [`the holder's ${value}`, Buffer.from(value)],
      [`the holder's ${value} in UTF-16`, utf16(value)],
    ]),
];

/** @returns what was found where */
function told(folder: string): readonly string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    // The demonstration's registers stand for other authorities' services, with invented persons.
    if (!entry.isFile() || entry.name.startsWith('demonstration-registers.db')) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    for (const [what, text] of tellTales) if (bytes.includes(text)) found.push(`${what} in ${path}`);
  }
  return found;
}

/** A decision with the marker in clear at its end, of whatever size. */
async function marked(padding: number): Promise<Buffer> {
  const { pdf } = await decisionPdf();
  const end = Buffer.from(pdf).subarray(Buffer.from(pdf).lastIndexOf('startxref'));
  return Buffer.concat([pdf, Buffer.from(`\n%${marker}${'x'.repeat(padding)}${marker}\n`), end]);
}

describe('documents at rest', function () {
  this.timeout(120_000);
  let dataFolder: string;
  let service: Harness;
  const digests: string[] = [];

  before(async () => {
    dataFolder = mkdtempSync(join(tmpdir(), 'yinxin-at-rest-'));
    service = await startService({ dataFolder });
  });
  after(async () => {
    await service.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  const readable = async (): Promise<void> => {
    for (const digest of digests) assert.equal(await service.services.documents.verify(digest), 'intact');
  };

  it('say nothing in any file: uploads, stamped documents, licenses', async () => {
    const issued = await issueLicense(service.services.licenses, {
      actor: {
        id: 'client:at-rest',
        kind: 'client',
        department: civilAffairs.creditCode,
        scopes: ['licenses:write', 'stamps:write'],
      },
      idempotencyKey: 'at-rest',
      matter: senior.matter.code,
      caseNumber: null,
      type: senior.type.key,
      number: senior.number,
      holder: senior.holder,
      face: senior.face,
    });
    const license = await service.services.database.reader
      .selectFrom('license')
      .select('document')
      .where('id', '=', issued.id)
      .executeTakeFirstOrThrow();
    digests.push(license.document ?? assert.fail());
    for (const padding of [10, 3_000_000]) {
      const document = await marked(padding);
      const kept = await request(service.url)
        .post('/api/v1/documents')
        .set('Authorization', bearer(service))
        .set('Content-Type', 'application/pdf')
        .send(document);
      assert.equal(kept.status, 201, JSON.stringify(kept.body));
      const stamped = await stamp(service, { document });
      assert.equal(stamped.status, 201, JSON.stringify(stamped.body));
      digests.push(kept.body.digest as string, stamped.body.document.digest as string);
    }
    await readable();
    const whole = await service.services.documents.readAll(digests[1]!, 1e7);
    assert.ok(Buffer.from(whole!).includes(marker), 'the marker is in the document itself');
    assert.deepEqual(told(dataFolder), []);
  });

  it('say nothing while a large one is still being received', async () => {
    const document = await marked(4_000_000);
    const sending = httpRequest(`${service.url}/api/v1/documents`, {
      method: 'POST',
      headers: {
        Authorization: bearer(service),
        'Content-Type': 'application/pdf',
        'Content-Length': document.length,
      },
    });
    sending.write(document.subarray(0, -1000));
    const uploads = join(dataFolder, 'uploads');
    for (let wait = 0; wait < 200 && readdirSync(uploads).length === 0; wait += 1) await pause(20);
    assert.equal(readdirSync(uploads).length, 1);
    await pause(100);
    assert.deepEqual(told(dataFolder), []);
    sending.end(document.subarray(-1000));
    const [response] = (await once(sending, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    assert.equal(response.statusCode, 201);
    assert.deepEqual(readdirSync(uploads), []);
  });

  it('say nothing in a backup made during a rotation, and are there after the restore', async () => {
    const { services } = service;
    const target = join(dataFolder, '..', `${dataFolder.split('/').at(-1) ?? ''}-backup`);
    const restored = `${target}-restored`;
    try {
      await services.database.write((tx) =>
        orderRotation(
          tx,
          services,
          { id: 'system', kind: 'system', department: null, scopes: [] },
          `mkr_${'7'.repeat(32)}`,
        ),
      );
      services.rotation.wake();
      const made = await backup({
        database: services.database,
        documents: services.documents,
        keysFolder: join(dataFolder, 'keys'),
        rootKeysFolder: join(dataFolder, 'root-keys'),
        target,
        at: new Date(),
      });
      await services.rotation.idle();
      const { left, latest } = await rotationStatus(services);
      assert.deepEqual([latest?.state, left], ['completed', []]);
      await readable();
      assert.ok(made.documents >= digests.length);
      assert.deepEqual(told(target), []);
      await restore(target, {
        databaseFile: join(restored, 'yinxin.db'),
        documentsFolder: join(restored, 'documents'),
        keysFolder: join(restored, 'keys'),
        rootKeysFolder: join(restored, 'root-keys'),
      });
      assert.deepEqual(told(restored), []);
      const passphrase = readFileSync(join(dataFolder, 'demonstration-passphrase'), 'utf8').trim();
      const open = (words: string) =>
        openInstallation(
          readConfig({ YINXIN_DATA: restored, YINXIN_MODE: 'demonstration', YINXIN_PASSPHRASE: words }),
          realWorld,
        );
      await assert.rejects(open('not the passphrase at all'), { code: 'key-locked' });
      const installation = await open(passphrase);
      try {
        for (const digest of digests) assert.equal(await installation.documents.verify(digest), 'intact');
      } finally {
        await installation.close();
      }
    } finally {
      for (const folder of [target, restored]) rmSync(folder, { recursive: true, force: true });
    }
  });

  it('left in clear by an earlier version are encrypted once the service runs', async () => {
    for (const digest of digests) {
      const bytes = await service.services.documents.readAll(digest, 1e7);
      writeFileSync(documentPath(join(dataFolder, 'documents'), 'sha256', digest), bytes!);
    }
    await service.stop();
    const database = new DatabaseSync(join(dataFolder, 'yinxin.db'));
    assert.equal(database.prepare(`DELETE FROM install_fact WHERE name = 'documents'`).run().changes, 1);
    database.close();
    assert.ok(told(dataFolder).length >= digests.length);
    service = await startService({ dataFolder });
    await readable();
    service.services.rotation.wake();
    await service.services.rotation.idle();
    await readable();
    assert.deepEqual(told(dataFolder), []);
  });
});
