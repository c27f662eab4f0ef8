// Anybody verifies: a file by upload, a license by its code. The answer is the report, with a receipt for departments.
import { z } from 'zod';
import { toHex } from '../formats/bytes.ts';
import type { Principal } from '../identity/principal.ts';
import { verifyCode } from '../verification/code.ts';
import { jwsAlgorithm } from '../verification/jws.ts';
import { receiptClaims, signReceipt } from '../verification/receipt.ts';
import type { Report } from '../verification/report.ts';
import { ApiError } from './errors.ts';
import { json } from './reply.ts';
import { documentBody, jsonBody, route, type Route } from './route.ts';
import { caseNumber, matter } from './schemas.ts';
import type { Services } from './services.ts';
import type { Upload } from './upload.ts';
import { verificationFacts } from './verification-facts.ts';
import type { FileToVerify } from './verification-pool.ts';

const tag = '核验 Verification';
const access = { kind: 'public', rate: 'verifying' } as const;

const words = z.object({ zh: z.string(), en: z.string() });

/** The head of a report; the rest is told by its format `yinxin-verification-report/1`. */
const reportAnswer = z.looseObject({
  format: z.literal('yinxin-verification-report/1'),
  kind: z.enum(['pdf', 'certificate', 'license-code', 'unknown']),
  conclusion: z.enum(['TOTAL-PASSED', 'TOTAL-FAILED', 'INDETERMINATE']).describe('EN 319 102-1 5.1.3'),
  subIndication: z.string().nullable(),
  summary: words,
  rows: z.array(
    z.looseObject({
      id: z.string(),
      question: words,
      outcome: z.string(),
      citation: z.string(),
      finding: words,
    }),
  ),
  signatures: z.array(z.looseObject({ id: z.string(), conclusion: z.string() })),
  receipt: z.string().optional().describe('核验回执: JWS, for departments that name case and matter.'),
});

const receiptFields = z.object({
  case: caseNumber.optional(),
  matter: matter.optional(),
  audience: z
    .string()
    .regex(/^[0-9A-Z]{18}$/)
    .optional()
    .describe('Credit code of the department that may rely on the receipt; default the own one.'),
});

/** Seconds for which another department may rely on a receipt. */
const receiptLifetime = 30 * 86_400;

/** An upload as the workers take it. */
export function fileOf(upload: Upload): FileToVerify {
  if (upload.bytes !== null) return { bytes: upload.bytes };
  if (upload.path === null) throw new TypeError('An upload is in memory or in a file.');
  return { path: upload.path, size: upload.size };
}

/** Verifies a file or a code with the server's own facts, and counts it. */
export async function verifyHere(
  services: Services,
  input: { readonly file: FileToVerify } | { readonly code: string },
): Promise<Report> {
  const facts = await verificationFacts(services);
  const report =
    'code' in input
      ? await verifyCode(input.code, facts)
      : await services.verifications.verify(input.file, facts);
  services.metrics.countVerification(report.conclusion);
  return report;
}

async function receiptFor(
  services: Services,
  principal: Principal | null,
  fields: z.output<typeof receiptFields>,
  report: Report,
): Promise<{ readonly receipt?: string }> {
  if (fields.case === undefined && fields.matter === undefined) return {};
  if (
    principal === null ||
    principal.department === null ||
    !principal.scopes.includes('verifications:write')
  ) {
    throw new ApiError(
      'unauthenticated',
      'A receipt is made for a department: an API key with verifications:write.',
    );
  }
  if (fields.case === undefined || fields.matter === undefined) {
    throw new ApiError('request-invalid', 'A receipt names case and matter.');
  }
  const key = services.hierarchy.serviceKey('receipt');
  const [certificate] = key.chain;
  const algorithm = jwsAlgorithm(key.algorithm);
  if (algorithm === null || certificate === undefined) throw new ApiError('internal', 'No receipt key.');
  const claims = receiptClaims(report, {
    issuer: principal.department,
    audience: fields.audience ?? principal.department,
    caseNumber: fields.case,
    matter: fields.matter,
    holder: null,
    id: `rcp_${toHex(services.random(16))}`,
    lifetime: receiptLifetime,
  });
  const signer = {
    algorithm,
    keyId: key.id,
    certificate,
    sign: (message: Uint8Array) => key.sign(message),
  };
  return { receipt: await signReceipt(claims, signer) };
}

const upload = route({
  method: 'post',
  path: '/api/v1/verifications',
  tag,
  summary: 'Verify a file (PDF, certificate, license code as text). 核验',
  access,
  body: documentBody(receiptFields, ['application/pdf', 'application/octet-stream', 'application/pkix-cert']),
  replies: [
    {
      status: 200,
      description: 'The report, whatever it concludes.',
      content: { 'application/json': reportAnswer },
    },
  ],
  async handle(services, { principal, body }) {
    const report = await verifyHere(services, { file: fileOf(body.document) });
    return json(200, { ...report, ...(await receiptFor(services, principal, body.fields, report)) });
  },
});

const code = route({
  method: 'post',
  path: '/api/v1/verifications:code',
  tag,
  summary: 'Verify a license by what a reader got from its code',
  access,
  body: jsonBody(z.strictObject({ code: z.string().min(1).max(1400) })),
  replies: [
    {
      status: 200,
      description: 'The report, whatever it concludes.',
      content: { 'application/json': reportAnswer },
    },
  ],
  async handle(services, { body }) {
    return json(200, await verifyHere(services, { code: body.code }));
  },
});

export const verificationRoutes: readonly Route[] = [upload, code];
