// Verification: codes, paths, many signatures, whole files and receipts, each beside the raw work that cannot be left out.
import { createHash, createPublicKey, generateKeyPairSync, sign, verify as verifyRaw } from 'node:crypto';
import type { Services } from '../api/services.ts';
import { recognise } from '../api/recognitions.ts';
import { holderFor, receiptLifetime, signedReceipt } from '../api/receipts.ts';
import { verificationFacts } from '../api/verification-facts.ts';
import { verifyHere } from '../api/verifications.ts';
import { approvalOffice, civilAffairs } from '../fixtures/departments.ts';
import { enterprises } from '../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../fixtures/licenses.ts';
import { seniorCitizenMatter } from '../fixtures/matters.ts';
import { seals } from '../fixtures/seals.ts';
import { decodeClaims } from '../formats/cose/cwt.ts';
import { decodeSign1 } from '../formats/cose/sign1.ts';
import { bytesSource } from '../formats/pdf/source.ts';
import { decodeEnvelope } from '../formats/qr/license-code.ts';
import { departmentScopes, type Principal } from '../identity/principal.ts';
import { signCode } from '../licenses/code.ts';
import { issueLicense } from '../licenses/issue.ts';
import { sealWithCode } from '../signing/seal-register.ts';
import { stampDocument } from '../signing/stamp.ts';
import { defaultAcceptanceRule } from '../verification/acceptance.ts';
import { verifyCode } from '../verification/code.ts';
import { receiptClaims } from '../verification/receipt.ts';
import { verifyPdf } from '../verification/verify-pdf.ts';
import { verifyChainCases } from './verification-chain.ts';
import { measure, type Measure } from './measure.ts';
import { startBenchService } from './service.ts';
import { largePdf, unstampedPdf } from './verification-files.ts';

const signaturesInOneFile = 51;
const largeFile = 100 * 1024 * 1024;

function principal(key: string, department: string): Principal {
  return {
    id: `client:${key}`,
    kind: 'client',
    department,
    scopes: departmentScopes,
    roles: ['approval-system'],
    level: 0,
    actingFor: null,
  };
}
const office = principal('bench-office', approvalOffice.creditCode);
const civil = principal('bench-civil', civilAffairs.creditCode);

const orderOf = (serial: number) => {
  const enterprise = enterprises[serial % enterprises.length];
  if (enterprise === undefined) throw new Error('The demonstration has no enterprises.');
  return foodBusinessLicense(enterprise, serial);
};

async function issued(services: Services, count: number) {
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const { type, matter, holder, face, number } = orderOf(9000 + index);
      return issueLicense(services.licenses, {
        actor: office,
        idempotencyKey: `bench-verification-${index}`,
        type: type.key,
        number,
        holder,
        face,
        matter: matter.code,
        caseNumber: null,
      });
    }),
  );
}

/** Each value once, so that no signature is known from before; the number at hand bounds the run. */
function each<T>(values: readonly T[]): () => T {
  let at = 0;
  return () => {
    const value = values[at];
    at += 1;
    if (value === undefined) throw new Error('Too few were made.');
    return value;
  };
}

const slices = 6;

/**
 * Operations a second, one after the other, each value once: the first quarter warms up, and of the slices of the rest the
 * quickest counts, ours as well as the limit's: what else the machine did is no property of either.
 */
async function rateOver<T>(values: readonly T[], operation: (value: T) => unknown): Promise<number> {
  const warm = Math.floor(values.length / 4);
  for (const value of values.slice(0, warm)) await operation(value);
  const size = Math.ceil((values.length - warm) / slices);
  let best = 0;
  for (let from = warm; from < values.length; from += size) {
    const slice = values.slice(from, from + size);
    const started = performance.now();
    for (const value of slice) await operation(value);
    best = Math.max(best, (slice.length / (performance.now() - started)) * 1000);
  }
  return best;
}

/**
 * Two operations in alternate slices, so that what else the machine does falls on both: as `rateOver`, the quickest slice of
 * each counts.
 */
async function ratesBeside<A, B>(
  [ours, one]: readonly [values: readonly A[], operation: (value: A) => unknown],
  [limits, other]: readonly [values: readonly B[], operation: (value: B) => unknown],
): Promise<readonly [ours: number, limit: number]> {
  const length = Math.min(ours.length, limits.length);
  const warm = Math.floor(length / 4);
  for (let at = 0; at < warm; at += 1) {
    await one(ours[at] as A);
    other(limits[at] as B);
  }
  const size = Math.ceil((length - warm) / (4 * slices));
  const best = [0, 0] as [number, number];
  for (let from = warm; from + size <= length; from += size) {
    let started = performance.now();
    for (let at = from; at < from + size; at += 1) await one(ours[at] as A);
    best[0] = Math.max(best[0], (size / (performance.now() - started)) * 1000);
    started = performance.now();
    for (let at = from; at < from + size; at += 1) other(limits[at] as B);
    best[1] = Math.max(best[1], (size / (performance.now() - started)) * 1000);
  }
  return best;
}

/**
 * Codes never seen before, of one signer, each verified whole; their status list is at hand, as it is for a verifier at a
 * gate.
 */
async function measureCodes(services: Services, count: number): Promise<Measure> {
  const [license] = await issued(services, 1);
  const status = license?.status ?? null;
  if (license === undefined || status === null) throw new Error('There is no license with a status.');
  const key = services.hierarchy.serviceKey('license-code');
  const claims = decodeClaims(decodeSign1(decodeEnvelope(license.code.digits)).payload);
  const codes = await Promise.all(
    Array.from({ length: count }, async () => {
      const { prefix, digits } = await signCode(key, license.code.prefix, {
        ...claims,
        id: services.random(16),
      });
      // In one piece, as a request's body gives it, and not as the sum of parts that it was made of.
      return Buffer.from(prefix + digits, 'latin1').toString('latin1');
    }),
  );
  const facts = await verificationFacts(services);
  const token = (await facts.statusLists?.statusList(status.list, null)) ?? null;
  const statusLists = { statusList: () => Promise.resolve(token) };
  const verifyOne = async (code: string): Promise<void> => {
    const { conclusion, summary } = await verifyCode(code, { ...facts, statusLists });
    if (conclusion !== 'TOTAL-PASSED') throw new Error(summary.en);
  };
  const raw = rawVerification(count);
  const [ours, limit] = await ratesBeside([codes, verifyOne], raw);
  return measure('license codes, first sight', ours, 'codes/s', 'raw ES256 verification', limit);
}

/** The raw verification of signatures that differ, with a key that is ready: a code's length of message. */
function rawVerification(count: number) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const messages = Array.from({ length: count }, (_, index) => {
    const message = Buffer.alloc(300, index % 251);
    return { message, signature: sign('sha256', message, privateKey) };
  });
  const key = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }));
  const operation = ({ message, signature }: (typeof messages)[number]): boolean =>
    verifyRaw('sha256', message, key, signature);
  return [messages, operation] as const;
}

async function receipts(services: Services, count: number) {
  const [license] = await issued(services, 1);
  if (license === undefined) throw new Error('There is no license.');
  const holder = license.record['CZZTDM'] ?? '';
  const report = await verifyHere(services, { code: license.code.prefix + license.code.digits });
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const claims = receiptClaims(report, {
        issuer: approvalOffice.creditCode,
        audience: civilAffairs.creditCode,
        caseNumber: `bench-${index}`,
        matter: license.matter,
        holder: await holderFor(services, civilAffairs.creditCode, holder),
        id: `rcp_bench_${index}`,
        lifetime: receiptLifetime,
        acceptanceRule: () => defaultAcceptanceRule,
      });
      const receipt = await signedReceipt(services, claims);
      return { receipt, case: claims.case, matter: claims.matter, holder };
    }),
  );
}

/** CPU of this process, all threads, for each recognition with everything it leaves on record. */
async function measureRecognitions(services: Services, count: number): Promise<Measure> {
  const orders = await receipts(services, count + 50);
  const one = (order: (typeof orders)[number]) => recognise(services, civil, order, `bench-${order.case}`);
  for (const order of orders.slice(0, 50)) await one(order);
  const left = orders.slice(50);
  const before = process.cpuUsage();
  const next = each(left);
  // Several at once, as they come: they share the disk's work.
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let at = 0; at < Math.floor(left.length / 8); at += 1) await one(next());
    }),
  );
  const { user, system } = process.cpuUsage(before);
  const done = Math.floor(left.length / 8) * 8;
  return measure('CPU of a recognition, on record', (user + system) / 1000 / done, 'ms', 'permitted', 1);
}

/** A seal of the department whose matter is marked 自动核发: no approval of each document. */
async function automaticSeal(services: Services): Promise<{ readonly id: string }> {
  const code = seals.find(({ department }) => department === civilAffairs)?.sealCode ?? '';
  const seal = await sealWithCode(services.database.reader, code);
  if (seal === null) throw new Error('The demonstration has no seal of the civil affairs bureau.');
  return seal;
}

/** One file, stamped again and again: milliseconds beside the second that is permitted. */
async function measureManySignatures(services: Services, seconds: number): Promise<Measure> {
  const count = seconds >= 2 ? signaturesInOneFile : 5;
  const seal = await automaticSeal(services);
  let bytes = await unstampedPdf(20_000);
  for (let index = 0; index < count; index += 1) {
    const { document } = await stampDocument(services.stamps, {
      actor: civil,
      sealId: seal.id,
      source: { bytes },
      place: { page: 1, centreX: 30 + (index % 14) * 46, centreY: 30 + Math.floor(index / 14) * 46 },
      matter: seniorCitizenMatter.code,
      caseNumber: null,
      reason: null,
      idempotencyKey: `bench-many-${index}`,
    });
    bytes = (await services.documents.readAll(document.digest, 50_000_000)) ?? bytes;
  }
  const facts = await verificationFacts(services);
  const started = performance.now();
  const report = await verifyPdf(bytesSource(bytes), facts);
  const elapsed = performance.now() - started;
  if (report.conclusion !== 'TOTAL-PASSED') throw new Error(report.summary.en);
  return measure(`a file with ${count} signatures`, elapsed, 'ms', 'permitted', 1000);
}

/** A large stamped file beside the hash over it, which nobody can leave out. */
async function measureLarge(services: Services, seconds: number): Promise<Measure> {
  const seal = await automaticSeal(services);
  const plain = largePdf(seconds >= 2 ? largeFile : 4 * 1024 * 1024);
  const { document } = await stampDocument(services.stamps, {
    actor: civil,
    sealId: seal.id,
    source: { bytes: plain },
    place: { page: 1, centreX: 100, centreY: 150 },
    matter: seniorCitizenMatter.code,
    caseNumber: null,
    reason: null,
    idempotencyKey: 'bench-large',
  });
  const bytes = await services.documents.readAll(document.digest, 2 * largeFile);
  if (bytes === null) throw new Error('The stamped file is missing.');
  const facts = await verificationFacts(services);
  const time = async (work: () => unknown): Promise<number> => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  const hash = (): unknown => createHash('sha256').update(bytes).digest();
  const times = { hash: Infinity, verify: Infinity };
  for (let turn = 0; turn < 3; turn += 1) {
    times.hash = Math.min(times.hash, await time(hash));
    times.verify = Math.min(times.verify, await time(() => verifyPdf(bytesSource(bytes), facts)));
  }
  const name = `a stamped file of ${Math.round(bytes.length / 1024 / 1024)} MB`;
  return measure(name, times.verify, 'ms', 'SHA-256 over it', times.hash);
}

/** Yields each measure as it is taken. */
export async function* measureVerification(seconds: number, folder: string): AsyncGenerator<Measure> {
  const service = await startBenchService(folder);
  const { services } = service;
  try {
    yield await measureCodes(services, Math.ceil(seconds * 2000) + 8);
    const chains = verifyChainCases(2 * Math.ceil(seconds * 500) + 16);
    const half = chains.cases.length / 2;
    const [lines, read] = [chains.cases.slice(0, half), chains.cases.slice(half).map(chains.read)];
    const rates = {
      'chains of three, a new leaf each, from their lines': await rateOver(lines, (each) =>
        chains.verify(chains.read(each)),
      ),
      'chains of three, a new leaf each, read before': await rateOver(read, chains.verify),
    };
    const needed = await rateOver(chains.cases, chains.raw);
    for (const [name, rate] of Object.entries(rates))
      yield measure(name, rate, 'chains/s', 'the raw verifications they need', needed);
    yield await measureRecognitions(services, Math.ceil(seconds * 100) + 16);
    yield await measureManySignatures(services, seconds);
    yield await measureLarge(services, seconds);
  } finally {
    await service.stop();
  }
}
