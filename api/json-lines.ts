// Many JSON values in one body: JSON Lines, or a smaller JSON array; read a few at a time so that others get their turn.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { z } from 'zod';
import { ApiError } from './errors.ts';

/** A body of JSON Lines. */
export const jsonLinesLimit = 32 * 1024 * 1024;
/** An array is parsed in one go, which holds everything else up: no more of it. */
const arrayLimit = 4 * 1024 * 1024;
const valuesATurn = 100;

export type ReadValue<T> = { readonly value: T } | { readonly refused: string };

/**
 * Reads every value and holds it to `schema`; one that does not hold is told by place, never by value.
 * @throws ApiError `json-malformed` (no UTF-8, an array that is none), `body-too-large` (a large array, too many values).
 */
export async function readJsonValues<S extends z.ZodType>(
  bytes: Uint8Array,
  schema: S,
  most: number,
): Promise<readonly ReadValue<z.output<S>>[]> {
  const parts = partsOf(textOf(bytes), bytes.length, most);
  const values: ReadValue<z.output<S>>[] = [];
  for (const [index, part] of parts.entries()) {
    values.push(readValue(part, schema));
    if (index % valuesATurn === valuesATurn - 1) await nextTurn();
  }
  return values;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ApiError('json-malformed', 'The body is not UTF-8.', { cause });
  }
}

/** Lines as text, or an array's values. */
function partsOf(
  text: string,
  size: number,
  most: number,
): readonly (string | { readonly parsed: unknown })[] {
  const tooMany = (): ApiError => new ApiError('body-too-large', `The body has more than ${most} values.`);
  if (/^\s*\[/.test(text.slice(0, 1000))) {
    if (size > arrayLimit) {
      throw new ApiError('body-too-large', `An array of more than ${arrayLimit} bytes: send JSON Lines.`);
    }
    let array: unknown;
    try {
      array = JSON.parse(text);
    } catch (cause) {
      throw new ApiError('json-malformed', 'The body is not well-formed JSON.', { cause });
    }
    if (!Array.isArray(array)) throw new ApiError('json-malformed', 'The body is no array.');
    if (array.length > most) throw tooMany();
    return array.map((parsed: unknown) => ({ parsed }));
  }
  const lines = text.split('\n', most * 2 + 2).filter((line) => line.trim() !== '');
  if (lines.length > most) throw tooMany();
  return lines;
}

function readValue<S extends z.ZodType>(
  part: string | { readonly parsed: unknown },
  schema: S,
): ReadValue<z.output<S>> {
  let value: unknown;
  if (typeof part === 'string') {
    try {
      value = JSON.parse(part);
    } catch {
      return { refused: 'Not well-formed JSON.' };
    }
  } else {
    value = part.parsed;
  }
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const places = result.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join('.') || 'row'}: ${issue.message.slice(0, 120)}`);
  return { refused: `The row does not hold: ${places.join('; ')}.` };
}
