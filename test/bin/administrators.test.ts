// The first administrators of a production installation, and a trust list that changes by two of them only.
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
});
