// Work that must come last in a write: run by the database between the caller's last query and the commit.
import type { Writer } from './database.ts';
import { StorageError } from './errors.ts';

type Step = (tx: Writer) => Promise<void>;

const pending = new WeakMap<Writer, Map<object, Step>>();

/**
 * Registers `step` to run once, last in the write of `tx`; a second registration under the same `owner` is ignored.
 * Locks that every write needs (the audit chain's head) are then held shortest, and always taken last.
 */
export function beforeCommit(tx: Writer, owner: object, step: Step): void {
  const steps = pending.get(tx);
  if (steps === undefined) {
    throw new StorageError('audit-outside-write', 'Audit rows can only be appended inside Database.write.');
  }
  if (!steps.has(owner)) steps.set(owner, step);
}

/** The caller's work followed by the steps it registered: what each engine runs as the body of a write. */
export async function workThenSteps<T>(tx: Writer, work: (tx: Writer) => Promise<T>): Promise<T> {
  const steps = new Map<object, Step>();
  pending.set(tx, steps);
  const result = await work(tx);
  for (const step of steps.values()) await step(tx);
  pending.delete(tx);
  return result;
}
