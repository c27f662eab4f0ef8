// Reading bodies over a real socket: streams, limits, malformed forms, connections that end early.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readForm, readJson, readMultipart } from '../../api/body.ts';

describe('request bodies', () => {
  let folder: string;
  let server: Server;
  let url: string;
  let read: (request: IncomingMessage) => Promise<unknown>;
  let outcome: Promise<unknown>;
  let settle: (value: unknown) => void;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yinxin-body-'));
    outcome = new Promise((resolve) => (settle = resolve));
    server = createServer((request, response) => {
      read(request).then(
        (value) => {
          settle(value);
          response.end(JSON.stringify(value));
        },
        (reason: unknown) => {
          const error = reason as Error & { code?: string };
          settle(error.code ?? error);
          response.writeHead(400, { Connection: 'close' });
          response.end(error.code ?? String(error));
          request.resume();
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const multipart = (limit: number) => async (request: IncomingMessage) => {
    const { fields, file } = await readMultipart(request, {
      folder,
      digest: 'sha256',
      cipher: 'aes-256-gcm',
      fileField: 'document',
      limit,
    });
    if (file === null) return { fields, file };
    const hash = createHash('sha256');
    for (let at = 0; at < file.size; at += 100_000) hash.update(await file.source.read(at, 100_000));
    const again = `sha256:${hash.digest('hex')}`;
    await file.dispose();
    return { fields, size: file.size, digest: file.digest, again };
  };
  const form = (content: Uint8Array, name = 'document'): FormData => {
    const data = new FormData();
    data.set('seal', '印章');
    data.set(name, new Blob([new Uint8Array(content)]), 'a.pdf');
    data.set('matter', 'after the file');
    return data;
  };

  for (const size of [0, 20_000, 1024 * 1024, 1024 * 1024 + 1, 5_000_000]) {
    it(`streams a file of ${size} bytes with the fields around it`, async () => {
      read = multipart(10_000_000);
      const content = randomBytes(size);
      const response = await fetch(url, { method: 'POST', body: form(content) });
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      assert.deepEqual(await response.json(), {
        fields: { seal: '印章', matter: 'after the file' },
        size,
        digest,
        again: digest,
      });
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('refuses a file over the limit while it arrives, answers, and leaves nothing', async () => {
    read = multipart(2_000_000);
    const response = await fetch(url, { method: 'POST', body: form(randomBytes(2_500_000)) });
    assert.equal(await response.text(), 'body-too-large');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('refuses an announced size at once', async () => {
    read = multipart(1000);
    const response = await fetch(url, { method: 'POST', body: form(randomBytes(2_000_000)) }).catch(
      () => null,
    );
    assert.equal(await outcome, 'body-too-large');
    if (response !== null) assert.equal(await response.text(), 'body-too-large');
  });

  const body = (...lines: string[]): string => lines.join('\r\n');
  const malformed: Record<string, [type: string, text: string, code: string]> = {
    'no boundary': ['multipart/form-data', '', 'multipart-malformed'],
    'an unfinished form': [
      'multipart/form-data; boundary=x',
      body('--x', 'Content-Disposition: form-data; name="a"', '', 'b'),
      'multipart-malformed',
    ],
    'an unfinished file': [
      'multipart/form-data; boundary=x',
      body('--x', 'Content-Disposition: form-data; name="document"; filename="a"', '', 'b'),
      'multipart-malformed',
    ],
    'a field given twice': [
      'multipart/form-data; boundary=x',
      body(
        '--x',
        'Content-Disposition: form-data; name="a"',
        '',
        '1',
        '--x',
        'Content-Disposition: form-data; name="a"',
        '',
        '2',
        '--x--',
        '',
      ),
      'request-invalid',
    ],
    'two files': [
      'multipart/form-data; boundary=x',
      body(
        '--x',
        'Content-Disposition: form-data; name="document"; filename="a"',
        '',
        '1',
        '--x',
        'Content-Disposition: form-data; name="document"; filename="b"',
        '',
        '2',
        '--x--',
        '',
      ),
      'request-invalid',
    ],
    'a file in another field': [
      'multipart/form-data; boundary=x',
      body('--x', 'Content-Disposition: form-data; name="other"; filename="a"', '', '1', '--x--', ''),
      'request-invalid',
    ],
    'a field over its limit': [
      'multipart/form-data; boundary=x',
      body('--x', 'Content-Disposition: form-data; name="a"', '', 'x'.repeat(70_000), '--x--', ''),
      'body-too-large',
    ],
    'too many fields': [
      'multipart/form-data; boundary=x',
      body(
        ...Array.from({ length: 60 }, (_, n) =>
          body('--x', `Content-Disposition: form-data; name="f${n}"`, '', '1'),
        ),
        '--x--',
        '',
      ),
      'request-invalid',
    ],
    'another type': ['text/plain', 'x', 'content-type-unsupported'],
  };
  for (const [what, [type, text, code]] of Object.entries(malformed)) {
    it(`refuses a form with ${what}`, async () => {
      read = multipart(1_000_000);
      const response = await fetch(url, { method: 'POST', body: text, headers: { 'Content-Type': type } });
      assert.equal(await response.text(), code);
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  // One packet carries the refused field and the beginning of a file: the parser is still in the middle of it.
  for (const [what, refused, code] of [
    ['given twice', ['1', '2'], 'request-invalid'],
    ['over its limit', ['x'.repeat(40_000) + 'x'.repeat(30_000)], 'body-too-large'],
  ] as const) {
    it(`answers when a field ${what} stands before a file`, async () => {
      read = multipart(1_000_000);
      const text = body(
        ...refused.flatMap((value) => ['--x', 'Content-Disposition: form-data; name="a"', '', value]),
        '--x',
        'Content-Disposition: form-data; name="document"; filename="a"',
        '',
        'y'.repeat(200_000),
        '--x--',
        '',
      );
      const response = await fetch(url, {
        method: 'POST',
        body: text,
        headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
        signal: AbortSignal.timeout(5000),
      });
      assert.equal(await response.text(), code);
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('leaves nothing when the connection ends in the middle', async () => {
    read = multipart(10_000_000);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000000\r\n\r\n' +
        '--x\r\nContent-Disposition: form-data; name="document"; filename="a"\r\n\r\n',
    );
    socket.write(Buffer.alloc(3_000_000, 1), () => socket.destroy());
    assert.equal(await outcome, 'upload-aborted');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('reads JSON strictly', async () => {
    read = readJson;
    const post = async (text: string | Uint8Array<ArrayBuffer>, type: string): Promise<string> =>
      (await fetch(url, { method: 'POST', body: text, headers: { 'Content-Type': type } })).text();
    assert.equal(await post('{"a":1}', 'application/json; charset=utf-8'), '{"a":1}');
    assert.equal(await post('{"a":', 'application/json'), 'json-malformed');
    assert.equal(await post(new Uint8Array([0x22, 0xff, 0x22]), 'application/json'), 'json-malformed');
    assert.equal(await post('{}', 'text/plain'), 'content-type-unsupported');
    assert.equal(await post(' '.repeat(1024 * 1024 + 1), 'application/json'), 'body-too-large');
  });

  it('reads HTML forms and refuses a name given twice', async () => {
    read = readForm;
    const post = async (text: string): Promise<string> =>
      (await fetch(url, { method: 'POST', body: new URLSearchParams(text) })).text();
    assert.equal(await post('a=1&b=%E5%8D%B0'), '{"a":"1","b":"印"}');
    assert.equal(await post('a=1&a=2'), 'request-invalid');
    assert.equal(await post('__proto__=1'), 'request-invalid');
  });
});
