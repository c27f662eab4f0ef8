// Token Status List: the draft's own examples, sizes of the design, damaged lists.
import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { FormatError } from '../../../formats/errors.ts';
import { STATUS } from '../../../formats/qr/labels.ts';
import {
  decodeStatusListClaims,
  emptyStatusList,
  encodeStatusListClaims,
  setStatus,
  statusAt,
  type Inflate,
} from '../../../formats/qr/status-list.ts';
import { scale } from '../../scale.ts';

const deflate = (bytes: Uint8Array): Uint8Array => new Uint8Array(deflateSync(bytes, { level: 9 }));
const inflate: Inflate = (bytes, maxOutputLength) =>
  Promise.resolve(new Uint8Array(inflateSync(bytes, { maxOutputLength })));

const VALUES = Object.values(STATUS).filter((value) => value !== STATUS.valid);

describe('token status list', () => {
  it("packs like the draft's examples", () => {
    // 1 bit: b9 a3 (section "Status List"); 2 bits: c9 44 f9.
    const one = emptyStatusList(16, 1);
    [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1].forEach((status, index) =>
      setStatus(one, index, status),
    );
    assert.deepEqual([...one.entries], [0xb9, 0xa3]);
    const two = emptyStatusList(12, 2);
    [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3].forEach((status, index) => setStatus(two, index, status));
    assert.deepEqual([...two.entries], [0xc9, 0x44, 0xf9]);
    const four = emptyStatusList(4, 4);
    [1, 2, 0xc, 0xd].forEach((status, index) => setStatus(four, index, status));
    assert.deepEqual([...four.entries], [0x21, 0xdc]);
  });

  it("reads the draft's example token payload", async () => {
    const claims = await decodeStatusListClaims(
      {
        exp: 2291720170,
        iat: 1686920170,
        status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' },
        sub: 'https://example.com/statuslists/1',
        ttl: 43200,
      },
      inflate,
    );
    assert.deepEqual([...claims.list.entries], [0xb9, 0xa3]);
    assert.equal(claims.timeToLive, 43200);
  });

  it('writes and reads claims, with and without expiry', async () => {
    const list = emptyStatusList();
    assert.equal(list.entries.length, 65536);
    setStatus(list, 131_071, 0xd);
    const claims = {
      subject: 'https://x/api/v1/status-lists/0',
      issuedAt: new Date(1_000_000),
      expires: null,
      timeToLive: 60,
      list,
    };
    assert.deepEqual(await decodeStatusListClaims(encodeStatusListClaims(claims, deflate), inflate), claims);
    const expiring = { ...claims, expires: new Date(2_000_000), timeToLive: null };
    assert.deepEqual(
      await decodeStatusListClaims(encodeStatusListClaims(expiring, deflate), inflate),
      expiring,
    );
  });

  it('keeps neighbours apart', () => {
    const list = emptyStatusList(64);
    const model = new Array<number>(64).fill(0);
    fc.assert(
      fc.property(fc.nat(63), fc.nat(15), (index, value) => {
        setStatus(list, index, value);
        model[index] = value;
        assert.deepEqual(
          model.map((_, at) => statusAt(list, at)),
          model,
        );
      }),
      { numRuns: scale(200) },
    );
  });

  it('has the sizes of the design at a million entries with one in a hundred not valid', () => {
    // A reproducible stream of chances: AES-CTR under a fixed key.
    const stream = createCipheriv('aes-128-ctr', new Uint8Array(16), new Uint8Array(16)).update(
      new Uint8Array(4_000_000),
    );
    for (const [bits, expected] of [
      [1, 13_900],
      [4, 21_700],
    ] as const) {
      const list = emptyStatusList(1_000_000, bits);
      for (let index = 0; index < 1_000_000; index++) {
        const chance = stream.readUInt32LE(index * 4);
        if (chance % 100 === 0)
          setStatus(list, index, bits === 1 ? 1 : (VALUES[Math.floor(chance / 100) % VALUES.length] ?? 1));
      }
      const size = deflate(list.entries).length;
      assert.ok(Math.abs(size - expected) < expected * 0.15, `${bits} bits: ${size} bytes`);
    }
  });

  it('refuses indices, values and lists that do not fit', async () => {
    const list = emptyStatusList(8);
    assert.throws(() => statusAt(list, 8), FormatError);
    assert.throws(() => statusAt(list, -1), FormatError);
    assert.throws(() => setStatus(list, 0, 16), FormatError);
    assert.throws(() => setStatus(list, 0.5, 1), FormatError);
    const claims = { subject: 'x', issuedAt: new Date(0), expires: null, timeToLive: null };
    const bomb = encodeStatusListClaims(
      { ...claims, list: { bits: 4, entries: new Uint8Array(10_000_000) } },
      deflate,
    );
    const good = encodeStatusListClaims({ ...claims, list }, deflate);
    for (const wrong of [
      bomb,
      { ...good, sub: 1 },
      { ...good, iat: 'x' },
      { ...good, exp: -1 },
      { ...good, iat: 1e15 },
      { ...good, status_list: null },
      { ...good, status_list: { bits: 3, lst: '' } },
      { ...good, status_list: { bits: 4 } },
      { ...good, status_list: { bits: 4, lst: 'AAAA' } },
    ]) {
      await assert.rejects(decodeStatusListClaims(wrong, inflate), FormatError);
    }
  });
});
