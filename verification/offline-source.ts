// Where an operator of Yinxin publishes what an offline kit holds: paths below its address.
import type { OfflineSource } from './offline-refresh.ts';

/** Bytes of any answer: a trust list is the longest. Whoever fetches reads no further. */
export const LONGEST_ANSWER = 8 * 1024 * 1024;
/** Characters of an answer that are looked at. */
const MAX_AGGREGATION = 1024 * 1024;

function numbersIn(json: string): readonly number[] | null {
  if (json.length > MAX_AGGREGATION) return null;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  const lists: unknown =
    typeof value === 'object' && value !== null && 'status_lists' in value ? value.status_lists : null;
  if (!Array.isArray(lists)) return null;
  return lists.flatMap((address: unknown) => {
    const number = typeof address === 'string' ? /\/([0-9]{1,9})$/.exec(address)?.[1] : undefined;
    return number === undefined ? [] : [Number(number)];
  });
}

/**
 * @param base address of the service without a path; empty in a page of the service itself
 * @param textAt fetches a text; null where it cannot be had, or is longer than `LONGEST_ANSWER`
 */
export function offlineSourceAt(
  base: string,
  textAt: (address: string) => Promise<string | null>,
): OfflineSource {
  const at = (path: string): Promise<string | null> => textAt(`${base.replace(/\/+$/, '')}/api/v1/${path}`);
  return {
    trustList: () => at('trust-list'),
    succession: () => at('trust-list/succession'),
    statusListNumbers: async () => {
      const json = await at('status-lists');
      return json === null ? null : numbersIn(json);
    },
    statusList: (number) => at(`status-lists/${number}`),
  };
}
