// Which clients reach so far that one administrator alone neither lets them in nor gives them another secret.
import { createHash } from 'node:crypto';
import type { Scope } from '../principal.ts';
import type { ClientSettings } from './client.ts';

/** Scopes of our APIs that touch people, authorities, or other people's decisions. */
const far: readonly (Scope | `${string}:`)[] = ['ca:', 'identity:', 'seals:approve', 'seals:administer', 'stamps:approve']; // prettier-ignore
/** A person's own data, with the person there: no reach of the client's. */
const near: readonly Scope[] = ['identity:own'];

/**
 * @returns what of a client's settings reaches far, in words: scopes of the certification authority, of administration and
 * of approval, the number of a person's document in clear, and acting as our own pages; [] for an ordinary client
 */
export function farReach(settings: ClientSettings): readonly string[] {
  return [
    ...settings.apiScopes.filter(
      (scope) => !near.includes(scope) && far.some((each) => scope === each || scope.startsWith(each)),
    ),
    ...(settings.scopes.includes('resident_number') ? ['resident_number'] : []),
    ...(settings.firstParty ? ['firstParty'] : []),
  ];
}

/** What about a client two persons agree to, with everything that is told of it in one digest. */
export function clientChange(
  what: 'register' | 'change' | 'rotate' | 'enable',
  client: {
    /** Undefined where one is made up. */
    readonly id: string | undefined;
    readonly name?: string | undefined;
    readonly englishName?: string | undefined;
    readonly department?: string | undefined;
    readonly settings?: ClientSettings;
  },
): string {
  const id = client.id ?? 'new';
  if (client.settings === undefined) return `${what} ${id}`;
  const told = [
    client.name ?? '',
    client.englishName ?? '',
    client.department ?? '',
    sorted(client.settings),
  ];
  const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex');
  return `${what} ${id} sha256:${digest}`;
}

/** Members in one order, whoever wrote them down. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
