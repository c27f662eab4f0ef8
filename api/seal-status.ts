// The public status list of seals over HTTP, whole and signed, or of one seal; caches ask whether theirs is the newest.
import { z } from 'zod';
import { ApiError } from './errors.ts';
import { bytes, json } from './reply.ts';
import { route, type Route } from './route.ts';
import { instant } from './schemas.ts';

const tag = '公共服务 Public services';
const reading = { kind: 'public', rate: 'reading' } as const;

/** A frozen seal must show soon: kept for a moment, then asked for anew, and mostly not sent again. */
function headers(list: { readonly issuedAt: Date; readonly expiresAt: Date; readonly entityTag: string }) {
  return {
    'Cache-Control': 'public, max-age=30, must-revalidate',
    'Last-Modified': list.issuedAt.toUTCString(),
    Expires: list.expiresAt.toUTCString(),
    ETag: list.entityTag,
    'Access-Control-Allow-Origin': '*',
  };
}

const whole = route({
  method: 'get',
  path: '/api/v1/seal-status',
  tag,
  summary: 'The signed status list of every filed seal (JWS): states over time, never the seals themselves',
  access: reading,
  replies: [{ status: 200, description: 'Compact JWS.', content: { 'application/jose': 'binary' } }],
  async handle(services) {
    const list = await services.sealStatus.current();
    return bytes('application/jose', list.jws, headers(list));
  },
});

const listedState = z.enum(['valid', 'frozen', 'lost', 'cancelled']);
const listedSeal = z.object({
  code: z.string(),
  name: z.string(),
  type: z.string(),
  owner: z.string(),
  ownerName: z.string(),
  state: listedState,
  since: instant,
  validFrom: instant,
  validUntil: instant,
  objects: z.array(z.string()).describe('SM3 of every SESeal made for it, oldest first.'),
  changes: z.array(z.object({ state: listedState, since: instant })),
});

const one = route({
  method: 'get',
  path: '/api/v1/seal-status/{seal}',
  tag,
  summary: 'The state of one seal by its code, with every earlier one; as the signed list has it',
  access: reading,
  params: z.object({ seal: z.string().regex(/^[1-9]\d{13}$/) }),
  replies: [{ status: 200, description: 'The seal.', content: { 'application/json': listedSeal } }],
  async handle(services, { params }) {
    const list = await services.sealStatus.current();
    const seal = list.seals.get(params.seal);
    if (seal === undefined) throw new ApiError('not-found', 'No seal of this code is filed here.');
    return json(
      200,
      { ...seal, objects: [...seal.objects], changes: [...seal.changes] } satisfies z.input<
        typeof listedSeal
      >,
      headers(list),
    );
  },
});

export const sealStatusRoutes: readonly Route[] = [whole, one];
