// Anybody verifies: a file by upload, a license by its code; departments also by digest and in batches. The answer is the report, with a receipt for departments.
import { z } from 'zod';
import type { Principal } from '../identity/principal.ts';
import { acceptanceRuleOf } from '../verification/acceptance.ts';
import { verifyCode } from '../verification/code.ts';
import type { VerificationDependencies } from '../verification/dependencies.ts';
import { nodePdfCiphers } from '../verification/pdf-ciphers-node.ts';
import { receiptClaims } from '../verification/receipt.ts';
import type { Report } from '../verification/report.ts';
import { refusedAsCopy } from './copy-acceptance.ts';
import { ApiError } from './errors.ts';
import { problemOf } from './problems.ts';
import { holderFor, newReceiptId, receiptLifetime, signedReceipt, verifyingDepartment } from './receipts.ts';
import { json } from './reply.ts';
import {
  documentBody,
  jsonBody,
  route,
  withScope,
  type Body,
  type DocumentForm,
  type Route,
} from './route.ts';
import { caseNumber, creditCode, digest, filePassword, holderCode, matter } from './schemas.ts';
import type { Services } from './services.ts';
import { storedDocument } from './stored-documents.ts';
import type { Upload } from './upload.ts';
import { verificationFacts } from './verification-facts.ts';
import type { FileToVerify } from './verification-pool.ts';

const tag = '核验 Verification';
const access = { kind: 'public', rate: 'verifying' } as const;

const words = z.object({ zh: z.string(), en: z.string() });

/** The head of a report; the rest is told by its format `yinxin-verification-report/1`. */
const reportAnswer = z.looseObject({
  format: z.literal('yinxin-verification-report/1'),
  kind: z.enum(['pdf', 'cms', 'seal', 'seal-signature', 'certificate', 'license-code', 'unknown']),
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
  audience: creditCode
    .optional()
    .describe('Credit code of the department that may rely on the receipt; default the own one.'),
  holder: holderCode
    .optional()
    .describe('Whose license it should be: asked of the record, and what the receipt is bound to.'),
});

/** What a receipt is asked for; without case and matter none is. */
type ReceiptWish = z.output<typeof receiptFields>;

/** An upload as the workers take it. */
export function fileOf(upload: Upload): FileToVerify {
  if (upload.bytes !== null) return { bytes: upload.bytes };
  if (upload.file === null) throw new TypeError('An upload is in memory or in a file.');
  return upload.file;
}

/** What is verified, and whose license it should be. */
export type VerificationInput = ({ readonly file: FileToVerify } | { readonly code: string }) & {
  readonly holder?: string | undefined;
  /** Of an encrypted PDF. */
  readonly password?: string | undefined;
};

/** Facts with what opens an encrypted file; files that open with an empty password need none. */
export function openingWith(
  facts: VerificationDependencies,
  password: string | undefined,
): VerificationDependencies {
  return { ...facts, encrypted: { password: password ?? '', ciphers: nodePdfCiphers } };
}

/** Verifies a file or a code with the server's own facts, and counts it. */
export async function verifyHere(services: Services, input: VerificationInput): Promise<Report> {
  const facts = openingWith(await verificationFacts(services), input.password);
  const asked = input.holder === undefined ? facts : { ...facts, holder: input.holder };
  const report =
    'code' in input
      ? await verifyCode(input.code, asked)
      : await services.verifications.verify(input.file, asked);
  services.metrics.countVerification(report.conclusion);
  return report;
}

/**
 * The department a receipt is wished for; null where none is. Asked before anything is verified.
 * @throws ApiError `unauthenticated`, `scope-missing`, `request-invalid`.
 */
function receiptDepartment(
  principal: Principal | null,
  wish: ReceiptWish,
): ReturnType<typeof verifyingDepartment> | null {
  if (wish.case === undefined && wish.matter === undefined) return null;
  const department = verifyingDepartment(principal);
  if (wish.case === undefined || wish.matter === undefined) {
    throw new ApiError('request-invalid', 'A receipt names case and matter.');
  }
  return department;
}

/** A receipt over what was found, on record; bound to the holder where the record names this one. */
async function receiptFor(
  services: Services,
  principal: Principal | null,
  wish: ReceiptWish,
  report: Report,
): Promise<{ readonly receipt?: string }> {
  const department = receiptDepartment(principal, wish);
  if (department === null) return {};
  const audience = wish.audience ?? department.department;
  const { trustList = null } = await verificationFacts(services);
  const bound = report.rows.some(({ id, outcome }) => id === 'license.holder' && outcome === 'passed');
  const found = receiptClaims(report, {
    issuer: department.department,
    audience,
    caseNumber: wish.case ?? '',
    matter: wish.matter ?? '',
    holder: await holderFor(services, audience, bound ? (wish.holder ?? null) : null),
    id: newReceiptId(services),
    lifetime: receiptLifetime,
    acceptanceRule: (typeCode) => acceptanceRuleOf(trustList, wish.matter ?? '', typeCode),
  });
  const refused = refusedAsCopy(report, { audience, matter: wish.matter ?? '' });
  const claims = refused === null ? found : { ...found, acceptance: refused };
  const receipt = await signedReceipt(services, claims);
  await services.database.write((tx) =>
    services.audit.append(tx, {
      at: services.clock(),
      actor: department,
      action: 'receipt.given',
      subject: claims.jti,
      details: {
        audience,
        case: claims.case,
        matter: claims.matter,
        conclusion: report.conclusion,
        document: report.document?.digest ?? '',
      },
    }),
  );
  return { receipt };
}

const byDigest = receiptFields.extend({ digest }).strict();
const uploadFields = receiptFields.extend({ password: filePassword.optional() });
const byUpload = documentBody(uploadFields, [
  'application/pdf',
  'application/octet-stream',
  'application/pkix-cert',
]);
const byDigestBody = jsonBody(byDigest);

/** A file, or the digest of one that is kept here. */
const fileOrDigest: Body<
  { readonly digest: string; readonly fields: ReceiptWish } | DocumentForm<z.output<typeof uploadFields>>
> = {
  content: { ...byUpload.content, ...byDigestBody.content },
  async read(request, place) {
    if (!(request.headers['content-type'] ?? '').toLowerCase().startsWith('application/json'))
      return byUpload.read(request, place);
    const read = await byDigestBody.read(request, place);
    const { digest: named, ...fields } = read.value;
    return { value: { digest: named, fields }, dispose: () => read.dispose() };
  },
};

/** @throws ApiError `document-unknown`, `unauthenticated`, `scope-missing`. */
async function verifyStored(
  services: Services,
  principal: Principal | null,
  named: string,
  holder: string | undefined,
): Promise<Report> {
  const document = await storedDocument(services, verifyingDepartment(principal), named);
  try {
    return await verifyHere(services, { file: fileOf(document), holder });
  } finally {
    await document.dispose();
  }
}

const upload = route({
  method: 'post',
  path: '/api/v1/verifications',
  tag,
  summary:
    'Verify a file (PDF, certificate, license code as text), or by its digest one that the own department may read. 核验',
  access,
  body: fileOrDigest,
  replies: [
    {
      status: 200,
      description: 'The report, whatever it concludes.',
      content: { 'application/json': reportAnswer },
    },
  ],
  async handle(services, { principal, body }) {
    const { fields } = body;
    receiptDepartment(principal, fields);
    const report =
      'digest' in body
        ? await verifyStored(services, principal, body.digest, fields.holder)
        : await verifyHere(services, {
            file: fileOf(body.document),
            holder: fields.holder,
            password: body.fields.password,
          });
    return json(200, { ...report, ...(await receiptFor(services, principal, fields, report)) });
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

/** Things of one call; more are more calls. */
const batchLimit = 50;
/** At once: a batch leaves room for others. */
const batchParallel = 4;

const batchItem = z.union([
  z.strictObject({ digest, holder: holderCode.optional() }),
  z.strictObject({ code: z.string().min(1).max(1400) }),
]);

const batchAnswer = z.object({
  items: z.array(
    z.union([
      z.object({ index: z.int(), status: z.literal(200), report: reportAnswer }),
      z.object({
        index: z.int(),
        status: z.int(),
        problem: z.looseObject({ code: z.string(), title: z.string(), detail: z.string().optional() }),
      }),
    ]),
  ),
});

/** What becomes of one thing; a fault of ours is one of the whole call. */
async function verifyItem(
  services: Services,
  principal: Principal | null,
  item: z.output<typeof batchItem>,
  wish: ReceiptWish,
  language: 'zh' | 'en',
): Promise<object> {
  try {
    const asked = 'digest' in item ? { ...wish, holder: item.holder } : wish;
    const report =
      'digest' in item
        ? await verifyStored(services, principal, item.digest, item.holder)
        : await verifyHere(services, { code: item.code });
    const receipt = await receiptFor(services, principal, asked, report);
    return { status: 200, report: { ...report, ...receipt } };
  } catch (error) {
    const { status, code: reason, title, detail } = problemOf(error, language, '');
    // A queue that is full, or a file that takes too long, is that one's own.
    if (status >= 500 && reason !== 'verification-busy') throw error;
    return { status, problem: { code: reason, title, detail } };
  }
}

const batch = route({
  method: 'post',
  path: '/api/v1/verifications/batch',
  tag,
  summary: `Verify up to ${batchLimit} stored documents and codes, each with its own answer, in order`,
  access: withScope('verifications:write'),
  body: jsonBody(
    receiptFields
      .omit({ holder: true })
      .extend({ items: z.array(batchItem).min(1).max(batchLimit) })
      .strict(),
  ),
  replies: [
    {
      status: 200,
      description: 'An answer an item.',
      content: { 'application/json': batchAnswer },
    },
  ],
  async handle(services, { principal, body, language }) {
    const { items, ...wish } = body;
    receiptDepartment(principal, wish);
    const answers: object[] = [];
    const left = items.entries();
    const worker = async (): Promise<void> => {
      for (const [index, item] of left)
        answers[index] = { index, ...(await verifyItem(services, principal, item, wish, language)) };
    };
    await Promise.all(Array.from({ length: batchParallel }, worker));
    return json(200, { items: answers });
  },
});

export const verificationRoutes: readonly Route[] = [upload, code, batch];
