// Seals, good by default and with one deviation each: every reason has a row that tells it.
import assert from 'node:assert/strict';
import { derToRaw } from '../../formats/x509/ecdsa-signature.ts';
import { OID } from '../../formats/x509/oid.ts';
import { policyNamed } from '../../verification/policy.ts';
import { webSignatureVerifier } from '../../verification/signature-verifier-web.ts';
import { verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { daysFromNow, makeCrl, makeRsaKey } from './pki.ts';
import { registered, revoking, row, status, table, tokenOver, versions, world } from './seal-cases.ts';
import { makeSeal, makeSealWorld, original, sealDeps, useSeal } from './seal-world.ts';
import { latin1 } from './signed-pdf.ts';

describe('a seal by itself', () => {
  table('seal', [
    { name: 'good', expected: ['TOTAL-PASSED', null, null] },
    {
      name: 'good, its status known',
      deps: () => ({ sealStatus: status(registered) }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'signature value as r‖s',
      seal: () => ({ value: (made) => derToRaw(made, 32) }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'signature value of neither form',
      seal: () => ({ value: (made) => made.subarray(0, -1) }),
      expected: ['TOTAL-FAILED', 'FORMAT_FAILURE', 'seal.signature-value'],
    },
    {
      name: 'signed by another key',
      seal: ({ signer }) => ({ key: signer.key }),
      expected: ['TOTAL-FAILED', 'SIG_CRYPTO_FAILURE', 'seal.signature'],
    },
    {
      name: 'maker certificate that is none',
      seal: () => ({ makerCertificate: latin1('no certificate') }),
      expected: ['INDETERMINATE', 'NO_SIGNING_CERTIFICATE_FOUND', 'seal.maker-certificate'],
    },
    {
      name: 'algorithm that is not known',
      seal: () => ({ algorithm: '1.2.3.4' }),
      expected: ['INDETERMINATE', 'CRYPTO_CONSTRAINTS_FAILURE', 'seal.algorithm'],
    },
    {
      name: 'algorithm of another standard',
      seal: () => ({ algorithm: OID.ecdsaWithSha256 }),
      expected: ['INDETERMINATE', 'CRYPTO_CONSTRAINTS_FAILURE', 'seal.algorithm'],
    },
    {
      name: 'maker certificate with a key of another kind',
      seal: ({ tsa }) => ({ makerCertificate: tsa.certificate }),
      expected: ['TOTAL-FAILED', 'FORMAT_FAILURE', 'seal.algorithm'],
    },
    {
      name: 'maker nobody trusts',
      deps: () => ({ anchors: [] }),
      expected: ['INDETERMINATE', 'NO_CERTIFICATE_CHAIN_FOUND', 'seal.maker-path'],
    },
    {
      name: 'maker without the usage',
      world: { maker: { keyUsage: ['keyEncipherment'] } },
      expected: ['INDETERMINATE', 'CHAIN_CONSTRAINTS_FAILURE', 'seal.maker-path'],
    },
    {
      name: 'maker not yet valid',
      world: { maker: { notBefore: daysFromNow(10) } },
      expected: ['TOTAL-FAILED', 'NOT_YET_VALID', 'seal.maker-path'],
    },
    {
      name: 'maker expired today',
      versions: [1, 4],
      world: { maker: { notAfter: daysFromNow(-5) } },
      expected: ['TOTAL-FAILED', 'EXPIRED', 'seal.maker-path'],
    },
    {
      name: 'maker expired today, good at the making',
      versions: [5],
      world: { maker: { notAfter: daysFromNow(-5) } },
      // A list made after the end of a certificate no longer speaks of it.
      deps: (own) => ({ crls: [...own.crls, makeCrl(own.sealCa, { thisUpdate: daysFromNow(-6) })] }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'maker expired today, its status at the making not known',
      versions: [5],
      world: { maker: { notAfter: daysFromNow(-5) } },
      expected: ['INDETERMINATE', 'TRY_LATER', 'seal.maker-revocation'],
    },
    {
      name: 'maker expired at the making',
      versions: [5],
      world: { maker: { notAfter: daysFromNow(-25) } },
      expected: ['TOTAL-FAILED', 'EXPIRED', 'seal.maker-path'],
    },
    {
      name: 'maker revoked',
      versions: [1, 4],
      deps: (own) => ({ crls: revoking(own, 'maker', -5, 'superseded') }),
      expected: ['TOTAL-FAILED', 'REVOKED', 'seal.maker-revocation'],
    },
    {
      name: 'maker revoked today, good at the making',
      versions: [5],
      deps: (own) => ({ crls: revoking(own, 'maker', -5, 'superseded') }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'maker key lost after the making',
      versions: [5],
      deps: (own) => ({ crls: revoking(own, 'maker', -5, 'keyCompromise') }),
      expected: ['INDETERMINATE', 'REVOKED_NO_POE', 'seal.maker-revocation'],
    },
    {
      name: 'maker key lost after a time-stamp',
      versions: [5],
      seal: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-19) }) }),
      deps: (own) => ({ crls: revoking(own, 'maker', -5, 'keyCompromise') }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'maker revoked before the making',
      versions: [5],
      deps: (own) => ({ crls: revoking(own, 'maker', -25, 'superseded') }),
      expected: ['TOTAL-FAILED', 'REVOKED', 'seal.maker-revocation'],
    },
    {
      name: 'no revocation data',
      deps: () => ({ crls: [] }),
      expected: ['INDETERMINATE', 'TRY_LATER', 'seal.maker-revocation'],
    },
    {
      name: 'before its validity',
      seal: () => ({ property: { validStart: daysFromNow(1) } }),
      expected: ['TOTAL-FAILED', 'NOT_YET_VALID', 'seal.validity'],
    },
    {
      name: 'past its validity',
      seal: () => ({ property: { validEnd: daysFromNow(-1) } }),
      expected: ['TOTAL-FAILED', 'EXPIRED', 'seal.validity'],
    },
    {
      name: 'made after the end of its validity',
      seal: () => ({ property: { createDate: daysFromNow(301) } }),
      expected: ['TOTAL-FAILED', 'FORMAT_FAILURE', 'seal.dates'],
    },
    {
      name: 'time-stamp',
      versions: [5],
      seal: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-19) }) }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'time-stamp that is none',
      versions: [5],
      seal: () => ({ timestamp: () => Uint8Array.of(1, 2, 3) }),
      expected: ['TOTAL-PASSED', null, null],
      remark: 'seal.time-stamp',
    },
    {
      name: 'time-stamp over something else',
      versions: [5],
      seal: (own) => ({ timestamp: tokenOver(own, { over: original, genTime: daysFromNow(-19) }) }),
      expected: ['TOTAL-PASSED', null, null],
      remark: 'seal.time-stamp',
    },
    {
      name: 'time-stamp whose signature does not hold',
      versions: [5],
      seal: (own) => ({ timestamp: tokenOver(own, { breakSignature: true, genTime: daysFromNow(-19) }) }),
      expected: ['TOTAL-PASSED', null, null],
      remark: 'seal.time-stamp',
    },
    {
      name: 'time-stamp older than the making',
      versions: [5],
      seal: (own) => ({ timestamp: tokenOver(own, { genTime: daysFromNow(-21) }) }),
      expected: ['TOTAL-PASSED', null, null],
      remark: 'seal.time-stamp',
    },
    {
      name: 'frozen',
      deps: () => ({ sealStatus: status(registered, { state: 'frozen', since: daysFromNow(-2) }) }),
      expected: ['TOTAL-FAILED', 'REVOKED', 'seal.status'],
    },
    {
      name: 'frozen for a while, valid again',
      deps: () => ({
        sealStatus: status(
          registered,
          { state: 'frozen', since: daysFromNow(-9) },
          { state: 'valid', since: daysFromNow(-5) },
        ),
      }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'cancelled',
      deps: () => ({ sealStatus: status(registered, { state: 'cancelled', since: daysFromNow(-2) }) }),
      expected: ['TOTAL-FAILED', 'REVOKED', 'seal.status'],
    },
    {
      name: 'status that cannot be had',
      deps: () => ({ sealStatus: { sealStatus: () => Promise.resolve(null) } }),
      expected: ['INDETERMINATE', 'TRY_LATER', 'seal.status'],
    },
    {
      name: 'status that is too old',
      deps: () => ({
        sealStatus: {
          sealStatus: () => Promise.resolve({ asOf: daysFromNow(-10), changes: [registered] }),
        },
      }),
      expected: ['INDETERMINATE', 'TRY_LATER', 'seal.status'],
    },
    {
      name: 'unchecked status under the strict policy',
      deps: () => ({ policy: policyNamed('strict') }),
      expected: ['INDETERMINATE', 'SIG_CONSTRAINTS_FAILURE', 'seal.status'],
    },
  ]);

  it('tells an unchecked status, and never as a yes', async () => {
    const report = await verifyBytes(makeSeal(world, 4), sealDeps(world));
    assert.equal(row(report, 'seal.status').outcome, 'warned');
    assert.match(row(report, 'seal.status').finding.zh, /未核查/);
  });

  it('passes, and fails, in plain arithmetic as well', async () => {
    const deps = sealDeps(world, { verifier: webSignatureVerifier });
    expectReport(await verifyBytes(makeSeal(world, 4), deps), ['TOTAL-PASSED', null, null]);
    const forged = makeSeal(world, 4, { key: world.signer.key });
    expectReport(await verifyBytes(forged, deps), ['TOTAL-FAILED', 'SIG_CRYPTO_FAILURE', 'seal.signature']);
  });

  it('notes that a maker certificate was judged at the making', async () => {
    const own = makeSealWorld({ maker: { notAfter: daysFromNow(-5) } });
    const report = await verifyBytes(makeSeal(own, 5), sealDeps(own));
    assert.equal(row(report, 'seal.maker-path').outcome, 'warned');
  });
});

describe('seals in RSA', () => {
  const rsa = makeSealWorld({ key: makeRsaKey });

  it('pass in version 1 with SHA-256', async () => {
    expectReport(await verifyBytes(makeSeal(rsa, 1), sealDeps(rsa)), ['TOTAL-PASSED', null, null]);
    expectReport(await verifyBytes(useSeal(rsa, 1), sealDeps(rsa)), ['TOTAL-PASSED', null, null]);
  });

  for (const version of versions)
    it(`do not count in version ${version} with SHA-1`, async () => {
      const report = await verifyBytes(makeSeal(rsa, version, { algorithm: OID.sha1WithRsa }), sealDeps(rsa));
      expectReport(report, ['INDETERMINATE', 'CRYPTO_CONSTRAINTS_FAILURE', 'seal.algorithm']);
      assert.match(row(report, 'seal.algorithm').finding.zh, /SHA-1/);
    });

  for (const version of [4, 5] as const)
    it(`are not of version ${version}`, async () => {
      const report = await verifyBytes(makeSeal(rsa, version), sealDeps(rsa));
      expectReport(report, ['INDETERMINATE', 'CRYPTO_CONSTRAINTS_FAILURE', 'seal.algorithm']);
    });
});
