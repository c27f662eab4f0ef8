// One digest for all that a request asks, so that an idempotency key can be held to it.
import { labelledDigest } from '../crypto/algorithms.ts';
import { suiteNamed } from '../crypto/suite.ts';

/** @returns labelled digest over the value's JSON with sorted keys: equal requests give equal digests. */
export function requestDigest(value: unknown): string {
  return labelledDigest(suiteNamed('international').digest, canonicalJson(value));
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
