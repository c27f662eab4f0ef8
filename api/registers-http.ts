// Adapter: the registers over HTTP, with a time limit, a bound on questions under way, and a pause after failures in a row.
import { z } from 'zod';
import type { Clock } from '../crypto/clock.ts';
import { IdentityError } from '../identity/errors.ts';
import type { Registers } from '../identity/registers.ts';
import { exchange } from './bounded-http.ts';

export interface RegisterAccess {
  /** Base address, without trailing slash. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token: string;
  readonly clock: Clock;
  /** Milliseconds a question may take. */
  readonly timeout?: number;
}

const answerLimit = 256 * 1024;
const underWayLimit = 32;
const failuresInARow = 5;
const pauseSeconds = 10;

const population = z.strictObject({ answer: z.enum(['matched', 'mismatched', 'absent', 'deceased']) });
const entry = z.strictObject({
  creditCode: z.string().length(18),
  name: z.string().min(1).max(200),
  state: z.enum(['in-operation', 'revoked', 'cancelled']),
  legalRepresentative: z.string().min(1).max(100),
  edition: z.string().min(1).max(40),
});
const representative = z.strictObject({ answer: z.boolean() });
const changes = z.strictObject({
  creditCodes: z.array(z.string().length(18)).max(1000),
  cursor: z.string().max(40),
});
const wangzheng = z.strictObject({
  wanghao: z.string().max(64),
  livePerson: z.boolean(),
  belongsTo: z.boolean().nullable(),
});

/** @returns registers that answer within `timeout` (5 s unless told), or throw `register-unavailable`. */
export function registersOverHttp(access: RegisterAccess): Registers {
  const { clock, timeout = 5000 } = access;
  let underWay = 0;
  let failures = 0;
  let pausedUntil = 0;

  const unavailable = (words: string, cause?: unknown): IdentityError =>
    new IdentityError('register-unavailable', words, {
      ...(cause === undefined ? {} : { cause }),
      retryAfter: pauseSeconds,
    });
  const failed = (words: string, cause?: unknown): IdentityError => {
    failures += 1;
    // A register that is down is asked again after a pause, not by every person who waits.
    if (failures >= failuresInARow) pausedUntil = clock().getTime() + pauseSeconds * 1000;
    return unavailable(words, cause);
  };
  /** @returns null for 404. */
  const call = async <T>(
    schema: z.ZodType<T>,
    method: 'GET' | 'POST',
    path: string,
    body?: object,
  ): Promise<T | null> => {
    if (clock().getTime() < pausedUntil) throw unavailable('The register has not been answering.');
    if (underWay >= underWayLimit)
      throw unavailable('The register is slow, and too many questions wait for it.');
    underWay += 1;
    try {
      const answer = await exchange({
        url: new URL(`${access.url}${path}`),
        method,
        headers: {
          Authorization: `Bearer ${access.token}`,
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body), 'utf8') }),
        limit: answerLimit,
        timeout,
      }).catch((cause: unknown) => {
        throw failed('The register does not answer.', cause);
      });
      if (answer.status === 404) {
        failures = 0;
        return null;
      }
      if (answer.status !== 200) throw failed(`The register answered ${answer.status}.`);
      const value = parsed(schema, answer.body);
      if (value === null) throw failed('The register answered something that is no answer.');
      failures = 0;
      return value;
    } finally {
      underWay -= 1;
    }
  };
  const required = async <T>(asked: Promise<T | null>): Promise<T> => {
    const value = await asked;
    if (value === null) throw failed('The register does not know the question.');
    return value;
  };
  return {
    matchPerson: async (person) =>
      (await required(call(population, 'POST', '/population/match', person))).answer,
    async legalPerson(creditCode) {
      const found = await call(entry, 'GET', `/legal-persons/${encodeURIComponent(creditCode)}`);
      // An entry of another enterprise is no answer to this question.
      if (found !== null && found.creditCode !== creditCode)
        throw failed('The register answered something that is no answer.');
      return found;
    },
    isLegalRepresentative: async (creditCode, person) =>
      (
        await call(
          representative,
          'POST',
          `/legal-persons/${encodeURIComponent(creditCode)}/representative`,
          person,
        )
      )?.answer ?? false,
    legalPersonsChanged: (cursor, limit) =>
      required(call(changes, 'GET', `/legal-persons?after=${encodeURIComponent(cursor)}&limit=${limit}`)),
    wangzheng: (showing, person) => call(wangzheng, 'POST', '/wangzheng/showings', { showing, ...person }),
  };
}

function parsed<T>(schema: z.ZodType<T>, body: Uint8Array): T | null {
  try {
    const result = schema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
