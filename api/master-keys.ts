// Rotation of the master key over HTTP: ordered under an approval of two administrators, and how far it is.
import { z } from 'zod';
import { requireRole } from '../identity/officers.ts';
import { takeUpApprovalIn } from '../identity/two-person.ts';
import { StorageError } from '../storage/errors.ts';
import { orderRotation, rotationStatus, type RotationStatus } from '../storage/master-key-rotation.ts';
import { officeLevel, peopleCaller } from './people-caller.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import type { Services } from './services.ts';

const tag = '三员管理 Administrators';
const administer = withScope('identity:administer');

/** What two administrators agree to. */
export const rotationParameters = { operation: 'rotate' } as const;

const statusAnswer = z.object({
  currentKey: z.string(),
  keys: z.int(),
  rotation: z
    .object({
      id: z.string(),
      state: z.enum(['running', 'completed']),
      startedAt: z.string(),
      completedAt: z.string().nullable(),
      resealed: z.int(),
      unopened: z.int(),
    })
    .nullable(),
  left: z.array(z.object({ column: z.string(), count: z.int() })),
});

function answerOf({ currentKey, keys, latest, left }: RotationStatus): z.input<typeof statusAnswer> {
  return {
    currentKey,
    keys,
    rotation:
      latest === null
        ? null
        : {
            id: latest.id,
            state: latest.state,
            startedAt: latest.started_at,
            completedAt: latest.completed_at,
            resealed: latest.resealed,
            unopened: latest.unopened,
          },
    left: [...left],
  };
}

async function administrator(services: Services, call: { principal: Parameters<typeof peopleCaller>[1] }) {
  const { account, principal } = await peopleCaller(services, call.principal, officeLevel);
  await requireRole(services, account.id, 'system-administrator', 'security-administrator');
  return principal;
}

const rotate = route({
  method: 'post',
  path: '/api/v1/master-key-rotations',
  tag,
  summary:
    'Rotate the master key of personal data while serving; needs the approved request `master-key`, operation `rotate`',
  access: administer,
  body: jsonBody(z.strictObject({ approval: z.string().regex(/^tpr_[0-9a-f]{32}$/) })),
  replies: [
    {
      status: 202,
      description: 'Ordered: it goes on by itself.',
      content: { 'application/json': z.object({ id: z.string() }) },
    },
  ],
  async handle(services, call) {
    const principal = await administrator(services, call);
    const id = `mkr_${Buffer.from(services.random(16)).toString('hex')}`;
    await services.database.write(async (tx) => {
      await takeUpApprovalIn(tx, services.people, principal, {
        id: call.body.approval,
        kind: 'master-key',
        parameters: rotationParameters,
      });
      if (!(await orderRotation(tx, services, principal, id)))
        throw new StorageError('rotation-running', 'A rotation of the master key is under way.');
    });
    services.rotation.wake();
    return json(202, { id });
  },
});

const status = route({
  method: 'get',
  path: '/api/v1/master-key-rotations',
  tag,
  summary: 'Which master key seals, how far the latest rotation is, and what still names an older key',
  access: administer,
  replies: [{ status: 200, description: 'Now.', content: { 'application/json': statusAnswer } }],
  async handle(services, call) {
    await administrator(services, call);
    return json(200, answerOf(await rotationStatus(services)));
  },
});

export const masterKeyRoutes: readonly Route[] = [rotate, status];
