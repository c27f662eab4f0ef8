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
