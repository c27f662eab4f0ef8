// Status lists of other operators over HTTP, kept as long as they say of themselves and never longer.
import type { Clock } from '../crypto/clock.ts';
import { exchange } from './bounded-http.ts';

/** Characters of a list's token; its entries unpack to no more than one shard. */
const limit = 1024 * 1024;
const patience = 5000;
/** A change must show soon: the `ttl` that lists of ours give. */
const life = 60_000;
const kept = 100;

export interface ForeignStatusLists {
  /** @returns the token, unverified; null where it could not be had. */
  token(address: string): Promise<string | null>;
}

/** @param publicOnly whether addresses inside the own network are refused */
export function foreignStatusLists(clock: Clock, publicOnly: boolean): ForeignStatusLists {
  const held = new Map<string, { readonly until: number; readonly token: Promise<string | null> }>();
  const fetched = async (address: string): Promise<string | null> => {
    try {
      const answer = await exchange({
        url: new URL(address),
        method: 'GET',
        headers: { Accept: 'application/statuslist+jwt' },
        limit,
        timeout: patience,
        publicOnly,
      });
      return answer.status === 200 ? new TextDecoder().decode(answer.body).trim() : null;
    } catch {
      // Unknown is told as unknown: whoever asked says so in his report.
      return null;
    }
  };
  return {
    async token(address) {
      const now = clock().getTime();
      const found = held.get(address);
      if (found !== undefined && now < found.until) return found.token;
      const token = fetched(address);
      held.set(address, { until: now + life, token });
      if (held.size > kept)
        for (const oldest of [...held.keys()].slice(0, held.size - kept)) held.delete(oldest);
      // What could not be had is asked for again at once.
      if ((await token) === null) held.delete(address);
      return token;
    },
  };
}
