// Calls that this process makes to its own HTTP services: recognised by a token of this process, exempt from rate limits.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RandomBytes } from '../crypto/clock.ts';
import { toHex } from '../formats/bytes.ts';

const header = 'x-yinxin-own-call';

export interface OwnCalls {
  /** To be sent with every such call. */
  readonly headers: Readonly<Record<string, string>>;
  recognises(request: IncomingMessage): boolean;
}

/** The token lives in memory only and opens nothing but the limiter. */
export function createOwnCalls(random: RandomBytes): OwnCalls {
  const token = toHex(random(32));
  return {
    headers: { [header]: token },
    recognises(request) {
      const given = request.headers[header];
      return (
        typeof given === 'string' &&
        given.length === token.length &&
        timingSafeEqual(Buffer.from(given, 'latin1'), Buffer.from(token, 'latin1'))
      );
    },
  };
}
