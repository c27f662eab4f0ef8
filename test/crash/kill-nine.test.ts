// An acknowledged write survives kill -9 at any moment: a serving process is killed under load, again and again.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { approvalOffice } from '../../fixtures/departments.ts';
import { makeDecision } from '../../fixtures/decisions.ts';
import { enterprises } from '../../fixtures/enterprises.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import { licensingSeal } from '../../fixtures/seals.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import type { Reader } from '../../storage/database.ts';
import { openDatabase } from '../../storage/open.ts';
import { scale } from '../scale.ts';
import { demonstrationDocuments } from '../storage/document-keys.ts';
import { engines } from '../storage/engines.ts';
import { Load, type Acknowledged, type Sent } from './load.ts';
import { serve, type Serving } from './serving.ts';

const callers = 6;
const kills = { sqlite: 50, postgresql: 6 };

async function decision(): Promise<Uint8Array> {
  const [applicant] = enterprises;
  assert.ok(applicant);
  const { pdf, department } = await makeDecision({
    matter: foodBusinessMatter,
    applicant: { name: applicant.name, kind: 'enterprise' },
    caseNumber: 'crash-0',
    contents: ['准予经营'],
    date: new Date('2026-11-22T02:00:00Z'),
    serial: 1,
  });
  assert.equal(department.creditCode, approvalOffice.creditCode);
  return pdf;
}

/** Everything acknowledged is there, whole, and once. */
async function checkRecords(reader: Reader, dataFolder: string, acknowledged: readonly Acknowledged[]) {
  const files = await demonstrationDocuments(dataFolder);
  const stamps = new Map(
    (await reader.selectFrom('stamp').select(['id', 'state', 'result_digest']).execute()).map((row) => [
      row.id,
      row,
    ]),
  );
  const licenses = new Map(
    (await reader.selectFrom('license').selectAll().execute()).map((row) => [row.id, row]),
  );
  const digests = new Set<string>();
  for (const { stamps: made, licenses: issued, revoked } of acknowledged) {
    for (const { id, digest } of made) {
      assert.deepEqual(stamps.get(id), { id, state: 'completed', result_digest: digest });
      assert.ok(!digests.has(digest), 'two acknowledged stamps are one document');
      digests.add(digest);
    }
    for (const { id, identifier, digest } of issued) {
      const row = licenses.get(id);
      assert.ok(row, `license ${id} is lost`);
      assert.deepEqual([row.identifier, row.document], [identifier, digest]);
      assert.ok(row.state === 'issued' || row.state === 'revoked');
      assert.equal(stamps.get(row.stamp ?? '')?.state, 'completed');
      digests.add(digest);
    }
    if (revoked !== null)
      assert.equal(licenses.get(revoked)?.state, 'revoked', `revocation of ${revoked} is lost`);
  }
  // No half document: every completed record's file is whole, acknowledged or not.
  for (const row of stamps.values()) if (row.result_digest !== null) digests.add(row.result_digest);
  for (const digest of digests) assert.equal(await files.verify(digest), 'intact', digest);
  // A case is both or neither, answered or not.
  for (const act of await reader.selectFrom('license_act').selectAll().where('kind', '=', 'case').execute()) {
    const ofAct = [...licenses.values()].filter((license) => license.act === act.id);
    const whole = act.state === 'completed';
    assert.equal(stamps.get(act.decision_stamp ?? '')?.state === 'completed', whole);
    for (const license of ofAct) assert.equal(license.completed_at !== null, whole);
  }
}

async function checkOnceOnly(reader: Reader): Promise<void> {
  const distinct = (values: readonly (string | null)[], what: string): void => {
    const present = values.filter((value) => value !== null);
    assert.equal(new Set(present).size, present.length, `duplicate ${what}`);
  };
  const licenses = await reader
    .selectFrom('license')
    .select(['identifier', 'code_id', 'document', 'stamp'])
    .execute();
  distinct(
    licenses.map((row) => row.identifier),
    'license identifier',
  );
  distinct(
    licenses.map((row) => row.code_id),
    'code',
  );
  distinct(
    licenses.map((row) => row.document),
    'license document',
  );
  distinct(
    licenses.map((row) => row.stamp),
    'stamp of a license',
  );
  const stamps = await reader.selectFrom('stamp').select(['timestamp_serial', 'receipt_id']).execute();
  distinct(
    stamps.map((row) => row.timestamp_serial),
    'time-stamp serial',
  );
  distinct(
    stamps.map((row) => row.receipt_id),
    'receipt',
  );
  const certificates = await reader.selectFrom('ca_certificate').select(['serial']).execute();
  distinct(
    certificates.map((row) => row.serial),
    'certificate serial',
  );
}

/** What got no answer is asked again with its key: done before, given up, or done now; never done twice. */
async function askAgain(serving: Serving, unanswered: readonly Sent[]): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const request of unanswered) {
    const response = await request.send(serving);
    const text = await response.text();
    assert.ok(
      [201, 409].includes(response.status),
      `${request.kind} asked again: ${response.status} ${text}`,
    );
    statuses.push(response.status);
  }
  return statuses;
}

for (const engine of engines) {
  describe(`kill -9 of a serving process on ${engine.name}`, function () {
    this.timeout(900_000);
    before(function () {
      engine.require(this);
    });

    it('loses nothing it acknowledged and makes nothing twice', async () => {
      const rounds = scale(kills[engine.name]);
      const dataFolder = await mkdtemp(join(tmpdir(), 'yinxin-crash-'));
      const place = await engine.place();
      const environment =
        'url' in place.location ? { YINXIN_DATABASE_URL: place.location.url } : { YINXIN_DATABASE_URL: '' };
      const load = new Load(await decision(), licensingSeal);
      let keys: Serving['apiKeys'] | null = null;
      let asked = 0;
      try {
        for (let round = 0; round < rounds; round += 1) {
          const started = await serve(dataFolder, environment);
          keys ??= started.apiKeys;
          const serving = { ...started, apiKeys: keys };
          const unanswered = load.sent.slice(asked).filter((request) => request.acknowledged === null);
          asked = load.sent.length;
          if (round % 10 === 9) await askAgain(serving, unanswered);
          const calling = Array.from({ length: callers }, () => load.callUntilGone(serving));
          await load.answered(Math.floor(Math.random() * 12));
          // Answers only end a step; the moment within the next ones is chance.
          await pause(Math.random() * 60);
          await started.kill();
          await Promise.all(calling);
        }
        const last = await serve(dataFolder, environment);
        const acknowledged = load.sent.flatMap(({ acknowledged }) =>
          acknowledged === null ? [] : [acknowledged],
        );
        try {
          const unanswered = load.sent.slice(asked).filter((request) => request.acknowledged === null);
          await askAgain({ ...last, apiKeys: keys ?? last.apiKeys }, unanswered);
          assert.deepEqual(load.refused, []);
          assert.ok(acknowledged.length >= rounds, `only ${acknowledged.length} answers in ${rounds} rounds`);
        } finally {
          await last.kill();
        }
        const database = await openDatabase(
          'url' in place.location ? place.location : { file: join(dataFolder, 'yinxin.db') },
        );
        try {
          await checkRecords(database.reader, dataFolder, acknowledged);
          await checkOnceOnly(database.reader);
          const verdict = await verifyAuditChain(database.reader);
          assert.ok(verdict.intact, JSON.stringify(verdict));
        } finally {
          await database.close();
        }
      } finally {
        await place.remove();
        await rm(dataFolder, { recursive: true, force: true });
      }
    });
  });
}
