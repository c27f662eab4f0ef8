// Seals of the caller's department.
import { z } from 'zod';
import { drawSeal } from '../signing/seal-picture/draw-seal.ts';
import { svgPicture } from '../signing/seal-picture/svg.ts';
import { sealFor, sealsOf } from '../signing/seal-register.ts';
import { sealTypes, type Seal } from '../signing/seal.ts';
import { bytes, json } from './reply.ts';
import { route, withScope, type Route } from './route.ts';
import { instant, sealId } from './schemas.ts';
import { principalOf, sealIdOf } from './stamps.ts';

const sealAnswer = z.object({
  id: z.string(),
  code: z.string().describe('印章编码, 14 digits.'),
  name: z.string(),
  type: z.object({ code: z.string(), name: z.string() }),
  department: z.object({ creditCode: z.string(), name: z.string() }),
  state: z.enum(['made', 'valid', 'frozen', 'lost', 'cancelled']),
  validFrom: instant,
  validUntil: instant,
  certificate: z.string().describe('Serial number, hex.'),
  pictureUrl: z.url(),
});

function answerOf(seal: Seal, address: string): z.input<typeof sealAnswer> {
  return {
    id: seal.id,
    code: seal.code,
    name: seal.name,
    type: { code: seal.type, name: sealTypes[seal.type] },
    department: { creditCode: seal.department, name: seal.departmentName },
    state: seal.state,
    validFrom: seal.validFrom.toISOString(),
    validUntil: seal.validUntil.toISOString(),
    certificate: seal.certificateSerial,
    pictureUrl: `${address}/api/v1/seals/${seal.id}/picture.svg`,
  };
}

const list = route({
  method: 'get',
  path: '/api/v1/seals',
  tag: '印章 Seals',
  summary: "The own department's seals",
  access: withScope('seals:read', 'stamps:write'),
  replies: [
    {
      status: 200,
      description: 'Every seal.',
      content: { 'application/json': z.object({ seals: z.array(sealAnswer) }) },
    },
  ],
  async handle(services, { principal }) {
    const seals = await sealsOf(services.database.reader, principalOf(principal));
    return json(200, { seals: seals.map((seal) => answerOf(seal, services.address)) });
  },
});

const picture = route({
  method: 'get',
  path: '/api/v1/seals/{seal}/picture.svg',
  tag: '印章 Seals',
  summary: 'The picture of a seal of the own department',
  access: withScope('seals:read', 'stamps:write'),
  params: z.object({ seal: sealId }),
  replies: [
    { status: 200, description: 'The picture in real size.', content: { 'image/svg+xml': 'binary' } },
  ],
  async handle(services, { principal, params }) {
    const id = await sealIdOf(services, params.seal);
    const seal = await sealFor(services.database.reader, principalOf(principal), id);
    return bytes('image/svg+xml', svgPicture(drawSeal(seal.picture), seal.name));
  },
});

export const sealRoutes: readonly Route[] = [list, picture];
