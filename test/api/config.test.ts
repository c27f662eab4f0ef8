// Configuration: validated, and production never starts on what belongs to a demonstration.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../api/config.ts';
import { openInstallation, realWorld } from '../../api/installation.ts';
import { writeSettings, type Settings } from '../../api/settings.ts';

const production: Settings = {
  version: 1,
  mode: 'production',
  suite: 'international',
  organisation: '天津市河北区',
  creditCode: '11120105000123457H',
  division: '120105',
  publicUrl: 'https://zz.example.gov.cn',
};

describe('configuration', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'yinxin-config-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ YINXIN_DATA: folder, ...more });
  const demonstration = { YINXIN_MODE: 'demonstration' };

  it('takes flags over the environment over the settings of the folder', async () => {
    await writeSettings(folder, production);
    const passphrase = { YINXIN_PASSPHRASE: 'a passphrase of some length' };
    const fromFolder = readConfig(environment(passphrase));
    assert.equal(fromFolder.mode, 'production');
    assert.equal(fromFolder.publicUrl, 'https://zz.example.gov.cn');
    const config = readConfig(
      environment({ ...passphrase, YINXIN_PORT: '1234', YINXIN_PUBLIC_URL: 'https://other.example/' }),
      { port: '4321' },
    );
    assert.equal(config.port, 4321);
    assert.equal(config.publicUrl, 'https://other.example');
  });

  it('listens on this computer only in a demonstration that nobody made public', () => {
    assert.equal(readConfig(environment(demonstration)).host, '127.0.0.1');
    assert.equal(
      readConfig(environment({ ...demonstration, YINXIN_PUBLIC_URL: 'https://demo.example' })).host,
      '::',
    );
  });

  for (const [name, value] of [
    ['YINXIN_PORT', '65536'],
    ['YINXIN_PORT', '-1'],
    ['YINXIN_PORT', '80a'],
    ['YINXIN_PUBLIC_URL', 'ftp://example'],
    ['YINXIN_PUBLIC_URL', 'no address'],
    ['YINXIN_PUBLIC_URL', 'https://example.gov.cn/yinxin'],
    ['YINXIN_DATABASE_URL', 'mysql://host/db'],
    ['YINXIN_MODE', 'staging'],
    ['YINXIN_PASSPHRASE', 'short'],
    ['YINXIN_SUITE', 'rot13'],
  ] as const) {
    it(`refuses ${name}=${value} by name`, () => {
      assert.throws(
        () => readConfig(environment({ ...demonstration, [name]: value })),
        (error: Error & { code?: string }) =>
          error.code === 'configuration-invalid' && error.message.includes(name),
      );
    });
  }

  const refusals: Record<
    string,
    { prepare?: () => Promise<void> | void; environment: NodeJS.ProcessEnv; says: RegExp }
  > = {
    'a production start without a passphrase': { environment: {}, says: /passphrase/ },
    'a production start in a demonstration folder': {
      prepare: () => writeSettings(folder, { ...production, mode: 'demonstration' }),
      environment: { YINXIN_MODE: 'production', YINXIN_PASSPHRASE: 'a passphrase of some length' },
      says: /made for demonstration/,
    },
    'a demonstration in a production folder': {
      prepare: () => writeSettings(folder, production),
      environment: demonstration,
      says: /made for production/,
    },
    'a production start beside a demonstration passphrase': {
      prepare: () => writeFileSync(join(folder, 'demonstration-passphrase'), 'x\n', { mode: 0o600 }),
      environment: { YINXIN_PASSPHRASE: 'a passphrase of some length' },
      says: /demonstration/,
    },
    'a production start with a demonstration passphrase from elsewhere': {
      environment: { YINXIN_PASSPHRASE_FILE: '/somewhere/demonstration-passphrase' },
      says: /demonstration/,
    },
    'the suite gm in a folder of the other suite': {
      prepare: () => writeSettings(folder, { ...production, mode: 'demonstration' }),
      environment: { ...demonstration, YINXIN_SUITE: 'gm' },
      says: /made for the suite international and cannot be used for gm/,
    },
    'the international suite in a folder of gm': {
      prepare: () => writeSettings(folder, { ...production, mode: 'demonstration', suite: 'gm' }),
      environment: { ...demonstration, YINXIN_SUITE: 'international' },
      says: /made for the suite gm and cannot be used for international/,
    },
  };
  for (const [what, { prepare, environment: more, says }] of Object.entries(refusals)) {
    it(`refuses ${what}, with a hint`, async () => {
      await prepare?.();
      assert.throws(
        () => readConfig(environment(more)),
        (error: Error & { code?: string; hint?: string }) =>
          error.code === 'configuration-refused' && says.test(error.message) && error.hint !== undefined,
      );
    });
  }

  it('refuses a production on the passphrase of a demonstration under any name, and on a short one', async () => {
    const made = await openInstallation(readConfig(environment(demonstration)), {
      ...realWorld,
      keyCost: 1024,
    });
    await made.close();
    const other = mkdtempSync(join(tmpdir(), 'yinxin-other-'));
    try {
      const secret = join(other, 'secret');
      const attempt = (): Promise<unknown> =>
        openInstallation(
          readConfig({
            YINXIN_DATA: join(other, 'data'),
            YINXIN_MODE: 'production',
            YINXIN_PASSPHRASE_FILE: secret,
          }),
          { ...realWorld, keyCost: 1024 },
        );
      const refused = (error: Error & { code?: string }): boolean => error.code === 'configuration-refused';
      copyFileSync(join(folder, 'demonstration-passphrase'), secret);
      chmodSync(secret, 0o600);
      await assert.rejects(attempt(), refused);
      writeFileSync(secret, 'short\n');
      await assert.rejects(attempt(), refused);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  it('takes the suite of the folder where none is said', async () => {
    assert.equal(readConfig(environment(demonstration)).suite, 'international');
    await writeSettings(folder, { ...production, mode: 'demonstration', suite: 'gm' });
    assert.equal(readConfig(environment(demonstration)).suite, 'gm');
  });

  it('refuses production of gm with its keys in files, unless somebody decided so', async () => {
    const production = { YINXIN_SUITE: 'gm', YINXIN_PASSPHRASE: 'a passphrase of some length' };
    const open = (more: NodeJS.ProcessEnv) =>
      openInstallation(readConfig(environment({ ...production, ...more })), { ...realWorld, keyCost: 1024 });
    await assert.rejects(
      open({}),
      (error: Error & { code?: string; hint?: string }) =>
        error.code === 'configuration-refused' &&
        error.message.includes('密评') &&
        error.hint?.includes('YINXIN_ALLOW_KEY_FILES=1') === true,
    );
    const allowed = await open({ YINXIN_ALLOW_KEY_FILES: '1' });
    assert.equal(allowed.suite.name, 'gm');
    assert.equal(allowed.keys.cipher, 'sm4-ctr-hmac-sm3');
    await allowed.close();
  });

  it('refuses keys that were encrypted for the other suite, whatever else the folder says', async () => {
    const world = { ...realWorld, keyCost: 1024 };
    await (await openInstallation(readConfig(environment(demonstration)), world)).close();
    for (const name of ['yinxin.db', 'yinxin.db-wal', 'yinxin.db-shm'])
      rmSync(join(folder, name), { force: true });
    await assert.rejects(
      openInstallation(readConfig(environment({ ...demonstration, YINXIN_SUITE: 'gm' })), world),
      /aes-256-gcm, which is not the suite gm/,
    );
  });

  it('says so when the settings file is damaged', () => {
    writeFileSync(join(folder, 'yinxin.json'), '{"version":1');
    assert.throws(
      () => readConfig(environment(demonstration)),
      (error: Error & { code?: string }) => error.code === 'configuration-invalid',
    );
  });
});
