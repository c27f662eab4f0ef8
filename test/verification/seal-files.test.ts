// Seals that others made, and what cannot be read.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bitString, sequence, utf8String } from '../../formats/x509/der-writer.ts';
import { encodeTime } from '../../formats/x509/time.ts';
import { portalPolicy } from '../../verification/policy.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
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
