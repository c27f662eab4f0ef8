// The clock of time-stamps: no token while it is in doubt, for whatever reason, and tokens again once it is not.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  ClockDiscipline,
  systemTimeSource,
  type TimeReading,
  type TimeSource,
} from '../../ca/time-source.ts';
import { TimestampAuthority } from '../../ca/timestamp-authority.ts';
import { parseSignedData } from '../../formats/cms/signed-data.ts';
import { encodeTimestampRequest, parseTimestampResponse, parseTstInfo } from '../../formats/cms/timestamp.ts';
import { engines } from '../storage/engines.ts';
import { scale } from '../scale.ts';
import { openDistrict } from './district.ts';

const REQUEST = encodeTimestampRequest({
  digestAlgorithm: 'sha256',
  digest: new Uint8Array(createHash('sha256').update('decision').digest()),
  certificateRequested: false,
});

function genTimeOf(response: Uint8Array): Date {
  const { token } = parseTimestampResponse(response);
  assert.ok(token, parseTimestampResponse(response).statusText.join());
  return parseTstInfo(parseSignedData(token).eContent!).genTime;
}

function assertNoTime(response: Uint8Array, text: RegExp): void {
  const { failures, statusText, token } = parseTimestampResponse(response);
  assert.equal(token, null);
  assert.deepEqual(failures, ['timeNotAvailable']);
  assert.match(statusText.join(), text);
}

/** A source that says what the test wants it to. */
class SteeredSource implements TimeSource {
  readonly name = 'steered';
  offset: number | null = 0;
  roundTrip = 20;
  answers = true;
  checks = 0;

  check(): Promise<TimeReading> {
    this.checks += 1;
    if (!this.answers) return Promise.reject(new Error('no answer'));
    return Promise.resolve({
      source: this.name,
      offsetMilliseconds: this.offset,
      roundTripMilliseconds: this.roundTrip,
      stratum: 2,
      at: new Date(0),
    });
  }
}

describe('time-stamp authority whose clock is in doubt', () => {
  it('gives no token before the first check succeeds, and asks by itself', async () => {
    const district = await openDistrict();
    try {
      const timeSource = new SteeredSource();
      timeSource.answers = false;
      const authority = new TimestampAuthority(district.parts, district.hierarchy, { timeSource });
      assert.equal(authority.status().doubt, 'not-checked');
      assertNoTime(await authority.respond(REQUEST), /not been compared/);
      assert.equal(timeSource.checks, 1);
      timeSource.answers = true;
      await authority.checkClock();
      assert.ok(genTimeOf(await authority.respond(REQUEST)));
      assert.equal(authority.status().doubt, null);
    } finally {
      await district.remove();
    }
  });

  it('stops at an offset beyond half of the accuracy, the doubt about it included, and goes on after a better check', async () => {
    const district = await openDistrict();
    try {
      const timeSource = new SteeredSource();
      const authority = new TimestampAuthority(district.parts, district.hierarchy, { timeSource });
      for (const [offset, roundTrip, good] of [
        [0, 20, true],
        [480, 20, true],
        [500, 20, false],
        [-700, 0, false],
        [-400, 100, true],
        [-400, 300, false],
        [0, 5000, false],
        [null, 0, true],
      ] as const) {
        Object.assign(timeSource, { offset, roundTrip });
        await authority.checkClock();
        if (good) genTimeOf(await authority.respond(REQUEST));
        else assertNoTime(await authority.respond(REQUEST), /too far/);
        assert.equal(authority.status().doubt, good ? null : 'offset-too-large');
        assert.equal(authority.status().lastCheck?.offsetMilliseconds, offset);
      }
    } finally {
      await district.remove();
    }
  });

  it('lives through failing checks until the last good one is too old', async () => {
    const district = await openDistrict();
    try {
      const timeSource = new SteeredSource();
      let counter = 0;
      const settings = { timeSource, maximumAge: 300_000, monotonic: () => counter };
      const authority = new TimestampAuthority(district.parts, district.hierarchy, settings);
      const pass = (milliseconds: number): void => {
        counter += milliseconds;
        district.advance(milliseconds);
      };
      genTimeOf(await authority.respond(REQUEST));
      timeSource.answers = false;
      pass(200_000);
      await authority.checkClock();
      genTimeOf(await authority.respond(REQUEST));
      assert.equal(authority.status().lastCheckFailed, true);
      pass(100_001);
      assertNoTime(await authority.respond(REQUEST), /too long ago/);
      timeSource.answers = true;
      await authority.checkClock();
      genTimeOf(await authority.respond(REQUEST));
    } finally {
      await district.remove();
    }
  });

  it('sees that the clock was set between checks, in either direction, and trusts it after the next check only', async () => {
    const district = await openDistrict();
    try {
      const timeSource = new SteeredSource();
      const start = performance.now();
      const monotonic = (): number => performance.now() - start;
      const authority = new TimestampAuthority(district.parts, district.hierarchy, { timeSource, monotonic });
      for (const jump of [3_600_000, -1000, 400]) {
        await authority.checkClock();
        // A little later than the last token, whatever the jump before it was.
        district.advance(jump < 0 ? 0 : 1);
        genTimeOf(await authority.respond(REQUEST));
        district.advance(jump);
        assertNoTime(await authority.respond(REQUEST), /was set/);
        district.advance(-jump);
        assertNoTime(await authority.respond(REQUEST), /was set/);
      }
      assert.equal(authority.status().doubt, 'clock-jumped');
    } finally {
      await district.remove();
    }
  });

  for (const engine of engines) {
    it(`gives none behind a token already given, even after a restart (${engine.name})`, async function () {
      engine.require(this);
      const district = await openDistrict({ engine });
      try {
        const authority = new TimestampAuthority(district.parts, district.hierarchy);
        const first = genTimeOf(await authority.respond(REQUEST));
        district.advance(-60_000);
        const restarted = new TimestampAuthority(district.parts, district.hierarchy);
        for (const each of [authority, restarted]) {
          assertNoTime(await each.respond(REQUEST), /behind a time-stamp/);
        }
        district.advance(61_000);
        for (const each of [authority, restarted]) {
          assert.ok(genTimeOf(await each.respond(REQUEST)) >= first);
        }
      } finally {
        await district.remove();
      }
    });
  }

  it('never goes back over many tokens, and writes to the database about once a second at most', async () => {
    const district = await openDistrict();
    try {
      const authority = new TimestampAuthority(district.parts, district.hierarchy);
      const ceilings = new Set<string>();
      let last = 0;
      for (let count = 0; count < scale(300); count += 1) {
        const [first, second] = await Promise.all([authority.respond(REQUEST), authority.respond(REQUEST)]);
        for (const response of [first, second]) {
          const time = genTimeOf(response).getTime();
          assert.ok(time >= last);
          last = time;
          const row = await district.database.reader
            .selectFrom('ca_timestamp_clock')
            .select('ceiling')
            .executeTakeFirst();
          ceilings.add(row?.ceiling ?? '');
          assert.ok(Date.parse(row?.ceiling ?? '') >= time, 'a token is never later than what is stored');
        }
        district.advance(50);
      }
      // 300 rounds of 50 ms are 15 s of the district's clock, a step of at least half a second each.
      assert.ok(ceilings.size <= scale(300) * 0.1 + 5, String(ceilings.size));
    } finally {
      await district.remove();
    }
  });
});

describe('clock discipline', () => {
  it('asks once for callers that come together, and says honestly that the system does not tell its offset', async () => {
    const source = new SteeredSource();
    const clock = (): Date => new Date(5000);
    const common = { clock, monotonic: () => 0, maximumOffset: 500, maximumAge: 1000 };
    const discipline = new ClockDiscipline({ ...common, source });
    await Promise.all([discipline.check(), discipline.check(), discipline.ready()]);
    assert.equal(source.checks, 1);
    const system = new ClockDiscipline({ ...common, source: systemTimeSource(clock) });
    await system.check();
    const { last, ...state } = system.state();
    assert.deepEqual(state, { source: 'system', lastFailed: false, doubt: null });
    assert.deepEqual(
      [last?.offsetMilliseconds, last?.roundTripMilliseconds, last?.stratum],
      [null, null, null],
    );
  });
});
