// Bringing an offline kit up to date: nothing that is not signed gets in, and nothing newer is given up for something older.
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { Inflate } from '../formats/qr/status-list.ts';
import { VerificationError, type VerificationErrorCode } from './errors.ts';
import { readStatusList } from './facts-status.ts';
import { MAX_KEPT_LISTS, MAX_KEPT_TOKENS, type KeptStatusList, type OfflineKit } from './offline-kit.ts';
import type { SignatureVerifier } from './signature-verifier.ts';
import { followTrustList, type FollowedTrustList } from './trust-list.ts';

/** Port: what the operator publishes. Every method answers null where it cannot be had. */
export interface OfflineSource {
  /** The edition in force, compact JWS. */
  trustList(): Promise<string | null>;
  /** Editions that lead from earlier keys to it, a JWS a line. */
  succession(): Promise<string | null>;
  /** Numbers of every status list (Token Status List 9.1, aggregation). */
  statusListNumbers(): Promise<readonly number[] | null>;
  /** @returns Token Status List JWT */
  statusList(number: number): Promise<string | null>;
}

export interface OfflineRefresh {
  readonly source: OfflineSource;
  readonly verifier: SignatureVerifier;
  readonly inflate: Inflate;
  readonly now: Date;
}

/** What came of it. */
export interface RefreshedKit {
  readonly kit: OfflineKit;
  /** Why the trust list stayed as it was; null where it was confirmed. */
  readonly trustListProblem: VerificationErrorCode | 'unavailable' | null;
  /** Status lists that could not be confirmed; what was kept of them stays. Null: their numbers could not be had. */
  readonly unconfirmed: readonly number[] | null;
}

/** Lists fetched at once. */
const ABREAST = 4;
/** Lists that could not be had, after which no more are asked for: a source in trouble is not waited for a thousand times. */
const MOST_MISSED = 16;

/** By the key in force or, where the operator changed it since, along the editions that hand over. */
async function follow(
  kit: OfflineKit,
  refresh: OfflineRefresh,
): Promise<FollowedTrustList & { text: string }> {
  const { source, verifier, now } = refresh;
  const reader = {
    verifier,
    operatorKeys: kit.operatorKeys.map((key) => fromBase64(key)),
    time: now,
    lowestSequence: kit.trustList?.sequence ?? 0,
  };
  const text = await source.trustList();
  if (text === null) throw new VerificationError('evidence-malformed', 'The trust list cannot be had.');
  try {
    return { ...(await followTrustList(text, reader)), text };
  } catch (error) {
    if (!(error instanceof VerificationError) || error.code !== 'trust-list-signature') throw error;
    const succession = await source.succession();
    if (succession === null) throw error;
    const followed = await followTrustList(succession, reader);
    return {
      ...followed,
      text:
        succession
          .trim()
          .split(/\s*\n\s*/)
          .at(-1) ?? '',
    };
  }
}

/**
 * Fetches what the operator publishes. What cannot be had or does not hold leaves the kit as it was, with its old times.
 * Never throws for what the source answers.
 */
export async function refreshOfflineKit(kit: OfflineKit, refresh: OfflineRefresh): Promise<RefreshedKit> {
  let followed;
  try {
    followed = await follow(kit, refresh);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    const trustListProblem = error.code === 'evidence-malformed' ? 'unavailable' : error.code;
    // Without a list in force nobody says whose status lists to believe.
    return { kit, trustListProblem, unconfirmed: null };
  }
  const { list, text, operatorKeys } = followed;
  const trustList = { text, sequence: list.sequence, confirmedAt: refresh.now };
  const numbers = await refresh.source.statusListNumbers();
  const wanted = [...new Set(numbers ?? [])].sort((a, b) => a - b).slice(0, MAX_KEPT_LISTS);
  const kept = new Map(kit.statusLists.map((each) => [each.number, each]));
  let room = MAX_KEPT_TOKENS - kit.statusLists.reduce((sum, { token }) => sum + token.length, 0);
  /** Takes a list in, where there is room: a kit that grew past what is read again would be lost whole. */
  const keep = (fetched: KeptStatusList): boolean => {
    const before = kept.get(fetched.number);
    const more = fetched.token.length - (before?.token.length ?? 0);
    if (more > room || (before === undefined && kept.size >= MAX_KEPT_LISTS)) return false;
    room -= more;
    kept.set(fetched.number, fetched);
    return true;
  };
  const unconfirmed: number[] = [];
  let missed = 0;
  const queue = wanted.values();
  const fetchNext = async (): Promise<void> => {
    for (const number of queue) {
      const fetched = missed < MOST_MISSED ? await fetchList(number, kept.get(number) ?? null) : null;
      if (fetched === null || !keep(fetched)) unconfirmed.push(number);
    }
  };
  const fetchList = async (number: number, before: KeptStatusList | null): Promise<KeptStatusList | null> => {
    const token = await refresh.source.statusList(number);
    if (token === null) {
      missed += 1;
      return null;
    }
    if (before?.token === token) return { number, token, confirmedAt: refresh.now };
    const read = await readStatusList(token, list, refresh);
    if (read?.number !== number) return null;
    const earlier = before === null ? null : await readStatusList(before.token, list, refresh);
    // An older edition, however genuine, would bring back to life what was revoked since.
    if (earlier !== null && read.issuedAt < earlier.issuedAt) return null;
    return { number, token, confirmedAt: refresh.now };
  };
  await Promise.all(Array.from({ length: ABREAST }, fetchNext));
  return {
    kit: {
      operatorKeys: operatorKeys.map((key) => toBase64(key)),
      trustList,
      statusLists: [...kept.values()].sort((a, b) => a.number - b.number),
    },
    trustListProblem: null,
    unconfirmed: numbers === null ? null : unconfirmed.sort((a, b) => a - b),
  };
}
