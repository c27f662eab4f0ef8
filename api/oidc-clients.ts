// Administration of the OpenID Provider: its clients, signing keys, and logout messages that were given up.
import { z } from 'zod';
import { clientSettingsSchema } from '../identity/provider/client.ts';
import {
  changeClient,
  registerClient,
  rotateClientSecret,
  setClientState,
  type ClientDependencies,
} from '../identity/provider/clients.ts';
import { allClients, requireClient, type RegisteredClient } from '../identity/provider/client-register.ts';
import { keysOf } from '../identity/provider/keys.ts';
import { deadLogouts, reviveLogout } from '../identity/provider/logout-queue.ts';
import { IdentityError } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import { clientApproval } from './client-approval.ts';
import { ApiError } from './errors.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import type { Services } from './services.ts';
import { twoPersonsIn } from './two-persons.ts';

const tag = '统一登录 Single sign-on';
const access = withScope('identity:administer');
const clientId = z.object({ id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,79}$/) });
const instant = z.iso.datetime();

const clientShape = z.object({
  id: z.string(),
  name: z.string(),
  englishName: z.string(),
  department: z.string().describe('Unified social credit code of the department that answers for it.'),
  settings: clientSettingsSchema,
  state: z.enum(['active', 'disabled']),
  createdAt: instant,
  changedAt: instant,
});
const withSecret = clientShape.extend({
  secret: z.string().nullable().describe('Shown this once; null for a client with keys of its own.'),
});
const names = {
  name: z.string().trim().min(2).max(60),
  englishName: z.string().trim().min(2).max(60),
};

function shown(client: RegisteredClient): z.output<typeof clientShape> {
  return { ...client, createdAt: client.createdAt.toISOString(), changedAt: client.changedAt.toISOString() };
}

const approval = {
  approval: z
    .string()
    .regex(/^tpr_[0-9a-f]{32}$/)
    .optional()
    .describe('Approved request of two persons, where the client reaches far (docs/single-sign-on.md).'),
};

function dependencies(services: Services): ClientDependencies {
  return services.providerParts;
}

function administrator(principal: Principal | null): Principal {
  if (principal === null) throw new ApiError('unauthenticated', 'Sign in first.');
  return principal;
}

const list = route({
  method: 'get',
  path: '/api/v1/clients',
  tag,
  summary: 'Every client of the OpenID Provider',
  access,
  replies: [
    {
      status: 200,
      description: 'Clients.',
      content: { 'application/json': z.object({ clients: z.array(clientShape) }) },
    },
  ],
  async handle(services) {
    return json(200, { clients: (await allClients(services)).map(shown) });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/clients/{id}',
  tag,
  summary: 'One client',
  access,
  params: clientId,
  replies: [{ status: 200, description: 'The client.', content: { 'application/json': clientShape } }],
  async handle(services, call) {
    return json(200, shown(await requireClient(services, call.params.id)));
  },
});

const add = route({
  method: 'post',
  path: '/api/v1/clients',
  tag,
  summary: 'Register a client',
  access,
  body: jsonBody(
    z.object({
      id: clientId.shape.id.optional(),
      ...names,
      department: z.string().max(30),
      settings: clientSettingsSchema,
      ...approval,
    }),
  ),
  replies: [{ status: 201, description: 'Registered.', content: { 'application/json': withSecret } }],
  async handle(services, call) {
    const { id, approval: approved, ...request } = call.body;
    const actor = administrator(call.principal);
    const alongside = await clientApproval(services, actor, approved, {
      change: ['register', { id, ...request }],
      reach: [request.settings],
    });
    const asked = { ...request, ...(id === undefined ? {} : { id }) };
    const made = await registerClient(dependencies(services), actor, asked, alongside);
    return json(201, { ...shown(made.client), secret: made.secret });
  },
});

const change = route({
  method: 'post',
  path: '/api/v1/clients/{id}',
  tag,
  summary: 'Replace the settings of a client',
  access,
  params: clientId,
  body: jsonBody(z.object({ ...names, settings: clientSettingsSchema, ...approval })),
  replies: [{ status: 200, description: 'Changed.', content: { 'application/json': withSecret } }],
  async handle(services, call) {
    const { id } = call.params;
    const { approval: approved, ...asked } = call.body;
    const actor = administrator(call.principal);
    const known = await requireClient(services, id);
    const alongside = await clientApproval(services, actor, approved, {
      change: ['change', { id, ...asked }],
      reach: [known.settings, asked.settings],
    });
    const made = await changeClient(dependencies(services), actor, id, asked, alongside);
    return json(200, { ...shown(made.client), secret: made.secret });
  },
});

const rotate = route({
  method: 'post',
  path: '/api/v1/clients/{id}/secrets',
  tag,
  summary: 'A new secret for a client; the former one is accepted for a day more',
  access,
  params: clientId,
  body: jsonBody(
    z.object({
      atOnce: z.boolean().default(false).describe('Ends the former secret now.'),
      ...approval,
    }),
  ),
  replies: [
    { status: 201, description: 'Made.', content: { 'application/json': z.object({ secret: z.string() }) } },
  ],
  async handle(services, call) {
    const { id } = call.params;
    const actor = administrator(call.principal);
    const known = await requireClient(services, id);
    const alongside = await clientApproval(services, actor, call.body.approval, {
      change: ['rotate', { id }],
      reach: [known.settings],
    });
    const parts = dependencies(services);
    const secret = await rotateClientSecret(parts, actor, id, call.body.atOnce, alongside);
    return json(201, { secret });
  },
});

const state = route({
  method: 'post',
  path: '/api/v1/clients/{id}/state',
  tag,
  summary: 'Disable a client with everything granted to it, or enable it again',
  access,
  params: clientId,
  body: jsonBody(z.object({ state: z.enum(['active', 'disabled']), ...approval })),
  replies: [{ status: 200, description: 'Done.', content: { 'application/json': clientShape } }],
  async handle(services, call) {
    const { id } = call.params;
    const actor = administrator(call.principal);
    const known = await requireClient(services, id);
    // To stop one is for anybody who may; to let it in again is not.
    const alongside =
      call.body.state === 'disabled'
        ? undefined
        : await clientApproval(services, actor, call.body.approval, {
            change: ['enable', { id }],
            reach: [known.settings],
          });
    await setClientState(dependencies(services), actor, id, call.body.state, alongside);
    return json(200, shown(await requireClient(services, call.params.id)));
  },
});

const keyShape = z.object({
  kid: z.string(),
  state: z.enum(['next', 'current', 'previous', 'retired', 'revoked']),
  algorithm: z.string(),
  createdAt: instant,
  activatedAt: instant.nullable(),
  endedAt: instant.nullable(),
});
const keysShape = z.object({ keys: z.array(keyShape) });

async function shownKeys(services: Services): Promise<z.output<typeof keysShape>> {
  const keys = await keysOf(services, ['next', 'current', 'previous', 'retired', 'revoked']);
  return {
    keys: keys.map((key) => ({
      ...key,
      createdAt: key.createdAt.toISOString(),
      activatedAt: key.activatedAt?.toISOString() ?? null,
      endedAt: key.endedAt?.toISOString() ?? null,
    })),
  };
}

const keys = route({
  method: 'get',
  path: '/api/v1/provider-keys',
  tag,
  summary: 'Signing keys of the OpenID Provider',
  access,
  replies: [{ status: 200, description: 'Keys.', content: { 'application/json': keysShape } }],
  async handle(services) {
    return json(200, await shownKeys(services));
  },
});

const rotateKeys = route({
  method: 'post',
  path: '/api/v1/provider-keys',
  tag,
  summary: 'Rotate: the key that waits signs from now on; no session is lost',
  access,
  body: jsonBody(z.object(approval).strict()),
  replies: [{ status: 201, description: 'Rotated.', content: { 'application/json': keysShape } }],
  async handle(services, call) {
    const actor = administrator(call.principal);
    const wanted = { kind: 'provider-key', parameters: { operation: 'rotate' } } as const;
    const alongside = await twoPersonsIn(services, actor, call.body.approval, wanted);
    await services.provider.rotate(actor, alongside);
    return json(201, await shownKeys(services));
  },
});

const revokeKey = route({
  method: 'post',
  path: '/api/v1/provider-keys/{id}/revocation',
  tag,
  summary: 'The emergency: a key that may be known to others is published no more',
  access,
  params: z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
  body: jsonBody(z.object({}).strict()),
  replies: [{ status: 201, description: 'Revoked.', content: { 'application/json': keysShape } }],
  async handle(services, call) {
    await services.provider.revoke(administrator(call.principal), call.params.id);
    return json(201, await shownKeys(services));
  },
});

const deliveryShape = z.object({ id: z.string(), client: z.string(), error: z.string(), at: instant });

const dead = route({
  method: 'get',
  path: '/api/v1/logout-deliveries',
  tag,
  summary: 'Logout messages that no attempt could deliver',
  access,
  replies: [
    {
      status: 200,
      description: 'Dead letters.',
      content: { 'application/json': z.object({ deliveries: z.array(deliveryShape) }) },
    },
  ],
  async handle(services) {
    const deliveries = await deadLogouts(services);
    return json(200, { deliveries: deliveries.map((each) => ({ ...each, at: each.at.toISOString() })) });
  },
});

const revive = route({
  method: 'post',
  path: '/api/v1/logout-deliveries/{id}/attempts',
  tag,
  summary: 'Try a logout message again',
  access,
  params: z.object({ id: z.string().regex(/^lod_[0-9a-f]{32}$/) }),
  body: jsonBody(z.object({}).strict()),
  replies: [
    {
      status: 202,
      description: 'Waiting again.',
      content: { 'application/json': z.object({ id: z.string() }) },
    },
  ],
  async handle(services, call) {
    if (!(await reviveLogout(services, call.params.id)))
      throw new IdentityError('request-not-found', 'No such message was given up.');
    return json(202, { id: call.params.id });
  },
});

export const oidcClientRoutes: readonly Route[] = [
  list,
  read,
  add,
  change,
  rotate,
  state,
  keys,
  rotateKeys,
  revokeKey,
  dead,
  revive,
];
