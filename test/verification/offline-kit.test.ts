// The offline kit: what gets into it, what stays out, what it says without a network, and how old that is.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toBase64 } from '../../formats/bytes.ts';
import { textWithin } from '../../verification/answer-text.ts';
import { VerificationError } from '../../verification/errors.ts';
import { inflateWeb } from '../../verification/inflate-web.ts';
import {
  emptyOfflineKit,
  MAX_KEPT_LISTS,
  MAX_KEPT_TOKENS,
  readOfflineKit,
  writeOfflineKit,
  type OfflineKit,
} from '../../verification/offline-kit.ts';
import { openOfflineKit } from '../../verification/offline-reader.ts';
import { refreshOfflineKit, type OfflineSource } from '../../verification/offline-refresh.ts';
import { offlineSourceAt } from '../../verification/offline-source.ts';
import type { Report } from '../../verification/report.ts';
import { nodeSignatureVerifier } from '../../verification/signature-verifier-node.ts';
import { webSignatureVerifier } from '../../verification/signature-verifier-web.ts';
import { buildTrustList, type TrustList } from '../../verification/trust-list.ts';
import { scale } from '../scale.ts';
import { goodClaims, makeCode, makeCodeWorld, makeStatusToken, signerOf } from './code-world.ts';
import { makeParty, now, type Party } from './pki.ts';

const world = makeCodeWorld();
const stranger = makeParty({ commonName: '外', issuer: null, keyUsage: ['digitalSignature'] });
const successor = makeParty({ commonName: '后继', issuer: null, keyUsage: ['digitalSignature'] });
const good = makeCode(world.codeSigner, goodClaims());
const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
const minute = 60_000;
const hour = 60 * minute;

const edition = (changes: Partial<TrustList> = {}, by: Party = world.operator): Promise<string> =>
  buildTrustList({ ...world.list, ...changes }, signerOf(by));

/** A source that answers what it is told, and the rest as a good one would. */
function source(changes: Partial<OfflineSource> = {}): OfflineSource {
  return {
    trustList: () => edition(),
    succession: () => Promise.resolve(null),
    statusListNumbers: () => Promise.resolve([3]),
    statusList: (number) => makeStatusToken(world.statusSigner, { list: number }),
    ...changes,
  };
}

const empty = emptyOfflineKit([toBase64(world.operator.key.spki)]);
const refresh = (kit: OfflineKit, changes: Partial<OfflineSource> = {}, at = now) =>
  refreshOfflineKit(kit, {
    source: source(changes),
    verifier: nodeSignatureVerifier,
    inflate: inflateWeb,
    now: at,
  });

async function verdict(kit: OfflineKit, at: Date, text = good): Promise<Report> {
  const reader = await openOfflineKit(kit, {
    verifier: nodeSignatureVerifier,
    inflate: inflateWeb,
    time: at,
  });
  return reader.verify(text, at);
}

const rowOf = (report: Report, id: string) => report.rows.find((row) => row.id === id);

describe('the offline kit', () => {
  let filled: OfflineKit;

  before(async () => {
    ({ kit: filled } = await refresh(empty));
  });

  it('verifies a code without any network, and says how old its status is', async () => {
    const fresh = await verdict(filled, after(30_000));
    assert.equal(fresh.conclusion, 'TOTAL-PASSED');
    assert.equal(rowOf(fresh, 'code.status-age')?.outcome, 'passed');
    for (const [at, words] of [
      [after(5 * minute), /5分钟前/],
      [after(3 * hour), /3小时前/],
    ] as const) {
      const report = await verdict(filled, at);
      assert.equal(report.conclusion, 'TOTAL-PASSED');
      const row = rowOf(report, 'code.status-age');
      assert.ok(row !== undefined);
      assert.equal(row.outcome, 'warned');
      assert.match(row.finding.zh, words);
    }
  });

  it('is not sure any more once the status list has run out, nor where the clock went back', async () => {
    const late = await verdict(filled, after(25 * hour));
    assert.equal(late.conclusion, 'INDETERMINATE');
    assert.equal(late.subIndication, 'TRY_LATER');
    const back = await verdict(filled, after(-2 * hour));
    assert.notEqual(back.conclusion, 'TOTAL-PASSED');
    const withoutList = await verdict(filled, after(40 * 24 * hour));
    assert.equal(withoutList.conclusion, 'INDETERMINATE');
  });

  it('knows nothing before it was filled, and nothing of lists it does not hold', async () => {
    assert.equal((await verdict(empty, now)).conclusion, 'INDETERMINATE');
    const other = makeCode(world.codeSigner, { ...goodClaims(), status: { list: 4, index: 1 } });
    assert.equal((await verdict(filled, now, other)).conclusion, 'INDETERMINATE');
  });

  it('keeps a revocation, whatever older edition is offered later', async () => {
    const revoked = await refresh(
      filled,
      { statusList: () => makeStatusToken(world.statusSigner, { value: 1, issuedAt: after(minute) }) },
      after(minute),
    );
    assert.equal((await verdict(revoked.kit, after(minute))).conclusion, 'TOTAL-FAILED');
    // An attacker in between replays yesterday's genuine list.
    const replayed = await refresh(revoked.kit, {}, after(2 * minute));
    assert.deepEqual(replayed.unconfirmed, [3]);
    const report = await verdict(replayed.kit, after(2 * minute));
    assert.equal(report.conclusion, 'TOTAL-FAILED');
    assert.equal(replayed.kit.statusLists[0]?.confirmedAt.getTime(), after(minute).getTime());
  });

  it('confirms an unchanged list anew, which makes it young again', async () => {
    const token = filled.statusLists[0]?.token ?? null;
    const { kit, unconfirmed } = await refresh(
      filled,
      { statusList: () => Promise.resolve(token) },
      after(hour),
    );
    assert.deepEqual(unconfirmed, []);
    assert.equal(rowOf(await verdict(kit, after(hour)), 'code.status-age')?.outcome, 'passed');
  });

  it('lets in nothing that a listed key did not sign, and no list under another number', async () => {
    for (const statusList of [
      () => makeStatusToken(stranger),
      () => makeStatusToken(world.codeSigner),
      () => makeStatusToken(world.statusSigner, { list: 5 }),
      () => Promise.resolve('not.a.token'),
      () => Promise.resolve(''),
      () => Promise.resolve(null),
    ]) {
      const { kit, unconfirmed } = await refresh(empty, { statusList });
      assert.deepEqual(kit.statusLists, []);
      assert.deepEqual(unconfirmed, [3]);
      assert.equal((await verdict(kit, now)).conclusion, 'INDETERMINATE');
    }
  });

  it('keeps its trust list where the one offered is older, forged, out of date or absent', async () => {
    for (const [trustList, problem] of [
      [() => edition({ sequence: 6 }), 'trust-list-rollback'],
      [() => edition({}, stranger), 'trust-list-signature'],
      [() => edition({ nextUpdate: after(-hour) }), 'trust-list-stale'],
      [() => edition({ issued: after(24 * hour) }), 'trust-list-not-yet-valid'],
      [() => Promise.resolve('x'), 'trust-list-malformed'],
      [() => Promise.resolve(null), 'unavailable'],
    ] as const) {
      const result = await refresh(filled, { trustList }, after(minute));
      assert.equal(result.trustListProblem, problem);
      assert.equal(result.kit, filled);
      assert.equal(result.unconfirmed, null);
    }
  });

  it('follows the operator to a new key, and nobody else', async () => {
    const next = { location: 'https://verify.test/l', certificates: [successor.certificate] };
    const handOver = await edition({ sequence: 8, next });
    const latest = await edition({ sequence: 9 }, successor);
    const changes = { trustList: () => Promise.resolve(latest) };
    const lost = await refresh(filled, changes);
    assert.equal(lost.trustListProblem, 'trust-list-signature');
    const { kit, trustListProblem } = await refresh(filled, {
      ...changes,
      succession: () => Promise.resolve(`${handOver}\n${latest}\n`),
    });
    assert.equal(trustListProblem, null);
    assert.deepEqual(kit.operatorKeys, [toBase64(successor.key.spki)]);
    assert.equal(kit.trustList?.sequence, 9);
    assert.equal((await verdict(kit, now)).conclusion, 'TOTAL-PASSED');
    // What the old key signs from now on is nobody's.
    const old = await refresh(kit, { trustList: () => edition({ sequence: 10 }) });
    assert.equal(old.trustListProblem, 'trust-list-signature');
  });

  it('is the same after it was written down, on a server and in a page', async () => {
    const text = writeOfflineKit(filled);
    assert.deepEqual(readOfflineKit(text), filled);
    assert.equal(writeOfflineKit(readOfflineKit(text)), text);
    const here = await verdict(readOfflineKit(text), after(minute));
    const reader = await openOfflineKit(readOfflineKit(text), {
      verifier: webSignatureVerifier,
      inflate: inflateWeb,
      time: after(minute),
    });
    assert.deepEqual(await reader.verify(good, after(minute)), here);
  });

  it('confirms nothing where anything in it was changed', async () => {
    const text = writeOfflineKit(filled);
    const refused = (error: unknown) =>
      error instanceof VerificationError && error.code === 'offline-kit-malformed';
    // The two times and the edition are the device's own notes; whatever is signed is guarded here.
    const signed = [filled.operatorKeys[0]!, filled.trustList!.text, filled.statusLists[0]!.token];
    let confirmed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signed),
        fc.nat(),
        fc.constantFrom('A', 'b', '7'),
        async (part, at, to) => {
          const place = text.indexOf(part) + (at % part.length);
          if (text[place] === to) return;
          let kit;
          try {
            kit = readOfflineKit(text.slice(0, place) + to + text.slice(place + 1));
          } catch (error) {
            assert.ok(refused(error), String(error));
            return;
          }
          const report = await verdict(kit, after(minute));
          // Base64url has a few spare bits at its end; a change there changes nothing.
          if (report.conclusion === 'TOTAL-PASSED') confirmed += 1;
        },
      ),
      { numRuns: scale(300) },
    );
    assert.ok(confirmed <= 3, `${confirmed} changes went unnoticed`);
    for (const wrong of ['', '{}', '[]', 'null', '{"format":"yinxin-offline-kit/2"}', text.slice(0, -1)])
      assert.throws(() => readOfflineKit(wrong), refused, wrong);
  });

  it('never throws for what a source or a file holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.json(), fc.array(fc.nat(10)), async (text, json, numbers) => {
        const result = await refresh(filled, {
          trustList: () => Promise.resolve(text),
          succession: () => Promise.resolve(json),
          statusListNumbers: () => Promise.resolve(numbers),
        });
        assert.equal(result.kit, filled);
        const lists = await refresh(empty, {
          statusListNumbers: () => Promise.resolve(numbers),
          statusList: () => Promise.resolve(json),
        });
        assert.deepEqual(lists.kit.statusLists, []);
        try {
          readOfflineKit(json);
        } catch (error) {
          assert.ok(error instanceof VerificationError);
        }
      }),
      { numRuns: scale(60) },
    );
  });

  it('stays a kit that can be read again, however much a source would put into it', async () => {
    const list = (number: number, token: string) => ({ number, token, confirmedAt: now });
    const fat = { ...filled, statusLists: [list(900, 'x'.repeat(MAX_KEPT_TOKENS - 1000))] };
    const many = {
      ...filled,
      statusLists: Array.from({ length: MAX_KEPT_LISTS }, (_, at) => list(1000 + at, 'x')),
    };
    for (const kit of [fat, many]) {
      const { kit: after, unconfirmed } = await refresh(kit);
      assert.deepEqual(unconfirmed, [3]);
      assert.deepEqual(after.statusLists, kit.statusLists);
      assert.deepEqual(readOfflineKit(writeOfflineKit(after)).statusLists, kit.statusLists);
    }
  });

  it('does not ask a source in trouble for thousands of lists', async () => {
    const numbers = Array.from({ length: 4096 }, (_, at) => at);
    let asked = 0;
    const { unconfirmed, kit } = await refresh(filled, {
      statusListNumbers: () => Promise.resolve(numbers),
      statusList: () => {
        asked += 1;
        return Promise.resolve(null);
      },
    });
    assert.ok(asked < 30, `${asked}`);
    assert.deepEqual(unconfirmed, numbers);
    assert.deepEqual(kit.statusLists, filled.statusLists);
  });

  it('reads an answer no further than its limit', async () => {
    let given = 0;
    const endless = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => {
          given += 1;
          controller.enqueue(new Uint8Array(1000).fill(0x61));
        },
      });
    assert.equal(await textWithin(new Response(endless()), 10_000), null);
    assert.ok(given < 20, `${given}`);
    given = 0;
    const announced = new Response(endless(), { headers: { 'content-length': '10001' } });
    assert.equal(await textWithin(announced, 10_000), null);
    assert.ok(given < 3, `${given}`);
    const words = '印信 Yinxin';
    const bytes = new TextEncoder().encode(words);
    assert.equal(await textWithin(new Response(bytes), bytes.length), words);
    assert.equal(await textWithin(new Response(bytes), bytes.length - 1), null);
    // A character that two pieces share.
    const split = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    assert.equal(await textWithin(new Response(split), 100), words);
    assert.equal(await textWithin(new Response(null, { status: 204 }), 0), '');
  });

  it('finds what an operator publishes below its address, and takes no answer for an empty one', async () => {
    const asked: string[] = [];
    const answers: Readonly<Record<string, string>> = {
      'https://verify.test/api/v1/status-lists': JSON.stringify({
        status_lists: [
          'https://verify.test/api/v1/status-lists/0',
          7,
          'https://verify.test/x',
          'https://verify.test/api/v1/status-lists/12',
        ],
      }),
    };
    const at = offlineSourceAt('https://verify.test/', (address) => {
      asked.push(address);
      return Promise.resolve(answers[address] ?? null);
    });
    assert.deepEqual(await at.statusListNumbers(), [0, 12]);
    assert.equal(await at.trustList(), null);
    assert.equal(await at.succession(), null);
    assert.equal(await at.statusList(12), null);
    assert.deepEqual(asked, [
      'https://verify.test/api/v1/status-lists',
      'https://verify.test/api/v1/trust-list',
      'https://verify.test/api/v1/trust-list/succession',
      'https://verify.test/api/v1/status-lists/12',
    ]);
    for (const broken of ['', '{', '[]', '{"status_lists":1}']) {
      const odd = offlineSourceAt('', () => Promise.resolve(broken));
      assert.equal(await odd.statusListNumbers(), null);
    }
  });
});
