// The certification authority over HTTP: registration authority, officers and auditor, each within their scopes.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import request, { type Response } from 'supertest';
import { routes } from '../../api/routes.ts';
import { openLog } from '../../api/log.ts';
import { departmentScopes, scopes } from '../../identity/principal.ts';
import { requireProgram } from '../programs.ts';
import {
  csr,
  enrol,
  enterprise,
  evidence,
  get,
  lines,
  password,
  post,
  resident,
  twoOfficers,
} from './ca-office.ts';
import { approvalOffice } from '../../fixtures/departments.ts';
import { startService, type Harness } from './harness.ts';
import { postAs, postWithKey } from './officer.ts';
import { bearer, freshKey, stamp } from './samples.ts';

const personal = { profile: 'resident-signing', subject: { person: resident } };

describe('the certification authority over HTTP', () => {
  let service: Harness;
  let openssl: string;
  let logged = '';

  before(async function () {
    openssl = requireProgram(this, 'openssl');
    const stream = new PassThrough();
    stream.on('data', (chunk: Buffer) => (logged += chunk.toString()));
    service = await startService({ log: openLog('debug', stream) });
  });
  after(() => service.stop());

  const ossl = (...args: readonly string[]): string =>
    execFileSync(openssl, args, { encoding: 'utf8', stdio: 'pipe' });
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(service.dataFolder, name);
    writeFileSync(path, content);
    return path;
  };
  /** Waits for a batch to end. */
  const ended = async (id: string): Promise<Response> => {
    for (let tries = 0; tries < 200; tries += 1) {
      const progress = await get(service, 'registration-authority', `/api/v1/ca/batches/${id}`);
      if (progress.body.state === 'completed') return progress;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return assert.fail('the batch does not end');
  };

  it('gives departments none of its scopes, and every call of it asks for one', async () => {
    assert.deepEqual(
      departmentScopes.filter((scope) => scope.startsWith('ca:')),
      [],
    );
    const guarded = routes.filter(({ path }) => path.startsWith('/api/v1/ca/'));
    const open = guarded.filter(({ access }) => access.kind === 'public').map(({ path }) => path);
    assert.deepEqual(open, ['/api/v1/ca/authorities', '/api/v1/ca/profiles']);
    for (const { access } of guarded)
      if (access.kind === 'scope') assert.ok(access.scopes.every((scope) => scope.startsWith('ca:')));
    assert.equal(scopes.filter((scope) => scope.startsWith('ca:')).length, 5);
    const response = await request(service.url)
      .post('/api/v1/ca/enrolments')
      .set('Authorization', bearer(service))
      .set('Idempotency-Key', freshKey())
      .send({});
    assert.equal(response.body.code, 'scope-missing');
  });

  it('enrols an enterprise; the chain it publishes verifies the certificate', async () => {
    const answer = await enrol(service, { csr: csr(service, openssl) });
    assert.equal(answer.status, 201, answer.text);
    const pem = await request(service.url).get('/ca/enterprises.pem');
    const chain = file('chain.pem', pem.text);
    const own = file('own.pem', String(answer.body.certificate));
    assert.match(ossl('verify', '-x509_strict', '-CAfile', chain, own), /: OK/);
    const read = await get(service, 'registration-authority', answer.headers['location'] as string);
    assert.equal(read.body.certificate, answer.body.certificate);
    assert.deepEqual([read.body.state, read.body.qualification], ['valid', 'internal']);
  });

  it('hands a made key over once; the password is nowhere, and no repeat brings the key again', async () => {
    const key = freshKey();
    const made = { generate: 'ES256', password };
    const first = await enrol(service, made, personal, key);
    assert.equal(first.status, 201, first.text);
    const path = file('holder.p12', Buffer.from(String(first.body.pkcs12), 'base64'));
    assert.match(ossl('pkcs12', '-in', path, '-passin', `pass:${password}`, '-nodes'), /BEGIN PRIVATE KEY/);
    const again = await enrol(service, made, personal, key);
    assert.deepEqual([again.status, again.body.pkcs12], [201, null]);
    assert.equal(again.body.certificate, first.body.certificate);
    const otherPassword = await enrol(service, { ...made, password: `${password}x` }, personal, key);
    assert.equal(otherPassword.body.serial, first.body.serial);
    const other = await enrol(service, { ...made, generate: 'ES384' }, personal, key);
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency-mismatch']);
    const shown = await get(
      service,
      'registration-authority',
      `/api/v1/ca/enrolments/${first.body.enrolment as string}`,
    );
    assert.equal(shown.body.pkcs12, null);
    for (const secret of [password, resident.documentNumber, String(first.body.pkcs12).slice(0, 60)]) {
      assert.ok(!logged.includes(secret));
      for (const name of ['yinxin.db', 'yinxin.db-wal']) {
        const bytes = readFileSync(join(service.dataFolder, name));
        assert.ok(!bytes.includes(secret), `${name}: ${secret.slice(0, 8)}`);
      }
    }
  });

  it('masks persons in lists; whom a pseudonym stands for is told with a purpose, and that is on record', async () => {
    const { documentType, documentNumber } = resident;
    const search = { subject: { documentType, documentNumber }, purpose: '核对' };
    const list = await post(service, 'ca-auditor', '/api/v1/ca/certificates:search', search);
    assert.equal(list.status, 200, list.text);
    assert.ok(list.body.certificates.length >= 1);
    assert.ok(!list.text.includes(documentNumber) && !list.text.includes(resident.name));
    const { serial } = list.body.certificates[0] as { serial: string };
    const path = `/api/v1/ca/certificates/${serial}`;
    assert.equal((await post(service, 'ca-officer-1', `${path}/subject`, { purpose: 'x y' })).status, 403);
    const told = await post(service, 'ca-auditor', `${path}/subject`, { purpose: '司法协助' });
    assert.equal(told.body.documentNumber, documentNumber);
    const asked = await get(service, 'ca-auditor', `${path}/disclosures`);
    assert.equal(asked.body.disclosures[0].purpose, '司法协助');
    const rows = await service.services.database.reader.selectFrom('audit_log').selectAll().where('action', 'in', ['certificate.listed', 'certificate.subject-disclosed']).execute(); // prettier-ignore
    assert.equal(rows.length, 2);
    assert.ok(!JSON.stringify(rows).includes(documentNumber));
  });

  it('holds, releases and revokes by those who may; OCSP tells at once', async () => {
    const { body } = await enrol(service, { csr: csr(service, openssl) });
    const path = `/api/v1/ca/certificates/${body.serial as string}`;
    const issuer = file('issuer.pem', String(body.chain[1]));
    const own = file('status.pem', String(body.certificate));
    const roots = file('roots.pem', (await request(service.url).get('/ca/enterprises.pem')).text);
    // The service runs in this process: whoever waits for openssl must let it answer.
    const status = async (): Promise<string> => {
      const url = `${service.url}/ocsp/enterprises`;
      const args = ['ocsp', '-issuer', issuer, '-cert', own, '-url', url, '-CAfile', roots];
      return (await promisify(execFile)(openssl, args)).stdout;
    };
    const states: string[] = [];
    for (const [step, more] of [
      ['suspension', {}],
      ['release', {}],
      ['revocation', { reason: 'keyCompromise' }],
    ] as const) {
      // prettier-ignore
      const changed = await post(service, 'registration-authority', `${path}/${step}`, more);
      assert.equal(changed.status, 200, changed.text);
      states.push(String(changed.body.state), /: (good|revoked)/.exec(await status())?.[1] ?? '');
    }
    assert.deepEqual(states, ['held', 'revoked', 'valid', 'good', 'revoked', 'revoked']);
    const twice = await post(service, 'ca-officer-1', `${path}/revocation`, { reason: 'superseded' });
    assert.deepEqual([twice.status, twice.body.code], [409, 'certificate-already-revoked']);
    const held = await post(service, 'ca-officer-1', `${path}/suspension`);
    assert.deepEqual([held.status, held.body.code], [409, 'certificate-already-revoked']);
    const service_ = service.services.hierarchy.serviceKey('receipt').chain[0];
    assert.ok(service_ !== undefined);
    const foreign = ossl(
      'x509',
      '-inform',
      'DER',
      '-in',
      file('receipt.der', service_),
      '-noout',
      '-serial',
    ).trim();
    const serial = foreign.split('=')[1]?.toLowerCase() ?? '';
    const refused = await post(service, 'registration-authority', `/api/v1/ca/certificates/${serial}/revocation`, { reason: 'superseded' }); // prettier-ignore
    assert.deepEqual([refused.status, refused.body.code], [404, 'certificate-not-found']);
    const authority = service.services.hierarchy.authority('residents').certificate.serialHex;
    const never = await post(service, 'ca-officer-1', `/api/v1/ca/certificates/${authority}/revocation`, { reason: 'superseded' }); // prettier-ignore
    assert.deepEqual([never.status, never.body.code], [422, 'revocation-refused']);
  });

  it('works through JSON Lines with a result for each row, and a repeat is the same batch', async () => {
    const row = (change: object = {}): string =>
      JSON.stringify({ profile: 'enterprise-seal', subject: enterprise, evidence, key: { csr: csr(service, openssl) }, ...change }); // prettier-ignore
    const body = [row(), '{"broken', row({ evidence: { ...evidence, level: 9 } }), '', row()].join('\n');
    const key = freshKey();
    const send = (text: string): PromiseLike<Response> =>
      lines(service, 'registration-authority', '/api/v1/ca/batches/enrolments', text, key);
    const taken = await send(body);
    assert.equal(taken.status, 202, taken.text);
    assert.equal((await send(body)).body.id, taken.body.id);
    assert.equal((await send(row())).body.code, 'idempotency-mismatch');
    const { id } = taken.body as { id: string };
    assert.deepEqual([(await ended(id)).body.done, (await ended(id)).body.refused], [2, 2]);
    const { items } = (await get(service, 'ca-auditor', `/api/v1/ca/batches/${id}/items`)).body as { items: { code: string | null; serial: string | null }[] }; // prettier-ignore
    assert.deepEqual(
      items.map(({ code }) => code),
      [null, 'request-invalid', 'request-invalid', null],
    );
    const serials = items.flatMap(({ serial }) => (serial === null ? [] : [serial]));
    const target = { serials };
    const revoked = await post(service, 'ca-officer-1', '/api/v1/ca/batches/revocations', {
      reason: 'superseded',
      target,
    });
    assert.equal((await ended(String(revoked.body.id))).body.done, 2);
  });

  it('bounds what it reads: bodies, rows, requests, fields', async () => {
    const path = '/api/v1/ca/batches/enrolments';
    const send = (text: string): PromiseLike<Response> =>
      lines(service, 'registration-authority', path, text);
    assert.equal((await send('{}\n'.repeat(10_001))).status, 413);
    assert.equal((await send(`[${'{},'.repeat(2_000_000)}{}]`)).status, 413);
    assert.equal((await send('null\n"x"\n[]\n')).body.refused, 3);
    assert.equal((await enrol(service, { csr: 'A'.repeat(60_000) })).status, 400);
    assert.equal((await enrol(service, { csr: 'A'.repeat(2_000_000) })).status, 413);
    assert.equal((await enrol(service, { csr: Buffer.alloc(33_000, 0x30).toString('base64') })).status, 422);
    assert.equal((await enrol(service, { generate: 'ES256', password }, { profile: 'root' })).status, 400);
    assert.equal((await enrol(service, { generate: 'RS1024', password })).status, 400);
    assert.equal(
      (await enrol(service, { csr: `${csr(service, openssl)}\n${csr(service, openssl)}` })).status,
      400,
    );
    const unkeyed = await request(service.url)
      .post('/api/v1/ca/enrolments')
      .set('Authorization', `Bearer ${service.caKeys['registration-authority']}`)
      .send({});
    assert.equal(unkeyed.body.code, 'idempotency-key-missing');
  });

  it('lets two officers act together and never one alone', async () => {
    const operation = { kind: 'root-crl', hierarchy: 'international' };
    const asked = await post(service, 'ca-officer-1', '/api/v1/ca/requests', {
      operation,
      purpose: '年度发布',
    });
    assert.equal(asked.status, 201, asked.text);
    const path = `/api/v1/ca/requests/${asked.body.id as string}`;
    // A key is no person: neither the one that asked, nor another one with every scope of an officer.
    assert.equal((await post(service, 'ca-officer-1', `${path}/approval`)).body.code, 'scope-missing');
    for (const [step, body] of [
      ['approval', {}],
      ['rejection', { reason: '不同意' }],
    ] as const) {
      const keyed = await postWithKey(service, approvalOffice.creditCode, ['ca:operate', 'ca:approve'], `${path}/${step}`, body); // prettier-ignore
      assert.deepEqual([keyed.status, keyed.body.code], [403, 'decider-not-person'], step);
      assert.match(String(keyed.body.detail), /sign in/);
    }
    assert.equal((await get(service, 'ca-auditor', path)).body.state, 'requested');
    const alone = await postAs(service, 'ca-officer', '/api/v1/ca/requests', { operation, purpose: '演示' });
    const own = `/api/v1/ca/requests/${alone.body.id as string}`;
    assert.equal((await postAs(service, 'ca-officer', `${own}/approval`)).body.code, 'self-approval');
    assert.equal((await postAs(service, 'ca-officer', `${own}/rejection`, { reason: '不同意' })).status, 403);
    const both = await Promise.all([
      postAs(service, 'ca-reviewer', `${path}/approval`),
      postAs(service, 'ca-reviewer', `${path}/approval`),
      post(service, 'ca-officer-1', `${path}/approval`),
    ]);
    assert.equal(both[2].status, 403);
    assert.ok(both[0].status === 200 || both[1].status === 200);
    const { body } = await get(service, 'ca-auditor', path);
    assert.deepEqual([body.state, body.requestedBy === body.decidedBy], ['executed', false]);
    const list = await request(service.url).get('/crl/root.crl').buffer(true);
    assert.equal(list.status, 200);
    const off = {
      kind: 'profile-setting',
      hierarchy: 'international',
      profile: 'enterprise-seal',
      enabled: false,
    };
    assert.equal((await twoOfficers(service, off)).body.state, 'executed');
    assert.equal((await enrol(service, { csr: csr(service, openssl) })).body.code, 'profile-disabled');
    assert.equal(
      (await twoOfficers(service, { ...off, enabled: true, maximumDays: 90 })).body.state,
      'executed',
    );
    const profiles = await request(service.url).get('/api/v1/ca/profiles');
    const found = (profiles.body.profiles as { name: string; hierarchy: string; maximumDays: { value: number } }[]).find(({ name, hierarchy }) => name === 'enterprise-seal' && hierarchy === 'international'); // prettier-ignore
    assert.equal(found?.maximumDays.value, 90);
    assert.equal((await enrol(service, { csr: csr(service, openssl) })).status, 201);
  });

  it('says of its own certificates in every report that no licensed authority stands behind them', async () => {
    const sealed = await stamp(service, { accept: 'application/pdf' });
    const report = await request(service.url)
      .post('/api/v1/verifications')
      .attach('document', sealed.body as Buffer, 'sealed.pdf');
    assert.equal(report.status, 200, report.text);
    assert.match(report.text, /未使用依法设立的电子认证服务机构签发的证书（电子签名法第十六条）/);
    assert.ok(!report.text.includes('证书由依法设立的电子认证服务机构签发'));
  });

  it('finds everything again after a restart, and goes on with what was under way', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'yinxin-ca-restart-'));
    try {
      const first = await startService({ dataFolder });
      const rows = Array.from({ length: 12 }, () => ({ profile: 'enterprise-seal', subject: enterprise, evidence, key: { csr: csr(first, openssl) } })); // prettier-ignore
      const taken = await post(first, 'registration-authority', '/api/v1/ca/batches/enrolments', rows);
      assert.equal(taken.status, 202, taken.text);
      await first.stop();
      const second = await startService({ dataFolder });
      try {
        await second.services.bulk.idle();
        const progress = await get(second, 'ca-auditor', `/api/v1/ca/batches/${taken.body.id as string}`);
        assert.deepEqual([progress.body.state, progress.body.done], ['completed', 12]);
      } finally {
        await second.stop();
      }
    } finally {
      rmSync(dataFolder, { recursive: true, force: true });
    }
  });
});
