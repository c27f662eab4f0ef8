// Adapter of ca's TimeSource: an SNTP client (RFC 4330, RFC 5905 section 14) that believes no single packet and no lone server of several.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { TimeReading, TimeSource } from '../ca/time-source.ts';
import type { Clock } from '../crypto/clock.ts';

export interface NtpServer {
  readonly host: string;
  readonly port: number;
}

export interface NtpOptions {
  readonly servers: readonly NtpServer[];
  readonly clock: Clock;
  /** Milliseconds that one server has to answer. */
  readonly timeout?: number;
}

/** What one server said. */
export interface NtpSample {
  /** Ours plus this is the server's. */
  readonly offset: number;
  readonly roundTrip: number;
  readonly stratum: number;
}

const PACKET = 48;
/** Leap indicator 0, version 4, mode 3 (client). */
const CLIENT = 0x23;
const TIMEOUT = 2000;
/** Seconds from 1900 to 1970, and in one NTP era. */
const NTP_TO_UNIX = 2_208_988_800;
const ERA = 2 ** 32;
/** A server that asks for fewer questions (kiss code RATE) is left alone for so long. */
const REST = 3_600_000;
/** Servers whose clocks are farther than this from the middle one are not counted with it. */
const AGREEMENT = 250;
/** A server that is itself unsure by more than a second is of no use. */
const ROOT_DISTANCE = 1000;

/** A timestamp in NTP's fixed point as Unix milliseconds, in the era nearest to `near` (RFC 5905 section 6). */
function unixMilliseconds(packet: Buffer, at: number, near: number): number {
  const seconds = packet.readUInt32BE(at) - NTP_TO_UNIX;
  const fraction = packet.readUInt32BE(at + 4) / ERA;
  const eras = Math.round((near / 1000 - seconds) / ERA);
  return (seconds + eras * ERA + fraction) * 1000;
}

/** NTP short format, milliseconds. */
function shortMilliseconds(packet: Buffer, at: number): number {
  return (packet.readUInt32BE(at) / 65536) * 1000;
}

/** The four letters of a kiss-o'-death packet (RFC 5905 section 7.4). */
class KissOfDeath extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`The time server asks to be left alone (${code}).`);
    this.code = code;
  }
}

/**
 * Judges one answer.
 * @param sent - when the question left, by our clock; @param arrived - the same, plus what a counter says has passed
 * @throws Error where it is no answer to the question, or the server does not know the time; KissOfDeath.
 */
export function readNtpAnswer(packet: Buffer, question: Buffer, sent: number, arrived: number): NtpSample {
  const refuse = (why: string): never => {
    throw new Error(`The time server's answer ${why}.`);
  };
  if (packet.length < PACKET) refuse('is too short');
  const first = packet.readUInt8(0);
  const version = (first >> 3) & 7;
  if ((first & 7) !== 4 || (version !== 3 && version !== 4)) refuse('is no answer of a server');
  // Our transmit timestamp was random: only who saw the question knows it.
  if (!packet.subarray(24, 32).equals(question.subarray(40, 48))) refuse('is to another question');
  const stratum = packet.readUInt8(1);
  if (stratum === 0) throw new KissOfDeath(packet.toString('latin1', 12, 16));
  if (first >> 6 === 3 || stratum > 15) refuse('says that its clock is not in sync');
  const received = unixMilliseconds(packet, 32, sent);
  const transmitted = unixMilliseconds(packet, 40, sent);
  if (
    packet.subarray(32, 40).every((octet) => octet === 0) ||
    packet.subarray(40, 48).every((octet) => octet === 0)
  ) {
    refuse('has no time');
  }
  const roundTrip = arrived - sent - (transmitted - received);
  if (transmitted < received || roundTrip < -1) refuse('has times that cannot be');
  if (shortMilliseconds(packet, 4) / 2 + shortMilliseconds(packet, 8) > ROOT_DISTANCE) {
    refuse('says that it is unsure by more than a second');
  }
  return {
    offset: (received - sent + (transmitted - arrived)) / 2,
    roundTrip: Math.max(0, roundTrip),
    stratum,
  };
}

function question(): Buffer {
  const packet = Buffer.alloc(PACKET);
  packet.writeUInt8(CLIENT, 0);
  packet.set(randomBytes(8), 40);
  return packet;
}

/** One question to one server. */
async function ask(server: NtpServer, clock: Clock, timeout: number): Promise<NtpSample> {
  const { address, family } = await lookup(server.host);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<NtpSample>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('The time server did not answer.')), timeout);
      const asked = question();
      let sent = 0;
      let counter = 0;
      socket.on('error', reject);
      // Connected: the system passes on what comes from this server's address and port, and nothing else.
      socket.connect(server.port, address, () => {
        sent = clock().getTime();
        counter = performance.now();
        socket.send(asked);
      });
      socket.on('message', (packet) => {
        try {
          resolve(readNtpAnswer(packet, asked, sent, sent + (performance.now() - counter)));
        } catch (error) {
          // A forged packet must not keep the true one out; a kiss-o'-death has proven to be the server's.
          if (error instanceof KissOfDeath) reject(error);
        }
      });
    });
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/**
 * The sample in the middle, where more than half of all servers asked agree with it; null where they do not.
 * @param asked - how many servers there are, whether they answered or not
 */
export function agreedSample(samples: readonly NtpSample[], asked: number): NtpSample | null {
  const sorted = samples.toSorted((a, b) => a.offset - b.offset);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) return null;
  const agreeing = sorted.filter(
    ({ offset, roundTrip }) =>
      Math.abs(offset - middle.offset) <= AGREEMENT + (roundTrip + middle.roundTrip) / 2,
  );
  return agreeing.length > asked / 2 ? middle : null;
}

function nameOf({ host, port }: NtpServer): string {
  return `ntp://${host.includes(':') ? `[${host}]` : host}${port === 123 ? '' : `:${port}`}`;
}

/** Time from NTP servers, all asked at each check. */
export function ntpTimeSource(options: NtpOptions): TimeSource {
  const { servers, clock, timeout = TIMEOUT } = options;
  const name = servers.map(nameOf).join(',');
  /** Until when a server is left alone. */
  const resting = new Map<NtpServer, number>();
  const sampleOf = async (server: NtpServer): Promise<NtpSample | null> => {
    if ((resting.get(server) ?? 0) > performance.now()) return null;
    try {
      return await ask(server, clock, timeout);
    } catch (error) {
      // RFC 5905 section 7.4: after DENY or RSTR a client never asks again; after RATE, less often.
      if (error instanceof KissOfDeath) {
        const ever = error.code === 'DENY' || error.code === 'RSTR';
        resting.set(server, ever ? Number.POSITIVE_INFINITY : performance.now() + REST);
      }
      return null;
    }
  };
  return {
    name,
    async check(): Promise<TimeReading> {
      const samples = (await Promise.all(servers.map(sampleOf))).filter((sample) => sample !== null);
      const agreed = agreedSample(samples, servers.length);
      if (agreed === null) throw new Error('The time servers do not answer or do not agree.');
      return {
        source: name,
        offsetMilliseconds: Math.round(agreed.offset * 1000) / 1000,
        roundTripMilliseconds: Math.round(agreed.roundTrip * 1000) / 1000,
        stratum: agreed.stratum,
        at: clock(),
      };
    },
  };
}
