// The main job: stamps, licenses and verifications a second, each beside what limits it.
import { randomBytes } from 'node:crypto';
import { PDFDocument } from 'pdf-lib';
import type { Services } from '../api/services.ts';
import { verifyHere } from '../api/verifications.ts';
import { approvalOffice, civilAffairs } from '../fixtures/departments.ts';
import { enterprises } from '../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../fixtures/licenses.ts';
import { seniorCitizenMatter } from '../fixtures/matters.ts';
import { seals } from '../fixtures/seals.ts';
import { departmentScopes } from '../identity/principal.ts';
import { issueLicense } from '../licenses/issue.ts';
import { sealWithCode } from '../signing/seal-register.ts';
import { stampDocument } from '../signing/stamp.ts';
import type { Actor } from '../storage/actor.ts';
import type { Limits } from './limits.ts';
import { measure, rate, watchingEventLoop, type Measure } from './measure.ts';
import { startBenchService } from './service.ts';
import { signer } from './signing.ts';

const parallel = 16;
const pdfBytes = 20_000;

const system: Actor = {
  id: 'client:bench',
  kind: 'client',
  department: approvalOffice.creditCode,
  scopes: departmentScopes,
};

/** A one-page PDF of about 20 kB. */
async function smallPdf(): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  document.addPage([595, 842]);
  await document.attach(randomBytes(pdfBytes - 1_500), 'filler.bin');
  return document.save({ useObjectStreams: false });
}

let serial = 0;

async function stamper(services: Services, pdf: Uint8Array): Promise<() => ReturnType<typeof stampDocument>> {
  const code = seals.find((one) => one.department === civilAffairs)?.sealCode ?? '';
  const seal = await sealWithCode(services.database.reader, code);
  if (seal === null) throw new Error('The demonstration has no seal of the civil affairs bureau.');
  return () =>
    stampDocument(services.stamps, {
      actor: { ...system, department: civilAffairs.creditCode },
      sealId: seal.id,
      source: { bytes: pdf },
      place: { page: 1, centreX: 150, centreY: 235 },
      // Marked 自动核发: no approval of each document.
      matter: seniorCitizenMatter.code,
      caseNumber: null,
      reason: null,
      idempotencyKey: `bench-stamp-${(serial += 1)}`,
    });
}

function licenser(services: Services): () => ReturnType<typeof issueLicense> {
  return () => {
    const number = (serial += 1);
    const enterprise = enterprises[number % enterprises.length];
    if (enterprise === undefined) throw new Error('The demonstration has no enterprises.');
    const { type, matter, holder, face, number: printed } = foodBusinessLicense(enterprise, number);
    return issueLicense(services.licenses, {
      actor: system,
      idempotencyKey: `bench-license-${number}`,
      type: type.key,
      number: printed,
      holder,
      face,
      matter: matter.code,
      caseNumber: null,
    });
  };
}

/** Yields each measure as it is taken. A stamp costs two signatures: the seal's and the time-stamp's. */
export async function* measureMainJob(
  seconds: number,
  folder: string,
  limits: Limits,
): AsyncGenerator<Measure> {
  const service = await startBenchService(folder);
  const { services } = service;
  try {
    const pdf = await smallPdf();
    yield measure(
      'signed and checked PDFs, 20 kB, without store and network',
      await rate(seconds, await signer(services, pdf)),
      'PDFs/s',
      'raw P-256 signature',
      limits.sign,
    );
    const stamped: string[] = [];
    const stampOnce = await stamper(services, pdf);
    const stamp = async (): Promise<void> => void stamped.push((await stampOnce()).document.digest);
    const stampName = `stamps, 20 kB PDF, ${parallel} callers`;
    const stamps = await watchingEventLoop(stampName, () => rate(seconds, stamp, parallel));
    yield measure(stampName, stamps.result, 'stamps/s', 'raw P-256 signature', limits.sign);
    yield measure(stampName, stamps.result, 'stamps/s', 'disk sync', limits.sync);
    yield measure(stampName, stamps.result, 'stamps/s', 'SHA-256 of the file', limits.hash / pdf.length);
    yield stamps.standstill;
    yield stamps.turn;
    yield measure(
      'stamps, 20 kB PDF, one caller',
      await rate(seconds, stamp),
      'stamps/s',
      'disk sync',
      limits.sync,
    );

    const codes: string[] = [];
    let licenseSize = 1;
    const issueOnce = licenser(services);
    const license = async (): Promise<void> => {
      const { code, document } = await issueOnce();
      codes.push(code.prefix + code.digits);
      licenseSize = document.size;
    };
    const licenseName = `licenses, ${parallel} callers`;
    const licenses = await watchingEventLoop(licenseName, () => rate(seconds, license, parallel));
    yield measure(licenseName, licenses.result, 'licenses/s', 'raw P-256 signature', limits.sign);
    yield measure(licenseName, licenses.result, 'licenses/s', 'disk sync', limits.sync);
    const hashes = limits.hash / licenseSize;
    yield measure(licenseName, licenses.result, 'licenses/s', 'SHA-256 of the file', hashes);
    yield licenses.standstill;
    yield licenses.turn;

    yield* measureVerifications(seconds, services, stamped, codes, limits);
  } finally {
    await service.stop();
  }
}

/** Each call verifies another document, as far as there are: what comes again would profit from what is remembered. */
async function* measureVerifications(
  seconds: number,
  services: Services,
  stamped: readonly string[],
  codes: readonly string[],
  limits: Limits,
): AsyncGenerator<Measure> {
  const files: Uint8Array[] = [];
  for (const digest of stamped.slice(0, 2000)) {
    const bytes = await services.documents.readAll(digest, 1_000_000);
    if (bytes !== null) files.push(bytes);
  }
  const nextFile = inTurn(files);
  const pdfName = `verifications, stamped PDF, ${parallel} callers`;
  const pdfs = await watchingEventLoop(pdfName, () =>
    rate(seconds, () => verifyHere(services, { file: { bytes: nextFile() } }), parallel),
  );
  yield measure(pdfName, pdfs.result, 'files/s', 'raw P-256 verification', limits.verify);
  const size = files[0]?.length ?? 1;
  yield measure(pdfName, pdfs.result, 'files/s', 'SHA-256 of the file', limits.hash / size);
  yield pdfs.standstill;
  yield pdfs.turn;
  const nextCode = inTurn(codes);
  yield measure(
    'verifications, license code with status',
    await rate(seconds, () => verifyHere(services, { code: nextCode() })),
    'codes/s',
    'raw P-256 verification',
    limits.verify,
  );
}

/** The values one after the other, and again from the first. */
function inTurn<T>(values: readonly T[]): () => T {
  let at = 0;
  return () => {
    const value = values[at % values.length];
    at += 1;
    if (value === undefined) throw new Error('Nothing was made that could be verified.');
    return value;
  };
}
