// The first administrators of a production installation, and a trust list and clients that change by two of them only.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../api/config.ts';
import { openInstallation, realWorld } from '../../api/installation.ts';
import { labelledDigest } from '../../crypto/algorithms.ts';
import { noSessions } from '../../identity/account-events.ts';
import { approveTwoPersons, askTwoPersons } from '../../identity/two-person.ts';

const launcher = fileURLToPath(new URL('../../bin/yinxin.mjs', import.meta.url));
const department = '11120105000123457H';
const persons = {
  'system-administrator': { name: '样本溪', number: '120105198501151079' },
  'security-administrator': { name: '样本峰', number: '120105198006221084' },
  'audit-administrator': { name: '样本湖', number: '120105197708081093' },
};

describe('administrators of a production installation', function () {
  this.timeout(120_000);
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-administrators-'));
    const passphrase = join(folder, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
    environment = {
      YINXIN_DATA: join(folder, 'data'),
      YINXIN_PASSPHRASE_FILE: passphrase,
      YINXIN_LOG_LEVEL: 'warn',
    };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      const options = { env: { PATH: process.env['PATH'], ...environment }, cwd: tmpdir() };
      execFile(process.execPath, [launcher, ...args], options, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, out, err });
      });
    });
  }

  it('are appointed once, are three persons, and no number is said or shown', async () => {
    const made = await run(
      'init',
      '--district',
      '天津市河北区',
      '--uscc',
      department,
      '--division',
      '120105',
      '--public-url',
      'https://zz.example.gov.cn',
    );
    assert.equal(made.code, 0, made.err);
    assert.equal(
      (await run('department', 'add', '--uscc', department, '--name', '天津市河北区政务服务办公室')).code,
      0,
    );
    const file = join(folder, 'three.json');
    const appoint = (value: object): ReturnType<typeof run> => {
      writeFileSync(file, JSON.stringify(value));
      return run('administrators', 'appoint', '--department', department, '--file', file);
    };
    const missing = await appoint({ ...persons, 'audit-administrator': undefined });
    assert.equal(missing.code, 64, missing.err);
    const twice = await appoint({ ...persons, 'audit-administrator': persons['system-administrator'] });
    assert.equal(twice.code, 1, twice.out);
    const done = await appoint(persons);
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /^system-administrator acc_[0-9a-f]{32}\nsecurity-administrator acc_/);
    assert.equal((await appoint(persons)).code, 73);
    for (const { name, number } of Object.values(persons))
      assert.ok(!`${done.out}${twice.err}`.includes(number) && !done.out.includes(name));
  });

  it('agree in two to a change of the trust list, for exactly that file, once', async () => {
    const anchor = join(folder, 'anchor.pem');
    const data = String(environment['YINXIN_DATA']);
    const config = readConfig(environment, { data });
    const opened = await openInstallation(config, realWorld);
    const root = await opened.database.reader
      .selectFrom('officer_role')
      .select(['account', 'role'])
      .execute();
    const of = (role: string): string => root.find((row) => row.role === role)?.account ?? '';
    const certificate = await opened.database.reader
      .selectFrom('ca_certificate')
      .select('der')
      .where('der', 'is not', null)
      .limit(1)
      .executeTakeFirst();
    await opened.close();
    const der = Buffer.from(certificate?.der ?? '', 'base64');
    assert.ok(der.length > 100);
    writeFileSync(
      anchor,
      `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
    );
    const add = (...more: string[]): ReturnType<typeof run> =>
      run('trust', '--anchor', anchor, '--name', '测试锚', ...more);
    const alone = await add();
    assert.equal(alone.code, 1, alone.out);
    assert.match(alone.err, /two persons/);
    const again = await openInstallation(config, realWorld);
    const people = { ...again, events: noSessions };
    const [asker, decider] = [of('system-administrator'), of('security-administrator')];
    const actor = { id: 'system', kind: 'system', department: null, scopes: [] } as const;
    const change = `anchor 测试锚 ${labelledDigest('sha256', readFileSync(anchor))}`;
    const id = await askTwoPersons(people, actor, {
      by: asker,
      kind: 'trust-list',
      subject: null,
      parameters: { change },
      purpose: '互认',
    });
    await again.close();
    assert.equal((await add('--approval', id)).code, 1, 'asked for is not approved');
    const third = await openInstallation(config, realWorld);
    await approveTwoPersons({ ...third, events: noSessions }, actor, { by: decider, id });
    await third.close();
    assert.equal(
      (await run('trust', '--anchor', anchor, '--name', '别的名', '--approval', id)).code,
      1,
      'another change',
    );
    const done = await add('--approval', id);
    assert.equal(done.code, 0, done.err);
    assert.equal(
      (await run('trust', '--end', 'anchor', '--name', '测试锚', '--approval', id)).code,
      1,
      'taken up already',
    );
  });

  it('agree in two to a client that reaches far, word for word; an ordinary one needs nobody', async () => {
    const add = (scopes: string, ...more: string[]): ReturnType<typeof run> =>
      run('client', 'add', '--id', 'far.client', '--name', '远程系统', '--english-name', 'Far', '--department', department, '--api-scopes', scopes, ...more); // prettier-ignore
    const near = await run('client', 'add', '--id', 'near.client', '--name', '普通系统', '--english-name', 'Near', '--department', department, '--api-scopes', 'stamps:write'); // prettier-ignore
    assert.equal(near.code, 0, near.err);
    const alone = await add('ca:operate');
    assert.equal(alone.code, 1, alone.out);
    const [, change = ''] = /change = (register far\.client sha256:[0-9a-f]{64})/.exec(alone.err) ?? [];
    assert.notEqual(change, '', alone.err);
    const id = await agreed(change);
    const other = await add('ca:operate,identity:administer', '--approval', id);
    assert.equal(other.code, 1, 'more than was agreed to');
    const done = await add('ca:operate', '--approval', id);
    assert.equal(done.code, 0, done.err);
    assert.equal(done.out.trim().length, 64, 'the secret');
    const rotating = await run('client', 'rotate', '--id', 'far.client');
    assert.equal(rotating.code, 1);
    assert.match(rotating.err, /rotate far\.client/);
    assert.equal((await run('client', 'rotate', '--id', 'near.client')).code, 0);
    assert.equal((await run('client', 'disable', '--id', 'far.client')).code, 0, 'to stop one needs nobody');
    assert.equal((await run('client', 'enable', '--id', 'far.client')).code, 1);
    const rotated = await run('client', 'rotate', '--id', 'far.client', '--approval', await agreed('rotate far.client')); // prettier-ignore
    assert.equal(rotated.code, 0, rotated.err);
  });

  /** What the system administrator asked for and the security administrator approved. */
  async function agreed(change: string): Promise<string> {
    const opened = await openInstallation(readConfig(environment, {}), realWorld);
    try {
      const rows = await opened.database.reader
        .selectFrom('officer_role')
        .select(['account', 'role'])
        .execute();
      const of = (role: string): string => rows.find((row) => row.role === role)?.account ?? '';
      const people = { ...opened, events: noSessions };
      const actor = { id: 'system', kind: 'system', department: null, scopes: [] } as const;
      const id = await askTwoPersons(people, actor, {
        by: of('system-administrator'),
        kind: 'client',
        subject: null,
        parameters: { change },
        purpose: '接入',
      });
      await approveTwoPersons(people, actor, { by: of('security-administrator'), id });
      return id;
    } finally {
      await opened.close();
    }
  }
});
