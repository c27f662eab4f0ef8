// Facts decided once, at the first start of an installation: `mode`, `suite`, `created`, `node` …
import type { Reader, Writer } from './database.ts';

/** @returns null where the fact was never recorded. */
export async function installFact(reader: Reader | Writer, name: string): Promise<string | null> {
  const row = await reader
    .selectFrom('install_fact')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value ?? null;
}

/**
 * Records a fact unless it is recorded: the first writer decides, for good.
 * @returns the value that holds from now on, which is an earlier one where there was one.
 */
export async function recordInstallFact(tx: Writer, name: string, value: string): Promise<string> {
  await tx
    .insertInto('install_fact')
    .values({ name, value })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await installFact(tx, name)) ?? value;
}
