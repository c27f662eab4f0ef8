// Uses of seals over time: certificates, validity, time-stamps and the register's states, before and after the use.
import assert from 'node:assert/strict';
import { policyNamed, portalPolicy } from '../../verification/policy.ts';
import { verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { daysFromNow, now } from './pki.ts';
import { registered, revoking, status, table, tokenOver, world } from './seal-cases.ts';
import { original, sealDeps, sm3, useSeal } from './seal-world.ts';
import { latin1, makeToken } from './signed-pdf.ts';

describe('a use of a seal over time', () => {
  table('use', [
    {
      name: 'signer nobody trusts',
      deps: () => ({ anchors: [] }),
      expected: ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'certificate.path'],
    },
    {
      name: 'signer without the usage',
      world: { signer: { keyUsage: ['keyEncipherment'] } },
      expected: ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'certificate.path'],
    },
    {
      name: 'signer with the usages of tax seals',
      world: {
        signer: { keyUsage: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment'] },
      },
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'signer expired since',
      world: { signer: { notAfter: daysFromNow(-0.5) } },
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'signer expired before the use',
      world: { signer: { notAfter: daysFromNow(-2) } },
      expected: ['TOTAL-FAILED', 'EXPIRED', 'certificate.path'],
    },
    {
      name: 'signer not yet valid at the use',
      world: { signer: { notBefore: daysFromNow(-0.5) } },
      expected: ['TOTAL-FAILED', 'NOT_YET_VALID', 'certificate.path'],
    },
    {
      name: 'signer revoked before the use',
      deps: (own) => ({ crls: revoking(own, 'signer', -2, 'superseded') }),
      expected: ['TOTAL-FAILED', 'REVOKED', 'certificate.revocation'],
    },
    {
      name: 'signer revoked after the use',
      deps: (own) => ({ crls: revoking(own, 'signer', -0.5, 'superseded') }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'signer key lost after the use',
      deps: (own) => ({ crls: revoking(own, 'signer', -0.5, 'keyCompromise') }),
      expected: ['INDETERMINATE', 'REVOKED_NO_POE', 'certificate.revocation'],
    },
    {
      name: 'signer key lost after a time-stamp',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-0.9) }) }),
      deps: (own) => ({ crls: revoking(own, 'signer', -0.5, 'keyCompromise') }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'signer key lost before a time-stamp',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-0.4) }) }),
      deps: (own) => ({ crls: revoking(own, 'signer', -0.5, 'keyCompromise') }),
      expected: ['INDETERMINATE', 'REVOKED_NO_POE', 'certificate.revocation'],
    },
    {
      name: 'maker revoked after the use',
      versions: [1, 4],
      deps: (own) => ({ crls: revoking(own, 'maker', -0.5, 'superseded') }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'maker revoked before the use',
      versions: [1, 4],
      deps: (own) => ({ crls: revoking(own, 'maker', -2, 'superseded') }),
      expected: ['TOTAL-FAILED', 'REVOKED', 'seal.maker-revocation'],
    },
    {
      name: 'no revocation data',
      deps: () => ({ crls: [] }),
      expected: ['INDETERMINATE', 'TRY_LATER', 'certificate.revocation'],
    },
    {
      name: 'no revocation data where the policy does not ask',
      deps: () => ({ crls: [], policy: { ...portalPolicy, revocation: 'ignored' } }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'used before the validity of the seal',
      seal: () => ({ property: { validStart: daysFromNow(-0.5) } }),
      expected: ['TOTAL-FAILED', 'NOT_YET_VALID', 'seal.validity'],
    },
    {
      name: 'used after the validity of the seal',
      seal: () => ({ property: { validEnd: daysFromNow(-2) } }),
      expected: ['TOTAL-FAILED', 'EXPIRED', 'seal.validity'],
    },
    {
      name: 'seal past its validity since',
      seal: () => ({ property: { validEnd: daysFromNow(-0.5) } }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'time ahead by more than a zone',
      use: () => ({ signedPart: { signingTime: daysFromNow(1) } }),
      expected: ['TOTAL-FAILED', 'NOT_YET_VALID', 'seal-signature.time'],
    },
    {
      name: 'time ahead by a zone',
      use: () => ({ signedPart: { signingTime: new Date(now.getTime() + 8 * 3_600_000) } }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'no name of the original',
      versions: [4],
      use: () => ({ signedPart: { propertyInformation: '' } }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'no name of the original',
      versions: [5],
      use: () => ({ signedPart: { propertyInformation: '' } }),
      expected: ['TOTAL-FAILED', 'FORMAT_FAILURE', 'seal-signature.property'],
    },
    {
      name: 'time-stamp',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own) }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'time-stamp over something else',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own, { over: original }) }),
      expected: ['TOTAL-PASSED', null, null],
      remark: 'signature.time-stamp',
    },
    {
      name: 'time-stamp over something else, where the policy wants one',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own, { over: original }) }),
      deps: () => ({ policy: policyNamed('archive') }),
      expected: ['INDETERMINATE', 'NO_POE', 'signature.time-stamp'],
    },
    {
      name: 'time-stamp that is none',
      versions: [4, 5],
      use: () => ({ timestamp: () => Uint8Array.of(1, 2, 3) }),
      expected: ['TOTAL-PASSED', null, null],
      remark: 'signature.time-stamp',
    },
    {
      name: 'time-stamp that is none, where the policy wants one',
      versions: [4, 5],
      use: () => ({ timestamp: () => Uint8Array.of(1, 2, 3) }),
      deps: () => ({ policy: policyNamed('archive') }),
      expected: ['INDETERMINATE', 'NO_POE', 'signature.time-stamp'],
    },
    {
      name: 'time-stamp older than the time stated',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-2) }) }),
      expected: ['TOTAL-PASSED', null, null],
      remark: 'signature.time-stamp',
    },
    {
      name: 'time-stamp older than the time stated, where the policy wants one',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-2) }) }),
      deps: () => ({ policy: policyNamed('archive') }),
      expected: ['INDETERMINATE', 'NO_POE', 'signature.time-stamp'],
    },
    {
      name: "the seal's own time-stamp, which the signer signed along, over something else",
      versions: [5],
      seal: (own) => ({ timestamp: tokenOver(own, { over: original, genTime: daysFromNow(-19) }) }),
      expected: ['TOTAL-FAILED', 'HASH_FAILURE', 'seal.time-stamp'],
    },
    {
      name: "the seal's own time-stamp, which the signer signed along, older than its making",
      versions: [5],
      seal: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-21) }) }),
      expected: ['TOTAL-FAILED', 'TIMESTAMP_ORDER_FAILURE', 'seal.time-stamp'],
    },
    {
      name: 'no time-stamp where the policy wants one',
      deps: () => ({ policy: policyNamed('archive') }),
      expected: ['INDETERMINATE', 'NO_POE', 'signature.time-stamp'],
    },
    {
      name: 'seal frozen at the use',
      deps: () => ({ sealStatus: status(registered, { state: 'frozen', since: daysFromNow(-2) }) }),
      expected: ['TOTAL-FAILED', 'REVOKED', 'seal.status'],
    },
    {
      name: 'seal cancelled after the use',
      deps: () => ({ sealStatus: status(registered, { state: 'cancelled', since: daysFromNow(-0.5) }) }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'seal lost after the use',
      deps: () => ({ sealStatus: status(registered, { state: 'lost', since: daysFromNow(-0.5) }) }),
      expected: ['INDETERMINATE', 'REVOKED_NO_POE', 'seal.status'],
    },
    {
      name: 'seal lost after a time-stamp',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-0.9) }) }),
      deps: () => ({ sealStatus: status(registered, { state: 'lost', since: daysFromNow(-0.5) }) }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'seal lost before a time-stamp, found, and lost again after it, told in any order',
      versions: [4, 5],
      use: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-0.5) }) }),
      deps: () => ({
        sealStatus: status(
          { state: 'lost', since: daysFromNow(-0.2) },
          { state: 'valid', since: daysFromNow(-0.6) },
          { state: 'lost', since: daysFromNow(-0.8) },
          registered,
        ),
      }),
      expected: ['INDETERMINATE', 'REVOKED_NO_POE', 'seal.status'],
    },
    {
      name: 'seal frozen in the instant in which it was said to be valid',
      deps: () => ({
        sealStatus: status(
          { state: 'frozen', since: daysFromNow(-2) },
          { state: 'valid', since: daysFromNow(-2) },
        ),
      }),
      expected: ['TOTAL-FAILED', 'REVOKED', 'seal.status'],
    },
    {
      name: 'nothing known of the seal at the use',
      deps: () => ({ sealStatus: status({ state: 'valid', since: daysFromNow(-0.5) }) }),
      expected: ['INDETERMINATE', 'TRY_LATER', 'seal.status'],
    },
    {
      name: 'time as text without a zone',
      versions: [1],
      use: () => ({ timeInfo: latin1('2026-11-20 10:00:00') }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'time as text of a day that there was not',
      versions: [1],
      use: () => ({ timeInfo: latin1('2026-02-31 10:00:00') }),
      expected: ['TOTAL-FAILED', 'FORMAT_FAILURE', 'seal-signature.time'],
    },
  ]);

  it('of version 1 with a token for a time', async () => {
    const imprint = { imprint: sm3(original), imprintAlgorithm: 'sm3', genTime: daysFromNow(-1) } as const;
    const bytes = useSeal(world, 1, { timeInfo: makeToken(world, original, imprint) });
    const report = await verifyBytes(bytes, sealDeps(world));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.equal(report.signatures[0]?.claimedTime, daysFromNow(-1).toISOString());
    assert.equal(report.signatures[0].provenTime, null, 'a token within the signed part proves no signature');
  });

  it('stamped over the SM3 of its signature value', async () => {
    const timestamp = (value: Uint8Array): Uint8Array =>
      makeToken(world, value, { imprint: sm3(value), imprintAlgorithm: 'sm3' });
    const report = await verifyBytes(useSeal(world, 4, { timestamp }), sealDeps(world));
    expectReport(report, ['TOTAL-PASSED', null, null]);
    assert.equal(report.signatures[0]?.provenTime, now.toISOString());
  });
});
