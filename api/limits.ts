// Rate limits: a token bucket per caller, in memory. With several processes each counts for itself (README says so).
import { isIPv6 } from 'node:net';

/** `perMinute` requests on average, at most `burst` at once. */
export interface Rate {
  readonly perMinute: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Callers remembered at once; beyond it the longest silent one is forgotten (and starts with a full bucket again). */
const maximumBuckets = 20_000;

export class RateLimiter {
  readonly #rate: Rate;
  readonly #now: () => Date;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, now: () => Date) {
    this.#rate = rate;
    this.#now = now;
  }

  /**
   * Takes one token from `caller`'s bucket.
   * @returns 0 when allowed, else the whole seconds until the next token.
   */
  take(caller: string): number {
    const now = this.#now().getTime();
    const refill = this.#rate.perMinute / 60_000;
    const known = this.#buckets.get(caller);
    const tokens =
      known === undefined
        ? this.#rate.burst
        : Math.min(this.#rate.burst, known.tokens + Math.max(0, now - known.at) * refill);
    // Re-inserting keeps the map in order of last use, so its first key is the longest silent caller.
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    if (this.#buckets.size > maximumBuckets) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    return tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - tokens) / refill / 1000));
  }

  /** Number of callers remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}

/** The part of an address that one subscriber holds: an IPv4 address, or the /64 of an IPv6 address. */
export function callerOfAddress(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros: string[] = address.includes('::')
    ? Array<string>(8 - left.length - right.length).fill('0')
    : [];
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
