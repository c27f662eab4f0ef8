// Rounds over many licenses: one that fails keeps no other waiting.

/**
 * Works on each, one after another.
 * @returns the answers, in order
 * @throws the first failure, once every one was tried: the others are done then
 */
export async function eachAlone<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = [];
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      answers.push(await work(item));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return answers;
}
