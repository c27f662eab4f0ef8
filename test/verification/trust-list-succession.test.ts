// An operator's key gets a successor: who pinned the old one follows, and nobody follows anybody else.
import assert from 'node:assert/strict';
import { VerificationError } from '../../verification/errors.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import {
  buildTrustList,
  followTrustList,
  stateAt,
  verifyTrustList,
  type TrustListReader,
} from '../../verification/trust-list.ts';
import { makeCodeWorld, signerOf } from './code-world.ts';
import { daysFromNow, makeParty, now, type Party } from './pki.ts';

const world = makeCodeWorld();
const first = world.operator;
const [second, third, stranger] = ['二', '三', '外'].map((name) =>
  makeParty({ commonName: `演示信任列表${name}`, issuer: null, keyUsage: ['digitalSignature'] }),
) as [Party, Party, Party];

function edition(sequence: number, by: Party, next: Party | null, changes: object = {}): Promise<string> {
  const pointer = next === null ? null : { location: 'https://x.test/l', certificates: [next.certificate] };
  return buildTrustList({ ...world.list, sequence, next: pointer, ...changes }, signerOf(by));
}

function pinned(party: Party, changes: Partial<TrustListReader> = {}): TrustListReader {
  return { verifier: nodeSignatureVerifier, operatorKeys: [party.key.spki], time: now, ...changes };
}

const refused = (code: string) => (error: unknown) =>
  error instanceof VerificationError && error.code === code;

describe("the succession of a trust list's key", () => {
  let handOver = '';
  let later = '';
  let last = '';

  before(async () => {
    // Long out of date: only the last edition has to be current.
    handOver = await edition(3, first, second, { nextUpdate: daysFromNow(-5) });
    later = await edition(5, second, third, { nextUpdate: daysFromNow(-2) });
    last = await edition(6, third, third);
  });

  it('leads whoever pinned an old key through every hand-over to the edition in force', async () => {
    for (const [who, text] of [
      [first, [handOver, later, last]],
      [second, [handOver, later, last]],
      [third, [handOver, later, last]],
      [third, [last]],
    ] as const) {
      const followed = await followTrustList(text.join('\n'), pinned(who));
      assert.equal(followed.list.sequence, 6);
      assert.deepEqual(followed.operatorKeys, [third.key.spki]);
    }
    assert.equal((await verifyTrustList([handOver, later, last].join('\n'), pinned(first))).sequence, 6);
  });

  it('is refused where a hand-over is missing, out of order, or made by somebody else', async () => {
    await assert.rejects(
      followTrustList([handOver, last].join('\n'), pinned(first)),
      refused('trust-list-signature'),
    );
    await assert.rejects(followTrustList(last, pinned(first)), refused('trust-list-signature'));
    await assert.rejects(
      followTrustList([later, handOver, last].join('\n'), pinned(first)),
      refused('trust-list-signature'),
    );
    const forged = await edition(5, stranger, stranger);
    await assert.rejects(
      followTrustList([handOver, forged, await edition(6, stranger, null)].join('\n'), pinned(first)),
      refused('trust-list-signature'),
    );
    await assert.rejects(
      followTrustList([handOver, await edition(3, second, null)].join('\n'), pinned(first)),
      refused('trust-list-rollback'),
    );
  });

  it('ends the old key: what it signs after its hand-over is refused by whoever followed', async () => {
    const { list, operatorKeys } = await followTrustList([handOver, later, last].join('\n'), pinned(first));
    const reader = { ...pinned(first), operatorKeys, lowestSequence: list.sequence };
    for (const old of [first, second])
      await assert.rejects(
        followTrustList(await edition(9, old, old), reader),
        refused('trust-list-signature'),
      );
    // An old hand-over said again does not bring an old key back.
    await assert.rejects(
      followTrustList([handOver, later, await edition(9, second, second)].join('\n'), reader),
      refused('trust-list-signature'),
    );
    assert.equal((await followTrustList(await edition(7, third, third), reader)).list.sequence, 7);
  });

  it('is refused as stale, as a roll-back or as malformed like a single edition', async () => {
    const text = [handOver, later, last].join('\n');
    await assert.rejects(
      followTrustList(text, pinned(third, { lowestSequence: 7 })),
      refused('trust-list-rollback'),
    );
    await assert.rejects(
      followTrustList(text, pinned(first, { time: daysFromNow(30) })),
      refused('trust-list-stale'),
    );
    for (const bad of ['', 'x', `${handOver}\nx\n${last}`, `${last}\n`.repeat(101)])
      await assert.rejects(followTrustList(bad, pinned(third)), refused('trust-list-malformed'));
    const noKey = await buildTrustList(
      { ...world.list, next: { location: 'x', certificates: [Uint8Array.of(1, 2)] } },
      signerOf(first),
    );
    await assert.rejects(followTrustList(noKey, pinned(first)), refused('trust-list-malformed'));
  });

  it('keeps the history of a service: judged for the time of signature, newest state that had begun', () => {
    const service = world.list.entities[0]?.services[0];
    assert.ok(service !== undefined);
    const storied = {
      ...service,
      state: { status: 'granted' as const, since: daysFromNow(-2) },
      history: [
        { status: 'withdrawn' as const, since: daysFromNow(-6) },
        { status: 'granted' as const, since: daysFromNow(-20) },
      ],
    };
    for (const [days, status] of [
      [-21, undefined],
      [-20, 'granted'],
      [-7, 'granted'],
      [-6, 'withdrawn'],
      [-3, 'withdrawn'],
      [-2, 'granted'],
    ] as const)
      assert.equal(stateAt(storied, daysFromNow(days))?.status, status, String(days));
  });
});
