// The shape of a case about seals: what deviates, in which versions, and what the report must say.
import assert from 'node:assert/strict';
import type { RevocationReason } from '../../formats/x509/crl.ts';
import type { Report, Row } from '../../verification/report.ts';
import type { SealStatus, SealStatusSource } from '../../verification/seal-status.ts';
import type { VerificationDependencies } from '../../verification/verify.ts';
import { verifyBytes } from './deps.ts';
import { expectReport, type Expected } from './expect.ts';
import { daysFromNow, makeCrl } from './pki.ts';
import { makeSeal, makeSealWorld, sealDeps, useSeal } from './seal-world.ts';
import type { SealOptions, SealWorld, UseOptions, WorldOptions } from './seal-world.ts';
import { makeToken } from './signed-pdf.ts';
import type { TokenOptions } from './signed-pdf.ts';

export const world = makeSealWorld();
export const versions = [1, 4, 5] as const;
export type Version = (typeof versions)[number];
const kindOf = { seal: 'seal', use: 'seal-signature' } as const;

export function row(report: Report, id: string): Row {
  const found = [...report.rows, ...report.signatures.flatMap(({ rows }) => rows)].find(
    (each) => each.id === id,
  );
  assert.ok(found, `${id} is no row`);
  return found;
}

export const tokenOver =
  (of: SealWorld, options: TokenOptions = {}) =>
  (value: Uint8Array): Uint8Array =>
    makeToken(of, value, options);

/** Revocation of one certificate on the list of its CA. */
export function revoking(of: SealWorld, who: 'maker' | 'signer', days: number, reason: RevocationReason) {
  const revoked = [{ certificate: of[who].certificate, at: daysFromNow(days), reason }];
  return [makeCrl(of.root), makeCrl(of.sealCa, { revoked }), makeCrl(of.tsaCa)];
}

export const status = (...changes: SealStatus['changes'][number][]): SealStatusSource => ({
  sealStatus: () => Promise.resolve({ asOf: daysFromNow(0), changes }),
});
export const registered = { state: 'valid', since: daysFromNow(-20) } as const;

interface Case {
  readonly name: string;
  readonly versions?: readonly Version[];
  readonly world?: WorldOptions;
  readonly seal?: (world: SealWorld) => SealOptions;
  readonly use?: (world: SealWorld, version: Version) => UseOptions;
  readonly deps?: (world: SealWorld) => Partial<VerificationDependencies>;
  readonly expected: Expected;
  /** A row that must be a remark. */
  readonly remark?: string;
}

function ofCase({ world: options, seal, use, deps }: Case, version: Version, made: 'seal' | 'use') {
  const own = options === undefined ? world : makeSealWorld(options);
  const sealBytes = makeSeal(own, version, seal?.(own));
  const bytes =
    made === 'seal' ? sealBytes : useSeal(own, version, { seal: sealBytes, ...use?.(own, version) });
  return verifyBytes(bytes, sealDeps(own, deps?.(own)));
}

export function table(made: 'seal' | 'use', cases: readonly Case[]): void {
  for (const each of cases)
    for (const version of each.versions ?? versions)
      it(`version ${version}, ${each.name}: ${each.expected.join(', ')}`, async () => {
        const report = await ofCase(each, version, made);
        assert.equal(report.kind, kindOf[made]);
        expectReport(report, each.expected);
        if (each.remark !== undefined) assert.equal(row(report, each.remark).outcome, 'warned');
        const said = each.expected[2] === null ? null : row(report, each.expected[2]).finding;
        if (said !== null) {
          assert.match(said.zh, /[\u4e00-\u9fff]/u);
          assert.match(said.en, /[a-z]/);
        }
      });
}
