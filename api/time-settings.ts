// What the environment says of time: where it is known from, how often that is asked, and whose policies are others'.
import { z } from 'zod';
import type { ExternalTimestamps } from '../ca/external-timestamps.ts';
import { systemTimeSource, type TimeSource } from '../ca/time-source.ts';
import type { TimestampSettings } from '../ca/timestamp-authority.ts';
import type { Clock } from '../crypto/clock.ts';
import { ntpTimeSource, type NtpServer } from './time-source-ntp.ts';
import { timestampService } from './timestamp-http.ts';

export interface TimeConfig {
  /** Null: the operating system keeps the clock. */
  readonly servers: readonly NtpServer[] | null;
  /** Milliseconds between checks. */
  readonly interval: number;
  /** Addresses of other time-stamping authorities, by the policy that is theirs. */
  readonly external: ReadonlyMap<string, string>;
}

/** YINXIN_TIME_SOURCE. */
export const timeSourceText = z.string().transform((text, context) => {
  const servers = parseTimeSource(text);
  if (servers !== undefined) return servers;
  context.addIssue({ code: 'custom', message: 'system, or ntp://host[:port],…' });
  return z.NEVER;
});

/** YINXIN_TSA_EXTERNAL. */
export const externalPoliciesText = z.string().transform((text, context) => {
  const external = parseExternalPolicies(text);
  if (external !== null) return external;
  context.addIssue({ code: 'custom', message: '<policy OID>=<http(s) address>,…' });
  return z.NEVER;
});

/** A check counts for so many intervals: single failures are not felt. */
const AGE = 5;
const externalBudget = 8000;

/** @returns null for `system`, undefined where the text is neither that nor a list of 1 to 16 `ntp://host[:port]`. */
function parseTimeSource(text: string): readonly NtpServer[] | null | undefined {
  if (text === 'system') return null;
  const servers: NtpServer[] = [];
  for (const each of text.split(',')) {
    if (!URL.canParse(each)) return undefined;
    const url = new URL(each);
    const extra = url.username + url.password + url.pathname.replace(/^\/$/, '') + url.search + url.hash;
    if (url.protocol !== 'ntp:' || url.hostname === '' || extra !== '') return undefined;
    servers.push({
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? 123 : Number(url.port),
    });
  }
  return servers.length > 16 ? undefined : servers;
}

/** @returns null where the text is not a list of `<policy OID>=<http(s) address>`, each policy once. */
function parseExternalPolicies(text: string): ReadonlyMap<string, string> | null {
  const external = new Map<string, string>();
  for (const each of text.split(',')) {
    const [, policy = '', address = ''] = /^([012](?:\.(?:0|[1-9]\d*))+)=(https?:\/\/.+)$/.exec(each) ?? [];
    if (policy === '' || !URL.canParse(address) || external.has(policy)) return null;
    external.set(policy, address);
  }
  return external;
}

function externalTimestamps(address: string): ExternalTimestamps {
  const service = timestampService(address);
  return { respond: (request) => service.respond(request, AbortSignal.timeout(externalBudget)) };
}

function sourceOf({ servers }: TimeConfig, clock: Clock): TimeSource {
  return servers === null ? systemTimeSource(clock) : ntpTimeSource({ servers, clock });
}

/** How the time-stamp authority of this installation knows the time. */
export function timestampSettings(config: TimeConfig, clock: Clock): TimestampSettings {
  return {
    timeSource: sourceOf(config, clock),
    monotonic: () => performance.now(),
    maximumAge: AGE * config.interval,
    external: new Map(
      [...config.external].map(([policy, address]) => [policy, externalTimestamps(address)] as const),
    ),
  };
}
