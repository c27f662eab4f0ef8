// Fetching a public text of this service, and telling apart no network from an answer that is none.

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
    return response.ok ? { kind: 'text', text: await response.text() } : { kind: 'refused' };
  } catch {
    return { kind: 'offline' };
  }
}
