// A whole case in one call: decision, further documents and licenses together, all or nothing; and the case's file.
import { z } from 'zod';
import type { Principal } from '../identity/principal.ts';
import type { DecisionOrder } from '../licenses/act-answers.ts';
import { handleCase, readCase, type CaseResult } from '../licenses/case.ts';
import type { StampResult } from '../signing/stamp-order.ts';
import { caseBody, type CaseBody } from './case-body.ts';
import { issuedAnswer } from './licenses.ts';
import { licenseIssued } from './license-schemas.ts';
import { json } from './reply.ts';
import { route, withScope, type Route } from './route.ts';
import { caseNumber, digest } from './schemas.ts';
import type { Services } from './services.ts';
import { stampSource } from './stamp-documents.ts';
import { placingOf, stampAnswer, stampAnswerOf } from './stamp-schemas.ts';
import { principalOf, sealIdOf } from './stamps.ts';
import { useTermsOf } from './use-schemas.ts';

const tag = '办件 Cases';

const caseAnswer = z.object({
  case: z.string(),
  matter: z.string(),
  decision: stampAnswer.nullable(),
  documents: z.array(stampAnswer),
  licenses: z.array(licenseIssued),
  file: z
    .array(
      z.object({
        kind: z.enum(['decision', 'document', 'license']),
        id: z.string().describe('Of the stamp, or of the license.'),
        name: z.string(),
        digest,
        size: z.int(),
        url: z.url(),
      }),
    )
    .describe('办件材料: everything the case left, in order.'),
});

function fileOf(services: Services, result: CaseResult): z.input<typeof caseAnswer>['file'] {
  const stamped = (kind: 'decision' | 'document', stamp: StampResult, name: string) => ({
    kind,
    id: stamp.stampId,
    name,
    ...stamp.document,
    url: `${services.address}/api/v1/stamps/${stamp.stampId}/document`,
  });
  return [
    ...(result.decision === null ? [] : [stamped('decision', result.decision, '决定')]),
    ...result.documents.map((stamp, index) => stamped('document', stamp, `文书 ${index + 1}`)),
    ...result.licenses.map((license) => ({
      kind: 'license' as const,
      id: license.id,
      name: `${license.record['ZZMC'] ?? ''} ${license.identifier}`,
      ...license.document,
      url: `${services.address}/api/v1/licenses/${license.id}/document`,
    })),
  ];
}

function answerOf(services: Services, result: CaseResult): z.input<typeof caseAnswer> {
  const { address } = services;
  return {
    case: result.caseNumber,
    matter: result.matter,
    decision: result.decision === null ? null : stampAnswerOf(address, result.decision),
    documents: result.documents.map((stamp) => stampAnswerOf(address, stamp)),
    licenses: result.licenses.map((license) => issuedAnswer(services, license)),
    file: fileOf(services, result),
  };
}

async function orderOf(
  services: Services,
  principal: Principal,
  given: NonNullable<CaseBody['decision']>,
): Promise<DecisionOrder> {
  return {
    sealId: await sealIdOf(services, given.seal),
    source: await stampSource(services, principal, given.document),
    ...placingOf(given),
    reason: given.reason,
    ...useTermsOf(given),
  };
}

const handle = route({
  method: 'post',
  path: '/api/v1/cases',
  tag,
  summary:
    'Seal a decision and further documents and issue licenses under one case number, all or nothing. 办件一次办结',
  access: withScope('cases:write'),
  idempotent: true,
  body: caseBody,
  replies: [{ status: 201, description: 'Handled.', content: { 'application/json': caseAnswer } }],
  async handle(services, { principal: caller, body, idempotencyKey }) {
    const principal = principalOf(caller);
    const { order, decision } = body;
    const documents: DecisionOrder[] = [];
    for (const { document, ...given } of order.documents)
      documents.push(await orderOf(services, principal, { ...given, document: { stored: document } }));
    const result = await handleCase(services.licenses, {
      actor: principal,
      idempotencyKey: idempotencyKey ?? '',
      matter: order.matter,
      caseNumber: order.case,
      decision: decision === null ? null : await orderOf(services, principal, decision),
      documents,
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
  summary: 'What a handled case of the own department left, and its file',
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
