// Large uploads together stay under a bound, and a caller that takes nothing of an answer is let go.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError } from '../../api/errors.ts';
import { send } from '../../api/reply.ts';
import { createHttpServer } from '../../api/server.ts';
import { UploadSink } from '../../api/upload.ts';

const megabyte = 1024 * 1024;

describe('large uploads', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'yinxin-upload-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are refused where too many bytes wait, and taken again when others are gone', async () => {
    const sink = (): UploadSink => new UploadSink({ folder, digest: 'sha256' }, 100 * megabyte, 5 * megabyte);
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
    await first.finish().dispose();
    const third = sink();
    await fill(third, 5);
    await third.abort();
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
