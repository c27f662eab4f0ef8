// Seals that others made, and what cannot be read.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bitString,
  ia5String,
  integer,
  octetString,
  sequence,
  utf8String,
} from '../../formats/x509/der-writer.ts';
import { encodeTime } from '../../formats/x509/time.ts';
import { portalPolicy } from '../../verification/policy.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { verifySealSignature } from '../../verification/verify-seal.ts';
import { replaced } from '../formats/eseal/members.ts';
import { vectors } from './chain-lines.ts';
import { verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { now } from './pki.ts';
import { row, world } from './seal-cases.ts';
import { makeSeal, sealDeps, useSeal } from './seal-world.ts';
import { latin1 } from './signed-pdf.ts';

describe('what cannot be read', () => {
  for (const [name, bytes, kind] of [
    ['a seal cut short', makeSeal(world, 4).subarray(0, 500), 'seal'],
    ['a use cut short', useSeal(world, 4).subarray(0, 900), 'seal-signature'],
    [
      'a use without a seal',
      sequence(sequence(utf8String('ES')), bitString(Uint8Array.of(1))),
      'certificate',
    ],
    ['a seal whose time is of version 1', makeSeal(world, 4, { informationBytes: asUtcTime }), 'seal'],
  ] as const)
    it(`${name} is a report with a reason`, async () => {
      const report = await verifyBytes(bytes, sealDeps(world));
      assert.equal(report.kind, kind);
      expectReport(report, ['TOTAL-FAILED', 'FORMAT_FAILURE', `${kind}.format`]);
    });
});

/** What is spoilt, where, by what, and in which words the report tells it. */
const spoilt: readonly (readonly [
  name: string,
  path: readonly number[],
  by: Uint8Array | null,
  said: RegExp,
])[] = [
  ['seal information', [0, 1, 0], octetString(Uint8Array.of(1)), /印章信息/],
  ['header', [0, 1, 0, 0, 0], ia5String('XX'), /印章头/],
  ['version', [0, 0], integer(5), /版本号/],
  ['identifier', [0, 1, 0, 1], null, /印章标识/],
  ['property', [0, 1, 0, 2], null, /印章属性/],
  ['list type', [0, 1, 0, 2, 2], null, /证书列表类型/],
  ['list', [0, 1, 0, 2, 3], null, /证书列表无法解析/],
  ['validity', [0, 1, 0, 2, 6], null, /有效期/],
  ['picture', [0, 1, 0, 3], null, /图像/],
  ['maker certificate', [0, 1, 1], octetString(new Uint8Array()), /制章人证书/],
  ['algorithm of the seal', [0, 1, 2], integer(1), /印章的签名算法标识/],
  ['signature of the seal', [0, 1, 3], octetString(Uint8Array.of(1)), /印章的签名值/],
  ['seal', [0, 1], null, /印章无法解析/],
  ['signed part', [0], octetString(Uint8Array.of(1)), /待签名数据/],
  ['time of signing', [0, 2], null, /签章时间/],
  ['digest', [0, 3], bitString(new Uint8Array(31)), /原文杂凑值/],
  ['name of the original', [0, 4], null, /原文属性/],
  ['signer certificate', [1], octetString(new Uint8Array()), /签章人证书/],
  ['algorithm', [2], integer(1), /缺少签名算法标识/],
  ['signature', [3], octetString(Uint8Array.of(1)), /缺少签名值/],
  ['time-stamp', [4], bitString(Uint8Array.of(1)), /时间戳字段/],
];

describe('a use of a seal that lacks something', () => {
  const good = useSeal(world, 4, { timestamp: (value) => value });
  for (const [name, path, by, said] of spoilt)
    it(`is told as lacking its ${name}`, async () => {
      const report = await verifySealSignature(replaced(good, path, by), sealDeps(world));
      expectReport(report, ['TOTAL-FAILED', 'FORMAT_FAILURE', 'seal-signature.format']);
      assert.match(row(report, 'seal-signature.format').finding.zh, said);
      assert.equal(
        report.rows.filter(({ outcome }) => outcome === 'not-applicable').length,
        report.rows.length - 1,
      );
    });
});

/** Puts a UTCTime where the last GeneralizedTime of the property stands. */
function asUtcTime(made: Uint8Array): Uint8Array {
  const text = Buffer.from(made).toString('latin1');
  const at = text.lastIndexOf('\x18\x0f');
  const changed = latin1(`${text.slice(0, at)}\x17\x0f${text.slice(at + 2)}`);
  assert.ok(encodeTime(now)[0] === 0x17 && changed.length === made.length);
  return changed;
}

describe('foreign seals', () => {
  const folder = vectors('eseal');
  const at = new Date('2021-06-01T00:00:00Z');
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder ?? '', name)));
  const deps = (anchors: readonly Uint8Array[]): VerificationDependencies =>
    sealDeps(world, { time: at, anchors, crls: [], policy: { ...portalPolicy, revocation: 'ignored' } });

  before(function () {
    if (folder === null) this.skip();
  });

  for (const name of ['UserV1.esl', 'UserV4.esl'])
    it(`${name} verifies, and leads nowhere without its authority`, async () => {
      const report = await verifyBytes(read(name), deps([]));
      for (const id of ['seal.format', 'seal.algorithm', 'seal.signature', 'seal.validity'])
        assert.equal(row(report, id).outcome, 'passed', id);
      expectReport(report, ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'seal.maker-path']);
    });

  it('UserV4.esl fails with one byte of its information changed, wherever', async () => {
    const seal = read('UserV4.esl');
    for (const place of [70, 110, 900, 9000, 16_395]) {
      const changed = seal.slice();
      changed[place] = (changed[place] ?? 0) ^ 1;
      assert.equal((await verifyBytes(changed, deps([]))).conclusion, 'TOTAL-FAILED', String(place));
    }
  });

  it('SignedValueV4.dat holds but for the original, whose digest was left blank', async () => {
    const report = await verifyBytes(read('SignedValueV4.dat'), deps([]));
    for (const id of ['seal.signature', 'seal-signature.signature', 'seal-signature.listed', 'seal.validity'])
      assert.equal(row(report, id).outcome, 'passed', id);
    expectReport(report, ['TOTAL-FAILED', 'HASH_FAILURE', 'seal-signature.content']);
  });
});
