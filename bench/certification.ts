// The certification authority: certificates, status and time-stamps a second, each beside what limits it.
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Services } from '../api/services.ts';
import { CrlPublisher } from '../ca/crl-publisher.ts';
import { issueCertificate } from '../ca/issue.ts';
import type { IssueRequest } from '../ca/issue-request.ts';
import { OcspResponder } from '../ca/ocsp-responder.ts';
import { prepareCertificate, signPrepared } from '../ca/prepare-certificate.ts';
import { WHOLE } from '../ca/revocation-store.ts';
import { generateKey } from '../crypto/key-engine.ts';
import { approvalOffice } from '../fixtures/departments.ts';
import { encodeTimestampRequest } from '../formats/cms/timestamp.ts';
import { encodeDigestAlgorithm } from '../formats/x509/algorithm.ts';
import { encodeCertId, encodeOcspRequest } from '../formats/x509/ocsp.ts';
import { rawSigning, type Limits } from './limits.ts';
import { measure, rate, ratesInTurn, watchingEventLoop, type Measure } from './measure.ts';
import { pkijsResponder } from './pkijs-responder.ts';
import { startBenchService } from './service.ts';

const parallel = 16;
/** Entries of the list that is streamed: a million, fewer where the whole bench is short. */
const listed = (seconds: number): number => (seconds >= 5 ? 1_000_000 : 50_000);

/** Keys to certify: made before, since making one costs more than certifying it. */
async function requests(services: Services, count: number): Promise<readonly IssueRequest[]> {
  const authority = services.hierarchy.issuer('department-seals', 'international');
  const made = Array.from({ length: count }, async (_, index): Promise<IssueRequest> => {
    const { publicKey } = await generateKey('ES256');
    return {
      profile: 'seal',
      authority,
      subject: {
        organization: approvalOffice.name,
        creditCode: approvalOffice.creditCode,
        commonName: String(12010590000000 + index),
      },
      publicKey,
      actor: { id: 'system', department: null },
    };
  });
  return Promise.all(made);
}

/** Each of the values in turn, from the first again after the last. */
function inTurn<T>(values: readonly T[]): () => T {
  let at = 0;
  return () => {
    const value = values[at % values.length];
    at += 1;
    if (value === undefined) throw new Error('There is nothing to take from.');
    return value;
  };
}

async function* measureIssuing(seconds: number, services: Services, limits: Limits): AsyncGenerator<Measure> {
  const next = inTurn(await requests(services, 2000));
  const operation = async (): Promise<void> => {
    const request = next();
    await signPrepared(prepareCertificate(services, request), request.authority);
  };
  // Warm for the thread of the second opinions to have started, and for both threads' code to be compiled.
  const [made, signed] = await ratesInTurn(
    seconds,
    2,
    { operation, parallel },
    { operation: rawSigning(), parallel: 1 },
  );
  yield measure(
    'certificates: built, linted, signed, compared; no store',
    made,
    'certificates/s',
    'raw P-256 signature',
    signed,
  );
  const name = `certificates on record, ${parallel} callers`;
  // A key is certified for one subject and profile, again and again.
  const durable = await rate(seconds, () => issueCertificate(services, next()), parallel);
  yield measure(name, durable, 'certificates/s', 'disk sync', limits.sync);
  yield measure(name, durable, 'certificates/s', 'raw P-256 signature', limits.sign);
}

async function* measureStatus(seconds: number, services: Services, limits: Limits): AsyncGenerator<Measure> {
  const [request] = await requests(services, 1);
  const issuer = request?.authority.certificate ?? null;
  if (request === undefined || issuer === null) throw new Error('There is no issuing authority.');
  const { authority } = request;
  const { certificate } = await issueCertificate(services, request);
  const digest = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();
  const id = encodeCertId({
    hashAlgorithm: encodeDigestAlgorithm('sha1'),
    issuerNameHash: digest(issuer.subject.der),
    issuerKeyHash: digest(issuer.subjectPublicKeyInfo.publicKey),
    serialNumber: certificate.serialNumber,
  });
  const responder = new OcspResponder(services, services.hierarchy);
  const plain = encodeOcspRequest([id], null);
  const other = await pkijsResponder(issuer.der);
  const rival = await rate(seconds, () => other(plain));
  const kept = await rate(seconds, () => responder.respond(authority.name, plain));
  yield measure('OCSP, kept answers', kept, 'answers/s', 'a pkijs responder', rival);
  const nonces = inTurn(Array.from({ length: 1000 }, () => encodeOcspRequest([id], services.random(16))));
  const name = 'OCSP, signed at once';
  const signed = await rate(seconds, () => responder.respond(authority.name, nonces()));
  yield measure(name, signed, 'answers/s', 'raw P-256 signature', limits.sign);
  yield measure(name, signed, 'answers/s', 'a pkijs responder', rival);
}

async function measureTimestamps(seconds: number, services: Services, limits: Limits): Promise<Measure> {
  const ask = inTurn(
    Array.from({ length: 1000 }, () =>
      encodeTimestampRequest({
        digestAlgorithm: 'sha256',
        digest: services.random(32),
        nonce: services.random(8),
        certificateRequested: true,
      }),
    ),
  );
  const tokens = await rate(seconds, () =>
    services.timestampAuthority.respond(ask(), { hierarchy: 'international' }),
  );
  return measure('time-stamps', tokens, 'tokens/s', 'raw P-256 signature', limits.sign);
}

/** Revoked certificates by the thousand, written past the flows: the list is what is measured. */
function revokeMany(file: string, authority: string, count: number): void {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE');
    const certificate = database.prepare(
      `INSERT INTO ca_certificate (serial, authority, profile, subject, key_id, der, state, not_before, not_after,
         intended_at, issued_at, shard)
       VALUES (?, ?, 'seal', 'O=x', 'sha256:0', 'MAA=', 'issued', '2026-01-01', '2028-01-01', '2026-01-01',
         '2026-01-01', 0)`,
    );
    const revocation = database.prepare(
      `INSERT INTO ca_revocation (serial, authority, shard, state, reason, revoked_at, change)
       VALUES (?, ?, 0, 'revoked', 'superseded', '2026-10-01T00:00:00.000Z', ?)`,
    );
    for (let index = 1; index <= count; index += 1) {
      const serial = `01${((index * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}${index.toString(16).padStart(24, '0')}`;
      certificate.run(serial, authority);
      revocation.run(serial, authority, index);
    }
    database.prepare('UPDATE ca_authority SET changes = ? WHERE name = ?').run(count, authority);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

async function* measureList(seconds: number, services: Services, limits: Limits): AsyncGenerator<Measure> {
  const { file } = services.database;
  if (file === null) return;
  const { name: authority } = services.hierarchy.issuer('enterprises', 'international');
  const count = listed(seconds);
  revokeMany(file, authority, count);
  const publisher = new CrlPublisher(services, services.hierarchy);
  const before = process.memoryUsage.rss();
  let peak = before;
  const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const started = performance.now();
  const name = `revocation list of ${count} entries`;
  const { result, standstill, turn } = await watchingEventLoop(name, () => publisher.full(authority, WHOLE));
  clearInterval(watching);
  const elapsed = (performance.now() - started) / 1000;
  yield measure(
    name,
    count / elapsed,
    'entries/s',
    'SHA-256 of the list',
    (limits.hash * count) / result.size,
  );
  yield measure(`memory: ${name}`, (peak - before) / 1e6, 'MB', 'its size in MB', result.size / 1e6);
  yield standstill;
  yield turn;
}

/** Yields each measure as it is taken. */
export async function* measureCertification(
  seconds: number,
  folder: string,
  limits: Limits,
): AsyncGenerator<Measure> {
  const service = await startBenchService(folder);
  const { services } = service;
  try {
    yield* measureIssuing(seconds, services, limits);
    yield* measureStatus(seconds, services, limits);
    yield await measureTimestamps(seconds, services, limits);
    yield* measureList(seconds, services, limits);
  } finally {
    await service.stop();
  }
}
