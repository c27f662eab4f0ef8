// The command as people type it: launcher, help, refusals with hints, and production from nothing to one verified stamp.
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commands } from '../../bin/commands/list.ts';
import { makeDecision } from '../../fixtures/decisions.ts';
import { foodBusinessMatter } from '../../fixtures/matters.ts';
import { makePki, now as testNow } from '../verification/pki.ts';
import { signPdf } from '../verification/signed-pdf.ts';

const launcher = fileURLToPath(new URL('../../bin/yinxin.mjs', import.meta.url));

function pemOf(certificate: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function yinxin(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  node = process.execPath,
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
      cwd: tmpdir(),
    };
    execFile(node, [launcher, ...args], options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}

/** Starts a serving command and waits until it answers. */
async function serving(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  port: number,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [launcher, ...args, '--port', String(port)], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for (let waited = 0; waited < 600; waited += 1) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${said}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.status === 200) return child;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`It never answered: ${said}`);
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the command line', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'yinxin-bin-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('says in one line that Node is too old', async () => {
    // The launcher only reads process.versions: an older one is what a preloaded script makes of it.
    const old = join(folder, 'old.cjs');
    writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });");
    const { code, out, err } = await yinxin(['--help'], { NODE_OPTIONS: `--require=${old}` });
    assert.deepEqual([code, out], [1, '']);
    assert.equal(err.trim().split('\n').length, 1);
    assert.match(err, /22\.18.*20\.20\.2/);
  });

  it('says the same on a real older Node where there is one', async function () {
    const system = '/usr/bin/node';
    if (!existsSync(system)) return;
    const version = await new Promise<string>((resolve) =>
      execFile(system, ['--version'], (_error, out) => resolve(out)),
    );
    const [major = 99] = version.replace('v', '').split('.').map(Number);
    if (major >= 22) return;
    const { code, err } = await yinxin(['--help'], {}, system);
    assert.equal(code, 1);
    assert.equal(err.trim().split('\n').length, 1);
  });

  it('tells of every command, and of each one its flags and exit codes', async () => {
    const overview = await yinxin(['--help']);
    assert.equal(overview.code, 0);
    for (const command of commands) {
      assert.ok(overview.out.includes(`  ${command.name} `), command.name);
      const help = await yinxin([...command.name.split(' '), '--help']);
      assert.equal(help.code, 0, command.name);
      assert.match(help.out, /Usage: yinxin /, command.name);
      assert.match(help.out, /Exit codes/, command.name);
      // These need no installation.
      if (!['stamp', 'signer', 'offline-kit'].includes(command.name))
        assert.match(help.out, /--data/, command.name);
    }
    assert.match((await yinxin(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
  });

  const wrong: Record<
    string,
    { args: string[]; environment?: NodeJS.ProcessEnv; code: number; says: RegExp }
  > = {
    nothing: { args: [], code: 64, says: /Usage/ },
    'an unknown command': { args: ['seal-it'], code: 64, says: /no command.*Hint/ },
    'an unknown flag': { args: ['serve', '--colour'], code: 64, says: /colour.*Hint/ },
    'a missing flag': {
      args: ['department', 'add', '--name', 'x'],
      code: 64,
      says: /--uscc is required.*Hint/,
    },
    'a folder without an installation': { args: ['serve'], code: 78, says: /no installation.*yinxin init/ },
    'a port that is none': { args: ['demo', '--port', '99999'], code: 78, says: /YINXIN_PORT.*Hint/ },
    'production without a passphrase': {
      args: [
        'init',
        '--district',
        '天津市河北区',
        '--uscc',
        '11120105000123457H',
        '--division',
        '120105',
        '--public-url',
        'https://a.example',
      ],
      code: 78,
      says: /passphrase.*YINXIN_PASSPHRASE_FILE/,
    },
    'a public address without TLS': {
      args: [
        'init',
        '--district',
        '天津市河北区',
        '--uscc',
        '11120105000123457H',
        '--division',
        '120105',
        '--public-url',
        'http://a.example',
      ],
      environment: { YINXIN_PASSPHRASE: 'a passphrase of some length' },
      code: 64,
      says: /https/,
    },
    'verification of nothing': { args: ['verify', '--offline'], code: 64, says: /No file/ },
  };
  for (const [what, { args, environment, code, says }] of Object.entries(wrong)) {
    it(`refuses ${what} in one line with a hint`, async () => {
      const data = join(folder, `wrong-${what.replaceAll(' ', '-')}`);
      const result = await yinxin(args, { YINXIN_DATA: data, ...environment });
      assert.equal(result.code, code, result.err);
      assert.match(result.err, says);
      assert.ok(!/\n\s+at /.test(result.err), 'no stack');
      assert.equal(existsSync(join(data, 'yinxin.json')), false);
    });
  }

  it('goes from an empty production folder to one verified stamp', async () => {
    const data = join(folder, 'production');
    const passphrase = join(folder, 'passphrase');
    writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
    const environment = { YINXIN_DATA: data, YINXIN_PASSPHRASE_FILE: passphrase, YINXIN_LOG_LEVEL: 'warn' };
    const done = async (...args: string[]): Promise<string> => {
      const result = await yinxin(args, environment);
      assert.equal(result.code, 0, `${args.join(' ')}: ${result.err}`);
      return result.out.trim();
    };
    const department = '11120105000123457H';
    await done(
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
    const again = await yinxin(
      [
        'init',
        '--district',
        '天津市河北区',
        '--uscc',
        department,
        '--division',
        '120105',
        '--public-url',
        'https://zz.example.gov.cn',
      ],
      environment,
    );
    assert.equal(again.code, 73, again.err);
    await done('migrate');
    await done('department', 'add', '--uscc', department, '--name', '天津市河北区政务服务办公室');
    const twice = await yinxin(
      ['department', 'add', '--uscc', department, '--name', '天津市河北区政务服务办公室'],
      environment,
    );
    assert.equal(twice.code, 73);
    const persons = ['--applicant', 'clerk-1', '--approver', 'chief-1'];
    for (const wrong of [[], ['--applicant', 'clerk-1', '--approver', 'clerk-1']]) {
      const alone = await yinxin(['seal', 'create', '--department', department, ...wrong], environment);
      assert.equal(alone.code, 64, 'a seal needs two persons');
    }
    const made = await done('seal', 'create', '--department', department, ...persons);
    const [, sealCode = ''] = made.split(' ');
    assert.match(sealCode, /^120105\d{8}$/);
    const automatic = ['--automatic', foodBusinessMatter.code, '--days', '30'];
    assert.match(await done('seal', 'authorise', '--seal', sealCode, ...persons, ...automatic), /^sau_/);
    const apiKey = await done(
      'api-key',
      'create',
      '--department',
      department,
      '--scopes',
      'stamps:write,stamps:read',
    );
    assert.match(apiKey, /^yx_/);

    const port = await freePort();
    const server = await serving(['serve'], environment, port);
    const sealedPath = join(folder, 'sealed.pdf');
    try {
      const { pdf, seal } = await makeDecision({
        matter: foodBusinessMatter,
        applicant: { name: '天津演示甲餐饮有限公司', kind: 'enterprise' },
        caseNumber: '120105-2026-000001',
        serial: 1,
        contents: ['经营场所：天津市河北区演示道21号'],
        date: new Date('2026-11-22T00:00:00+08:00'),
      });
      const form = new FormData();
      for (const [name, value] of Object.entries({
        seal: sealCode,
        matter: foodBusinessMatter.code,
        sm2: 'ses',
        page: seal.page,
        x: seal.centreX,
        y: seal.centreY,
      })) {
        form.set(name, String(value));
      }
      form.set('document', new Blob([new Uint8Array(pdf)]), 'decision.pdf');
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/stamps`, {
        method: 'POST',
        body: form,
        headers: { Authorization: `Bearer ${apiKey}`, 'Idempotency-Key': 'first', Accept: 'application/pdf' },
      });
      assert.equal(response.status, 201, response.status === 201 ? '' : await response.text());
      writeFileSync(sealedPath, new Uint8Array(await response.arrayBuffer()));
      const signIn = await fetch(`http://127.0.0.1:${port}/sign-in`, { redirect: 'manual' });
      assert.equal(signIn.status, 303, 'people sign in at the provider');
      assert.match(signIn.headers.getSetCookie().join(), /^__Host-yinxin-sign-in=/);
      // A key made and a backup taken while it serves.
      await done('api-key', 'create', '--department', department, '--scopes', 'seals:read');
      await done('backup', '--to', join(folder, 'backup'));
      const other = await yinxin(['serve', '--port', String(await freePort())], environment);
      assert.equal(other.code, 73, other.err);
    } finally {
      server.kill('SIGTERM');
    }
    assert.equal(await ended(server), 0, 'told to stop, it ends in order');

    const verified = await yinxin(['verify', sealedPath, '--json'], environment);
    assert.equal(verified.code, 0, verified.out + verified.err);
    assert.equal((JSON.parse(verified.out) as { conclusion: string }).conclusion, 'TOTAL-PASSED');
    const elsewhere = await yinxin(['verify', sealedPath, '--offline'], {
      YINXIN_DATA: join(folder, 'none'),
    });
    assert.equal(elsewhere.code, 2, 'without knowing the issuer nobody says yes');

    // What others made: not trusted, trusted under a name, and no longer.
    const stranger = makePki();
    const [strange, anchor] = [join(folder, 'strange.pdf'), join(folder, 'strange-root.pem')];
    writeFileSync(strange, signPdf(stranger, undefined, { token: null }));
    writeFileSync(anchor, pemOf(stranger.root.certificate));
    const evidence = stranger.crls.flatMap((crl, at) => {
      const path = join(folder, `strange-${at}.crl`);
      writeFileSync(path, crl);
      return ['--crl', path];
    });
    const judged = [
      'verify',
      strange,
      ...evidence,
      '--at',
      new Date(testNow.getTime() + 60_000).toISOString(),
    ];
    assert.equal((await yinxin(judged, environment)).code, 2);
    await done('trust', '--anchor', anchor, '--name', '外部根');
    const trusted = await yinxin([...judged, '--json'], environment);
    assert.equal(trusted.code, 0, trusted.out + trusted.err);
    assert.match(trusted.out, /unconfirmed/);
    await done('trust', '--end', 'anchor', '--name', '外部根');
    assert.equal((await yinxin(judged, environment)).code, 2);

    const locked = await yinxin(
      ['department', 'add', '--uscc', '11120105MB0000019A', '--name', '市场监督管理局'],
      {
        YINXIN_DATA: data,
        YINXIN_PASSPHRASE: 'not the right passphrase',
      },
    );
    assert.equal(locked.code, 78, locked.err);
    const mixed = await yinxin(['demo', '--once', '--port', String(await freePort())], environment);
    assert.equal(mixed.code, 78, mixed.err);

    const restored = { ...environment, YINXIN_DATA: join(folder, 'restored') };
    const back = await yinxin(['restore', '--from', join(folder, 'backup')], restored);
    assert.equal(back.code, 0, back.err);
    const after = await yinxin(['verify', sealedPath], restored);
    assert.equal(after.code, 0, after.out);
  });

  it('demonstrates the district once, leaves everything, and finds it the second time', async () => {
    const data = join(folder, 'demo');
    const port = await freePort();
    const environment = { YINXIN_DATA: data };
    const first = await yinxin(['demo', '--once', '--port', String(port)], environment);
    assert.equal(first.code, 0, first.err);
    for (const name of [
      'decision-sealed.pdf',
      'license-food-business.pdf',
      'license-senior-citizen.pdf',
      'code.svg',
      'code.png',
      'report.json',
    ]) {
      assert.ok(statSync(join(data, 'demo', name)).size > 0, name);
      assert.ok(first.out.includes(join(data, 'demo', name)), name);
    }
    assert.equal(statSync(join(data, 'demo', 'api-keys.json')).mode & 0o777, 0o600);
    assert.equal(statSync(join(data, 'demonstration-passphrase')).mode & 0o777, 0o600);
    assert.ok(!/TOTAL-FAILED|INDETERMINATE/.test(first.out));
    assert.match(first.out, /open on this computer only/);
    const keys = readFileSync(join(data, 'demo', 'api-keys.json'), 'utf8');
    const server = await serving(['demo'], environment, port);
    try {
      const page = await fetch(`http://127.0.0.1:${port}/`);
      assert.equal(page.status, 200);
      assert.equal(
        readFileSync(join(data, 'demo', 'api-keys.json'), 'utf8'),
        keys,
        'second start finds them',
      );
      const taken = await yinxin(['demo', '--port', String(port)], { YINXIN_DATA: join(folder, 'other') });
      assert.equal(taken.code, 69);
      assert.match(taken.err, new RegExp(`Port ${port} is in use.*Hint.*--port`));
      assert.equal(existsSync(join(folder, 'other')), false);
    } finally {
      server.kill('SIGINT');
    }
    assert.equal(await ended(server), 0);
    const production = await yinxin(['serve', '--port', String(port)], {
      ...environment,
      YINXIN_MODE: 'production',
      YINXIN_PASSPHRASE_FILE: join(data, 'demonstration-passphrase'),
    });
    assert.equal(production.code, 78);
    assert.match(production.err, /demonstration/);
  });
});
