// Status data about an instant in the past: what was said before and after it, held against a model.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toHex } from '../../formats/bytes.ts';
import { gatherEvidence } from '../../verification/evidence.ts';
import { findPath } from '../../verification/path.ts';
import { nodeSignatureVerifier as verifier } from '../../verification/signature-verifier-node.ts';
import { scale } from '../scale.ts';
import { makeOcsp } from '../traps/world.ts';
import { daysFromNow, makeCrl, makeParty, now, sha256 } from './pki.ts';

const root = makeParty({ commonName: 'History Root', issuer: null, ca: true });
const leaf = makeParty({ commonName: 'History Leaf', issuer: root });

/** One list or answer; all days count from now. `revokedAt` matters where the state is not good. */
interface Said {
  readonly by: 'crl' | 'ocsp';
  readonly state: 'good' | 'certificateHold' | 'superseded' | 'keyCompromise';
  readonly since: number;
  readonly until: number;
  readonly revokedAt: number;
}

const made = new Map<string, Uint8Array>();

function bytesOf(said: Said): Uint8Array {
  const key = JSON.stringify(said);
  const { by, state, since, until, revokedAt } = said;
  const dates = { thisUpdate: daysFromNow(since), nextUpdate: daysFromNow(until) };
  const at = daysFromNow(revokedAt);
  const about = { certificate: leaf.certificate };
  const found =
    made.get(key) ??
    (by === 'crl'
      ? makeCrl(root, { ...dates, revoked: state === 'good' ? [] : [{ ...about, at, reason: state }] })
      : makeOcsp({
          about: leaf,
          issuer: root,
          ...dates,
          status: state === 'good' ? { kind: 'good' } : { kind: 'revoked', at, reason: state },
        }));
  made.set(key, found);
  return found;
}

async function outcome(said: readonly Said[], at: number, lossReachesBack: boolean): Promise<string> {
  const of = (by: Said['by']): readonly Uint8Array[] => said.filter((each) => each.by === by).map(bytesOf);
  const { graph, revocation } = await gatherEvidence({
    verifier,
    anchors: [{ certificate: root.certificate, service: null, qualification: 'unconfirmed' }],
    certificates: [leaf.certificate],
    crls: of('crl'),
    ocsps: of('ocsp'),
    source: null,
  });
  const node = graph.nodes.get(toHex(sha256(leaf.certificate)));
  assert.ok(node !== undefined);
  const result = findPath(node, graph, revocation, {
    purpose: 'any',
    time: { at: daysFromNow(at), now, skewSeconds: 0, freshnessSeconds: 0 },
    revocation: 'required',
    lossReachesBack,
  });
  return result.kind === 'valid' ? 'valid' : result.problem.code;
}

/** What must come out of them, said once more without looking at how it is done. */
function model(said: readonly Said[], at: number, lossReachesBack: boolean): string {
  const there = said.filter(({ since }) => since <= 0);
  const speaking = there.filter(({ until }) => until >= at);
  const goods = speaking.filter(({ state }) => state === 'good');
  const lifted = (hold: Said): boolean => goods.some((good) => good.since > hold.since && good.since <= at);
  const revoked = [
    ...there.filter(({ state }) => state === 'superseded' || state === 'keyCompromise'),
    ...speaking.filter((each) => each.state === 'certificateHold' && !lifted(each)),
  ];
  if (revoked.some((each) => each.revokedAt <= at || (lossReachesBack && each.state !== 'superseded')))
    return 'revoked';
  return revoked.length > 0 || goods.length > 0 ? 'valid' : 'revocation-unknown';
}

describe('status data about an instant in the past', () => {
  const one: fc.Arbitrary<Said> = fc
    .record({
      by: fc.constantFrom<Said['by']>('crl', 'ocsp'),
      state: fc.constantFrom<Said['state']>('good', 'good', 'certificateHold', 'superseded', 'keyCompromise'),
      since: fc.integer({ min: -8, max: 1 }),
      life: fc.integer({ min: 1, max: 8 }),
      before: fc.integer({ min: 0, max: 4 }),
    })
    .map(({ by, state, since, life, before }) => ({
      by,
      state,
      since,
      until: since + life,
      revokedAt: since - before - 0.5,
    }));
  const several = fc.uniqueArray(one, {
    minLength: 1,
    maxLength: 5,
    selector: ({ by, since }) => `${by} ${since}`,
  });

  it('counts as a model says, in whatever order it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        several,
        fc.integer({ min: -8, max: 0 }),
        fc.boolean(),
        fc.nat(),
        async (said, at, back, turn) => {
          const turned = [...said.slice(turn % said.length), ...said.slice(0, turn % said.length)];
          assert.equal(await outcome(turned, at, back), model(said, at, back));
        },
      ),
      { numRuns: scale(200) },
    );
  });
});
