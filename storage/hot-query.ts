// Queries that run on every request: built once, because building one costs several times its run.
import { CompiledQuery, type Compilable } from 'kysely';
import type { Reader } from './database.ts';

/**
 * @param build - the query with any values in it; its parameters stand in the order in which it is built
 * @returns the query, to be run with values of its own: its first row, or undefined where it finds none.
 */
export function hotQuery<Row>(
  build: (reader: Reader) => Compilable<Row>,
): (reader: Reader, parameters: readonly string[]) => Promise<Row | undefined> {
  /** By the engine's adapter: each engine has its own text. */
  const texts = new WeakMap<object, string>();
  return async (reader, parameters) => {
    const { adapter } = reader.getExecutor();
    let text = texts.get(adapter);
    if (text === undefined) {
      text = build(reader).compile().sql;
      texts.set(adapter, text);
    }
    const { rows } = await reader.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]));
    return rows[0];
  };
}
