// Things made of parts, each of which may be gone, and the property that what is gone never helped.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Conclusion, SubIndication } from '../../verification/report.ts';
import { scale } from '../scale.ts';

/** What a verdict is worth to who hands something in. */
const worth: Record<Conclusion, number> = { 'TOTAL-FAILED': 0, INDETERMINATE: 1, 'TOTAL-PASSED': 2 };

export interface Verdict {
  readonly conclusion: Conclusion;
  readonly subIndication: SubIndication | null;
}

export interface Removable<Part extends string, Setting> {
  /** Everything that can be taken away. */
  readonly parts: readonly Part[];
  /**
   * Parts that a definite no can rest on (who signed, who vouches for him, what is said of his certificate): without one of
   * them it may become an open question, and never a yes.
   */
  readonly proving?: (setting: Setting) => readonly Part[];
  /** What else varies and is never taken away. */
  readonly settings: fc.Arbitrary<Setting>;
  judge(parts: ReadonlySet<Part>, setting: Setting): Promise<Verdict>;
}

function turnedBetter(more: Verdict, less: Verdict, proofGone: boolean): boolean {
  if (worth[less.conclusion] <= worth[more.conclusion]) return false;
  return !(proofGone && more.conclusion === 'TOTAL-FAILED' && less.conclusion === 'INDETERMINATE');
}

/** Takes one part after another away, in an order of its own each time, and compares every verdict with the one before. */
export async function neverBetter<Part extends string, Setting>(
  thing: Removable<Part, Setting>,
  runs: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...thing.parts], { minLength: 1 }),
      fc.nat(6),
      thing.settings,
      async (order, kept, setting) => {
        const parts = new Set(order);
        const proving = new Set<Part>(thing.proving?.(setting) ?? []);
        let before = await thing.judge(parts, setting);
        for (const part of order.slice(kept)) {
          parts.delete(part);
          const after = await thing.judge(parts, setting);
          assert.ok(
            !turnedBetter(before, after, proving.has(part)),
            `${JSON.stringify(setting)}: ${before.conclusion} (${before.subIndication ?? ''}) became ${after.conclusion} (${after.subIndication ?? ''}) without "${part}"; left: ${[...parts].join(', ')}`,
          );
          before = after;
        }
      },
    ),
    { numRuns: scale(runs) },
  );
}
