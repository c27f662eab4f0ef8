// Licenses of before, taken over one at a time: paper, or a file of another system; and what was kept of the original.
import { z } from 'zod';
import { trustWords } from '../licenses/original.ts';
import { originalDocument, readOriginal, takeOverLicense } from '../licenses/take-over.ts';
import { ApiError } from './errors.ts';
import { originalAnswer, originalOf, originalOrder } from './license-import-schemas.ts';
import { licenseIssued, licenseOrder } from './license-schemas.ts';
import { issuedAnswer } from './licenses.ts';
import { json, pdf } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { caseNumber, matter } from './schemas.ts';
import { principalOf } from './stamps.ts';

const tag = '证照 Licenses';

const takeOver = route({
  method: 'post',
  path: '/api/v1/licenses/imports',
  tag,
  summary:
    'Take over a license of before, marked with its level of trust: paper 存量纸质证照, or an existing PDF 登记',
  access: withScope('licenses:import'),
  idempotent: true,
  body: jsonBody(licenseOrder.extend({ matter, case: caseNumber.nullish(), original: originalOrder })),
  replies: [{ status: 201, description: 'Taken over.', content: { 'application/json': licenseIssued } }],
  async handle(services, { principal, body, idempotencyKey }) {
    const { matter: matterCode, case: caseOf, original, ...order } = body;
    try {
      const license = await takeOverLicense(services.licenses, {
        ...order,
        original: originalOf(original),
        matter: matterCode,
        caseNumber: caseOf ?? null,
        actor: principalOf(principal),
        idempotencyKey: idempotencyKey ?? '',
      });
      services.metrics.countLicense('issued');
      return json(201, issuedAnswer(services, license), { Location: `/api/v1/licenses/${license.id}` });
    } catch (error) {
      services.metrics.countLicense('refused');
      throw error;
    }
  },
});

const params = z.object({ id: z.string().regex(/^lic_[0-9a-f]{32}$/) });
const query = z.object({
  purpose: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe('What it is read for; goes on record. No names or numbers.'),
});

const read = route({
  method: 'get',
  path: '/api/v1/licenses/{id}/original',
  tag,
  summary: 'What a license was taken over from, and what verification said of the file then; on record',
  access: withScope('licenses:read'),
  params,
  query,
  replies: [{ status: 200, description: 'The original.', content: { 'application/json': originalAnswer } }],
  async handle(services, call) {
    const { id } = call.params;
    const reading = { actor: principalOf(call.principal), purpose: call.query.purpose ?? 'not stated' };
    const { verdict, ...original } = await readOriginal(services.licenses, reading, id);
    return json(200, {
      license: id,
      ...original,
      trustWords: trustWords[original.trust],
      documentUrl:
        original.document === null ? null : `${services.address}/api/v1/licenses/${id}/original/document`,
      verdict: verdict === null ? null : { ...verdict, report: JSON.parse(verdict.report) as unknown },
    });
  },
});

const download = route({
  method: 'get',
  path: '/api/v1/licenses/{id}/original/document',
  tag,
  summary: 'The file of the original as it was taken over: the PDF, or the scan; on record',
  access: withScope('licenses:read'),
  params,
  query,
  replies: [{ status: 200, description: 'The PDF.', content: { 'application/pdf': 'binary' } }],
  async handle(services, call) {
    const { id } = call.params;
    // A file in full goes to nobody who does not say what for.
    const reading = { actor: principalOf(call.principal), purpose: call.query.purpose ?? '' };
    const { digest } = await originalDocument(services.licenses, reading, id);
    const document = await services.documents.open(digest);
    if (document === null) throw new ApiError('internal', `The original of ${id} is missing.`);
    return pdf(200, document, `original-${id}`);
  },
});

export const licenseImportRoutes: readonly Route[] = [takeOver, read, download];
