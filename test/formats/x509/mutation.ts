// Ways to spoil the bytes of a structure, for fuzz tests.
import fc from 'fast-check';
import { joinBytes } from '../../../formats/bytes.ts';

/** One way to spoil bytes. Positions and values wrap, so that one arbitrary fits every sample. */
export const mutation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.nat(255) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('bit' as const), at: fc.nat(), value: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), value: fc.nat(255) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      at: fc.nat(),
      value: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('repeat' as const),
      at: fc.nat(),
      value: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), value: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('length' as const),
      at: fc.nat(),
      value: fc.integer({ min: -3, max: 3 }),
    }),
  },
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

export function mutate(der: Uint8Array, { kind, at: position, value }: Mutation): Uint8Array {
  const at = position % der.length;
  const cut = (from: number, until: number, between: Uint8Array = new Uint8Array(0)): Uint8Array =>
    joinBytes([der.subarray(0, from), between, der.subarray(until)]);
  switch (kind) {
    case 'set':
      return der.with(at, value);
    case 'bit':
      return der.with(at, (der[at] ?? 0) ^ (1 << value));
    case 'insert':
      return cut(at, at, Uint8Array.of(value));
    case 'remove':
      return cut(at, at + value);
    case 'repeat':
      return cut(at, at, der.subarray(at, at + value));
    case 'cut':
      return der.subarray(0, at);
    case 'length':
      return der.with(at, ((der[at] ?? 0) + value) & 0xff);
  }
}
