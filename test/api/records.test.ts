// What a whole journey leaves in the database, the audit log and the logs: every act on record, every digest and
// ciphertext with its algorithm, and nothing that says who a resident is.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Writable } from 'node:stream';
import request from 'supertest';
import { openLog } from '../../api/log.ts';
import { district } from '../../fixtures/district.ts';
import { seniorCitizenLicense } from '../../fixtures/licenses.ts';
import { verifyAuditChain } from '../../storage/audit-verify.ts';
import { startService, type Harness } from './harness.ts';
import { signInAs } from './sign-in.ts';
import { receiptOrder, recognition } from './receipts.ts';
import { bearer, decisionPdf, freshKey, issue, licenseBody, licenses, officeSeal, stamp } from './samples.ts';

/** A resident whose name, number, birthday and address stand nowhere but in the record. */
const resident = district.persons[3];

/** Columns of digests, keyed digests, hashes and ciphertexts, each with the forms its values take. */
const sha256 = /^sha256:[0-9a-f]{64}$/;
const mac = /^hmac-sha256:/;
const cipher = /^aes-256-gcm:/;
const named: Readonly<Record<string, RegExp>> = {
  'api_key.secret_mac': mac,
  'audit_head.hash': sha256,
  'audit_log.hash': sha256,
  'audit_log.previous': /^(|sha256:[0-9a-f]{64})$/,
  'enterprise.legal_representative_cipher': cipher,
  'guardianship.evidence_cipher': cipher,
  'login_device.token_mac': mac,
  // Both hierarchies are there in every suite; a key of SM2 is named by SM3.
  'ca_authority.key_id': /^(sha256|sm3):[0-9a-f]{64}$/,
  'ca_certificate.key_id': /^(sha256|sm3):[0-9a-f]{64}$/,
  'login_session.device_cipher': cipher,
  'login_session.session_mac': mac,
  'login_client.session_mac': mac,
  'login_client.grant_mac': mac,
  'oidc_client.secret_cipher': cipher,
  'oidc_key.private_cipher': cipher,
  'oidc_record.id_mac': mac,
  'oidc_record.uid_mac': mac,
  'oidc_record.grant_mac': mac,
  'oidc_record.payload_cipher': cipher,
  'page_session.token_mac': mac,
  'page_session.session_mac': mac,
  'page_session.id_token_cipher': cipher,
  'license.code': cipher,
  'license.document': sha256,
  'license.holder_index': mac,
  'license.number_index': mac,
  'license.record': cipher,
  'license.record_hash': sha256,
  'license_act.request_digest': /^(sha256:[0-9a-f]{64}$|hmac-sha256:)/,
  'license_event.request_digest': /^(sha256:[0-9a-f]{64}$|hmac-sha256:)/,
  'license_event.reason': cipher,
  'license_holder.holder_index': mac,
  'record_key.wrapped': cipher,
  'person.name_cipher': cipher,
  'person.number_cipher': cipher,
  'person.number_index': mac,
  'person.wanghao_cipher': cipher,
  'person.wanghao_index': mac,
  'proofing.evidence_cipher': cipher,
  'purpose_notice.digest': sha256,
  'recognition.request_digest': mac,
  'representation.agent_index': mac,
  'representation.agent_name_cipher': cipher,
  'seal.key_id': sha256,
  'seal_edition.eseal_digest': /^sm3:[0-9a-f]{64}$/,
  'seal_edition.key_id': sha256,
  'seal_edition.sm2_key_id': /^sm3:[0-9a-f]{64}$/,
  'seal_use.document_digest': sha256,
  'stamp.original_digest': sha256,
  'stamp.request_digest': /^(sha256:[0-9a-f]{64}$|hmac-sha256:)/,
  'stamp.result_digest': sha256,
  'trust_list_edition.content_digest': sha256,
};

/** Looks like a digest or a key's worth of bytes that does not say what it is. */
const nameless = /^([0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/;

describe('what a journey leaves on record', () => {
  let service: Harness;
  let database: DatabaseSync;
  const logged: string[] = [];

  before(async () => {
    assert.ok(resident !== undefined);
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        logged.push(chunk.toString());
        done();
      },
    });
    service = await startService({ log: openLog('debug', sink) });
    const { url } = service;
    const civil = bearer(service, 'civil-affairs');
    await stamp(service, { department: 'approval-office' });
    const stamped = await stamp(service);
    await request(url)
      .get(new URL(String(stamped.body.documentUrl)).pathname)
      .set('Authorization', bearer(service));
    await issue(service, licenseBody(licenses.food));
    const { body } = await issue(service, licenseBody(seniorCitizenLicense(resident, 2026, 77)), {
      department: 'civil-affairs',
    });
    const id = String(body.id);
    assert.match(id, /^lic_/, JSON.stringify(body));
    for (const path of ['', '/document', '/code.svg'])
      await request(url).get(`/api/v1/licenses/${id}${path}?purpose=test`).set('Authorization', civil);
    await request(url)
      .post('/api/v1/licenses:search')
      .set('Authorization', civil)
      .send({ holder: { kind: 'resident', code: resident.number }, purpose: 'test' });
    const refused = await request(url)
      .post('/api/v1/licenses')
      .set('Authorization', civil)
      .set('Idempotency-Key', freshKey())
      .send(licenseBody(seniorCitizenLicense({ ...resident, number: '120105194807070040' }, 2026, 78)));
    assert.equal(refused.status, 422);
    const changed = await request(url)
      .post(`/api/v1/licenses/${id}/status-changes`)
      .set('Authorization', civil)
      .set('Idempotency-Key', freshKey())
      .send({ change: 'suspend', reason: '演示', legalBasis: '演示' });
    assert.equal(changed.status, 201);
    await signInAs(service, `holder-${district.persons.indexOf(resident) + 1}`);
    await handleCase();
    assert.equal((await recognition(service, await receiptOrder(service))).status, 201);
    assert.equal((await request(url).get('/api/v1/trust-list')).status, 200);
    database = new DatabaseSync(join(service.dataFolder, 'yinxin.db'), { readOnly: true });
  });
  after(async () => {
    database.close();
    await service.stop();
  });

  async function handleCase(): Promise<void> {
    const { pdf, seal } = await decisionPdf();
    const { matter, ...order } = licenseBody(licenses.hygiene, { case: undefined }) as Record<
      string,
      unknown
    >;
    const decision = { seal: officeSeal, page: seal.page, x: seal.centreX, y: seal.centreY };
    const answer = await request(service.url)
      .post('/api/v1/cases')
      .set('Authorization', bearer(service))
      .set('Idempotency-Key', freshKey())
      .field('case', JSON.stringify({ matter, case: 'RECORDS-1', decision, licenses: [order] }))
      .attach('document', Buffer.from(pdf), 'decision.pdf');
    assert.equal(answer.status, 201, answer.text);
  }

  const rowsOf = (table: string): Record<string, unknown>[] =>
    database.prepare(`SELECT * FROM "${table}"`).all();
  const tables = (): string[] =>
    (
      database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .all() as {
        name: string;
      }[]
    ).map(({ name }) => name);

  /** What tells who the resident is. */
  function secrets(): readonly string[] {
    assert.ok(resident !== undefined);
    const { name, number, birthDate, address } = resident;
    // The number with its last character changed was sent, too.
    return [name, number, number.slice(0, 17), birthDate, address];
  }

  it('has an audit row for every act', () => {
    const counts = new Map<string, number>();
    for (const { action } of rowsOf('audit_log'))
      counts.set(String(action), (counts.get(String(action)) ?? 0) + 1);
    const least: Readonly<Record<string, number>> = {
      'hierarchy.established': 1,
      'certificate.issued': 5,
      'seal.created': 5,
      'department.added': 4,
      'api-key.created': 4,
      // Two decisions, two licenses, and a case's decision and license.
      'stamp.completed': 6,
      'license.issued': 3,
      'license.status-changed': 1,
      // Read, masked, and its code shown.
      'license.read': 2,
      // A stamped decision and a license's document.
      'document.disclosed': 2,
      'license.searched': 1,
      'receipt.given': 1,
      'receipt.recognised': 1,
      'login.succeeded': 1,
      'session.opened': 1,
      'authorization.granted': 1,
      'token.issued': 1,
    };
    for (const [action, count] of Object.entries(least))
      assert.ok((counts.get(action) ?? 0) >= count, `${action}: ${counts.get(action) ?? 0} of ${count}`);
    const acts = (state: string, table: string): number =>
      rowsOf(table).filter((row) => row['state'] === state).length;
    assert.equal(counts.get('stamp.completed'), acts('completed', 'stamp'), 'one for every stamp');
    assert.equal(counts.get('license.issued'), rowsOf('license').length, 'one for every license');
  });

  it('has one unbroken chain', async () => {
    const result = await verifyAuditChain(service.services.database.reader);
    assert.deepEqual(result, { ...result, intact: true });
  });

  it('says of every digest, index, hash and ciphertext by which algorithm', () => {
    const seen = new Set<string>();
    for (const table of tables()) {
      for (const row of rowsOf(table)) {
        for (const [column, value] of Object.entries(row)) {
          if (typeof value !== 'string') continue;
          const place = `${table}.${column}`;
          const form = named[place];
          assert.ok(!nameless.test(value), `${place} holds bytes that do not say what they are: ${value}`);
          if (form === undefined) {
            // A column of this kind that the list above does not know is a new one: it belongs there.
            assert.ok(
              !/(digest|hash|mac|cipher|previous|secret|index)/.test(column),
              `${place} is not in the list`,
            );
            continue;
          }
          assert.match(value, form, place);
          seen.add(place);
        }
      }
    }
    assert.deepEqual([...seen].sort(), Object.keys(named).sort(), 'the journey fills every one of them');
  });

  it('tells the name, number, birthday and address of a resident nowhere in clear: not a byte of the files', () => {
    const files = ['yinxin.db', 'yinxin.db-wal'].map((name) => join(service.dataFolder, name));
    for (const file of files.filter((each) => existsSync(each))) {
      const content = readFileSync(file);
      for (const secret of secrets())
        assert.equal(content.indexOf(Buffer.from(secret, 'utf8')), -1, `${file} holds ${secret}`);
    }
  });

  it('names no resident and no number in the audit log', () => {
    const text = JSON.stringify(rowsOf('audit_log'));
    for (const { name, number } of district.persons)
      assert.ok(!text.includes(name) && !text.includes(number), name);
    for (const { name, legalRepresentative } of district.enterprises)
      assert.ok(![name, legalRepresentative].some((value) => text.includes(value)), name);
    for (const { number } of [licenses.food, licenses.hygiene]) assert.ok(!text.includes(number), number);
  });

  it('tells an enterprise in the audit log by its credit code alone, and only for whom somebody acts or was asked', () => {
    // The code is public register data (企业信息公示暂行条例 article 6: registration is published), says who no person is,
    // and is the one name that outlives the mandates that a reader of the log would otherwise have to join. A license's
    // holder is no such case: whoever was given which license is nowhere in the log.
    const permitted = new Set([
      'register.asked',
      'enterprise.changed',
      'mandate.accepted',
      'mandate.refused',
      'mandate.offered',
      'mandate.ended',
    ]);
    for (const { creditCode } of district.enterprises) {
      for (const row of rowsOf('audit_log')) {
        if (!JSON.stringify(row).includes(creditCode)) continue;
        const { enterprise, actingFor, ...others } = JSON.parse(String(row['details'])) as Record<
          string,
          string
        >;
        assert.ok(
          !Object.values(others).some((value) => value.includes(creditCode)),
          `${String(row['action'])} tells a code in another place`,
        );
        assert.ok(
          actingFor === creditCode || permitted.has(String(row['action'])),
          `${String(row['action'])} tells ${enterprise ?? creditCode}`,
        );
      }
    }
  });

  it('logs every request with its identifier, as JSON lines, without keys, names and numbers', () => {
    const lines = logged.join('').trim().split('\n');
    const requests = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'request');
    assert.ok(requests.length > 15);
    for (const line of requests) {
      assert.match(String(line['request']), /^[0-9a-f]{24}$/);
      assert.ok(typeof line['status'] === 'number' && typeof line['seconds'] === 'number');
    }
    const text = logged.join('');
    for (const secret of [...secrets(), ...Object.values(service.apiKeys), licenses.food.holder.code])
      assert.ok(!text.includes(secret), 'a secret or personal value in the logs');
  });
});
