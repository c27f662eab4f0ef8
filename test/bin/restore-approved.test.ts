// A restore of a production installation with administrators: two of them must have agreed, and the backup itself says who they are.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../api/config.ts';
import { openHierarchy } from '../../api/hierarchy.ts';
import { openInstallation, realWorld, type Installation } from '../../api/installation.ts';
import { pemOf } from '../../api/pem.ts';
import { readSettings } from '../../api/settings.ts';
import { enrol } from '../../ca/enrol.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { noSessions } from '../../identity/account-events.ts';
import { approveTwoPersons, askTwoPersons } from '../../identity/two-person.ts';
import { requireProgram, run as runProgram } from '../programs.ts';

const launcher = fileURLToPath(new URL('../../bin/yinxin.mjs', import.meta.url));
const department = '11120105000123457H';
const registrar = { id: 'client:ra-1', kind: 'client', department: null, scopes: ['ca:enrol'] } as const;
const system = { id: 'system', kind: 'system', department: null, scopes: [] } as const;
const persons = {
  'system-administrator': { name: '样本溪', number: '120105198501151079' },
  'security-administrator': { name: '样本峰', number: '120105198006221084' },
  'audit-administrator': { name: '样本湖', number: '120105197708081093' },
};
type Role = keyof typeof persons;
const roles = Object.keys(persons) as readonly Role[];

describe('restoring a production installation', function () {
  this.timeout(240_000);
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  let openssl: string;
  let digest = '';
  let targets = 0;
  const serials = new Map<string, string>();
  const path = (name: string): string => join(folder, name);

  function run(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ran> {
    return new Promise((resolve) => {
      const options = { env: { PATH: process.env['PATH'], ...environment, ...more }, cwd: tmpdir() };
      execFile(process.execPath, [launcher, ...args], options, (error, out, err) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err });
      });
    });
  }
  interface Ran {
    readonly code: number;
    readonly out: string;
    readonly err: string;
  }

  async function opened<T>(work: (installation: Installation) => Promise<T>): Promise<T> {
    const installation = await openInstallation(readConfig(environment, {}), realWorld);
    try {
      return await work(installation);
    } finally {
      await installation.close();
    }
  }

  before(async function () {
    openssl = requireProgram(this, 'openssl');
    folder = mkdtempSync(join(tmpdir(), 'yinxin-restore-agreed-'));
    writeFileSync(path('passphrase'), 'correct horse battery staple\n', { mode: 0o600 });
    writeFileSync(path('password'), 'file password\n', { mode: 0o600 });
    environment = {
      YINXIN_DATA: path('data'),
      YINXIN_PASSPHRASE_FILE: path('passphrase'),
      YINXIN_LOG_LEVEL: 'warn',
    };
    const made = await run(['init', '--district', '天津市河北区', '--uscc', department, '--division', '120105', '--public-url', 'https://zz.example.gov.cn']); // prettier-ignore
    assert.equal(made.code, 0, made.err);
    const name = ['--name', '天津市河北区政务服务办公室'];
    assert.equal((await run(['department', 'add', '--uscc', department, ...name])).code, 0);
    writeFileSync(path('three.json'), JSON.stringify(persons));
    const appointed = await run(['administrators', 'appoint', '--department', department, '--file', path('three.json')]); // prettier-ignore
    assert.equal(appointed.code, 0, appointed.err);
    await opened(async (installation) => {
      const settings = readSettings(path('data'));
      assert.ok(settings !== null);
      const hierarchy = await openHierarchy(installation, settings, 'https://zz.example.gov.cn');
      for (const role of roles) await certificateFor(installation, hierarchy, role, 3);
      await certificateFor(installation, hierarchy, 'security-administrator', 2, 'weak');
    });
    await backedUp('backup');
    digest = (await run(['restore', '--from', path('backup')], target())).err.match(/sha256:[0-9a-f]{64}/)?.[0] ?? ''; // prettier-ignore
    for (const each of [...roles, 'weak']) await agree(each);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function certificateFor(
    installation: Installation,
    hierarchy: Awaited<ReturnType<typeof openHierarchy>>,
    role: Role,
    level: number,
    file: string = role,
  ): Promise<void> {
    writeFileSync(path('req.cnf'), '[req]\ndistinguished_name=dn\n[dn]\n');
    runProgram(openssl, ['genpkey', '-quiet', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path(`${file}.key`)]); // prettier-ignore
    runProgram(openssl, ['req', '-new', '-config', path('req.cnf'), '-key', path(`${file}.key`), '-subj', '/', '-outform', 'DER', '-out', path(`${file}.csr`)]); // prettier-ignore
    const { name, number } = persons[role];
    const issued = await enrol(
      { ...installation, hierarchy },
      {
        actor: registrar,
        idempotencyKey: `restore-${file}`,
        profile: 'resident-authentication',
        subject: {
          person: {
            name,
            surname: name.slice(0, 1),
            givenName: name.slice(1),
            documentType: 'resident-id',
            documentNumber: number,
          },
        },
        evidence: { kind: 'window', reference: 'CK', level, officer: 'officer:w07' },
        key: { kind: 'csr', der: new Uint8Array(readFileSync(path(`${file}.csr`))) },
      },
    );
    serials.set(file, issued.serial);
    writeFileSync(path(`${file}.pem`), issued.chain.map((der) => pemOf('CERTIFICATE', der)).join(''));
    runProgram(openssl, ['pkcs12', '-export', '-inkey', path(`${file}.key`), '-in', path(`${file}.pem`), '-out', path(`${file}.p12`), '-passout', 'pass:file password']); // prettier-ignore
  }

  async function backedUp(to: string): Promise<string> {
    const made = await run(['backup', '--to', path(to)]);
    assert.equal(made.code, 0, made.err);
    return /sha256:[0-9a-f]{64}/.exec(made.err)?.[0] ?? '';
  }

  /** The agreement of whoever has the file, as a command on any computer makes it. */
  async function agree(who: string, of = digest, to = `${who}.json`): Promise<string> {
    const signed = await run(
      [
        'restore',
        'approve',
        '--backup',
        of,
        '--file',
        path(`${who}.p12`),
        '--password-file',
        path('password'),
      ],
      { YINXIN_DATA: path('nowhere'), YINXIN_PASSPHRASE_FILE: '' },
    );
    assert.equal(signed.code, 0, signed.err);
    writeFileSync(path(to), signed.out);
    return path(to);
  }

  function target(): NodeJS.ProcessEnv {
    targets += 1;
    return { YINXIN_DATA: path(`target-${targets}`) };
  }

  async function restored(files: readonly string[], from = 'backup'): Promise<Ran & { readonly to: string }> {
    const to = target();
    const approvals = files.flatMap((file) => ['--approval', path(file)]);
    const ran = await run(['restore', '--from', path(from), ...approvals], to);
    return { ...ran, to: to['YINXIN_DATA'] ?? '' };
  }

  function assertNothing(ran: Ran & { readonly to: string }, words: RegExp): void {
    assert.equal(ran.code, 1, `${ran.out}${ran.err}`);
    assert.match(ran.err, words);
    assert.ok(!existsSync(ran.to) || readdirSync(ran.to).length === 0, 'nothing was put in place');
  }

  it('says what is needed where nobody agreed, and puts nothing in place', async () => {
    assert.match(digest, /^sha256:/);
    assertNothing(await restored([]), /system-administrator, security-administrator/);
  });

  it('takes no single administrator, none twice, and nobody of another office', async () => {
    assertNothing(await restored(['system-administrator.json']), /Missing: security-administrator/);
    assertNothing(
      await restored(['security-administrator.json', 'security-administrator.json']),
      /Missing: system-administrator/,
    );
    assertNothing(
      await restored(['system-administrator.json', 'audit-administrator.json']),
      /no system or security administrator/,
    );
  });

  it('takes no certificate that could not sign in to the work of officers', async () => {
    assertNothing(await restored(['system-administrator.json', 'weak.json']), /nobody who could sign in/);
  });

  it('takes no agreement to another backup, no changed one, and no text that is none', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    await agree('security-administrator', other, 'other.json');
    assertNothing(await restored(['system-administrator.json', 'other.json']), /for another backup/);
    const good = JSON.parse(readFileSync(path('security-administrator.json'), 'utf8')) as Record<
      string,
      string
    >;
    const changed: Readonly<Record<string, object>> = {
      'another digest': { ...JSON.parse(readFileSync(path('other.json'), 'utf8')), backup: digest },
      'a longer life': { ...good, until: new Date(Date.now() + 23 * 3_600_000).toISOString() },
      'far too long': { ...good, until: new Date(Date.now() + 240 * 3_600_000).toISOString() },
      lapsed: { ...good, until: new Date(Date.now() - 1000).toISOString() },
      'another algorithm': { ...good, algorithm: 'RS256' },
      'the certificate of another': {
        ...good,
        certificate: (JSON.parse(readFileSync(path('audit-administrator.json'), 'utf8')) as typeof good)[
          'certificate'
        ],
      },
      'no certificate': { ...good, certificate: 'AAAA' },
      'something more': { ...good, more: 'x' },
      'no kind': { ...good, kind: 'trust-me' },
      'half of it': { kind: 'signature', backup: digest },
      'a list': [good],
    };
    for (const [what, value] of Object.entries(changed)) {
      writeFileSync(path('changed.json'), JSON.stringify(value));
      const ran = await restored(['system-administrator.json', 'changed.json']);
      assert.equal(ran.code, 1, `${what}: ${ran.out}${ran.err}`);
      assert.ok(!existsSync(join(ran.to, 'yinxin.db')), what);
    }
    writeFileSync(path('changed.json'), 'x'.repeat(70_000));
    assertNothing(await restored(['system-administrator.json', 'changed.json']), /holds no agreement/);
  });

  it('restores what both agreed to, once each, and says who in the audit', async () => {
    const ran = await restored(['system-administrator.json', 'security-administrator.json']);
    assert.equal(ran.code, 0, ran.err);
    const config = readConfig({ ...environment, YINXIN_DATA: ran.to }, {});
    const installation = await openInstallation(config, realWorld);
    const row = await installation.database.reader
      .selectFrom('audit_log')
      .select('details')
      .where('action', '=', 'backup.restored')
      .executeTakeFirstOrThrow();
    await installation.close();
    assert.ok(row.details.includes(digest));
    assert.equal(row.details.match(/acc_[0-9a-f]{32}/g)?.length, 2);
  });

  it('restores what both approved on their page beforehand; only this installation can say so, and once', async () => {
    const request = await opened(async (installation) => {
      const people = { ...installation, events: noSessions };
      const rows = await installation.database.reader
        .selectFrom('officer_role')
        .select(['account', 'role'])
        .execute();
      const of = (role: Role): string => rows.find((row) => row.role === role)?.account ?? '';
      const id = await askTwoPersons(people, system, {
        by: of('system-administrator'),
        kind: 'restore',
        subject: null,
        parameters: { backup: digest },
        purpose: '灾难恢复演练',
      });
      await approveTwoPersons(people, system, { by: of('security-administrator'), id });
      return id;
    });
    const out = await run(['restore', 'approve', '--from', path('backup'), '--request', request]);
    assert.equal(out.code, 0, out.err);
    assert.equal(
      (await run(['restore', 'approve', '--from', path('backup'), '--request', request])).code,
      1,
      'handed out once',
    );
    const agreed = JSON.parse(out.out) as Record<string, string>;
    for (const [what, change] of [
      ['another account', { asked: agreed['decided'] }],
      ['a longer life', { until: new Date(Date.now() + 80 * 86_400_000).toISOString() }],
      ['another key', { mac: `${agreed['mac']?.slice(0, -2)}00` }],
    ] as const) {
      writeFileSync(path('beforehand.json'), JSON.stringify({ ...agreed, ...change }));
      const ran = await restored(['beforehand.json']);
      assert.equal(ran.code, 1, what);
    }
    writeFileSync(path('beforehand.json'), out.out);
    const done = await restored(['beforehand.json']);
    assert.equal(done.code, 0, done.err);
  });

  it('believes neither settings that were changed beside the backup nor another database', async () => {
    const settings = join(path('backup'), 'yinxin.json');
    const before = readFileSync(settings, 'utf8');
    writeFileSync(settings, before.replace('"production"', '"demonstration"'));
    try {
      const ran = await restored([]);
      assert.notEqual(ran.code, 0, ran.out);
      assert.ok(!existsSync(join(ran.to, 'yinxin.db')), 'nothing was put in place');
    } finally {
      writeFileSync(settings, before);
    }
    const to = target();
    const elsewhere = { ...to, YINXIN_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
    const ran = await run(['restore', '--from', path('backup')], elsewhere);
    assert.equal(ran.code, 1, ran.err);
    assert.match(ran.err, /both must agree/);
  });

  it('asks the backup, not the day: a certificate revoked before the backup agrees to nothing', async () => {
    await opened(async (installation) => {
      await revokeCertificate(installation, {
        serial: serials.get('security-administrator') ?? '',
        reason: 'keyCompromise',
        actor: { id: 'ca-officer', department: null },
      });
    });
    const later = await backedUp('backup-2');
    await agree('system-administrator', later, 'a.json');
    await agree('security-administrator', later, 'b.json');
    assertNothing(await restored(['a.json', 'b.json'], 'backup-2'), /does not hold by the backup: revoked/);
  });
});
