// The offline root store: made once, opened for an operation, absent when it was taken away.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../api/config.ts';
import { openInstallation, realWorld, type Installation } from '../../api/installation.ts';
import { CryptoError } from '../../crypto/errors.ts';

describe('the store of root keys', () => {
  let folder: string;
  let opened: Installation[];

  const open = async (more: NodeJS.ProcessEnv = {}): Promise<Installation> => {
    const config = readConfig({ YINXIN_DATA: join(folder, 'data'), YINXIN_MODE: 'demonstration', ...more });
    const installation = await openInstallation(config, { ...realWorld, keyCost: 1024 });
    opened.push(installation);
    return installation;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-roots-'));
    opened = [];
  });
  afterEach(async () => {
    for (const installation of opened) await installation.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is made on first use, and is a folder of its own', async () => {
    const installation = await open();
    const store = await installation.rootKeys();
    assert.ok(store !== null);
    const { id } = await store.generate('root-ca', 'SM2SM3');
    assert.ok((await (await store.open(id, 'root-ca', [])).sign(new Uint8Array(3))).length > 60);
    await assert.rejects(
      installation.keys.open(id, 'root-ca', []),
      (error) => error instanceof CryptoError && error.code === 'key-not-found',
    );
  });

  it('is null while the folder is away, is not made anew, and is back when the folder is', async () => {
    const first = await open();
    const made = await first.rootKeys();
    assert.ok(made !== null);
    const { id } = await made.generate('root-ca', 'ES384');
    const [place, safe] = [join(folder, 'data', 'root-keys'), join(folder, 'safe')];
    renameSync(place, safe);
    assert.equal(await first.rootKeys(), null, 'at once, also where it was open');
    const second = await open();
    assert.equal(await second.rootKeys(), null);
    renameSync(safe, place);
    const back = await second.rootKeys();
    assert.ok(back !== null);
    assert.equal((await back.open(id, 'root-ca', [])).algorithm, 'ES384');
  });

  it('may lie elsewhere under a passphrase of its own', async () => {
    const secret = join(folder, 'root-passphrase');
    writeFileSync(secret, 'another passphrase, kept by other people\n', { mode: 0o600 });
    const place = { YINXIN_ROOT_KEYS: join(folder, 'stick') };
    const own = { ...place, YINXIN_ROOT_PASSPHRASE_FILE: secret };
    const store = await (await open(own)).rootKeys();
    assert.ok(store !== null);
    await store.generate('root-ca', 'SM2SM3');
    const without = await open(place);
    await assert.rejects(
      without.rootKeys(),
      (error) => error instanceof CryptoError && error.code === 'key-locked',
    );
  });
});
