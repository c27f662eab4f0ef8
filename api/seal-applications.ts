// Seal applications over HTTP: one person applies, another approves or rejects; authorisations, approvals, automatic matters.
import { z } from 'zod';
import { requireDepartment } from '../identity/departments.ts';
import { automaticMatters } from '../signing/authorisation-store.ts';
import {
  authorisationStates,
  revokeAuthorisation,
  type AuthorisationState,
} from '../signing/authorisations.ts';
import { approveDocument } from '../signing/document-approval.ts';
import type { SealOperation } from '../signing/seal-application-kinds.ts';
import type { SealApplication } from '../signing/seal-application-store.ts';
import {
  applyForSeal,
  approveApplication,
  rejectApplication,
  sealApplication,
  sealApplications,
} from '../signing/seal-applications.ts';
import { departmentOf } from '../signing/seal-use.ts';
import type { Principal } from '../identity/principal.ts';
import { purpose } from './ca-schemas.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { digest, instant, matter } from './schemas.ts';
import { sealOperation, type GivenOperation } from './seal-operations.ts';
import type { Services } from './services.ts';
import { principalOf, sealIdOf } from './stamps.ts';
import { authorisationId } from './use-schemas.ts';

const tag = '印章管理 Seal office';
const anybody = withScope('seals:apply', 'seals:approve', 'seals:administer', 'seals:read');

const answer = z.object({
  id: z.string(),
  kind: z.string(),
  department: z.string(),
  seal: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()),
  purpose: z.string(),
  state: z.enum(['requested', 'approved', 'rejected', 'executed', 'failed', 'expired']),
  requestedBy: z.string(),
  requestedAt: instant,
  expiresAt: instant,
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  rejection: z.string().nullable(),
  outcome: z.record(z.string(), z.string()).nullable(),
  executedAt: instant.nullable(),
});

function answerOf(application: SealApplication): z.input<typeof answer> {
  const { sealId, requestedAt, expiresAt, decidedAt, executedAt, outcome, ...rest } = application;
  // A seal that is taken in is thousands of characters; who wants it asks the seal for its object.
  const { eseal, ...parameters } = rest.parameters;
  return {
    ...rest,
    parameters: eseal === undefined ? parameters : { ...parameters, eseal: '…' },
    seal: sealId,
    outcome: outcome === null ? null : { ...outcome },
    requestedAt: requestedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    decidedAt: decidedAt?.toISOString() ?? null,
    executedAt: executedAt?.toISOString() ?? null,
  };
}

/** What was given becomes what the room takes: names of seals resolved, the department's registered name filled in. */
export async function operationOf(
  services: Services,
  actor: Principal,
  given: GivenOperation,
): Promise<SealOperation> {
  switch (given.kind) {
    case 'make':
    case 'take-in': {
      const { name: departmentName } = await requireDepartment(services.database, departmentOf(actor));
      return given.kind === 'make'
        ? { ...given, departmentName, code: given.code ?? services.settings.division }
        : { ...given, departmentName };
    }
    case 'change': {
      const { name: departmentName } = await requireDepartment(services.database, departmentOf(actor));
      const { seal, ...rest } = given;
      return {
        ...rest,
        sealId: await sealIdOf(services, seal),
        departmentName,
        code: given.code ?? services.settings.division,
      };
    }
    case 'automatic':
      return given;
    default: {
      const { seal, ...rest } = given;
      return { ...rest, sealId: await sealIdOf(services, seal) };
    }
  }
}

const params = z.object({ id: z.string().regex(/^sap_[0-9a-f]{32}$/) });
const one = [
  { status: 200, description: 'The application.', content: { 'application/json': answer } },
] as const;

const create = route({
  method: 'post',
  path: '/api/v1/seal-applications',
  tag,
  summary: 'Apply: for a new seal, its change, renewal, keepers, release, cancellation, an authorisation …',
  access: withScope('seals:apply', 'seals:administer'),
  idempotent: true,
  body: jsonBody(z.strictObject({ operation: sealOperation, purpose })),
  replies: [{ status: 201, description: 'Applied.', content: { 'application/json': answer } }],
  async handle(services, call) {
    const actor = principalOf(call.principal);
    const made = await applyForSeal(services.seals, actor, {
      operation: await operationOf(services, actor, call.body.operation),
      purpose: call.body.purpose,
      idempotencyKey: call.idempotencyKey ?? '',
    });
    return json(201, answerOf(made), { Location: `/api/v1/seal-applications/${made.id}` });
  },
});

const list = route({
  method: 'get',
  path: '/api/v1/seal-applications',
  tag,
  summary: 'Applications of the own department, newest first; of all for the administration of seals',
  access: anybody,
  replies: [
    {
      status: 200,
      description: 'The newest 200.',
      content: { 'application/json': z.object({ applications: z.array(answer) }) },
    },
  ],
  async handle(services, { principal }) {
    const found = await sealApplications(services, principalOf(principal), 200);
    return json(200, { applications: found.map(answerOf) });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/seal-applications/{id}',
  tag,
  summary: 'One application',
  access: anybody,
  params,
  replies: one,
  handle: async (services, call) =>
    json(200, answerOf(await sealApplication(services, principalOf(call.principal), call.params.id))),
});

const approval = route({
  method: 'post',
  path: '/api/v1/seal-applications/{id}/approval',
  tag,
  summary:
    'Approve another person’s application, as a person who signed in: it is executed at once, and exactly once',
  access: withScope('seals:approve'),
  idempotent: true,
  params,
  replies: one,
  handle: async (services, call) =>
    json(
      200,
      answerOf(await approveApplication(services.seals, principalOf(call.principal), call.params.id)),
    ),
});

const rejection = route({
  method: 'post',
  path: '/api/v1/seal-applications/{id}/rejection',
  tag,
  summary: 'Reject another person’s application, as a person who signed in',
  access: withScope('seals:approve'),
  params,
  body: jsonBody(z.strictObject({ reason: purpose })),
  replies: one,
  handle: async (services, call) =>
    json(
      200,
      answerOf(
        await rejectApplication(
          services.seals,
          principalOf(call.principal),
          call.params.id,
          call.body.reason,
        ),
      ),
    ),
});

const authorisationAnswer = z.object({
  id: z.string(),
  seal: z.string(),
  state: z.enum(['in-force', 'not-yet', 'expired', 'revoked', 'used-up', 'ended-by-renewal']),
  client: z.string().nullable(),
  matters: z.array(z.string()).describe('Empty: every matter.'),
  perDay: z.int().nullable(),
  total: z.int().nullable(),
  used: z.int(),
  validFrom: instant.nullable(),
  validUntil: instant.nullable(),
  grantedBy: z.string().nullable(),
  approvedBy: z.string().nullable(),
  revokedAt: instant.nullable(),
  revokedReason: z.string().nullable(),
  document: z.string().describe('Compact JWS, signed with the seal’s own key.'),
});

function authorisationAnswerOf(state: AuthorisationState): z.input<typeof authorisationAnswer> {
  const { terms } = state;
  return {
    id: state.id,
    seal: state.sealId,
    state: state.state,
    client: terms?.client ?? null,
    matters: [...(terms?.matters ?? [])],
    perDay: terms?.perDay ?? null,
    total: terms?.total ?? null,
    used: state.used,
    validFrom: terms?.validFrom.toISOString() ?? null,
    validUntil: terms?.validUntil.toISOString() ?? null,
    grantedBy: terms?.grantedBy ?? null,
    approvedBy: terms?.approvedBy ?? null,
    revokedAt: state.revokedAt?.toISOString() ?? null,
    revokedReason: state.revokedReason,
    document: state.document,
  };
}

const authorisations = route({
  method: 'get',
  path: '/api/v1/seal-authorisations',
  tag,
  summary: '用印授权书 of the own department’s seals, newest first',
  access: withScope('seals:read', 'seals:apply', 'seals:approve', 'stamps:write'),
  replies: [
    {
      status: 200,
      description: 'The newest 200.',
      content: { 'application/json': z.object({ authorisations: z.array(authorisationAnswer) }) },
    },
  ],
  async handle(services, { principal }) {
    const found = await authorisationStates(services, principalOf(principal), 200);
    return json(200, { authorisations: found.map(authorisationAnswerOf) });
  },
});

const revocation = route({
  method: 'post',
  path: '/api/v1/seal-authorisations/{id}/revocation',
  tag,
  summary: 'End an authorisation at once, by one person',
  access: withScope('seals:apply', 'seals:approve'),
  params: z.object({ id: authorisationId }),
  body: jsonBody(z.strictObject({ reason: purpose })),
  replies: [
    {
      status: 200,
      description: 'Ended.',
      content: { 'application/json': z.object({ id: z.string(), state: z.literal('revoked') }) },
    },
  ],
  async handle(services, call) {
    await revokeAuthorisation(services, principalOf(call.principal), call.params.id, call.body.reason);
    return json(200, { id: call.params.id, state: 'revoked' });
  },
});

const matters = route({
  method: 'get',
  path: '/api/v1/automatic-matters',
  tag,
  summary: 'Matters of the own department whose stamps need no approval (自动核发)',
  access: withScope('seals:read', 'seals:apply', 'seals:approve', 'stamps:write'),
  replies: [
    {
      status: 200,
      description: 'Marked matters.',
      content: { 'application/json': z.object({ matters: z.array(matter) }) },
    },
  ],
  async handle(services, { principal }) {
    const department = departmentOf(principalOf(principal));
    return json(200, { matters: [...(await automaticMatters(services.database.reader, department))] });
  },
});

const documentApproval = route({
  method: 'post',
  path: '/api/v1/document-approvals',
  tag,
  summary: 'Approve one document for stamping (用印审批), by its digest, as a person who signed in',
  access: withScope('stamps:approve'),
  body: jsonBody(z.strictObject({ document: digest, level: z.int().min(1).max(9).default(1) })),
  replies: [
    {
      status: 200,
      description: 'Every approval of the document.',
      content: {
        'application/json': z.object({
          approvals: z.array(z.object({ person: z.string(), level: z.int(), at: instant, digest })),
        }),
      },
    },
  ],
  async handle(services, call) {
    const { document, level } = call.body;
    const approvals = await approveDocument(services, principalOf(call.principal), {
      digest: document,
      level,
    });
    return json(200, { approvals: approvals.map((each) => ({ ...each, at: each.at.toISOString() })) });
  },
});

export const sealApplicationRoutes: readonly Route[] = [
  create,
  list,
  read,
  approval,
  rejection,
  authorisations,
  revocation,
  matters,
  documentApproval,
];
