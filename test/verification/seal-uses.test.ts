// Uses of seals, good by default and with one deviation each: values, lists and originals.
import assert from 'node:assert/strict';
import { bytesSource } from '../../formats/pdf/source.ts';
import { derToRaw } from '../../formats/x509/ecdsa-signature.ts';
import { OID } from '../../formats/x509/oid.ts';
import { verifyBytes } from './deps.ts';
import { expectReport } from './expect.ts';
import { daysFromNow, makeParty, urls } from './pki.ts';
import { row, table, world } from './seal-cases.ts';
import { original, sealDeps, sm3, useSeal } from './seal-world.ts';
import { latin1 } from './signed-pdf.ts';

describe('a use of a seal', () => {
  table('use', [
    { name: 'good', expected: ['TOTAL-PASSED', null, null] },
    {
      name: 'good, by the digest of its original alone',
      deps: () => ({ content: { kind: 'digest', algorithm: 'sm3', value: sm3(original) } }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'signature value as r‖s',
      use: () => ({ value: (made) => derToRaw(made, 32) }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'extension data',
      versions: [4, 5],
      use: () => ({
        signedPart: {
          extensions: [{ oid: '1.2.156.112600.7.1', critical: true, value: Uint8Array.of(5, 0) }],
        },
      }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'original not given',
      deps: () => ({ content: { kind: 'digest', algorithm: 'sha384', value: new Uint8Array(48) } }),
      expected: ['INDETERMINATE', 'SIGNED_DATA_NOT_FOUND', 'seal-signature.content'],
    },
    {
      name: 'another original',
      deps: () => ({ content: { kind: 'bytes', source: bytesSource(latin1('another')) } }),
      expected: ['TOTAL-FAILED', 'HASH_FAILURE', 'seal-signature.content'],
    },
    {
      name: 'digest left blank',
      use: () => ({ signedPart: { dataHash: new Uint8Array(32) } }),
      expected: ['TOTAL-FAILED', 'HASH_FAILURE', 'seal-signature.content'],
    },
    {
      name: 'digest of another length',
      use: () => ({ signedPart: { dataHash: new Uint8Array(20).fill(1) } }),
      expected: ['TOTAL-FAILED', 'FORMAT_FAILURE', 'seal-signature.digest'],
    },
    {
      name: 'signed by another key',
      use: ({ maker }) => ({ key: maker.key }),
      expected: ['TOTAL-FAILED', 'SIG_CRYPTO_FAILURE', 'seal-signature.signature'],
    },
    {
      name: 'signature value of neither form',
      use: () => ({ value: (made) => made.subarray(0, -1) }),
      expected: ['TOTAL-FAILED', 'FORMAT_FAILURE', 'seal-signature.value'],
    },
    {
      name: 'signer certificate that is none',
      use: () => ({ signerCertificate: latin1('no certificate') }),
      expected: ['TOTAL-FAILED', 'CHAIN_CONSTRAINTS_FAILURE', 'seal-signature.certificate'],
    },
    {
      name: 'algorithm that is not known',
      use: () => ({ algorithm: '1.2.3.4' }),
      expected: ['INDETERMINATE', 'CRYPTO_CONSTRAINTS_FAILURE', 'seal-signature.algorithm'],
    },
    {
      name: 'signer who may not use it',
      use: ({ maker }) => ({ key: maker.key, signerCertificate: maker.certificate }),
      expected: ['TOTAL-FAILED', 'CHAIN_CONSTRAINTS_FAILURE', 'seal-signature.listed'],
    },
    {
      name: 'signer listed by digest',
      versions: [4, 5],
      seal: ({ signer }) => ({
        property: {
          signers: { kind: 'digests', digests: [{ type: 'SM3', value: sm3(signer.certificate) }] },
        },
      }),
      expected: ['TOTAL-PASSED', null, null],
    },
    {
      name: 'signer not listed by digest',
      versions: [4, 5],
      seal: ({ maker }) => ({
        property: {
          signers: { kind: 'digests', digests: [{ type: OID.sm3, value: sm3(maker.certificate) }] },
        },
      }),
      expected: ['TOTAL-FAILED', 'CHAIN_CONSTRAINTS_FAILURE', 'seal-signature.listed'],
    },
    {
      name: 'list by a digest that is not known',
      versions: [4, 5],
      seal: ({ signer }) => ({
        property: {
          signers: { kind: 'digests', digests: [{ type: 'MD5', value: sm3(signer.certificate) }] },
        },
      }),
      expected: ['INDETERMINATE', 'CRYPTO_CONSTRAINTS_FAILURE', 'seal-signature.listed'],
    },
    {
      name: 'maker signed the seal wrongly',
      seal: ({ signer }) => ({ key: signer.key }),
      expected: ['TOTAL-FAILED', 'SIG_CRYPTO_FAILURE', 'seal.signature'],
    },
  ]);

  it('tells a renewed certificate from a signer who may not use the seal', async () => {
    const renewed = makeParty({
      commonName: '演示部门印章',
      issuer: world.sealCa,
      crlUrl: urls.seals,
      key: world.signer.key,
    });
    const bytes = useSeal(world, 4, { signerCertificate: renewed.certificate });
    const report = await verifyBytes(bytes, sealDeps(world));
    expectReport(report, ['TOTAL-FAILED', 'CHAIN_CONSTRAINTS_FAILURE', 'seal-signature.listed']);
    assert.match(row(report, 'seal-signature.listed').finding.zh, /重新制作/);
  });

  it('says whose seal it is, when, and by whom', async () => {
    const report = await verifyBytes(useSeal(world, 4), sealDeps(world));
    assert.equal(report.signatures[0]?.signer?.commonName, '演示部门印章');
    assert.equal(report.signatures[0].claimedTime, daysFromNow(-1).toISOString());
    assert.match(row(report, 'seal.format').finding.zh, /天津市河北区演示局.*12010500000001/);
  });
});
