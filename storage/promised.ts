// SQLite answers at once where Kysely's interfaces want promises.

/** The outcome of a synchronous step as a promise: a throw becomes a rejection. */
export function promised<T>(step: () => T): Promise<T> {
  return new Promise((resolve) => resolve(step()));
}
