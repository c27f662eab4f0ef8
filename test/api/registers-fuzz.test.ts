// Registers that answer anything at all: too much, too slowly, in pieces, of the wrong shape. One clear refusal, in time.
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { registersOverHttp } from '../../api/registers-http.ts';
import { IdentityError } from '../../identity/errors.ts';
import type { Registers } from '../../identity/registers.ts';

const person = { type: 'resident-identity-card', number: '120105198501151079', name: '样本溪' } as const;
const code = '91120105MA0000015K';

/** Every question there is. */
const questions: Readonly<Record<string, (registers: Registers) => Promise<unknown>>> = {
  matchPerson: (registers) => registers.matchPerson(person),
  legalPerson: (registers) => registers.legalPerson(code),
  isLegalRepresentative: (registers) => registers.isLegalRepresentative(code, person),
  legalPersonsChanged: (registers) => registers.legalPersonsChanged('0', 100),
  wangzheng: (registers) => registers.wangzheng('showing-12345', person),
};

/** What an answer that is taken looks like. */
const sound: Readonly<Record<string, (answer: unknown) => boolean>> = {
  matchPerson: (answer) => ['matched', 'mismatched', 'absent', 'deceased'].includes(String(answer)),
  legalPerson: (answer) => answer === null || (answer as { creditCode?: unknown }).creditCode === code,
  isLegalRepresentative: (answer) => typeof answer === 'boolean',
  legalPersonsChanged: (answer) => Array.isArray((answer as { creditCodes?: unknown }).creditCodes),
  wangzheng: (answer) => answer === null || typeof (answer as { wanghao?: unknown }).wanghao === 'string',
};

describe('registers that answer anything', function () {
  this.timeout(180_000);
  let server: Server;
  let url: string;
  let now = Date.now();
  /** What the next connection is told. */
  let speak: (socket: Socket) => void = (socket) => socket.destroy();
  const open = new Set<Socket>();

  before(async () => {
    server = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
      socket.once('data', () => speak(socket));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((done) => server.close(() => done()));
  });

  const registers = (): Registers =>
    registersOverHttp({ url, token: 't', clock: () => new Date(now), timeout: 400 });
  const answering = (body: string | Uint8Array, status = '200 OK', headers = ''): void => {
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body);
    speak = (socket) =>
      socket.end(
        Buffer.concat([
          Buffer.from(
            `HTTP/1.1 ${status}\r\nContent-Length: ${bytes.length}\r\n${headers}Connection: close\r\n\r\n`,
          ),
          bytes,
        ]),
      );
  };

  /** Asks, and takes a sound answer or the one refusal, in time. @returns whether it was answered */
  async function asked(name: string): Promise<boolean> {
    now += 60_000;
    const began = performance.now();
    try {
      const answer = await questions[name]?.(registers());
      assert.ok(sound[name]?.(answer) === true, `${name}: ${JSON.stringify(answer)}`);
      return true;
    } catch (error) {
      assert.ok(error instanceof IdentityError, `${name}: ${String(error)}`);
      assert.equal(error.code, 'register-unavailable', name);
      assert.ok((error.retryAfter ?? 0) > 0);
      assert.doesNotMatch(error.message, /样本|120105/, 'nothing of the person');
      return false;
    } finally {
      assert.ok(performance.now() - began < 2_500, `${name} took too long`);
    }
  }

  const hostile: Readonly<Record<string, () => void>> = {
    'nothing, and closes': () => (speak = (socket) => socket.destroy()),
    'nothing, for ever': () => (speak = () => undefined),
    'no HTTP': () => (speak = (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')),
    'half a head': () => (speak = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')),
    'less than it said': () =>
      (speak = (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{')),
    'drop by drop': () =>
      (speak = (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
        const timer = setInterval(() => socket.write(' '), 20);
        socket.on('close', () => clearInterval(timer));
      }),
    'more and more': () =>
      (speak = (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const more = (): void => {
          while (!socket.destroyed && socket.write(`8000\r\n${'['.repeat(0x8000)}\r\n`));
        };
        socket.on('drain', more);
        more();
      }),
    'a broken chunk': () =>
      (speak = (socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n')),
    'a head without end': () =>
      (speak = (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        for (let line = 0; line < 3000; line += 1) socket.write(`X-${line}: ${'a'.repeat(100)}\r\n`);
      }),
    'too much': () => answering(`{"answer":"matched","x":"${'a'.repeat(300_000)}"}`),
    'a way elsewhere': () => answering('', '302 Found', 'Location: http://169.254.169.254/latest\r\n'),
    'no content': () => answering('', '204 No Content'),
    'that it failed': () => answering('{"answer":"matched"}', '500 Internal Server Error'),
    'that nobody may': () => answering('{}', '401 Unauthorized'),
    'another protocol': () =>
      (speak = (socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n')),
    'JSON cut off': () => answering('{"answer":"match'),
    'two answers in one': () => answering('{"answer":"matched"}{"answer":"matched"}'),
    'a byte that is no text': () => answering(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])),
    'depth without end': () => answering('['.repeat(100_000)),
    'a page': () => answering('<html><body>Service Unavailable</body></html>'),
    'a proto': () => answering('{"__proto__":{"answer":"matched"}}'),
    'a member too many': () => answering('{"answer":"matched","also":1}'),
    'another case': () => answering('{"answer":"MATCHED"}'),
    'a number for a word': () =>
      answering('{"answer":1,"creditCode":1,"wanghao":1,"creditCodes":1,"cursor":1}'),
    'an entry of another enterprise': () =>
      answering(
        JSON.stringify({
          creditCode: '91120105MA0000023E',
          name: '别的公司',
          state: 'in-operation',
          legalRepresentative: '样本他人',
          edition: '1',
        }),
      ),
    'codes that are none': () => answering('{"creditCodes":["x"],"cursor":"1"}'),
    'a cursor of a mile': () => answering(`{"creditCodes":[],"cursor":"${'1'.repeat(100)}"}`),
  };
  for (const [what, prepare] of Object.entries(hostile)) {
    it(`answers ${what}: refused, to every question`, async () => {
      for (const name of Object.keys(questions)) {
        prepare();
        assert.equal(await asked(name), false, name);
      }
    });
  }

  it('takes an answer that holds, so that the refusals above mean something', async () => {
    const good: Readonly<Record<string, object>> = {
      matchPerson: { answer: 'matched' },
      legalPerson: {
        creditCode: code,
        name: '演示',
        state: 'in-operation',
        legalRepresentative: '样本',
        edition: '1',
      },
      isLegalRepresentative: { answer: true },
      legalPersonsChanged: { creditCodes: [], cursor: '1' },
      wangzheng: { wanghao: 'WH1', livePerson: true, belongsTo: true },
    };
    for (const [name, body] of Object.entries(good)) {
      answering(JSON.stringify(body));
      assert.equal(await asked(name), true, name);
    }
  });

  it('takes any JSON for a sound answer or for none', async () => {
    const near = fc.record(
      {
        answer: fc.oneof(fc.constantFrom('matched', 'absent', true, false), fc.jsonValue()),
        creditCode: fc.oneof(fc.constant(code), fc.jsonValue()),
        name: fc.jsonValue(),
        state: fc.oneof(fc.constant('in-operation'), fc.jsonValue()),
        wanghao: fc.jsonValue(),
        livePerson: fc.jsonValue(),
        belongsTo: fc.jsonValue(),
        creditCodes: fc.jsonValue(),
        cursor: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(near, fc.jsonValue()),
        fc.constantFrom(...Object.keys(questions)),
        async (value, name) => {
          answering(JSON.stringify(value));
          await asked(name);
        },
      ),
      { numRuns: 150 * Number(process.env['YINXIN_TEST_SCALE'] ?? 1) },
    );
  });

  it('takes any bytes for a sound answer or for none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom(...Object.keys(questions)),
        async (bytes, name) => {
          speak = (socket) => socket.end(bytes);
          await asked(name);
          answering(bytes);
          await asked(name);
        },
      ),
      { numRuns: 60 * Number(process.env['YINXIN_TEST_SCALE'] ?? 1) },
    );
  });
});
