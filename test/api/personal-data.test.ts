// Personal data over HTTP, as each person would: two administrators, a holder, an office; and the command at a shell.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request, { type Response } from 'supertest';
import { demonstrationSettings } from '../../api/demonstration.ts';
import { writeSettings } from '../../api/settings.ts';
import { runCommandLine } from '../../bin/dispatch.ts';
import { approvalOffice } from '../../fixtures/departments.ts';
import { district } from '../../fixtures/district.ts';
import { labelledDigest } from '../../crypto/algorithms.ts';
import { seniorCitizenLicense } from '../../fixtures/licenses.ts';
import { startService, type Harness } from './harness.ts';
import { bearer, issue, licenseBody } from './samples.ts';
import { signInAs } from './sign-in.ts';
import { requireProgram, run } from '../programs.ts';

describe('personal data over HTTP', function () {
  this.timeout(180_000);
  let service: Harness;
  let folder: string;
  let senior: { id: string; number: string };
  const resident = district.persons.find(({ birthDate }) => Number(birthDate.slice(0, 4)) < 1966);
  const civilAffairs = district.departments.find(({ key }) => key === 'civil-affairs')?.creditCode ?? '';
  const sessions = new Map<string, { cookie: string; token: string }>();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-service-'));
    service = await startService({ dataFolder: folder });
    assert.ok(resident);
    const issued = await issue(service, licenseBody(seniorCitizenLicense(resident, 2026, 4711)), {
      department: 'civil-affairs',
    });
    assert.equal(issued.status, 201, issued.text);
    senior = { id: String(issued.body.id), number: resident.number };
  });
  after(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function as(choice: string): Promise<{ cookie: string; token: string }> {
    const known = sessions.get(choice);
    if (known !== undefined) return known;
    const cookie = await signInAs(service, choice);
    const home = await request(service.url).get('/').set('Cookie', cookie);
    const made = { cookie, token: /name="formToken" value="([^"]+)"/.exec(home.text)?.[1] ?? '' };
    sessions.set(choice, made);
    return made;
  }
  async function post(choice: string, path: string, body: object): Promise<Response> {
    const { cookie, token } = await as(choice);
    return request(service.url).post(path).set('Cookie', cookie).set('X-Form-Token', token).send(body);
  }
  async function get(choice: string, path: string): Promise<Response> {
    const { cookie } = await as(choice);
    return request(service.url).get(path).set('Cookie', cookie);
  }
  async function agreed(kind: string, parameters: object): Promise<string> {
    const asked = await post('system-administrator', '/api/v1/two-person-requests', {
      kind,
      parameters,
      purpose: '年度安排',
    });
    const { id } = asked.body as { id: string };
    const approved = await post('security-administrator', `/api/v1/two-person-requests/${id}/approval`, {});
    assert.equal(approved.status, 200, approved.text);
    return id;
  }
  const civil = (): string => bearer(service, 'civil-affairs');
  const reveal = (): Promise<Response> =>
    request(service.url)
      .post(`/api/v1/licenses/${senior.id}/reveal`)
      .set('Authorization', civil())
      .send({ reason: '窗口核对' })
      .then((answer) => answer);

  it('answers a department masked, and in full with a reason', async () => {
    const masked = await request(service.url)
      .get(`/api/v1/licenses/${senior.id}?purpose=test`)
      .set('Authorization', civil());
    assert.equal((masked.body as { masked: boolean }).masked, true);
    assert.ok(!masked.text.includes(senior.number) && !masked.text.includes(resident?.name ?? '?'));
    const full = await reveal();
    assert.equal(full.status, 200, full.text);
    assert.equal((full.body as { holder: { code: string } }).holder.code, senior.number);
    const other = await request(service.url)
      .post(`/api/v1/licenses/${senior.id}/reveal`)
      .set('Authorization', bearer(service, 'market-supervision'))
      .send({ reason: '窗口核对' });
    assert.equal(other.status, 404);
  });

  it('wants a purpose for the page from whoever did not issue it', async () => {
    const path = `/api/v1/licenses/${senior.id}/document`;
    const officer = await get('officer-civil-affairs', path);
    assert.deepEqual([officer.status, (officer.body as { code?: string }).code], [422, 'purpose-missing']);
    assert.equal((await get('officer-civil-affairs', `${path}?purpose=test`)).status, 200);
    const issuer = await request(service.url).get(path).set('Authorization', civil());
    assert.equal(issuer.status, 200, 'the system that issued it has it');
  });

  it('gives a holder an archive of all their licenses that other programs read', async function () {
    const unzip = requireProgram(this, 'unzip');
    const holder = `holder-${district.persons.indexOf(resident ?? district.persons[0]!) + 1}`;
    const { cookie } = await as(holder);
    const answer = await request(service.url)
      .get('/api/v1/licenses:export')
      .set('Cookie', cookie)
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(null, Buffer.concat(chunks)));
      });
    assert.equal(answer.status, 200);
    const out = mkdtempSync(join(tmpdir(), 'yinxin-export-'));
    try {
      writeFileSync(join(out, 'a.zip'), answer.body as Buffer);
      run(unzip, ['-q', join(out, 'a.zip'), '-d', join(out, 'x')]);
      const manifest = JSON.parse(readFileSync(join(out, 'x', 'manifest.json'), 'utf8')) as {
        files: { name: string; digest: string; size: number }[];
        absent: string[];
      };
      assert.deepEqual(manifest.absent, []);
      assert.ok(manifest.files.length >= 2);
      for (const { name, digest, size } of manifest.files) {
        const bytes = readFileSync(join(out, 'x', name));
        assert.deepEqual([bytes.length, labelledDigest('sha256', bytes)], [size, digest], name);
      }
      const records = readdirSync(join(out, 'x', 'licenses')).filter((name) => name.endsWith('.json'));
      const all = records.map(
        (name) =>
          JSON.parse(readFileSync(join(out, 'x', 'licenses', name), 'utf8')) as {
            id: string;
            record: { CZZTDM: string };
          },
      );
      assert.ok(all.some(({ id }) => id === senior.id));
      assert.ok(all.every(({ record }) => record.CZZTDM === senior.number));
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });

  it('exports in bulk once for what two administrators agreed to, and for nothing else', async () => {
    const selection = { issuer: civilAffairs };
    const planned = await post('system-administrator', '/api/v1/license-bulk-exports:plan', selection);
    const { what } = planned.body as { what: string };
    const approval = await agreed('bulk-export', { what });
    const wider = await post('system-administrator', '/api/v1/license-bulk-exports', {
      issuer: approvalOffice.creditCode,
      approval,
    });
    assert.deepEqual(
      [wider.status, (wider.body as { code: string }).code],
      [404, 'two-person-request-not-found'],
    );
    const answer = await post('system-administrator', '/api/v1/license-bulk-exports', {
      ...selection,
      approval,
    }).then((response) => response);
    assert.equal(answer.status, 200);
    const text = (answer.text as string | undefined) ?? (answer.body as Buffer).toString();
    const lines = text.trimEnd().split('\n');
    const end = JSON.parse(lines.at(-1) ?? '') as { end: boolean; count: number; digest: string };
    const body = lines.slice(0, -1).map((line) => `${line}\n`);
    assert.deepEqual([end.end, end.count], [true, body.length]);
    assert.ok(end.count >= 1);
    assert.equal(end.digest, `sha256:${createHash('sha256').update(body.join('')).digest('hex')}`);
    const again = await post('system-administrator', '/api/v1/license-bulk-exports', {
      ...selection,
      approval,
    });
    assert.deepEqual(
      [again.status, (again.body as { code: string }).code],
      [409, 'two-person-request-decided'],
    );
  });

  it('rotates the master key while it serves, and everything of the district still opens and is found', async () => {
    const approval = await agreed('master-key', { operation: 'rotate' });
    const before = service.services.masterKeys.current.id;
    const ordered = await post('system-administrator', '/api/v1/master-key-rotations', { approval });
    assert.equal(ordered.status, 202, ordered.text);
    const again = await post('system-administrator', '/api/v1/master-key-rotations', { approval });
    assert.equal(again.status, 409);
    await service.services.rotation.idle();
    const status = (await get('security-administrator', '/api/v1/master-key-rotations')).body as {
      currentKey: string;
      keys: number;
      rotation: { state: string; unopened: number; resealed: number };
      left: unknown[];
    };
    assert.deepEqual(
      [status.keys, status.rotation.state, status.rotation.unopened, status.left],
      [2, 'completed', 0, []],
    );
    assert.ok(status.rotation.resealed > 50, `${status.rotation.resealed} values`);
    assert.notEqual(status.currentKey, before);
    assert.equal((await reveal()).status, 200);
    const found = await request(service.url)
      .post('/api/v1/licenses:search')
      .set('Authorization', civil())
      .send({ holder: { kind: 'resident', code: senior.number }, purpose: 'test' });
    assert.ok((found.body as { licenses: { id: string }[] }).licenses.some(({ id }) => id === senior.id));
    // Sessions of before, and a login of now.
    assert.equal((await get('holder-2', '/my')).status < 400, true);
    sessions.delete('holder-2');
    assert.equal((await get('holder-2', '/my')).status < 400, true);
  });

  it('is rotated at a shell, too, and says how the keys stand', async () => {
    await service.stop();
    await writeSettings(folder, demonstrationSettings);
    const lines: string[] = [];
    const terminal = {
      environment: { YINXIN_DATA: folder, YINXIN_MODE: 'demonstration' },
      print: (line: string) => lines.push(line),
      tell: (line: string) => lines.push(line),
      interactive: false,
    };
    assert.equal(await runCommandLine(['master-key', 'rotate'], terminal, '0'), 0, lines.join('\n'));
    assert.equal(await runCommandLine(['master-key', 'status', '--json'], terminal, '0'), 0);
    const status = JSON.parse(lines.at(-1) ?? '') as { keys: number; left: unknown[] };
    assert.deepEqual([status.keys, status.left], [3, []]);
    service = await startService({ dataFolder: folder });
    sessions.clear();
    assert.equal((await reveal()).status, 200);
  });
});
