// Who acts, as records name them. identity/ builds richer principals that satisfy this shape.

/** The acting party of a request: what guards judge and what audit rows name. Holds no personal values. */
export interface Actor {
  /** Opaque identifier, e.g. `client:…`, `person:…`, `system`. Never a name or a number of a person. */
  readonly id: string;
  readonly kind: 'person' | 'client' | 'system';
  /** Unified social credit code of the department acted for; null for citizens and the system itself. */
  readonly department: string | null;
  /** Unified social credit code of the enterprise a person acts for; whatever is recorded stands under both. */
  readonly actingFor?: string | null;
  /** What it may do: `stamps:write`, `licenses:write`, `licenses:read`, `licenses:status`, `verifications:write`, … */
  readonly scopes: readonly string[];
}

/**
 * Whether an actor may decide where another person has to agree. A second person is one who signed in (or, at the shell,
 * whom the operator names): API keys and OAuth clients are things that one person can hold any number of, so they ask and
 * never decide. The same judgement for what is stored: `isPersonId`.
 */
export function isPerson(actor: Pick<Actor, 'kind'>): boolean {
  return actor.kind === 'person';
}

/** Whether a stored actor's identifier is that of a person who signed in. */
export function isPersonId(id: string): boolean {
  return id.startsWith('person:');
}

/** What a system is told that wants to decide. */
export const decidedByPersons =
  'A person decides, not a system: sign in as an officer who may, and decide there or with an access token of that login.';
