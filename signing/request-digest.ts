// One digest for all that a request asks, so that an idempotency key can be held to it.
import { labelledDigest } from '../crypto/algorithms.ts';
import type { Suite } from '../crypto/suite.ts';

/** What JSON can say; keys of objects come in any order. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** @returns labelled digest over the value's JSON with sorted keys: equal requests give equal digests. */
export function requestDigest(value: Plain, suite: Suite): string {
  return labelledDigest(suite.digest, canonicalJson(value));
}

function canonicalJson(value: Plain): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}
