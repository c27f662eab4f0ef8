// What is alike in the interfaces of batches: progress, a page of results, the answer when one was taken.
import { z } from 'zod';
import { instant } from './schemas.ts';

/** Progress of a batch; a room adds its states and what else it tells. */
export const batchProgressBody = z.object({
  id: z.string(),
  total: z.int(),
  waiting: z.int(),
  done: z.int(),
  refused: z.int(),
  createdAt: instant,
  completedAt: instant.nullable(),
});

/** A page of results. @param most rows a batch has at most */
export function resultsPage(most: number) {
  return z.object({
    after: z.coerce.number().int().min(0).max(most).default(0).describe('Position of the last one seen.'),
    limit: z.coerce.number().int().min(1).max(1000).default(200),
  });
}

interface Dated {
  readonly createdAt: Date;
  readonly completedAt: Date | null;
}

/** Its times as text. */
export function progressAnswer<T extends Dated>(
  batch: T,
): Omit<T, keyof Dated> & { createdAt: string; completedAt: string | null } {
  return {
    ...batch,
    createdAt: batch.createdAt.toISOString(),
    completedAt: batch.completedAt?.toISOString() ?? null,
  };
}

/** The one reply of a submission. */
export function takenReply<S extends z.ZodType>(progress: S) {
  return [
    {
      status: 202,
      description: 'Taken; worked through in the background, also after a restart.',
      content: { 'application/json': progress },
    },
  ] as const;
}
