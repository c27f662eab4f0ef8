// Several lists and answers about one certificate: the newest wins, a revocation lasts, and what is withheld is the limit.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { OcspCertStatus } from '../../formats/x509/ocsp.ts';
import type { Conclusion } from '../../verification/report.ts';
import { scale } from '../scale.ts';
import { ask, makeOcsp } from '../traps/world.ts';
import { daysFromNow, makeCrl, makeParty } from './pki.ts';

const root = makeParty({ commonName: 'Status Root', issuer: null, ca: true });
const leaf = makeParty({ commonName: 'Status Leaf', issuer: root });

type State = 'good' | 'hold' | 'revoked';

/** One list or OCSP answer: what it says, when it was made and until when it counts, in days from now. */
interface Said {
  readonly by: 'crl' | 'ocsp';
  readonly state: State;
  readonly since: number;
  readonly until: number;
}

const made = new Map<string, Uint8Array>();

function bytesOf({ by, state, since, until }: Said): Uint8Array {
  const key = JSON.stringify([by, state, since, until]);
  const dates = { thisUpdate: daysFromNow(since), nextUpdate: daysFromNow(until) };
  const reason = state === 'hold' ? 'certificateHold' : 'keyCompromise';
  const at = daysFromNow(since - 0.1);
  const found =
    made.get(key) ??
    (by === 'crl'
      ? makeCrl(root, {
          ...dates,
          revoked: state === 'good' ? [] : [{ certificate: leaf.certificate, at, reason }],
        })
      : makeOcsp({
          about: leaf,
          issuer: root,
          ...dates,
          status: state === 'good' ? { kind: 'good' } : { kind: 'revoked', at, reason },
        }));
  made.set(key, found);
  return found;
}

async function verdict(
  said: readonly Said[],
  revocation: 'required' | 'preferred' = 'required',
): Promise<Conclusion> {
  const of = (by: Said['by']): readonly Uint8Array[] => said.filter((each) => each.by === by).map(bytesOf);
  const answer = await ask(leaf, root, { crls: of('crl'), ocsps: of('ocsp'), parameters: { revocation } });
  return answer.conclusion;
}

const passed: Conclusion = 'TOTAL-PASSED';
const crl = (state: State, since: number, until = 3): Said => ({ by: 'crl', state, since, until });
const ocsp = (state: State, since: number, until = 3): Said => ({ by: 'ocsp', state, since, until });

const heldTwice = [crl('hold', -2), crl('hold', -1), ocsp('good', -1)];
const heldAfter = (by: Said['by']): readonly Said[] => [
  { by, state: 'hold', since: -2, until: 3 },
  { by, state: 'revoked', since: -4, until: 3 },
  ocsp('good', -1),
];

describe('status data of several ages', () => {
  const cases: readonly (readonly [name: string, said: readonly Said[], passes: boolean])[] = [
    ['an older good list, still in force', [crl('good', -5)], true],
    ['an older good list, out of force', [crl('good', -5, -1)], false],
    ['an older good list and a newer that revokes', [crl('good', -5), crl('revoked', -1)], false],
    ['a list that revokes and a newer good one', [crl('revoked', -5), crl('good', -1)], false],
    ['an older good list and a newer answer that revokes', [crl('good', -5), ocsp('revoked', -1)], false],
    ['an older good answer and a newer list that revokes', [ocsp('good', -5), crl('revoked', -1)], false],
    [
      'a list that revokes, out of force, and a newer good answer',
      [crl('revoked', -5, -4), ocsp('good', -1)],
      false,
    ],
    ['a list that holds and a newer good list', [crl('hold', -5), crl('good', -1)], true],
    ['a list that holds and a newer good answer', [crl('hold', -5), ocsp('good', -1)], true],
    ['an answer that holds and a newer good list', [ocsp('hold', -5), crl('good', -1)], true],
    ['an answer that holds and a newer good answer', [ocsp('hold', -5), ocsp('good', -1)], true],
    ['a good answer and a newer list that holds', [ocsp('good', -5), crl('hold', -1)], false],
    ['a good list and a newer answer that holds', [crl('good', -5), ocsp('hold', -1)], false],
    ['a hold and a good answer of one instant', [crl('hold', -1), ocsp('good', -1)], false],
    ['a hold and a newer good answer out of force', [crl('hold', -5), ocsp('good', -2, -1)], false],
    ['a good list from the future and an older hold', [crl('hold', -1), crl('good', 1)], false],
    ['an older hold, and a hold and a good answer of one instant', heldTwice, false],
    ['a list that revokes, a newer one that holds, and a newer good answer', heldAfter('crl'), false],
    ['an answer that revokes, a newer one that holds, and a newer good answer', heldAfter('ocsp'), false],
  ];
  for (const [name, said, passes] of cases)
    it(`${name}: ${passes ? 'passes' : 'does not'}`, async () => {
      assert.equal((await verdict(said)) === passed, passes);
      assert.equal((await verdict(said.toReversed())) === passed, passes);
    });

  it('one answer that holds and revokes is not undone by a newer good one', async () => {
    const revoked = (days: number, reason: 'certificateHold' | 'keyCompromise'): OcspCertStatus => ({
      kind: 'revoked',
      at: daysFromNow(days),
      reason,
    });
    const holds = revoked(-2, 'certificateHold');
    const both = [holds, revoked(-4, 'keyCompromise')];
    const older = { about: leaf, issuer: root, thisUpdate: daysFromNow(-2), nextUpdate: daysFromNow(3) };
    const newer = bytesOf(ocsp('good', -1));
    for (const [statuses, passes] of [
      [[holds], true],
      [both, false],
      [both.toReversed(), false],
    ] as const) {
      const ocsps = [makeOcsp({ ...older, statuses }), newer];
      const answer = await ask(leaf, root, { ocsps, parameters: { revocation: 'required' } });
      assert.equal(answer.conclusion === passed, passes);
    }
  });

  const state = fc.constantFrom<State>('good', 'good', 'hold', 'revoked');
  const one: fc.Arbitrary<Said> = fc
    .record({
      by: fc.constantFrom('crl', 'ocsp'),
      state,
      since: fc.integer({ min: -6, max: 1 }),
      life: fc.integer({ min: 1, max: 8 }),
    })
    .map(({ by, state: says, since, life }) => ({ by, state: says, since, until: since + life }));
  const several = fc.uniqueArray(one, {
    minLength: 1,
    maxLength: 5,
    selector: ({ by, since }) => `${by} ${since}`,
  });

  /** What must come out, said once more without looking at how it is done. */
  function model(said: readonly Said[]): boolean {
    const there = said.filter(({ since }) => since <= 0);
    if (there.some((each) => each.state === 'revoked')) return false;
    const current = there.filter(({ until }) => until >= 0);
    const newest = Math.max(...current.map(({ since }) => since));
    const last = current.filter(({ since }) => since === newest);
    return last.length > 0 && last.every((each) => each.state === 'good');
  }

  it('count as a model says, in whatever order they come', async () => {
    await fc.assert(
      fc.asyncProperty(several, fc.nat(), async (said, turn) => {
        const at = turn % said.length;
        const turned = [...said.slice(at), ...said.slice(0, at)];
        assert.equal((await verdict(turned)) === passed, model(said));
      }),
      { numRuns: scale(150) },
    );
  });

  it('never turn better by a revocation added, nor by a good answer older than what is there', async () => {
    await fc.assert(
      fc.asyncProperty(several, one, async (said, more) => {
        const oldest = Math.min(...said.map(({ since }) => since));
        const added: Said =
          more.state === 'revoked' ? more : { ...more, state: 'good', since: oldest - 1, until: 9 };
        if ((await verdict(said, 'preferred')) === passed) return;
        assert.notEqual(await verdict([...said, added], 'preferred'), passed);
      }),
      { numRuns: scale(100) },
    );
  });

  it('have a limit that is told: who withholds the newer list shows an older one as long as that is in force', async () => {
    const both = [crl('good', -5), crl('revoked', -1)];
    assert.notEqual(await verdict(both), passed);
    assert.equal(await verdict(both.slice(0, 1)), passed);
  });
});
