// `yinxin crypto inventory`: complete, honest about products, and without a passphrase.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../api/config.ts';
import type { Inventory, InventoryRow } from '../../api/crypto-inventory-model.ts';
import { demonstrationSettings } from '../../api/demonstration.ts';
import { openHierarchy } from '../../api/hierarchy.ts';
import { openInstallation, realWorld } from '../../api/installation.ts';
import { writeSettings } from '../../api/settings.ts';
import { cryptoInventoryCommand } from '../../bin/commands/crypto-inventory.ts';

describe('the inventory of cryptography', () => {
  let folder: string;

  const run = async (args: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
    const lines: string[] = [];
    const said: string[] = [];
    const code = await cryptoInventoryCommand.run(['--data', folder, ...args], {
      environment,
      print: (line) => void lines.push(line),
      tell: (line) => void said.push(line),
      interactive: false,
    });
    assert.equal(code, 0);
    return { lines, said };
  };
  const inventory = async (environment: NodeJS.ProcessEnv = {}): Promise<Inventory> =>
    JSON.parse((await run(['--json'], environment)).lines.join('\n')) as Inventory;
  const rowOf = (found: Inventory, asset: RegExp): InventoryRow => {
    const row = found.rows.find((each) => asset.test(each.asset.en));
    assert.ok(row !== undefined, String(asset));
    return row;
  };
  const make = async (suite: 'international' | 'gm'): Promise<void> => {
    const config = readConfig({ YINXIN_DATA: folder, YINXIN_MODE: 'demonstration', YINXIN_SUITE: suite });
    const installation = await openInstallation(config, { ...realWorld, keyCost: 1024 });
    const settings = { ...demonstrationSettings, suite };
    await openHierarchy(installation, settings, 'http://localhost:8480');
    await writeSettings(folder, settings);
    await installation.close();
  };

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'yinxin-inventory-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('tells of a gm installation which algorithm and standard each thing has, and calls no software a product', async () => {
    await make('gm');
    const found = await inventory();
    assert.equal(found.suite, 'gm');
    for (const [asset, algorithm, standard] of [
      [/^Trust-list keys/, 'SM2-256 + SM3', /GB\/T 32918/],
      [/^Digests of documents/, 'SM3', /GB\/T 32905/],
      [/^Hash chain/, 'SM3', /GB\/T 32905/],
      [/^Blind index/, 'HMAC-SM3', /GB\/T 15852/],
      [/^Personal data/, 'SM4-CTR + HMAC-SM3', /GB\/T 32907/],
      [/^Key files$/, 'SM4-CTR + HMAC-SM3', /GB\/T 32907/],
    ] as const) {
      const row = rowOf(found, asset);
      assert.equal(row.algorithm, algorithm);
      assert.match(row.standard, standard);
      // The algorithm is right; what is missing is the certified module.
      assert.deepEqual(
        row.gaps.map(({ code }) => code),
        ['module'],
      );
    }
    assert.ok(found.rows.every((row) => row.certifiedProduct === null && row.gaps.length > 0));
    assert.equal(found.gaps, found.rows.length);
    assert.deepEqual(
      rowOf(found, /^Passphrase/).gaps.map(({ code }) => code),
      ['algorithm', 'module'],
    );
    assert.match(rowOf(found, /^Cryptographic library/).algorithm, new RegExp(process.versions.openssl));
    assert.match(rowOf(found, /^Random numbers/).algorithm, /CSPRNG/);
    assert.deepEqual(
      rowOf(found, /^Transport/).gaps.map(({ code }) => code),
      ['outside'],
    );
  });

  it('counts the keys of both hierarchies where they lie, and knows a root that was taken away', async () => {
    await make('gm');
    const issuing = (found: Inventory) =>
      found.rows
        .filter(({ asset }) => asset.en === 'Issuing CA keys')
        .map((row) => [row.algorithm, row.keys]);
    const roots = (found: Inventory) => found.rows.filter(({ asset }) => asset.en === 'Root CA keys');
    const before = await inventory();
    assert.deepEqual(issuing(before), [
      ['ECDSA P-256 + SHA-256', 5],
      ['SM2-256 + SM3', 5],
    ]);
    assert.ok(roots(before).every(({ keyPlace }) => keyPlace.en.startsWith('offline root folder')));
    renameSync(join(folder, 'root-keys'), join(folder, 'in-the-safe'));
    const after = await inventory();
    assert.deepEqual(
      roots(after).map(({ algorithm, keys, keyPlace }) => [algorithm, keys, keyPlace.en]),
      [
        ['ECDSA P-384 + SHA-384', 1, 'offline, not at hand'],
        ['SM2-256 + SM3', 1, 'offline, not at hand'],
      ],
    );
    // A folder that was made once is not made again in its place.
    assert.deepEqual(issuing(after), issuing(before));
  });

  it('calls algorithms of the international suite a gap', async () => {
    await make('international');
    const found = await inventory();
    for (const asset of [/^Trust-list keys/, /^Digests of documents/, /^Personal data/, /^Blind index/]) {
      const [gap] = rowOf(found, asset).gaps;
      assert.ok(gap !== undefined);
      assert.equal(gap.code, 'algorithm');
      assert.match(gap.remedy.en, /YINXIN_SUITE=gm/);
    }
  });

  it('speaks for a configuration without an installation, also for production without a passphrase', async () => {
    const found = await inventory({ YINXIN_SUITE: 'gm', YINXIN_MODE: 'production' });
    assert.equal(found.mode, 'production');
    assert.deepEqual(
      [rowOf(found, /^Seal keys/).algorithm, rowOf(found, /^Seal keys/).keys],
      ['SM2-256 + SM3', 0],
    );
  });

  it('prints one table with a row for each asset, in either language', async () => {
    await make('gm');
    const { rows } = await inventory();
    for (const [lang, gap] of [
      ['zh', '未取得商用密码产品认证'],
      ['en', 'no certified cryptographic product'],
    ] as const) {
      const { lines, said } = await run(['--lang', lang]);
      assert.equal(lines.length, rows.length + 2);
      const columns = lines.map((line) => line.split(' | ').length);
      assert.ok(columns.every((count) => count === 10));
      assert.ok(lines.join('\n').includes(gap));
      assert.match(said.join(''), new RegExp(String(rows.length)));
    }
  });
});
