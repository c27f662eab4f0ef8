// A whole case in one call: decision and licenses together, both or neither.
import { z } from 'zod';
import { handleCase, readCase, type CaseResult } from '../licenses/case.ts';
import { checkedJson } from './checked-json.ts';
import { issuedAnswer } from './licenses.ts';
import { licenseIssued, licenseOrder } from './license-schemas.ts';
import { json } from './reply.ts';
import { documentBody, route, withScope, type Route } from './route.ts';
import { caseNumber, matter, optionalText, sealId } from './schemas.ts';
import type { Services } from './services.ts';
import { stampAnswer, stampAnswerOf } from './stamp-schemas.ts';
import { principalOf, sealIdOf } from './stamps.ts';
import { sourceOf } from './upload-source.ts';
import { useMembers, useTermsOf } from './use-schemas.ts';

const tag = '办件 Cases';
const millimetres = z.number().min(-10_000).max(10_000);

/** The part `case` of the form: everything but the decision's file. */
const caseOrder = z.strictObject({
  matter,
  case: caseNumber,
  decision: z.strictObject({
    seal: sealId,
    page: z.int().min(1).max(100_000).default(1),
    x: millimetres.describe("Millimetres from the page's left edge to the seal's centre."),
    y: millimetres.describe("Millimetres from the page's top edge to the seal's centre."),
    reason: optionalText(200),
    ...useMembers,
  }),
  licenses: z.array(licenseOrder).max(20),
});

const caseAnswer = z.object({
  case: z.string(),
  matter: z.string(),
  decision: stampAnswer.nullable(),
  licenses: z.array(licenseIssued),
});

function answerOf(services: Services, result: CaseResult): z.input<typeof caseAnswer> {
  return {
    case: result.caseNumber,
    matter: result.matter,
    decision: result.decision === null ? null : stampAnswerOf(services.address, result.decision),
    licenses: result.licenses.map((license) => issuedAnswer(services, license)),
  };
}

const handle = route({
  method: 'post',
  path: '/api/v1/cases',
  tag,
  summary: 'Seal a decision and issue its licenses under one case number, both or neither. 办件一次办结',
  access: withScope('cases:write'),
  idempotent: true,
  body: documentBody(
    z.object({ case: checkedJson(caseOrder).describe('JSON: matter, case, decision, licenses.') }),
  ),
  replies: [{ status: 201, description: 'Handled.', content: { 'application/json': caseAnswer } }],
  async handle(services, { principal, body, idempotencyKey }) {
    const order = body.fields.case;
    const result = await handleCase(services.licenses, {
      actor: principalOf(principal),
      idempotencyKey: idempotencyKey ?? '',
      matter: order.matter,
      caseNumber: order.case,
      decision: {
        sealId: await sealIdOf(services, order.decision.seal),
        source: sourceOf(body.document),
        place: { page: order.decision.page, centreX: order.decision.x, centreY: order.decision.y },
        reason: order.decision.reason,
        ...useTermsOf(order.decision),
      },
      licenses: order.licenses,
    });
    return json(201, answerOf(services, result), {
      Location: `/api/v1/cases/${encodeURIComponent(order.case)}`,
    });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/cases/{case}',
  tag,
  summary: 'What a handled case of the own department left',
  access: withScope('cases:read', 'cases:write'),
  params: z.object({ case: caseNumber }),
  replies: [{ status: 200, description: 'The case.', content: { 'application/json': caseAnswer } }],
  async handle(services, { principal, params }) {
    return json(
      200,
      answerOf(services, await readCase(services.licenses, principalOf(principal), params.case)),
    );
  },
});

export const caseRoutes: readonly Route[] = [handle, read];
