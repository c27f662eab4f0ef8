// Licenses: issued, read, searched, changed; by departments, and read by their holders.
import { z } from 'zod';
import {
  NOT_STATED,
  readLicense,
  readOwnLicense,
  summaryOf,
  type HolderReading,
  type LicenseDetails,
  type LicenseSummary,
  type Reading,
} from '../licenses/access.ts';
import { licensesOfHolder, PAGE, searchByHolder } from '../licenses/search.ts';
import { changeStatus } from '../licenses/change.ts';
import type { LicenseEvent } from '../licenses/event-store.ts';
import { codeMatrix, codeSvg } from '../licenses/code-picture.ts';
import { issueLicense, issueVersion } from '../licenses/issue.ts';
import type { StoredLicense } from '../licenses/store.ts';
import type { Principal } from '../identity/principal.ts';
import { ApiError } from './errors.ts';
import { holderOf } from './holder.ts';
import {
  licenseDetails,
  licenseEvent,
  licenseIssued,
  licenseOrder,
  licenseSummary,
} from './license-schemas.ts';
import { statusChangeOrder, successionOrder } from './license-life-schemas.ts';
import { bytes, json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { caseNumber, matter } from './schemas.ts';
import type { Services } from './services.ts';
import { licensePdf, principalOf } from './stamps.ts';

const tag = '证照 Licenses';
export const licenseParams = z.object({ id: z.string().regex(/^lic_[0-9a-f]{32}$/) });
const purpose = z.string().trim().min(1).max(200);
export const readingQuery = z.object({
  purpose: purpose.optional().describe('What it is read for; goes on record. No names or numbers.'),
});

/** How a department's or a holder's reading is put to the room. */
export async function readingOf(
  services: Services,
  principal: Principal,
  why: string | undefined,
): Promise<Reading | HolderReading> {
  const reading = { actor: principal, purpose: why ?? NOT_STATED };
  if (!principal.scopes.includes('licenses:own')) return reading;
  return { ...reading, holder: await holderOf(services, principal) };
}

/** @throws LicenseError `license-not-found`, `purpose-missing` … */
export function readAs(
  services: Services,
  reading: Reading | HolderReading,
  id: string,
): Promise<LicenseDetails> {
  return 'holder' in reading
    ? readOwnLicense(services.licenses, reading, id)
    : readLicense(services.licenses, reading, id);
}

function linksOf(address: string, id: string): { documentUrl: string; codeUrl: string } {
  const base = `${address}/api/v1/licenses/${id}`;
  return { documentUrl: `${base}/document`, codeUrl: `${base}/code.svg` };
}

/** A license as lists answer it. */
export function summaryAnswer(license: LicenseSummary, address: string): z.input<typeof licenseSummary> {
  return {
    id: license.id,
    license: license.root,
    version: license.version,
    previous: license.previous,
    next: license.next,
    identifier: license.identifier,
    type: { code: license.typeCode, name: license.typeName },
    number: license.number,
    holder: license.holder,
    issuer: license.issuer,
    supervisor: license.supervisor,
    state: license.state,
    stateWords: license.stateWords,
    trust: license.trust,
    issuedAt: license.issuedAt.toISOString(),
    validFrom: license.validFrom,
    validUntil: license.validUntil,
    matter: license.matter,
    case: license.caseNumber,
    ...linksOf(address, license.id),
  };
}

/** An event as it is answered. */
export function eventAnswer({ caseNumber: decidedIn, ...event }: LicenseEvent): z.input<typeof licenseEvent> {
  return {
    ...event,
    details: { ...event.details },
    case: decidedIn,
    effectiveAt: event.effectiveAt.toISOString(),
    recordedAt: event.recordedAt.toISOString(),
  };
}

/** A license with its face, as it was read. */
export function licenseAnswer(license: LicenseDetails, address: string): z.input<typeof licenseDetails> {
  return {
    ...summaryAnswer(license, address),
    face: [...license.face],
    events: license.events.map(eventAnswer),
    code: license.code.prefix + license.code.digits,
    record: license.recordHash,
    stamp: license.stampId,
    document: license.document,
    masked: license.masked,
  };
}

/** What the issuing system gets: what a list shows, and the code as a phone reads it. */
export function issuedAnswer(services: Services, license: StoredLicense): z.input<typeof licenseIssued> {
  return {
    ...summaryAnswer(summaryOf(license, services.clock()), services.address),
    code: license.code.prefix + license.code.digits,
    stamp: license.stampId,
    document: license.document,
  };
}

const issue = route({
  method: 'post',
  path: '/api/v1/licenses',
  tag,
  summary: 'Issue a license: identified, drawn, coded, sealed, stored. 颁发电子证照',
  access: withScope('licenses:write'),
  idempotent: true,
  body: jsonBody(licenseOrder.extend({ matter, case: caseNumber.nullish() })),
  replies: [{ status: 201, description: 'Issued.', content: { 'application/json': licenseIssued } }],
  async handle(services, { principal, body, idempotencyKey }) {
    const { matter: matterCode, case: caseOf, ...order } = body;
    try {
      const license = await issueLicense(services.licenses, {
        ...order,
        matter: matterCode,
        caseNumber: caseOf ?? null,
        actor: principalOf(principal),
        idempotencyKey: idempotencyKey ?? '',
      });
      services.metrics.countLicense('issued');
      return json(201, issuedAnswer(services, license), { Location: `/api/v1/licenses/${license.id}` });
    } catch (error) {
      services.metrics.countLicense('refused');
      throw error;
    }
  },
});

const version = route({
  method: 'post',
  path: '/api/v1/licenses/{id}/versions',
  tag,
  summary:
    'Issue the next version of a license: change 变更, renew 延续, re-issue 遗失补发, supersede 换发. The one before it stays',
  access: withScope('licenses:write'),
  idempotent: true,
  params: licenseParams,
  body: jsonBody(
    licenseOrder
      .omit({ type: true })
      .extend({ matter, case: caseNumber.nullish(), succession: successionOrder }),
  ),
  replies: [{ status: 201, description: 'Issued.', content: { 'application/json': licenseIssued } }],
  async handle(services, { principal, params, body, idempotencyKey }) {
    const { matter: matterCode, case: caseOf, succession, ...order } = body;
    const license = await issueVersion(services.licenses, {
      ...order,
      matter: matterCode,
      caseNumber: caseOf ?? null,
      actor: principalOf(principal),
      idempotencyKey: idempotencyKey ?? '',
      succeeds: { ...succession, license: params.id },
    });
    services.metrics.countLicense('issued');
    return json(201, issuedAnswer(services, license), { Location: `/api/v1/licenses/${license.id}` });
  },
});

const read = route({
  method: 'get',
  path: '/api/v1/licenses/{id}',
  tag,
  summary:
    'One license, for its issuing and supervising departments (residents and personal fields masked) and its holder; on record',
  access: withScope('licenses:read', 'licenses:own'),
  params: licenseParams,
  query: readingQuery,
  replies: [{ status: 200, description: 'The license.', content: { 'application/json': licenseDetails } }],
  async handle(services, { principal, params, query }) {
    const reading = await readingOf(services, principalOf(principal), query.purpose);
    return json(200, licenseAnswer(await readAs(services, reading, params.id), services.address));
  },
});

const download = route({
  method: 'get',
  path: '/api/v1/licenses/{id}/document',
  tag,
  summary: 'The sealed PDF of a license; on record. Whoever did not issue it names a purpose',
  access: withScope('licenses:read', 'licenses:own'),
  params: licenseParams,
  query: readingQuery,
  replies: [{ status: 200, description: 'The PDF.', content: { 'application/pdf': 'binary' } }],
  async handle(services, { principal, params, query }) {
    const reading = await readingOf(services, principalOf(principal), query.purpose);
    return licensePdf(services, reading, params.id);
  },
});

const code = route({
  method: 'get',
  path: '/api/v1/licenses/{id}/code.svg',
  tag,
  summary: 'The printed code as a picture',
  access: withScope('licenses:read', 'licenses:own'),
  params: licenseParams,
  query: readingQuery,
  replies: [{ status: 200, description: 'SVG.', content: { 'image/svg+xml': 'binary' } }],
  async handle(services, { principal, params, query }) {
    const reading = await readingOf(services, principalOf(principal), query.purpose);
    const license = await readAs(services, reading, params.id);
    return bytes('image/svg+xml', codeSvg(codeMatrix(license.code)));
  },
});

const search = route({
  method: 'post',
  path: '/api/v1/licenses:search',
  tag,
  summary:
    "A holder's licenses that the own department issued or supervises, or one's own; masked, on record",
  access: withScope('licenses:search', 'licenses:own'),
  body: jsonBody(
    z.strictObject({
      holder: z
        .strictObject({ kind: z.enum(['enterprise', 'resident']), code: z.string().min(1).max(40) })
        .optional()
        .describe('The number stands in the body only, never in an address. Left out by holders.'),
      purpose,
      after: licenseParams.shape.id
        .nullish()
        .describe('`next` of the page before. Left out, or null, for the first page.'),
      limit: z.number().int().min(1).max(PAGE.largest).default(PAGE.usual).describe('Licenses of a page.'),
    }),
  ),
  replies: [
    {
      status: 200,
      description: 'A page, newest first.',
      content: {
        'application/json': z.object({
          licenses: z.array(licenseSummary),
          next: z.string().nullable().describe('Goes into `after` for the next page; null at the end.'),
        }),
      },
    },
  ],
  async handle(services, { principal: caller, body }) {
    const principal = principalOf(caller);
    const reading = await readingOf(services, principal, body.purpose);
    if (!('holder' in reading) && body.holder === undefined) {
      throw new ApiError('request-invalid', 'The body does not hold: holder: required for a department.');
    }
    const wanted = { after: body.after, limit: body.limit };
    const holder = body.holder ?? { kind: 'enterprise', code: '' };
    const { licenses, next } =
      'holder' in reading
        ? await licensesOfHolder(services.licenses, reading, wanted)
        : await searchByHolder(services.licenses, reading, holder, wanted);
    return json(200, {
      licenses: licenses.map((license) => summaryAnswer(license, services.address)),
      next,
    });
  },
});

const change = route({
  method: 'post',
  path: '/api/v1/licenses/{id}/status-changes',
  tag,
  summary:
    'Suspend, restore, withdraw 撤回, annul 撤销, revoke 吊销 or cancel 注销; shown at once, or from its day of effect',
  access: withScope('licenses:status'),
  idempotent: true,
  params: licenseParams,
  body: jsonBody(statusChangeOrder),
  replies: [{ status: 201, description: 'Changed.', content: { 'application/json': licenseEvent } }],
  async handle(services, { principal, params, body, idempotencyKey }) {
    const event = await changeStatus(services.licenses, {
      ...body,
      actor: principalOf(principal),
      licenseId: params.id,
      idempotencyKey: idempotencyKey ?? '',
    });
    return json(201, eventAnswer(event));
  },
});

export const licenseRoutes: readonly Route[] = [issue, version, search, read, download, code, change];
