// A list of very many entries: streamed, without holding the event loop or the memory; its news in the delta at once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { CrlPublisher } from '../../ca/crl-publisher.ts';
import { OcspResponder } from '../../ca/ocsp-responder.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { encodeOcspRequest, parseOcspResponse } from '../../formats/x509/ocsp.ts';
import { requireProgram } from '../programs.ts';
import { scale } from '../scale.ts';
import { openDistrict, pem, SYSTEM, type District } from './district.ts';
import { bytesOf, certId, issueSeal, listOf, numberOf, openPublisher, shardOf } from './status-parts.ts';

const SEALS = 'department-seals';
const COUNT = Math.min(1_000_000, scale(200_000));
const STALL = 20;

/** Revoked certificates by the thousand, written past the flows: only their numbers and dates matter here. */
function bulkLoad(district: District, authority: string, shard: number, count: number): void {
  const database = new DatabaseSync(district.database.file!);
  try {
    database.exec('PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE');
    const certificate = database.prepare(
      `INSERT INTO ca_certificate (serial, authority, profile, subject, key_id, der, state, not_before, not_after,
         intended_at, issued_at, shard)
       VALUES (?, ?, 'seal', 'O=x', 'sha256:0', 'MAA=', 'issued', '2026-01-01', '2028-01-01', '2026-01-01',
         '2026-01-01', ?)`,
    );
    const revocation = database.prepare(
      `INSERT INTO ca_revocation (serial, authority, shard, state, reason, revoked_at, change)
       VALUES (?, ?, ?, 'revoked', ?, '2026-10-01T00:00:00.000Z', ?)`,
    );
    const reasons = ['keyCompromise', 'superseded', 'cessationOfOperation', 'unspecified'];
    for (let index = 1; index <= count; index += 1) {
      // In an order unlike that of their serials.
      const serial = `01${((index * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}${index.toString(16).padStart(24, '0')}`;
      certificate.run(serial, authority, shard);
      revocation.run(serial, authority, shard, reasons[index % reasons.length]!, index);
    }
    database.prepare('UPDATE ca_authority SET changes = ? WHERE name = ?').run(count, authority);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

interface Observed<T> {
  readonly value: T;
  readonly seconds: number;
  /** Longest time that nothing else got its turn, in milliseconds, by the clock. */
  readonly wall: number;
  /** The same in processor time of this thread: what other work of the machine cannot lengthen. */
  readonly own: number;
  /** Growth of resident memory at its peak, in bytes. */
  readonly growth: number;
}

async function observe<T>(work: () => Promise<T>): Promise<Observed<T>> {
  global.gc?.();
  const before = process.memoryUsage.rss();
  let [peak, own, running] = [before, 0, true];
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let last = used();
  const turn = (): void => {
    const now = used();
    own = Math.max(own, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  const started = performance.now();
  try {
    const value = await work();
    const seconds = (performance.now() - started) / 1000;
    histogram.disable();
    const growth = Math.max(peak, process.memoryUsage.rss()) - before;
    return { value, seconds, wall: histogram.max / 1e6, own, growth };
  } finally {
    running = false;
    clearInterval(timer);
  }
}

describe(`a list of ${COUNT.toLocaleString('en')} entries`, function () {
  this.timeout(600_000);
  let district: District;
  let publisher: CrlPublisher;

  before(async () => {
    district = await openDistrict({ realClock: true, settings: { shards: { 'department-seals': 1 } } });
    bulkLoad(district, SEALS, 0, COUNT);
    ({ publisher } = await openPublisher(district));
  });
  after(() => district.remove());

  it('is streamed without a stall, in memory far below its size, and openssl verifies it', async function () {
    const openssl = requireProgram(this, 'openssl');
    let seen: Observed<number> | null = null;
    // The machine's other work stalls this process too: what is ours shows in every attempt.
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      // Another database handle would find it made: the next attempt makes the list of the whole authority again.
      await district.database.write((tx) =>
        tx.updateTable('ca_crl').set({ size: null }).where('authority', '=', SEALS).execute(),
      );
      const now = await observe(async () => (await publisher.full(SEALS, 0)).size);
      if (seen === null || now.own < seen.own) seen = now;
      if (seen.own < STALL) break;
    }
    assert.ok(seen !== null);
    const { value: size, seconds, wall, own, growth } = seen;
    console.log(
      `      ${(size / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s, longest turn ${own.toFixed(1)} ms ` +
        `(${wall.toFixed(1)} by the clock), ` +
        `memory ${(growth / size).toFixed(2)} × the file`,
    );
    assert.ok(own < STALL, `stalled ${own} ms`);
    assert.ok(growth < 3 * size, `memory grew by ${growth} for ${size}`);
    const list = await district.file('large.crl', await bytesOf(publisher.full(SEALS, 0)));
    const ca = await district.file(
      'ca.pem',
      pem('CERTIFICATE', district.hierarchy.authority(SEALS).certificate.der),
    );
    const shown = spawnSync(openssl, ['crl', '-inform', 'DER', '-in', list, '-noout', '-CAfile', ca], {
      encoding: 'utf8',
    });
    assert.match(shown.stderr, /verify OK/);
    const { revoked } = await listOf(publisher.full(SEALS, 0));
    assert.equal(revoked.length, COUNT);
    assert.ok(revoked.every(({ serialHex }, at) => at === 0 || revoked[at - 1]!.serialHex < serialHex));
  });

  it('has its news in the delta within 2 s and in OCSP within 1 s', async () => {
    const responder = new OcspResponder(district.parts, district.hierarchy);
    const issuer = district.hierarchy.authority(SEALS).certificate;
    const base = await publisher.full(SEALS, 0);
    let [slowestDelta, slowestAnswer] = [0, 0];
    for (let round = 0; round < 5; round += 1) {
      const { serial, certificate } = await issueSeal(district);
      assert.equal(shardOf(certificate), 0);
      const request = encodeOcspRequest([certId(issuer, certificate.serialNumber)], null);
      await responder.respond(SEALS, request);
      await revokeCertificate(district.parts, { serial, reason: 'keyCompromise', actor: SYSTEM });
      const started = performance.now();
      const answer = parseOcspResponse(await responder.respond(SEALS, request));
      slowestAnswer = Math.max(slowestAnswer, performance.now() - started);
      assert.equal(answer.basic?.responses[0]?.status.kind, 'revoked');
      const asked = performance.now();
      const delta = await listOf(publisher.delta(SEALS, 0));
      slowestDelta = Math.max(slowestDelta, performance.now() - asked);
      assert.equal(numberOf(delta.deltaBase), base.number);
      assert.ok(delta.revoked.some(({ serialHex }) => serialHex === serial));
      await pause(5);
    }
    console.log(
      `      OCSP after ${slowestAnswer.toFixed(1)} ms, delta after ${slowestDelta.toFixed(1)} ms at most`,
    );
    assert.ok(slowestAnswer < 1000 && slowestDelta < 2000);
    assert.equal((await publisher.full(SEALS, 0)).number, base.number, 'the large list waits for its hour');
  });

  it('is made anew behind the caller when it is an hour old and something changed', async () => {
    const base = await publisher.full(SEALS, 0);
    district.advance(61 * 60_000);
    assert.equal((await publisher.full(SEALS, 0)).number, base.number);
    const { own } = await observe(async () => {
      while ((await publisher.full(SEALS, 0)).number === base.number) await pause(20);
    });
    assert.ok(own < STALL, `stalled ${own} ms`);
    const list = await listOf(publisher.full(SEALS, 0));
    assert.equal(list.revoked.length, COUNT + 5);
    assert.equal((await listOf(publisher.delta(SEALS, 0))).revoked.length, 0);
  });
});
