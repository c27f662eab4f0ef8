// What a request of two persons asks for, as a value and as the text that is kept encrypted.
import { fromBase64, toBase64 } from '../formats/bytes.ts';
import type { CountermandRequest, StatusChangeRequest } from './change.ts';
import type { VersionRequest } from './issue.ts';
import type { MergeRequest } from './merge.ts';

/** What can be asked for; the caller and the key are those of the request, and of its approval. */
export type AskedChange =
  | ({ readonly kind: 'status' } & Omit<StatusChangeRequest, 'actor' | 'idempotencyKey' | 'approval'>)
  | ({ readonly kind: 'countermand' } & Omit<CountermandRequest, 'actor' | 'idempotencyKey'>)
  | ({ readonly kind: 'merge' } & Omit<MergeRequest, 'actor' | 'idempotencyKey' | 'approval'>)
  | ({ readonly kind: 'version' } & Omit<VersionRequest, 'actor' | 'idempotencyKey'>);

/** The scope that asking and deciding need. */
export function scopeFor(kind: AskedChange['kind']): 'licenses:write' | 'licenses:status' {
  return kind === 'version' ? 'licenses:write' : 'licenses:status';
}

/** Name under which bytes (a photo) stand in the text. */
const BYTES = '$bytes';

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { [BYTES]: toBase64(value) };
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, plain(inner)]),
  );
}

/** One text for equal requests: names in order, instants in ISO 8601, bytes in base64. */
export function textOfAsked(asked: AskedChange): string {
  return JSON.stringify(plain(asked));
}

/** Back again. @param text as `textOfAsked` made it */
export function askedOfText(text: string): AskedChange {
  return JSON.parse(text, (name, value: unknown) => {
    if (name === 'effectiveAt' && typeof value === 'string') return new Date(value);
    const bytes = value !== null && typeof value === 'object' && BYTES in value ? value[BYTES] : undefined;
    return typeof bytes === 'string' ? fromBase64(bytes) : value;
  }) as AskedChange;
}
