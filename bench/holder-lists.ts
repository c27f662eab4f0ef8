// A holder of two hundred licenses, listed for a department and for the holder: every page beside what lookups may take.
import type { Services } from '../api/services.ts';
import { licensesOfHolder, searchByHolder, type LicensePage } from '../licenses/search.ts';
import type { Actor } from '../storage/actor.ts';
import { measure, type Measure } from './measure.ts';

/** Milliseconds a lookup by holder may take in 99 of 100. */
const permitted = 20;

/** @param holder credit code of an enterprise with licenses of the actor's department */
export async function* measureHolderLists(
  seconds: number,
  services: Services,
  actor: Actor,
  holder: string,
): AsyncGenerator<Measure> {
  const of = { kind: 'enterprise', code: holder } as const;
  const person: Actor = { id: 'person:bench', kind: 'person', department: null, scopes: ['licenses:own'] };
  const ways: Readonly<Record<string, (after: string | null) => Promise<LicensePage>>> = {
    'for a department, on record': (after) =>
      searchByHolder(services.licenses, { actor, purpose: 'bench' }, of, { after }),
    'for the holder': (after) =>
      licensesOfHolder(services.licenses, { actor: person, purpose: 'bench', holder: of }, { after }),
  };
  for (const [name, page] of Object.entries(ways)) {
    const times: number[] = [];
    const end = performance.now() + (seconds * 1000) / 2;
    let after: string | null = null;
    do {
      const started = performance.now();
      const { next } = await page(after);
      times.push(performance.now() - started);
      after = next;
    } while (performance.now() < end || after !== null);
    const p99 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
    yield measure(`p99 of a page of a holder's licenses, ${name}`, p99, 'ms', 'permitted', permitted);
  }
}
