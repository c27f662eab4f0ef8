// The SNTP client against real servers on loopback that tell the truth, lie, are slow, die, forge and ask to be left alone.
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  agreedSample,
  ntpTimeSource,
  readNtpAnswer,
  type NtpSample,
  type NtpServer,
} from '../../api/time-source-ntp.ts';
import { openDistrict } from '../ca/district.ts';
import { TimestampAuthority } from '../../ca/timestamp-authority.ts';
import { readConfig } from '../../api/config.ts';
import { ApiError } from '../../api/errors.ts';

const NTP_TO_UNIX = 2_208_988_800;

function writeTime(packet: Buffer, at: number, milliseconds: number): void {
  const seconds = Math.floor(milliseconds / 1000);
  packet.writeUInt32BE((seconds + NTP_TO_UNIX) >>> 0, at);
  packet.writeUInt32BE(Math.floor(((milliseconds - seconds * 1000) / 1000) * 2 ** 32) >>> 0, at + 4);
}

/** What a server does with a question; it answers through `send`. */
type Behaviour = (question: Buffer, send: (answer: Buffer) => void) => void;

/** A correct answer of a clock that is `offset` milliseconds before ours. */
function answerTo(question: Buffer, offset = 0): Buffer {
  const packet = Buffer.alloc(48);
  packet.writeUInt8(0x24, 0);
  packet.writeUInt8(2, 1);
  packet.writeUInt32BE(0x00000100, 4);
  packet.writeUInt32BE(0x00000100, 8);
  packet.set(question.subarray(40, 48), 24);
  const now = Date.now() + offset;
  writeTime(packet, 16, now - 5000);
  writeTime(packet, 32, now);
  writeTime(packet, 40, now);
  return packet;
}

const truthful =
  (offset = 0): Behaviour =>
  (question, send) =>
    send(answerTo(question, offset));

interface LoopbackServer extends NtpServer {
  asked: number;
  behaviour: Behaviour;
  readonly socket: Socket;
}

describe('SNTP client', () => {
  const open: LoopbackServer[] = [];
  afterEach(() => {
    for (const { socket } of open.splice(0)) socket.close();
  });

  async function serve(behaviour: Behaviour): Promise<LoopbackServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    const server: LoopbackServer = { host: '127.0.0.1', port, asked: 0, behaviour, socket };
    socket.on('message', (question: Buffer, { port: from }: RemoteInfo) => {
      server.asked += 1;
      server.behaviour(question, (answer) => {
        // A slow one may be gone by now.
        if (open.includes(server)) socket.send(answer, from, '127.0.0.1');
      });
    });
    open.push(server);
    return server;
  }

  const source = (servers: readonly NtpServer[]): ReturnType<typeof ntpTimeSource> =>
    ntpTimeSource({ servers, clock: () => new Date(), timeout: 400 });

  it('finds the offset of a true server, ahead or behind, and what it says of itself', async () => {
    for (const offset of [0, 1234, -98_765, 40_000_000]) {
      const server = await serve(truthful(offset));
      const reading = await source([server]).check();
      assert.ok(
        Math.abs((reading.offsetMilliseconds ?? NaN) - offset) < 50,
        String(reading.offsetMilliseconds),
      );
      assert.ok((reading.roundTripMilliseconds ?? NaN) < 100);
      assert.equal(reading.stratum, 2);
      assert.equal(reading.source, `ntp://127.0.0.1:${server.port}`);
    }
  });

  it('takes the middle of several, and one liar among three changes nothing', async () => {
    const servers = [await serve(truthful(3_600_000)), await serve(truthful(100)), await serve(truthful(80))];
    const { offsetMilliseconds } = await source(servers).check();
    assert.ok(Math.abs((offsetMilliseconds ?? NaN) - 90) < 60, String(offsetMilliseconds));
  });

  it('believes nobody where no majority of all servers agrees', async () => {
    const [good, liar, other, dead] = [
      await serve(truthful()),
      await serve(truthful(5000)),
      await serve(truthful(-5000)),
      await serve(() => undefined),
    ];
    for (const servers of [
      [good, liar],
      [good, liar, other],
      [good, dead],
      [good, dead, liar],
      [dead],
      [good, dead, liar, other],
    ]) {
      await assert.rejects(source(servers).check());
    }
    await source([good, await serve(truthful()), dead]).check();
  });

  it('waits no longer than it is told for a slow or absent server, or for one that is not there', async () => {
    const slow = await serve((question, send) => {
      const answer = answerTo(question);
      setTimeout(() => send(answer), 1000).unref();
    });
    const started = performance.now();
    await assert.rejects(source([slow]).check());
    await assert.rejects(source([{ host: '127.0.0.1', port: 1 }]).check());
    await assert.rejects(source([{ host: 'no-such-host.invalid', port: 123 }]).check());
    assert.ok(performance.now() - started < 5000);
    // Slow within its time: the round trip says how little the offset is worth.
    const slowish = await serve(
      (question, send) => void setTimeout(() => send(answerTo(question)), 200).unref(),
    );
    const { roundTripMilliseconds } = await source([slowish]).check();
    assert.ok((roundTripMilliseconds ?? 0) >= 190);
  });

  it('passes over what is no answer to its question, however the true one comes late', async () => {
    const mutations: Readonly<Record<string, (answer: Buffer) => Buffer>> = {
      'to another question': (answer) => answer.fill(7, 24, 32),
      'too short': (answer) => answer.subarray(0, 40),
      'a client': (answer) => answer.fill(0x23, 0, 1),
      'version 1': (answer) => answer.fill(0x0c, 0, 1),
      'not in sync': (answer) => answer.fill(0xe4, 0, 1),
      'stratum 16': (answer) => answer.fill(16, 1, 2),
      'no time': (answer) => answer.fill(0, 40, 48),
      'sent before it came': (answer) => {
        writeTime(answer, 40, Date.now() - 5000);
        return answer;
      },
      'unsure by seconds': (answer) => answer.fill(9, 8, 10),
    };
    for (const [name, mutate] of Object.entries(mutations)) {
      const forged = await serve((question, send) => send(mutate(answerTo(question, 99_000))));
      await assert.rejects(source([forged]).check(), Error, name);
      forged.behaviour = (question, send) => {
        send(mutate(answerTo(question, 99_000)));
        send(answerTo(question, 10));
      };
      const { offsetMilliseconds } = await source([forged]).check();
      assert.ok(Math.abs((offsetMilliseconds ?? NaN) - 10) < 50, name);
    }
  });

  it('leaves a server alone that says so, and is not told so by a stranger', async () => {
    const kiss = (code: string, mutate: (answer: Buffer) => void = () => undefined): Behaviour => {
      return (question, send) => {
        const answer = answerTo(question);
        answer.writeUInt8(0, 1);
        answer.write(code, 12, 'latin1');
        mutate(answer);
        send(answer);
      };
    };
    for (const code of ['DENY', 'RSTR', 'RATE']) {
      const server = await serve(kiss(code));
      const time = source([server]);
      await assert.rejects(time.check());
      server.behaviour = truthful();
      await assert.rejects(time.check());
      assert.equal(server.asked, 1, code);
    }
    const forger = await serve(kiss('DENY', (answer) => void answer.fill(1, 24, 32)));
    const time = source([forger]);
    await assert.rejects(time.check());
    forger.behaviour = truthful();
    await time.check();
    assert.equal(forger.asked, 2);
  });

  it('stops and starts time-stamps of a whole authority', async () => {
    const server = await serve(truthful());
    const district = await openDistrict({ realClock: true });
    try {
      const authority = new TimestampAuthority(district.parts, district.hierarchy, {
        timeSource: source([server]),
      });
      for (const [behaviour, doubt] of [
        [truthful(), null],
        [truthful(2000), 'offset-too-large'],
        [truthful(-60_000), 'offset-too-large'],
        [truthful(30), null],
      ] as const) {
        server.behaviour = behaviour;
        await authority.checkClock();
        assert.equal(authority.status().doubt, doubt);
      }
      server.behaviour = () => undefined;
      await authority.checkClock();
      assert.equal(authority.status().lastCheckFailed, true);
      assert.equal(authority.status().doubt, null);
    } finally {
      await district.remove();
    }
  });

  it('knows the era of a time beyond 2036', () => {
    const question = Buffer.alloc(48, 5);
    const near = Date.parse('2040-01-01T00:00:00Z');
    const packet = answerTo(question);
    writeTime(packet, 32, near + 700);
    writeTime(packet, 40, near + 700);
    const sample = readNtpAnswer(packet, question, near, near + 10);
    assert.ok(Math.abs(sample.offset - 695) < 1, String(sample.offset));
  });

  it('agrees only with more than half', () => {
    const at = (offset: number): NtpSample => ({ offset, roundTrip: 10, stratum: 2 });
    assert.equal(agreedSample([], 1), null);
    assert.equal(agreedSample([at(1)], 2), null);
    assert.equal(agreedSample([at(1), at(2)], 3)?.offset, 1);
    assert.equal(agreedSample([at(0), at(9000)], 2), null);
    assert.equal(agreedSample([at(-9000), at(5), at(9000)], 3), null);
    assert.equal(agreedSample([at(-9000), at(5), at(6), at(7), at(9000)], 5)?.offset, 6);
  });
});

describe('configuration of time', () => {
  const read = (environment: NodeJS.ProcessEnv): ReturnType<typeof readConfig> =>
    readConfig({ YINXIN_DATA: '/nonexistent/yinxin', YINXIN_MODE: 'demonstration', ...environment });

  it('is the system every 64 seconds unless told, or servers', () => {
    assert.deepEqual(read({}).time, { servers: null, interval: 64_000, external: new Map() });
    assert.equal(read({ YINXIN_TIME_SOURCE: 'system' }).time.servers, null);
    const { time } = read({
      YINXIN_TIME_SOURCE: 'ntp://ntp1.example.cn,ntp://192.0.2.1:1123,ntp://[2001:db8::1]',
      YINXIN_TIME_CHECK_SECONDS: '16',
      YINXIN_TSA_EXTERNAL: '1.2.3.4=https://a.example.cn/tsr,2.25.7=http://b.example.cn',
    });
    assert.deepEqual(time.servers, [
      { host: 'ntp1.example.cn', port: 123 },
      { host: '192.0.2.1', port: 1123 },
      { host: '2001:db8::1', port: 123 },
    ]);
    assert.equal(time.interval, 16_000);
    assert.deepEqual([...time.external.keys()], ['1.2.3.4', '2.25.7']);
  });

  it('is refused by name where it does not hold', () => {
    const bad: readonly NodeJS.ProcessEnv[] = [
      { YINXIN_TIME_SOURCE: 'chrony' },
      { YINXIN_TIME_SOURCE: 'http://ntp.example.cn' },
      { YINXIN_TIME_SOURCE: 'ntp://ntp.example.cn/path' },
      { YINXIN_TIME_SOURCE: 'ntp://a@ntp.example.cn' },
      { YINXIN_TIME_SOURCE: 'ntp://' },
      { YINXIN_TIME_SOURCE: 'ntp://a.example.cn,system' },
      { YINXIN_TIME_CHECK_SECONDS: '1' },
      { YINXIN_TSA_EXTERNAL: '1.2.3.4' },
      { YINXIN_TSA_EXTERNAL: '1.2.03=https://a.example.cn' },
      { YINXIN_TSA_EXTERNAL: '1.2.3=ftp://a.example.cn' },
      { YINXIN_TSA_EXTERNAL: '1.2.3=https://a.example.cn,1.2.3=https://b.example.cn' },
    ];
    for (const environment of bad) {
      const [name = ''] = Object.keys(environment);
      assert.throws(
        () => read(environment),
        (error) =>
          error instanceof ApiError && error.code === 'configuration-invalid' && error.message.includes(name),
        JSON.stringify(environment),
      );
    }
  });
});
