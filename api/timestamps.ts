// The time-stamp service's clock, for everybody to see: where its time comes from, how far off it was, whether tokens are given.
import { z } from 'zod';
import { json } from './reply.ts';
import { route, type Route } from './route.ts';
import { instant } from './schemas.ts';

const clockAnswer = z.object({
  issuing: z.boolean().describe('Whether time-stamps are given now.'),
  reason: z
    .enum(['not-checked', 'check-too-old', 'offset-too-large', 'clock-jumped'])
    .nullable()
    .describe('Why none are given.'),
  source: z
    .string()
    .describe('`system`: the operating system keeps the clock and how far it is off is not known here.')
    .meta({ example: 'ntp://ntp1.example.cn' }),
  offsetMilliseconds: z
    .number()
    .nullable()
    .describe('Of the last check; null where the source does not say.'),
  roundTripMilliseconds: z.number().nullable(),
  stratum: z.number().int().nullable().describe('RFC 5905 section 7.3.'),
  lastCheck: instant.nullable().describe('The last one that succeeded.'),
  lastCheckFailed: z.boolean().describe('Whether one failed since.'),
  lastToken: instant.nullable().describe('By the process that answers.'),
  accuracyMilliseconds: z.number().describe('What tokens state.'),
  maximumOffsetMilliseconds: z.number(),
  maximumCheckAgeSeconds: z.number().nullable(),
});

const clock = route({
  method: 'get',
  path: '/api/v1/timestamps/clock',
  tag: '公共服务 Public services',
  summary: 'The clock of the time-stamp service',
  access: { kind: 'public', rate: 'reading' },
  replies: [
    {
      status: 200,
      description: 'Its source and its last check.',
      content: { 'application/json': clockAnswer },
    },
  ],
  handle(services) {
    const status = services.timestampAuthority.status();
    const { lastCheck, maximumAge } = status;
    const answer: z.input<typeof clockAnswer> = {
      issuing: status.doubt === null,
      reason: status.doubt,
      source: status.source,
      offsetMilliseconds: lastCheck?.offsetMilliseconds ?? null,
      roundTripMilliseconds: lastCheck?.roundTripMilliseconds ?? null,
      stratum: lastCheck?.stratum ?? null,
      lastCheck: lastCheck?.at.toISOString() ?? null,
      lastCheckFailed: status.lastCheckFailed,
      lastToken: status.lastToken?.toISOString() ?? null,
      accuracyMilliseconds: status.accuracy,
      maximumOffsetMilliseconds: status.maximumOffset,
      maximumCheckAgeSeconds: maximumAge === null ? null : maximumAge / 1000,
    };
    return Promise.resolve(json(200, answer, { 'Cache-Control': 'no-store' }));
  },
});

export const timestampRoutes: readonly Route[] = [clock];
