// `yinxin offline-kit` and `verify --offline-kit` against a real service that is stopped in between.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { journeyLicenses } from '../../fixtures/licenses.ts';
import { startService, type Harness } from '../api/harness.ts';

const launcher = fileURLToPath(new URL('../../bin/yinxin.mjs', import.meta.url));

describe('yinxin offline-kit', function () {
  this.timeout(120_000);
  let folder: string;
  let service: Harness;
  let code = '';
  let id = '';
  const at = (name: string): string => join(folder, name);

  function yinxin(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
      execFile(process.execPath, [launcher, ...args], { env, cwd: folder }, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, out, err });
      });
    });
  }

  async function post(path: string, key: string, body: unknown): Promise<Record<string, unknown>> {
    const { food } = journeyLicenses(new Date().getFullYear());
    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${service.apiKeys[food.matter.department.key]}`,
        'Idempotency-Key': key,
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, text);
    return JSON.parse(text) as Record<string, unknown>;
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'offline-kit-'));
    service = await startService();
    const { food } = journeyLicenses(new Date().getFullYear());
    const license = await post('/api/v1/licenses', 'kit-1', {
      type: food.type.key,
      number: food.number,
      holder: food.holder,
      face: food.face,
      matter: food.matter.code,
      case: 'YS120105202611220001',
    });
    code = String(license['code']);
    id = String(license['id']);
    await writeFile(at('code.txt'), code);
    await writeFile(
      at('wrong.txt'),
      code.replace(/(\d)$/, (digit) => String((Number(digit) + 1) % 10)),
    );
    const keys = await service.services.trustList.operatorKeys();
    await writeFile(
      at('operator.pem'),
      keys
        .map(
          (der) =>
            `-----BEGIN PUBLIC KEY-----\n${Buffer.from(der).toString('base64')}\n-----END PUBLIC KEY-----\n`,
        )
        .join(''),
    );
  });

  after(async () => {
    await service.stop();
    await rm(folder, { recursive: true });
  });

  it('needs a key for a new kit, refuses another one later, and says what is wrong with its arguments', async () => {
    for (const [args, words] of [
      [[], /Name one file/],
      [[at('kit')], /--from is required/],
      [[at('kit'), '--from', 'ftp://x'], /begins with https/],
      [[at('kit'), '--from', service.url], /--operator-key is required/],
    ] as const) {
      const { code: exit, err } = await yinxin('offline-kit', ...args);
      assert.equal(exit, 64, err);
      assert.match(err, words);
    }
    await writeFile(at('other.json'), '{"format":"x"}');
    assert.equal((await yinxin('offline-kit', at('other.json'), '--from', service.url)).code, 64);
  });

  it('fills a kit that verifies with the service gone, and learns of a revocation with the next update', async () => {
    const kit = at('kit.json');
    const made = await yinxin(
      'offline-kit',
      kit,
      '--from',
      service.url,
      '--operator-key',
      at('operator.pem'),
    );
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /1 status lists/);
    assert.equal(
      (await yinxin('offline-kit', kit, '--from', service.url, '--operator-key', at('operator.pem'))).code,
      64,
    );
    const good = await yinxin('verify', at('code.txt'), '--offline-kit', kit);
    assert.equal(good.code, 0, good.out + good.err);
    const later = new Date(Date.now() + 3 * 3_600_000).toISOString();
    const aged = await yinxin('verify', at('code.txt'), '--offline-kit', kit, '--at', later, '--rows');
    assert.equal(aged.code, 0);
    assert.match(aged.out, /3小时前|3 h ago/);
    const stale = new Date(Date.now() + 13 * 3_600_000).toISOString();
    assert.equal((await yinxin('verify', at('code.txt'), '--offline-kit', kit, '--at', stale)).code, 2);
    assert.equal((await yinxin('verify', at('wrong.txt'), '--offline-kit', kit)).code, 1);
    await post(`/api/v1/licenses/${id}/status-changes`, 'kit-2', {
      change: 'revoke',
      reason: '演示',
      legalBasis: '行政处罚法第九条',
    });
    // Without a network nobody can know.
    assert.equal((await yinxin('verify', at('code.txt'), '--offline-kit', kit)).code, 0);
    assert.equal((await yinxin('offline-kit', kit, '--from', service.url)).code, 0);
    assert.equal((await yinxin('verify', at('code.txt'), '--offline-kit', kit)).code, 1);
  });

  it('leaves the kit as it was where the service does not answer or answers what does not hold', async () => {
    const kit = at('kept.json');
    await yinxin('offline-kit', kit, '--from', service.url, '--operator-key', at('operator.pem'));
    const before = await readFile(kit, 'utf8');
    const gone = await yinxin('offline-kit', kit, '--from', 'http://127.0.0.1:9');
    assert.equal(gone.code, 69);
    assert.equal(await readFile(kit, 'utf8'), before);
    const other = await startService();
    try {
      const strange = await yinxin('offline-kit', kit, '--from', other.url);
      assert.equal(strange.code, 1);
      assert.match(strange.err, /trust-list-signature/);
    } finally {
      await other.stop();
    }
    assert.equal(await readFile(kit, 'utf8'), before);
  });

  it('does not swallow an answer without an end', async () => {
    const kit = at('endless.json');
    let sent = 0;
    const server = createServer((_, response) => {
      const piece = Buffer.alloc(1024 * 1024, 0x61);
      const more = (): void => {
        if (response.destroyed) return;
        sent += 1;
        response.write(piece, more);
      };
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const operator = at('operator.pem');
      const { code } = await yinxin(
        'offline-kit',
        kit,
        '--from',
        `http://127.0.0.1:${port}`,
        '--operator-key',
        operator,
      );
      assert.equal(code, 69);
      assert.ok(sent < 40, `${sent} MiB were taken`);
      await assert.rejects(readFile(kit), { code: 'ENOENT' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('makes verify refuse a file that is no kit, and a trust list beside one', async () => {
    assert.equal((await yinxin('verify', at('code.txt'), '--offline-kit', at('code.txt'))).code, 64);
    const both = await yinxin(
      'verify',
      at('code.txt'),
      '--offline-kit',
      at('kit.json'),
      '--trust-list',
      at('kit.json'),
    );
    assert.equal(both.code, 64);
  });
});
