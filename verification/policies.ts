// Certificate policies along a path (RFC 5280 section 6.1 with the policy graph of RFC 9618, which cannot grow exponentially).
import type { Certificate } from '../formats/x509/certificate.ts';
import type { DerReader } from '../formats/x509/der.ts';
import { readExtension } from '../formats/x509/extensions.ts';
import { OID } from '../formats/x509/oid.ts';
import { nameKey } from './names.ts';

/** The inputs (c) to (f) of section 6.1.1. */
export interface PolicyInputs {
  /** Null = any policy. */
  readonly initialPolicies: ReadonlySet<string> | null;
  readonly requireExplicitPolicy: boolean;
  readonly inhibitPolicyMapping: boolean;
  readonly inhibitAnyPolicy: boolean;
}

export const anyPolicyInputs: PolicyInputs = {
  initialPolicies: null,
  requireExplicitPolicy: false,
  inhibitPolicyMapping: false,
  inhibitAnyPolicy: false,
};

/** Policies and mappings that one search may still walk over. */
export interface PolicyBudget {
  left: number;
}

interface PolicyNode {
  readonly parents: ReadonlySet<string>;
  readonly expected: ReadonlySet<string>;
}

/** Nodes of one depth by their policy. */
type Level = Map<string, PolicyNode>;

const any: string = OID.anyPolicy;

interface PolicyConstraints {
  readonly requireExplicit: number | null;
  readonly inhibitMapping: number | null;
}

function skipCount(content: Uint8Array, reader: DerReader): number {
  if (content.length === 0 || (content[0] ?? 0) > 127)
    throw reader.refusal('A count of certificates is negative.');
  // A count beyond any path is as good as none.
  return content.length > 2 ? 0xffff : content.reduce((sum, octet) => sum * 256 + octet, 0);
}

function readConstraints(reader: DerReader): PolicyConstraints {
  return reader.sequence((fields) => ({
    requireExplicit: fields.peek() === 0x80 ? skipCount(fields.element().content, fields) : null,
    inhibitMapping: fields.peek() === 0x81 ? skipCount(fields.element().content, fields) : null,
  }));
}

function readMappings(reader: DerReader): Mappings {
  return reader.sequence((list) =>
    list.every((each) => each.sequence((pair) => [pair.oid(), pair.oid()] as const)),
  );
}

const CODE = 'certificate-malformed';

type Mappings = readonly (readonly [string, string])[];

const mappingsKnown = new WeakMap<Certificate, Mappings>();

function mappingsOf(certificate: Certificate): Mappings {
  let mappings = mappingsKnown.get(certificate);
  if (mappings === undefined) {
    mappings = readExtension(certificate.extensions, OID.policyMappings, CODE, readMappings) ?? [];
    mappingsKnown.set(certificate, mappings);
  }
  return mappings;
}

class PolicyState {
  #levels: Level[] | null = [new Map([[any, { parents: new Set(), expected: new Set([any]) }]])];
  explicit: number;
  #inhibitAny: number;
  #mapping: number;
  readonly #budget: PolicyBudget;

  constructor(inputs: PolicyInputs, length: number, budget: PolicyBudget) {
    this.#budget = budget;
    this.explicit = inputs.requireExplicitPolicy ? 0 : length + 1;
    this.#inhibitAny = inputs.inhibitAnyPolicy ? 0 : length + 1;
    this.#mapping = inputs.inhibitPolicyMapping ? 0 : length + 1;
  }

  get levels(): readonly Level[] | null {
    return this.#levels;
  }

  /** Step (d) and (e) of section 6.1.3. */
  take(certificate: Certificate, last: boolean, selfIssued: boolean): void {
    const previous = this.#levels?.at(-1);
    if (certificate.certificatePolicies === null || this.#levels === null || previous === undefined) {
      this.#levels = null;
      return;
    }
    const stated = new Set(certificate.certificatePolicies.map((policy) => policy.oid));
    const level: Level = new Map();
    const parentsOf = new Map<string, Set<string>>();
    for (const [parent, node] of previous) {
      for (const expected of node.expected) {
        const parents = parentsOf.get(expected);
        if (parents === undefined) parentsOf.set(expected, new Set([parent]));
        else parents.add(parent);
      }
      this.#budget.left -= node.expected.size;
    }
    this.#budget.left -= stated.size;
    const grow = (policy: string, parents: ReadonlySet<string>): void =>
      void level.set(policy, { parents, expected: new Set([policy]) });
    for (const policy of stated) {
      const parents = policy === any ? undefined : parentsOf.get(policy);
      if (parents !== undefined) grow(policy, parents);
      else if (policy !== any && previous.has(any)) grow(policy, new Set([any]));
    }
    if (stated.has(any) && (this.#inhibitAny > 0 || (!last && selfIssued)))
      for (const [expected, parents] of parentsOf) if (!level.has(expected)) grow(expected, parents);
    this.#levels.push(level);
    this.#prune();
  }

  /** Section 6.1.4; @returns false where a mapping speaks of anyPolicy. */
  prepare(certificate: Certificate, selfIssued: boolean): boolean {
    const mappings = mappingsOf(certificate);
    this.#budget.left -= mappings.length;
    if (mappings.some(([issuer, subject]) => issuer === any || subject === any)) return false;
    this.#map(mappings);
    if (!selfIssued) {
      this.explicit = Math.max(0, this.explicit - 1);
      this.#mapping = Math.max(0, this.#mapping - 1);
      this.#inhibitAny = Math.max(0, this.#inhibitAny - 1);
    }
    const constraints = readExtension(certificate.extensions, OID.policyConstraints, CODE, readConstraints);
    const inhibit = readExtension(certificate.extensions, OID.inhibitAnyPolicy, CODE, (inner) =>
      skipCount(inner.integer(), inner),
    );
    this.explicit = Math.min(this.explicit, constraints?.requireExplicit ?? this.explicit);
    this.#mapping = Math.min(this.#mapping, constraints?.inhibitMapping ?? this.#mapping);
    this.#inhibitAny = Math.min(this.#inhibitAny, inhibit ?? this.#inhibitAny);
    return true;
  }

  /** Section 6.1.5 (a) and (b). */
  finish(certificate: Certificate): void {
    this.explicit = Math.max(0, this.explicit - 1);
    const constraints = readExtension(certificate.extensions, OID.policyConstraints, CODE, readConstraints);
    if (constraints?.requireExplicit === 0) this.explicit = 0;
  }

  #map(mappings: Mappings): void {
    const level = this.#levels?.at(-1);
    if (level === undefined) return;
    const targets = new Map<string, Set<string>>();
    for (const [issuer, subject] of mappings) {
      const set = targets.get(issuer) ?? new Set();
      targets.set(issuer, set.add(subject));
    }
    for (const [issuer, expected] of targets) {
      const node = level.get(issuer);
      if (this.#mapping === 0) level.delete(issuer);
      else if (node !== undefined) level.set(issuer, { ...node, expected });
      else if (level.has(any)) level.set(issuer, { parents: new Set([any]), expected });
    }
    this.#prune();
  }

  #prune(): void {
    const levels = this.#levels;
    if (levels === null) return;
    for (let depth = levels.length - 2; depth >= 0; depth--) {
      const children = levels[depth + 1];
      const used = new Set([...(children?.values() ?? [])].flatMap((node) => [...node.parents]));
      for (const policy of levels[depth]?.keys() ?? []) if (!used.has(policy)) levels[depth]?.delete(policy);
    }
    if (levels.at(-1)?.size === 0) this.#levels = null;
  }
}

/** Policies that authorities assert all along the path, in the words of the first (RFC 9618 section 5.4, step (g)). */
function authorityConstrained(levels: readonly Level[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const level of levels)
    for (const [policy, node] of level) if (policy !== any && node.parents.has(any)) found.add(policy);
  if (levels.at(-1)?.has(any) === true) found.add(any);
  return found;
}

/** What of them the user accepts. */
function userConstrained(levels: readonly Level[], wanted: ReadonlySet<string> | null): ReadonlySet<string> {
  const asserted = authorityConstrained(levels);
  if (wanted === null || wanted.has(any)) return asserted;
  return new Set([...wanted].filter((policy) => asserted.has(policy) || asserted.has(any)));
}

/**
 * @param path from just below the anchor to the end entity
 * @param budget is used up by what is walked over
 * @returns the policies under which the path is valid (none need be, where none is required); null where they forbid it
 * @throws FormatError
 */
export function policiesOf(
  path: readonly Certificate[],
  inputs: PolicyInputs,
  budget: PolicyBudget,
): ReadonlySet<string> | 'too-much-work' | null {
  const state = new PolicyState(inputs, path.length, budget);
  for (const [at, certificate] of path.entries()) {
    const last = at === path.length - 1;
    const selfIssued = nameKey(certificate.subject) === nameKey(certificate.issuer);
    state.take(certificate, last, selfIssued);
    if (budget.left < 0) return 'too-much-work';
    if (state.explicit === 0 && state.levels === null) return null;
    if (last) state.finish(certificate);
    else if (!state.prepare(certificate, selfIssued)) return null;
  }
  const { levels } = state;
  const policies = levels === null ? new Set<string>() : userConstrained(levels, inputs.initialPolicies);
  return state.explicit > 0 || policies.size > 0 ? policies : null;
}
