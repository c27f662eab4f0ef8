// Our own trust list with those of others behind it, as verification takes it: read again when something changed.
import type { Clock } from '../crypto/clock.ts';
import type { Database } from '../storage/database.ts';
import { VerificationError } from '../verification/errors.ts';
import { withRecognised, type RecognisedList } from '../verification/recognised-lists.ts';
import { nodeSignatureVerifier } from '../verification/signature-verifier-node.ts';
import { verifyTrustList, type TrustList } from '../verification/trust-list.ts';
import { namedAnchors, seenLists, type SeenList } from './recognised-lists.ts';
import type { TrustListPublisher } from './trust-list.ts';

/** What is trusted at this instant. */
export interface TrustNow {
  readonly trustList: TrustList;
  /** Certificates, DER, trusted without a list. */
  readonly anchors: readonly Uint8Array[];
}

export interface RecognisedSource {
  /** The same value as long as nothing changed. */
  current(): Promise<TrustNow>;
}

/** How long what was read from the database is taken for current; changes by commands and other nodes show after it. */
const freshness = 2000;

/** Nothing of a list that is out of date, or no longer signed by the keys that count, is taken. */
async function usable(seen: SeenList, time: Date): Promise<readonly RecognisedList[]> {
  if (seen.ended) return [];
  try {
    const reader = { verifier: nodeSignatureVerifier, operatorKeys: seen.operatorKeys, time };
    return [{ name: seen.name, list: await verifyTrustList(seen.jws, reader) }];
  } catch (error) {
    if (error instanceof VerificationError) return [];
    throw error;
  }
}

export function recognisedSource(sources: {
  readonly database: Database;
  readonly clock: Clock;
  readonly trustList: TrustListPublisher;
}): RecognisedSource {
  const { database, clock, trustList } = sources;
  let made: { readonly of: string; readonly own: TrustList; readonly now: TrustNow } | null = null;
  let until = 0;
  let reading: Promise<TrustNow> | null = null;

  const read = async (): Promise<TrustNow> => {
    const time = clock();
    const own = (await trustList.current()).list;
    const lists = await seenLists(database.reader);
    const anchors = await namedAnchors(database.reader);
    const others = (await Promise.all(lists.map((seen) => usable(seen, time)))).flat();
    const of = JSON.stringify([
      others.map(({ name, list }) => [name, list.sequence]),
      anchors.map(({ name }) => name),
    ]);
    // Workers are sent a list only when it is another one.
    if (made?.of !== of || made.own !== own)
      made = {
        of,
        own,
        now: {
          trustList: withRecognised(own, others),
          anchors: anchors.map(({ certificate }) => certificate),
        },
      };
    until = time.getTime() + freshness;
    return made.now;
  };

  return {
    async current() {
      if (made !== null && clock().getTime() < until) return made.now;
      reading ??= read().finally(() => (reading = null));
      return reading;
    },
  };
}
