// Two nodes on one database issue, revoke and publish side by side; and a node that dies while it publishes.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { OcspResponder } from '../../ca/ocsp-responder.ts';
import { revokeCertificate } from '../../ca/revoke.ts';
import { verifySignature } from '../../crypto/verify-signature.ts';
import { parseCrl } from '../../formats/x509/crl.ts';
import { encodeOcspRequest, parseOcspResponse } from '../../formats/x509/ocsp.ts';
import { openDatabase } from '../../storage/open.ts';
import { scale } from '../scale.ts';
import { engines } from '../storage/engines.ts';
import { openDistrict, SYSTEM, type District } from './district.ts';
import {
  bytesOf,
  certId,
  issueSeal,
  listOf,
  loadRevoked,
  numberOf,
  openPublisher,
  shardOf,
} from './status-parts.ts';

const NAME = 'department-seals';

interface Seen {
  readonly serial: string;
  readonly shard: number;
  readonly number: number;
  readonly delta: number;
  readonly named: boolean;
}

interface Node {
  readonly process: ChildProcess;
  /** What it has said so far. */
  seen(): readonly Seen[];
  /** Resolves when it ended. */
  readonly ended: Promise<unknown>;
}

function startNode(district: District, node: string, rounds: string): Node {
  const child = spawn(
    process.execPath,
    [
      '--import=tsx',
      join(import.meta.dirname, 'node-child.ts'),
      JSON.stringify(district.location),
      district.folder,
      node,
      rounds,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return {
    process: child,
    seen: () =>
      output
        .split('\n')
        // The last part is a line not yet complete.
        .slice(0, -1)
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Seen),
    ended: once(child, 'close'),
  };
}

/** Every complete list: its number, its scope, and which serials it names. */
async function completeLists(district: District) {
  const { documents } = await openPublisher(district);
  const rows = await district.database.reader
    .selectFrom('ca_crl')
    .selectAll()
    .where('authority', '=', NAME)
    .where('size', 'is not', null)
    .orderBy('number')
    .execute();
  return Promise.all(
    rows.map(async (row) => {
      const der =
        row.document === null
          ? new Uint8Array(Buffer.from(row.der ?? '', 'base64'))
          : await documents.readAll(row.document, 1 << 26);
      assert.ok(der);
      return { row, der, list: parseCrl(der) };
    }),
  );
}

async function checkLists(district: District): Promise<number> {
  const { publicKey } = district.hierarchy.authority(NAME).key;
  const lists = await completeLists(district);
  const newest = new Map<number, { change: number; full: ReadonlySet<string> }>();
  for (const { row, der, list } of lists) {
    assert.equal(der.length, row.size);
    assert.equal(numberOf(list.crlNumber), row.number);
    const { tbs: message, signature } = list;
    assert.ok(verifySignature({ algorithm: 'ES256', publicKey, message, signature }));
    assert.equal(list.revoked.length, row.entries);
    const before = newest.get(row.shard) ?? { change: -1, full: new Set<string>() };
    assert.ok(row.change >= before.change, 'a higher number knows more');
    const serials = new Set(list.revoked.map(({ serialHex }) => serialHex));
    if (row.base_number === null) {
      for (const serial of before.full)
        assert.ok(serials.has(serial), 'a later list names what an earlier one did');
      newest.set(row.shard, { change: row.change, full: serials });
    } else {
      assert.ok(row.base_number < row.number);
      newest.set(row.shard, { ...before, change: row.change });
    }
  }
  return lists.length;
}

for (const engine of engines) {
  describe(`status on two nodes (${engine.name})`, function () {
    this.timeout(180_000);
    let district: District | null = null;
    const opened = (): District => {
      assert.ok(district);
      return district;
    };
    before(async function () {
      engine.require(this);
      district = await openDistrict({ engine, realClock: true });
    });
    after(() => district?.remove());

    it('is one: no serial twice, numbers strictly rising, every revocation on the next list', async () => {
      const rounds = scale(25);
      const nodes = ['a', 'b'].map((name) => startNode(opened(), name, String(rounds)));
      await Promise.all(nodes.map(({ ended }) => ended));
      const seen = nodes.flatMap((node) => node.seen());
      assert.equal(seen.length, 2 * rounds);
      assert.equal(new Set(seen.map(({ serial }) => serial)).size, 2 * rounds);
      assert.ok(seen.every(({ named }) => named));
      for (const node of nodes) {
        for (const shard of [0, 1, 2, 3]) {
          const numbers = node.seen().filter((each) => each.shard === shard);
          numbers.forEach(({ number, delta }, at) => {
            assert.ok(delta > number);
            if (at > 0) assert.ok(number >= numbers[at - 1]!.number);
          });
        }
      }
      assert.ok((await checkLists(opened())) > rounds);
      const { publisher } = await openPublisher(opened());
      const whole = await listOf(publisher.full(NAME));
      const named = new Set(whole.revoked.map(({ serialHex }) => serialHex));
      assert.ok(seen.every(({ serial }) => named.has(serial)));
      const changes = await opened()
        .database.reader.selectFrom('ca_revocation')
        .select('change')
        .where('authority', '=', NAME)
        .orderBy('change')
        .execute();
      assert.deepEqual(
        changes.map(({ change }) => change),
        Array.from({ length: 2 * rounds }, (_, index) => index + 1),
      );
    });

    it('answers on the other node what this one revoked, within a second', async () => {
      const here = opened();
      const second = await openDatabase(here.location);
      try {
        const there = new OcspResponder({ ...here.parts, database: second }, here.hierarchy);
        const issuer = here.hierarchy.authority(NAME).certificate;
        let slowest = 0;
        for (let round = 0; round < 5; round += 1) {
          const { serial, certificate } = await issueSeal(here);
          const request = encodeOcspRequest([certId(issuer, certificate.serialNumber)], null);
          const status = async (): Promise<string | undefined> =>
            parseOcspResponse(await there.respond(NAME, request)).basic?.responses[0]?.status.kind;
          assert.equal(await status(), 'good');
          await revokeCertificate(here.parts, { serial, reason: 'keyCompromise', actor: SYSTEM });
          const started = performance.now();
          while ((await status()) === 'good') await pause(10);
          slowest = Math.max(slowest, performance.now() - started);
        }
        assert.ok(slowest < 1000, `after ${slowest} ms`);
      } finally {
        await second.close();
      }
    });
  });

  describe(`a node killed while it publishes (${engine.name})`, function () {
    this.timeout(180_000);

    it('leaves at most a number unused', async function () {
      engine.require(this);
      const district = await openDistrict({ engine, realClock: true, settings: { shards: { [NAME]: 1 } } });
      try {
        // Long enough to lie in the document store and to take its time; short enough to be made at every change.
        await loadRevoked(district, NAME, 7000);
        const acknowledged: Seen[] = [];
        for (let kill = 0; kill < scale(4); kill += 1) {
          const node = startNode(district, `crash-${kill}`, 'endless');
          while (node.seen().length === 0) await pause(5);
          await pause(Math.random() * 300);
          node.process.kill('SIGKILL');
          await node.ended;
          acknowledged.push(...node.seen());
        }
        const { publisher } = await openPublisher(district);
        const list = parseCrl(await bytesOf(publisher.full(NAME, 0)));
        const named = new Set(list.revoked.map(({ serialHex }) => serialHex));
        for (const { serial, number } of acknowledged) {
          assert.ok(named.has(serial));
          assert.ok(number <= numberOf(list.crlNumber));
        }
        const delta = await listOf(publisher.delta(NAME, 0));
        assert.ok(numberOf(delta.crlNumber) > numberOf(list.crlNumber));
        await checkLists(district);
        const { certificate } = await issueSeal(district);
        assert.equal(shardOf(certificate), 0);
      } finally {
        await district.remove();
      }
    });
  });
}
