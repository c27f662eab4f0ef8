// Copies for a purpose 加注件 for programs of holders: made, listed, fetched, taken back.
import { z } from 'zod';
import { departmentByCode } from '../identity/departments.ts';
import type { HolderReading } from '../licenses/access.ts';
import { copiesOfHolder, copyDocument, endCopy } from '../licenses/copy-access.ts';
import type { LicenseCopy } from '../licenses/copy-store.ts';
import { makeCopy } from '../licenses/copy.ts';
import type { Principal } from '../identity/principal.ts';
import { ApiError } from './errors.ts';
import { holderOf } from './holder.ts';
import { fieldNames } from './presentation-claims.ts';
import { licenseId } from './presentations.ts';
import { json, pdf, type Reply } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { matter } from './schemas.ts';
import type { Services } from './services.ts';
import { principalOf } from './stamps.ts';

const tag = '加注件 Copies for a purpose';
const access = withScope('licenses:own');
export const copyParams = z.object({ id: z.string().regex(/^cpy_[0-9a-f]{32}$/) });

const copyShape = z.object({
  id: z.string(),
  license: z.string(),
  grant: z.string().describe('授权编号, printed and signed'),
  department: z.string(),
  matter: z.string(),
  fields: z.array(z.string()),
  madeAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  record: z.string(),
  document: z.object({ digest: z.string(), size: z.number().int() }),
  documentUrl: z.string(),
});

function copyTold(copy: LicenseCopy, address: string): z.input<typeof copyShape> {
  const { id, license, grantNumber, department, matter: matterOf, fields, document } = copy;
  return {
    id,
    license,
    grant: grantNumber,
    department,
    matter: matterOf,
    fields: [...fields],
    madeAt: copy.madeAt.toISOString(),
    expiresAt: copy.expiresAt.toISOString(),
    endedAt: copy.endedAt?.toISOString() ?? null,
    record: copy.recordHash,
    document,
    documentUrl: `${address}/api/v1/license-copies/${id}/document`,
  };
}

/** A holder reading what is theirs. */
export async function ownReading(services: Services, principal: Principal): Promise<HolderReading> {
  return { actor: principal, purpose: '持证人查看', holder: await holderOf(services, principal) };
}

/**
 * What a copy is asked for, in words too: of departments and matters that are known here, since their names are signed.
 * @throws ApiError `request-invalid`
 */
export async function copyFor(
  services: Services,
  asked: { readonly department: string; readonly matter: string; readonly until: string },
) {
  const department = await departmentByCode(services.database, asked.department);
  const matterName = services.matterNames.get(asked.matter);
  if (department === null)
    throw new ApiError('request-invalid', 'The body does not hold: department: not known here.');
  if (matterName === undefined)
    throw new ApiError('request-invalid', 'The body does not hold: matter: not known here.');
  return { ...asked, departmentName: department.name, matterName: matterName.zh };
}

const make = route({
  method: 'post',
  path: '/api/v1/licenses/{id}/copies',
  tag,
  summary:
    'A copy of one’s own license for one department and matter, with the fields that are granted. 加注件',
  access,
  idempotent: true,
  params: z.object({ id: licenseId }),
  body: jsonBody(
    z.strictObject({
      department: z
        .string()
        .regex(/^[0-9A-Z]{18}$/)
        .describe('Credit code of the department it is for'),
      matter,
      until: z.iso.date().describe('Last day it is good, at most 180 days from now'),
      fields: fieldNames,
    }),
  ),
  replies: [{ status: 201, description: 'Made.', content: { 'application/json': copyShape } }],
  async handle(services, { principal, params, body, idempotencyKey }) {
    const { fields, ...asked } = body;
    const copy = await makeCopy(services.licenses, {
      ...(await ownReading(services, principalOf(principal))),
      idempotencyKey: idempotencyKey ?? '',
      license: params.id,
      grant: await copyFor(services, asked),
      fields,
    });
    return json(201, copyTold(copy, services.address));
  },
});

const list = route({
  method: 'get',
  path: '/api/v1/license-copies',
  tag,
  summary: 'One’s own copies',
  access,
  replies: [
    {
      status: 200,
      description: 'The newest 50.',
      content: { 'application/json': z.object({ copies: z.array(copyShape) }) },
    },
  ],
  async handle(services, { principal }) {
    const copies = await copiesOfHolder(
      services.licenses,
      await ownReading(services, principalOf(principal)),
    );
    return json(200, { copies: copies.map((copy) => copyTold(copy, services.address)) });
  },
});

/** The sealed PDF of a copy. */
export async function copyPdf(services: Services, principal: Principal, id: string): Promise<Reply> {
  const stored = await copyDocument(services.licenses, await ownReading(services, principal), id);
  const file = await services.documents.open(stored.digest);
  if (file === null) throw new ApiError('internal', `The document of ${id} is missing.`);
  return pdf(200, file, `copy-${stored.identifier}`);
}

const document = route({
  method: 'get',
  path: '/api/v1/license-copies/{id}/document',
  tag,
  summary: 'The sealed PDF of a copy; on record',
  access,
  params: copyParams,
  replies: [{ status: 200, description: 'The PDF.', content: { 'application/pdf': 'binary' } }],
  handle: (services, { principal, params }) => copyPdf(services, principalOf(principal), params.id),
});

const end = route({
  method: 'post',
  path: '/api/v1/license-copies/{id}/end',
  tag,
  summary: 'Take a copy back: its code is out of force at once',
  access,
  params: copyParams,
  replies: [
    { status: 200, description: 'Ended.', content: { 'application/json': z.object({ id: z.string() }) } },
  ],
  async handle(services, { principal, params }) {
    await endCopy(services.licenses, await ownReading(services, principalOf(principal)), params.id);
    return json(200, { id: params.id });
  },
});

export const licenseCopyRoutes: readonly Route[] = [make, list, document, end];
