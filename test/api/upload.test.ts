// Large uploads together stay under a bound, and a caller that takes nothing of an answer is let go.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError } from '../../api/errors.ts';
import { send } from '../../api/reply.ts';
import { createHttpServer } from '../../api/server.ts';
import { sealedSource, UploadSink } from '../../api/upload.ts';

const megabyte = 1024 * 1024;

describe('large uploads', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'yinxin-upload-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are refused where too many bytes wait, and taken again when others are gone', async () => {
    const sink = (): UploadSink =>
      new UploadSink({ folder, digest: 'sha256', cipher: 'aes-256-gcm' }, 100 * megabyte, 5 * megabyte);
    const fill = async (one: UploadSink, megabytes: number): Promise<void> => {
      for (let at = 0; at < megabytes; at += 1) await one.write(new Uint8Array(megabyte));
    };
    const first = sink();
    await fill(first, 3);
    const second = sink();
    await assert.rejects(
      fill(second, 3),
      (error) => error instanceof ApiError && error.code === 'rate-limited' && error.retryAfter === 10,
    );
    await second.abort();
    await second.abort();
    const small = sink();
    await fill(small, 1);
    await small.abort();
    await (await first.finish()).dispose();
    const third = sink();
    await fill(third, 5);
    await third.abort();
    assert.deepEqual(readdirSync(folder), []);
  });

  for (const cipher of ['aes-256-gcm', 'sm4-ctr-hmac-sm3'] as const)
    it(`lie encrypted by ${cipher} while they wait, and tell a change`, async () => {
      const marker = Buffer.from('刘样本 120105198001010012 '.repeat(80_000));
      const sink = new UploadSink({ folder, digest: 'sha256', cipher }, 100 * megabyte);
      for (let at = 0; at < marker.length; at += 70_001) await sink.write(marker.subarray(at, at + 70_001));
      const upload = await sink.finish();
      const [name = ''] = readdirSync(folder);
      const raw = readFileSync(join(folder, name));
      assert.ok(raw.length > marker.length && !raw.includes('刘样本') && !raw.includes('1980'));
      assert.deepEqual(
        Buffer.from(await upload.source.read(65_530, 200_000)),
        marker.subarray(65_530, 265_530),
      );
      assert.equal((await upload.source.read(marker.length, 10)).length, 0);
      raw[700_000] = (raw[700_000] ?? 0) ^ 1;
      writeFileSync(join(folder, name), raw);
      const handle = await open(join(folder, name));
      const again = sealedSource(handle, upload.file!);
      await assert.rejects(
        again.read(0, marker.length),
        (error) => error instanceof ApiError && error.code === 'upload-aborted',
      );
      await handle.close();
      await upload.dispose();
      assert.deepEqual(readdirSync(folder), []);
    });

  it('let a caller go who takes nothing of a large answer, and close what was open for it', async () => {
    let closed: () => void;
    const done = new Promise<void>((resolve) => (closed = resolve));
    const server = createHttpServer((_request, response) => {
      void send(response, {
        status: 200,
        contentType: 'application/pdf',
        content: {
          size: 500 * megabyte,
          read: (_position, length) => Promise.resolve(new Uint8Array(length)),
          close: () => {
            closed();
            return Promise.resolve();
          },
        },
      });
    });
    assert.ok(server.timeout > 0 && server.timeout <= 300_000, 'idle connections end');
    server.timeout = 300;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    try {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await done;
    } finally {
      socket.destroy();
      server.closeAllConnections();
      server.close();
    }
  });
});
