// Fetching a public text of this service, and telling apart no network from an answer that is none.
import { textWithin } from '../../../verification/answer-text.ts';
import { LONGEST_ANSWER } from '../../../verification/offline-source.ts';

/** What came of it. */
export type FetchedText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'offline' };

/** Milliseconds after which the network counts as absent. */
const patience = 8000;

/** Asks anew each time, without a session. */
export async function fetchText(address: string): Promise<FetchedText> {
  try {
    const response = await fetch(address, {
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(patience),
    });
    const text = response.ok ? await textWithin(response, LONGEST_ANSWER) : null;
    return text === null ? { kind: 'refused' } : { kind: 'text', text };
  } catch {
    return { kind: 'offline' };
  }
}
