// Mutual recognition 互认: a department relies on another authority's receipt, without the document, and gives its own.
import { z } from 'zod';
import { toHex } from '../formats/bytes.ts';
import type { Principal } from '../identity/principal.ts';
import { isUniqueViolation } from '../storage/errors.ts';
import { portalPolicy } from '../verification/policy.ts';
import { recogniseReceipt, recognitionClaims, type Recognition } from '../verification/recognise.ts';
import { ApiError } from './errors.ts';
import { holderFor, newReceiptId, receiptLifetime, signedReceipt, verifyingDepartment } from './receipts.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { caseNumber, creditCode, holderCode, instant, matter } from './schemas.ts';
import type { Services } from './services.ts';
import { verificationFacts } from './verification-facts.ts';

const words = z.object({ zh: z.string(), en: z.string() });

const recognitionBody = z.strictObject({
  receipt: z
    .string()
    .min(1)
    .max(65_536)
    .describe('核验回执 of the other authority, as it was given: a compact JWS.'),
  case: caseNumber,
  matter,
  holder: holderCode
    .optional()
    .describe('Credit code or resident number of the applicant; left out where the receipt is about nobody.'),
  audience: creditCode
    .optional()
    .describe('Who may rely on the receipt given in turn; default the own department.'),
});

type RecognitionRequest = z.output<typeof recognitionBody>;

const recognitionAnswer = z.object({
  id: z.string(),
  conclusion: z.literal('TOTAL-PASSED'),
  /** Who verified, and under which receipt. */
  basis: z.object({ issuer: z.string(), receipt: z.string() }),
  license: z
    .object({
      id: z.string(),
      type: z.string(),
      issuer: z.string(),
      recordDigest: z.string(),
      status: z.object({ value: z.int(), asOf: instant }).nullable(),
    })
    .nullable(),
  document: z.object({ digest: z.string(), size: z.int() }).nullable(),
  /** The acceptance rule 采信规则 that allowed to rely on it; null where it is about no license. */
  acceptance: z
    .object({ rule: z.object({ id: z.string(), version: z.string() }), outcome: z.string() })
    .nullable(),
  rows: z.array(
    z.looseObject({
      id: z.string(),
      question: words,
      outcome: z.string(),
      citation: z.string(),
      finding: words,
    }),
  ),
  receipt: z.string().describe('Our own 核验回执, which names the other one as its basis.'),
  time: instant,
});

type RecognitionAnswer = z.input<typeof recognitionAnswer>;

/** Keyed: the request holds a holder's number, which a plain digest would give away to whoever guesses. */
function digestOf(services: Services, request: RecognitionRequest): string {
  const { receipt, case: number, matter: about, holder = null, audience = null } = request;
  return services.index.of('recognition.request', JSON.stringify([receipt, number, about, holder, audience]));
}

/** @throws ApiError `idempotency-mismatch`. */
async function earlierAnswer(
  services: Services,
  client: string,
  key: string,
  digest: string,
): Promise<RecognitionAnswer | null> {
  const row = await services.database.reader
    .selectFrom('recognition')
    .select(['request_digest', 'answer'])
    .where('client', '=', client)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.request_digest !== digest)
    throw new ApiError('idempotency-mismatch', 'This idempotency key was used for another request.');
  return JSON.parse(row.answer) as RecognitionAnswer;
}

/** Of a license that this installation issued. */
async function recordDigestHere(services: Services, codeId: string): Promise<string | null> {
  const row = await services.database.reader
    .selectFrom('license')
    .select('record_hash')
    .where('code_id', '=', codeId)
    .executeTakeFirst();
  return row?.record_hash ?? null;
}

/** The refusal is on record, with the reason and without anything the token says. */
async function refuse(services: Services, principal: Principal, recognition: Recognition): Promise<never> {
  const { decidedBy, conclusion, rows } = recognition;
  await services.database.write((tx) =>
    services.audit.append(tx, {
      at: services.clock(),
      actor: principal,
      action: 'receipt.refused',
      subject: decidedBy?.id ?? 'receipt',
      details: { conclusion },
    }),
  );
  throw new ApiError('receipt-not-recognised', decidedBy?.finding.en ?? 'The receipt says nothing.', {
    complaints: rows
      .filter(({ outcome }) => outcome === 'failed' || outcome === 'indeterminate')
      .map(({ id, finding }) => ({ field: id, reason: finding.en })),
  });
}

function answerOf(id: string, recognition: Recognition, receipt: string, time: Date): RecognitionAnswer {
  const { claims, license, rows } = recognition;
  if (claims === null) throw new TypeError('What was recognised was read.');
  const status = license?.status ?? null;
  return {
    id,
    conclusion: 'TOTAL-PASSED',
    basis: { issuer: claims.iss, receipt: claims.jti },
    license:
      license === null
        ? null
        : {
            id: license.id,
            type: license.type,
            issuer: license.issuer,
            recordDigest: license.recordDigest,
            status: status === null ? null : { value: status.value, asOf: status.asOf },
          },
    document: claims.result.document,
    acceptance: recognition.acceptance,
    rows: rows.map((row) => ({ ...row })),
    receipt,
    time: time.toISOString(),
  };
}

/**
 * Recognises a receipt: earlier answer → facts → judge → own receipt → record.
 * @throws ApiError `receipt-not-recognised`, `idempotency-mismatch`, `unauthenticated`, `scope-missing`.
 */
export async function recognise(
  services: Services,
  caller: Principal | null,
  request: RecognitionRequest,
  idempotencyKey: string,
): Promise<RecognitionAnswer> {
  const principal = verifyingDepartment(caller);
  const digest = digestOf(services, request);
  const earlier = await earlierAnswer(services, principal.id, idempotencyKey, digest);
  if (earlier !== null) return earlier;
  const facts = await verificationFacts(services);
  const holder = request.holder ?? null;
  const recognition = await recogniseReceipt(
    request.receipt,
    {
      audience: principal.department,
      caseNumber: request.case,
      matter: request.matter,
      holder,
      recordDigest: (license) => recordDigestHere(services, license),
    },
    facts,
  );
  const { claims, conclusion } = recognition;
  if (conclusion !== 'TOTAL-PASSED' || claims === null) return refuse(services, principal, recognition);
  const audience = request.audience ?? principal.department;
  const policy = facts.policy ?? portalPolicy;
  const receiptId = newReceiptId(services);
  const receipt = await signedReceipt(
    services,
    recognitionClaims(claims, recognition, {
      issuer: principal.department,
      audience,
      holder: await holderFor(services, audience, holder),
      id: receiptId,
      lifetime: receiptLifetime,
      time: facts.time,
      policy: { id: policy.id, version: policy.version },
      trustListSequence: facts.trustList?.sequence ?? null,
    }),
  );
  const id = `rec_${toHex(services.random(16))}`;
  const answer = answerOf(id, recognition, receipt, facts.time);
  try {
    // A receipt that is not on record was given to nobody.
    await services.database.write(async (tx) => {
      await tx
        .insertInto('recognition')
        .values({
          id,
          client: principal.id,
          idempotency_key: idempotencyKey,
          request_digest: digest,
          department: principal.department,
          receipt_issuer: claims.iss,
          receipt_id: claims.jti,
          case_number: claims.case,
          matter: claims.matter,
          answer: JSON.stringify(answer),
          recognised_at: answer.time,
        })
        .execute();
      await services.audit.append(tx, {
        at: facts.time,
        actor: principal,
        action: 'receipt.recognised',
        subject: id,
        details: { issuer: claims.iss, receipt: claims.jti, case: claims.case, given: receiptId },
      });
    });
    return answer;
  } catch (error) {
    if (!isUniqueViolation(error, 'recognition')) throw error;
    const other = await earlierAnswer(services, principal.id, idempotencyKey, digest);
    if (other === null) throw error;
    return other;
  }
}

const create = route({
  method: 'post',
  path: '/api/v1/recognitions',
  tag: '核验 Verification',
  summary: "Rely on another authority's receipt, without the document; status is asked anew. 核验结果互认",
  access: withScope('verifications:write'),
  idempotent: true,
  body: jsonBody(recognitionBody),
  replies: [
    {
      status: 201,
      description: 'Recognised. Whatever does not hold is refused as `receipt-not-recognised`, row by row.',
      content: { 'application/json': recognitionAnswer },
    },
  ],
  async handle(services, { principal, body, idempotencyKey }) {
    return json(201, await recognise(services, principal, body, idempotencyKey ?? ''));
  },
});

export const recognitionRoutes: readonly Route[] = [create];
