// Mutated seals and uses: always a report, never an exception, and never a pass but for bytes that nobody signs.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sameBytes } from '../../formats/bytes.ts';
import { FormatError } from '../../formats/errors.ts';
import { parseSeal } from '../../formats/eseal/seal.ts';
import { parseSealSignature } from '../../formats/eseal/signature.ts';
import { policyNamed } from '../../verification/policy.ts';
import { scale } from '../scale.ts';
import { verifyBytes } from './deps.ts';
import { daysFromNow } from './pki.ts';
import { makeSeal, makeSealWorld, sealDeps, useSeal } from './seal-world.ts';
import { makeToken } from './signed-pdf.ts';

const world = makeSealWorld();
const stamped = (value: Uint8Array): Uint8Array => makeToken(world, value, { genTime: daysFromNow(-0.5) });

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), with: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant('truncate' as const), at: fc.nat() }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(bytes: Uint8Array, change: Mutation): Uint8Array {
  const at = change.at % bytes.length;
  switch (change.kind) {
    case 'flip': {
      const copy = bytes.slice();
      copy[at] = (copy[at] ?? 0) ^ change.with;
      return copy;
    }
    case 'cut':
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + change.length));
    case 'repeat':
      return Uint8Array.of(...bytes.subarray(0, at + change.length), ...bytes.subarray(at));
    case 'truncate':
      return bytes.subarray(0, at);
  }
}

function readable(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    assert.ok(error instanceof FormatError);
    return false;
  }
}

/** Signed parts and certificates, which a changed file that passes has unchanged: all that is left is the signature value. */
function sameSubstance(kind: 'seal' | 'use', a: Uint8Array, b: Uint8Array): boolean {
  if (kind === 'seal') {
    const [one, other] = [parseSeal(a), parseSeal(b)];
    return sameBytes(one.signed, other.signed) && sameBytes(one.makerCertificate, other.makerCertificate);
  }
  const [one, other] = [parseSealSignature(a), parseSealSignature(b)];
  return sameBytes(one.signed, other.signed) && sameBytes(one.signerCertificate, other.signerCertificate);
}

describe('verification under mutated seals', () => {
  for (const version of [1, 4, 5] as const)
    for (const [kind, good] of [
      ['seal', makeSeal(world, version, version === 5 ? { timestamp: stamped } : {})],
      ['use', useSeal(world, version, version === 1 ? {} : { timestamp: stamped })],
    ] as const)
      it(`answers a report for every mutated ${kind} of version ${version}, and never passes one`, async () => {
        assert.equal((await verifyBytes(good, sealDeps(world))).conclusion, 'TOTAL-PASSED');
        await fc.assert(
          fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 2 }), async (changes) => {
            const mutated = changes.reduce(mutate, good);
            if (mutated.length === 0 || sameBytes(mutated, good)) return;
            const started = performance.now();
            const report = await verifyBytes(mutated, sealDeps(world));
            assert.ok(performance.now() - started < 5000, 'no hang');
            if (report.conclusion !== 'TOTAL-PASSED') return;
            // Only a time-stamp that is gone, or changed where its own signers do not look, leaves a file that passes.
            assert.ok(readable(() => parseSeal(mutated)) || readable(() => parseSealSignature(mutated)));
            assert.ok(sameSubstance(kind, mutated, good), 'what was signed is unchanged');
          }),
          { numRuns: scale(250) },
        );
      });

  it('answers no better when something is left out', async () => {
    const order = { 'TOTAL-FAILED': 0, INDETERMINATE: 1, 'TOTAL-PASSED': 2 };
    const bytes = useSeal(world, 4, { timestamp: stamped });
    const bare = useSeal(world, 4);
    for (const policy of ['portal', 'archive', 'strict'].map(policyNamed)) {
      const whole = sealDeps(world, { policy });
      const { conclusion } = await verifyBytes(bytes, whole);
      for (const less of [{ crls: [] }, { anchors: [] }, { certificates: [] }]) {
        const lesser = await verifyBytes(bytes, { ...whole, ...less });
        assert.ok(order[lesser.conclusion] <= order[conclusion], Object.keys(less).join());
        assert.notEqual(lesser.conclusion, 'TOTAL-PASSED');
      }
      const withoutContent = sealDeps(world, {
        policy,
        content: { kind: 'digest', algorithm: 'sha384', value: new Uint8Array(48) },
      });
      assert.notEqual((await verifyBytes(bytes, withoutContent)).conclusion, 'TOTAL-PASSED');
      const unstamped = await verifyBytes(bare, whole);
      assert.ok(order[unstamped.conclusion] <= order[conclusion]);
    }
  });
});
