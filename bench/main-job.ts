// The main job: stamps, licenses and verifications a second, each beside what limits it.
import { randomBytes } from 'node:crypto';
import { PDFDocument } from 'pdf-lib';
import type { Services } from '../api/services.ts';
import { verifyHere } from '../api/verifications.ts';
import { approvalOffice } from '../fixtures/departments.ts';
import { enterprises } from '../fixtures/enterprises.ts';
import { foodBusinessLicense } from '../fixtures/licenses.ts';
import { licensingSeal } from '../fixtures/seals.ts';
import { departmentScopes } from '../identity/principal.ts';
import { issueLicense } from '../licenses/issue.ts';
import { sealWithCode } from '../signing/seal-register.ts';
import { stampDocument } from '../signing/stamp.ts';
import type { Actor } from '../storage/actor.ts';
import type { Limits } from './limits.ts';
import { measure, rate, type Measure } from './measure.ts';
import { startBenchService } from './service.ts';

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
  const seal = await sealWithCode(services.database.reader, licensingSeal.sealCode);
  if (seal === null) throw new Error('The demonstration has no licensing seal.');
  return () =>
    stampDocument(services.stamps, {
      actor: system,
      sealId: seal.id,
      source: { bytes: pdf },
      place: { page: 1, centreX: 150, centreY: 235 },
      matter: null,
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
    const stamp = await stamper(services, pdf);
    const stamps = await rate(seconds, stamp, parallel);
    yield measure(
      `stamps, 20 kB PDF, ${parallel} callers`,
      stamps,
      'stamps/s',
      'raw P-256 signature',
      limits.sign,
    );
    yield measure(`stamps, 20 kB PDF, ${parallel} callers`, stamps, 'stamps/s', 'disk sync', limits.sync);
    yield measure(
      `stamps, 20 kB PDF, ${parallel} callers`,
      stamps,
      'stamps/s',
      'SHA-256 of the file',
      limits.hash / pdf.length,
    );
    yield measure(
      'stamps, 20 kB PDF, one caller',
      await rate(seconds, stamp),
      'stamps/s',
      'disk sync',
      limits.sync,
    );

    const license = licenser(services);
    const licenses = await rate(seconds, license, parallel);
    yield measure(
      `licenses, ${parallel} callers`,
      licenses,
      'licenses/s',
      'raw P-256 signature',
      limits.sign,
    );
    yield measure(`licenses, ${parallel} callers`, licenses, 'licenses/s', 'disk sync', limits.sync);

    const stamped = await services.documents.readAll((await stamp()).document.digest, 1_000_000);
    const { code } = await license();
    if (stamped === null) throw new Error('The stamped document is missing.');
    const pdfs = await rate(seconds, () => verifyHere(services, { file: { bytes: stamped } }));
    yield measure('verifications, stamped PDF', pdfs, 'files/s', 'raw P-256 verification', limits.verify);
    yield measure(
      'verifications, stamped PDF',
      pdfs,
      'files/s',
      'SHA-256 of the file',
      limits.hash / stamped.length,
    );
    const text = code.prefix + code.digits;
    yield measure(
      'verifications, license code with status',
      await rate(seconds, () => verifyHere(services, { code: text })),
      'codes/s',
      'raw P-256 verification',
      limits.verify,
    );
  } finally {
    await service.stop();
  }
}
