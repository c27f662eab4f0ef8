// What becomes of licenses over HTTP: versions and events, how one stood on another day, inspections, merging, holders that change.
import { z } from 'zod';
import { licenseAsOf, type VersionStanding } from '../licenses/as-of.ts';
import { countermandChange } from '../licenses/change.ts';
import { recordHolderChange } from '../licenses/holder-change.ts';
import { recordInspection } from '../licenses/inspection.ts';
import { mergeLicenses } from '../licenses/merge.ts';
import { licenseStory } from '../licenses/versions.ts';
import {
  countermandOrder,
  holderChangeOrder,
  inspectionOrder,
  mergeOrder,
  standingAnswer,
  storyAnswer,
} from './license-life-schemas.ts';
import { licenseEvent } from './license-schemas.ts';
import { eventAnswer, licenseParams, readAs, readingOf, readingQuery, summaryAnswer } from './licenses.ts';
import { json } from './reply.ts';
import { jsonBody, route, withScope, type Route } from './route.ts';
import { instant } from './schemas.ts';
import { principalOf } from './stamps.ts';

const tag = '证照 Licenses';
const eventReply = [
  { status: 201, description: 'Recorded.', content: { 'application/json': licenseEvent } },
] as const;

const story = route({
  method: 'get',
  path: '/api/v1/licenses/{id}/versions',
  tag,
  summary: 'Every version of a license and everything that happened to it; on record',
  access: withScope('licenses:read', 'licenses:own'),
  params: licenseParams,
  query: readingQuery,
  replies: [{ status: 200, description: 'The story.', content: { 'application/json': storyAnswer } }],
  async handle(services, { principal, params, query }) {
    const reading = await readingOf(services, principalOf(principal), query.purpose);
    await readAs(services, reading, params.id);
    const told = await licenseStory(services.licenses, params.id);
    return json(200, {
      license: told.license,
      versions: told.versions.map((version) => summaryAnswer(version, services.address)),
      events: told.events.map((event) => ({
        ...eventAnswer(event),
        license: event.license,
        version: event.version,
        due: event.due,
      })),
      inspection: {
        by: told.inspection.by?.toISOString() ?? null,
        overdue: told.inspection.overdue,
      },
    });
  },
});

function standingOf(one: VersionStanding): z.input<typeof standingAnswer>['versions'][number] {
  return {
    ...one,
    issuedAt: one.issuedAt.toISOString(),
    expiresAt: one.expiresAt?.toISOString() ?? null,
    beginsAt: one.beginsAt?.toISOString() ?? null,
  };
}

const when = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const asOf = route({
  method: 'get',
  path: '/api/v1/licenses/{id}/as-of',
  tag,
  summary: 'How a license stood at an instant, as far as it was known at another; on record',
  access: withScope('licenses:read', 'licenses:own'),
  params: licenseParams,
  query: readingQuery.extend({
    at: when.describe('The instant asked about (valid time).'),
    known: when
      .optional()
      .describe('Only what was recorded by then counts (record time); now where not said.'),
  }),
  replies: [{ status: 200, description: 'How it stood.', content: { 'application/json': standingAnswer } }],
  async handle(services, { principal, params, query }) {
    const reading = await readingOf(services, principalOf(principal), query.purpose);
    await readAs(services, reading, params.id);
    const moment = { validAt: query.at, knownAt: query.known ?? services.clock() };
    const found = await licenseAsOf(services.licenses, params.id, moment);
    return json(200, {
      license: found.license,
      validAt: found.validAt.toISOString(),
      knownAt: found.knownAt.toISOString(),
      current: found.current === null ? null : standingOf(found.current),
      versions: found.versions.map(standingOf),
    });
  },
});

const inspect = route({
  method: 'post',
  path: '/api/v1/licenses/{id}/inspections',
  tag,
  summary: 'Record an inspection 校验、年检, by the issuing or the supervising department',
  access: withScope('licenses:status'),
  idempotent: true,
  params: licenseParams,
  body: jsonBody(inspectionOrder),
  replies: eventReply,
  async handle(services, { principal, params, body, idempotencyKey }) {
    const event = await recordInspection(services.licenses, {
      ...body,
      actor: principalOf(principal),
      licenseId: params.id,
      idempotencyKey: idempotencyKey ?? '',
    });
    return json(201, eventAnswer(event));
  },
});

const countermand = route({
  method: 'post',
  path: '/api/v1/licenses/{id}/countermands',
  tag,
  summary: 'Take a decided change back before its day',
  access: withScope('licenses:status'),
  idempotent: true,
  params: licenseParams,
  body: jsonBody(countermandOrder),
  replies: eventReply,
  async handle(services, { principal, params, body, idempotencyKey }) {
    const event = await countermandChange(services.licenses, {
      ...body,
      actor: principalOf(principal),
      licenseId: params.id,
      idempotencyKey: idempotencyKey ?? '',
    });
    return json(201, eventAnswer(event));
  },
});

const merge = route({
  method: 'post',
  path: '/api/v1/license-merges',
  tag,
  summary: 'Merge licenses into another of the same holder 多证合一, all or none',
  access: withScope('licenses:status'),
  idempotent: true,
  body: jsonBody(mergeOrder),
  replies: [
    {
      status: 201,
      description: 'One event a license.',
      content: { 'application/json': z.object({ into: z.string(), events: z.array(licenseEvent) }) },
    },
  ],
  async handle(services, { principal, body, idempotencyKey }) {
    const events = await mergeLicenses(services.licenses, {
      ...body,
      actor: principalOf(principal),
      idempotencyKey: idempotencyKey ?? '',
    });
    return json(201, { into: body.into, events: events.map(eventAnswer) });
  },
});

const holderChange = route({
  method: 'post',
  path: '/api/v1/license-holder-changes',
  tag,
  summary:
    'Record that a holder was renamed, merged into another, or has another number; its licenses here tell of it',
  access: withScope('licenses:status'),
  idempotent: true,
  body: jsonBody(holderChangeOrder),
  replies: [
    {
      status: 201,
      description: 'Recorded.',
      content: {
        'application/json': z.object({
          id: z.string(),
          change: z.string(),
          effectiveAt: instant,
          recordedAt: instant,
          licenses: z.array(z.string()).describe('Licenses of the own department that wait to be changed.'),
        }),
      },
    },
  ],
  async handle(services, { principal, body, idempotencyKey }) {
    const { id, change, effectiveAt, recordedAt, licenses } = await recordHolderChange(services.licenses, {
      ...body,
      actor: principalOf(principal),
      idempotencyKey: idempotencyKey ?? '',
    });
    return json(201, {
      id,
      change,
      effectiveAt: effectiveAt.toISOString(),
      recordedAt: recordedAt.toISOString(),
      licenses: [...licenses],
    });
  },
});

export const licenseLifeRoutes: readonly Route[] = [story, asOf, inspect, countermand, merge, holderChange];
